//! Messages that repeat.

use sshdoctor_case::LogLine;

/// Puts equal messages in a row together; the time and process are those of the last.
pub(in crate::server) fn folded(lines: impl Iterator<Item = LogLine>) -> Vec<LogLine> {
    let mut kept: Vec<LogLine> = Vec::new();
    for line in lines {
        match kept.last_mut() {
            Some(last) if last.identifier == line.identifier && last.message == line.message => {
                last.times = last.times.saturating_add(line.times);
                last.at_ms = line.at_ms;
                last.pid = line.pid;
            }
            _ => kept.push(line),
        }
    }
    kept
}
