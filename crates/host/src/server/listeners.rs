//! Sockets that listen, here and in other network namespaces.

mod namespaces;
mod processes;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::time::Instant;

use sshdoctor_case::{Fact, Listener, Obstacle, Owner, Received, Sight, SshdConfig};

use super::{Host, not_seen};
use crate::network::interface_names;
use crate::network::tcp_sockets::{TcpSocket, listening};
use namespaces::Elsewhere;
use processes::{Owners, Processes};

/// As many as are kept.
const MOST_LISTENERS: usize = 1024;
/// The port of SSH (RFC 4250, section 4.6).
const SSH: u16 = 22;
/// Which part of the patience may pass in going through processes.
const SHARE_FOR_PROCESSES: u32 = 4;

pub(super) fn look(host: &Host, config: Option<&SshdConfig>) -> Vec<Fact> {
    if !host.root.is_running() {
        return vec![not_seen(
            Sight::Listeners,
            Obstacle::NotRunning,
            "sockets of a system that does not run",
        )];
    }
    let started = Instant::now();
    let ports = ports_in_question(host, config);
    let here = match sockets(started + host.patience / 2) {
        Ok(sockets) => sockets,
        Err(error) => {
            let reason = format!("sock_diag, /proc/net/tcp: {error}");
            return vec![not_seen(Sight::Listeners, Obstacle::Failed, reason)];
        }
    };
    let until = started + host.patience / SHARE_FOR_PROCESSES;
    let processes = Processes::all(until);
    let elsewhere = namespaces::listeners(&processes, &ports, until);
    describe(here, elsewhere, &processes, &ports, until)
}

/// Ports that the client may mean: the one that was said, those of sshd's configuration, and the usual one.
pub(super) fn ports_in_question(host: &Host, config: Option<&SshdConfig>) -> BTreeSet<u16> {
    let configured = config.iter().flat_map(|config| &config.listen);
    configured
        .map(|listen| listen.port)
        .chain(host.question.port)
        .chain([SSH])
        .collect()
}

/// A socket, and the name of the interface that it is bound to.
struct Listening {
    socket: TcpSocket,
    interface: Option<String>,
}

impl Listening {
    fn is_on(&self, ports: &BTreeSet<u16>) -> bool {
        ports.contains(&self.socket.local.port())
    }

    fn describe(&self, owners: &Owners) -> Listener {
        Listener {
            address: self.socket.local,
            ipv6_only: self.socket.ipv6_only,
            interface: self.interface.as_deref().map(Received::from_text),
            owners: owners.of(self.socket.inode),
            accept_queue: Some(self.socket.queue),
            backlog: self.socket.backlog,
        }
    }
}

/// Those of the network namespace that this thread is in.
fn sockets(end: Instant) -> io::Result<Vec<Listening>> {
    let sockets = listening(end)?;
    let is_bound = |socket: &TcpSocket| socket.interface.is_some_and(|number| number != 0);
    let names = if sockets.iter().any(is_bound) {
        interface_names().unwrap_or_default()
    } else {
        HashMap::new()
    };
    let named = sockets.into_iter().map(|socket| Listening {
        interface: socket
            .interface
            .filter(|number| *number != 0)
            .map(|number| {
                let name = names.get(&number).cloned();
                name.unwrap_or_else(|| format!("interface {number}"))
            }),
        socket,
    });
    Ok(named.collect())
}

fn describe(
    mut here: Vec<Listening>,
    elsewhere: Elsewhere,
    processes: &Processes,
    ports: &BTreeSet<u16>,
    until: Instant,
) -> Vec<Fact> {
    here.sort_by_key(|one| (!one.is_on(ports), one.socket.local.port(), one.socket.local));
    let left_out = here.len().saturating_sub(MOST_LISTENERS);
    here.truncate(MOST_LISTENERS);

    let in_question: Vec<u64> = here
        .iter()
        .filter(|one| one.is_on(ports))
        .chain(elsewhere.sockets())
        .map(|one| one.socket.inode)
        .collect();
    let owners = processes.owners(&in_question, until);

    let mut facts = problems(&elsewhere, processes, &owners, left_out);
    let listeners = here.iter().map(|one| one.describe(&owners));
    let fact = Fact::Listeners {
        listeners: listeners.collect(),
        elsewhere: elsewhere.describe(&owners),
    };
    facts.insert(0, fact);
    facts
}

fn problems(
    elsewhere: &Elsewhere,
    processes: &Processes,
    owners: &Owners,
    left_out: usize,
) -> Vec<Fact> {
    let mut problems = Vec::new();
    let mut say = |obstacle, reason: String| {
        problems.push(not_seen(Sight::Listeners, obstacle, reason));
    };
    if left_out > 0 {
        say(
            Obstacle::Failed,
            format!("{left_out} listening sockets on other ports are left out"),
        );
    }
    if processes.cut || owners.cut {
        say(
            Obstacle::TooLong,
            "/proc: more processes than could be gone through".to_owned(),
        );
    }
    if owners.unseen {
        say(
            Obstacle::Privilege,
            "owners of sockets: /proc/PID/fd of other users".to_owned(),
        );
    }
    if let Some((obstacle, reason)) = &elsewhere.problem {
        say(*obstacle, format!("other network namespaces: {reason}"));
    }
    problems
}

impl Owners {
    fn of(&self, inode: u64) -> Vec<Owner> {
        let owners = self.by_inode.get(&inode).into_iter().flatten();
        owners
            .map(|process| Owner {
                pid: process.pid,
                name: Received::from_bytes(&process.name),
                unit: process.unit.as_deref().map(Received::from_text),
            })
            .collect()
    }
}
