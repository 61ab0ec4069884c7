//! Which lines of the kernel bear on a way in.

use std::net::IpAddr;

use sshdoctor_case::{LogLine, Received};

/// What tells of a want, a fault or a limit, whomever it meets.
const ANYBODY: [&str; 24] = [
    "Out of memory: ",
    "out of memory: ",
    "invoked oom-killer",
    "oom-kill:",
    "oom_reaper: reaped",
    "page allocation failure",
    "table full, dropping packet",
    "Possible SYN flooding",
    "possible SYN flooding",
    "neighbour: ",
    "Neighbour table overflow",
    "fork rejected by pids controller",
    "VFS: file-max limit",
    "I/O error",
    "EXT4-fs error",
    "Remounting filesystem read-only",
    "remounting filesystem read-only",
    "forced readonly",
    "Shutting down filesystem",
    "Corruption of in-memory data",
    "blocked for more than",
    "soft lockup",
    "NETDEV WATCHDOG",
    ": renamed from ",
];
/// What tells of a crash or a denial, if SSH is named in it.
const OF_SSH: [&str; 7] = [
    "segfault at",
    "general protection",
    "trap invalid opcode",
    "apparmor=\"DENIED\"",
    "avc:  denied",
    "type=1326",
    "SECCOMP",
];
/// How SSH, and what checks its passwords, is named.
const NAMES: [&str; 4] = ["sshd", "ssh_", ".ssh", "unix_chkpwd"];
/// How many lines of `auditd(8)` are gone through.
const MOST_AUDIT_LINES: usize = 4096;

/// Whether a line bears on a way in, or on this client.
pub(super) fn is_telling(message: &str, client: Option<IpAddr>) -> bool {
    let any = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
    any(&ANYBODY)
        || (any(&OF_SSH) && any(&NAMES))
        || link_changed(message)
        || client.is_some_and(|client| logged_packet(message, client))
}

/// `ens3: NIC Link is Down`, `eth0: link down`
fn link_changed(message: &str) -> bool {
    let small = message.to_ascii_lowercase();
    ["link is down", "link is up", "link down", "link up"]
        .iter()
        .any(|sign| small.contains(sign))
}

/// A line that a `LOG` rule of a packet filter writes of a TCP packet of this client (`nf_log_syslog.c`).
fn logged_packet(message: &str, client: IpAddr) -> bool {
    let mut is_tcp = false;
    let mut is_from_client = false;
    for word in message.split(' ') {
        is_tcp |= word == "PROTO=TCP";
        is_from_client |= word
            .strip_prefix("SRC=")
            .and_then(|address| address.parse::<IpAddr>().ok())
            .is_some_and(|address| address == client);
    }
    is_tcp && is_from_client
}

/// Lines of `auditd(8)`: `type=AVC msg=audit(SECONDS.MILLISECONDS:NUMBER): …`
pub(super) fn audit_lines(text: &[u8]) -> impl Iterator<Item = LogLine> {
    text.rsplit(|byte| *byte == b'\n')
        .take(MOST_AUDIT_LINES)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .filter(|line| !line.is_empty())
        .map(|line| LogLine {
            at_ms: audit_time(line),
            pid: None,
            identifier: Received::from_text("audit"),
            message: Received::from_bytes(line),
            times: 1,
        })
}

fn audit_time(line: &[u8]) -> Option<i64> {
    let text = String::from_utf8_lossy(line);
    let stamp = text.split_once("msg=audit(")?.1.split_once(':')?.0;
    let (seconds, milliseconds) = stamp.split_once('.')?;
    let seconds: i64 = seconds.parse().ok()?;
    seconds
        .checked_mul(1000)?
        .checked_add(milliseconds.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_bear_on_a_way_in_are_told_from_those_that_do_not() {
        let client = Some("198.51.100.7".parse().unwrap());
        for telling in [
            "Out of memory: Killed process 812 (sshd) total-vm:15436kB, anon-rss:1024kB",
            "Memory cgroup out of memory: Killed process 812 (sshd)",
            "nf_conntrack: nf_conntrack: table full, dropping packet",
            "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:22. Sending cookies.",
            "EXT4-fs (vda1): Remounting filesystem read-only",
            "blk_update_request: I/O error, dev sda, sector 2048 op 0x0:(READ)",
            "audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"open\" profile=\"sshd\" comm=\"sshd\"",
            "virtio_net virtio0 ens3: renamed from eth0",
            "e1000: ens3 NIC Link is Down",
            "[UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.7 DST=192.0.2.1 PROTO=TCP SPT=5 DPT=22",
            "sshd[812]: segfault at 0 ip 00007f error 4 in libcrypto.so.3",
        ] {
            assert!(is_telling(telling, client), "{telling}");
        }
        for other in [
            "[UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.70 DST=192.0.2.1 PROTO=TCP SPT=5 DPT=22",
            "audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" operation=\"open\" profile=\"cupsd\" comm=\"cupsd\"",
            "firefox[9]: segfault at 0 ip 00007f",
            "usb 1-1: new high-speed USB device number 2",
        ] {
            assert!(!is_telling(other, client), "{other}");
        }
    }

    #[test]
    fn audit_lines_keep_their_order_and_time() {
        let text = b"type=AVC msg=audit(1795522000.123:7): avc:  denied  { name_bind } comm=\"sshd\"\ntype=AVC msg=audit(x\n";
        let lines: Vec<LogLine> = audit_lines(text).collect();
        let times: Vec<_> = lines.iter().map(|line| line.at_ms).collect();
        assert_eq!(times, [Some(1_795_522_000_123), None]);
    }
}
