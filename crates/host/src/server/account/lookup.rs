//! One account by its name, as `getpwnam(3)` gives it to sshd.

use std::process::Command;
use std::time::Duration;

use super::super::Host;
use super::databases::{Databases, Entry, entry, is_local};
use crate::child::{Failure, output};
use crate::root::Root;

/// An account, or that there is none.
#[derive(Debug, Clone, Default)]
pub(in crate::server) struct Found {
    pub(in crate::server) entry: Option<Entry>,
    /// A source that did not answer, and why.
    pub(in crate::server) problem: Option<String>,
    /// The source it comes from, where that is not the files.
    pub(in crate::server) from: Option<String>,
}

/// Looks an account up. Only where the files do not hold it are other sources asked, by `getent`: within `patience`.
pub(in crate::server) fn find(
    host: &Host,
    databases: &Databases,
    name: &str,
    patience: Duration,
) -> Found {
    let files_first = databases
        .account_sources
        .first()
        .is_none_or(|source| is_local(source));
    let in_files = databases.entry(name.as_bytes()).cloned();
    let others: Vec<&str> = databases
        .account_sources
        .iter()
        .map(String::as_str)
        .filter(|source| !matches!(*source, "files" | "compat"))
        .collect();
    if (files_first && in_files.is_some()) || others.is_empty() {
        return Found {
            entry: in_files,
            problem: databases.unread.clone(),
            from: None,
        };
    }
    if !host.root.is_running() {
        return Found {
            problem: (in_files.is_none() && !others.iter().all(|source| is_local(source)))
                .then(|| format!("{} cannot be asked of a disk", others.join(", "))),
            entry: in_files,
            from: None,
        };
    }
    match getent(host, name, patience) {
        Ok(Some(entry)) => Found {
            from: (in_files.as_ref() != Some(&entry)).then(|| likely_source(&others, entry.uid)),
            entry: Some(entry),
            problem: None,
        },
        Ok(None) => Found {
            problem: in_files
                .is_none()
                .then(|| silent_source(&host.root, &others))
                .flatten(),
            entry: in_files,
            from: None,
        },
        Err(why) => Found {
            entry: in_files,
            problem: Some(format!("{}: {why}", others.join(", "))),
            from: None,
        },
    }
}

fn getent(host: &Host, name: &str, patience: Duration) -> Result<Option<Entry>, String> {
    let program = host.programs.find("getent").ok_or("getent: not found")?;
    if name.starts_with('-') || name.contains(['\n', ':', '\0']) {
        return Err("a name that cannot be asked for".to_owned());
    }
    let printed = output(
        Command::new(program).args(["passwd", name]),
        patience,
        64 * 1024,
    )
    .map_err(|failure: Failure| format!("getent passwd: {failure}"))?;
    let line = printed.stdout.split(|byte| *byte == b'\n').next();
    // A name of digits alone is taken for a number by getent, not by sshd.
    Ok(line
        .and_then(entry)
        .filter(|entry| entry.name.eq_ignore_ascii_case(name.as_bytes())))
}

/// The source that the account is likely from, by its number and what there is.
fn likely_source(sources: &[&str], uid: u32) -> String {
    // systemd's own ranges: homed, and dynamic users (`systemd.io/UIDS-GIDS`).
    let of_systemd = matches!(uid, 60_001..=60_513 | 61_184..=65_519);
    let mut likely = sources
        .iter()
        .copied()
        .filter(|source| (*source == "systemd") == of_systemd);
    let first = likely.next();
    let first = first.or_else(|| sources.first().copied());
    first.unwrap_or("another source").to_owned()
}

/// Where the service behind a source listens, and the name of that service.
const SERVICES: [(&str, &str, &str); 3] = [
    ("sss", "/var/lib/sss/pipes/nss", "sssd"),
    ("ldap", "/nslcd/socket", "nslcd"),
    ("winbind", "/winbindd/pipe", "winbindd"),
];

/// A source whose module is not there, or behind which nobody listens.
fn silent_source(root: &Root, sources: &[&str]) -> Option<String> {
    let sockets = root.read("/proc/net/unix", 1024 * 1024).ok();
    let sockets = sockets.map(|read| String::from_utf8_lossy(&read.bytes).into_owned());
    sources.iter().find_map(|source| {
        let module_missing = !is_local(source) && !module_exists(root, source);
        if module_missing {
            return Some(format!("{source}: libnss_{source}.so.2 is not installed"));
        }
        let (_, socket, service) = SERVICES.iter().find(|(name, ..)| name == source)?;
        // nss_ldap of PADL has no service; nslcd has its settings here.
        if *source == "ldap" && !root.exists("/etc/nslcd.conf") {
            return None;
        }
        let listens = sockets
            .as_ref()?
            .lines()
            .any(|line| line.ends_with(socket) && line.split(' ').nth(3) == Some("00010000"));
        (!listens).then(|| format!("{source}: {service} does not listen ({socket})"))
    })
}

fn module_exists(root: &Root, source: &str) -> bool {
    super::super::pam::library_directories(root)
        .iter()
        .any(|directory| root.exists(format!("{directory}/libnss_{source}.so.2")))
}
