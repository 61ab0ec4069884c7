//! The kernel's ring buffer (`Documentation/ABI/testing/dev-kmsg`).

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

use nix::errno::Errno;
use nix::libc::O_NONBLOCK;
use nix::sys::stat::{major, minor};
use sshdoctor_case::{LogLine, Obstacle, Received};

use super::NoLog;
use crate::server::init::now::Now;

const DEVICE: &str = "/dev/kmsg";
/// Its number; in some containers something else goes by that name.
const NUMBER: (u64, u64) = (1, 11);
/// A record is at most 8 KiB; there is room for all of a ring of 32 MiB.
const MOST_RECORDS: usize = 200_000;
const RECORD_BYTES: usize = 8192;

/// Those of its records that are wanted, oldest first, and whether older ones were overwritten.
pub(super) fn read(is_wanted: impl Fn(&str) -> bool) -> Result<(Vec<LogLine>, bool), NoLog> {
    let mut device = open()?;
    let now = Now::read();
    let mut lines = Vec::new();
    let mut overwritten = false;
    let mut buffer = [0; RECORD_BYTES];
    for position in 0..MOST_RECORDS {
        match device.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                let record = buffer.get(..count).unwrap_or_default();
                if position == 0 {
                    overwritten = sequence(record) != Some(0);
                }
                lines.extend(line(record, now, &is_wanted));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            // Records were overwritten while they were read.
            Err(error) if error.raw_os_error() == Some(Errno::EPIPE as i32) => overwritten = true,
            Err(error) => return Err(refused(&error)),
        }
    }
    Ok((lines, overwritten))
}

fn open() -> Result<File, NoLog> {
    let metadata = std::fs::metadata(DEVICE).map_err(|error| refused(&error))?;
    let number = (major(metadata.rdev()), minor(metadata.rdev()));
    if !metadata.file_type().is_char_device() || number != NUMBER {
        let reason = format!("{DEVICE}: it is not the kernel's log here");
        return Err((Obstacle::Absent, reason));
    }
    File::options()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(DEVICE)
        .map_err(|error| refused(&error))
}

fn refused(error: &std::io::Error) -> NoLog {
    let obstacle = match error.kind() {
        ErrorKind::PermissionDenied => Obstacle::Privilege,
        ErrorKind::NotFound => Obstacle::Absent,
        _ => Obstacle::Failed,
    };
    (obstacle, format!("{DEVICE}: {error}"))
}

fn sequence(record: &[u8]) -> Option<u64> {
    let field = record.split(|byte| *byte == b',').nth(1)?;
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// `PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;MESSAGE`, then lines that begin with a space. Only what the kernel itself says is taken: the
/// facility above the lowest three bits of the priority is 0.
fn line(record: &[u8], now: Now, is_wanted: impl Fn(&str) -> bool) -> Option<LogLine> {
    let separator = record.iter().position(|byte| *byte == b';')?;
    let (prefix, rest) = record.split_at(separator);
    let message = rest.get(1..)?.split(|byte| *byte == b'\n').next()?;
    let prefix = std::str::from_utf8(prefix).ok()?;
    let mut fields = prefix.split(',');
    let priority: u32 = fields.next()?.parse().ok()?;
    let microseconds: u64 = fields.nth(1)?.parse().ok()?;
    let is_kernel = priority >> 3 == 0;
    (is_kernel && is_wanted(&String::from_utf8_lossy(message))).then(|| LogLine {
        at_ms: now.at_monotonic(microseconds),
        pid: None,
        identifier: Received::from_text("kernel"),
        message: Received::from_bytes(message),
        times: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_kernel_says_is_taken() {
        let now = Now::read();
        let kernel = line(
            b"4,1289,5140900,-;nf_conntrack: nf_conntrack: table full, dropping packet\n DEVICE=+x\n",
            now,
            |message| message.contains("table full"),
        )
        .unwrap();
        assert_eq!(
            kernel.message.as_str(),
            "nf_conntrack: nf_conntrack: table full, dropping packet"
        );
        assert_eq!(kernel.at_ms, now.at_monotonic(5_140_900));
        let forged = b"12,1290,5140901,-;Out of memory: Killed process 1 (sshd)";
        assert_eq!(line(forged, now, |_| true), None);
        for broken in [
            &b""[..],
            b";",
            b"4",
            b"4,1,;x",
            b"x,1,2,-;x",
            b"4,1,99999999999999999999,-;x",
        ] {
            assert_eq!(line(broken, now, |_| true), None);
        }
    }
}
