//! Files that a syslog daemon writes (RFC 3164, RFC 3339 time stamps, BusyBox).

use std::io;

use jiff::civil::Date;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sshdoctor_case::{LogLine, Received};

use crate::root::Root;

/// How much of the end of a file is read.
const MOST_BYTES: u64 = 256 * 1024;
/// How much of a description of a time zone is read.
const MOST_ZONE_BYTES: u64 = 64 * 1024;

/// The last lines of a file.
pub(in crate::server) struct Read {
    pub(in crate::server) lines: Vec<LogLine>,
    /// There are earlier ones.
    pub(in crate::server) cut: bool,
}

/// Reads the end of a log.
pub(in crate::server) fn read(root: &Root, path: &str) -> io::Result<Read> {
    let contents = root.read_end(path, MOST_BYTES)?;
    let clock = LogClock::of(root, Timestamp::now());
    Ok(Read {
        lines: contents
            .bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|line| clock.line(line))
            .collect(),
        cut: contents.cut,
    })
}

/// What is needed to understand time stamps without a year and a zone.
struct LogClock {
    zone: TimeZone,
    now: Timestamp,
}

impl LogClock {
    /// The zone of the system that wrote the log.
    fn of(root: &Root, now: Timestamp) -> Self {
        let zone = root
            .read("/etc/localtime", MOST_ZONE_BYTES)
            .ok()
            .and_then(|contents| TimeZone::tzif("local", &contents.bytes).ok())
            .unwrap_or(TimeZone::UTC);
        Self { zone, now }
    }

    /// `TIME HOST [FACILITY.LEVEL] NAME[PID]: MESSAGE`
    fn line(&self, line: &[u8]) -> Option<LogLine> {
        let (stamp, rest) = stamp(line)?;
        let (_host, mut rest) = word(rest)?;
        let (mut tag, mut message) = word(rest)?;
        if !tag.ends_with(b":") && tag.contains(&b'.') && !tag.contains(&b'[') {
            rest = message;
            (tag, message) = word(rest)?;
        }
        let tag = tag.strip_suffix(b":")?;
        let bracket = tag.iter().position(|byte| *byte == b'[');
        let (name, pid) = match bracket {
            Some(at) => (tag.get(..at)?, tag.get(at + 1..tag.len() - 1)?),
            None => (tag, &b""[..]),
        };
        let (times, message) = repeated(message);
        Some(LogLine {
            at_ms: self.time(stamp),
            pid: String::from_utf8_lossy(pid).parse().ok(),
            identifier: Received::from_bytes(name),
            message: Received::from_bytes(message),
            times,
        })
    }

    fn time(&self, stamp: &[u8]) -> Option<i64> {
        let stamp = std::str::from_utf8(stamp).ok()?;
        if stamp.contains('T') {
            let time: Timestamp = stamp.parse().ok()?;
            return Some(time.as_millisecond());
        }
        let today = self.zone.to_datetime(self.now).date();
        let in_year = |date: Date| {
            let words: Vec<&str> = stamp.split_whitespace().collect();
            let text = format!("{} {}", date.year(), words.join(" "));
            let civil = strtime::parse("%Y %b %d %H:%M:%S", text)
                .ok()?
                .to_datetime()
                .ok()?;
            self.zone.to_timestamp(civil).ok()
        };
        let time = in_year(today)?;
        let tomorrow = self.now.checked_add(24.hours()).ok()?;
        let time = if time > tomorrow {
            in_year(today.checked_sub(1.year()).ok()?)?
        } else {
            time
        };
        Some(time.as_millisecond())
    }
}

/// `Nov 24 12:00:01` or one word.
fn stamp(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if line.first()?.is_ascii_digit() {
        word(line)
    } else {
        let (stamp, rest) = line.split_at_checked(15)?;
        Some((stamp, rest.strip_prefix(b" ")?))
    }
}

fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| *byte == b' ')?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// `message repeated 3 times: [ MESSAGE]`, as rsyslog writes it.
fn repeated(message: &[u8]) -> (u32, &[u8]) {
    let unfolded = || {
        let rest = message.strip_prefix(b"message repeated ")?;
        let (times, rest) = word(rest)?;
        let inner = rest.strip_prefix(b"times: [ ")?.strip_suffix(b"]")?;
        Some((std::str::from_utf8(times).ok()?.parse().ok()?, inner))
    };
    unfolded().unwrap_or((1, message))
}

#[cfg(test)]
mod tests;
