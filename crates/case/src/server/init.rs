//! The init system, the units of SSH, and what the next boot would do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// What starts services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InitKind {
    /// systemd.
    Systemd,
    /// OpenRC (Alpine, Gentoo).
    OpenRc,
    /// runit (Void).
    Runit,
    /// SysV init scripts (Devuan).
    SysV,
    /// s6.
    S6,
    /// Nothing: process 1 is the application of a container.
    None,
    /// Process 1 is none of these.
    Unknown,
}

/// How far the boot has come (`systemctl is-system-running`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BootState {
    /// It goes on.
    Starting,
    /// It is done.
    Running,
    /// It is done, and some unit failed.
    Degraded,
    /// It stopped in rescue or emergency mode.
    Maintenance,
    /// The system is going down.
    Stopping,
    /// It was not told.
    Unknown,
}

/// A job that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Job {
    /// The unit.
    pub unit: Received,
    /// `start`, `stop`, …
    pub kind: Received,
    /// `running` or `waiting`.
    pub state: Received,
}

/// The init system as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InitSystem {
    /// Which one.
    pub kind: InitKind,
    /// Its version, where it tells it.
    pub version: Option<Received>,
    /// How far the boot has come.
    pub state: BootState,
    /// Jobs that have not ended, at most 32.
    pub jobs: Vec<Job>,
    /// Units that failed, at most 32.
    pub failed_units: Vec<Received>,
}

/// Why a unit is not up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitFailure {
    /// `Result` of `systemctl show`: `success`, `exit-code`, `signal`, `core-dump`, `timeout`, `oom-kill`, `start-limit-hit`,
    /// `trigger-limit-hit`, `resources`, `service-start-limit-hit`, …
    pub result: Received,
    /// Exit status of the main process, where it ended by itself.
    pub exit_status: Option<i32>,
    /// Number of the signal that ended it.
    pub signal: Option<i32>,
    /// Command that failed before the main one, with its exit status: `ExecStartPre` and the like.
    pub failed_command: Option<(Received, i32)>,
    /// Conditions that did not hold, as `ConditionPathExists=!/etc/ssh/sshd_not_to_be_run`.
    pub failed_conditions: Vec<Received>,
}

/// A socket unit's own part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SocketUnit {
    /// What it listens on, as `0.0.0.0:22` or `[::]:22` or a path.
    pub listen: Vec<Received>,
    /// `Accept=yes`: one service instance for each connection.
    pub accept: bool,
    /// `BindIPv6Only`: `default`, `both` or `ipv6-only`.
    pub bind_ipv6_only: Option<Received>,
    /// The unit it starts.
    pub triggers: Vec<Received>,
    /// Connections at a time, with `Accept=yes`.
    pub max_connections: Option<u32>,
    /// How many there are now (`NConnections`, `org.freedesktop.systemd1(5)`).
    pub connections: Option<u32>,
}

/// One unit, or one service of another init system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unit {
    /// Its name with its kind: `ssh.service`.
    pub name: Received,
    /// Other names of it.
    pub aliases: Vec<Received>,
    /// `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    pub load_state: Received,
    /// `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`.
    pub active_state: Received,
    /// `running`, `dead`, `listening`, `auto-restart`, …
    pub sub_state: Received,
    /// `enabled`, `disabled`, `masked`, `static`, `indirect`, `generated`, …; absent where it was not told.
    pub enabled: Option<Received>,
    /// Targets and units that want it at boot.
    pub wanted_by: Vec<Received>,
    /// Its file.
    pub file: Option<Received>,
    /// Its drop-ins, in order.
    pub drop_ins: Vec<Received>,
    /// A file on disk is newer than what was loaded: `systemctl daemon-reload` was not run.
    pub needs_reload: bool,
    /// Its main process.
    pub main_pid: Option<u32>,
    /// How often it was started again.
    pub restarts: Option<u32>,
    /// When its state changed last, in milliseconds since the epoch.
    pub changed_at_ms: Option<i64>,
    /// Why it is not up, or was not.
    pub failure: Option<UnitFailure>,
    /// The command it runs.
    pub command: Vec<Received>,
    /// Files of `EnvironmentFile`, with what they set that the command uses.
    pub environment: Vec<(Received, Received)>,
    /// `IPAddressDeny` and what is allowed nevertheless.
    pub address_deny: Vec<Received>,
    /// `IPAddressAllow`.
    pub address_allow: Vec<Received>,
    /// `RestrictAddressFamilies`, `PrivateNetwork` and the like that cut it off, as written.
    pub confinement: Vec<Received>,
    /// `TasksMax`, and how many there are.
    pub tasks: Option<(u64, u64)>,
    /// `MemoryMax` in bytes, and how much is used.
    pub memory: Option<(u64, u64)>,
    /// Limits on the memory of its processes (`setrlimit(2)`, `systemd.exec(5)`), as `LimitAS=9437184`.
    #[serde(default)]
    pub memory_limits: Vec<Received>,
    /// For a socket unit.
    pub socket: Option<SocketUnit>,
}

/// One line of `fstab(5)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileSystemEntry {
    /// Line, from 1.
    pub line: u32,
    /// What is mounted.
    pub source: Received,
    /// Where.
    pub place: Received,
    /// The type.
    pub kind: Received,
    /// The options, one by one.
    pub options: Vec<Received>,
    /// Whether the source exists now; absent where that cannot be told, as for a network file system.
    pub exists: Option<bool>,
    /// Whether it is mounted now; absent for a system that does not run.
    pub mounted: Option<bool>,
}

/// What the next boot would do with SSH.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Boot {
    /// `/etc/ssh/sshd_not_to_be_run` exists, which Debian's and Ubuntu's units obey.
    pub not_to_be_run: Option<bool>,
    /// `default.target`, resolved.
    pub default_target: Option<Received>,
    /// Lines of `/etc/fstab` that the boot waits for.
    pub file_systems: Vec<FileSystemEntry>,
    /// Rules of a packet filter that are loaded at boot: the unit or script, whether it is enabled, and its file.
    pub saved_rules: Vec<SavedRules>,
    /// Cloud-init is installed and not disabled.
    pub cloud_init: Option<bool>,
    /// Which instance cloud-init takes this host for, where it took it for another one before.
    pub new_instance: Option<NewInstance>,
    /// Interfaces named in the network's configuration, each with its file and whether such an interface exists now.
    pub configured_interfaces: Vec<ConfiguredInterface>,
}

/// Rules of a packet filter that a boot loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SavedRules {
    /// The tool: `nftables`, `netfilter-persistent`, `ufw`, `firewalld`, `iptables`.
    pub tool: Received,
    /// Whether the boot runs it.
    pub enabled: Option<bool>,
    /// Whether it runs now.
    pub active: Option<bool>,
    /// Its files.
    pub files: Vec<Received>,
    /// What loading those files would do with this packet, where that could be told without loading them.
    pub verdict: Option<crate::PacketVerdict>,
    /// The rule that would decide.
    pub rule: Option<crate::FilterRule>,
}

/// Cloud-init took this host for another instance than at an earlier boot, and then sets up what it does once for each: host keys,
/// accounts, the network (`/var/lib/cloud/data`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewInstance {
    /// `instance-id`.
    pub id: Received,
    /// `previous-instance-id`.
    pub previous: Received,
    /// When it took it for the new one, in milliseconds since the epoch.
    pub since_ms: Option<i64>,
}

/// An interface that a configuration file names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfiguredInterface {
    /// The file.
    pub file: Received,
    /// Line, from 1.
    pub line: Option<u32>,
    /// The name.
    pub name: Received,
    /// Whether there is one.
    pub exists: Option<bool>,
}
