//! Translation of addresses and ports (`net/netfilter/xt_nat.c`, `xt_REDIRECT.c`, `xt_MASQUERADE.c`, `xt_NETMAP.c`).

use std::net::IpAddr;

use crate::evaluate::{Version, value_address};
use crate::model::{Expression, Range, Statement, Translation, TranslationKind};

use super::super::options::{Context, Module, OptionKind, Reading, Use, option};
use super::super::values::{address_range, network, range};

pub(super) const MODULES: &[Module] = &[
    Module::new("DNAT", TO_DESTINATION, |used, context| {
        to_address(used, context, TranslationKind::Dnat)
    }),
    Module::new("SNAT", TO_SOURCE, |used, context| {
        to_address(used, context, TranslationKind::Snat)
    }),
    Module::new("REDIRECT", TO_PORTS, |used, _| {
        to_ports(used, TranslationKind::Redirect)
    }),
    Module::new("MASQUERADE", TO_PORTS, |used, _| {
        to_ports(used, TranslationKind::Masquerade)
    }),
    Module::new("NETMAP", &[option("to", 1)], netmap),
];

const TO_DESTINATION: &[OptionKind] = &[
    option("to-destination", 1),
    option("random", 0),
    option("persistent", 0),
];

const TO_SOURCE: &[OptionKind] = &[
    option("to-source", 1),
    option("random", 0),
    option("random-fully", 0),
    option("persistent", 0),
];

const TO_PORTS: &[OptionKind] = &[
    option("to-ports", 1),
    option("random", 0),
    option("random-fully", 0),
];

fn translation(kind: TranslationKind) -> Translation {
    Translation {
        kind,
        address: None,
        family: None,
        port: None,
        port_range: None,
        network: None,
    }
}

fn set_ports(translation: &mut Translation, text: &str) -> Result<(), String> {
    // `first-last/base` spreads the ports of the packet over a range: which one it gets is not followed here.
    let ports = range(text.split('/').next().unwrap_or(text), '-', 0xffff)?;
    if ports.low == ports.high {
        translation.port = Some(Expression::Constant(ports.low));
    } else {
        translation.port_range = Some(ports);
    }
    Ok(())
}

fn to_ports(used: &Use<'_>, kind: TranslationKind) -> Reading {
    let mut translation = translation(kind);
    if let Some(given) = used.get("to-ports") {
        set_ports(&mut translation, given.value)?;
    }
    Ok(vec![Statement::Translate(translation)])
}

/// `[address[-address]][:port[-port]]`, with brackets around an IPv6 address that has a port. Old versions take several: one of
/// them is chosen.
fn to_address(used: &Use<'_>, context: &Context<'_>, kind: TranslationKind) -> Reading {
    let mut addresses: Option<Range> = None;
    let mut several = false;
    let mut translation = translation(kind);
    for given in used
        .given
        .iter()
        .filter(|given| given.name.starts_with("to-"))
    {
        let (address, ports) = split_port(given.value, context.version);
        if let Some(ports) = ports {
            set_ports(&mut translation, ports)?;
        }
        if !address.is_empty() {
            let range = address_range(address, context.version)?;
            several |= addresses.is_some();
            addresses = Some(addresses.map_or(range, |known| {
                Range::new(known.low.min(range.low), known.high.max(range.high))
            }));
        }
    }
    if addresses.is_none() && translation.port.is_none() && translation.port_range.is_none() {
        return Err(format!("{} without an address or port", used.name));
    }
    translation.address = addresses.map(|range| {
        if range.low == range.high && !several {
            Expression::Constant(range.low)
        } else {
            Expression::Unpredictable {
                range,
                reason: "one of several addresses".into(),
            }
        }
    });
    Ok(vec![Statement::Translate(translation)])
}

fn split_port(text: &str, version: Version) -> (&str, Option<&str>) {
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    match (version, text.split_once(':')) {
        (Version::V4, Some((address, ports))) => (address, Some(ports)),
        _ => (text, None),
    }
}

/// Maps the destination before routing and the source after it (`netmap_tg4`): in a chain of one's own that depends on the caller.
fn netmap(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let given = used.get("to").ok_or("NETMAP without --to")?;
    let kind = match context.chain {
        "PREROUTING" | "OUTPUT" => TranslationKind::Dnat,
        "POSTROUTING" | "INPUT" => TranslationKind::Snat,
        _ => return Err("NETMAP in a chain that other chains call".to_owned()),
    };
    let (start, length) = network(given.value, context.version)?;
    let start: IpAddr = value_address(context.version, start);
    let mut translation = translation(kind);
    translation.network = Some((start, length));
    Ok(vec![Statement::Translate(translation)])
}
