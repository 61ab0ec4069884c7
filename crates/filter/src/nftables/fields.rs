//! Which field of the model nft's words mean.

use super::data_type::DataType;
use crate::model::{Component, Family, Field};

/// A field and how its values are written.
pub(super) type Known = (Field, DataType);

/// A header field by protocol and name (`nft(8)`, "PAYLOAD EXPRESSIONS").
pub(super) fn payload(protocol: &str, field: &str) -> Option<Known> {
    match protocol {
        "ip" => ip4(field),
        "ip6" => ip6(field),
        "tcp" => tcp(field),
        "th" => Some(match field {
            "sport" => (Field::TransportSourcePort, DataType::Port),
            "dport" => (Field::TransportDestinationPort, DataType::Port),
            _ => return None,
        }),
        "udp" => Some(match field {
            "sport" => (Field::UdpSourcePort, DataType::Port),
            "dport" => (Field::UdpDestinationPort, DataType::Port),
            _ => (Field::OtherTransport, DataType::Integer(16)),
        }),
        "icmp" => Some(match field {
            "type" => (Field::IcmpType, DataType::IcmpType),
            "code" => (Field::IcmpCode, DataType::IcmpCode),
            _ => return None,
        }),
        "icmpv6" => Some(match field {
            "type" => (Field::Icmp6Type, DataType::Icmp6Type),
            "code" => (Field::Icmp6Code, DataType::Icmp6Code),
            _ => return None,
        }),
        "ether" => Some(match field {
            "saddr" => (Field::EtherSource, DataType::Ether),
            "daddr" => (Field::EtherDestination, DataType::Ether),
            "type" => (Field::EtherHeaderType, DataType::EtherType),
            _ => return None,
        }),
        "vlan" => Some((
            Field::Vlan,
            match field {
                "type" => DataType::EtherType,
                _ => DataType::Integer(16),
            },
        )),
        "udplite" | "sctp" | "dccp" => Some((
            Field::OtherTransport,
            match field {
                "sport" | "dport" => DataType::Port,
                _ => DataType::Integer(32),
            },
        )),
        "esp" | "ah" | "comp" | "igmp" | "gre" | "vxlan" | "geneve" => {
            Some((Field::OtherTransport, DataType::Integer(32)))
        }
        _ => None,
    }
}

fn ip4(field: &str) -> Option<Known> {
    Some(match field {
        "saddr" => (Field::Ip4Source, DataType::Ip4),
        "daddr" => (Field::Ip4Destination, DataType::Ip4),
        "protocol" => (Field::Ip4Protocol, DataType::Protocol),
        "version" => (Field::Ip4Version, DataType::Integer(4)),
        "hdrlength" => (Field::Ip4HeaderLength, DataType::Integer(4)),
        "dscp" => (Field::Ip4Dscp, DataType::Dscp),
        "ecn" => (Field::Ip4Ecn, DataType::Ecn),
        "length" => (Field::Ip4Length, DataType::Integer(16)),
        "id" => (Field::Ip4Id, DataType::Integer(16)),
        "frag-off" => (Field::Ip4FragmentOffset, DataType::Integer(16)),
        "ttl" => (Field::Ip4TimeToLive, DataType::Integer(8)),
        "checksum" => (Field::Ip4Checksum, DataType::Integer(16)),
        _ => return None,
    })
}

fn ip6(field: &str) -> Option<Known> {
    Some(match field {
        "saddr" => (Field::Ip6Source, DataType::Ip6),
        "daddr" => (Field::Ip6Destination, DataType::Ip6),
        "nexthdr" => (Field::Ip6NextHeader, DataType::Protocol),
        "version" => (Field::Ip6Version, DataType::Integer(4)),
        "dscp" => (Field::Ip6Dscp, DataType::Dscp),
        "ecn" => (Field::Ip6Ecn, DataType::Ecn),
        "flowlabel" => (Field::Ip6FlowLabel, DataType::Integer(20)),
        "length" => (Field::Ip6Length, DataType::Integer(16)),
        "hoplimit" => (Field::Ip6HopLimit, DataType::Integer(8)),
        _ => return None,
    })
}

fn tcp(field: &str) -> Option<Known> {
    Some(match field {
        "sport" => (Field::TcpSourcePort, DataType::Port),
        "dport" => (Field::TcpDestinationPort, DataType::Port),
        "flags" => (Field::TcpFlags, DataType::TcpFlags),
        "sequence" => (Field::TcpSequence, DataType::Integer(32)),
        "ackseq" => (Field::TcpAcknowledgement, DataType::Integer(32)),
        "doff" => (Field::TcpDataOffset, DataType::Integer(4)),
        "window" => (Field::TcpWindow, DataType::Integer(16)),
        "checksum" => (Field::TcpChecksum, DataType::Integer(16)),
        "urgptr" => (Field::TcpUrgentPointer, DataType::Integer(16)),
        _ => return None,
    })
}

/// Bits at an offset of a header, where every packet of the family has this field there (RFC 791, RFC 8200).
pub(super) fn raw_payload(family: Family, base: &str, offset: u32, length: u32) -> Option<Known> {
    let name = match (family, base, offset, length) {
        (_, "th", 0, 16) => return payload("th", "sport"),
        (_, "th", 16, 16) => return payload("th", "dport"),
        (Family::Ip, "nh", 16, 16) => "length",
        (Family::Ip, "nh", 32, 16) => "id",
        (Family::Ip, "nh", 48, 16) => "frag-off",
        (Family::Ip, "nh", 64, 8) => "ttl",
        (Family::Ip, "nh", 72, 8) => "protocol",
        (Family::Ip, "nh", 80, 16) => "checksum",
        (Family::Ip, "nh", 96, 32) | (Family::Ip6, "nh", 64, 128) => "saddr",
        (Family::Ip, "nh", 128, 32) | (Family::Ip6, "nh", 192, 128) => "daddr",
        (Family::Ip6, "nh", 32, 16) => "length",
        (Family::Ip6, "nh", 48, 8) => "nexthdr",
        (Family::Ip6, "nh", 56, 8) => "hoplimit",
        _ => return None,
    };
    let (field, _) = payload(family.word(), name)?;
    Some((field, DataType::Raw(length)))
}

/// `meta …`.
pub(super) fn meta(key: &str) -> Option<Known> {
    Some(match key {
        "nfproto" => (Field::NetworkProtocol, DataType::NetworkProtocol),
        "protocol" => (Field::EtherType, DataType::EtherType),
        "l4proto" => (Field::TransportProtocol, DataType::Protocol),
        "mark" => (Field::Mark, DataType::Mark),
        "iif" => (Field::InputInterface, DataType::InterfaceIndex),
        "iifname" => (Field::InputInterface, DataType::InterfaceName),
        "oif" => (Field::OutputInterface, DataType::InterfaceIndex),
        "oifname" => (Field::OutputInterface, DataType::InterfaceName),
        "iiftype" => (Field::InputInterfaceType, DataType::HardwareType),
        "oiftype" => (Field::OutputInterfaceType, DataType::HardwareType),
        "iifgroup" => (Field::InputInterfaceGroup, DataType::DeviceGroup),
        "oifgroup" => (Field::OutputInterfaceGroup, DataType::DeviceGroup),
        "iifkind" => (Field::InputInterfaceKind, DataType::InterfaceName),
        "oifkind" => (Field::OutputInterfaceKind, DataType::InterfaceName),
        "pkttype" => (Field::PacketType, DataType::PacketType),
        "length" => (Field::Length, DataType::Integer(32)),
        "priority" => (Field::Priority, DataType::TrafficClass),
        "skuid" => (Field::OwnerUser, DataType::User),
        "skgid" => (Field::OwnerGroup, DataType::Group),
        "cgroup" => (Field::ControlGroup, DataType::Integer(32)),
        "cpu" => (Field::Processor, DataType::Integer(32)),
        "rtclassid" => (Field::RoutingRealm, DataType::Realm),
        "secpath" | "ipsec" => (Field::SecurityPath, DataType::Boolean),
        _ => return None,
    })
}

/// How values of a `meta` key without a field are written, and why it cannot be told.
pub(super) fn untold_meta(key: &str) -> Option<(DataType, &'static str)> {
    Some(match key {
        "time" => (DataType::Moment, "depends on the date"),
        "day" => (DataType::Day, "depends on the day of the week"),
        "hour" => (DataType::Hour, "depends on the time of day"),
        "random" => (DataType::Integer(32), "depends on chance"),
        "nftrace" | "secmark" => (
            DataType::Integer(32),
            "depends on marks that other programs set",
        ),
        "sdif" => (DataType::InterfaceIndex, "depends on the slave interface"),
        "sdifname" => (DataType::InterfaceName, "depends on the slave interface"),
        "ibrname" | "obrname" => (DataType::InterfaceName, "depends on the bridge"),
        "ibrpvid" => (DataType::Integer(16), "depends on the bridge"),
        "ibrvproto" => (DataType::EtherType, "depends on the bridge"),
        _ => return None,
    })
}

/// `ct …`, in a table of this family; `direction` as nft prints it.
pub(super) fn conntrack(key: &str, direction: Option<&str>, family: Family) -> Option<Known> {
    if let Some(direction) = direction {
        return conntrack_address(key, direction == "original", family);
    }
    Some(match key {
        "state" => (Field::ConntrackState, DataType::ConntrackState),
        "direction" => (Field::ConntrackDirection, DataType::ConntrackDirection),
        "status" => (Field::ConntrackStatus, DataType::ConntrackStatus),
        "mark" => (Field::ConntrackMark, DataType::Mark),
        "zone" => (Field::ConntrackZone, DataType::Integer(16)),
        "label" => (Field::ConntrackLabel, DataType::ConntrackLabel),
        "helper" => (Field::ConntrackHelper, DataType::Text),
        "l3proto" => (Field::ConntrackNetworkProtocol, DataType::NetworkProtocol),
        "protocol" => (Field::ConntrackTransportProtocol, DataType::Protocol),
        "expiration" => (Field::ConntrackExpiration, DataType::Seconds),
        _ => return None,
    })
}

fn conntrack_address(key: &str, original: bool, family: Family) -> Option<Known> {
    let (version, side) = match (key.split_once(' '), family) {
        (Some((version, side)), _) => (version, side),
        (None, Family::Ip) => ("ip", key),
        (None, Family::Ip6) => ("ip6", key),
        (None, _) => ("", key),
    };
    Some(match (version, side, original) {
        (_, "l3proto", _) => (Field::ConntrackNetworkProtocol, DataType::NetworkProtocol),
        (_, "protocol", _) => (Field::ConntrackTransportProtocol, DataType::Protocol),
        (_, "proto-src", true) => (Field::OriginalSourcePort, DataType::Port),
        (_, "proto-dst", true) => (Field::OriginalDestinationPort, DataType::Port),
        (_, "proto-src", false) => (Field::ReplySourcePort, DataType::Port),
        (_, "proto-dst", false) => (Field::ReplyDestinationPort, DataType::Port),
        ("ip", "saddr", true) => (Field::OriginalIp4Source, DataType::Ip4),
        ("ip", "daddr", true) => (Field::OriginalIp4Destination, DataType::Ip4),
        ("ip", "saddr", false) => (Field::ReplyIp4Source, DataType::Ip4),
        ("ip", "daddr", false) => (Field::ReplyIp4Destination, DataType::Ip4),
        ("ip6", "saddr", true) => (Field::OriginalIp6Source, DataType::Ip6),
        ("ip6", "daddr", true) => (Field::OriginalIp6Destination, DataType::Ip6),
        ("ip6", "saddr", false) => (Field::ReplyIp6Source, DataType::Ip6),
        ("ip6", "daddr", false) => (Field::ReplyIp6Destination, DataType::Ip6),
        _ => return None,
    })
}

/// Kind of a TCP option by nft's name (`nft(8)`, "EXTENSION HEADER EXPRESSIONS").
pub(super) fn tcp_option_kind(name: &str) -> Option<u8> {
    Some(match name {
        "eol" => 0,
        "nop" | "noop" => 1,
        "maxseg" => 2,
        "window" => 3,
        "sack-perm" | "sack-permitted" => 4,
        "sack" | "sack0" | "sack1" | "sack2" | "sack3" => 5,
        "timestamp" => 8,
        "md5sig" => 19,
        "mptcp" => 30,
        "fastopen" => 34,
        _ => return None,
    })
}

/// Whether a field exists in packets of one network protocol only.
pub(super) const fn family_of(field: Field) -> Option<Family> {
    Some(match field {
        Field::Ip4Source
        | Field::Ip4Destination
        | Field::Ip4Protocol
        | Field::Ip4Version
        | Field::Ip4HeaderLength
        | Field::Ip4Dscp
        | Field::Ip4Ecn
        | Field::Ip4Length
        | Field::Ip4Id
        | Field::Ip4FragmentOffset
        | Field::Ip4TimeToLive
        | Field::Ip4Checksum => Family::Ip,
        Field::Ip6Source
        | Field::Ip6Destination
        | Field::Ip6NextHeader
        | Field::Ip6Version
        | Field::Ip6Dscp
        | Field::Ip6Ecn
        | Field::Ip6FlowLabel
        | Field::Ip6Length
        | Field::Ip6HopLimit => Family::Ip6,
        _ => return None,
    })
}

/// Protocol number that a transport header's name stands for.
pub(super) fn transport_of(protocol: &str) -> Option<u128> {
    Some(match protocol {
        "tcp" => 6,
        "icmp" => 1,
        "icmpv6" => 58,
        _ => return None,
    })
}

/// Width and kind of a component are all that a set needs to know of a type.
pub(super) fn components(types: &[DataType]) -> Box<[Component]> {
    types
        .iter()
        .map(|data_type| data_type.component())
        .collect()
}
