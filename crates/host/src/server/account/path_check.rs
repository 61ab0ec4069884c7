//! Paths that sshd checks step by step when `StrictModes` is on (`safe_path`, `misc.c`).

use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sshdoctor_case::{CheckedPath, FileKind, Received};

use super::databases::{Databases, Entry};
use crate::root::Root;

/// How many steps of a path are looked at.
const MOST_STEPS: usize = 64;

/// Looks at one step.
pub(in crate::server) fn check(
    root: &Root,
    databases: &Databases,
    account_uid: u32,
    path: &Path,
) -> CheckedPath {
    let metadata = root.metadata(path);
    let shown = Received::from_bytes(path.as_os_str().as_bytes());
    let Ok(metadata) = metadata else {
        let error = metadata.err().map(|error| error.kind());
        let absent = matches!(error, Some(ErrorKind::NotFound | ErrorKind::NotADirectory));
        return CheckedPath {
            path: shown,
            kind: if absent {
                FileKind::Absent
            } else {
                FileKind::Unseen
            },
            uid: None,
            gid: None,
            mode: None,
            private_group: None,
            access_list: None,
        };
    };
    CheckedPath {
        path: shown,
        kind: if metadata.is_file() {
            FileKind::File
        } else if metadata.is_dir() {
            FileKind::Directory
        } else {
            FileKind::Other
        },
        uid: Some(metadata.uid()),
        gid: Some(metadata.gid()),
        mode: Some(metadata.mode() & 0o7777),
        private_group: databases.is_private_group(metadata.gid(), metadata.uid(), account_uid),
        access_list: root.has_access_list(path).ok(),
    }
}

/// A path from `/` on, links followed as far as it exists.
pub(in crate::server) fn from_top(
    root: &Root,
    databases: &Databases,
    account_uid: u32,
    path: &Path,
) -> Vec<CheckedPath> {
    let path = canonical(root, path);
    let mut steps: Vec<&Path> = path.ancestors().take(MOST_STEPS).collect();
    steps.reverse();
    let mut checked = Vec::with_capacity(steps.len());
    for step in steps {
        let one = check(root, databases, account_uid, step);
        let ends = matches!(one.kind, FileKind::Absent | FileKind::Unseen);
        checked.push(one);
        if ends {
            break;
        }
    }
    checked
}

/// A file, then every directory above it up to `home`, or up to `/` where it is not below that.
pub(in crate::server) fn up_to_home(
    root: &Root,
    databases: &Databases,
    entry: &Entry,
    file: &Path,
) -> Vec<CheckedPath> {
    let (file, home) = (canonical(root, file), canonical(root, &entry.home));
    let mut checked = Vec::new();
    for step in file.ancestors().take(MOST_STEPS) {
        checked.push(check(root, databases, entry.uid, step));
        if step == home {
            break;
        }
    }
    checked
}

/// As `realpath(3)`; the part that does not exist as it is written.
fn canonical(root: &Root, path: &Path) -> PathBuf {
    for ancestor in path.ancestors().take(MOST_STEPS) {
        if let Ok(found) = root.canonical(ancestor) {
            let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return if rest.as_os_str().is_empty() {
                found
            } else {
                found.join(rest)
            };
        }
    }
    path.to_path_buf()
}

/// Whether an account may read a file by the modes of it and of every directory above; absent where an access control list or
/// something unseen decides, or where its groups are not all known.
pub(in crate::server) fn may_read(
    root: &Root,
    databases: &Databases,
    entry: &Entry,
    file: &Path,
) -> Option<bool> {
    if entry.uid == 0 {
        return Some(true);
    }
    let groups: Vec<u32> = std::iter::once(entry.gid)
        .chain(databases.groups_of(entry).map(|group| group.gid))
        .collect();
    let mut undecided = !databases.groups_are_complete();
    for step in from_top(root, databases, entry.uid, file) {
        let (uid, gid, mode) = (step.uid?, step.gid?, step.mode?);
        let wanted = if step.kind == FileKind::Directory {
            1
        } else {
            4
        };
        let granted = if uid == entry.uid {
            mode >> 6
        } else if groups.contains(&gid) {
            mode >> 3
        } else {
            mode
        };
        let denied = granted & wanted == 0;
        if step.access_list == Some(true) && uid != entry.uid {
            undecided = true;
        } else if denied {
            // With more groups than the files tell of, it might be let in after all.
            let by_group = uid != entry.uid && mode >> 3 & wanted != 0;
            return (!undecided || !by_group).then_some(false);
        }
    }
    (!undecided).then_some(true)
}
