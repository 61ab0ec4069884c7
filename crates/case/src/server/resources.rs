//! Disk, memory, processes and time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// A file system that sshd or a login writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileSystem {
    /// Where it is mounted.
    pub place: Received,
    /// Its type.
    pub kind: Received,
    /// What of sshd's is on it: `/var/log`, `/run`, `/tmp`, a home directory.
    pub used_for: Vec<Received>,
    /// Bytes in all; 0 where the type has no such number.
    pub bytes: u64,
    /// Bytes free for root.
    pub bytes_free: u64,
    /// Inodes in all; 0 where the type has none.
    pub inodes: u64,
    /// Inodes free.
    pub inodes_free: u64,
    /// It is read-only now; not told of the disk of a system that does not run.
    pub read_only: bool,
    /// `fstab` wants it read-only.
    pub read_only_wanted: Option<bool>,
}

/// Memory in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Memory {
    pub total: u64,
    pub available: u64,
    pub swap_total: u64,
    pub swap_free: u64,
}

/// Pressure stall information: per cent of the last 10 s in which something waited.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Pressure {
    pub memory_some: Option<f32>,
    pub memory_full: Option<f32>,
    pub io_full: Option<f32>,
    pub cpu_some: Option<f32>,
}

/// A cgroup that may have only so many processes (`TasksMax=`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CgroupProcesses {
    /// Its path, for example `system.slice/ssh.service`.
    pub path: Received,
    /// Processes and threads in it.
    pub count: u64,
    /// How many there may be.
    pub max: u64,
}

/// How many processes there are, and may be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessLimits {
    /// Threads that exist (`/proc/loadavg`).
    pub threads: Option<u64>,
    /// `kernel.threads-max`.
    pub threads_max: Option<u64>,
    /// `kernel.pid_max`.
    pub pid_max: Option<u64>,
    /// Processes in the cgroup of this whole system, and how many there may be (`pids.max`): a container's limit.
    pub cgroup: Option<(u64, u64)>,
    /// Cgroups with a limit that sshd or the account is in.
    pub cgroups: Vec<CgroupProcesses>,
    /// Open files in the whole system (`fs.file-nr`), and how many may be.
    pub open_files: Option<(u64, u64)>,
    /// Processes of the account, and how many it may have (`limits.conf`).
    pub account: Option<(u64, u64)>,
    /// File and line that say how many.
    pub account_limited_by: Option<(Received, u32)>,
    /// Pseudo-terminals in use, and how many there may be.
    pub terminals: Option<(u64, u64)>,
    /// `/dev/pts` is mounted and `/dev/ptmx` is usable.
    pub terminals_usable: Option<bool>,
}

/// The table of tracked connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Conntrack {
    pub count: u64,
    pub max: u64,
    /// Packets dropped because it was full, since the boot.
    pub dropped: Option<u64>,
}

/// Everything of which there may be too little.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// File systems.
    pub file_systems: Vec<FileSystem>,
    /// Memory.
    pub memory: Option<Memory>,
    /// Pressure.
    pub pressure: Pressure,
    /// Load of the last minute, and the number of processors.
    pub load: Option<(f32, u32)>,
    /// Processes.
    pub processes: ProcessLimits,
    /// Tracked connections; absent where nothing tracks.
    pub conntrack: Option<Conntrack>,
}

/// The clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// Now, in milliseconds since the epoch.
    pub now_ms: i64,
    /// The kernel holds it for synchronised (`adjtimex(2)`).
    pub synchronised: Option<bool>,
    /// A time before which now cannot be: that of the newest file of the system's own, in milliseconds since the epoch.
    pub not_before_ms: Option<i64>,
    /// The file that says so.
    pub not_before: Option<Received>,
    /// It was set back or forth since the boot by so many milliseconds, as the journal says.
    pub jumped_ms: Option<i64>,
}
