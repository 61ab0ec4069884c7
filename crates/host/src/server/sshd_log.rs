//! What sshd logged since its last start.

pub(super) mod folded;
pub(super) mod journal;
pub(super) mod syslog;

use std::io::ErrorKind;

use sshdoctor_case::{Fact, LogLine, LogSource, Obstacle, Received, Sight};

use super::{Host, not_seen};
use folded::folded;
use journal::{Entry, Query};

/// How many lines are kept in all.
const MOST_LINES: usize = 400;
/// systemd is about to start a unit (`SD_MESSAGE_UNIT_STARTING`, `systemd/sd-messages.h`).
const UNIT_STARTING: &str = "7d4958e842da4a758f6c1cdc7b36dcc5";
/// It has started one (`SD_MESSAGE_UNIT_STARTED`), which of a socket is all that is said.
const UNIT_STARTED: &str = "39f53479d3a045ac8e11786248231fbf";
/// Units of which each has a log of its own.
const UNITS: [&str; 6] = [
    "ssh.service",
    "sshd.service",
    "ssh.socket",
    "sshd.socket",
    "dropbear.service",
    "dropbear.socket",
];
/// What finds their lines. Instances are found by their slice, since patterns would have to be expanded over the whole journal;
/// sshd leaves the cgroup of its unit with the login, and is found by its name from then on (`systemd.journal-fields(7)`).
///
/// Of a process that ends at once after its last words journald no longer learns the unit nor the name, but still the user: then there is
/// only what it called itself, which only root's processes are believed.
const OTHER_MATCHES: [&str; 10] = [
    "_SYSTEMD_SLICE=system-ssh.slice",
    "_SYSTEMD_SLICE=system-sshd.slice",
    "_COMM=sshd",
    "_COMM=sshd-session",
    "_COMM=sshd-auth",
    "_COMM=sshd-listener",
    "_COMM=dropbear",
    "SYSLOG_IDENTIFIER=sshd _UID=0",
    "SYSLOG_IDENTIFIER=sshd-session _UID=0",
    "SYSLOG_IDENTIFIER=dropbear _UID=0",
];
/// Where other loggers write what sshd says: Debian, Fedora, Alpine.
const FILES: [&str; 4] = [
    "/var/log/auth.log",
    "/var/log/secure",
    "/var/log/messages",
    "/var/log/syslog",
];

pub(super) fn look(host: &Host) -> Vec<Fact> {
    match journal::read(host, &query()) {
        Ok(read) if !read.entries.is_empty() => by_unit(read.entries, read.cut),
        Ok(_) => in_files(host).unwrap_or_else(|_| vec![silent_journal()]),
        Err((obstacle, reason)) => in_files(host).unwrap_or_else(|(of_files, why)| {
            // A journal that is not there hides nothing; a file that may not be read does.
            let obstacle = match obstacle {
                Obstacle::Absent => of_files,
                _ => obstacle,
            };
            vec![not_seen(
                Sight::SshdLog,
                obstacle,
                format!("{reason}; {why}"),
            )]
        }),
    }
}

/// The journal was read, and holds nothing of SSH.
fn silent_journal() -> Fact {
    let source = LogSource::Journal {
        unit: Received::from_text("ssh.service"),
    };
    log(source, std::iter::empty(), false)
}

fn query() -> Query {
    let mut matches = Vec::new();
    for unit in UNITS {
        for field in ["_SYSTEMD_UNIT", "UNIT"] {
            matches.push(format!("{field}={unit}"));
        }
    }
    matches.extend(OTHER_MATCHES.map(str::to_owned));
    Query {
        any_of: matches,
        most_lines: MOST_LINES,
    }
}

/// One log for each unit, with what came since its last start.
fn by_unit(entries: Vec<Entry>, cut: bool) -> Vec<Fact> {
    let mut logs: Vec<(String, Vec<Entry>, bool)> = Vec::new();
    let mut named = entries.iter().map(|entry| entry.unit.as_str());
    let service = named
        .rfind(|unit| unit.ends_with(".service") && !unit.contains('@'))
        .unwrap_or(UNITS[0])
        .to_owned();
    for entry in entries {
        let unit = match entry.unit.as_str() {
            "" => service.clone(),
            unit => log_of(unit),
        };
        let position = logs.iter().position(|(name, ..)| *name == unit);
        let position = position.unwrap_or_else(|| {
            logs.push((unit, Vec::new(), cut));
            logs.len() - 1
        });
        if let Some((_, lines, earlier_left_out)) = logs.get_mut(position) {
            if begins(&entry) && !lines.is_empty() {
                lines.clear();
                *earlier_left_out = true;
            }
            lines.push(entry);
        }
    }
    logs.into_iter()
        .map(|(unit, lines, cut)| {
            let source = LogSource::Journal {
                unit: Received::from_text(&unit),
            };
            log(source, lines.into_iter().map(|entry| entry.line), cut)
        })
        .collect()
}

/// What came before it belongs to an earlier start of the unit.
fn begins(entry: &Entry) -> bool {
    let id = entry.message_id.as_str();
    id == UNIT_STARTING && !entry.unit.contains('@')
        || id == UNIT_STARTED && entry.unit.ends_with(".socket")
}

/// Instances share a log, and so do the scopes that logins are moved to.
fn log_of(unit: &str) -> String {
    match unit.split_once('@') {
        Some((template, _)) => format!("{template}@.service"),
        None if unit.starts_with("session-") => "session-*.scope".to_owned(),
        None => unit.to_owned(),
    }
}

/// The first file in which sshd says anything, or else the first that could be read.
fn in_files(host: &Host) -> Result<Vec<Fact>, NoLog> {
    let mut refused = None;
    let mut silent = None;
    for path in FILES {
        let read = match syslog::read(&host.root, path) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                refused = refused.or(Some(path));
                continue;
            }
            Err(_) => continue,
        };
        let lines: Vec<LogLine> = read.lines.into_iter().filter(is_about_ssh).collect();
        let is_silent = lines.is_empty();
        let (lines, left_out) = since_last_listening(lines);
        let source = LogSource::File {
            path: Received::from_text(path),
        };
        let fact = log(source, lines.into_iter(), read.cut || left_out);
        if !is_silent {
            return Ok(vec![fact]);
        }
        silent = silent.or(Some(fact));
    }
    match (refused, silent) {
        (Some(path), _) => Err((Obstacle::Privilege, format!("{path}: permission denied"))),
        (None, Some(fact)) => Ok(vec![fact]),
        (None, None) => Err((
            Obstacle::Absent,
            format!("there is none of {}", FILES.join(", ")),
        )),
    }
}

fn is_about_ssh(line: &LogLine) -> bool {
    let (identifier, message) = (line.identifier.as_str(), line.message.as_str());
    match identifier {
        "systemd" => ["ssh.service", "sshd.service", "ssh.socket", "sshd.socket"]
            .iter()
            .any(|unit| message.contains(unit)),
        _ => identifier.starts_with("sshd") || identifier.starts_with("dropbear"),
    }
}

/// What came before the process that listened last said its first word belongs to an earlier start.
fn since_last_listening(mut lines: Vec<LogLine>) -> (Vec<LogLine>, bool) {
    let listener = lines
        .iter()
        .rev()
        .find(|line| line.message.as_str().starts_with("Server listening on "))
        .and_then(|line| line.pid);
    let begin = listener
        .and_then(|pid| lines.iter().position(|line| line.pid == Some(pid)))
        .unwrap_or(0);
    lines.drain(..begin);
    (lines, begin > 0)
}

fn log(source: LogSource, lines: impl Iterator<Item = LogLine>, cut: bool) -> Fact {
    let mut lines = folded(lines);
    let left_out = lines.len().saturating_sub(MOST_LINES);
    lines.drain(..left_out);
    Fact::Log {
        log: Box::new(sshdoctor_case::Log {
            source,
            lines,
            cut: cut || left_out > 0,
        }),
    }
}

/// There was nothing to read a log from.
pub(super) type NoLog = (Obstacle, String);

#[cfg(test)]
mod tests;
