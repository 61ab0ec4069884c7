//! What a server shows of itself, to whoever stands at its console.
//!
//! Each observer fills one of these; none concludes. Where something could not be seen the field is absent or the observation is a
//! [`crate::Fact::NotSeen`]: absent is never taken for "none".

mod account;
mod bans;
mod init;
mod logs;
mod mandatory_access;
mod network;
mod resources;
mod sshd;
mod system;

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use account::{
    Account, AuthorizedKey, AuthorizedKeysFile, CheckedPath, FileKind, KeyOption, KeySource,
    LoginShell, Nologin, PamRule, PamService, PasswordState,
};
pub use bans::{Ban, BanTool, Jail, TcpWrappers, WrapperRule};
pub use init::{
    Boot, BootState, ConfiguredInterface, FileSystemEntry, InitKind, InitSystem, Job, NewInstance,
    SavedRules, SocketUnit, Unit, UnitFailure,
};
pub use logs::{Log, LogLine, LogSource};
pub use mandatory_access::{AppArmor, CryptoPolicy, FileContext, Selinux, SelinuxMode};
pub use network::{
    Connection, HostInterface, InterfaceAddress, LinkState, Listener, NetworkSettings,
    OtherNamespace, Owner,
};
pub use resources::{
    CgroupProcesses, Clock, Conntrack, FileSystem, Memory, Pressure, ProcessLimits, Resources,
};
pub use sshd::{
    Chroot, ConfigFile, ConfigLine, ConfigReading, HostKeyFile, ListenSetting, MatchCondition,
    SshdBinary, SshdCheck, SshdConfig, SshdDirectory, SshdInstance, SshdStart, SubsystemProgram,
};
pub use system::{CloudMetadata, Container, OperatingSystem};

/// What is asked of a server: would this client get in?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerQuestion {
    /// Address of the client, as the server sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// Address of this server that the client connects to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<IpAddr>,
    /// Port that the client connects to, where it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Account that the client logs in to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where the disk of the server is mounted, when it is not the running system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The provider's metadata service may be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cloud: bool,
}

/// What an observer of a server looks at.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The distribution, the kernel and what this runs in.
    System,
    /// The init system and the units of SSH.
    Init,
    /// What the next boot would do.
    Boot,
    /// The sshd program and its own check of the configuration.
    SshdProgram,
    /// The files of its configuration and what comes out of them.
    SshdConfig,
    /// Running sshd processes.
    SshdProcesses,
    /// The host keys.
    HostKeys,
    /// Sockets that listen.
    Listeners,
    /// Connections to the SSH port.
    Connections,
    /// Interfaces and addresses.
    Interfaces,
    /// The way back to the client.
    RouteBack,
    /// Settings of the kernel's network.
    NetworkSettings,
    /// The packet filter.
    PacketFilter,
    /// Rules that the next boot loads.
    SavedRules,
    /// `hosts.allow` and `hosts.deny`.
    TcpWrappers,
    /// Tools that ban.
    BanTools,
    /// The journal or log of sshd.
    SshdLog,
    /// The log of the kernel.
    KernelLog,
    /// Disk, memory, processes.
    Resources,
    /// The clock.
    Clock,
    /// The account.
    Account,
    /// Keys that may log in.
    AuthorizedKeys,
    /// The PAM stack.
    Pam,
    /// SELinux and AppArmor.
    MandatoryAccess,
    /// The crypto policy.
    CryptoPolicy,
    /// What the provider says of this machine.
    CloudMetadata,
}

/// Why something could not be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// It needs root.
    Privilege,
    /// There is no such tool or file here.
    Absent,
    /// It did not answer in time.
    TooLong,
    /// It answered with an error.
    Failed,
    /// It was not asked for: the question does not name what it needs.
    NotAsked,
    /// The system does not run: only its disk is looked at.
    NotRunning,
}
