//! In which order the chains of a hook run.

use super::{Facts, Packet, Version};
use crate::model::{
    BaseChain, ChainReference, ChainType, Devices, Family, Hook, RuleSet, interface_name, priority,
};

/// One thing that happens to a packet at a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Conntrack looks at it.
    Conntrack,
    /// The nat chains, each with its own priority, lowest first.
    Nat(Vec<(i32, ChainReference)>),
    /// A base chain.
    Chain {
        reference: ChainReference,
        /// Whether it is sure that the packet meets it.
        sure: bool,
    },
}

/// What happens at a hook, by priority; what stands together runs in an order that no listing tells.
pub(super) fn at_hook(
    rule_set: &RuleSet,
    facts: &Facts,
    packet: &Packet,
    hook: Hook,
) -> Vec<Vec<Step>> {
    let mut steps: Vec<(i32, Step)> = Vec::new();
    let mut nat = Vec::new();
    for (reference, family, base) in base_chains(rule_set) {
        if !family_meets(family, hook, packet.version) || base.hook != Some(hook) {
            continue;
        }
        if base.chain_type == ChainType::Nat {
            nat.push((base.priority, reference));
            continue;
        }
        let Some(sure) = device_meets(base, facts, packet, hook) else {
            continue;
        };
        steps.push((base.priority, Step::Chain { reference, sure }));
    }
    match hook {
        Hook::Prerouting | Hook::Output => {
            steps.push((priority::CONNTRACK, Step::Conntrack));
            steps.push((priority::NAT_DESTINATION, Step::Nat(sorted(nat))));
        }
        Hook::Input | Hook::Postrouting => {
            steps.push((priority::NAT_SOURCE, Step::Nat(sorted(nat))));
        }
        Hook::Ingress | Hook::Forward | Hook::Egress => {}
    }
    steps.sort_by_key(|(priority, _)| *priority);
    let mut groups: Vec<(i32, Vec<Step>)> = Vec::new();
    for (priority, step) in steps {
        match groups.last_mut() {
            Some((last, group)) if *last == priority => group.push(step),
            _ => groups.push((priority, vec![step])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn sorted(mut nat: Vec<(i32, ChainReference)>) -> Vec<(i32, ChainReference)> {
    nat.sort_by_key(|(priority, _)| *priority);
    nat
}

/// All base chains that are switched on.
pub(super) fn base_chains(
    rule_set: &RuleSet,
) -> impl Iterator<Item = (ChainReference, Family, &BaseChain)> {
    let index = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    rule_set
        .tables
        .iter()
        .enumerate()
        .filter(|(_, table)| !table.dormant)
        .flat_map(move |(table_number, table)| {
            table
                .chains
                .iter()
                .enumerate()
                .filter_map(move |(number, chain)| {
                    let reference = ChainReference {
                        table: index(table_number),
                        chain: index(number),
                    };
                    Some((reference, table.family, chain.base.as_ref()?))
                })
        })
}

fn family_meets(family: Family, hook: Hook, version: Version) -> bool {
    let by_device = matches!(hook, Hook::Ingress | Hook::Egress);
    match family {
        Family::Inet => true,
        Family::Netdev => by_device,
        Family::Ip => !by_device && version == Version::V4,
        Family::Ip6 => !by_device && version == Version::V6,
        Family::Arp | Family::Bridge => false,
    }
}

/// Whether the chain's device is the packet's: `Some(true)` for sure, `Some(false)` perhaps, `None` no.
fn device_meets(base: &BaseChain, facts: &Facts, packet: &Packet, hook: Hook) -> Option<bool> {
    let interface = match hook {
        Hook::Ingress => packet.input_interface,
        Hook::Egress => packet.output_interface,
        _ => return Some(true),
    };
    let Devices::Named(devices) = &base.devices else {
        return Some(false);
    };
    let named = |device: &str| interface.exact() == Some(interface_name(device));
    if devices.iter().any(|device| named(device)) {
        return Some(true);
    }
    let Some(name) = interface.exact() else {
        return Some(false);
    };
    if name == interface_name("lo") {
        return None;
    }
    // Below a bridge, bond or VLAN there are other devices, which the packet has passed before.
    let stands_alone = facts
        .interfaces
        .iter()
        .find(|(own, _)| interface_name(own) == name)
        .and_then(|(_, known)| known.kind.as_deref())
        .is_some_and(|kind| STAND_ALONE.contains(&kind));
    if stands_alone { None } else { Some(false) }
}

/// Kinds of interface that have no other below them (`rtnl_link_ops` names); a plain device has an empty one.
const STAND_ALONE: [&str; 6] = ["", "veth", "tun", "dummy", "wireguard", "ppp"];
