//! Running processes, as far as `/proc` shows them to this user (`proc(5)`).

use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use sshdoctor_case::SshdProcess;

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    parent: u32,
    /// State letter: R, S, D, T, Z…
    state: char,
    /// The name of its first thread, at most 15 bytes.
    pub(super) name: Vec<u8>,
    in_this_network: bool,
}

/// Every process, by ascending id.
pub(super) fn processes() -> Vec<Process> {
    let this_network = fs::read_link("/proc/thread-self/ns/net").ok();
    let mut found: Vec<_> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| {
            let mut process = parse(&fs::read(format!("/proc/{pid}/stat")).ok()?)?;
            process.in_this_network = match fs::read_link(format!("/proc/{pid}/ns/net")) {
                Ok(network) => this_network.as_ref().is_none_or(|this| *this == network),
                // Of another user's process it is not known; most run here, only containers elsewhere. Any other error
                // means that the process has ended.
                Err(error) => error.kind() == ErrorKind::PermissionDenied,
            };
            Some(process)
        })
        .collect();
    found.sort_by_key(|process| process.pid);
    found
}

/// Those that are sshd, without the children that serve one session each.
pub(super) fn sshd(processes: &[Process]) -> Vec<SshdProcess> {
    let is_sshd = |process: &&Process| process.name == b"sshd" && process.in_this_network;
    processes
        .iter()
        .filter(is_sshd)
        .filter(|process| {
            !processes
                .iter()
                .filter(is_sshd)
                .any(|other| other.pid == process.parent)
        })
        .map(|process| SshdProcess {
            pid: process.pid,
            state: process.state,
        })
        .collect()
}

impl Process {
    /// Inode numbers of its open sockets; none when this user may not look.
    pub(super) fn socket_inodes(&self) -> Vec<u32> {
        let directory = PathBuf::from(format!("/proc/{}/fd", self.pid));
        fs::read_dir(directory)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let target = fs::read_link(entry.ok()?.path()).ok()?;
                let inode = target
                    .as_os_str()
                    .as_bytes()
                    .strip_prefix(b"socket:[")?
                    .strip_suffix(b"]")?;
                str::from_utf8(inode).ok()?.parse().ok()
            })
            .collect()
    }
}

/// Reads `/proc/PID/stat`. The name is in parentheses and may itself hold parentheses and spaces.
fn parse(stat: &[u8]) -> Option<Process> {
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let mut rest = str::from_utf8(stat.get(close + 1..)?)
        .ok()?
        .split_whitespace();
    Some(Process {
        pid: str::from_utf8(&stat[..open]).ok()?.trim().parse().ok()?,
        name: stat.get(open + 1..close)?.to_vec(),
        state: rest.next()?.chars().next()?,
        parent: rest.next()?.parse().ok()?,
        in_this_network: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_the_fields_after_it() {
        let process = parse(b"42 (a) Z 1 (b) S 7 42 42 0 -1").unwrap();
        assert_eq!(process.name, b"a) Z 1 (b");
        assert_eq!((process.pid, process.state, process.parent), (42, 'S', 7));
        for broken in [
            &b""[..],
            b"42",
            b"42 (a",
            b"42 a)",
            b"42 )a(",
            b"x (a) S 1",
            b"42 (a) S",
        ] {
            assert_eq!(parse(broken), None);
        }
    }

    #[test]
    fn the_children_that_serve_sessions_are_not_listed() {
        let process = |stat: &[u8]| parse(stat).unwrap();
        let mut elsewhere = process(b"30 (sshd) S 1");
        elsewhere.in_this_network = false;
        let all = [
            process(b"1 (systemd) S 0"),
            process(b"10 (sshd) T 1"),
            process(b"11 (sshd) S 10"),
            process(b"12 (sshd) S 11"),
            process(b"20 (sshd-session) S 10"),
            elsewhere,
        ];
        assert_eq!(
            sshd(&all),
            [SshdProcess {
                pid: 10,
                state: 'T'
            }]
        );
    }
}
