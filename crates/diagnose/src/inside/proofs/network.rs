//! Addresses and ways.

use std::net::IpAddr;

use sshdoctor_case::{LinkState, Outcome, RouteOutcome, Stage};

use crate::inside::{Proof, Server};

/// The address that the client uses is not, or not any more, one of this host.
pub(crate) fn address_changed(server: &Server<'_>) -> Option<Proof> {
    let to = server.question.to?;
    let interfaces = server.interfaces?;
    if server.is_reached_by(to) {
        return None;
    }
    let own: Vec<String> = server
        .own_addresses()
        .filter(|own| !own.is_loopback())
        .map(|own| own.to_string())
        .collect();
    let has = if own.is_empty() {
        "it has none but the loopback".to_owned()
    } else {
        format!("it has {}", own.join(", "))
    };
    let public = server.cloud.map_or_else(String::new, |seen| {
        format!(
            ", and {} translates {} to it",
            seen.fact.provider,
            seen.fact.public_list()
        )
    });
    let words = format!("{to} is not an address of this host; {has}{public}");
    let down = interfaces.fact.iter().find(|interface| {
        interface.state != LinkState::Up
            && interface
                .addresses
                .iter()
                .any(|own| own.address.to_canonical() == to.to_canonical())
    });
    let proof = Proof::stops(Outcome::TimedOut, format!("{words}."))
        .at(Stage::Route)
        .link(words)
        .by(interfaces.id)
        .by(server.cloud.map_or("", |seen| seen.id));
    Some(match down {
        Some(interface) => proof.link(format!("it is on {}, which is down", interface.name)),
        None => proof,
    })
}

/// Another machine has the same address.
pub(crate) fn duplicate_address(server: &Server<'_>) -> Option<Proof> {
    let interfaces = server.interfaces?;
    let (interface, own) = interfaces.fact.iter().find_map(|interface| {
        let own = interface.addresses.iter().find(|own| own.duplicate)?;
        Some((interface, own))
    })?;
    let words = format!(
        "another machine has {} as well, so {} does not use it",
        own.address, interface.name
    );
    let concerns = match server.question.to {
        Some(to) => to == own.address,
        None => server.question.from.is_some_and(|from| from.is_ipv6()) && !has_another(server),
    };
    let proof = if concerns {
        Proof::stops(
            Outcome::TimedOut,
            format!("This host cannot use its address: {words}."),
        )
        .explaining(&["address-changed"])
    } else {
        Proof::note(format!("{words}."))
    };
    Some(proof.link(words).by(interfaces.id))
}

/// There is an address for IPv6 clients that no other machine has.
fn has_another(server: &Server<'_>) -> bool {
    server
        .interfaces
        .map_or(&[][..], |seen| seen.fact)
        .iter()
        .flat_map(|interface| &interface.addresses)
        .any(|own| match own.address {
            IpAddr::V6(address) => {
                !own.duplicate && !address.is_loopback() && !address.is_unicast_link_local()
            }
            IpAddr::V4(_) => false,
        })
}

/// There is no way back to the client.
pub(crate) fn no_route_back(server: &Server<'_>) -> Option<Proof> {
    let from = server.question.from?;
    let way = server.way_back?;
    let words = match way.fact {
        RouteOutcome::Via { .. } => return next_hop_silent(server),
        RouteOutcome::Unreachable { .. } => format!("this host has no route to {from}"),
        RouteOutcome::Blackhole => format!("a blackhole route swallows answers to {from}"),
        RouteOutcome::Prohibit => format!("a route prohibits answers to {from}"),
    };
    let route = server
        .network
        .and_then(|network| Some((network.id, network.fact.refusing_route.as_ref()?)));
    let words = match route {
        Some((_, route)) => format!("{words} (ip route: {route})"),
        None => words,
    };
    let proof = Proof::stops(Outcome::TimedOut, format!("Answers cannot leave: {words}."))
        .link(words)
        .by(way.id);
    Some(match route {
        Some((id, route)) => proof.by(id).mended_by(format!("ip route del {route}")),
        None => proof,
    })
}

/// The next hop to the client does not answer the kernel's own questions for its link-layer address.
fn next_hop_silent(server: &Server<'_>) -> Option<Proof> {
    let network = server.network?;
    let state = network.fact.next_hop_neighbour.as_ref()?.as_str();
    if !matches!(state, "failed" | "incomplete") {
        return None;
    }
    let interface = network.fact.way_back.as_ref()?;
    let hop = match network.fact.next_hop {
        Some(hop) => hop.to_string(),
        None => server.client(),
    };
    let words = format!("answers leave by {interface} to {hop}, which does not answer there");
    Some(
        Proof::stops(
            Outcome::TimedOut,
            format!("Answers do not arrive: {words}."),
        )
        .link(words)
        .by(network.id),
    )
}

/// Packets come in by another interface than answers leave by, and a strict filter on the reverse path drops them.
pub(crate) fn asymmetric(server: &Server<'_>) -> Option<Proof> {
    let network = server.network?;
    let interfaces = server.interfaces?;
    let (way_in, way_back) = (
        network.fact.way_in.as_ref()?,
        network.fact.way_back.as_ref()?,
    );
    if way_in == way_back || server.question.from?.is_ipv6() {
        return None;
    }
    let interface = interfaces
        .fact
        .iter()
        .find(|interface| interface.name == *way_in)?;
    if interface.reverse_path_filter != Some(1) {
        return None;
    }
    let words = format!(
        "packets of the client come in by {way_in}, answers would leave by {way_back}, and rp_filter of {way_in} is strict"
    );
    Some(
        Proof::stops(
            Outcome::TimedOut,
            format!("The kernel drops the client's packets: {words}."),
        )
        .link(words)
        .by(network.id)
        .by(interfaces.id)
        .mended_by(format!("sysctl -w net.ipv4.conf.{way_in}.rp_filter=2")),
    )
}
