//! The journal, as `journalctl --output=json` prints it (`systemd.journal-fields(7)`, Journal JSON Format).

use std::process::Command;

use serde_json::{Map, Value};
use sshdoctor_case::{LogLine, Obstacle, Received};

use super::NoLog;
use crate::child::{Failure, output};
use crate::server::Host;

/// How much of its output is read.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Where journals are.
const DIRECTORIES: [&str; 2] = ["/run/log/journal", "/var/log/journal"];
const FIELDS: &str =
    "MESSAGE,MESSAGE_ID,SYSLOG_IDENTIFIER,_COMM,_PID,SYSLOG_PID,UNIT,_SYSTEMD_UNIT";

/// What is wanted of the journal.
pub(in crate::server) struct Query {
    /// Matches of which one is enough, each of one word or of several that all have to hold.
    pub(in crate::server) any_of: Vec<String>,
    /// How many of the last lines.
    pub(in crate::server) most_lines: usize,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Entry {
    /// The unit that says it, or that systemd says it of.
    pub(in crate::server) unit: String,
    pub(in crate::server) message_id: String,
    pub(in crate::server) line: LogLine,
}

/// Entries, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::server) struct Read {
    pub(in crate::server) entries: Vec<Entry>,
    /// There are earlier ones.
    pub(in crate::server) cut: bool,
}

/// Asks the journal: of this boot, or on a mounted disk of any.
pub(in crate::server) fn read(host: &Host, query: &Query) -> Result<Read, NoLog> {
    if !DIRECTORIES.iter().any(|path| host.root.exists(path)) {
        return Err((Obstacle::Absent, "there is no journal".to_owned()));
    }
    let Some(journalctl) = host.programs.find("journalctl") else {
        return Err((Obstacle::Absent, "there is no journalctl".to_owned()));
    };
    let mut command = Command::new(journalctl);
    command.args(["--output=json", "--no-pager"]);
    command.arg(format!("--output-fields={FIELDS}"));
    command.arg(format!("--lines={}", query.most_lines));
    if host.root.is_running() {
        command.arg("--boot");
    } else {
        command.arg("--directory");
        command.arg(host.root.outside("/var/log/journal"));
    }
    for (position, one) in query.any_of.iter().enumerate() {
        if position > 0 {
            command.arg("+");
        }
        command.args(one.split(' '));
    }
    let output =
        output(&mut command, host.patience.mul_f32(0.9), MOST_BYTES).map_err(|failure| {
            match failure {
                Failure::TooLong(words) => (Obstacle::TooLong, format!("journalctl: {words}")),
                Failure::Own(words) => (Obstacle::Failed, format!("journalctl: {words}")),
            }
        })?;
    let entries = entries(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    // The first of these it says and ends with success.
    let refused = [
        "not seeing messages from other users",
        "insufficient permissions",
    ];
    if entries.is_empty() && refused.iter().any(|words| said.contains(words)) {
        return Err((
            Obstacle::Privilege,
            "journalctl: it needs root or the group systemd-journal".to_owned(),
        ));
    }
    if entries.is_empty() && !output.succeeded() {
        return Err((Obstacle::Failed, format!("journalctl: {}", said.trim())));
    }
    Ok(Read {
        cut: entries.len() >= query.most_lines,
        entries,
    })
}

/// Every line that is an entry; a broken one, as the last of an output that was cut, is left out.
fn entries(text: &[u8]) -> Vec<Entry> {
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .map(|fields| entry(&fields))
        .collect()
}

fn entry(fields: &Map<String, Value>) -> Entry {
    let text = |name| fields.get(name).map(bytes).unwrap_or_default();
    let first = |names: [&'static str; 2]| {
        names
            .into_iter()
            .map(text)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    let string = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    // Microseconds since the epoch.
    let at: Option<i64> = string(text("__REALTIME_TIMESTAMP")).parse().ok();
    Entry {
        unit: string(first(["UNIT", "_SYSTEMD_UNIT"])),
        message_id: string(text("MESSAGE_ID")),
        line: LogLine {
            at_ms: at.map(|microseconds| microseconds / 1000),
            pid: string(first(["_PID", "SYSLOG_PID"])).parse().ok(),
            identifier: Received::from_bytes(&first(["SYSLOG_IDENTIFIER", "_COMM"])),
            message: Received::from_bytes(&text("MESSAGE")),
            times: 1,
        },
    }
}

/// A field: a text, an array of bytes where it is none, an array of both where it occurs more than once, of which the first is taken, or
/// null where it is too long.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Array(items) => match items.first() {
            Some(first @ (Value::String(_) | Value::Array(_))) => scalar(first),
            _ => scalar(value),
        },
        Value::Null => "…".as_bytes().to_vec(),
        Value::Number(number) => number.to_string().into_bytes(),
        Value::Bool(_) | Value::Object(_) => Vec::new(),
    }
}

fn scalar(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
