//! One case of the packet filter oracle, as data: what is loaded, and the one SYN that is sent.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A program that takes a rule set on its standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadKind {
    /// `nft -f -`
    Nft,
    /// `iptables-nft-restore`
    IptablesNft,
    /// `ip6tables-nft-restore`
    Ip6tablesNft,
    /// `iptables-legacy-restore`
    IptablesLegacy,
    /// `ip6tables-legacy-restore`
    Ip6tablesLegacy,
    /// `ipset restore`
    Ipset,
}

impl LoadKind {
    /// The tables live in the kernel's legacy x_tables, not in nf_tables.
    pub(crate) fn is_legacy(self) -> bool {
        matches!(self, Self::IptablesLegacy | Self::Ip6tablesLegacy)
    }
}

/// One rule set and the program that takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Who takes it.
    pub kind: LoadKind,
    /// What it is given.
    pub text: String,
}

/// The SYN of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterPacket {
    /// Source address.
    pub from: IpAddr,
    /// Source port.
    pub from_port: u16,
    /// Destination address.
    pub to: IpAddr,
    /// Destination port.
    pub port: u16,
    /// The server sends it to itself.
    pub loopback: bool,
}

impl FilterPacket {
    /// It is IPv6.
    #[must_use]
    pub fn is_v6(&self) -> bool {
        self.to.is_ipv6()
    }

    /// The interface of the server at which it arrives.
    #[must_use]
    pub fn interface(&self) -> &'static str {
        if self.loopback { "lo" } else { "eth0" }
    }
}

/// One case. On the destination port, and on every port that a rule may lead to, something listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterCase {
    /// It came from this seed.
    pub seed: u64,
    /// Only vocabulary that can be decided from the rule set and the packet: limits, time and the like are not.
    pub decidable: bool,
    /// The SYN.
    pub packet: FilterPacket,
    /// What is loaded, in this order: the order of chains with equal priority depends on it.
    pub loads: Vec<Load>,
}

impl FilterCase {
    /// Some load is of this kind.
    pub(crate) fn uses(&self, wanted: impl Fn(LoadKind) -> bool) -> bool {
        self.loads.iter().any(|load| wanted(load.kind))
    }
}
