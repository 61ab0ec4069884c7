//! The server's own keys.

use sshdoctor_case::HostKeyFile;

use super::service::stops_or_later;
use crate::inside::{Proof, Server};

fn usable(key: &HostKeyFile) -> bool {
    key.exists && key.problem.is_none()
}

/// There is no host key.
pub(crate) fn missing(server: &Server<'_>) -> Option<Proof> {
    let keys = server.host_keys?;
    let open_to_others = |key: &HostKeyFile| key.mode.is_some_and(|mode| mode & 0o077 != 0);
    if keys.fact.is_empty()
        || keys.fact.iter().any(usable)
        || keys
            .fact
            .iter()
            .any(|key| key.exists && open_to_others(key))
    {
        return None;
    }
    let spoiled = keys
        .fact
        .iter()
        .find_map(|key| Some((key, key.problem.as_ref()?)));
    let words = match spoiled {
        Some((key, problem)) if key.exists => {
            format!("no host key can be used: {}: {problem}", key.path)
        }
        _ => "there is no host key".to_owned(),
    };
    Some(
        stops_or_later(server, answer(server, &words))
            .link(words)
            .by(keys.id)
            .explaining(&["sshd-stopped", "sshd-restart-loop", "config-invalid"])
            .mended_by(format!(
                "ssh-keygen -A; systemctl restart {}",
                server.service_name()
            )),
    )
}

fn answer(server: &Server<'_>, words: &str) -> String {
    if server.takers().next().is_some() {
        format!("sshd will not start again: {words}.")
    } else {
        format!("sshd is not running: {words}.")
    }
}

/// Host keys are there, and sshd refuses every one of them for its mode or owner.
pub(crate) fn permissions(server: &Server<'_>) -> Option<Proof> {
    let keys = server.host_keys?;
    if keys.fact.iter().any(usable) {
        return None;
    }
    let key = keys.fact.iter().find(|key| {
        key.exists && key.problem.is_some() && key.mode.is_some_and(|mode| mode & 0o077 != 0)
    })?;
    let words = match (key.mode, key.uid) {
        (Some(mode), _) if mode & 0o077 != 0 => {
            format!(
                "{} can be read by others (mode {mode:04o}), and sshd refuses such a key",
                key.path
            )
        }
        (_, Some(uid)) => format!("{} belongs to user {uid}, not to root", key.path),
        _ => format!("{} has the wrong mode or owner", key.path),
    };
    Some(
        stops_or_later(server, answer(server, &words))
            .link(words)
            .by(keys.id)
            .explaining(&[
                "sshd-stopped",
                "sshd-restart-loop",
                "host-keys-missing",
                "config-invalid",
            ])
            .mended_by(format!("chmod 600 {0}; chown root:root {0}", key.path)),
    )
}

/// The directory of privilege separation, or that of the keys, is writable for others.
pub(crate) fn directory(server: &Server<'_>) -> Option<Proof> {
    let directory = server.directory?;
    if !directory.fact.exists {
        return None;
    }
    let mode = directory.fact.mode.unwrap_or_default();
    let foreign = directory.fact.uid.is_some_and(|uid| uid != 0);
    if mode & 0o022 == 0 && !foreign {
        return None;
    }
    let path = &directory.fact.path;
    let words =
        format!("{path} has to belong to root and be writable for nobody else (mode {mode:04o})");
    Some(
        stops_or_later(server, answer(server, &words))
            .link(words)
            .by(directory.id)
            .explaining(&["sshd-stopped", "sshd-restart-loop"])
            .mended_by(format!("chown root:root {path}; chmod 755 {path}")),
    )
}
