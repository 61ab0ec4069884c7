//! Numbers the kernel gives to states, types and protocols.

/// Bits of `ct state` (`linux/netfilter/nf_conntrack_common.h`).
pub mod conntrack_state {
    /// No connection, or none that makes sense.
    pub const INVALID: u128 = 1;
    /// Seen in both directions.
    pub const ESTABLISHED: u128 = 2;
    /// Belongs to another one, an ICMP error for example.
    pub const RELATED: u128 = 4;
    /// The first packet.
    pub const NEW: u128 = 8;
    /// Exempted by `notrack`.
    pub const UNTRACKED: u128 = 64;
}

/// Bits of `ct status` (`linux/netfilter/nf_conntrack_common.h`).
pub mod conntrack_status {
    /// Expected by a helper.
    pub const EXPECTED: u128 = 1;
    /// An answer was seen.
    pub const SEEN_REPLY: u128 = 2;
    /// Never expired early.
    pub const ASSURED: u128 = 4;
    /// Left the host once.
    pub const CONFIRMED: u128 = 8;
    /// Source changed.
    pub const SOURCE_NAT: u128 = 16;
    /// Destination changed.
    pub const DESTINATION_NAT: u128 = 32;
    /// About to be removed.
    pub const DYING: u128 = 512;
}

/// IP protocol numbers.
pub mod protocol {
    /// ICMP.
    pub const ICMP: u128 = 1;
    /// TCP.
    pub const TCP: u128 = 6;
    /// UDP.
    pub const UDP: u128 = 17;
    /// ICMPv6.
    pub const ICMPV6: u128 = 58;
}

/// Bits of the TCP flags (RFC 9293, section 3.1).
pub mod tcp_flag {
    /// FIN.
    pub const FIN: u128 = 1;
    /// SYN.
    pub const SYN: u128 = 2;
    /// RST.
    pub const RST: u128 = 4;
    /// PSH.
    pub const PSH: u128 = 8;
    /// ACK.
    pub const ACK: u128 = 16;
    /// URG.
    pub const URG: u128 = 32;
    /// ECE (RFC 3168).
    pub const ECE: u128 = 64;
    /// CWR (RFC 3168).
    pub const CWR: u128 = 128;
}

/// Types of routes to an address, as `fib … type` and `addrtype` know them (`linux/rtnetlink.h`).
pub mod address_type {
    /// None (RTN_UNSPEC).
    pub const UNSPECIFIED: u128 = 0;
    /// Another host's.
    pub const UNICAST: u128 = 1;
    /// This host's.
    pub const LOCAL: u128 = 2;
    /// A network's broadcast address.
    pub const BROADCAST: u128 = 3;
    /// Broadcast in, unicast out.
    pub const ANYCAST: u128 = 4;
    /// A group's.
    pub const MULTICAST: u128 = 5;
    /// Dropped by routing.
    pub const BLACKHOLE: u128 = 6;
    /// No way there.
    pub const UNREACHABLE: u128 = 7;
    /// Forbidden by routing.
    pub const PROHIBIT: u128 = 8;
}
