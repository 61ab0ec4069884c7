//! Socket activation.

use sshdoctor_case::{Outcome, Received, Stage};

use super::{config, quote, sentence::begun, service};
use crate::inside::{Proof, Server};

/// The socket unit listens on other ports than sshd's configuration says.
pub(crate) fn ignores_port(server: &Server<'_>) -> Option<Proof> {
    let socket = server.active_socket()?;
    let listen = socket.fact.socket.as_ref()?;
    let port = server.port();
    let configured = server
        .config?
        .fact
        .listen
        .iter()
        .any(|wanted| wanted.port == port);
    if !configured || !server.nothing_listens() {
        return None;
    }
    let ports = ports(&listen.listen);
    if ports.is_empty() || ports.contains(&port) {
        return None;
    }
    let words = format!(
        "{} listens on port {}, and the Port of sshd_config does not count while it is active",
        socket.fact.name,
        ports
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" and ")
    );
    let proof = Proof::stops(Outcome::Refused, format!("Port {port} is closed: {words}."))
        .link(format!("nothing listens on port {port}"))
        .link(words)
        .by(socket.id)
        .explaining(&["sshd-stopped", "port-changed"]);
    Some(config::quoting_setting(
        server,
        service::changed_by(proof, socket.fact),
        "port",
        "does not count",
    ))
}

fn ports(listen: &[Received]) -> Vec<u16> {
    listen
        .iter()
        .filter_map(|place| place.as_str().rsplit(':').next()?.parse().ok())
        .collect()
}

/// The socket unit was changed while it was active, and its service cannot go on.
pub(crate) fn changed_while_running(server: &Server<'_>) -> Option<Proof> {
    let (log, line) = server.logged(&["no open socket file descriptor left"])?;
    if server.takers().next().is_some() {
        return None;
    }
    let proof = Some(
        Proof::stops(
            Outcome::Refused,
            "The socket unit of sshd was changed while it was active, and has to be started again.",
        )
        .link("the socket unit was changed while it was active")
        .by(log)
        .quoting(quote::log_line(line))
        .explaining(&["sshd-stopped"]),
    );
    match server.socket() {
        Some(socket) => proof.map(|proof| service::changed_by(proof, socket.fact)),
        None => proof,
    }
}

/// Service and socket both want the port.
pub(crate) fn clash(server: &Server<'_>) -> Option<Proof> {
    with_its_own_socket(server).or_else(|| with_another_socket(server))
}

/// A socket unit that starts something else has taken the port from sshd.
fn with_another_socket(server: &Server<'_>) -> Option<Proof> {
    let service = server.service()?;
    let own_names = || std::iter::once(&service.fact.name).chain(&service.fact.aliases);
    let socket = server.sockets_on_port().find(|socket| {
        let listen = socket.fact.socket.as_ref();
        listen.is_some_and(|listen| {
            let triggers = &listen.triggers;
            !triggers.is_empty() && !own_names().any(|name| triggers.contains(name))
        })
    })?;
    let (log, line) = server.logged(&["Address already in use"])?;
    if service.fact.active_state.as_str() == "active" {
        return None;
    }
    let starts: Vec<&str> = socket
        .fact
        .socket
        .iter()
        .flat_map(|listen| listen.triggers.iter().map(Received::as_str))
        .collect();
    let words = format!(
        "{} had port {} before {} and starts {} for connections to it",
        socket.fact.name,
        server.port(),
        service.fact.name,
        starts.join(" and ")
    );
    let broken = server.init.is_some_and(|init| {
        let mut failed = init.fact.failed_units.iter();
        failed.any(|unit| starts.contains(&unit.as_str()))
    });
    let answer = format!("The port of sshd is taken by a socket unit: {words}.");
    let proof = if server.nothing_listens() {
        Proof::stops(Outcome::Refused, answer)
    } else if broken {
        Proof::stops(Outcome::ClosedEarly, answer)
    } else {
        Proof::later(answer)
    };
    Some(
        proof
            .link(words)
            .by(socket.id)
            .by(service.id)
            .by(log)
            .quoting(quote::log_line(line))
            .explaining(&[
                "sshd-stopped",
                "sshd-restart-loop",
                "socket-unit-trigger-limit",
            ])
            .mended_by(format!(
                "systemctl disable --now {}; systemctl restart {}",
                socket.fact.name,
                server.service_name()
            )),
    )
}

fn with_its_own_socket(server: &Server<'_>) -> Option<Proof> {
    let socket = server.socket()?;
    let service = server.service()?;
    let failed = |state: &Received| state.as_str() == "failed";
    let one_failed = failed(&socket.fact.active_state) || failed(&service.fact.active_state);
    let both_wanted = [socket, service].iter().all(|unit| {
        unit.fact
            .enabled
            .as_ref()
            .is_some_and(|enabled| enabled.as_str() == "enabled")
    });
    let (log, line) = server.logged(&["Address already in use"])?;
    if !one_failed || !both_wanted {
        return None;
    }
    let words = format!(
        "{} and {} are both enabled and want the same port",
        socket.fact.name, service.fact.name
    );
    let proof = if server.takers().next().is_some() {
        Proof::later(format!(
            "{words}: one of them fails at each start.",
            words = begun(&words)
        ))
    } else {
        Proof::stops(Outcome::Refused, format!("{}.", begun(&words)))
    };
    Some(
        proof
            .link(words)
            .by(socket.id)
            .by(service.id)
            .by(log)
            .quoting(quote::log_line(line))
            .explaining(&["sshd-stopped", "sshd-restart-loop"]),
    )
}

/// The socket unit listens for one family only.
pub(crate) fn ignores_family(server: &Server<'_>) -> Option<Proof> {
    let socket = server.active_socket()?;
    let listen = socket.fact.socket.as_ref()?;
    if !server.nothing_listens() || !ports(&listen.listen).contains(&server.port()) {
        return None;
    }
    let six = listen
        .listen
        .iter()
        .all(|place| place.as_str().starts_with('['));
    let client_is_six = server.question.from.is_some_and(|from| from.is_ipv6());
    let (has, lacks) = match (six, client_is_six) {
        (true, false) => ("IPv6", "IPv4"),
        (false, true) => ("IPv4", "IPv6"),
        _ => return None,
    };
    let words = format!("{} listens for {has} only", socket.fact.name);
    Some(
        Proof::stops(
            Outcome::Refused,
            format!("{words}, and the client comes by {lacks}."),
        )
        .link(words)
        .by(socket.id)
        .explaining(&["sshd-stopped", "bound-to-one-address-family"]),
    )
    .map(|proof| service::changed_by(proof, socket.fact))
}

/// The socket unit takes no more connections, or gave up after too many.
pub(crate) fn trigger_limit(server: &Server<'_>) -> Option<Proof> {
    all_instances_busy(server).or_else(|| gave_up(server))
}

/// As many connections are served as the socket unit may have at a time; the next one is accepted and closed at once
/// (`MaxConnections=`, `systemd.socket(5)`).
fn all_instances_busy(server: &Server<'_>) -> Option<Proof> {
    let (socket, most, now) = server.sockets_on_port().find_map(|socket| {
        let listen = socket.fact.socket.as_ref()?;
        let (most, now) = (listen.max_connections?, listen.connections?);
        let busy = socket.fact.active_state.as_str() == "active" && now >= most;
        (listen.accept && busy).then_some((socket, most, now))
    })?;
    let words = format!(
        "{} serves {now} connections, and {most} are all it may have at a time",
        socket.fact.name
    );
    Some(
        service::changed_by(
            Proof::stops(
                Outcome::ClosedEarly,
                format!("systemd closes new connections at once: {words}."),
            )
            .at(Stage::Banner)
            .link(words),
            socket.fact,
        )
        .by(socket.id)
        .mended_by(format!(
            "systemctl list-units '{}'; systemctl edit {}",
            socket.fact.name.as_str().replace(".socket", "@*.service"),
            socket.fact.name
        )),
    )
}

fn gave_up(server: &Server<'_>) -> Option<Proof> {
    let (socket, result) = server
        .socket()
        .into_iter()
        .chain(server.sockets_on_port())
        .find_map(|socket| {
            let result = socket.fact.failure.as_ref()?.result.as_str();
            let gave_up = socket.fact.active_state.as_str() == "failed"
                && matches!(result, "trigger-limit-hit" | "service-start-limit-hit");
            gave_up.then_some((socket, result))
        })?;
    let words = format!("{} stopped listening ({result})", socket.fact.name);
    Some(
        Proof::stops(
            Outcome::Refused,
            format!("{words}: too many connections came in a short time."),
        )
        .link(words)
        .by(socket.id)
        .explaining(&["sshd-stopped"])
        .mended_by(format!(
            "systemctl reset-failed {0}; systemctl start {0}",
            socket.fact.name
        )),
    )
}
