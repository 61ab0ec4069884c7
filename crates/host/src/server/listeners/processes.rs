//! Which processes hold which sockets, and in which network namespaces they are (`proc(5)`).

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

/// As many as are gone through.
const MOST_PROCESSES: usize = 65_536;
/// As many descriptors of one process as are gone through.
const MOST_DESCRIPTORS: usize = 65_536;
/// As many owners of one socket as are kept.
const MOST_OWNERS: usize = 16;
/// `/proc/PID/comm` and `/proc/PID/cgroup` are far smaller.
const LARGEST_FILE: u64 = 64 * 1024;
/// Names of programs that usually hold the socket of SSH: nobody else's descriptors are looked at unless none of them does.
const SERVERS: [&[u8]; 6] = [
    b"sshd",
    b"dropbear",
    b"tinysshd",
    b"xinetd",
    b"inetd",
    b"tcpserver",
];

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Inode number of its network namespace, where this user may know it.
    pub(super) network: Option<u64>,
}

/// All processes by ascending id.
#[derive(Debug, Default)]
pub(super) struct Processes {
    pub(super) all: Vec<Process>,
    /// There are more.
    pub(super) cut: bool,
    /// Of some this user may not know the network namespace.
    pub(super) some_hidden: bool,
}

/// A process that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) pid: u32,
    pub(super) name: Vec<u8>,
    pub(super) unit: Option<String>,
}

/// Who holds which socket.
#[derive(Debug, Default)]
pub(super) struct Owners {
    pub(super) by_inode: HashMap<u64, Vec<Holder>>,
    /// Some process could not be looked into, and a socket in question has no owner.
    pub(super) unseen: bool,
    /// Not every process was looked into.
    pub(super) cut: bool,
}

impl Processes {
    pub(super) fn all(until: Instant) -> Self {
        let mut processes = Self::default();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        for pid in pids {
            if processes.all.len() >= MOST_PROCESSES || Instant::now() >= until {
                processes.cut = true;
                break;
            }
            let link = fs::read_link(format!("/proc/{pid}/ns/net"));
            // Any other error means that the process has ended.
            processes.some_hidden |=
                matches!(&link, Err(error) if error.kind() == ErrorKind::PermissionDenied);
            let network = link.ok().and_then(|link| number(&link, "net:["));
            processes.all.push(Process { pid, network });
        }
        processes.all.sort_unstable_by_key(|process| process.pid);
        processes
    }

    /// Owners of every socket of the usual servers, and of those in question whoever has them.
    pub(super) fn owners(&self, in_question: &[u64], until: Instant) -> Owners {
        let mut owners = Owners::default();
        let (usual, others): (Vec<&Process>, Vec<&Process>) = self
            .all
            .iter()
            .partition(|process| process.pid == 1 || is_usual_server(process.pid));
        for process in usual {
            owners.add(process.pid, |_| true, until);
        }
        let wanted: HashSet<u64> = in_question
            .iter()
            .copied()
            .filter(|inode| !owners.by_inode.contains_key(inode))
            .collect();
        if wanted.is_empty() {
            owners.unseen = false;
            return owners;
        }
        for process in others {
            owners.add(process.pid, |inode| wanted.contains(&inode), until);
        }
        let all_found = wanted
            .iter()
            .all(|inode| owners.by_inode.contains_key(inode));
        owners.unseen &= !all_found;
        owners
    }
}

impl Owners {
    fn add(&mut self, pid: u32, is_wanted: impl Fn(u64) -> bool, until: Instant) {
        if Instant::now() >= until {
            self.cut = true;
            return;
        }
        let descriptors = match fs::read_dir(format!("/proc/{pid}/fd")) {
            Ok(descriptors) => descriptors,
            Err(error) => {
                self.unseen |= error.kind() == ErrorKind::PermissionDenied;
                return;
            }
        };
        let mut seen = HashSet::new();
        let mut holder = None;
        for descriptor in descriptors.flatten().take(MOST_DESCRIPTORS) {
            let target = fs::read_link(descriptor.path()).ok();
            let Some(inode) = target.and_then(|target| number(&target, "socket:[")) else {
                continue;
            };
            if !is_wanted(inode) || !seen.insert(inode) {
                continue;
            }
            let holders = self.by_inode.entry(inode).or_default();
            if holders.len() < MOST_OWNERS {
                holders.push(holder.get_or_insert_with(|| Holder::read(pid)).clone());
            }
        }
    }
}

impl Holder {
    fn read(pid: u32) -> Self {
        Self {
            pid,
            name: name(pid),
            unit: unit_in(&small_file(&format!("/proc/{pid}/cgroup"))),
        }
    }
}

/// Name of the process's first thread, at most 15 bytes.
pub(super) fn name(pid: u32) -> Vec<u8> {
    let mut name = small_file(&format!("/proc/{pid}/comm"));
    if name.last() == Some(&b'\n') {
        name.pop();
    }
    name
}

fn is_usual_server(pid: u32) -> bool {
    let name = name(pid);
    // sshd-session and the like are sshd's as well.
    let first_word = name.split(|byte| *byte == b'-').next();
    first_word.is_some_and(|word| SERVERS.contains(&word))
}

/// Inode number of a namespace, as its link has it: `net:[4026531840]`.
pub(super) fn namespace_number(path: &str) -> Option<u64> {
    number(&fs::read_link(path).ok()?, "net:[")
}

fn number(target: &Path, begin: &str) -> Option<u64> {
    let number = target
        .as_os_str()
        .as_bytes()
        .strip_prefix(begin.as_bytes())?;
    str::from_utf8(number.strip_suffix(b"]")?)
        .ok()?
        .parse()
        .ok()
}

fn small_file(path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // A process that ends meanwhile has no more to tell.
        let _ = file.take(LARGEST_FILE).read_to_end(&mut bytes);
    }
    bytes
}

/// The innermost unit of `/proc/PID/cgroup` (`cgroups(7)`): of the unified hierarchy, or of systemd's own in version 1.
fn unit_in(cgroup: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(cgroup);
    let path = text.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        (controllers.is_empty() || controllers == "name=systemd").then_some(path)
    })?;
    let is_unit = |part: &&str| {
        let kinds = [".service", ".socket", ".scope"];
        kinds.iter().any(|kind| part.ends_with(kind))
    };
    path.rsplit('/').find(is_unit).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_the_innermost_of_the_cgroup() {
        for (cgroup, unit) in [
            ("0::/system.slice/ssh.service\n", Some("ssh.service")),
            (
                "0::/machine.slice/machine-web.scope/payload/system.slice/ssh.service/sshd\n",
                Some("ssh.service"),
            ),
            (
                "12:pids:/user.slice\n1:name=systemd:/system.slice/system-ssh.slice/ssh@1.service\n0::/\n",
                Some("ssh@1.service"),
            ),
            ("0::/init.scope\n", Some("init.scope")),
            ("0::/\n", None),
            ("", None),
            ("::::\n:\n0\n", None),
        ] {
            assert_eq!(unit_in(cgroup.as_bytes()).as_deref(), unit, "{cgroup}");
        }
    }
}
