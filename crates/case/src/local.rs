//! What this machine itself shows, when it is the target.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// A TCP socket in LISTEN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ListeningSocket {
    /// Address and port it is bound to.
    pub address: SocketAddr,
    /// Name of the owning process, where this user may see it.
    pub process: Option<Received>,
    /// Its process id, where this user may see it.
    pub pid: Option<u32>,
    /// Connections waiting to be accepted.
    pub accept_queue: Option<u32>,
    /// Most connections that may wait.
    pub backlog: Option<u32>,
}

/// A running process named `sshd`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SshdProcess {
    /// Process id.
    pub pid: u32,
    /// State letter of `proc_pid_stat(5)`: R, S, D, T, Z…
    pub state: char,
}

/// Listeners and sshd on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct LocalServices {
    /// Every TCP socket in LISTEN in this network namespace.
    pub listening: Vec<ListeningSocket>,
    /// Running processes named sshd.
    pub sshd_processes: Vec<SshdProcess>,
    /// Path of an installed sshd, if there is one in a usual place.
    pub sshd_binary: Option<String>,
}
