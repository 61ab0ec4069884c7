//! Other network namespaces of this machine with a socket on the port (`network_namespaces(7)`).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

use nix::errno::Errno;
use nix::libc::O_NONBLOCK;
use nix::sched::{CloneFlags, setns};
use sshdoctor_case::{Obstacle, OtherNamespace, Received};

use super::processes::{Owners, Processes, name, namespace_number};
use super::{Listening, sockets};

/// As many as are looked into.
const MOST_NAMESPACES: usize = 256;
/// Where `ip-netns(8)` and Docker keep them.
const DIRECTORIES: [&str; 2] = ["/run/netns", "/run/docker/netns"];

/// What listens on the port in other namespaces.
#[derive(Default)]
pub(super) struct Elsewhere {
    found: Vec<Found>,
    /// Why not all could be looked into.
    pub(super) problem: Option<(Obstacle, String)>,
}

struct Found {
    number: u64,
    name: Option<Received>,
    sockets: Vec<Listening>,
}

/// A way into a namespace.
struct Door {
    file: PathBuf,
    name: Option<Received>,
}

impl Elsewhere {
    pub(super) fn sockets(&self) -> impl Iterator<Item = &Listening> {
        self.found.iter().flat_map(|found| &found.sockets)
    }

    pub(super) fn describe(&self, owners: &Owners) -> Vec<OtherNamespace> {
        let found = self.found.iter();
        found
            .map(|found| OtherNamespace {
                inode: found.number,
                name: found.name.clone(),
                listeners: found
                    .sockets
                    .iter()
                    .map(|socket| socket.describe(owners))
                    .collect(),
            })
            .collect()
    }
}

/// Looks into every other namespace. A thread of its own goes there, so that nothing else of this program ever does.
pub(super) fn listeners(processes: &Processes, ports: &BTreeSet<u16>, until: Instant) -> Elsewhere {
    let mut elsewhere = Elsewhere::default();
    let doors = doors(processes);
    if processes.some_hidden {
        let reason = "/proc/PID/ns/net of other users";
        elsewhere.problem = Some((Obstacle::Privilege, reason.to_owned()));
    }
    if doors.len() > MOST_NAMESPACES {
        let reason = format!("there are {}", doors.len());
        elsewhere.problem = Some((Obstacle::TooLong, reason));
    }
    if doors.is_empty() {
        return elsewhere;
    }
    let visit = || visit(doors, ports, until, elsewhere);
    let visited = thread::scope(|scope| {
        let visitor = thread::Builder::new().stack_size(256 * 1024);
        let visitor = visitor.spawn_scoped(scope, visit).ok()?;
        visitor.join().ok()
    });
    visited.unwrap_or_else(|| Elsewhere {
        problem: Some((Obstacle::Failed, "no thread could be had".to_owned())),
        ..Elsewhere::default()
    })
}

/// One for each namespace but this one.
fn doors(processes: &Processes) -> BTreeMap<u64, Door> {
    let mut doors = BTreeMap::new();
    let Some(own) = namespace_number("/proc/thread-self/ns/net") else {
        return doors;
    };
    for (file, name) in named_files() {
        // Opened again when it is entered; a file that is no namespace cannot be.
        if let Ok(metadata) = fs::metadata(&file) {
            doors.entry(metadata.ino()).or_insert(Door {
                file,
                name: Some(Received::from_text(&name.to_string_lossy())),
            });
        }
    }
    for process in &processes.all {
        if let Some(number) = process.network {
            doors.entry(number).or_insert_with(|| Door {
                file: format!("/proc/{}/ns/net", process.pid).into(),
                name: Some(Received::from_bytes(&name(process.pid))),
            });
        }
    }
    doors.remove(&own);
    doors
}

fn named_files() -> impl Iterator<Item = (PathBuf, OsString)> {
    let entries = DIRECTORIES
        .iter()
        .filter_map(|path| fs::read_dir(path).ok());
    let entries = entries.flat_map(|entries| entries.flatten().take(4 * MOST_NAMESPACES));
    entries.map(|entry| (entry.path(), entry.file_name()))
}

fn visit(
    doors: BTreeMap<u64, Door>,
    ports: &BTreeSet<u16>,
    until: Instant,
    mut elsewhere: Elsewhere,
) -> Elsewhere {
    for (number, door) in doors.into_iter().take(MOST_NAMESPACES) {
        if Instant::now() >= until {
            elsewhere.problem = Some((Obstacle::TooLong, "not all could be visited".to_owned()));
            break;
        }
        match enter(&door.file) {
            Ok(()) => {}
            Err(Errno::EPERM | Errno::EACCES) => {
                let reason = "setns: Operation not permitted".to_owned();
                elsewhere.problem = Some((Obstacle::Privilege, reason));
                continue;
            }
            // Gone meanwhile, or no namespace at all.
            Err(_) => continue,
        }
        match sockets(until) {
            Ok(mut sockets) => {
                sockets.retain(|socket| socket.is_on(ports));
                if !sockets.is_empty() {
                    let name = door.name;
                    elsewhere.found.push(Found {
                        number,
                        name,
                        sockets,
                    });
                }
            }
            Err(error) => elsewhere.problem = Some((Obstacle::Failed, error.to_string())),
        }
    }
    elsewhere
}

fn enter(file: &PathBuf) -> nix::Result<()> {
    let file: Result<File, _> = OpenOptions::new()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(file);
    let file = file.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    setns(file, CloneFlags::CLONE_NEWNET)
}
