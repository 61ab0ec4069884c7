//! `REJECT` (`net/ipv4/netfilter/ipt_REJECT.c`, `net/ipv6/netfilter/ip6t_REJECT.c`).

use crate::evaluate::Version;
use crate::model::{IcmpError, RejectWith, Statement};

use super::super::options::{Context, Module, Reading, Use, option};

pub(super) const MODULES: &[Module] = &[Module::new("REJECT", &[option("reject-with", 1)], reject)];

fn reject(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let with = match (used.get("reject-with"), context.version) {
        (None, Version::V4) => RejectWith::Icmp(IcmpError::PortUnreachable),
        (None, Version::V6) => RejectWith::Icmp(IcmpError::PortUnreachable6),
        (Some(given), version) => error(given.value, version)
            .ok_or_else(|| format!("the rejection \"{}\" is not known", given.value))?,
    };
    Ok(vec![Statement::Reject(with)])
}

/// By name or by its beginning, as `libipt_REJECT.c` and `libip6t_REJECT.c` take it.
fn error(text: &str, version: Version) -> Option<RejectWith> {
    let text = text.to_ascii_lowercase();
    let names: &[(&str, &str, RejectWith)] = match version {
        Version::V4 => &NAMES,
        Version::V6 => &NAMES6,
    };
    if text.is_empty() {
        return None;
    }
    names
        .iter()
        .find(|(name, other, _)| *name == text || *other == text)
        .or_else(|| {
            names
                .iter()
                .find(|(name, other, _)| name.starts_with(&text) || other.starts_with(&text))
        })
        .map(|(_, _, with)| *with)
}

const NAMES: [(&str, &str, RejectWith); 8] = [
    (
        "icmp-net-unreachable",
        "net-unreach",
        RejectWith::Icmp(IcmpError::NetUnreachable),
    ),
    (
        "icmp-host-unreachable",
        "host-unreach",
        RejectWith::Icmp(IcmpError::HostUnreachable),
    ),
    (
        "icmp-proto-unreachable",
        "proto-unreach",
        RejectWith::Icmp(IcmpError::ProtocolUnreachable),
    ),
    (
        "icmp-port-unreachable",
        "port-unreach",
        RejectWith::Icmp(IcmpError::PortUnreachable),
    ),
    (
        "icmp-net-prohibited",
        "net-prohib",
        RejectWith::Icmp(IcmpError::NetProhibited),
    ),
    (
        "icmp-host-prohibited",
        "host-prohib",
        RejectWith::Icmp(IcmpError::HostProhibited),
    ),
    ("tcp-reset", "tcp-rst", RejectWith::TcpReset),
    (
        "icmp-admin-prohibited",
        "admin-prohib",
        RejectWith::Icmp(IcmpError::AdminProhibited),
    ),
];

const NAMES6: [(&str, &str, RejectWith); 7] = [
    (
        "icmp6-no-route",
        "no-route",
        RejectWith::Icmp(IcmpError::NoRoute6),
    ),
    (
        "icmp6-adm-prohibited",
        "adm-prohibited",
        RejectWith::Icmp(IcmpError::AdminProhibited6),
    ),
    (
        "icmp6-addr-unreachable",
        "addr-unreach",
        RejectWith::Icmp(IcmpError::AddressUnreachable6),
    ),
    (
        "icmp6-port-unreachable",
        "port-unreach",
        RejectWith::Icmp(IcmpError::PortUnreachable6),
    ),
    ("tcp-reset", "tcp-reset", RejectWith::TcpReset),
    (
        "icmp6-policy-fail",
        "policy-fail",
        RejectWith::Icmp(IcmpError::PolicyFail6),
    ),
    (
        "icmp6-reject-route",
        "reject-route",
        RejectWith::Icmp(IcmpError::RejectRoute6),
    ),
];
