//! What each field of a packet holds.

use super::packet::{Ends, Packet, Version};
use super::{Facts, InterfaceFacts, Possible};
use crate::model::{Field, Range, interface_name, protocol};

/// Whether a value is there at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Maybe,
    Absent,
}

/// What a field or an expression yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) value: Possible,
    pub(super) presence: Presence,
}

impl Reading {
    pub(super) const ABSENT: Self = Self {
        value: Possible::ANY,
        presence: Presence::Absent,
    };

    /// Nothing is known, not even whether it is there.
    pub(super) const NOTHING: Self = Self {
        value: Possible::ANY,
        presence: Presence::Maybe,
    };

    pub(super) const fn of(value: Possible) -> Self {
        Self {
            value,
            presence: Presence::Here,
        }
    }

    const fn exactly(value: u128) -> Self {
        Self::of(Possible::exactly(value))
    }

    /// Some value of so many bits.
    const fn bits(width: u32) -> Self {
        Self::of(Possible::with_bits(0, 0, width))
    }

    const fn within(low: u128, high: u128) -> Self {
        Self::of(Possible::within(Range { low, high }))
    }

    const fn only_if(self, here: bool) -> Self {
        if here { self } else { Self::ABSENT }
    }
}

/// Number of `lo`'s type, ARPHRD_LOOPBACK (`linux/if_arp.h`).
const LOOPBACK_TYPE: u128 = 772;
/// Number of Ethernet's, ARPHRD_ETHER.
const ETHER_TYPE: u128 = 1;
/// Don't-fragment bit of the fragment field (RFC 791): the only one of them that a SYN may have set.
const DO_NOT_FRAGMENT: u128 = 0x4000;

/// What `field` of `packet` holds.
pub(super) fn read(packet: &Packet, field: Field, facts: &Facts) -> Reading {
    if let Some((_, value)) = packet.changed.iter().find(|(changed, _)| *changed == field) {
        return Reading::of(*value);
    }
    let v4 = packet.version == Version::V4;
    network(packet, field, v4)
        .or_else(|| transport(packet, field))
        .or_else(|| tracked(packet, field))
        .unwrap_or_else(|| beside(packet, field, facts))
}

fn network(packet: &Packet, field: Field, v4: bool) -> Option<Reading> {
    let protocol = u128::from(packet.protocol);
    let tcp = protocol == protocol::TCP;
    let four = |reading: Reading| reading.only_if(v4);
    let six = |reading: Reading| reading.only_if(!v4);
    Some(match field {
        Field::NetworkProtocol => Reading::exactly(if v4 { 2 } else { 10 }),
        Field::EtherType => Reading::exactly(ether_type(v4)),
        Field::TransportProtocol => Reading::exactly(protocol),
        Field::Ip4Source => four(Reading::of(packet.ends.source)),
        Field::Ip4Destination => four(Reading::of(packet.ends.destination)),
        Field::Ip4Protocol => four(Reading::exactly(protocol)),
        Field::Ip4Version => four(Reading::exactly(4)),
        Field::Ip4HeaderLength => four(Reading::exactly(5)),
        Field::Ip4Dscp => four(Reading::bits(6)),
        Field::Ip4Ecn => four(Reading::bits(2)),
        Field::Ip4Length if tcp => four(Reading::within(40, 80)),
        Field::Ip4Length | Field::Ip4Id | Field::Ip4Checksum => four(Reading::bits(16)),
        Field::Ip4FragmentOffset => four(Reading::of(Possible::with_bits(0, !DO_NOT_FRAGMENT, 16))),
        Field::Ip4TimeToLive => four(Reading::within(1, 255)),
        Field::Ip6Source => six(Reading::of(packet.ends.source)),
        Field::Ip6Destination => six(Reading::of(packet.ends.destination)),
        Field::Ip6NextHeader => six(Reading::exactly(protocol)),
        Field::Ip6Version => six(Reading::exactly(6)),
        Field::Ip6Dscp => six(Reading::bits(6)),
        Field::Ip6Ecn => six(Reading::bits(2)),
        Field::Ip6FlowLabel => six(Reading::bits(20)),
        Field::Ip6Length if tcp => six(Reading::within(20, 60)),
        Field::Ip6Length => six(Reading::bits(16)),
        Field::Ip6HopLimit => six(Reading::within(1, 255)),
        Field::Length if tcp && v4 => Reading::within(40, 80),
        Field::Length if tcp => Reading::within(60, 100),
        _ => return None,
    })
}

const fn ether_type(v4: bool) -> u128 {
    if v4 { 0x0800 } else { 0x86dd }
}

fn transport(packet: &Packet, field: Field) -> Option<Reading> {
    let is_tcp = u128::from(packet.protocol) == protocol::TCP;
    let tcp = |reading: Reading| reading.only_if(is_tcp);
    let icmp = |version: Version, second: bool| match packet.icmp {
        Some((kind, code)) if packet.version == version => {
            Reading::of(if second { code } else { kind })
        }
        _ => Reading::ABSENT,
    };
    Some(match field {
        Field::TcpSourcePort => tcp(Reading::of(packet.ends.source_port)),
        Field::TcpDestinationPort => tcp(Reading::of(packet.ends.destination_port)),
        Field::TcpFlags => tcp(Reading::of(packet.tcp_flags)),
        Field::TcpSequence | Field::TcpAcknowledgement => tcp(Reading::bits(32)),
        Field::TcpDataOffset => tcp(Reading::within(5, 15)),
        Field::TcpWindow | Field::TcpChecksum | Field::TcpUrgentPointer => tcp(Reading::bits(16)),
        Field::TcpOptionPresent(_) => tcp(Reading::bits(1)),
        Field::TcpMaximumSegmentSize => tcp(Reading::NOTHING),
        Field::TransportSourcePort if is_tcp => Reading::of(packet.ends.source_port),
        Field::TransportDestinationPort if is_tcp => Reading::of(packet.ends.destination_port),
        Field::TransportSourcePort | Field::TransportDestinationPort => Reading::bits(16),
        Field::UdpSourcePort | Field::UdpDestinationPort | Field::OtherTransport => Reading::ABSENT,
        Field::IcmpType => icmp(Version::V4, false),
        Field::IcmpCode => icmp(Version::V4, true),
        Field::Icmp6Type => icmp(Version::V6, false),
        Field::Icmp6Code => icmp(Version::V6, true),
        _ => return None,
    })
}

fn tracked(packet: &Packet, field: Field) -> Option<Reading> {
    let tracking = &packet.tracking;
    let v4 = packet.version == Version::V4;
    let reading = match field {
        Field::ConntrackState => return Some(Reading::of(tracking.state)),
        Field::ConntrackDirection if tracking.connection.is_none() => Reading::bits(1),
        Field::ConntrackDirection => Reading::exactly(u128::from(tracking.reply)),
        Field::ConntrackStatus => Reading::of(tracking.status),
        Field::ConntrackMark => Reading::of(tracking.mark),
        Field::ConntrackZone if tracking.connection.is_none() => Reading::bits(16),
        Field::ConntrackZone => Reading::exactly(0),
        Field::ConntrackLabel => Reading::bits(128),
        Field::ConntrackHelper => Reading::NOTHING,
        Field::ConntrackNetworkProtocol => Reading::exactly(if v4 { 2 } else { 10 }),
        Field::ConntrackTransportProtocol => Reading::exactly(protocol::TCP),
        Field::ConntrackExpiration => Reading::bits(64),
        _ => tuple(&tracking.original, &tracking.answer, field, v4)?,
    };
    Some(match tracking.connection {
        Some(true) => reading,
        Some(false) => Reading::ABSENT,
        None => Reading {
            presence: match reading.presence {
                Presence::Absent => Presence::Absent,
                _ => Presence::Maybe,
            },
            ..reading
        },
    })
}

fn tuple(original: &Ends, answer: &Ends, field: Field, v4: bool) -> Option<Reading> {
    Some(match field {
        Field::OriginalIp4Source => Reading::of(original.source).only_if(v4),
        Field::OriginalIp4Destination => Reading::of(original.destination).only_if(v4),
        Field::OriginalIp6Source => Reading::of(original.source).only_if(!v4),
        Field::OriginalIp6Destination => Reading::of(original.destination).only_if(!v4),
        Field::OriginalSourcePort => Reading::of(original.source_port),
        Field::OriginalDestinationPort => Reading::of(original.destination_port),
        Field::ReplyIp4Source => Reading::of(answer.source).only_if(v4),
        Field::ReplyIp4Destination => Reading::of(answer.destination).only_if(v4),
        Field::ReplyIp6Source => Reading::of(answer.source).only_if(!v4),
        Field::ReplyIp6Destination => Reading::of(answer.destination).only_if(!v4),
        Field::ReplySourcePort => Reading::of(answer.source_port),
        Field::ReplyDestinationPort => Reading::of(answer.destination_port),
        _ => return None,
    })
}

fn beside(packet: &Packet, field: Field, facts: &Facts) -> Reading {
    let ether = |reading: Reading| ether(packet, facts, reading);
    match field {
        Field::EtherSource => ether(Reading::of(packet.ether_source.unwrap_or(Possible::ANY))),
        Field::EtherDestination => ether(Reading::bits(48)),
        Field::EtherHeaderType => {
            ether(Reading::exactly(ether_type(packet.version == Version::V4)))
        }
        Field::Mark => Reading::of(packet.mark),
        Field::InputInterface => Reading::of(packet.input_interface),
        Field::OutputInterface => Reading::of(packet.output_interface),
        Field::InputInterfaceType => hardware_type(packet.input_interface, facts),
        Field::OutputInterfaceType => hardware_type(packet.output_interface, facts),
        Field::InputInterfaceGroup => group(packet.input_interface, facts),
        Field::OutputInterfaceGroup => group(packet.output_interface, facts),
        Field::InputInterfaceKind => kind(packet.input_interface, facts),
        Field::OutputInterfaceKind => kind(packet.output_interface, facts),
        // Of a packet that is known by its header only, not even this.
        Field::PacketType if packet.tracking.connection.is_none() => Reading::bits(3),
        Field::PacketType => Reading::exactly(0),
        Field::Length => Reading::bits(32),
        Field::OwnerUser => owner(packet, facts.listener_user),
        Field::OwnerGroup => owner(packet, facts.listener_group),
        Field::SecurityPath => Reading::bits(1),
        Field::Vlan | Field::Socket => Reading::NOTHING,
        _ => Reading::bits(64),
    }
}

/// Only what arrives by an Ethernet-like interface has a link-layer header.
fn ether(packet: &Packet, facts: &Facts, reading: Reading) -> Reading {
    if packet.ether_source.is_none() {
        return Reading::ABSENT;
    }
    if packet.input_interface.exact() == Some(0) {
        return Reading {
            presence: Presence::Maybe,
            ..reading
        };
    }
    match hardware_type(packet.input_interface, facts).value.exact() {
        Some(ETHER_TYPE) => reading,
        Some(_) => Reading::ABSENT,
        None => Reading {
            presence: Presence::Maybe,
            ..reading
        },
    }
}

/// Only segments of a socket of this host have an owner; an error or reset that the kernel makes by itself has none.
fn owner(packet: &Packet, known: Option<u32>) -> Reading {
    if !packet.from_here {
        return Reading::ABSENT;
    }
    match known {
        Some(number) => Reading::exactly(u128::from(number)),
        None => Reading::bits(32),
    }
}

fn of_interface<'a>(
    interface: Possible,
    facts: &'a Facts,
    known: impl Fn(&'a InterfaceFacts) -> Option<Reading>,
    unknown: Reading,
) -> Reading {
    match interface.exact() {
        Some(0) => Reading::ABSENT,
        Some(name) => facts
            .interfaces
            .iter()
            .find(|(own, _)| interface_name(own) == name)
            .and_then(|(_, facts)| known(facts))
            .unwrap_or(unknown),
        None => Reading {
            presence: Presence::Maybe,
            ..unknown
        },
    }
}

fn hardware_type(interface: Possible, facts: &Facts) -> Reading {
    if interface.exact() == Some(interface_name("lo")) {
        return Reading::exactly(LOOPBACK_TYPE);
    }
    of_interface(
        interface,
        facts,
        |known| {
            known
                .hardware_type
                .map(|number| Reading::exactly(u128::from(number)))
        },
        Reading::bits(16),
    )
}

fn group(interface: Possible, facts: &Facts) -> Reading {
    of_interface(
        interface,
        facts,
        |known| {
            known
                .group
                .map(|number| Reading::exactly(u128::from(number)))
        },
        Reading::bits(32),
    )
}

fn kind(interface: Possible, facts: &Facts) -> Reading {
    of_interface(
        interface,
        facts,
        |known| {
            known
                .kind
                .as_deref()
                .map(|kind| Reading::exactly(interface_name(kind)).only_if(!kind.is_empty()))
        },
        Reading::NOTHING,
    )
}
