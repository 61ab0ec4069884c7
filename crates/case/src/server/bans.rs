//! Who bans whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// One ban that holds for the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ban {
    /// What is banned: the address, or the network that holds it.
    pub source: Received,
    /// When it ends, in milliseconds since the epoch; absent when it does not, or was not told.
    pub until_ms: Option<i64>,
    /// It does not end by itself.
    pub forever: bool,
    /// Why, in the tool's words.
    pub reason: Option<Received>,
}

/// One jail of fail2ban, or what corresponds to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Jail {
    /// Its name.
    pub name: Received,
    /// How many are banned now.
    pub banned: Option<u64>,
    /// The ban of this client.
    pub ban: Option<Ban>,
    /// The client is in `ignoreip` of this jail.
    pub ignored: Option<bool>,
    /// Failures before a ban.
    pub max_retry: Option<u32>,
    /// Seconds in which they count.
    pub find_time_s: Option<i64>,
    /// Seconds of a ban; negative for one without end.
    pub ban_time_s: Option<i64>,
}

/// A tool that bans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BanTool {
    /// `fail2ban`, `sshguard`, `crowdsec`, `csf`, `denyhosts`, `faillock`.
    pub tool: Received,
    /// It runs.
    pub running: Option<bool>,
    /// It starts at boot.
    pub enabled: Option<bool>,
    /// Its jails.
    pub jails: Vec<Jail>,
    /// The ban of this client, for a tool without jails.
    pub ban: Option<Ban>,
    /// File in which the ban is written, with the line.
    pub file: Option<(Received, Option<u32>)>,
    /// Why it could not be asked, or not wholly.
    pub problem: Option<Received>,
}

/// The line of `hosts.allow` or `hosts.deny` that decides (`hosts_access(5)`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WrapperRule {
    /// The file.
    pub file: Received,
    /// Line, from 1.
    pub line: u32,
    /// As written.
    pub text: Received,
    /// It lets the client in.
    pub allows: bool,
}

/// What tcp wrappers do with the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TcpWrappers {
    /// sshd asks them; absent when that could not be told.
    pub linked: Option<bool>,
    /// The deciding line; absent when none matches, which lets the client in.
    pub rule: Option<WrapperRule>,
    /// A line was met that cannot be decided here, as one with a host name or `EXEC`.
    pub undecided: Option<WrapperRule>,
}
