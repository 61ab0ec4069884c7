//! The packet on its way, and what the kernel notes beside it.

use std::net::IpAddr;

use super::Possible;
use crate::model::{Field, protocol};

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Version {
    /// The version of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// An address as a value.
#[must_use]
pub fn address_value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// The address that a value is.
#[must_use]
pub fn value_address(version: Version, value: u128) -> IpAddr {
    match version {
        Version::V4 => IpAddr::V4(u32::try_from(value).unwrap_or(u32::MAX).into()),
        Version::V6 => IpAddr::V6(value.into()),
    }
}

/// Source and destination of a packet or of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Ends {
    pub source: Possible,
    pub source_port: Possible,
    pub destination: Possible,
    pub destination_port: Possible,
}

impl Ends {
    /// The same the other way round.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            source: self.destination,
            source_port: self.destination_port,
            destination: self.source,
            destination_port: self.source_port,
        }
    }
}

/// What conntrack noted about the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tracking {
    /// Bits of [`crate::model::conntrack_state`].
    pub state: Possible,
    /// Whether the packet belongs to a connection: without one every other `ct` field is absent. `None`: not known.
    pub connection: Option<bool>,
    /// 1 when the packet goes against the direction of the first one.
    pub reply: bool,
    /// Bits of [`crate::model::conntrack_status`].
    pub status: Possible,
    /// `ct mark`.
    pub mark: Possible,
    /// Of the first packet, before any translation.
    pub original: Ends,
    /// As answers arrive.
    pub answer: Ends,
    /// Whether the packet answers an untracked one, which it takes over as "related to nothing": `notrack` of iptables then leaves it
    /// alone (`xt_CT.c`, `notrack_tg`), that of nftables does not.
    pub answers_untracked: bool,
    /// Whether the destination is settled: nat chains have had their say, and are not asked again.
    pub destination_settled: bool,
    /// The same of the source.
    pub source_settled: bool,
}

/// One packet at one point of its way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Packet {
    /// IPv4 or IPv6.
    pub version: Version,
    /// Transport protocol.
    pub protocol: u8,
    /// Addresses and ports.
    pub ends: Ends,
    /// TCP flags.
    pub tcp_flags: Possible,
    /// ICMP type and code, of an ICMP error.
    pub icmp: Option<(Possible, Possible)>,
    /// The interface it came in by, as a name; zero where there is none.
    pub input_interface: Possible,
    /// The interface it leaves by.
    pub output_interface: Possible,
    /// Source address of its link-layer header; `None` where it has none.
    pub ether_source: Option<Possible>,
    /// `meta mark`.
    pub mark: Possible,
    /// What conntrack knows.
    pub tracking: Tracking,
    /// Whether a socket of this host sends it.
    pub from_here: bool,
    /// Whether a rule has redirected it to this host.
    pub redirected: bool,
    /// Header fields that a rule has changed.
    pub changed: Vec<(Field, Possible)>,
}

impl Packet {
    /// The same packet with nothing known but its headers.
    #[must_use]
    pub fn header(&self) -> Self {
        Self {
            input_interface: Possible::ANY,
            output_interface: Possible::ANY,
            ether_source: Some(Possible::ANY),
            mark: Possible::ANY,
            tracking: Tracking {
                state: Possible::ANY,
                connection: None,
                reply: false,
                status: Possible::ANY,
                mark: Possible::ANY,
                original: UNKNOWN_ENDS,
                answer: UNKNOWN_ENDS,
                answers_untracked: false,
                destination_settled: false,
                source_settled: false,
            },
            redirected: false,
            changed: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether the headers of `other` are all among those of this one.
    #[must_use]
    pub fn header_covers(&self, other: &Self) -> bool {
        self.version == other.version
            && self.protocol == other.protocol
            && self.from_here == other.from_here
            && self.ends.source.covers(other.ends.source)
            && self.ends.destination.covers(other.ends.destination)
            && self.tcp_flags.covers(other.tcp_flags)
            && (u128::from(self.protocol) != protocol::TCP
                || self.ends.source_port.covers(other.ends.source_port)
                    && self
                        .ends
                        .destination_port
                        .covers(other.ends.destination_port))
    }
}

/// Ends of which nothing is known.
pub(crate) const UNKNOWN_ENDS: Ends = Ends {
    source: Possible::ANY,
    source_port: Possible::ANY,
    destination: Possible::ANY,
    destination_port: Possible::ANY,
};
