//! Proxmox VE's firewall (`pve-firewall(8)`): chains `PVEFW-…` of iptables, or the tables `proxmox-firewall…` of nftables.

use super::ToolKind;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

pub(super) static SIGNS: Signs = Signs {
    tables: &[
        Name::Is("proxmox-firewall"),
        Name::Is("proxmox-firewall-guests"),
    ],
    chains: &[Name::Begins("PVEFW-")],
    marks: &[Name::Is("PVEFW-INPUT"), Name::Is("PVEFW-HOST-IN")],
    sets: &[Name::Begins("PVEFW-")],
    setting,
    ..Signs::of("proxmox", "Proxmox VE firewall", ToolKind::Firewall)
};

const FILES: &str =
    "/etc/pve/firewall and /etc/pve/nodes/NODE/host.fw, read by pve-firewall every few seconds";

fn setting(scene: &Scene<'_>) -> Setting {
    let chain = &*scene.chain.name;
    let blacklisted = scene
        .set_names()
        .iter()
        .any(|name| name.contains("blacklist"));
    let words = if blacklisted || chain == "PVEFW-blacklist" {
        "IPSET blacklist".to_owned()
    } else if let Some(group) = chain.strip_prefix("GROUP-").and_then(|rest| {
        rest.strip_suffix("-IN")
            .or_else(|| rest.strip_suffix("-OUT"))
    }) {
        format!("security group {group}")
    } else if matches!(chain, "PVEFW-HOST-IN" | "host-in")
        && !scene.accepts()
        && scene.words().is_unconditional()
    {
        "input policy of the host (policy_in)".to_owned()
    } else if chain == "PVEFW-tcpflags" {
        "option tcpflags".to_owned()
    } else if chain == "PVEFW-smurfs" {
        "option nosmurfs".to_owned()
    } else if matches!(chain, "PVEFW-HOST-IN" | "host-in") {
        "a rule of the host or the datacenter".to_owned()
    } else if let Some(guest) = guest(chain) {
        format!("firewall of guest {guest}")
    } else {
        return Setting::UNKNOWN.kept(FILES);
    };
    Setting::named(words).kept(FILES)
}

/// `tap100i0-IN` and `veth100i0-IN` belong to guest 100.
fn guest(chain: &str) -> Option<&str> {
    let rest = chain
        .strip_prefix("tap")
        .or_else(|| chain.strip_prefix("veth"))?;
    let (guest, _) = rest.split_once('i')?;
    (!guest.is_empty() && guest.bytes().all(|byte| byte.is_ascii_digit())).then_some(guest)
}
