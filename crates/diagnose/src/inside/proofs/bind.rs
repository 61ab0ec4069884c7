//! Which addresses sshd listens on.

use std::net::IpAddr;

use sshdoctor_case::{Listener, Outcome, Received};

use super::{quote, service};
use crate::inside::{Proof, Server};

/// Sockets of sshd on the port in question, none of which takes the client's connections.
fn misplaced<'a>(server: &Server<'a>) -> Vec<&'a Listener> {
    if !server.nothing_listens() {
        return Vec::new();
    }
    server
        .sshd_listeners()
        .filter(|listener| listener.address.port() == server.port())
        .collect()
}

fn proof(server: &Server<'_>, bound: &[&Listener], answer: String, words: String) -> Option<Proof> {
    let listeners = server.listeners?;
    let proof = Proof::stops(Outcome::Refused, answer)
        .link(format!(
            "nothing listens on port {} for this client",
            server.port()
        ))
        .link(words)
        .by(listeners.id)
        .explaining(&["sshd-stopped"]);
    let proof = match server.active_socket() {
        Some(socket) => service::changed_by(proof, socket.fact).by(socket.id),
        None => proof,
    };
    let line = server.config.and_then(|config| {
        config.fact.lines.iter().find(|line| {
            line.keyword.as_str() == "listenaddress"
                && line.arguments.first().is_some_and(|value| {
                    bound
                        .iter()
                        .any(|listener| value.as_str().contains(&listener.address.ip().to_string()))
                })
        })
    });
    Some(match line {
        Some(line) => {
            let value = line.arguments.first().map_or("", Received::as_str);
            proof.quoting(quote::config_line(
                line,
                value,
                "the only address it listens on",
            ))
        }
        None => super::config::quoting_setting(server, proof, "addressfamily", "one family only"),
    })
}

fn addresses(bound: &[&Listener]) -> String {
    let words: Vec<String> = bound
        .iter()
        .map(|listener| listener.address.to_string())
        .collect();
    words.join(" and ")
}

/// Only on the loopback.
pub(crate) fn loopback(server: &Server<'_>) -> Option<Proof> {
    let bound = misplaced(server);
    if bound.is_empty()
        || !bound
            .iter()
            .all(|listener| listener.address.ip().to_canonical().is_loopback())
    {
        return None;
    }
    let at = addresses(&bound);
    proof(
        server,
        &bound,
        format!("sshd listens on the loopback only: {at}."),
        format!("sshd listens on {at} only"),
    )
}

/// Only on addresses other than the one the client uses, or that this host has no more.
pub(crate) fn stale_address(server: &Server<'_>) -> Option<Proof> {
    let bound = misplaced(server);
    if bound.is_empty() {
        return address_is_gone(server);
    }
    let strange = bound.iter().any(|listener| {
        let ip = listener.address.ip().to_canonical();
        !ip.is_loopback() && !ip.is_unspecified()
    });
    if !strange {
        return None;
    }
    let at = addresses(&bound);
    proof(
        server,
        &bound,
        format!("sshd listens on {at} only, which is not the address the client uses."),
        format!("sshd listens on {at} only"),
    )
}

/// sshd does not run, since no address that it should listen on is one of this host.
fn address_is_gone(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    if !server.nothing_listens() || server.sshd_listeners().next().is_some() {
        return None;
    }
    let wanted: Vec<IpAddr> = config
        .fact
        .listen
        .iter()
        .filter_map(|listen| listen.address)
        .collect();
    let is_here = |address: &IpAddr| {
        address.is_unspecified()
            || server
                .own_addresses()
                .any(|own| own == address.to_canonical())
    };
    if wanted.is_empty() || server.interfaces.is_none() || wanted.iter().any(is_here) {
        return None;
    }
    let first = wanted.first()?;
    let words = format!("sshd is told to listen on {first}, which is not an address of this host");
    let proof = Proof::stops(Outcome::Refused, format!("sshd is not running: it is told to listen on {first}, which is not an address of this host."))
        .link(words)
        .by(config.id)
        .explaining(&["sshd-stopped", "sshd-restart-loop"]);
    Some(super::config::quoting_setting(
        server,
        proof,
        "listenaddress",
        "is not here",
    ))
}

/// Only for the other address family.
pub(crate) fn one_family(server: &Server<'_>) -> Option<Proof> {
    let bound = misplaced(server);
    let wildcards: Vec<IpAddr> = bound
        .iter()
        .map(|listener| listener.address.ip())
        .filter(IpAddr::is_unspecified)
        .collect();
    if wildcards.is_empty() || wildcards.len() != bound.len() {
        return None;
    }
    let (has, lacks) = if wildcards.iter().all(IpAddr::is_ipv4) {
        ("IPv4", "IPv6")
    } else {
        ("IPv6", "IPv4")
    };
    proof(
        server,
        &bound,
        format!("sshd listens for {has} only, and the client comes by {lacks}."),
        format!("sshd listens on {} only", addresses(&bound)),
    )
}

/// In another network namespace of this machine.
pub(crate) fn other_namespace(server: &Server<'_>) -> Option<Proof> {
    let elsewhere = server.elsewhere?;
    if !server.nothing_listens() || server.sshd_listeners().next().is_some() {
        return None;
    }
    let (namespace, owner) = elsewhere.fact.iter().find_map(|namespace| {
        let owner = namespace
            .listeners
            .iter()
            .filter(|listener| listener.address.port() == server.port())
            .flat_map(|listener| &listener.owners)
            .find(|owner| owner.name.as_str() == "sshd")?;
        Some((namespace, owner))
    })?;
    let name = match &namespace.name {
        Some(name) => format!("the network namespace {name}"),
        None => format!("the network namespace {}", namespace.inode),
    };
    let words = format!(
        "sshd (process {}) listens in {name}, not in this one",
        owner.pid
    );
    let proof = Proof::stops(
        Outcome::Refused,
        format!("sshd listens in {name} only, which clients do not reach."),
    )
    .link(words)
    .by(elsewhere.id)
    .explaining(&["sshd-stopped"]);
    Some(match server.service() {
        Some(unit) => service::changed_by(proof, unit.fact).by(unit.id),
        None => proof,
    })
}
