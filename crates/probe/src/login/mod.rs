//! The person's own `ssh -v`, run once.

mod reading;

use std::{io, time::Duration};

use base64ct::{Base64, Encoding};
use sshdoctor_case::{Destination, Fact, HostKeyVerdict, SshOptions};

use crate::{
    answering::Answering, approach::HostKeySeen, child, client_config::Resolved, person_ssh,
};

/// The most bytes of each output that are kept; `-v` prints some 10 KiB.
const MAX_OUTPUT: usize = 128 * 1024;

/// Time left for the report after `ssh` is ended.
const MARGIN: Duration = Duration::from_millis(10);

/// Runs one login attempt in batch mode and tells how far it came. Nothing is written: neither to known_hosts nor to a
/// control socket, and nothing is forwarded.
pub(crate) async fn answer(
    answering: &Answering,
    destination: &Destination,
    options: &SshOptions,
    config: Option<&Resolved>,
    host_key: Option<&HostKeySeen>,
) {
    let mut command = person_ssh::command();
    command
        .args(batch_arguments())
        .args(host_key_arguments(config, host_key))
        .args(person_ssh::arguments(options))
        .args(["--", &destination.given, "true"]);
    let until = answering.deadline_less(MARGIN);
    match child::run(&mut command, MAX_OUTPUT, until).await {
        Ok(finished) => {
            let outcome = reading::read(&finished);
            answering.saw(answering.began(), Fact::Login { outcome });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            answering.not_observed("no ssh on this machine to log in with");
        }
        Err(error) => answering.not_observed(&format!("ssh could not be run: {error}")),
    }
}

/// Before the person's own options, because `ssh` takes the first value of each.
fn batch_arguments() -> Vec<String> {
    let mut arguments: Vec<String> = vec!["-v".into(), "-T".into(), "-n".into()];
    for option in [
        "BatchMode=yes",
        "NumberOfPasswordPrompts=0",
        "ConnectTimeout=5",
        "ConnectionAttempts=1",
        "UpdateHostKeys=no",
        "ControlMaster=no",
        "ControlPath=none",
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
        "PermitLocalCommand=no",
    ] {
        arguments.extend(["-o".into(), option.into()]);
    }
    arguments
}

/// A key that known_hosts does not hold would end a login in batch mode, or be written to the file. So `ssh` is given the
/// very key that this probe has seen for this one run (`KnownHostsCommand`, OpenSSH 8.5), and strict checking: any other
/// key is refused. A changed or revoked key is left to `ssh`, which refuses it by itself.
fn host_key_arguments(config: Option<&Resolved>, host_key: Option<&HostKeySeen>) -> Vec<String> {
    let strict = ["-o".to_owned(), "StrictHostKeyChecking=yes".to_owned()];
    let Some(seen) = host_key else {
        return strict.to_vec();
    };
    match seen.verdict {
        HostKeyVerdict::Unknown => {
            let key = Base64::encode_string(&seen.blob);
            let command = format!("KnownHostsCommand=/bin/echo %H {} {key}", seen.key_type);
            let mut arguments = strict.to_vec();
            arguments.extend(["-o".into(), command]);
            arguments
        }
        HostKeyVerdict::Mismatch { .. } if ignores_changes(config) => Vec::new(),
        _ => strict.to_vec(),
    }
}

/// The person has turned the check off: their `ssh` goes on with a changed key, and writes nothing for it.
fn ignores_changes(config: Option<&Resolved>) -> bool {
    config
        .and_then(|resolved| resolved.config.strict_host_key_checking.as_deref())
        .is_some_and(|strict| matches!(strict, "no" | "off" | "false"))
}
