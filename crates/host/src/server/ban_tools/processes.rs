//! Which of the tools run, by the names of processes.

use crate::root::Root;

const MOST_PROCESSES: usize = 65_536;

/// The first of these programs that runs. Absent where processes cannot be listed.
pub(super) fn names(root: &Root) -> Option<Vec<Vec<u8>>> {
    if !root.is_running() {
        return None;
    }
    let entries = root.names_in("/proc", MOST_PROCESSES).ok()?;
    let processes = entries
        .iter()
        .filter_map(|name| std::str::from_utf8(name).ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    let names = processes.filter_map(|process| {
        let read = root.read(format!("/proc/{process}/comm"), 64).ok()?;
        Some(read.bytes.trim_ascii().to_vec())
    });
    Some(names.collect())
}

/// Whether a process has one of these names, which the kernel cuts at 15 bytes.
pub(super) fn runs(names: Option<&Vec<Vec<u8>>>, wanted: &[&str]) -> Option<bool> {
    let names = names?;
    Some(names.iter().any(|name| {
        wanted
            .iter()
            .any(|wanted| wanted.as_bytes().starts_with(name) && name.len() >= wanted.len().min(15))
    }))
}
