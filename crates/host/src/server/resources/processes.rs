//! How many processes, files and terminals there are, and may be.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::libc;
use sshdoctor_case::{CgroupProcesses, ProcessLimits, Received};

use super::account_limit::most_processes;
use super::mounts::Mounts;
use crate::kernel_setting::{text, value};
use crate::root::Root;
use crate::server::local_account::LocalAccount;

/// Where the hierarchy with the process controller is: alone, or as one of several (`cgroups(7)`).
const HIERARCHIES: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"];
/// In which sshd and its sessions run under systemd.
const CGROUPS: [&str; 4] = [
    "system.slice",
    "system.slice/ssh.service",
    "system.slice/sshd.service",
    "user.slice",
];
/// As many processes as are counted.
const MOST_PROCESSES: usize = 65_536;

pub(super) fn limits(
    root: &Root,
    account: Option<&LocalAccount>,
    mounts: &Mounts,
) -> ProcessLimits {
    let pair = |count, max| value(count).zip(value(max));
    let limit = account.and_then(|account| most_processes(root, account));
    ProcessLimits {
        threads: threads(),
        threads_max: value("/proc/sys/kernel/threads-max"),
        pid_max: value("/proc/sys/kernel/pid_max"),
        cgroup: HIERARCHIES.iter().find_map(|hierarchy| cgroup(hierarchy)),
        cgroups: cgroups(account),
        open_files: open_files(),
        account: account.and_then(|account| {
            let most = limit.as_ref()?.most;
            Some((threads_of(account.uid)?, most))
        }),
        account_limited_by: limit.map(|limit| (Received::from_text(&limit.file), limit.line)),
        terminals: pair("/proc/sys/kernel/pty/nr", "/proc/sys/kernel/pty/max"),
        terminals_usable: Some(terminals_usable(mounts)),
    }
}

/// Existing ones, as in `0.00 0.01 0.05 1/345 6789`.
fn threads() -> Option<u64> {
    let text = text("/proc/loadavg")?;
    let (_, existing) = text.split(' ').nth(3)?.split_once('/')?;
    existing.parse().ok()
}

/// Used, unused and most (`fs.file-nr`).
fn open_files() -> Option<(u64, u64)> {
    let text = text("/proc/sys/fs/file-nr")?;
    let mut numbers = text.split_ascii_whitespace();
    let used = numbers.next()?.parse().ok()?;
    Some((used, numbers.nth(1)?.parse().ok()?))
}

/// How many are in it, where it has a limit.
fn cgroup(directory: &str) -> Option<(u64, u64)> {
    // "max" is no number.
    let max = value(&format!("{directory}/pids.max"))?;
    Some((value(&format!("{directory}/pids.current"))?, max))
}

fn cgroups(account: Option<&LocalAccount>) -> Vec<CgroupProcesses> {
    let own = account.map(|account| format!("user.slice/user-{}.slice", account.uid));
    let paths = CGROUPS.iter().map(|path| (*path).to_owned()).chain(own);
    let limited = paths.filter_map(|path| {
        let mut places = HIERARCHIES.iter();
        let (count, max) = places.find_map(|hierarchy| cgroup(&format!("{hierarchy}/{path}")))?;
        let path = Received::from_text(&path);
        Some(CgroupProcesses { path, count, max })
    });
    limited.collect()
}

/// Opening the multiplexer would make a terminal; it is only looked at (`pts(4)`).
fn terminals_usable(mounts: &Mounts) -> bool {
    let is_mounted = mounts
        .at("/dev/pts")
        .is_some_and(|mount| mount.kind == "devpts");
    let multiplexer = fs::metadata("/dev/ptmx").is_ok_and(|metadata| {
        let device = metadata.rdev();
        metadata.file_type().is_char_device()
            && (libc::major(device), libc::minor(device)) == (5, 2)
    });
    is_mounted && multiplexer
}

/// Threads count as processes (`RLIMIT_NPROC`, `getrlimit(2)`).
fn threads_of(uid: u32) -> Option<u64> {
    let mut threads = 0;
    for entry in fs::read_dir("/proc").ok()?.flatten().take(MOST_PROCESSES) {
        let is_process = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.parse::<u32>().is_ok());
        if is_process
            && let Ok(metadata) = fs::metadata(entry.path().join("task"))
            && metadata.uid() == uid
        {
            // Besides its own two entries the directory has one for each thread.
            threads += metadata.nlink().saturating_sub(2);
        }
    }
    Some(threads)
}
