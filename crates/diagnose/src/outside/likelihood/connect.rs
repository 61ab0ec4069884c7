//! `P(answer to a SYN | world)`: the target's port, the control port, echo.

use super::table::Row;
use crate::outside::reading::{Connect, Echo, Sender};
use crate::outside::setting::Setting;
use crate::outside::world::{
    Action, Breadth, Elsewhere, Filter, Listener, Occupant, Path, Place, Steadiness, World,
};

/// A SYN that should have been answered at once and was not: with retransmissions, all were lost (5 % loss, three times).
const LOST_FOR_GOOD: f64 = 2e-3;
/// The same before any retransmission could be answered.
const LOST_SO_FAR: f64 = 0.04;
/// An ICMP error that the sender's rate limit held back although SYNs were retransmitted.
const ICMP_HELD_BACK: f64 = 0.05;

/// The target's port.
pub(crate) fn target(world: &World, setting: &Setting) -> Row<Connect> {
    with_waiting(before_host(world, setting, |_| true).unwrap_or_else(|| {
        world
            .filter
            .filter(|filter| filter.place == Place::Host)
            .map_or_else(|| listener(world.listener), |f| filtered(&f))
    }))
}

/// The control port, which nothing should use.
pub(crate) fn control(world: &World, setting: &Setting) -> Row<Connect> {
    let covers = |filter: &Filter| filter.breadth != Breadth::ThisPort;
    let row = before_host(world, setting, covers).unwrap_or_else(|| match world.filter {
        Some(filter) if filter.place == Place::Host && covers(&filter) => filtered(&filter),
        Some(filter) if filter.place == Place::Host => vec![
            (Connect::Reset, 0.8),
            (Connect::Silent, 0.12),
            (Connect::PortUnreachable(Sender::Host), 0.03),
            (Connect::Prohibited(Sender::Host), 0.02),
            (Connect::Connected, 0.01),
        ],
        _ => vec![
            (Connect::Reset, 0.5),
            (Connect::Silent, 0.33),
            (Connect::PortUnreachable(Sender::Host), 0.05),
            (Connect::Prohibited(Sender::Host), 0.05),
            (Connect::Prohibited(Sender::Router), 0.02),
            (Connect::Reset, 0.02),
            (Connect::Connected, 0.01),
        ],
    });
    with_waiting(row).floor(1e-3)
}

/// The echo.
pub(crate) fn echo(world: &World) -> Row<Echo> {
    let everything = world
        .filter
        .is_some_and(|filter| filter.breadth == Breadth::Everything);
    let row: &[(Echo, f64)] = match (world.path, world.occupant) {
        (Path::NoRouteAtClient, _) => &[(Echo::Unreachable, 0.8), (Echo::Silent, 0.2)],
        (Path::NoRouteAtRouter | Path::Loop, _) => &[(Echo::Unreachable, 0.6), (Echo::Silent, 0.4)],
        (Path::WrongRouteAtClient | Path::Lost, _) => {
            &[(Echo::Silent, 0.96), (Echo::Unreachable, 0.03)]
        }
        (Path::AnswerLost, _) => &[(Echo::Silent, 0.7), (Echo::Reply, 0.3)],
        (Path::Clear, Occupant::Nobody) => &[(Echo::Silent, 0.55), (Echo::Unreachable, 0.45)],
        (Path::Clear, _) if everything => match world.filter.map(|f| f.action) {
            Some(Action::Drop) => &[(Echo::Silent, 0.97), (Echo::Reply, 0.005)],
            _ => &[
                (Echo::Silent, 0.6),
                (Echo::Unreachable, 0.35),
                (Echo::Reply, 0.02),
            ],
        },
        (Path::Clear, _) => &[
            (Echo::Reply, 0.82),
            (Echo::Silent, 0.17),
            (Echo::Unreachable, 0.005),
        ],
    };
    Row::new(row).floor(5e-4)
}

/// What is decided before the packet reaches the host; `None` when it gets there.
fn before_host(
    world: &World,
    setting: &Setting,
    covers: impl Fn(&Filter) -> bool,
) -> Option<Vec<(Connect, f64)>> {
    match world.path {
        Path::NoRouteAtClient => {
            return Some(vec![
                (Connect::NoLocalRoute, 0.85),
                (Connect::OtherLocal, 0.06),
                (Connect::NoNeighbour, 0.03),
                (Connect::LocallyForbidden, 0.03),
            ]);
        }
        Path::WrongRouteAtClient => {
            return Some(vec![
                (Connect::Silent, 0.75),
                (Connect::NoNeighbour, 0.12),
                (Connect::HostUnreachable(Sender::Router), 0.05),
                (Connect::NetUnreachable(Sender::Router), 0.03),
                (Connect::Reset, 0.02),
            ]);
        }
        _ => {}
    }
    let filter = world.filter.filter(|filter| covers(filter));
    if let Some(filter) = filter.filter(|filter| filter.place == Place::Client) {
        return Some(filtered(&filter));
    }
    match world.path {
        Path::NoRouteAtRouter => {
            return Some(vec![
                (Connect::NetUnreachable(Sender::Router), 0.75),
                (Connect::HostUnreachable(Sender::Router), 0.1),
                (Connect::Silent, 0.13),
            ]);
        }
        Path::Lost => return Some(vec![(Connect::Silent, 0.98)]),
        Path::Loop => {
            return Some(vec![(Connect::TimeExceeded, 0.7), (Connect::Silent, 0.29)]);
        }
        Path::AnswerLost => return Some(vec![(Connect::Silent, 0.97)]),
        _ => {}
    }
    if let Some(filter) = filter.filter(|filter| filter.place == Place::Network) {
        return Some(filtered(&filter));
    }
    (world.occupant == Occupant::Nobody).then(|| nobody(setting))
}

fn nobody(setting: &Setting) -> Vec<(Connect, f64)> {
    if setting.on_link {
        vec![(Connect::NoNeighbour, 0.93), (Connect::Silent, 0.05)]
    } else {
        vec![
            (Connect::HostUnreachable(Sender::Router), 0.55),
            (Connect::Silent, 0.41),
            (Connect::NetUnreachable(Sender::Router), 0.02),
        ]
    }
}

fn filtered(filter: &Filter) -> Vec<(Connect, f64)> {
    let sender = match filter.place {
        Place::Client => Sender::Client,
        Place::Network => Sender::Router,
        Place::Host => Sender::Host,
    };
    match filter.action {
        Action::Drop => vec![(Connect::Silent, 0.985)],
        Action::Reset => vec![(Connect::Reset, 0.97), (Connect::Silent, LOST_FOR_GOOD)],
        Action::PortUnreachable => vec![
            (Connect::PortUnreachable(sender), 0.92),
            (Connect::Silent, ICMP_HELD_BACK),
        ],
        Action::Prohibited if filter.place == Place::Client => vec![
            (Connect::Prohibited(sender), 0.5),
            (Connect::LocallyForbidden, 0.4),
            (Connect::NoNeighbour, 0.03),
        ],
        Action::Prohibited => vec![
            (Connect::Prohibited(sender), 0.88),
            (Connect::HostUnreachable(sender), 0.03),
            (Connect::NetUnreachable(sender), 0.02),
            (Connect::Silent, ICMP_HELD_BACK),
        ],
    }
}

fn listener(listener: Listener) -> Vec<(Connect, f64)> {
    match listener {
        Listener::Sshd | Listener::OtherService => vec![
            (Connect::Connected, 0.985),
            (Connect::Silent, LOST_FOR_GOOD),
        ],
        Listener::Nothing => vec![
            (Connect::Reset, 0.975),
            (Connect::Refused, 0.975),
            (Connect::Silent, LOST_FOR_GOOD),
        ],
        Listener::QueueFull => vec![(Connect::Silent, 0.8), (Connect::Connected, 0.19)],
        Listener::Flapping => vec![
            (Connect::Reset, 0.75),
            (Connect::Refused, 0.75),
            (Connect::Connected, 0.22),
        ],
    }
}

/// Adds what "nothing so far" means: everything that answers late, not at all, or was lost once.
fn with_waiting(mut row: Vec<(Connect, f64)>) -> Row<Connect> {
    let late: f64 = row
        .iter()
        .filter(|(reading, _)| {
            matches!(
                reading,
                Connect::Silent | Connect::NoNeighbour | Connect::HostUnreachable(_)
            )
        })
        .map(|(_, probability)| probability)
        .sum();
    let limited: f64 = row
        .iter()
        .filter(|(reading, _)| {
            matches!(
                reading,
                Connect::PortUnreachable(_) | Connect::Prohibited(_)
            )
        })
        .map(|(_, probability)| probability * 0.2)
        .sum();
    row.push((
        Connect::SilentSoFar,
        (late + limited + LOST_SO_FAR).min(1.0),
    ));
    Row::new(&row)
}

/// Ports other than the target's.
pub(crate) fn elsewhere(world: &World) -> Row<crate::outside::reading::Elsewhere> {
    use crate::outside::reading::Elsewhere as Reading;
    let stopped_before = !matches!(world.path, Path::Clear)
        || world.occupant == Occupant::Nobody
        || world
            .filter
            .is_some_and(|filter| filter.breadth != Breadth::ThisPort);
    // Whether a found port was remembered or customary depends on the client's memory, not on the world: each row gives
    // both readings their own scale.
    let row: &[(Reading, f64)] = if stopped_before {
        &[
            (Reading::Unanswered, 0.85),
            (Reading::NotFound, 0.12),
            (Reading::CustomaryPort, 0.01),
            (Reading::RememberedPort, 0.005),
        ]
    } else if world.elsewhere == Elsewhere::LikelyPort {
        &[
            (Reading::RememberedPort, 0.9),
            (Reading::CustomaryPort, 0.9),
            (Reading::NotFound, 0.03),
            (Reading::Unanswered, 0.03),
        ]
    } else {
        &[
            (Reading::NotFound, 0.6),
            (Reading::Unanswered, 0.35),
            (Reading::CustomaryPort, 0.02),
            (Reading::RememberedPort, 0.01),
        ]
    };
    Row::new(row).floor(1e-3)
}

/// A later attempt.
pub(crate) fn again(world: &World) -> Row<crate::outside::reading::Again> {
    use crate::outside::reading::Again;
    Row::new(match world.steadiness {
        Steadiness::Steady => &[
            (Again::Same, 0.985),
            (Again::Better, 0.005),
            (Again::Otherwise, 0.01),
        ],
        Steadiness::Intermittent => &[
            (Again::Same, 0.4),
            (Again::Better, 0.4),
            (Again::Otherwise, 0.2),
        ],
        Steadiness::PassesAfterPause => &[
            (Again::Same, 0.8),
            (Again::Better, 0.1),
            (Again::Otherwise, 0.1),
        ],
    })
}
