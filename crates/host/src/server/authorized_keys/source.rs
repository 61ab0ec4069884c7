//! What beside files of keys decides about a key or certificate (`auth2-pubkey.c`, `subprocess` in `misc.c`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sshdoctor_case::{CheckedPath, FileKind, KeySource, Received, SshdConfig};

use super::super::Host;
use super::super::account::databases::{Databases, Entry};
use super::super::account::{lookup, path_check};
use super::{expanded, key, line};
use crate::root::USUAL_MOST;

/// How many keys of authorities are told.
const MOST_KEYS: usize = 64;
/// Programs, with the setting that names the account they are run as.
const PROGRAMS: [(&str, &str); 2] = [
    ("authorizedkeyscommand", "authorizedkeyscommanduser"),
    (
        "authorizedprincipalscommand",
        "authorizedprincipalscommanduser",
    ),
];
const FILES: [&str; 3] = [
    "trustedusercakeys",
    "authorizedprincipalsfile",
    "revokedkeys",
];

/// Every one that is configured.
pub(super) fn look(
    host: &Host,
    databases: &Databases,
    entry: &Entry,
    config: &SshdConfig,
) -> Vec<KeySource> {
    let programs = PROGRAMS.iter().filter_map(|(setting, account)| {
        let command = set(config, setting)?;
        Some(program(
            host,
            databases,
            setting,
            command,
            set(config, account),
        ))
    });
    let files = FILES.iter().filter_map(|setting| {
        let written = set(config, setting)?.split_whitespace().next()?;
        Some(file(host, databases, entry, setting, written))
    });
    programs.chain(files).collect()
}

/// Value of a setting that is not switched off.
fn set<'a>(config: &'a SshdConfig, setting: &'a str) -> Option<&'a str> {
    let value = config.value(setting)?.trim();
    (!value.is_empty() && !value.eq_ignore_ascii_case("none")).then_some(value)
}

/// A program; its arguments are not of interest here.
fn program(
    host: &Host,
    databases: &Databases,
    setting: &str,
    command: &str,
    account: Option<&str>,
) -> KeySource {
    let named = command.split_whitespace().next().unwrap_or_default();
    let path = Path::new(named.trim_matches('"'));
    // sshd checks the whole way to it, and root alone may have written to it.
    let checked = checked(host, databases, 0, path);
    let account_missing = account.is_some_and(|account| {
        let found = lookup::find(host, databases, account, host.patience / 4);
        found.entry.is_none() && found.problem.is_none()
    });
    let first = checked.first();
    let problem = if !path.is_absolute() {
        Some("its path does not begin with /".to_owned())
    } else if first.is_some_and(|first| first.kind == FileKind::Absent) {
        Some("no such file".to_owned())
    } else if first.is_some_and(|first| first.mode.is_some_and(|mode| mode & 0o111 == 0)) {
        Some("it is not executable".to_owned())
    } else if account_missing {
        Some(format!(
            "there is no account {}",
            account.unwrap_or_default()
        ))
    } else {
        None
    };
    KeySource {
        setting: Received::from_text(setting),
        path: Received::from_bytes(path.as_os_str().as_bytes()),
        checked,
        runs_as: account.map(Received::from_text),
        fingerprints: Vec::new(),
        problem: problem.as_deref().map(Received::from_text),
    }
}

fn file(
    host: &Host,
    databases: &Databases,
    entry: &Entry,
    setting: &str,
    written: &str,
) -> KeySource {
    let of_account = setting == "authorizedprincipalsfile";
    let path: PathBuf = if of_account {
        let path = expanded(written.as_bytes(), entry);
        entry.home.join(OsStr::from_bytes(&path))
    } else {
        PathBuf::from(written)
    };
    let checked = if of_account {
        path_check::up_to_home(&host.root, databases, entry, &path)
    } else {
        // Of these sshd asks only that it can read them.
        vec![path_check::check(&host.root, databases, 0, &path)]
    };
    let read = host.root.read(&path, USUAL_MOST);
    let fingerprints = match &read {
        Ok(contents) if setting == "trustedusercakeys" => {
            let keys = contents.lines().filter_map(|(_, line)| fingerprint(line));
            keys.take(MOST_KEYS).collect()
        }
        _ => Vec::new(),
    };
    KeySource {
        setting: Received::from_text(setting),
        path: Received::from_bytes(path.as_os_str().as_bytes()),
        checked,
        runs_as: None,
        fingerprints,
        problem: read
            .err()
            .map(|error| Received::from_text(&error.to_string())),
    }
}

fn fingerprint(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line.trim_ascii()).ok()?;
    if text.starts_with('#') {
        return None;
    }
    let line = line::read(text).ok()?;
    key::describe(line.key_type, line.blob).fingerprint
}

/// The file, then every directory above it up to `/`.
fn checked(host: &Host, databases: &Databases, uid: u32, path: &Path) -> Vec<CheckedPath> {
    let mut steps = path_check::from_top(&host.root, databases, uid, path);
    steps.reverse();
    steps
}
