//! Words that nft prints in place of numbers: `nft describe` prints these tables.

use super::data_type::DataType;
use crate::{protocol_names, service_names};

type Words = &'static [(&'static str, u128)];

/// The number of a word.
pub(super) fn value(data_type: DataType, word: &str) -> Option<u128> {
    if data_type == DataType::Protocol {
        return protocol_names::number(word).map(u128::from);
    }
    if data_type == DataType::Port {
        return service_names::port(word).map(u128::from);
    }
    words(data_type)
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, value)| *value)
}

const fn words(data_type: DataType) -> Words {
    match data_type {
        DataType::EtherType => ETHER_TYPES,
        DataType::NetworkProtocol => &[("ipv4", 2), ("ipv6", 10)],
        DataType::HardwareType => HARDWARE_TYPES,
        DataType::PacketType => PACKET_TYPES,
        DataType::ConntrackState => CONNTRACK_STATES,
        DataType::ConntrackStatus => CONNTRACK_STATUSES,
        DataType::ConntrackDirection => &[("original", 0), ("reply", 1)],
        DataType::ConntrackEvent => CONNTRACK_EVENTS,
        DataType::TcpFlags => TCP_FLAGS,
        DataType::Dscp => DSCP,
        DataType::Ecn => &[("not-ect", 0), ("ect1", 1), ("ect0", 2), ("ce", 3)],
        DataType::IcmpType => ICMP_TYPES,
        DataType::Icmp6Type => ICMP6_TYPES,
        DataType::IcmpCode => ICMP_CODES,
        DataType::Icmp6Code => ICMP6_CODES,
        DataType::AddressType => ADDRESS_TYPES,
        DataType::DeviceGroup => &[("default", 0)],
        DataType::Realm => &[("cosmos", 0)],
        DataType::User | DataType::Group => &[("root", 0)],
        DataType::Day => DAYS,
        _ => &[],
    }
}

const ETHER_TYPES: Words = &[
    ("ip", 0x0800),
    ("arp", 0x0806),
    ("ip6", 0x86dd),
    ("8021q", 0x8100),
    ("vlan", 0x8100),
    ("8021ad", 0x88a8),
];

const HARDWARE_TYPES: Words = &[
    ("ether", 1),
    ("ppp", 512),
    ("ipip", 768),
    ("ipip6", 769),
    ("loopback", 772),
    ("sit", 776),
    ("ipgre", 778),
];

const PACKET_TYPES: Words = &[
    ("host", 0),
    ("unicast", 0),
    ("broadcast", 1),
    ("multicast", 2),
    ("other", 3),
];

const CONNTRACK_STATES: Words = &[
    ("invalid", 1),
    ("established", 2),
    ("related", 4),
    ("new", 8),
    ("untracked", 64),
];

const CONNTRACK_STATUSES: Words = &[
    ("expected", 1),
    ("seen-reply", 2),
    ("assured", 4),
    ("confirmed", 8),
    ("snat", 16),
    ("dnat", 32),
    ("dying", 512),
];

/// Bits of `IPCT_*` (`linux/netfilter/nf_conntrack_common.h`).
const CONNTRACK_EVENTS: Words = &[
    ("new", 1),
    ("related", 2),
    ("destroy", 4),
    ("reply", 8),
    ("assured", 16),
    ("protoinfo", 32),
    ("helper", 64),
    ("mark", 128),
    ("seqadj", 256),
    ("secmark", 512),
    ("label", 1024),
];

const TCP_FLAGS: Words = &[
    ("fin", 1),
    ("syn", 2),
    ("rst", 4),
    ("psh", 8),
    ("ack", 16),
    ("urg", 32),
    ("ecn", 64),
    ("cwr", 128),
];

const DSCP: Words = &[
    ("cs0", 0),
    ("cs1", 8),
    ("cs2", 16),
    ("cs3", 24),
    ("cs4", 32),
    ("cs5", 40),
    ("cs6", 48),
    ("cs7", 56),
    ("df", 0),
    ("be", 0),
    ("lephb", 1),
    ("af11", 10),
    ("af12", 12),
    ("af13", 14),
    ("af21", 18),
    ("af22", 20),
    ("af23", 22),
    ("af31", 26),
    ("af32", 28),
    ("af33", 30),
    ("af41", 34),
    ("af42", 36),
    ("af43", 38),
    ("va", 44),
    ("ef", 46),
];

const ICMP_TYPES: Words = &[
    ("echo-reply", 0),
    ("destination-unreachable", 3),
    ("source-quench", 4),
    ("redirect", 5),
    ("echo-request", 8),
    ("router-advertisement", 9),
    ("router-solicitation", 10),
    ("time-exceeded", 11),
    ("parameter-problem", 12),
    ("timestamp-request", 13),
    ("timestamp-reply", 14),
    ("info-request", 15),
    ("info-reply", 16),
    ("address-mask-request", 17),
    ("address-mask-reply", 18),
];

const ICMP6_TYPES: Words = &[
    ("destination-unreachable", 1),
    ("packet-too-big", 2),
    ("time-exceeded", 3),
    ("parameter-problem", 4),
    ("echo-request", 128),
    ("echo-reply", 129),
    ("mld-listener-query", 130),
    ("mld-listener-report", 131),
    ("mld-listener-done", 132),
    ("mld-listener-reduction", 132),
    ("nd-router-solicit", 133),
    ("nd-router-advert", 134),
    ("nd-neighbor-solicit", 135),
    ("nd-neighbor-advert", 136),
    ("nd-redirect", 137),
    ("router-renumbering", 138),
    ("ind-neighbor-solicit", 141),
    ("ind-neighbor-advert", 142),
    ("mld2-listener-report", 143),
];

const ICMP_CODES: Words = &[
    ("net-unreachable", 0),
    ("host-unreachable", 1),
    ("prot-unreachable", 2),
    ("port-unreachable", 3),
    ("frag-needed", 4),
    ("net-prohibited", 9),
    ("host-prohibited", 10),
    ("admin-prohibited", 13),
];

const ICMP6_CODES: Words = &[
    ("no-route", 0),
    ("admin-prohibited", 1),
    ("addr-unreachable", 3),
    ("port-unreachable", 4),
    ("policy-fail", 5),
    ("reject-route", 6),
];

const ADDRESS_TYPES: Words = &[
    ("unspec", 0),
    ("unicast", 1),
    ("local", 2),
    ("broadcast", 3),
    ("anycast", 4),
    ("multicast", 5),
    ("blackhole", 6),
    ("unreachable", 7),
    ("prohibit", 8),
];

const DAYS: Words = &[
    ("Sunday", 0),
    ("Monday", 1),
    ("Tuesday", 2),
    ("Wednesday", 3),
    ("Thursday", 4),
    ("Friday", 5),
    ("Saturday", 6),
];
