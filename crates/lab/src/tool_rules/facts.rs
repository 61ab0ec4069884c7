//! What has to be known of the server beside its rules.

use std::collections::BTreeMap;

use super::dump::ask;
use super::expected::{Interface, ServerFacts};
use super::situation::Situation;
use super::stage::Stage;
use crate::error::{Doing, LabError};
use crate::namespace::Host;

/// Version of every package involved, and of the kernel.
pub(super) fn versions(
    server: &Host,
    situation: &Situation,
) -> Result<BTreeMap<String, String>, LabError> {
    let always = ["nftables", "iptables"].map(str::to_owned);
    let mut versions = BTreeMap::new();
    for package in situation.packages.iter().chain(&always) {
        let format = ["-W", "-f", "${Version}", package.as_str()];
        let version = ask(server, "dpkg-query", "dpkg", &format)?;
        versions.insert(package.clone(), version);
    }
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").doing("ask the kernel")?;
    let kernel = kernel.trim().split('-').next().unwrap_or_default();
    versions.insert("linux".into(), kernel.to_owned());
    Ok(versions)
}

/// Asks the server.
pub(super) fn server_facts(stage: &Stage) -> Result<ServerFacts, LabError> {
    let server = &stage.server;
    let listing = ask(server, "ip", "iproute2", &["-j", "addr"])?;
    let links: Vec<serde_json::Value> =
        serde_json::from_str(&listing).map_err(|error| LabError::Unfit(error.to_string()))?;
    let mut routes = Vec::new();
    for family in ["-4", "-6"] {
        let text = ask(server, "ip", "iproute2", &[family, "route"])?;
        let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        lines.sort();
        routes.append(&mut lines);
    }
    let [v4, v6] = server.run("read kernel settings", || {
        Ok(["ipv4/ip_forward", "ipv6/conf/all/forwarding"].map(|name| {
            std::fs::read_to_string(format!("/proc/sys/net/{name}"))
                .is_ok_and(|value| value.trim() == "1")
        }))
    })?;
    Ok(ServerFacts {
        listening: stage.listening.iter().copied().collect(),
        forwarding_v4: v4,
        forwarding_v6: v6,
        routes,
        interface: links.iter().filter_map(interface).collect(),
    })
}

fn interface(link: &serde_json::Value) -> Option<Interface> {
    let name = link["ifname"].as_str()?.to_owned();
    let addresses = link["addr_info"].as_array()?.iter();
    let addresses: Vec<String> = addresses
        .filter_map(|address| {
            Some(format!(
                "{}/{}",
                address["local"].as_str()?,
                address["prefixlen"].as_u64()?
            ))
        })
        .collect();
    let mac = link["address"].as_str().filter(|_| name != "lo");
    (!addresses.is_empty()).then(|| Interface {
        index: link["ifindex"].as_u64().unwrap_or_default(),
        mac: mac.map(str::to_owned),
        name,
        addresses,
    })
}
