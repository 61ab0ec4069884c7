//! What is not known, in a person's words.

use crate::model::{Field, Rate, RateKind};

/// What a comparison with this field depends on.
pub(super) const fn unknown_field(field: Field) -> &'static str {
    match field {
        Field::Ip4Source | Field::Ip6Source => "depends on the source address (--from)",
        Field::Ip4Destination | Field::Ip6Destination => {
            "depends on the destination address (--to)"
        }
        Field::TcpSourcePort | Field::TransportSourcePort => {
            "depends on the source port (--from-port)"
        }
        Field::TcpDestinationPort | Field::TransportDestinationPort => {
            "depends on the destination port"
        }
        Field::InputInterface
        | Field::InputInterfaceType
        | Field::InputInterfaceGroup
        | Field::InputInterfaceKind => "depends on the interface it arrives by (--iface)",
        Field::OutputInterface
        | Field::OutputInterfaceType
        | Field::OutputInterfaceGroup
        | Field::OutputInterfaceKind => "depends on the interface it leaves by",
        Field::EtherSource => "depends on the sender's link-layer address (--mac)",
        Field::EtherDestination | Field::EtherHeaderType | Field::Vlan => {
            "depends on the link-layer header"
        }
        Field::Mark | Field::ConntrackMark => "depends on a mark that is not known",
        Field::OwnerUser | Field::OwnerGroup => {
            "depends on the user that the listening program runs as"
        }
        Field::ControlGroup => "depends on the control group of the listening program",
        Field::SecurityPath => "depends on whether it comes through IPsec",
        Field::Socket => "depends on which sockets are open",
        Field::Ip4TimeToLive | Field::Ip6HopLimit => "depends on how many hops it has passed",
        Field::Ip4Length | Field::Ip6Length | Field::Length => "depends on its length",
        Field::TcpMaximumSegmentSize | Field::TcpOptionPresent(_) => {
            "depends on the TCP options of the client"
        }
        Field::Processor => "depends on which processor receives it",
        Field::ConntrackState => "depends on the state of the connection",
        _ => "depends on a part of the packet that is not known",
    }
}

/// What a rate depends on.
pub(super) fn rate(rate: &Rate) -> String {
    let what = match rate.kind {
        RateKind::Limit | RateKind::Hashlimit => "depends on how many packets came before",
        RateKind::Connlimit => "depends on how many connections are open",
        RateKind::Quota | RateKind::Connbytes => "depends on how many bytes came before",
        RateKind::Recent => "depends on how often this address came lately",
        RateKind::Statistic => "depends on chance",
    };
    match (rate.amount, rate.seconds) {
        (0, _) => what.to_owned(),
        (amount, 0) => format!("{what} (limit {amount})"),
        (amount, seconds) => format!("{what} (limit {amount} in {seconds} s)"),
    }
}
