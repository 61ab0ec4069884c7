//! Everything of a host that a program which only looks must leave as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::hash::{DefaultHasher, Hasher};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::machine::{Disk, Machine};
use super::rule_sets::rule_sets;
use crate::error::LabError;
use crate::namespace::Host;

/// What running daemons change by themselves, from the root of the host, and where the program is told to save its case.
const CHANGING: [&str; 15] = [
    "var/log/journal",
    "var/log/wtmp",
    "var/log/btmp",
    "var/log/lastlog",
    "var/log/fail2ban.log",
    "var/lib/fail2ban",
    "var/lib/lastlog",
    "var/lib/wtmpdb",
    "run/log/journal",
    "run/systemd/journal",
    "run/systemd/sessions",
    "run/systemd/users",
    "run/user",
    "run/utmp",
    "dev/shm/sshdoctor.case.json",
];

/// Most bytes of one file that are hashed; its size and time tell the rest.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// How long daemons have for what the client's visit made them do.
const SETTLING: Duration = Duration::from_secs(5);

/// Files, rules and units of a host at one moment: what, and in which state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(BTreeMap<String, String>);

impl Fingerprint {
    /// Takes one when the host has come to rest. Of a host that was shut down there is only the disk.
    pub(crate) fn at_rest(
        disk: &Disk,
        machine: Option<&Machine>,
        host: &Host,
    ) -> Result<Self, LabError> {
        let begun = Instant::now();
        let mut last = Self::take(disk, machine, host)?;
        while begun.elapsed() < SETTLING {
            std::thread::sleep(Duration::from_millis(150));
            let next = Self::take(disk, machine, host)?;
            if next == last {
                break;
            }
            last = next;
        }
        Ok(last)
    }

    /// Takes one now.
    pub(crate) fn take(
        disk: &Disk,
        machine: Option<&Machine>,
        host: &Host,
    ) -> Result<Self, LabError> {
        let mut states = BTreeMap::new();
        walk(&disk.changed, "", &mut states);
        states.extend(rule_sets(host)?);
        if let Some(machine) = machine {
            for memory in ["run", "tmp", "dev/shm"] {
                walk(&machine.root().join(memory), memory, &mut states);
            }
            states.extend(units(machine)?);
        }
        Ok(Self(states))
    }

    /// What is not as it was, in words.
    pub(crate) fn differences(&self, after: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.0.keys().chain(after.0.keys()).collect();
        let absent = String::from("absent");
        names
            .into_iter()
            .filter_map(|name| {
                let before = self.0.get(name).unwrap_or(&absent);
                let now = after.0.get(name).unwrap_or(&absent);
                (before != now).then(|| format!("{name} was {before}, is {now}"))
            })
            .collect()
    }
}

/// Services and sockets with their state.
fn units(machine: &Machine) -> Result<Vec<(String, String)>, LabError> {
    let told = machine.output(
        "systemctl",
        &[
            "list-units",
            "--all",
            "--plain",
            "--no-legend",
            "--no-pager",
        ],
    )?;
    let text = String::from_utf8_lossy(&told.stdout);
    let of_line = |line: &str| {
        let mut words = line.split_whitespace();
        let unit = words.next()?.to_owned();
        let wanted = unit.ends_with(".service") || unit.ends_with(".socket");
        let state: Vec<&str> = words.take(3).collect();
        wanted.then(|| (unit, state.join(" ")))
    };
    Ok(text.lines().filter_map(of_line).collect())
}

fn walk(folder: &Path, name: &str, states: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let name = format!("{name}/{}", file.to_string_lossy());
        let name = name.trim_start_matches('/');
        // A file may go while the folder is read; then the next look does not have it either.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if CHANGING.contains(&name) {
            continue;
        }
        states.insert(name.to_owned(), state(&entry.path(), &metadata));
        if metadata.is_dir() {
            walk(&entry.path(), name, states);
        }
    }
}

fn state(path: &Path, metadata: &Metadata) -> String {
    let mut hasher = DefaultHasher::new();
    if metadata.is_file() {
        hasher.write(&content(path).unwrap_or_default());
    } else if let Ok(to) = std::fs::read_link(path) {
        hasher.write(to.as_os_str().as_encoded_bytes());
    }
    format!(
        "{:o} {}:{} {} bytes {}.{:09} {:016x}",
        metadata.mode(),
        metadata.uid(),
        metadata.gid(),
        metadata.size(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        hasher.finish()
    )
}

fn content(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(MOST_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
