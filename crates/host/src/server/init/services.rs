//! Services of init systems other than systemd, from the files these keep.

mod openrc;
mod runit;
mod s6;
mod sysv;

use sshdoctor_case::{InitKind, Received, Unit};

use super::unit_files::empty;
use crate::root::Root;

/// Names under which an SSH server, and what the way to it stands on, go.
const SERVICES: [&str; 11] = [
    "sshd",
    "ssh",
    "dropbear",
    "fail2ban",
    "sshguard",
    "ufw",
    "firewalld",
    "nftables",
    "iptables",
    "ip6tables",
    "networking",
];
/// How much of a small file is read.
const MOST_BYTES: u64 = 64 * 1024;

/// The services of an init system, as far as its files tell.
pub(super) fn of(kind: InitKind, root: &Root) -> Vec<Unit> {
    match kind {
        InitKind::OpenRc => openrc::services(root),
        InitKind::Runit => runit::services(root),
        InitKind::SysV => sysv::services(root),
        InitKind::S6 => s6::services(root),
        InitKind::Systemd | InitKind::None | InitKind::Unknown => Vec::new(),
    }
}

/// What the files of an init system tell of one service.
struct Found<'f> {
    name: &'f str,
    file: String,
    /// Runlevels or directories that start it.
    started_by: Vec<String>,
    /// Active and sub state; absent for a system that does not run.
    state: Option<(&'f str, &'f str)>,
    main_pid: Option<u32>,
    environment: Vec<(Received, Received)>,
}

impl Found<'_> {
    fn unit(self) -> Unit {
        let enabled = if self.started_by.is_empty() {
            "disabled"
        } else {
            "enabled"
        };
        let (active, sub) = self.state.unwrap_or(("unknown", "unknown"));
        Unit {
            load_state: Received::from_text("loaded"),
            active_state: Received::from_text(active),
            sub_state: Received::from_text(sub),
            enabled: Some(Received::from_text(enabled)),
            wanted_by: self
                .started_by
                .iter()
                .map(|name| Received::from_text(name))
                .collect(),
            file: Some(Received::from_text(&self.file)),
            main_pid: self.main_pid,
            environment: self.environment,
            ..empty(self.name)
        }
    }
}

/// The number that a file holds, if it is that of a process.
fn process_in(root: &Root, path: &str) -> Option<u32> {
    let contents = root.read(path, MOST_BYTES).ok()?;
    let pid: u32 = String::from_utf8_lossy(&contents.bytes)
        .trim()
        .parse()
        .ok()?;
    root.exists(format!("/proc/{pid}")).then_some(pid)
}
