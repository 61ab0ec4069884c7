//! Ports and what else a transport header says (`net/netfilter/xt_tcpudp.c`, `xt_multiport.c`, `xt_tcpmss.c`, `xt_esp.c`).

use crate::model::{Condition, Expression, Field, Range, Ranges, protocol, tcp_flag};

use super::super::conditions::{all, any, any_bit, equals, masked, not_if, undecidable, within};
use super::super::options::{Context, Module, Reading, Use, alias, holds, option};
use super::super::values::{named_bits, number, ports, range};

const PORT_OPTIONS: &[super::super::options::OptionKind] = &[
    option("dport", 1),
    option("sport", 1),
    alias("destination-port", "dport", 1),
    alias("source-port", "sport", 1),
    option("dccp-types", 1),
    option("dccp-option", 1),
    option("chunk-types", 2),
];

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "tcp",
        &[
            option("dport", 1),
            option("sport", 1),
            option("tcp-flags", 2),
            option("syn", 0),
            option("tcp-option", 1),
            alias("destination-port", "dport", 1),
            alias("source-port", "sport", 1),
        ],
        tcp,
    ),
    Module::new("udp", PORT_OPTIONS, udp),
    Module::new("udplite", PORT_OPTIONS, other_ports),
    Module::new("sctp", PORT_OPTIONS, other_ports),
    Module::new("dccp", PORT_OPTIONS, other_ports),
    Module::new(
        "multiport",
        &[
            option("dports", 1),
            option("sports", 1),
            option("ports", 1),
            alias("destination-ports", "dports", 1),
            alias("source-ports", "sports", 1),
        ],
        multiport,
    ),
    Module::new("tcpmss", &[option("mss", 1)], tcpmss),
    Module::loose("esp", |_, _| only_of(50, "depends on the ESP header")),
    Module::loose("ah", |_, _| only_of(51, "depends on the AH header")),
    Module::loose("ipcomp", |_, _| {
        only_of(108, "depends on the IPComp header")
    }),
    Module::loose("l2tp", |_, _| {
        holds(all([
            within_protocols(&[17, 115]),
            undecidable("depends on the L2TP header"),
        ]))
    }),
];

/// Of another protocol, that cannot be decided; TCP and ICMP have no such header.
fn only_of(number: u128, reason: &str) -> Reading {
    holds(all([
        equals(Field::TransportProtocol, number, false),
        undecidable(reason),
    ]))
}

pub(super) fn within_protocols(numbers: &[u128]) -> Condition {
    super::super::conditions::among(
        Field::TransportProtocol,
        Ranges::new(numbers.iter().map(|number| Range::exactly(*number))),
        false,
    )
}

fn port_conditions(
    used: &Use<'_>,
    source: Field,
    destination: Field,
) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for (name, field) in [("sport", source), ("dport", destination)] {
        if let Some(given) = used.get(name) {
            conditions.push(within(field, ports(given.value)?, given.negated));
        }
    }
    Ok(conditions)
}

const TCP_FLAGS: [(&str, u128); 8] = [
    ("SYN", tcp_flag::SYN),
    ("ACK", tcp_flag::ACK),
    ("FIN", tcp_flag::FIN),
    ("RST", tcp_flag::RST),
    ("URG", tcp_flag::URG),
    ("PSH", tcp_flag::PSH),
    ("ALL", 0x3f),
    ("NONE", 0),
];

fn tcp_flag_names(text: &str) -> Result<u128, String> {
    named_bits(&TCP_FLAGS, text).or_else(|unclear| {
        number(text)
            .ok()
            .filter(|bits| *bits <= 0xff)
            .map(u128::from)
            .ok_or(unclear)
    })
}

fn tcp(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let mut conditions = port_conditions(used, Field::TcpSourcePort, Field::TcpDestinationPort)?;
    if let Some(given) = used.get("tcp-flags") {
        let mask = tcp_flag_names(given.value)?;
        let compared = tcp_flag_names(given.second)?;
        conditions.push(masked(Field::TcpFlags, mask, compared, 8, given.negated));
    }
    if let Some(given) = used.get("syn") {
        let mask = tcp_flag::SYN | tcp_flag::RST | tcp_flag::ACK | tcp_flag::FIN;
        conditions.push(masked(
            Field::TcpFlags,
            mask,
            tcp_flag::SYN,
            8,
            given.negated,
        ));
    }
    if let Some(given) = used.get("tcp-option") {
        let kind = number(given.value)
            .ok()
            .and_then(|kind| u8::try_from(kind).ok())
            .ok_or_else(|| format!("the TCP option \"{}\" is not a number", given.value))?;
        let present = equals(Field::TcpOptionPresent(kind), 1, false);
        conditions.push(not_if(given.negated, present));
    }
    holds(all(conditions))
}

fn udp(used: &Use<'_>, _: &Context<'_>) -> Reading {
    holds(all(port_conditions(
        used,
        Field::UdpSourcePort,
        Field::UdpDestinationPort,
    )?))
}

fn other_ports(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let number = match used.name {
        "udplite" => 136,
        "dccp" => 33,
        _ => 132,
    };
    let mut conditions = vec![equals(Field::TransportProtocol, number, false)];
    conditions.extend(port_conditions(
        used,
        Field::TransportSourcePort,
        Field::TransportDestinationPort,
    )?);
    if used.has("chunk-types") || used.has("dccp-types") || used.has("dccp-option") {
        conditions.push(undecidable("depends on what the packet carries"));
    }
    holds(all(conditions))
}

fn multiport(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for given in &used.given {
        let ranges = given
            .value
            .split(',')
            .map(ports)
            .collect::<Result<Vec<Range>, String>>()?;
        let of = |field| Condition::In {
            value: Expression::Field(field),
            ranges: Ranges::new(ranges.iter().copied()),
            negated: given.negated,
        };
        let (source, destination) = (Field::TransportSourcePort, Field::TransportDestinationPort);
        conditions.push(match given.name {
            "sports" => of(source),
            "dports" => of(destination),
            _ if given.negated => all([of(source), of(destination)]),
            _ => any([of(source), of(destination)]),
        });
    }
    if conditions.is_empty() {
        return Err("multiport without ports".to_owned());
    }
    holds(all(conditions))
}

/// Without the option the match fails, and holds when inverted.
fn tcpmss(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("mss").ok_or("tcpmss without --mss")?;
    let size = range(given.value, ':', 0xffff)?;
    holds(all([
        equals(Field::TransportProtocol, protocol::TCP, false),
        not_if(
            given.negated,
            within(Field::TcpMaximumSegmentSize, size, false),
        ),
    ]))
}

/// `ecn --ecn-tcp-cwr` and `--ecn-tcp-ece`.
pub(super) fn tcp_flag_is_set(flag: u128, negated: bool) -> Condition {
    all([
        equals(Field::TransportProtocol, protocol::TCP, false),
        any_bit(Field::TcpFlags, flag, 8, negated),
    ])
}
