//! The format of `expected.toml`; the folder's README describes it for those who read it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::connect::Outcome;
use super::decision::Verdict;

/// All that is known of a situation beside its rules.
#[derive(Debug, Serialize)]
pub(super) struct Expected {
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by_hand_after: Option<String>,
    /// Package and version of everything involved.
    pub(super) versions: BTreeMap<String, String>,
    pub(super) host: ServerFacts,
    /// Readers that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failed: Vec<Failure>,
    pub(super) packet: Vec<Sent>,
}

/// A reader that ended with a failure.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    pub(super) reader: String,
    pub(super) status: String,
    pub(super) says: String,
}

/// What an evaluation needs to know of the server.
#[derive(Debug, Default, Serialize)]
pub(super) struct ServerFacts {
    pub(super) listening: Vec<u16>,
    pub(super) forwarding_v4: bool,
    pub(super) forwarding_v6: bool,
    /// As `ip route` and `ip -6 route` print them.
    pub(super) routes: Vec<String>,
    pub(super) interface: Vec<Interface>,
}

/// One interface.
#[derive(Debug, Serialize)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mac: Option<String>,
    pub(super) addresses: Vec<String>,
}

/// One SYN and what became of it.
#[derive(Debug, Serialize)]
pub(super) struct Sent {
    pub(super) from: IpAddr,
    pub(super) from_port: u16,
    pub(super) to: IpAddr,
    pub(super) port: u16,
    pub(super) interface: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mac: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) earlier: u32,
    pub(super) outcome: Outcome,
    pub(super) verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) needs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) setting: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) made_for: Option<String>,
    #[serde(flatten)]
    pub(super) decided: Decided,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) trail: Vec<String>,
}

/// Where the decision fell.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Decided {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hook: Option<String>,
    /// `nft`, `iptables`, `ip6tables`, `iptables-legacy` or `ip6tables-legacy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) table: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) chain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handle: Option<u64>,
    /// As its source prints it, or `policy VERDICT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
