//! Questions that the person's own `ssh` answers: a login, and what another host sees.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sshdoctor_case::{Depth, Fact, LoginOutcome, Question, SshOptions, ViaOutcome};

use crate::{
    sshd::{Sshd, account, generate_key},
    support::{approach, facts, prober},
};

async fn login(
    sshd: &Sshd,
    mut options: SshOptions,
    key: Option<&str>,
    user: &str,
) -> LoginOutcome {
    options.options.push("IdentityAgent=none".into());
    options.options.push("IdentitiesOnly=yes".into());
    options.identity_files = key
        .map(|key| sshd.directory.path(key).display().to_string())
        .into_iter()
        .collect();
    let prober = prober(&format!("{user}@127.0.0.1"), options);
    facts(&prober, Question::ClientConfig, 3000).await;
    facts(&prober, approach(sshd.address, Depth::HostKey), 3000).await;
    match facts(&prober, Question::Login, 5000).await.pop() {
        Some(Fact::Login { outcome }) => outcome,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_login_is_tried_without_writing_to_known_hosts() {
    let sshd = Sshd::start("");
    generate_key(&sshd.directory, "ed25519", "good");
    generate_key(&sshd.directory, "ed25519", "bad");
    let good = std::fs::read_to_string(sshd.directory.path("good.pub")).unwrap();
    sshd.directory.write("authorized_keys", &good);
    let outcome = login(&sshd, sshd.options(""), Some("good"), &account()).await;
    assert!(
        outcome.authenticated && outcome.session_opened,
        "{outcome:?}"
    );
    assert_eq!(outcome.exit_status, Some(0));
    let known = std::fs::read_to_string(sshd.directory.path("known_hosts")).unwrap();
    assert_eq!(known, "");
    let outcome = login(&sshd, sshd.options(""), Some("bad"), &account()).await;
    assert!(!outcome.authenticated);
    assert_eq!(outcome.causes[0], "key-not-authorized", "{outcome:?}");
    assert_eq!(outcome.methods[0].as_str(), "publickey");
    let other = Sshd::start("");
    let changed = sshd.options(&other.known_as(&sshd.target_name(), "ed25519"));
    let outcome = login(&sshd, changed, Some("good"), &account()).await;
    assert_eq!(outcome.causes[0], "host-key-changed", "{outcome:?}");
}

/// A jump host that the person can log in to, and a configuration that does.
fn jump_host() -> (Sshd, SshOptions, String) {
    let sshd = Sshd::start("");
    generate_key(&sshd.directory, "ed25519", "good");
    let good = std::fs::read_to_string(sshd.directory.path("good.pub")).unwrap();
    sshd.directory.write("authorized_keys", &good);
    let known = sshd.known_as(&sshd.target_name(), "ed25519");
    let known = sshd.directory.write("jump_hosts", &known);
    let config = format!(
        "UserKnownHostsFile {}\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\nIdentityFile {}\nControlPath {}\n",
        known.display(),
        sshd.directory.path("good").display(),
        sshd.directory.path("shared").display(),
    );
    let options = SshOptions {
        config_file: Some(
            sshd.directory
                .write("config", &config)
                .display()
                .to_string(),
        ),
        ..SshOptions::default()
    };
    let jump = format!("{}@127.0.0.1:{}", account(), sshd.address.port());
    (sshd, options, jump)
}

async fn via(options: &SshOptions, jump: &str, port: u16, deadline_ms: u32) -> ViaOutcome {
    let question = Question::Via {
        jump: jump.to_owned(),
        host: "127.0.0.1".into(),
        port,
    };
    let prober = prober("127.0.0.1", options.clone());
    match facts(&prober, question, deadline_ms).await.pop() {
        Some(Fact::Via { outcome, .. }) => outcome,
        other => panic!("{other:?}"),
    }
}

fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn another_host_is_asked_through_ssh() {
    let (sshd, options, jump) = jump_host();
    let answered = via(&options, &jump, sshd.address.port(), 3000).await;
    assert!(
        matches!(&answered, ViaOutcome::Answered { first_line } if first_line.as_str().starts_with("SSH-2.0-OpenSSH")),
        "{answered:?}"
    );
    assert_eq!(
        via(&options, &jump, closed_port(), 3000).await,
        ViaOutcome::Refused
    );
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_eq!(
        via(&options, &jump, port, 1500).await,
        ViaOutcome::ConnectedSilent
    );
    sshd.directory.write("authorized_keys", "");
    let shut_out = via(&options, &jump, port, 3000).await;
    assert!(
        matches!(shut_out, ViaOutcome::CouldNotLogIn { .. }),
        "{shut_out:?}"
    );
}

#[tokio::test]
async fn a_shared_connection_is_used_and_its_refusals_are_explained() {
    let (sshd, options, jump) = jump_host();
    let config = options.config_file.clone().unwrap();
    let mut master = Command::new("ssh")
        .args(["-F", &config, "-o", "BatchMode=yes", "-M", "-N", "-p"])
        .arg(sshd.address.port().to_string())
        .arg(format!("{}@127.0.0.1", account()))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(3);
    while !sshd.directory.path("shared").exists() {
        assert!(Instant::now() < until, "no shared connection");
        std::thread::sleep(Duration::from_millis(5));
    }
    let refused = via(&options, &jump, closed_port(), 3000).await;
    sshd.directory.write("authorized_keys", "");
    let unexplained = via(&options, &jump, closed_port(), 3000).await;
    let answered = via(&options, &jump, sshd.address.port(), 3000).await;
    master.kill().unwrap();
    master.wait().unwrap();
    assert_eq!(refused, ViaOutcome::Refused);
    assert!(
        matches!(unexplained, ViaOutcome::Other { .. }),
        "{unexplained:?}"
    );
    assert!(
        matches!(answered, ViaOutcome::Answered { .. }),
        "{answered:?}"
    );
}
