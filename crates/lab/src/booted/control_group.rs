//! A control group for each booted host: two in the same one would share their units.

use std::path::{Path, PathBuf};

use crate::error::{Doing, LabError};

const PREFIX: &str = "sshdoctor-lab.";

/// Control groups of one sandbox, one in each hierarchy that systemd uses.
pub(crate) struct ControlGroup {
    unified: PathBuf,
}

impl ControlGroup {
    /// Makes it and moves this process there. Its name is that of the sandbox's pid namespace, which no other has.
    pub(crate) fn enter() -> Result<Self, LabError> {
        let what = "make a control group";
        let namespace = std::fs::read_link("/proc/self/ns/pid").doing(what)?;
        let number: String = namespace
            .to_string_lossy()
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let mut folders = Vec::new();
        for root in hierarchies() {
            let folder = root.join(format!("{PREFIX}{number}"));
            join(&folder).doing(what)?;
            folders.push(folder);
        }
        let unified = folders.into_iter().next();
        Ok(Self {
            unified: unified
                .ok_or_else(|| LabError::Unfit("no control groups of version 2 here".into()))?,
        })
    }

    /// The group of what runs beside the units of the host, as a login at its console does. The host's systemd removes it
    /// whenever it is empty.
    pub(crate) fn console(&self) -> PathBuf {
        self.unified.join("payload/console")
    }
}

/// Another sandbox that ends just now may sweep the folder away before this process is in it.
fn join(folder: &Path) -> std::io::Result<()> {
    let attempt = || {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("cgroup.procs"), "0")
    };
    attempt().or_else(|_| attempt()).or_else(|_| attempt())
}

/// Where version 2 is mounted, and then where systemd's own hierarchy of version 1 is, if there is one.
fn hierarchies() -> Vec<PathBuf> {
    [
        "/sys/fs/cgroup",
        "/sys/fs/cgroup/unified",
        "/sys/fs/cgroup/systemd",
    ]
    .iter()
    .map(PathBuf::from)
    .filter(|root| root.join("cgroup.procs").exists())
    .collect()
}

/// A control group whose processes have only so much memory together, what they read from files included.
pub(crate) struct MemoryGroup {
    processes: PathBuf,
}

impl MemoryGroup {
    /// Makes it.
    pub(crate) fn new(bytes: u64) -> Result<Self, LabError> {
        let what = "limit memory";
        let (root, limit) = if Path::new("/sys/fs/cgroup/memory").exists() {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            ("/sys/fs/cgroup", "memory.max")
        };
        let folder = Path::new(root).join(format!("{PREFIX}memory"));
        std::fs::create_dir_all(&folder).doing(what)?;
        std::fs::write(folder.join(limit), bytes.to_string()).doing(what)?;
        Ok(Self {
            processes: folder.join("cgroup.procs"),
        })
    }

    /// The file by which a process joins it.
    pub(crate) fn processes(&self) -> &Path {
        &self.processes
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        if let Some(folder) = self.processes.parent() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Removes the control groups of sandboxes that have ended.
pub fn sweep() {
    for root in hierarchies() {
        let Ok(entries) = std::fs::read_dir(&root) else {
            continue;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                remove(&entry.path());
            }
        }
    }
}

/// The kernel refuses to remove a group that has processes, or groups that do.
fn remove(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    let _ = std::fs::remove_dir(folder);
}
