//! What can be asked, and by when an answer is wanted.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Forced, PortRole};

/// How far one connection is carried.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Connect, then close.
    Connect,
    /// Read the identification string; write nothing.
    Banner,
    /// Exchange identification strings and keys up to the server's host key, then close.
    HostKey,
}

/// One connection to one port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Approach {
    /// Where to.
    pub to: SocketAddr,
    /// Why this port.
    pub role: PortRole,
    /// How far.
    pub depth: Depth,
    /// `TCP_MAXSEG` in bytes, to get through a path with an MTU hole.
    pub segment_size: Option<u16>,
}

/// One thing that can be asked.
///
/// Each question yields one [`crate::Observation`], unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Question {
    /// What does the client's configuration make of the destination?
    ClientConfig,
    /// What does the client's configuration make of a jump host?
    JumpConfig {
        /// The jump host, as `ssh -J` takes it: `[user@]host[:port]`.
        jump: String,
    },
    /// Which keys and other ports do the known_hosts files hold for the host?
    KnownHosts {
        /// The names to look for: host name, alias and addresses.
        names: Vec<String>,
        /// The port of the target.
        port: u16,
        /// The files.
        files: Vec<String>,
    },
    /// Which addresses does the system's resolver give?
    Resolve {
        /// The name.
        name: String,
        /// Restricted to one family.
        family: Option<Forced>,
    },
    /// What does the hosts file say?
    HostsFile {
        /// The name.
        name: String,
    },
    /// What does each configured name server say? One observation per server.
    NameServers {
        /// The name.
        name: String,
    },
    /// How would the kernel route a packet there?
    Route {
        /// The destination.
        to: IpAddr,
    },
    /// Connect, and go as far as `depth` says. One observation per stage that was reached.
    Approach {
        /// The connection.
        approach: Approach,
    },
    /// With which time to live does the answer to a SYN arrive from this port?
    AnswerTtl {
        /// Where to; a port other than the target's.
        to: SocketAddr,
    },
    /// Does the answer to a SYN from this port arrive with this time to live?
    TtlEquals {
        /// Where to.
        to: SocketAddr,
        /// The expected value.
        expected: u8,
    },
    /// Does the host answer an ICMP echo?
    Echo {
        /// The host.
        to: IpAddr,
    },
    /// Which routers see a SYN to this port?
    Trace {
        /// Where to.
        to: SocketAddr,
        /// Highest time to live to try.
        max_ttl: u8,
    },
    /// What does the target look like from another host?
    Via {
        /// The jump host or hosts, as `ssh -J` takes them.
        jump: String,
        /// Name or address as that host should use it.
        host: String,
        /// The port.
        port: u16,
    },
    /// Run the person's own ProxyCommand and wait for the first line.
    ProxyCommand {
        /// Tokens expanded, as `ssh` would run it.
        command: String,
    },
    /// Run the person's own `ssh` up to the host key, without a login: its packets may be larger than this probe's.
    OwnKeyExchange {
        /// The address to use, so that an earlier address that is dead does not count.
        to: IpAddr,
    },
    /// Run the person's own `ssh -v -o BatchMode=yes` once.
    Login,
    /// What listens on this machine? Only when it is the target.
    LocalServices,
}

/// A question with its deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// Number of this question within the inquiry, from 1.
    pub number: u32,
    /// The question.
    pub question: Question,
    /// Milliseconds from now after which the answer is no longer waited for.
    pub deadline_ms: u32,
    /// What is being waited for and why it may take so long, for the progress line.
    pub reason: String,
}
