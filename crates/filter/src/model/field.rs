//! What a rule can look at.

/// One field of the packet, of its connection, or of what the kernel notes beside it. A field may be *absent* (an IPv6
/// field of an IPv4 packet, a TCP port of an ICMP error): in nftables a match on it then fails, negated or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `meta nfproto`: 2 for IPv4, 10 for IPv6.
    NetworkProtocol,
    /// `meta protocol`: 0x0800 or 0x86dd.
    EtherType,
    /// `meta l4proto`, `iptables -p`.
    TransportProtocol,
    /// `ip saddr`.
    Ip4Source,
    /// `ip daddr`.
    Ip4Destination,
    /// `ip protocol`.
    Ip4Protocol,
    /// `ip version`.
    Ip4Version,
    /// `ip hdrlength`, in 32-bit words.
    Ip4HeaderLength,
    /// `ip dscp`.
    Ip4Dscp,
    /// `ip ecn`.
    Ip4Ecn,
    /// `ip length`, bytes.
    Ip4Length,
    /// `ip id`.
    Ip4Id,
    /// `ip frag-off`: three flag bits and the offset.
    Ip4FragmentOffset,
    /// `ip ttl`.
    Ip4TimeToLive,
    /// `ip checksum`.
    Ip4Checksum,
    /// `ip6 saddr`.
    Ip6Source,
    /// `ip6 daddr`.
    Ip6Destination,
    /// `ip6 nexthdr`.
    Ip6NextHeader,
    /// `ip6 version`.
    Ip6Version,
    /// `ip6 dscp`.
    Ip6Dscp,
    /// `ip6 ecn`.
    Ip6Ecn,
    /// `ip6 flowlabel`.
    Ip6FlowLabel,
    /// `ip6 length`, bytes of payload.
    Ip6Length,
    /// `ip6 hoplimit`.
    Ip6HopLimit,
    /// `tcp sport`: absent unless the packet is TCP.
    TcpSourcePort,
    /// `tcp dport`.
    TcpDestinationPort,
    /// `tcp flags`.
    TcpFlags,
    /// `tcp sequence`.
    TcpSequence,
    /// `tcp ackseq`.
    TcpAcknowledgement,
    /// `tcp doff`, in 32-bit words.
    TcpDataOffset,
    /// `tcp window`.
    TcpWindow,
    /// `tcp checksum`.
    TcpChecksum,
    /// `tcp urgptr`.
    TcpUrgentPointer,
    /// `tcp option N` of this kind (first number) being present: 0 or 1.
    TcpOptionPresent(u8),
    /// `tcp option maxseg size`.
    TcpMaximumSegmentSize,
    /// First two bytes of the transport header, whatever it is (`th sport`, `multiport`).
    TransportSourcePort,
    /// Next two bytes.
    TransportDestinationPort,
    /// `udp sport` (absent on TCP).
    UdpSourcePort,
    /// `udp dport`.
    UdpDestinationPort,
    /// A header field of some other transport protocol: absent here.
    OtherTransport,
    /// `icmp type`.
    IcmpType,
    /// `icmp code`.
    IcmpCode,
    /// `icmpv6 type`.
    Icmp6Type,
    /// `icmpv6 code`.
    Icmp6Code,
    /// `ether saddr`, `mac`.
    EtherSource,
    /// `ether daddr`.
    EtherDestination,
    /// `ether type`.
    EtherHeaderType,
    /// `vlan id` and other VLAN fields.
    Vlan,
    /// `meta mark`.
    Mark,
    /// `iif`, `iifname`, `iptables -i`; an empty name where there is none.
    InputInterface,
    /// `oif`, `oifname`, `iptables -o`.
    OutputInterface,
    /// `meta iiftype` (ARPHRD_*); absent where there is no such interface.
    InputInterfaceType,
    /// `meta oiftype`.
    OutputInterfaceType,
    /// `meta iifgroup`.
    InputInterfaceGroup,
    /// `meta oifgroup`.
    OutputInterfaceGroup,
    /// `meta iifkind`, as an interface name.
    InputInterfaceKind,
    /// `meta oifkind`.
    OutputInterfaceKind,
    /// `meta pkttype`: 0 host, 1 broadcast, 2 multicast, 3 other.
    PacketType,
    /// `meta length`, bytes.
    Length,
    /// `meta priority`.
    Priority,
    /// `meta skuid`: absent without a full socket.
    OwnerUser,
    /// `meta skgid`.
    OwnerGroup,
    /// `meta cgroup`.
    ControlGroup,
    /// `meta cpu`.
    Processor,
    /// `meta rtclassid`.
    RoutingRealm,
    /// `meta secpath` / `meta ipsec`: 1 when the packet came through IPsec.
    SecurityPath,
    /// `socket …`: a socket that wants this packet.
    Socket,
    /// `ct state`.
    ConntrackState,
    /// `ct direction`: 0 original, 1 reply.
    ConntrackDirection,
    /// `ct status`.
    ConntrackStatus,
    /// `ct mark`.
    ConntrackMark,
    /// `ct zone`.
    ConntrackZone,
    /// `ct label`: bits.
    ConntrackLabel,
    /// `ct helper`: an interface-name-like text; absent without one.
    ConntrackHelper,
    /// `ct l3proto`.
    ConntrackNetworkProtocol,
    /// `ct protocol`.
    ConntrackTransportProtocol,
    /// `ct expiration`, seconds.
    ConntrackExpiration,
    /// `ct original ip saddr`.
    OriginalIp4Source,
    /// `ct original ip daddr`: before translation.
    OriginalIp4Destination,
    /// `ct original ip6 saddr`.
    OriginalIp6Source,
    /// `ct original ip6 daddr`.
    OriginalIp6Destination,
    /// `ct original proto-src`.
    OriginalSourcePort,
    /// `ct original proto-dst`.
    OriginalDestinationPort,
    /// `ct reply ip saddr`.
    ReplyIp4Source,
    /// `ct reply ip daddr`.
    ReplyIp4Destination,
    /// `ct reply ip6 saddr`.
    ReplyIp6Source,
    /// `ct reply ip6 daddr`.
    ReplyIp6Destination,
    /// `ct reply proto-src`.
    ReplySourcePort,
    /// `ct reply proto-dst`.
    ReplyDestinationPort,
}

impl Field {
    /// Whether conntrack has to be at work for a rule to look at it.
    #[must_use]
    pub const fn is_of_conntrack(self) -> bool {
        matches!(
            self,
            Self::ConntrackState
                | Self::ConntrackDirection
                | Self::ConntrackStatus
                | Self::ConntrackMark
                | Self::OriginalSourcePort
                | Self::OriginalDestinationPort
        )
    }
}
