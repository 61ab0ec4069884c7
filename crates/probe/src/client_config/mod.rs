//! What the client's configuration makes of the destination.

mod dump;
mod other_ports;
mod problems;

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use sshdoctor_case::{
    ClientConfig, ConfigProblem, ConfigSource, Destination, Fact, Forced, Received, SshOptions,
};

use crate::{
    answering::Answering,
    child::{self, Finished},
    home::Account,
    person_ssh,
};

/// `Match exec` may run anything; `ssh -G` that takes longer than this is not waited for.
const LIMIT: Duration = Duration::from_secs(3);

/// The most bytes kept of `ssh -G`; a usual dump has 5 KiB.
const MAX_DUMP: usize = 256 * 1024;

/// The configuration, with what later questions need beside it.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) config: ClientConfig,
    /// CheckHostIP: known_hosts is also asked for the address.
    pub(crate) check_host_ip: bool,
    /// ControlPath, whether or not a socket exists there.
    control_path: Option<String>,
}

/// What `ssh -G` came to.
enum Dump {
    /// Its output.
    Text(String),
    /// It refused, with these words.
    Refused(String),
    /// There is no `ssh`.
    NoSsh,
    /// Nothing usable.
    Unusable(String),
}

/// Answers the question and returns the configuration for later ones.
pub(crate) async fn answer(
    answering: &Answering,
    destination: &Destination,
    options: &SshOptions,
    account: &Account,
) -> Option<Resolved> {
    let began = answering.began();
    let deadline = answering.deadline_within(LIMIT);
    let (dump, version) = tokio::join!(
        dump(&destination.given, options, deadline),
        ssh_version(deadline)
    );
    let mut resolved = match dump {
        Dump::Text(text) => match dump::read(&text, account) {
            Some(resolved) => resolved,
            None => {
                answering.not_observed("ssh -G printed no host name and port");
                return None;
            }
        },
        Dump::Refused(message) => {
            let problem = problems::classify(&message);
            answering.saw(began, Fact::ClientProblem { problem });
            return None;
        }
        Dump::NoSsh => without_ssh(destination, options, account),
        Dump::Unusable(reason) => {
            answering.not_observed(&reason);
            return None;
        }
    };
    if let ConfigSource::SshG { version: slot } = &mut resolved.config.origin {
        *slot = version;
        resolved.config.other_ports = other_ports::find(
            options.config_file.as_deref(),
            account,
            &destination.host,
            &resolved.config,
        );
    }
    for problem in problems_of(&resolved) {
        answering.saw(began, Fact::ClientProblem { problem });
    }
    let config = Box::new(resolved.config.clone());
    answering.saw(began, Fact::ClientConfig { config });
    Some(resolved)
}

/// Answers [`sshdoctor_case::Question::JumpConfig`]. As `ssh -J` does, only the configuration file is passed on: the other
/// options are the target's.
pub(crate) async fn answer_for_jump(
    answering: &Answering,
    jump: &str,
    options: &SshOptions,
    account: &Account,
) -> Option<Resolved> {
    let began = answering.began();
    let deadline = answering.deadline_within(LIMIT);
    let (given, port) = person_ssh::split_jump_port(jump);
    let jump_options = SshOptions {
        config_file: options.config_file.clone(),
        port: port.and_then(|port| port.parse().ok()),
        ..SshOptions::default()
    };
    match dump(&given, &jump_options, deadline).await {
        Dump::Text(text) => match dump::read(&text, account) {
            Some(resolved) => {
                let config = Box::new(resolved.config.clone());
                let jump = jump.to_owned();
                answering.saw(began, Fact::JumpConfig { jump, config });
                return Some(resolved);
            }
            None => answering.not_observed("ssh -G printed no host name and port"),
        },
        Dump::Refused(message) => {
            let problem = problems::classify(&message);
            answering.saw(began, Fact::ClientProblem { problem });
        }
        Dump::NoSsh => answering.not_observed("no ssh on this machine to go through a jump host"),
        Dump::Unusable(reason) => answering.not_observed(&reason),
    }
    None
}

async fn dump(given: &str, options: &SshOptions, deadline: Instant) -> Dump {
    let mut command = person_ssh::command();
    command
        .arg("-G")
        .args(person_ssh::arguments(options))
        .args(["--", given]);
    let finished = match child::run(&mut command, MAX_DUMP, deadline).await {
        Ok(finished) => finished,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Dump::NoSsh,
        Err(error) => return Dump::Unusable(format!("ssh -G could not be run: {error}")),
    };
    let Finished {
        status,
        stdout,
        stderr,
    } = finished;
    let words = String::from_utf8_lossy(&stderr).into_owned();
    match status {
        None => Dump::Unusable(format!(
            "ssh -G did not end within {} s; a Match exec command in ssh_config may hang",
            LIMIT.as_secs()
        )),
        Some(status) if status.success() => {
            Dump::Text(String::from_utf8_lossy(&stdout).into_owned())
        }
        Some(status) if status.code().is_none() => {
            Dump::Unusable(format!("ssh -G was ended by a signal: {}", words.trim()))
        }
        Some(_) => Dump::Refused(words),
    }
}

async fn ssh_version(deadline: Instant) -> Option<Received> {
    let mut command = person_ssh::command();
    let finished = child::run(command.arg("-V"), 1024, deadline).await.ok()?;
    let line = finished.stderr.split(|byte| *byte == b'\n').next()?;
    (!line.is_empty()).then(|| Received::from_bytes(line))
}

fn without_ssh(destination: &Destination, options: &SshOptions, account: &Account) -> Resolved {
    let given_option = |key: &str| {
        options.options.iter().find_map(|option| {
            let (name, value) = option.split_once(['=', ' '])?;
            name.trim()
                .eq_ignore_ascii_case(key)
                .then(|| value.trim().to_owned())
        })
    };
    let port = options
        .port
        .or(destination.port)
        .or_else(|| given_option("port")?.parse().ok())
        .unwrap_or(22);
    let user = options
        .login_name
        .clone()
        .or_else(|| destination.user.clone())
        .or_else(|| given_option("user"))
        .unwrap_or_else(|| account.name.clone());
    let family = match options.family {
        None => "any",
        Some(Forced::Ipv4) => "inet",
        Some(Forced::Ipv6) => "inet6",
    };
    Resolved {
        config: ClientConfig {
            origin: ConfigSource::WithoutSsh,
            host_name: given_option("hostname").unwrap_or_else(|| destination.host.clone()),
            port,
            user,
            address_family: family.into(),
            proxy_jump: Vec::new(),
            proxy_command: None,
            host_key_alias: given_option("hostkeyalias"),
            known_hosts_files: default_known_hosts(account),
            bind_address: options.bind_address.clone(),
            bind_interface: options.bind_interface.clone(),
            other_ports: Vec::new(),
            offer: None,
            strict_host_key_checking: None,
            control_socket: None,
        },
        check_host_ip: false,
        control_path: None,
    }
}

/// The known_hosts files of `ssh_config(5)` when nothing else is configured.
pub(crate) fn default_known_hosts(account: &Account) -> Vec<String> {
    ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
        .iter()
        .map(|file| account.expand(file))
        .chain([
            "/etc/ssh/ssh_known_hosts".into(),
            "/etc/ssh/ssh_known_hosts2".into(),
        ])
        .collect()
}

/// Problems that `ssh -G` does not look for, but that end `ssh` before it sends anything.
fn problems_of(resolved: &Resolved) -> Vec<ConfigProblem> {
    let config = &resolved.config;
    let mut problems = Vec::new();
    if let Some(address) = &config.bind_address
        && let Err(message) = can_bind(address)
    {
        problems.push(problem("client-bind-address-missing", &message));
    }
    if let Some(interface) = &config.bind_interface
        && nix::net::if_::if_nametoindex(interface.as_str()).is_err()
    {
        let message = format!("BindInterface {interface}: this machine has no such interface");
        problems.push(problem("client-bind-address-missing", &message));
    }
    if let Some(path) = &resolved.control_path
        && path.len() > problems::MAX_SOCKET_PATH
    {
        let message = format!(
            "ControlPath too long ('{path}' has {} bytes, a socket path has at most {})",
            path.len(),
            problems::MAX_SOCKET_PATH
        );
        problems.push(problem("control-path-too-long", &message));
    }
    problems
}

fn problem(cause: &str, message: &str) -> ConfigProblem {
    ConfigProblem {
        cause: cause.into(),
        file: None,
        line: None,
        message: Received::from_text(message),
    }
}

/// Whether a socket can be bound to a literal address. A name is left to `ssh`.
fn can_bind(address: &str) -> Result<(), String> {
    let Ok(literal) = address.parse::<IpAddr>() else {
        return Ok(());
    };
    match TcpListener::bind(SocketAddr::new(literal, 0)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            Err(format!("bind {address}: Cannot assign requested address"))
        }
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            name: "me".into(),
            home: "/home/me".into(),
        }
    }

    #[test]
    fn without_ssh_a_destination_is_what_is_written() {
        let resolve = |given: &str, options: &SshOptions| {
            let destination = Destination::parse(given).unwrap();
            without_ssh(&destination, options, &account()).config
        };
        let config = resolve("web1", &SshOptions::default());
        assert_eq!(
            (config.host_name.as_str(), config.port, config.user.as_str()),
            ("web1", 22, "me")
        );
        assert_eq!(config.known_hosts_files[0], "/home/me/.ssh/known_hosts");
        let options = SshOptions {
            options: vec!["HostName=192.0.2.1".into(), "port 2200".into()],
            family: Some(Forced::Ipv4),
            ..SshOptions::default()
        };
        let config = resolve("deploy@web1", &options);
        assert_eq!(
            (config.host_name.as_str(), config.port, config.user.as_str()),
            ("192.0.2.1", 2200, "deploy")
        );
        assert_eq!(config.address_family, "inet");
        assert_eq!(resolve("ssh://web1:2222", &options).port, 2222);
    }
}
