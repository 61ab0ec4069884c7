//! What the SSH protocol, and the client's own SSH files, showed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// Where the client configuration came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum ConfigSource {
    /// `ssh -G`.
    SshG {
        /// First line of `ssh -V`, when it was asked.
        version: Option<Received>,
    },
    /// No `ssh` on this machine: the destination was taken as it is written.
    WithoutSsh,
}

/// What is wrong with the client's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigProblem {
    /// The catalogue id that fits, for example `client-config-invalid`.
    pub cause: String,
    /// The file at fault, where `ssh` names it.
    pub file: Option<Received>,
    /// Its line, from 1, where `ssh` names it.
    pub line: Option<u32>,
    /// What `ssh` printed.
    pub message: Received,
}

/// The client configuration for this destination, as `ssh` itself resolves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientConfig {
    /// Where it came from.
    pub origin: ConfigSource,
    /// The name or address that `ssh` would connect to.
    pub host_name: String,
    /// The port.
    pub port: u16,
    /// The remote user.
    pub user: String,
    /// `any`, `inet` or `inet6`.
    pub address_family: String,
    /// Jump hosts, first hop first, each as `ssh` takes it (`user@host:port`); empty when there are none.
    pub proxy_jump: Vec<String>,
    /// ProxyCommand with its tokens unexpanded, when it is in force instead.
    pub proxy_command: Option<String>,
    /// HostKeyAlias.
    pub host_key_alias: Option<String>,
    /// User and system known_hosts files, in reading order, with `~` expanded.
    pub known_hosts_files: Vec<String>,
    /// BindAddress.
    pub bind_address: Option<String>,
    /// BindInterface.
    pub bind_interface: Option<String>,
    /// Ports that ssh_config names for this host name under other aliases, with the place.
    pub other_ports: Vec<RememberedPort>,
    /// KexAlgorithms, HostKeyAlgorithms, Ciphers, MACs and Compression that the person's `ssh` would offer.
    pub offer: Option<AlgorithmOffer>,
    /// StrictHostKeyChecking as `ssh -G` prints it.
    pub strict_host_key_checking: Option<String>,
    /// ControlPath, expanded, when a control socket exists there now.
    pub control_socket: Option<String>,
}

/// Where a port was remembered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "where", rename_all = "kebab-case")]
pub enum RememberedWhere {
    /// An entry of a known_hosts file, in the clear or hashed.
    KnownHosts {
        /// The file.
        file: String,
        /// Line, from 1.
        line: u32,
        /// The entry was hashed and the port recovered.
        hashed: bool,
    },
    /// A Host block of ssh_config.
    SshConfig {
        /// The alias that sets it.
        alias: String,
    },
}

/// A port that local memory names for the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RememberedPort {
    /// The port.
    pub port: u16,
    /// Where it was found.
    pub place: RememberedWhere,
}

/// A key that known_hosts holds for the destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct KnownKey {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// `revoked` or `cert-authority`, if marked.
    pub marker: Option<String>,
    /// Key type, for example `ssh-ed25519`.
    pub key_type: Received,
    /// `SHA256:…` as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// What came before and as the identification string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum BannerOutcome {
    /// An SSH identification string.
    Identified {
        /// Protocol version, for example `2.0`.
        protocol: Received,
        /// Software version, for example `OpenSSH_9.2p1`.
        software: Received,
        /// What follows the first space.
        comments: Option<Received>,
    },
    /// The first bytes are not SSH.
    NotSsh {
        /// The first bytes, or what an HTTP or TLS probe showed.
        first_bytes: Received,
    },
    /// Connected, and then nothing before the deadline.
    Silent,
    /// The other side closed (FIN) before it identified itself.
    Closed,
    /// The other side reset the connection before it identified itself.
    Reset,
    /// More than OpenSSH accepts came before the identification string (1024 lines, or 8 KiB in a line).
    TooMuch,
    /// Bytes came so slowly that the line was not complete before the deadline.
    Trickle,
}

/// What one side offers in its KEXINIT (RFC 4253, section 7.1), client-to-server lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct AlgorithmOffer {
    /// Key exchange methods.
    pub kex: Vec<Received>,
    /// Host key algorithms.
    pub host_key: Vec<Received>,
    /// Ciphers, client to server.
    pub ciphers: Vec<Received>,
    /// MACs, client to server.
    pub macs: Vec<Received>,
    /// Compression, client to server.
    pub compression: Vec<Received>,
}

/// How the key exchange ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum KexOutcome {
    /// The server proved that it holds its host key.
    Completed {
        /// Method used by this probe.
        method: Received,
    },
    /// Nothing came before the deadline.
    Hung {
        /// `KEXINIT` or `KEX_REPLY`.
        waiting_for: String,
    },
    /// Closed by the other side.
    Closed,
    /// Reset by the other side.
    Reset,
    /// The person's `ssh` and the server share no algorithm of this kind.
    NoCommon {
        /// `key exchange method`, `host key type`, `cipher`, `MAC` or `compression method`, in OpenSSH's words.
        what: String,
    },
    /// This probe and the server share none, but the person's `ssh` may: the probe knows fewer methods.
    ProbeLacks {
        /// As in `NoCommon`.
        what: String,
    },
    /// The server said DISCONNECT, or sent something that is not allowed here.
    Failed {
        /// What was wrong.
        message: Received,
    },
}

/// The server's key against known_hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum HostKeyVerdict {
    /// known_hosts holds this key for this name.
    Match {
        /// The entry.
        entry: KnownKey,
    },
    /// known_hosts holds nothing for this name.
    Unknown,
    /// known_hosts holds keys of other types only; `ssh` would ask or refuse.
    OtherTypeOnly {
        /// What it holds.
        known: Vec<KnownKey>,
    },
    /// known_hosts holds another key of this type.
    Mismatch {
        /// What it holds.
        known: Vec<KnownKey>,
    },
    /// The key is marked `@revoked`.
    Revoked {
        /// The entry.
        entry: KnownKey,
    },
}

/// What the person's own `ssh -v` reached after the host key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginOutcome {
    /// Exit status of `ssh`, when it ended by itself.
    pub exit_status: Option<i32>,
    /// Authentication succeeded.
    pub authenticated: bool,
    /// A session was opened and the command ran.
    pub session_opened: bool,
    /// Methods the server offers, in its order.
    pub methods: Vec<Received>,
    /// The catalogue ids the messages fit, best first; empty when no message is decisive.
    pub causes: Vec<String>,
    /// The decisive lines.
    pub lines: Vec<Received>,
}

/// What the target looked like from another host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum ViaOutcome {
    /// The target answered with this first line.
    Answered {
        /// The line.
        first_line: Received,
    },
    /// Connected, but nothing was said before the deadline.
    ConnectedSilent,
    /// Connected, then closed before a line.
    ConnectedClosed,
    /// The vantage host's connect was refused.
    Refused,
    /// The vantage host got no answer in time.
    TimedOut,
    /// The vantage host has no route, or was told that the target is unreachable.
    Unreachable {
        /// Its words.
        message: Received,
    },
    /// The vantage host could not resolve the name.
    NameNotFound,
    /// The vantage host forbids forwarding.
    ForwardingForbidden,
    /// Logging in to the vantage host failed, so nothing was learned.
    CouldNotLogIn {
        /// The decisive line of `ssh`.
        message: Received,
    },
    /// Something else.
    Other {
        /// The decisive line of `ssh`.
        message: Received,
    },
}

/// How the person's own ProxyCommand ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum ProxyOutcome {
    /// It passed a first line from the other side.
    Answered {
        /// The line.
        first_line: Received,
    },
    /// It could not be started.
    NotFound {
        /// What the shell said.
        message: Received,
    },
    /// It ended before it passed anything.
    Exited {
        /// Its exit status, unless a signal ended it.
        status: Option<i32>,
        /// The last lines of its standard error.
        message: Received,
    },
    /// It ran and passed nothing before the deadline.
    Silent,
}
