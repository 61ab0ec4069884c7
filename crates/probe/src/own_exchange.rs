//! The key exchange of the person's own `ssh`, without a login.
//!
//! `ssh` is given no known_hosts and strict checking, so it ends by itself once the server has proved its host key, and
//! before it says who wants to log in. What it sent and received till then is exactly what it sends for a login.

use std::net::IpAddr;
use std::time::Duration;

use sshdoctor_case::{Destination, Fact, KexOutcome, Received, SshOptions};

use crate::{answering::Answering, child, person_ssh};

/// The most bytes of each output that are kept; `-v` prints some 5 KiB until the host key.
const MAX_OUTPUT: usize = 64 * 1024;

/// Time left for the report after `ssh` is ended.
const MARGIN: Duration = Duration::from_millis(10);

/// Before the person's own options, because `ssh` takes the first value of each.
///
/// The last two see to it that no login follows even where the configuration makes the key known after all.
const OPTIONS: [&str; 14] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UserKnownHostsFile=/dev/null",
    "GlobalKnownHostsFile=/dev/null",
    "VerifyHostKeyDNS=no",
    "UpdateHostKeys=no",
    "ConnectTimeout=2",
    "ConnectionAttempts=1",
    "ControlMaster=no",
    "ControlPath=none",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "NoHostAuthenticationForLocalhost=no",
    "PreferredAuthentications=none",
];

/// Runs it once and tells how far it came.
pub(crate) async fn answer(
    answering: &Answering,
    destination: &Destination,
    options: &SshOptions,
    to: IpAddr,
) {
    let mut command = person_ssh::command();
    command.args(["-v", "-T", "-n", "-o"]);
    command.arg(format!("HostName={to}"));
    for option in OPTIONS {
        command.args(["-o", option]);
    }
    command
        .args(person_ssh::arguments(options))
        .args(["--", &destination.given, "true"]);
    let until = answering.deadline_less(MARGIN);
    match child::run(&mut command, MAX_OUTPUT, until).await {
        Ok(finished) => {
            let outcome = read(&String::from_utf8_lossy(&finished.stderr));
            answering.saw(answering.began(), Fact::OwnKeyExchange { outcome });
        }
        Err(error) => answering.not_observed(&format!("ssh could not be run: {error}")),
    }
}

/// Reads the output of `ssh -v`; an `ssh` that had to be ended was waiting for what its last lines name.
fn read(stderr: &str) -> KexOutcome {
    let after = |words: &str| {
        stderr
            .lines()
            .find_map(|line| line.trim().split_once(words))
    };
    if stderr.contains("debug1: Server host key: ")
        || stderr.contains("debug1: Server host certificate: ")
    {
        let method = after("debug1: kex: algorithm: ").map_or("", |(_, method)| method);
        return KexOutcome::Completed {
            method: Received::from_text(method),
        };
    }
    if let Some((_, rest)) = after("no matching ") {
        let what = rest.split(" found").next().unwrap_or(rest);
        return KexOutcome::NoCommon {
            what: sshdoctor_case::escape(what),
        };
    }
    if stderr.contains("Connection reset by") {
        return KexOutcome::Reset;
    }
    if stderr.contains("Connection closed by") {
        return KexOutcome::Closed;
    }
    let waits_for_reply = stderr.contains("debug1: expecting SSH2_MSG_KEX");
    if waits_for_reply || stderr.contains("debug1: SSH2_MSG_KEXINIT sent") {
        return KexOutcome::Hung {
            waiting_for: if waits_for_reply {
                "KEX_REPLY"
            } else {
                "KEXINIT"
            }
            .into(),
        };
    }
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
    KexOutcome::Failed {
        message: Received::from_text(last.unwrap_or("ssh said nothing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thing_ssh_waited_for_names_the_hang() {
        let until_init = "debug1: SSH2_MSG_KEXINIT sent\n";
        let until_reply = "debug1: SSH2_MSG_KEXINIT sent\ndebug1: SSH2_MSG_KEXINIT received\n\
            debug1: kex: algorithm: sntrup761x25519-sha512@openssh.com\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n";
        let hung = |waiting_for: &str| KexOutcome::Hung {
            waiting_for: waiting_for.into(),
        };
        assert_eq!(read(until_init), hung("KEXINIT"));
        assert_eq!(read(until_reply), hung("KEX_REPLY"));
        let done = format!(
            "{until_reply}debug1: Server host key: ssh-ed25519 SHA256:x\nHost key verification failed.\n"
        );
        assert_eq!(
            read(&done),
            KexOutcome::Completed {
                method: Received::from_text("sntrup761x25519-sha512@openssh.com")
            }
        );
    }
}
