//! The matches of iptables (`iptables-extensions(8)`, "MATCH EXTENSIONS"), with the semantics of the kernel's modules.

mod addresses;
mod connection;
mod header;
mod host;
mod icmp;
mod ipset;
mod limits;
mod opaque;
mod routing;
mod transport;

use super::options::Module;

pub(super) use ipset::keys as ipset_keys;

/// The match of this name.
pub(super) fn find(name: &str) -> Option<&'static Module> {
    let name = match name {
        "icmpv6" | "ipv6-icmp" => "icmp6",
        "mport" => "multiport",
        other => other,
    };
    FAMILIES
        .iter()
        .flat_map(|modules| modules.iter())
        .find(|module| module.name == name)
}

/// Commonest first.
const FAMILIES: [&[Module]; 10] = [
    transport::MODULES,
    connection::MODULES,
    host::MODULES,
    limits::MODULES,
    addresses::MODULES,
    ipset::MODULES,
    icmp::MODULES,
    header::MODULES,
    routing::MODULES,
    opaque::MODULES,
];
