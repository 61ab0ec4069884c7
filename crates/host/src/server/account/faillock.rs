//! What `pam_faillock` has counted for an account (`faillock.h`, `faillock.conf(5)`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::root::Root;

use super::super::pam;

/// One record: 52 bytes of source, 2 reserved, 2 of status, 8 of time; in the byte order of the machine.
const RECORD: usize = 64;
const VALID: u16 = 1;
/// More than `pam_faillock` keeps.
const MOST: u64 = 1024 * RECORD as u64;

/// Settings that decide when an account is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settings {
    directory: PathBuf,
    deny: u32,
    interval_s: u64,
    /// Absent: it is opened by hand alone.
    unlock_s: Option<u64>,
    root_too: bool,
    root_unlock_s: Option<Option<u64>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("/var/run/faillock"),
            deny: 3,
            interval_s: 900,
            unlock_s: Some(600),
            root_too: false,
            root_unlock_s: None,
        }
    }
}

/// What is counted against an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) failures: u32,
    pub(super) deny: u32,
    /// When it ends by itself, in seconds since the epoch.
    pub(super) until: Option<u64>,
}

/// Reads the tally of an account; absent where none is kept, or it does not count for this account.
pub(super) fn look(root: &Root, name: &[u8], uid: u32, now: u64) -> Option<Tally> {
    // A name with a slash would leave the directory; `pam_faillock` has no such file either.
    if name.contains(&b'/') || name.is_empty() {
        return None;
    }
    let settings = settings(root);
    let file = settings.directory.join(OsStr::from_bytes(name));
    let contents = root.read(file, MOST).ok()?;
    (uid != 0 || settings.root_too).then(|| settings.tally(&contents.bytes, uid == 0, now))
}

impl Settings {
    fn tally(&self, records: &[u8], is_root: bool, now: u64) -> Tally {
        let times: Vec<u64> = records.chunks_exact(RECORD).filter_map(time_of).collect();
        let latest = times.iter().copied().max().unwrap_or_default();
        let counted = times
            .iter()
            .filter(|time| latest.saturating_sub(**time) < self.interval_s)
            .count();
        let failures = u32::try_from(counted).unwrap_or(u32::MAX);
        let unlock = match self.root_unlock_s {
            Some(own) if is_root => own,
            _ => self.unlock_s,
        };
        let until = unlock.map(|unlock| latest.saturating_add(unlock));
        let over = until.is_some_and(|until| until < now);
        Tally {
            failures: if over { 0 } else { failures },
            deny: self.deny,
            until: until.filter(|_| !over),
        }
    }

    fn set(&mut self, word: &str) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let (name, value) = (name.trim(), value.trim());
        let seconds = || match value {
            "never" | "0" => Some(None),
            value => value.parse().ok().map(Some),
        };
        match name {
            "dir" if value.starts_with('/') => self.directory = PathBuf::from(value),
            "deny" => self.deny = value.parse().unwrap_or(self.deny),
            "fail_interval" => self.interval_s = value.parse().unwrap_or(self.interval_s),
            "unlock_time" => self.unlock_s = seconds().unwrap_or(self.unlock_s),
            "even_deny_root" => self.root_too = true,
            "root_unlock_time" => {
                self.root_too = true;
                self.root_unlock_s = seconds().or(self.root_unlock_s);
            }
            _ => {}
        }
    }
}

fn time_of(record: &[u8]) -> Option<u64> {
    let status = u16::from_ne_bytes(record.get(54..56)?.try_into().ok()?);
    let time = u64::from_ne_bytes(record.get(56..64)?.try_into().ok()?);
    (status & VALID != 0).then_some(time)
}

/// Those of `faillock.conf`, then those that the PAM stack of sshd gives the module.
fn settings(root: &Root) -> Settings {
    let mut settings = Settings::default();
    let stack = pam::stack::read(root, "sshd");
    let arguments: Vec<&str> = stack
        .rules
        .iter()
        .filter(|rule| rule.module_name() == "pam_faillock.so")
        .flat_map(|rule| rule.arguments.iter().map(String::as_str))
        .collect();
    let named = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("conf="));
    let file = named.map_or(Path::new("/etc/security/faillock.conf"), Path::new);
    let usual = [file, Path::new("/usr/etc/security/faillock.conf")];
    if let Some(contents) = usual
        .iter()
        .find_map(|file| root.read(file, 64 * 1024).ok())
    {
        for (_, line) in contents.lines() {
            let line = String::from_utf8_lossy(line);
            settings.set(line.split('#').next().unwrap_or_default().trim());
        }
    }
    for argument in arguments {
        settings.set(argument);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(status: u16, time: u64) -> Vec<u8> {
        let mut record = vec![b'x'; 52];
        record.extend([0, 0]);
        record.extend(status.to_ne_bytes());
        record.extend(time.to_ne_bytes());
        record
    }

    #[test]
    fn only_valid_and_recent_failures_count_and_they_end() {
        let settings = Settings::default();
        let mut records = [
            record(3, 1000),
            record(3, 10_000),
            record(2, 10_100),
            record(3, 10_200),
        ]
        .concat();
        records.extend(b"a torn record");
        let tally = settings.tally(&records, false, 10_300);
        assert_eq!(
            (tally.failures, tally.deny, tally.until),
            (2, 3, Some(10_800))
        );
        let later = settings.tally(&records, false, 10_801);
        assert_eq!((later.failures, later.until), (0, None));
        let mut for_ever = Settings::default();
        for_ever.set("unlock_time=never");
        let tally = for_ever.tally(&records, false, u64::MAX);
        assert_eq!((tally.failures, tally.until), (2, None));
    }

    #[test]
    fn the_tool_of_pam_reads_the_same_records() {
        let directory = tempfile::tempdir().unwrap();
        let records = [record(3, 1_700_000_000), record(2, 1_700_000_100)].concat();
        std::fs::write(directory.path().join("root"), records).unwrap();
        let printed = std::process::Command::new("faillock")
            .env("TZ", "UTC")
            .args(["--user", "root", "--dir"])
            .arg(directory.path())
            .output()
            .expect("this test needs faillock (libpam-modules-bin)");
        let text = String::from_utf8(printed.stdout).unwrap();
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("20")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with("2023-11-14 22:13:20") && lines[0].ends_with('V'),
            "{text}"
        );
        assert!(lines[1].ends_with('I'), "{text}");
    }
}
