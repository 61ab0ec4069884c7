//! Random cases from a grammar. The same seed gives the same case.

mod draw;
mod ipset;
mod nft;
mod nft_agree;
mod nft_base;
mod nft_header;
mod nft_match;
mod nft_set;
mod nft_statement;
mod xtables;
mod xtables_match;
mod xtables_target;

use std::net::IpAddr;

use super::case::{FilterCase, FilterPacket, Load, LoadKind};
use super::chance::Chance;
use super::ground::{CLIENT_V4, CLIENT_V6, LISTENING, SERVER_V4, SERVER_V6};
use draw::Draw;

/// The case of a seed.
pub(crate) fn case(seed: u64) -> FilterCase {
    let mut chance = Chance::new(seed);
    let packet = packet(&mut chance);
    let mut draw = Draw::new(chance, packet);
    let kinds = kinds(&mut draw);
    let mut loads = Vec::new();
    let mut sets = Vec::new();
    if kinds.iter().any(|kind| *kind != LoadKind::Nft) && draw.percent(40) {
        let (declared, text) = ipset::declare(&mut draw, packet.is_v6());
        sets = declared;
        loads.push(Load {
            kind: LoadKind::Ipset,
            text,
        });
    }
    let few = kinds.len() > 1;
    for kind in kinds {
        let text = match kind {
            LoadKind::Nft => nft::ruleset(&mut draw, few),
            _ => xtables::ruleset(&mut draw, kind, &sets),
        };
        loads.push(Load { kind, text });
    }
    FilterCase {
        seed,
        decidable: draw.decidable,
        packet,
        loads,
    }
}

/// Who loads a rule set in this case, in order.
fn kinds(draw: &mut Draw) -> Vec<LoadKind> {
    let v6 = draw.packet.is_v6();
    let (own_nft, own_legacy) = if v6 {
        (LoadKind::Ip6tablesNft, LoadKind::Ip6tablesLegacy)
    } else {
        (LoadKind::IptablesNft, LoadKind::IptablesLegacy)
    };
    let other = if v6 {
        LoadKind::IptablesNft
    } else {
        LoadKind::Ip6tablesNft
    };
    let mut kinds = match draw.chance.below(100) {
        0..=44 => vec![LoadKind::Nft],
        45..=64 => vec![own_nft],
        65..=79 => vec![own_legacy],
        80..=81 => vec![own_nft, other],
        82..=88 => vec![LoadKind::Nft, own_nft],
        89..=94 => vec![LoadKind::Nft, own_legacy],
        95..=97 => vec![own_nft, own_legacy],
        _ => vec![LoadKind::Nft, own_nft, own_legacy],
    };
    if draw.percent(50) {
        kinds.reverse();
    }
    kinds
}

fn packet(chance: &mut Chance) -> FilterPacket {
    let v6 = chance.percent(40);
    let loopback = chance.percent(12);
    let (client, server): (&[&str], &[&str]) = if v6 {
        (&CLIENT_V6, &SERVER_V6)
    } else {
        (&CLIENT_V4, &SERVER_V4)
    };
    let own = if v6 { "::1" } else { "127.0.0.1" };
    let to = match (loopback, chance.percent(70)) {
        (true, true) => own,
        (false, true) => server[0],
        _ => chance.pick(server),
    };
    let from = match (loopback, chance.percent(60)) {
        (true, true) => to,
        (true, false) => chance.pick(server),
        (false, true) => client[0],
        (false, false) => chance.pick(client),
    };
    let port = if chance.percent(70) {
        22
    } else {
        chance.choose(&LISTENING)
    };
    let any = IpAddr::from([127, 0, 0, 1]);
    let from_port = u16::try_from(chance.between(1024, 65_535)).unwrap_or(50_000);
    FilterPacket {
        from: from.parse().unwrap_or(any),
        // A client of this host cannot bind a port that something listens on.
        from_port: if LISTENING.contains(&from_port) {
            from_port - 1
        } else {
            from_port
        },
        to: to.parse().unwrap_or(any),
        port,
        loopback,
    }
}
