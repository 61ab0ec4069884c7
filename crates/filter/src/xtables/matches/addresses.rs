//! Ranges and types of addresses (`net/netfilter/xt_iprange.c`, `xt_addrtype.c`).

use crate::evaluate::Version;
use crate::model::{
    Condition, Expression, FibQuestion, FibResult, Field, Range, Ranges, address_type,
};

use super::super::conditions::{all, among, any, equals, not_if, undecidable, within};
use super::super::options::{Context, Module, Reading, Use, holds, option};
use super::super::values::{address_range, named_bits};

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "iprange",
        &[option("src-range", 1), option("dst-range", 1)],
        iprange,
    ),
    Module::new(
        "addrtype",
        &[
            option("src-type", 1),
            option("dst-type", 1),
            option("limit-iface-in", 0),
            option("limit-iface-out", 0),
        ],
        addrtype,
    ),
];

/// The field of the source or destination address.
pub(in super::super) const fn address_field(version: Version, of_source: bool) -> Field {
    match (version, of_source) {
        (Version::V4, true) => Field::Ip4Source,
        (Version::V4, false) => Field::Ip4Destination,
        (Version::V6, true) => Field::Ip6Source,
        (Version::V6, false) => Field::Ip6Destination,
    }
}

fn iprange(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for (name, of_source) in [("src-range", true), ("dst-range", false)] {
        if let Some(given) = used.get(name) {
            conditions.push(within(
                address_field(context.version, of_source),
                address_range(given.value, context.version)?,
                given.negated,
            ));
        }
    }
    holds(all(conditions))
}

const TYPES: [(&str, u128); 12] = [
    ("UNSPEC", 1 << address_type::UNSPECIFIED),
    ("UNICAST", 1 << address_type::UNICAST),
    ("LOCAL", 1 << address_type::LOCAL),
    ("BROADCAST", 1 << address_type::BROADCAST),
    ("ANYCAST", 1 << address_type::ANYCAST),
    ("MULTICAST", 1 << address_type::MULTICAST),
    ("BLACKHOLE", 1 << address_type::BLACKHOLE),
    ("UNREACHABLE", 1 << address_type::UNREACHABLE),
    ("PROHIBIT", 1 << address_type::PROHIBIT),
    ("THROW", 1 << 9),
    ("NAT", 1 << 10),
    ("XRESOLVE", 1 << 11),
];

fn addrtype(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for (name, of_source) in [("src-type", true), ("dst-type", false)] {
        let Some(given) = used.get(name) else {
            continue;
        };
        let types = named_bits(&TYPES, given.value)?;
        let question = FibQuestion {
            of_source,
            with_mark: false,
            with_input_interface: used.has("limit-iface-in"),
            with_output_interface: used.has("limit-iface-out"),
            result: FibResult::AddressType,
        };
        let condition = match context.version {
            Version::V4 => among_types(question, types),
            Version::V6 => type6(question, types),
        };
        conditions.push(not_if(given.negated, condition));
    }
    holds(all(conditions))
}

fn among_types(question: FibQuestion, types: u128) -> Condition {
    Condition::In {
        value: Expression::Fib(question),
        ranges: Ranges::new(
            (0..12u32)
                .filter(|kind| types & (1 << kind) != 0)
                .map(|kind| Range::exactly(kind.into())),
        ),
        negated: false,
    }
}

/// IPv6 has types by the shape of the address, all of which must fit, and types by route, one of which must fit.
fn type6(question: FibQuestion, types: u128) -> Condition {
    let field = address_field(Version::V6, question.of_source);
    let multicast = Range::prefix(0xff << 120, 8, 128);
    let bit = |kind: u128| types & (1 << kind) != 0;
    let mut conditions = Vec::new();
    if bit(address_type::MULTICAST) {
        conditions.push(within(field, multicast, false));
    }
    if bit(address_type::UNICAST) {
        let others = Ranges::new([Range::exactly(0), multicast]);
        conditions.push(among(field, others, true));
    }
    if bit(address_type::UNSPECIFIED) {
        conditions.push(equals(field, 0, false));
    }
    let routed = types & ((1 << address_type::LOCAL) | (1 << address_type::ANYCAST));
    let unreachable = bit(address_type::UNREACHABLE);
    if routed != 0 || unreachable {
        let mut one_of = vec![among_types(question, routed)];
        if unreachable {
            one_of.push(undecidable("depends on the routes to the address"));
        }
        conditions.push(any(one_of));
    }
    all(conditions)
}
