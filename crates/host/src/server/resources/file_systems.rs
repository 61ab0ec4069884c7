//! Room on the file systems that sshd or a login writes to.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::statvfs::{FsFlags, Statvfs};
use sshdoctor_case::{Fact, FileSystem, Obstacle, Received, Sight};

use super::mounts::{Mount, Mounts, wanted_read_only};
use crate::server::{Host, not_seen};

/// What of sshd's is written where: its process id and state, its log, its keys and accounts, and the session's files.
const PLACES: [&str; 6] = ["/", "/run", "/var/log", "/tmp", "/etc", "/var/tmp"];
/// A file system that answers does so at once; one of a server that is gone never does.
const WAIT: Duration = Duration::from_millis(400);

/// One path, looked at.
struct Answer {
    path: String,
    result: std::io::Result<(Statvfs, Option<u64>)>,
}

/// Those that answer; what does not is said to be so.
pub(super) fn look(
    host: &Host,
    mounts: &Mounts,
    home: Option<&str>,
) -> (Vec<FileSystem>, Vec<Fact>) {
    let mut found: Vec<FileSystem> = Vec::new();
    let mut problems = Vec::new();
    let (sender, receiver) = channel();
    let mut open: Vec<String> = Vec::new();
    for path in PLACES.into_iter().chain(home) {
        let seems_on = mounts.by_path(&host.root.outside(path));
        // Going there would mount it.
        if seems_on.is_some_and(|mount| mount.kind == "autofs") {
            let reason = format!("{path}: is mounted when it is used, and is not now");
            problems.push(not_seen(Sight::Resources, Obstacle::Absent, reason));
            continue;
        }
        let (sender, root, path) = (sender.clone(), host.root.clone(), path.to_owned());
        open.push(path.clone());
        // A thread for each, which hangs alone where a file system does.
        let thread = thread::Builder::new().stack_size(128 * 1024);
        let _ = thread.spawn(move || {
            let result = root.file_system(&path);
            // Nobody waits any more for what came too late.
            let _ = sender.send(Answer { path, result });
        });
    }
    drop(sender);
    let end = Instant::now() + WAIT.min(host.patience / 2);
    while !open.is_empty() {
        match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(answer) => {
                open.retain(|path| *path != answer.path);
                // A path that is not there is on no file system; others tell that it is missing.
                if let Ok((numbers, mount)) = answer.result {
                    let mount = mount.and_then(|number| mounts.by_number(number));
                    add(&mut found, host, &answer.path, &numbers, mount);
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    problems.extend(open.iter().map(|path| silent(host, mounts, path)));
    in_order(&mut found);
    (found, problems)
}

fn add(
    found: &mut Vec<FileSystem>,
    host: &Host,
    path: &str,
    numbers: &Statvfs,
    mount: Option<&Mount>,
) {
    let place = mount.map_or_else(
        || PathBuf::from(path),
        |mount| inside(host.root.directory(), &mount.place),
    );
    let name = Received::from_bytes(std::os::unix::ffi::OsStrExt::as_bytes(place.as_os_str()));
    let used_for = Received::from_text(path);
    if let Some(known) = found.iter_mut().find(|known| known.place == name) {
        if !known.used_for.contains(&used_for) {
            known.used_for.push(used_for);
        }
        return;
    }
    let unit = numbers.fragment_size();
    found.push(FileSystem {
        kind: Received::from_text(mount.map_or("", |mount| &mount.kind)),
        used_for: vec![used_for],
        bytes: numbers.blocks().saturating_mul(unit),
        bytes_free: numbers.blocks_free().saturating_mul(unit),
        inodes: numbers.files(),
        inodes_free: numbers.files_free(),
        // How a rescue system has mounted it says nothing of the system on it.
        read_only: host.root.is_running() && numbers.flags().contains(FsFlags::ST_RDONLY),
        read_only_wanted: wanted_read_only(&host.root, &place),
        place: name,
    });
}

/// Where it is for the system on the disk: at its root for a mount that holds the whole disk.
fn inside(root: &Path, place: &Path) -> PathBuf {
    place
        .strip_prefix(root)
        .map_or_else(|_| PathBuf::from("/"), |rest| Path::new("/").join(rest))
}

fn silent(host: &Host, mounts: &Mounts, path: &str) -> Fact {
    let mount = mounts.by_path(&host.root.outside(path));
    let which = mount.map_or_else(String::new, |mount| {
        let source = Received::from_bytes(&mount.source);
        format!(" ({} from {source})", mount.kind)
    });
    let reason = format!("{path}: its file system does not answer{which}");
    not_seen(Sight::Resources, Obstacle::TooLong, reason)
}

/// As the threads happened to end is no order.
fn in_order(found: &mut [FileSystem]) {
    for file_system in &mut *found {
        file_system.used_for.sort();
    }
    found.sort_by(|one, other| one.place.cmp(&other.place));
}
