//! What the kernel logged, as far as it bears on a way in.

mod ring;
mod telling;

use sshdoctor_case::{Fact, Log, LogLine, LogSource, Obstacle, Received, Sight};

use super::sshd_log::folded::folded;
use super::sshd_log::journal::{self, Query};
use super::sshd_log::{NoLog, syslog};
use super::{Host, not_seen};

/// How many lines are kept.
const MOST_LINES: usize = 200;
/// How many lines of the kernel are asked for from a journal.
const MOST_ASKED: usize = 3000;
/// What other loggers write of the kernel: Debian, Fedora, Alpine.
const FILES: [&str; 3] = ["/var/log/kern.log", "/var/log/messages", "/var/log/syslog"];
/// Denials go here, and not to the kernel's log, while `auditd(8)` runs.
const AUDIT_LOG: &str = "/var/log/audit/audit.log";

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let is_telling = |message: &str| telling::is_telling(message, host.question.from);
    let wanted = |line: &LogLine| is_telling(line.message.as_str());
    let mut facts = match lines(host, is_telling) {
        Ok((source, lines, cut)) => vec![log(source, lines.into_iter().filter(wanted), cut)],
        Err((obstacle, reason)) => vec![not_seen(Sight::KernelLog, obstacle, reason)],
    };
    if let Ok(contents) = host.root.read_end(AUDIT_LOG, 256 * 1024) {
        let denials = telling::audit_lines(&contents.bytes).filter(wanted);
        facts.push(log(file(AUDIT_LOG), denials, contents.cut));
    }
    facts
}

type Lines = (LogSource, Vec<LogLine>, bool);

fn lines(host: &Host, is_telling: impl Fn(&str) -> bool) -> Result<Lines, NoLog> {
    let from_ring = if host.root.is_running() {
        ring::read(is_telling)
    } else {
        let reason = "the ring buffer of a system that does not run is gone";
        Err((Obstacle::NotRunning, reason.to_owned()))
    };
    match from_ring {
        Ok((lines, cut)) => Ok((LogSource::KernelRing, lines, cut)),
        Err(no_ring) => from_journal(host)
            .or_else(|| from_file(host))
            .ok_or(no_ring),
    }
}

fn from_journal(host: &Host) -> Option<Lines> {
    let query = Query {
        any_of: vec!["_TRANSPORT=kernel".to_owned()],
        most_lines: MOST_ASKED,
    };
    let read = journal::read(host, &query).ok()?;
    let unit = Received::from_text("kernel");
    let lines: Vec<LogLine> = read.entries.into_iter().map(|entry| entry.line).collect();
    (!lines.is_empty()).then_some((LogSource::Journal { unit }, lines, read.cut))
}

fn from_file(host: &Host) -> Option<Lines> {
    FILES.iter().find_map(|path| {
        let read = syslog::read(&host.root, path).ok()?;
        let lines: Vec<LogLine> = read
            .lines
            .into_iter()
            .filter(|line| line.identifier.as_str() == "kernel")
            .collect();
        (!lines.is_empty()).then(|| (file(path), lines, read.cut))
    })
}

fn file(path: &str) -> LogSource {
    LogSource::File {
        path: Received::from_text(path),
    }
}

fn log(source: LogSource, lines: impl Iterator<Item = LogLine>, cut: bool) -> Fact {
    let mut lines = folded(lines);
    let left_out = lines.len().saturating_sub(MOST_LINES);
    lines.drain(..left_out);
    Fact::Log {
        log: Box::new(Log {
            source,
            lines,
            cut: cut || left_out > 0,
        }),
    }
}
