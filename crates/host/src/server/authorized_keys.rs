//! Files with keys that may log in.

mod expiry;
mod file;
mod from;
mod key;
mod line;
mod source;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sshdoctor_case::{Fact, Obstacle, Sight, SshdConfig};

use super::account::databases::{Databases, Entry};
use super::account::lookup;
use super::{Host, not_seen};
pub(super) use expiry::zone;

/// Where keys are when nothing else is configured (`servconf.h`).
const USUAL_FILES: &str = ".ssh/authorized_keys .ssh/authorized_keys2";
/// How many files are looked into.
const MOST_FILES: usize = 16;

pub(super) fn look(host: &Host, config: Option<&SshdConfig>) -> Vec<Fact> {
    let Some(name) = host.question.user.as_deref() else {
        let why = "no account was named (--user)";
        return vec![not_seen(Sight::AuthorizedKeys, Obstacle::NotAsked, why)];
    };
    let databases = Databases::read(&host.root);
    let found = lookup::find(host, &databases, name, host.patience / 2);
    let Some(entry) = found.entry else {
        let seen = found
            .problem
            .map(|why| not_seen(Sight::AuthorizedKeys, Obstacle::Failed, why));
        return seen.into_iter().collect();
    };
    let named = config.and_then(|config| config.value("authorizedkeysfile"));
    let reader = file::Reader {
        host,
        databases: &databases,
        entry: &entry,
        config,
    };
    let mut facts: Vec<Fact> = files(named.unwrap_or(USUAL_FILES), &entry)
        .iter()
        .flat_map(|path| reader.look(path))
        .collect();
    let sources = config.map_or_else(Vec::new, |config| {
        source::look(host, &databases, &entry, config)
    });
    if !sources.is_empty() {
        facts.push(Fact::KeySources { sources });
    }
    facts
}

/// Paths of the setting, tokens expanded; below the home directory where they do not begin with `/`.
fn files(setting: &str, entry: &Entry) -> Vec<PathBuf> {
    setting
        .split_whitespace()
        .filter(|path| !path.eq_ignore_ascii_case("none"))
        .take(MOST_FILES)
        .map(|path| {
            let expanded = expanded(path.as_bytes(), entry);
            entry.home.join(Path::new(OsStr::from_bytes(&expanded)))
        })
        .collect()
}

/// `%h`, `%u`, `%U` and `%%` (`sshd_config(5)`, TOKENS).
fn expanded(path: &[u8], entry: &Entry) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = path.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            out.push(*byte);
            continue;
        }
        match bytes.next() {
            Some(b'h') => out.extend(entry.home.as_os_str().as_bytes()),
            Some(b'u') => out.extend(&entry.name),
            Some(b'U') => out.extend(entry.uid.to_string().bytes()),
            Some(b'%') => out.push(b'%'),
            Some(other) => out.extend([b'%', *other]),
            None => out.push(b'%'),
        }
    }
    out
}

#[cfg(test)]
mod tests;
