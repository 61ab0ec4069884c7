//! Which port, and who has it.

use sshdoctor_case::Outcome;

use super::{config, quote};
use crate::inside::{Proof, Server};

/// sshd listens, on another port than the one that was asked for.
pub(crate) fn changed(server: &Server<'_>) -> Option<Proof> {
    let port = server.arriving_port();
    let listeners = server.listeners?;
    let any_here = listeners
        .fact
        .iter()
        .any(|listener| listener.address.port() == port);
    if any_here {
        return None;
    }
    let mut ports: Vec<u16> = server
        .sshd_listeners()
        .filter(|listener| !listener.address.ip().is_loopback())
        .map(|listener| listener.address.port())
        .filter(|own| *own != port && !(6010..=6100).contains(own))
        .collect();
    ports.sort_unstable();
    ports.dedup();
    let actual = *ports.first()?;
    let words = format!("sshd listens on port {actual}, not on {port}");
    let proof = Proof::stops(
        Outcome::Refused,
        format!(
            "sshd listens on port {actual}, not on {port}{}.",
            config::at(server, "port")
        ),
    )
    .link(format!("nothing listens on port {port}"))
    .link(words)
    .by(listeners.id)
    .explaining(&["sshd-stopped"]);
    let line = server.config.and_then(|config| {
        config.fact.lines.iter().find(|line| {
            line.keyword.as_str() == "port"
                && line
                    .arguments
                    .first()
                    .is_some_and(|value| value.as_str() == actual.to_string())
        })
    });
    Some(match line {
        Some(line) => proof.quoting(quote::config_line(
            line,
            &actual.to_string(),
            "the port it listens on",
        )),
        None => proof,
    })
}

/// Something that is not sshd has the port.
pub(crate) fn taken_by_other(server: &Server<'_>) -> Option<Proof> {
    let listeners = server.listeners?;
    let taker = server.takers().next()?;
    let owner = taker.owners.first()?;
    let is_ssh = ["sshd", "systemd", "dropbear", "tinysshd"]
        .iter()
        .any(|name| owner.name.as_str().starts_with(name))
        || taker
            .owners
            .iter()
            .any(|owner| owner.name.as_str() == "sshd");
    if is_ssh {
        return None;
    }
    let unit = owner
        .unit
        .as_ref()
        .map(|unit| format!(" of {unit}"))
        .unwrap_or_default();
    let words = format!(
        "{} (process {}{unit}) holds {}",
        owner.name, owner.pid, taker.address
    );
    Some(
        Proof::stops(
            Outcome::NotSsh,
            format!(
                "Port {} is taken by another program: {words}.",
                server.port()
            ),
        )
        .link(words)
        .by(listeners.id)
        .explaining(&["sshd-stopped", "sshd-restart-loop"]),
    )
}

/// Another SSH server than the one that is configured answers.
pub(crate) fn other_sshd(server: &Server<'_>) -> Option<Proof> {
    let listeners = server.listeners?;
    let taker = server.takers().next()?;
    let owner = taker.owners.iter().find(|owner| {
        matches!(
            owner.name.as_str(),
            "dropbear" | "tinysshd" | "docker-proxy"
        )
    })?;
    let words = format!(
        "{} (process {}) answers on {}",
        owner.name, owner.pid, taker.address
    );
    Some(
        Proof::stops(
            Outcome::HostKeyMismatch,
            format!(
                "Another SSH server answers on port {}, with keys of its own: {words}.",
                server.port()
            ),
        )
        .link(words)
        .by(listeners.id)
        .explaining(&["sshd-stopped", "port-taken-by-other-service"]),
    )
}
