//! The target as another host sees it, through the person's own `ssh -W`.

use std::{
    io,
    net::{IpAddr, Ipv6Addr},
    process::Stdio,
    time::Duration,
};

use sshdoctor_case::{Fact, Received, SshOptions, Vantage, ViaOutcome};
use tokio::time::timeout_at;

use crate::{
    answering::Answering,
    child::{Child, collect},
    person_ssh,
    proxy_command::first_line,
};

/// The most bytes of standard error that are kept.
const MAX_STDERR: usize = 64 * 1024;

/// What a shared connection says when the channel was not opened (mux.c).
const REFUSED_BY_MASTER: &str = "Stdio forwarding request failed:";

/// Debug messages that say that the far side has connected; the last is of a shared connection.
const OPENED: [&str; 3] = [
    "channel 0: open confirm",
    "input_open_confirmation: channel 0",
    "mux_client_request_stdio_fwd: master session id",
];

/// Asks `jump` (as `ssh -J` takes it) what it sees at `host` and `port`.
pub(crate) async fn answer(
    answering: &Answering,
    options: &SshOptions,
    jump: &str,
    host: &str,
    port: u16,
) {
    let outcome = match ask_with_reason(answering, options, jump, host, port).await {
        Ok(outcome) => outcome,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            answering.not_observed("no ssh on this machine to ask another host with");
            return;
        }
        Err(error) => {
            answering.not_observed(&format!("ssh could not be run: {error}"));
            return;
        }
    };
    let fact = Fact::Via {
        jump: jump.to_owned(),
        host: host.to_owned(),
        port,
        outcome,
    };
    answering.saw_from(
        Vantage(sshdoctor_case::escape(jump)),
        answering.began(),
        fact,
    );
}

/// Only the options that say who the person is: the others belong to the target.
fn arguments(options: &SshOptions, jump: &str, host: &str, port: u16) -> Vec<String> {
    let bracketed = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => format!("[{host}]:{port}"),
        _ if host
            .split('%')
            .next()
            .is_some_and(|part| part.parse::<Ipv6Addr>().is_ok()) =>
        {
            format!("[{host}]:{port}")
        }
        _ => format!("{host}:{port}"),
    };
    let mut arguments: Vec<String> = Vec::new();
    for option in [
        "BatchMode=yes",
        "ConnectTimeout=5",
        "UpdateHostKeys=no",
        "ControlMaster=no",
    ] {
        arguments.extend(["-o".into(), option.into()]);
    }
    // -vv tells that the far side opened the channel even when nothing is said on it.
    arguments.push("-vv".into());
    if let Some(file) = &options.config_file {
        arguments.extend(["-F".into(), file.clone()]);
    }
    for file in &options.identity_files {
        arguments.extend(["-i".into(), file.clone()]);
    }
    let last = match jump.rsplit_once(',') {
        Some((before, last)) => {
            arguments.extend(["-J".into(), before.into()]);
            last
        }
        None => jump,
    };
    let (last, last_port) = person_ssh::split_jump_port(last);
    if let Some(last_port) = last_port {
        arguments.extend(["-p".into(), last_port.into()]);
    }
    arguments.extend(["-W".into(), bracketed, "--".into(), last]);
    arguments
}

/// Uses a connection that the person shares (ControlMaster) when there is one, which spares a login. Such a connection
/// passes no reasons on, so a refusal is asked for once more without it.
async fn ask_with_reason(
    answering: &Answering,
    options: &SshOptions,
    jump: &str,
    host: &str,
    port: u16,
) -> io::Result<ViaOutcome> {
    let arguments = arguments(options, jump, host, port);
    let shared = ask(answering, &arguments).await?;
    let ViaOutcome::Other { message } = &shared else {
        return Ok(shared);
    };
    if !message.as_str().starts_with(REFUSED_BY_MASTER) {
        return Ok(shared);
    }
    let mut alone = vec!["-o".to_owned(), "ControlPath=none".to_owned()];
    alone.extend(arguments);
    Ok(match ask(answering, &alone).await? {
        ViaOutcome::CouldNotLogIn { .. } => shared,
        outcome => outcome,
    })
}

async fn ask(answering: &Answering, arguments: &[String]) -> io::Result<ViaOutcome> {
    let mut command = person_ssh::command();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Child::start(&mut command)?;
    let _stdin = child.process.stdin.take();
    let mut words = Vec::new();
    let line = {
        let reading = collect(child.process.stderr.take(), &mut words, MAX_STDERR);
        tokio::pin!(reading);
        let first = first_line(child.process.stdout.take());
        tokio::pin!(first);
        let mut stderr_open = true;
        let ended = async {
            loop {
                tokio::select! {
                    line = &mut first => break line,
                    () = &mut reading, if stderr_open => stderr_open = false,
                }
            }
        };
        let line = timeout_at(answering.deadline().into(), ended).await;
        if stderr_open && matches!(line, Ok(None)) {
            let _ = tokio::time::timeout(Duration::from_millis(100), &mut reading).await;
        }
        line
    };
    let text = String::from_utf8_lossy(&words).into_owned();
    Ok(match line {
        Ok(Some(line)) => ViaOutcome::Answered {
            first_line: Received::from_bytes(&line),
        },
        Ok(None) => classify(&text, true),
        Err(_) => classify(&text, false),
    })
}

/// What standard error of `ssh -vv -W` means when nothing came through; `ended` when `ssh` ended by itself.
fn classify(stderr: &str, ended: bool) -> ViaOutcome {
    if let Some(failure) = stderr
        .lines()
        .find_map(|line| line.split_once(": open failed: "))
    {
        return classify_open_failure(failure.1.trim_end());
    }
    if let Some(refused) = stderr
        .lines()
        .find(|line| line.starts_with(REFUSED_BY_MASTER))
    {
        let message = Received::from_text(refused.trim_end());
        return ViaOutcome::Other { message };
    }
    let opened = OPENED.iter().any(|words| stderr.contains(words));
    if opened {
        return if ended {
            ViaOutcome::ConnectedClosed
        } else {
            ViaOutcome::ConnectedSilent
        };
    }
    let authenticated = stderr.lines().any(|line| {
        line.starts_with("Authenticated to ") || line.starts_with("debug1: Authenticated to ")
    });
    if authenticated && !ended {
        return ViaOutcome::TimedOut;
    }
    let message = decisive_line(stderr);
    if authenticated {
        ViaOutcome::Other { message }
    } else {
        ViaOutcome::CouldNotLogIn { message }
    }
}

/// What follows `open failed: ` (RFC 4254, section 5.1, in OpenSSH's words).
fn classify_open_failure(words: &str) -> ViaOutcome {
    let message = Received::from_text(words);
    if words.starts_with("administratively prohibited") {
        return ViaOutcome::ForwardingForbidden;
    }
    let Some(reason) = words.strip_prefix("connect failed: ") else {
        return ViaOutcome::Other { message };
    };
    match reason {
        "Connection refused" => ViaOutcome::Refused,
        "Connection timed out" | "Operation timed out" => ViaOutcome::TimedOut,
        "No route to host" | "Network is unreachable" | "Host is down" | "Permission denied" => {
            ViaOutcome::Unreachable { message }
        }
        "Name or service not known"
        | "Temporary failure in name resolution"
        | "No address associated with hostname"
        | "Name does not resolve"
        | "nodename nor servname provided, or not known"
        | "hostname nor servname provided, or not known" => ViaOutcome::NameNotFound,
        _ => ViaOutcome::Other { message },
    }
}

/// The last line that is not a debug message.
fn decisive_line(stderr: &str) -> Received {
    let mut said = stderr.lines().map(str::trim_end).filter(|line| {
        !line.is_empty() && !line.starts_with("debug") && !line.starts_with("OpenSSH_")
    });
    Received::from_text(said.next_back().unwrap_or("no login before the deadline"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_of(jump: &str, host: &str) -> String {
        let options = SshOptions {
            config_file: Some("/c".into()),
            identity_files: vec!["/k".into()],
            port: Some(2222),
            ..SshOptions::default()
        };
        let all = arguments(&options, jump, host, 22);
        all[9..].join(" ")
    }

    #[test]
    fn a_chain_goes_through_its_first_links() {
        assert_eq!(
            arguments_of("j1", "192.0.2.1"),
            "-F /c -i /k -W 192.0.2.1:22 -- j1"
        );
        assert_eq!(
            arguments_of("a,me@b:2200", "2001:db8::1"),
            "-F /c -i /k -J a -p 2200 -W [2001:db8::1]:22 -- me@b"
        );
    }

    #[test]
    fn the_words_of_ssh_are_understood() {
        let open = |words: &str| {
            classify(
                &format!("channel 0: open failed: {words}\r\nstdio forwarding failed\r\n"),
                true,
            )
        };
        assert_eq!(
            open("connect failed: Connection refused"),
            ViaOutcome::Refused
        );
        assert_eq!(
            open("connect failed: Name or service not known"),
            ViaOutcome::NameNotFound
        );
        assert_eq!(
            open("administratively prohibited: open failed"),
            ViaOutcome::ForwardingForbidden
        );
        assert!(matches!(
            open("connect failed: No route to host"),
            ViaOutcome::Unreachable { .. }
        ));
        let confirmed = "debug2: channel 0: open confirm rwindow 2097152 rmax 32768\r\n";
        assert_eq!(classify(confirmed, false), ViaOutcome::ConnectedSilent);
        assert_eq!(classify(confirmed, true), ViaOutcome::ConnectedClosed);
        let shared = "debug1: mux_client_request_stdio_fwd: master session id: 2\r\n";
        assert_eq!(classify(shared, false), ViaOutcome::ConnectedSilent);
        let authenticated = "Authenticated to j1 ([192.0.2.9]:22) using \"publickey\".\n";
        assert_eq!(classify(authenticated, false), ViaOutcome::TimedOut);
        assert_eq!(
            classify("debug1: x\nme@j1: Permission denied (publickey).\r\n", true),
            ViaOutcome::CouldNotLogIn {
                message: Received::from_text("me@j1: Permission denied (publickey).")
            }
        );
    }
}
