//! The home directory: the way to it, and what it is mounted from.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use sshdoctor_case::{CheckedPath, FileKind, Received};

use super::databases::Databases;
use super::path_check;
use crate::root::Root;

/// The way to a home directory, and what is wrong with its mount.
pub(super) struct Home {
    pub(super) path: Vec<CheckedPath>,
    pub(super) problem: Option<String>,
}

/// Looks at it, from a thread of its own: a file server that does not answer holds whoever asks.
pub(super) fn look(
    root: &Root,
    databases: &Arc<Databases>,
    uid: u32,
    home: &Path,
    patience: Duration,
) -> Home {
    let (sender, receiver) = channel();
    let asked = (root.clone(), Arc::clone(databases), home.to_path_buf());
    let looking = thread::Builder::new()
        .name("home".to_owned())
        .stack_size(256 * 1024)
        .spawn(move || {
            let (root, databases, home) = asked;
            // Nobody listens any more once the patience is over.
            let _ = sender.send(path_check::from_top(&root, &databases, uid, &home));
        });
    let answer = looking
        .ok()
        .and_then(|_| receiver.recv_timeout(patience).ok());
    let mount = root
        .is_running()
        .then(|| mount_problem(root, home))
        .flatten();
    match answer {
        Some(path) => Home {
            problem: mount.and_then(|mount| mount.matters(&path)),
            path,
        },
        None => Home {
            path: Vec::new(),
            problem: Some(format!(
                "no answer from it within {} s",
                patience.as_secs_f32()
            )),
        },
    }
}

/// A file system that belongs on the way to the home directory and is not mounted.
struct Unmounted {
    text: String,
    /// It is not mounted at boot, so that its absence is a fault only if the home is absent too.
    on_demand: bool,
}

impl Unmounted {
    fn matters(self, path: &[CheckedPath]) -> Option<String> {
        let absent = path
            .last()
            .is_some_and(|last| last.kind == FileKind::Absent);
        (absent || !self.on_demand).then_some(self.text)
    }
}

fn mount_problem(root: &Root, home: &Path) -> Option<Unmounted> {
    let mounted = mount_points(root)?;
    let table = root.read("/etc/fstab", 256 * 1024).ok();
    let wanted = table.as_ref().and_then(|table| {
        table
            .lines()
            .filter_map(|(number, line)| Some((number, table_entry(line)?)))
            .filter(|(_, entry)| entry.point != Path::new("/") && home.starts_with(&entry.point))
            .find(|(_, entry)| !mounted.iter().any(|(point, _)| *point == entry.point))
    });
    if let Some((number, entry)) = wanted {
        let shown = Received::from_bytes(entry.point.as_os_str().as_bytes());
        return Some(Unmounted {
            text: format!("/etc/fstab line {number}: {shown} is not mounted"),
            on_demand: entry.on_demand,
        });
    }
    // The last one mounted on the way is the one that is seen.
    let (point, kind) = mounted
        .iter()
        .rev()
        .find(|(point, _)| home != point && home.starts_with(point))?;
    let shown = Received::from_bytes(point.as_os_str().as_bytes());
    (kind == "autofs").then(|| Unmounted {
        text: format!("{shown} is mounted on demand (autofs), and nothing came"),
        on_demand: true,
    })
}

struct TableEntry {
    point: PathBuf,
    on_demand: bool,
}

fn table_entry(line: &[u8]) -> Option<TableEntry> {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_whitespace();
    let source = words.next().filter(|source| !source.starts_with('#'))?;
    let point = PathBuf::from(unescaped(words.next()?));
    let (kind, options) = (words.next()?, words.next().unwrap_or_default());
    let on_demand = options.split(',').any(|option| {
        matches!(option, "noauto" | "nofail") || option.starts_with("x-systemd.automount")
    });
    let is_mount = point.is_absolute() && kind != "swap" && !source.is_empty();
    is_mount.then_some(TableEntry { point, on_demand })
}

/// Mount points with their kinds, in the order of mounting (`proc_pid_mountinfo(5)`).
fn mount_points(root: &Root) -> Option<Vec<(PathBuf, String)>> {
    let read = root.read("/proc/self/mountinfo", 4 * 1024 * 1024).ok()?;
    let text = String::from_utf8_lossy(&read.bytes);
    let points = text.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?;
        let kind = after.split(' ').next()?;
        Some((PathBuf::from(unescaped(point)), kind.to_owned()))
    });
    Some(points.collect())
}

/// `\040` and the like, as the kernel and `fstab(5)` write blanks.
fn unescaped(word: &str) -> String {
    if !word.contains('\\') {
        return word.to_owned();
    }
    let mut out = word.to_owned();
    for (written, meant) in [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ] {
        out = out.replace(written, meant);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_fstab_are_read_as_mount_reads_them() {
        let read = |line: &str| table_entry(line.as_bytes());
        assert!(read("# /dev/sda1 /home ext4 defaults").is_none());
        assert!(read("/dev/sda2 none swap sw 0 0").is_none());
        assert!(read("srv:/home").is_none());
        let home = read("srv:/home\t/home/with\\040blank nfs rw,noauto 0 0").unwrap();
        assert_eq!(home.point, Path::new("/home/with blank"));
        assert!(home.on_demand);
    }
}
