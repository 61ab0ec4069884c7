//! The client's own configuration and known_hosts; `ssh` itself is the oracle.

use std::process::{Command, Stdio};

use sshdoctor_case::{ConfigSource, Fact, Forced, Question, RememberedWhere, SshOptions};

use crate::support::{Directory, facts, options, prober};

async fn client_config(destination: &str, options: SshOptions) -> Vec<Fact> {
    facts(&prober(destination, options), Question::ClientConfig, 3000).await
}

fn with_config(directory: &Directory, text: &str) -> SshOptions {
    SshOptions {
        config_file: Some(directory.write("config", text).display().to_string()),
        ..SshOptions::default()
    }
}

#[tokio::test]
async fn options_and_configuration_are_resolved_by_ssh() {
    let directory = Directory::new();
    let mut options = with_config(
        &directory,
        "Host web1\n HostName web1.example.net\n ProxyJump j1,me@j2:2200\n HostKeyAlias fleet\n\
         Host web1-new\n HostName web1.example.net\n Port 2222\n",
    );
    options.family = Some(Forced::Ipv6);
    options.options.push("Compression=yes".into());
    let seen = client_config("deploy@web1", options).await;
    let [Fact::ClientConfig { config }] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert!(matches!(
        &config.origin,
        ConfigSource::SshG { version: Some(_) }
    ));
    assert_eq!(config.host_name, "web1.example.net");
    assert_eq!((config.user.as_str(), config.port), ("deploy", 22));
    assert_eq!(config.address_family, "inet6");
    assert_eq!(config.proxy_jump, ["j1", "me@j2:2200"]);
    assert_eq!(config.host_key_alias.as_deref(), Some("fleet"));
    assert!(config.known_hosts_files[0].starts_with('/'));
    let offer = config.offer.as_ref().unwrap();
    assert!(offer.kex.len() > 1 && offer.macs.len() > 1);
    let [other] = &config.other_ports[..] else {
        panic!("{:?}", config.other_ports)
    };
    assert_eq!(other.port, 2222);
    assert_eq!(
        other.place,
        RememberedWhere::SshConfig {
            alias: "web1-new".into()
        }
    );
}

async fn problem(destination: &str, options: SshOptions) -> String {
    let seen = client_config(destination, options).await;
    let found = seen.iter().find_map(|fact| match fact {
        Fact::ClientProblem { problem } => Some(problem),
        _ => None,
    });
    let problem = found.unwrap_or_else(|| panic!("{seen:?}"));
    let line = problem
        .line
        .map_or(String::new(), |line| format!(" line {line}"));
    format!("{}{line}", problem.cause)
}

#[tokio::test]
async fn what_stops_ssh_before_the_network_is_named() {
    let directory = Directory::new();
    let bad = with_config(&directory, "Host web1\n  Foo bar\n");
    assert_eq!(problem("web1", bad).await, "client-config-invalid line 2");
    let missing = SshOptions {
        config_file: Some("/nonexistent/config".into()),
        ..SshOptions::default()
    };
    assert_eq!(problem("web1", missing).await, "client-config-invalid");
    let option = |option: String| SshOptions {
        config_file: Some("none".into()),
        options: vec![option],
        ..SshOptions::default()
    };
    assert_eq!(
        problem("web1", option("Port=0".into())).await,
        "client-config-invalid"
    );
    let long = format!("ControlPath=/tmp/{}", "x".repeat(120));
    assert_eq!(problem("web1", option(long)).await, "control-path-too-long");
    let address = option("BindAddress=192.0.2.77".into());
    assert_eq!(
        problem("web1", address).await,
        "client-bind-address-missing"
    );
    let interface = option("BindInterface=nosuch0".into());
    assert_eq!(
        problem("web1", interface).await,
        "client-bind-address-missing"
    );
}

#[tokio::test]
async fn a_jump_host_has_its_own_configuration() {
    let directory = Directory::new();
    let mut options = with_config(
        &directory,
        "Host j1\n HostName j1.example.net\n User jumper\n",
    );
    options.port = Some(2222);
    let jump = Question::JumpConfig {
        jump: "j1:2200".into(),
    };
    let seen = facts(&prober("web1", options), jump, 3000).await;
    let [Fact::JumpConfig { jump, config }] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(jump, "j1:2200");
    assert_eq!(
        (config.host_name.as_str(), config.port),
        ("j1.example.net", 2200)
    );
    assert_eq!(config.user, "jumper");
}

#[tokio::test]
async fn hashed_ports_are_recovered_and_broken_lines_told() {
    let directory = Directory::new();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq1i9b8eSxTuZQdZ5DPXG4WJTYeiVRUyoQFTQ+nAzWm";
    let file = directory.write(
        "known_hosts",
        &format!("web1 {key}\n[web1]:2222 {key}\n[web1]:22022 {key}\nother {key}\n"),
    );
    let status = Command::new("ssh-keygen")
        .args(["-q", "-H", "-f"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("openssh-client is needed");
    assert!(status.success());
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("web1 ssh-ed25519 nonsense\n");
    std::fs::write(&file, text).unwrap();
    let question = Question::KnownHosts {
        names: vec!["web1".into()],
        port: 22,
        files: vec![
            file.display().to_string(),
            "/nonexistent/known_hosts".into(),
        ],
    };
    let seen = facts(&prober("web1", options(&file)), question, 3000).await;
    let [
        Fact::KnownHosts {
            keys,
            other_ports,
            problems,
        },
    ] = &seen[..]
    else {
        panic!("{seen:?}")
    };
    assert_eq!(keys.len(), 1);
    let ports: Vec<u16> = other_ports
        .iter()
        .map(|remembered| remembered.port)
        .collect();
    // Found first even where the search for the rarer ports takes longer than there is time.
    assert_eq!(ports, [2222, 22022]);
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[tokio::test]
async fn the_deadline_interrupts_the_search_for_ports() {
    let directory = Directory::new();
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq1i9b8eSxTuZQdZ5DPXG4WJTYeiVRUyoQFTQ+nAzWm";
    let lines: String = (0..400_u32)
        .map(|number| {
            let salt = format!("{number:020}");
            format!("|1|{0}|{0} {key}\n", encode(salt.as_bytes()))
        })
        .collect();
    let file = directory.write("known_hosts", &lines);
    let question = Question::KnownHosts {
        names: vec!["web1".into()],
        port: 22,
        files: vec![file.display().to_string()],
    };
    let seen = facts(&prober("web1", options(&file)), question, 200).await;
    assert!(matches!(&seen[..], [Fact::KnownHosts { .. }]), "{seen:?}");
}

/// Base64 of 20 bytes.
fn encode(bytes: &[u8]) -> String {
    use base64ct::Encoding;
    base64ct::Base64::encode_string(bytes)
}
