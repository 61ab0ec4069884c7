//! Fields of the IP header and IPv6 extension headers (`net/netfilter/xt_hl.c`, `xt_dscp.c`, `xt_ecn.c`, `xt_length.c`,
//! `net/ipv6/netfilter/ip6t_*.c`).

use crate::evaluate::Version;
use crate::model::{Condition, Field, Range, tcp_flag};

use super::super::conditions::{all, equals, masked, not_if, within};
use super::super::options::{Context, Module, Reading, Use, alias, holds, option, undecidable};
use super::super::values::{named, number, range};
use super::transport::tcp_flag_is_set;

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "ttl",
        &[
            option("ttl-eq", 1),
            alias("ttl", "ttl-eq", 1),
            option("ttl-lt", 1),
            option("ttl-gt", 1),
        ],
        |used, _| hops(used, Field::Ip4TimeToLive, ["ttl-eq", "ttl-lt", "ttl-gt"]),
    ),
    Module::new(
        "hl",
        &[
            option("hl-eq", 1),
            alias("hl", "hl-eq", 1),
            option("hl-lt", 1),
            option("hl-gt", 1),
        ],
        |used, _| hops(used, Field::Ip6HopLimit, ["hl-eq", "hl-lt", "hl-gt"]),
    ),
    Module::new("tos", &[option("tos", 1)], tos),
    Module::new("dscp", &[option("dscp", 1), option("dscp-class", 1)], dscp),
    Module::new(
        "ecn",
        &[
            option("ecn-tcp-cwr", 0),
            option("ecn-tcp-ece", 0),
            option("ecn-ip-ect", 1),
        ],
        ecn,
    ),
    Module::new("length", &[option("length", 1)], length),
    // One SYN without extension headers is asked about: without the header these fail, inverted or not.
    Module::loose("frag", |_, _| holds(Condition::Constant(false))),
    Module::loose("rt", |_, _| holds(Condition::Constant(false))),
    Module::loose("srh", |_, _| holds(Condition::Constant(false))),
    Module::loose("hbh", |_, _| holds(Condition::Constant(false))),
    Module::loose("dst", |_, _| holds(Condition::Constant(false))),
    Module::loose("mh", |_, _| {
        holds(equals(Field::TransportProtocol, 135, false))
    }),
    Module::new(
        "ipv6header",
        &[option("header", 1), option("soft", 0)],
        ipv6header,
    ),
    Module::loose("eui64", |_, _| {
        undecidable("depends on the link-layer address of the sender")
    }),
    Module::loose("ipv4options", |_, _| {
        undecidable("depends on the IP options of the packet")
    }),
];

fn hops(used: &Use<'_>, field: Field, [equal, less, greater]: [&str; 3]) -> Reading {
    let given = used.given.last().ok_or("no number of hops")?;
    let value = u128::from(number(given.value)?);
    let values = if given.name == equal {
        Some(Range::exactly(value))
    } else if given.name == less {
        value.checked_sub(1).map(|below| Range::new(0, below))
    } else {
        debug_assert_eq!(given.name, greater);
        (value < 255).then(|| Range::new(value + 1, 255))
    };
    holds(match values {
        Some(values) => within(field, values, given.negated),
        None => Condition::Constant(given.negated),
    })
}

fn dscp_field(version: Version) -> Field {
    match version {
        Version::V4 => Field::Ip4Dscp,
        Version::V6 => Field::Ip6Dscp,
    }
}

fn ecn_field(version: Version) -> Field {
    match version {
        Version::V4 => Field::Ip4Ecn,
        Version::V6 => Field::Ip6Ecn,
    }
}

/// Values of the old type of service, as `iptables -m tos -h` lists them.
const SERVICES: [(&str, u64); 5] = [
    ("Minimize-Delay", 0x10),
    ("Maximize-Throughput", 0x08),
    ("Maximize-Reliability", 0x04),
    ("Minimize-Cost", 0x02),
    ("Normal-Service", 0x00),
];

fn tos(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let given = used.get("tos").ok_or("tos without --tos")?;
    let (value, mask) = if let Some(value) = named(&SERVICES, given.value) {
        (value, 0x3f)
    } else if let Some((value, mask)) = given.value.split_once('/') {
        (number(value)?, number(mask)?)
    } else {
        (number(given.value)?, 0xff)
    };
    if value > 0xff || mask > 0xff {
        return Err(format!("\"{}\" is not a type of service", given.value));
    }
    let (value, mask) = (u128::from(value), u128::from(mask));
    let both = all([
        masked(dscp_field(context.version), mask >> 2, value >> 2, 6, false),
        masked(ecn_field(context.version), mask & 3, value & 3, 2, false),
    ]);
    holds(not_if(given.negated, both))
}

fn dscp(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let given = used.given.last().ok_or("dscp without a value")?;
    let value = if given.name == "dscp" {
        number(given.value)?.into()
    } else {
        dscp_class(given.value)
            .ok_or_else(|| format!("the DSCP class \"{}\" is not known", given.value))?
    };
    holds(equals(dscp_field(context.version), value, given.negated))
}

/// RFC 2474 (CS), RFC 2597 (AF), RFC 3246 (EF).
fn dscp_class(name: &str) -> Option<u128> {
    let name = name.to_ascii_uppercase();
    let digits = |text: &str| {
        text.chars()
            .map(|digit| digit.to_digit(10).map(u128::from))
            .collect::<Option<Vec<_>>>()
    };
    match name.as_str() {
        "BE" => Some(0),
        "EF" => Some(46),
        _ if name.starts_with("CS") => match digits(&name[2..])?[..] {
            [class @ 0..=7] => Some(class * 8),
            _ => None,
        },
        _ if name.starts_with("AF") => match digits(&name[2..])?[..] {
            [class @ 1..=4, drop @ 1..=3] => Some(class * 8 + drop * 2),
            _ => None,
        },
        _ => None,
    }
}

fn ecn(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for given in &used.given {
        conditions.push(match given.name {
            "ecn-tcp-cwr" => tcp_flag_is_set(tcp_flag::CWR, given.negated),
            "ecn-tcp-ece" => tcp_flag_is_set(tcp_flag::ECE, given.negated),
            _ => equals(
                ecn_field(context.version),
                number(given.value)?.into(),
                given.negated,
            ),
        });
    }
    holds(all(conditions))
}

fn length(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("length").ok_or("length without --length")?;
    let bytes = range(given.value, ':', 0xffff)?;
    holds(within(Field::Length, bytes, given.negated))
}

/// Of the headers that `ip6t_ipv6header.c` counts, a TCP or ICMPv6 packet without extension headers has only "protocol".
fn ipv6header(used: &Use<'_>, _: &Context<'_>) -> Reading {
    const PROTOCOL: u128 = 1;
    let given = used.get("header").ok_or("ipv6header without --header")?;
    let mut wanted = 0;
    for name in given.value.split(',') {
        wanted |= match name {
            "hop" | "hop-by-hop" | "0" => 128,
            "dst" | "dest" | "ipv6-opts" | "60" => 64,
            "route" | "ipv6-route" | "43" => 32,
            "frag" | "ipv6-frag" | "44" => 16,
            "auth" | "ah" | "51" => 8,
            "esp" | "50" => 4,
            "none" | "ipv6-nonxt" | "59" => 2,
            "prot" | "proto" | "protocol" => PROTOCOL,
            other => return Err(format!("the IPv6 header \"{other}\" is not known")),
        };
    }
    holds(Condition::Constant(if used.has("soft") {
        let inverted = if given.negated { wanted } else { 0 };
        (PROTOCOL ^ wanted ^ inverted) & wanted == 0
    } else {
        (PROTOCOL == wanted) != given.negated
    }))
}
