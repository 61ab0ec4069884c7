//! What the network answered.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An ICMP or ICMPv6 error as the kernel's error queue reports it (`ip(7)`, `IP_RECVERR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct IcmpError {
    /// True for ICMPv6 (RFC 4443), false for ICMP (RFC 792, RFC 1812).
    pub v6: bool,
    /// The message type, for example 3 (ICMP destination unreachable).
    #[serde(rename = "icmp_type")]
    pub kind: u8,
    /// The code within the type.
    #[serde(rename = "icmp_code")]
    pub code: u8,
    /// Who sent it. Absent where the kernel does not say.
    pub sender: Option<IpAddr>,
}

/// How a connection was refused, as far as the vantage point can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// A TCP segment with RST.
    Reset,
    /// Refused, but the vantage point does not show whether by a reset or by ICMP.
    Unspecified,
}

/// An error of the local kernel: nothing, or nothing that was answered, left this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct LocalError {
    /// The number from `errno(3)`.
    pub errno: i32,
    /// Its symbol, for example `ENETUNREACH`.
    pub name: String,
}

/// How an attempt to connect ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum ConnectOutcome {
    /// The three-way handshake completed.
    Connected,
    /// Refused by the other side or by something that speaks for it.
    Refused {
        /// By a reset, or unknown.
        by: Refusal,
    },
    /// An ICMP error ended the attempt.
    Icmp {
        /// The error and its sender.
        error: IcmpError,
    },
    /// Nothing came back before the deadline.
    Silent,
    /// The local kernel ended the attempt by itself.
    Local {
        /// Which error.
        error: LocalError,
    },
}

/// Why a port is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PortRole {
    /// The port the person wants to reach.
    Target,
    /// A port that nothing should use, for comparison.
    Control,
    /// A port that the person's own files name for this host.
    Remembered,
    /// A port where sshd customarily listens, or a service that most machines have.
    Customary,
}

/// What the kernel's routing table says of one destination.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum RouteOutcome {
    /// The packet would leave by this interface.
    Via {
        /// Name of the interface.
        interface: String,
        /// Source address the kernel would use.
        source: Option<IpAddr>,
        /// Next hop; absent when the destination is on the link.
        gateway: Option<IpAddr>,
        /// The destination is an address of this machine.
        local: bool,
        /// MTU of the route or the interface, in bytes.
        mtu: Option<u32>,
    },
    /// No route in any table (`ENETUNREACH`), or a route of type `unreachable` (`EHOSTUNREACH`).
    Unreachable {
        /// The error the kernel gave.
        error: LocalError,
    },
    /// A route of type `blackhole`.
    Blackhole,
    /// A route of type `prohibit`.
    Prohibit,
}

/// What came back for one packet of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum HopAnswer {
    /// The packet's time to live ran out at this router.
    TimeExceeded {
        /// The router.
        sender: IpAddr,
    },
    /// The probe was answered by a SYN-ACK.
    Connected,
    /// The probe was answered by a reset.
    Reset,
    /// Another ICMP error.
    Icmp {
        /// The error and its sender.
        error: IcmpError,
    },
    /// Nothing.
    Silent,
    /// The local kernel refused to send.
    Local {
        /// Which error.
        error: LocalError,
    },
}

/// One hop of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// Time to live of the packet that was sent, from 1.
    pub ttl: u8,
    /// What came back.
    pub answer: HopAnswer,
}

/// How an ICMP echo ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum EchoOutcome {
    /// The host answered.
    Reply {
        /// Time to live of the reply as it arrived.
        ttl: Option<u8>,
    },
    /// Nothing came back before the deadline.
    Silent,
    /// This machine does not let this user send echo requests (`net.ipv4.ping_group_range`).
    NotPermitted,
    /// An ICMP error came back instead.
    Icmp {
        /// The error and its sender.
        error: IcmpError,
    },
    /// The local kernel refused to send.
    Local {
        /// Which error.
        error: LocalError,
    },
}
