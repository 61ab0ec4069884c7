//! What the kernel notes beside the packet: mark, owner, link layer, bridge (`net/netfilter/xt_mark.c`, `xt_owner.c`, `xt_mac.c`,
//! `xt_physdev.c`, `xt_pkttype.c`, `xt_devgroup.c`, `xt_cpu.c`, `xt_socket.c`, `xt_cgroup.c`).

use crate::model::{Condition, Field, Range, Ranges, interface_name};

use super::super::conditions::{all, among, any, equals, masked, not, not_if, undecidable, within};
use super::super::options::{
    Context, Module, Reading, Use, alias, holds, option, undecidable as cannot_be_decided,
};
use super::super::values::{ether_address, number32, value_and_mask};

pub(super) const MODULES: &[Module] = &[
    Module::new("comment", &[option("comment", 1)], |_, _| Ok(Vec::new())),
    Module::new("mark", &[option("mark", 1)], mark),
    Module::new(
        "owner",
        &[
            option("uid-owner", 1),
            option("gid-owner", 1),
            option("socket-exists", 0),
            option("suppl-groups", 0),
            option("pid-owner", 1),
            option("sid-owner", 1),
            option("cmd-owner", 1),
        ],
        owner,
    ),
    Module::new("mac", &[option("mac-source", 1)], mac),
    Module::new(
        "physdev",
        &[
            option("physdev-in", 1),
            option("physdev-out", 1),
            option("physdev-is-in", 0),
            option("physdev-is-out", 0),
            option("physdev-is-bridged", 0),
        ],
        physdev,
    ),
    Module::new("pkttype", &[option("pkt-type", 1)], pkttype),
    Module::new(
        "devgroup",
        &[option("src-group", 1), option("dst-group", 1)],
        devgroup,
    ),
    Module::new("cpu", &[option("cpu", 1)], |used, _| {
        let given = used.get("cpu").ok_or("cpu without --cpu")?;
        holds(equals(
            Field::Processor,
            number32(given.value)?,
            given.negated,
        ))
    }),
    Module::new(
        "socket",
        &[
            option("transparent", 0),
            option("nowildcard", 0),
            option("restore-skmark", 0),
            alias("no-wildcard", "nowildcard", 0),
        ],
        |_, _| cannot_be_decided("depends on which sockets are open"),
    ),
    Module::loose("cgroup", |_, _| {
        cannot_be_decided("depends on the control group of the socket")
    }),
];

fn mark(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("mark").ok_or("mark without --mark")?;
    let (value, mask) = value_and_mask(given.value)?;
    holds(masked(Field::Mark, mask, value, 32, given.negated))
}

/// Where no socket of a program sends, an inverted option holds and another fails.
fn owner(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for given in &used.given {
        conditions.push(match given.name {
            "uid-owner" => not_if(
                given.negated,
                owner_condition(Field::OwnerUser, given.value, "user"),
            ),
            "gid-owner" if !used.has("suppl-groups") => not_if(
                given.negated,
                owner_condition(Field::OwnerGroup, given.value, "group"),
            ),
            "suppl-groups" => continue,
            _ => undecidable("depends on the program that sends"),
        });
    }
    holds(all(conditions))
}

fn owner_condition(field: Field, text: &str, what: &str) -> Condition {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (number32(low), number32(high)) {
        (Ok(low), Ok(high)) => within(field, Range::new(low, high), false),
        _ if text == "root" => equals(field, 0, false),
        // Names are the host's; a packet without owner has none.
        _ => all([
            within(field, Range::new(0, u32::MAX.into()), false),
            undecidable(format!("depends on the number of the {what} \"{text}\"")),
        ]),
    }
}

/// Fails, inverted or not, where the packet has no link-layer header of Ethernet.
fn mac(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("mac-source").ok_or("mac without --mac-source")?;
    let address = ether_address(given.value)
        .ok_or_else(|| format!("\"{}\" is not a link-layer address", given.value))?;
    holds(equals(Field::EtherSource, address, given.negated))
}

/// Of a packet that does not come over a bridge, every option fails and every inverted one holds.
fn physdev(used: &Use<'_>, _: &Context<'_>) -> Reading {
    // Interfaces of these kinds are no bridges, and none can lie on top of one.
    let kinds = ["", "veth", "tun", "wireguard", "gre", "sit", "ipip", "vti"];
    let plain = Ranges::new(
        kinds
            .iter()
            .map(|kind| Range::exactly(interface_name(kind))),
    );
    let not_bridged = any([
        equals(Field::InputInterface, 0, false),
        among(Field::InputInterfaceKind, plain, false),
    ]);
    let holds_there = used.given.iter().all(|given| given.negated);
    holds(any([
        all([not_bridged.clone(), Condition::Constant(holds_there)]),
        all([
            not(not_bridged),
            undecidable("depends on whether the packet comes over a bridge"),
        ]),
    ]))
}

fn pkttype(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("pkt-type").ok_or("pkttype without --pkt-type")?;
    let kind = match given.value.to_ascii_lowercase().as_str() {
        "unicast" | "host" | "to-us" => 0,
        "broadcast" => 1,
        "multicast" => 2,
        "otherhost" => 3,
        "outgoing" => 4,
        other => return Err(format!("the packet type \"{other}\" is not known")),
    };
    holds(equals(Field::PacketType, kind, given.negated))
}

fn devgroup(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for (name, field) in [
        ("src-group", Field::InputInterfaceGroup),
        ("dst-group", Field::OutputInterfaceGroup),
    ] {
        let Some(given) = used.get(name) else {
            continue;
        };
        conditions.push(match value_and_mask(given.value) {
            Ok((value, mask)) => masked(field, mask, value & mask, 32, given.negated),
            Err(_) => undecidable(format!(
                "depends on the number of the interface group \"{}\"",
                given.value
            )),
        });
    }
    holds(all(conditions))
}
