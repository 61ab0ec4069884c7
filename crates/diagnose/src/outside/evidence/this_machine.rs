//! Readings of this machine's own listeners, when it is the target.

use std::net::{IpAddr, SocketAddr};

use sshdoctor_case::{Case, Fact, ListeningSocket, LocalServices};

use super::sourced;
use crate::outside::reading::{Local, Reading, Sourced};

pub(super) fn read(case: &Case, target: SocketAddr, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        if let Fact::LocalServices { services } = &observation.fact {
            if let Some(local) = judge(services, target) {
                readings.push(sourced(Reading::Local(local), &[&observation.id]));
            }
            return;
        }
    }
}

fn judge(services: &LocalServices, target: SocketAddr) -> Option<Local> {
    let on_port: Vec<&ListeningSocket> = services
        .listening
        .iter()
        .filter(|socket| covers(socket.address, target))
        .collect();
    if let Some(socket) = on_port.first() {
        return listens(services, socket);
    }
    let sshd: Vec<&ListeningSocket> = services
        .listening
        .iter()
        .filter(|socket| is_sshd(socket).unwrap_or(false))
        .collect();
    let same_port = |socket: &&&ListeningSocket| socket.address.port() == target.port();
    if let Some(bound) = sshd.iter().find(same_port) {
        return Some(if bound.address.ip().is_loopback() {
            Local::LoopbackOnly
        } else {
            Local::OtherAddress
        });
    }
    if !sshd.is_empty() {
        return Some(Local::OtherPort);
    }
    if services.sshd_processes.is_empty() {
        return Some(if services.sshd_binary.is_some() {
            Local::NotRunning
        } else {
            Local::NotInstalled
        });
    }
    // Without privilege another user's sockets have no visible owner: sshd may own any of them.
    let owners_hidden = services.listening.iter().any(|s| s.process.is_none());
    (!owners_hidden).then_some(Local::RunsWithoutListening)
}

fn listens(services: &LocalServices, socket: &ListeningSocket) -> Option<Local> {
    if let (Some(waiting), Some(backlog)) = (socket.accept_queue, socket.backlog)
        && waiting > backlog
    {
        return Some(Local::QueueFull);
    }
    let frozen = services
        .sshd_processes
        .iter()
        .any(|process| Some(process.pid) == socket.pid && matches!(process.state, 'T' | 'D' | 't'));
    match is_sshd(socket) {
        Some(true) if frozen => Some(Local::SshdFrozen),
        Some(true) => Some(Local::SshdListens),
        Some(false) => Some(Local::OtherListens),
        None => None,
    }
}

/// systemd owns the socket while sshd is started on demand.
fn is_sshd(socket: &ListeningSocket) -> Option<bool> {
    let name = socket.process.as_ref()?.as_str();
    Some(name.starts_with("sshd") || (name == "systemd" && socket.pid == Some(1)))
}

fn covers(listening: SocketAddr, target: SocketAddr) -> bool {
    listening.port() == target.port()
        && match (listening.ip(), target.ip()) {
            (own, wanted) if own == wanted => true,
            (IpAddr::V4(own), IpAddr::V4(_)) => own.is_unspecified(),
            // Whether [::] takes IPv4 as well is a socket option that is not shown here; sshd opens both.
            (IpAddr::V6(own), _) => own.is_unspecified() && target.is_ipv6(),
            _ => false,
        }
}
