//! What surrounds the target: routes, the control port, echo, other ports.

use std::net::SocketAddr;

use sshdoctor_case::{
    Approach, Case, Depth, EchoOutcome, Fact, PortRole, Question, RememberedPort,
};

use super::Wanted;
use crate::outside::aim::{self, Aim};
use crate::outside::attempt::Progress;
use crate::outside::focus::Fates;

/// A port below 1024 that IANA's registry leaves unassigned: whatever answers there answers for the machine, not for a service.
pub(crate) const CONTROL_PORT: u16 = 28;

/// Where sshd customarily listens besides 22, commonest first.
const CUSTOMARY_SSH_PORTS: [u16; 9] = [2222, 22022, 2200, 222, 2022, 22222, 8022, 10022, 22];

/// Services that many hosts offer: they show that the host is up, and how its own answers look.
const CUSTOMARY_SERVICES: [u16; 2] = [443, 80];

/// Most ports tried besides the target's and the control port.
const MOST_OTHER_PORTS: usize = 12;

/// Addresses for which more than the target's port is examined.
const EXAMINED_ADDRESSES: usize = 2;

/// What surrounds the target: routes, the control port, echo, other ports.
pub(super) fn surroundings(case: &Case, aim: &Aim, wanted: &mut Vec<Wanted>) {
    for address in &aim.addresses {
        wanted.push(Wanted::new(
            Question::Route { to: *address },
            1000,
            "reading the routing table",
        ));
        if aim::is_this_machine(case, *address) {
            wanted.push(Wanted::new(
                Question::LocalServices,
                2000,
                "listing what listens on this machine",
            ));
        }
    }
    let fates = Fates::of(case, aim);
    for address in aim.addresses.iter().take(EXAMINED_ADDRESSES) {
        let control = SocketAddr::new(*address, CONTROL_PORT);
        let answered = fates.each.iter().find(|(tried, _)| tried == address);
        if answered.is_some_and(|(_, attempt)| attempt.progress() >= Progress::Accepted) {
            continue;
        }
        wanted.push(Wanted::new(
            Question::Approach {
                approach: Approach {
                    to: control,
                    role: PortRole::Control,
                    depth: Depth::Connect,
                    segment_size: None,
                },
            },
            4000,
            "comparing with a port that nothing uses",
        ));
        wanted.push(Wanted::new(
            Question::Echo { to: *address },
            2500,
            format!("waiting for an echo reply from {address}"),
        ));
        for (port, role) in other_ports(case, aim) {
            let depth = if CUSTOMARY_SERVICES.contains(&port) {
                Depth::Connect
            } else {
                Depth::Banner
            };
            wanted.push(Wanted::new(
                Question::Approach {
                    approach: Approach {
                        to: SocketAddr::new(*address, port),
                        role,
                        depth,
                        segment_size: None,
                    },
                },
                3500,
                "trying ports where sshd may have moved",
            ));
        }
        // Where echo cannot tell how far the host is, the control port's answer has to, and at once.
        if echo_is_closed(case) && !address.is_loopback() {
            wanted.push(Wanted::new(
                Question::AnswerTtl { to: control },
                1500,
                "comparing how far answers have travelled",
            ));
        }
    }
}

/// This user may not send echo requests.
fn echo_is_closed(case: &Case) -> bool {
    case.observations.iter().any(|o| {
        matches!(
            &o.fact,
            Fact::Echo {
                outcome: EchoOutcome::NotPermitted | EchoOutcome::Local { .. },
                ..
            }
        )
    })
}

/// Remembered ports first, then customary ones, a dozen in all.
fn other_ports(case: &Case, aim: &Aim) -> Vec<(u16, PortRole)> {
    let mut ports: Vec<(u16, PortRole)> = Vec::new();
    let mut add = |port: u16, role: PortRole| {
        let known = ports.iter().any(|(other, _)| *other == port);
        if port != aim.port && port != CONTROL_PORT && !known {
            ports.push((port, role));
        }
    };
    for remembered in remembered_ports(case).take(MOST_OTHER_PORTS / 2) {
        add(remembered.port, PortRole::Remembered);
    }
    let reserved = CUSTOMARY_SERVICES.len();
    for port in CUSTOMARY_SSH_PORTS {
        add(port, PortRole::Customary);
    }
    ports.truncate(MOST_OTHER_PORTS - reserved);
    for port in CUSTOMARY_SERVICES {
        if port != aim.port && !ports.iter().any(|(other, _)| *other == port) {
            ports.push((port, PortRole::Customary));
        }
    }
    ports
}

/// Ports that local memory names for the host.
fn remembered_ports(case: &Case) -> impl Iterator<Item = &RememberedPort> {
    case.observations.iter().flat_map(|o| match &o.fact {
        Fact::KnownHosts { other_ports, .. } => other_ports.as_slice(),
        Fact::ClientConfig { config } => config.other_ports.as_slice(),
        _ => &[],
    })
}
