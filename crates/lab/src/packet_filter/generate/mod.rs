//! Random cases from a grammar. The same seed gives the same case.

mod draw;
mod nft;
mod nft_match;
mod nft_set;
mod nft_statement;

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
    let loads = vec![Load {
        kind: LoadKind::Nft,
        text: nft::ruleset(&mut draw, false),
    }];
    FilterCase {
        seed,
        decidable: draw.decidable,
        packet,
        loads,
    }
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
    FilterPacket {
        from: from.parse().unwrap_or(any),
        from_port: u16::try_from(chance.between(1024, 65_535)).unwrap_or(50_000),
        to: to.parse().unwrap_or(any),
        port,
        loopback,
    }
}
