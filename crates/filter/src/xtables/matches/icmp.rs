//! `icmp` and `icmp6` (`net/netfilter/xt_tcpudp.c`, formerly `ip_tables.c`): types and codes, never those of a TCP packet.

use crate::model::{Condition, Field, Range};

use super::super::conditions::{all, equals, not_if, within};
use super::super::options::{Context, Module, Reading, Use, alias, holds, option};
use super::super::values::named;

pub(super) const MODULES: &[Module] = &[
    Module::new("icmp", &[option("icmp-type", 1)], icmp4),
    Module::new(
        "icmp6",
        &[
            option("icmpv6-type", 1),
            alias("icmp6-type", "icmpv6-type", 1),
        ],
        icmp6,
    ),
];

/// A type, and its codes when not all.
type TypeAndCode = (u8, Option<u8>);

fn icmp4(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let Some(given) = used.get("icmp-type") else {
        return holds(all([]));
    };
    if given.value.eq_ignore_ascii_case("any") || given.value == "255" {
        return holds(Condition::Constant(!given.negated));
    }
    let what = type_and_code(given.value, &ICMP)?;
    holds(condition(
        Field::IcmpType,
        Field::IcmpCode,
        what,
        given.negated,
    ))
}

fn icmp6(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let Some(given) = used.get("icmpv6-type") else {
        return holds(all([]));
    };
    let what = type_and_code(given.value, &ICMP6)?;
    holds(condition(
        Field::Icmp6Type,
        Field::Icmp6Code,
        what,
        given.negated,
    ))
}

fn condition(
    type_field: Field,
    code_field: Field,
    (kind, code): TypeAndCode,
    negated: bool,
) -> Condition {
    let codes = code.map_or(Range::new(0, 255), |code| Range::exactly(code.into()));
    let both = all([
        equals(type_field, kind.into(), false),
        within(code_field, codes, false),
    ]);
    // The protocol is that of the rule: the type is there, and the opposite needs it too.
    all([
        within(type_field, Range::new(0, 255), false),
        not_if(negated, both),
    ])
}

fn type_and_code(text: &str, names: &[(&str, TypeAndCode)]) -> Result<TypeAndCode, String> {
    if let Some(known) = named(names, text) {
        return Ok(known);
    }
    let (kind, code) = match text.split_once('/') {
        Some((kind, code)) => (kind.parse().ok(), code.parse().ok().map(Some)),
        None => (text.parse().ok(), Some(None)),
    };
    kind.zip(code)
        .ok_or_else(|| format!("the ICMP type \"{text}\" is not known"))
}

/// Names of `iptables -p icmp -h`.
const ICMP: [(&str, TypeAndCode); 38] = [
    ("echo-reply", (0, None)),
    ("pong", (0, None)),
    ("destination-unreachable", (3, None)),
    ("network-unreachable", (3, Some(0))),
    ("host-unreachable", (3, Some(1))),
    ("protocol-unreachable", (3, Some(2))),
    ("port-unreachable", (3, Some(3))),
    ("fragmentation-needed", (3, Some(4))),
    ("source-route-failed", (3, Some(5))),
    ("network-unknown", (3, Some(6))),
    ("host-unknown", (3, Some(7))),
    ("network-prohibited", (3, Some(9))),
    ("host-prohibited", (3, Some(10))),
    ("TOS-network-unreachable", (3, Some(11))),
    ("TOS-host-unreachable", (3, Some(12))),
    ("communication-prohibited", (3, Some(13))),
    ("host-precedence-violation", (3, Some(14))),
    ("precedence-cutoff", (3, Some(15))),
    ("source-quench", (4, None)),
    ("redirect", (5, None)),
    ("network-redirect", (5, Some(0))),
    ("host-redirect", (5, Some(1))),
    ("TOS-network-redirect", (5, Some(2))),
    ("TOS-host-redirect", (5, Some(3))),
    ("echo-request", (8, None)),
    ("ping", (8, None)),
    ("router-advertisement", (9, None)),
    ("router-solicitation", (10, None)),
    ("time-exceeded", (11, None)),
    ("ttl-exceeded", (11, None)),
    ("ttl-zero-during-transit", (11, Some(0))),
    ("ttl-zero-during-reassembly", (11, Some(1))),
    ("parameter-problem", (12, None)),
    ("required-option-missing", (12, Some(1))),
    ("timestamp-request", (13, None)),
    ("timestamp-reply", (14, None)),
    ("address-mask-request", (17, None)),
    ("address-mask-reply", (18, None)),
];

/// Names of `ip6tables -p icmpv6 -h`.
const ICMP6: [(&str, TypeAndCode); 30] = [
    ("destination-unreachable", (1, None)),
    ("no-route", (1, Some(0))),
    ("communication-prohibited", (1, Some(1))),
    ("beyond-scope", (1, Some(2))),
    ("address-unreachable", (1, Some(3))),
    ("port-unreachable", (1, Some(4))),
    ("failed-policy", (1, Some(5))),
    ("reject-route", (1, Some(6))),
    ("packet-too-big", (2, None)),
    ("time-exceeded", (3, None)),
    ("ttl-exceeded", (3, None)),
    ("ttl-zero-during-transit", (3, Some(0))),
    ("ttl-zero-during-reassembly", (3, Some(1))),
    ("parameter-problem", (4, None)),
    ("bad-header", (4, Some(0))),
    ("unknown-header-type", (4, Some(1))),
    ("unknown-option", (4, Some(2))),
    ("echo-request", (128, None)),
    ("ping", (128, None)),
    ("echo-reply", (129, None)),
    ("pong", (129, None)),
    ("mld-listener-query", (130, None)),
    ("mld-listener-report", (131, None)),
    ("mld-listener-done", (132, None)),
    ("router-solicitation", (133, None)),
    ("router-advertisement", (134, None)),
    ("neighbour-solicitation", (135, None)),
    ("neighbor-solicitation", (135, None)),
    ("neighbour-advertisement", (136, None)),
    ("neighbor-advertisement", (136, None)),
];
