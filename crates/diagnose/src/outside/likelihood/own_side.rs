//! `P(reading | world)` for what the client's own side shows: messages that name their cause, logins, this machine.

use super::table::Row;
use crate::catalogue::Cause;
use crate::outside::reading::Local;
use crate::outside::world::{Elsewhere, FirstBytes, Listener, Login, Place, World};

/// A message that names cause `id`.
pub(crate) fn named(id: &str, cause: Option<&Cause>, world: &World) -> f64 {
    if cause.is_some_and(|cause| cause.id == id) {
        0.97
    } else if world.client_stops {
        1e-3
    } else {
        1e-5
    }
}

/// A message that fits these causes, each as well as it says.
pub(crate) fn fits(causes: &[(String, f64)], cause: Option<&Cause>) -> f64 {
    cause
        .and_then(|cause| causes.iter().find(|(id, _)| id == cause.id))
        .map_or(1e-5, |(_, fit)| *fit)
}

/// The configuration was accepted by `ssh -G`.
pub(crate) fn client_fine(cause: Option<&Cause>, world: &World) -> f64 {
    if !world.client_stops {
        1.0
    } else if cause
        .is_some_and(|cause| matches!(cause.id, "stale-control-socket" | "control-path-too-long"))
    {
        // `ssh -G` does not touch the control socket.
        0.5
    } else {
        0.02
    }
}

/// The end of a login with the person's own `ssh`.
pub(crate) fn login(
    fits: &[String],
    authenticated: bool,
    session_opened: bool,
    cause: Option<&Cause>,
    world: &World,
) -> f64 {
    if session_opened {
        return if world.login == Login::Succeeds {
            0.97
        } else {
            1e-3
        };
    }
    let rank = cause.and_then(|cause| fits.iter().position(|id| id == cause.id));
    if let Some(rank) = rank {
        return 0.5 * 0.7_f64.powi(i32::try_from(rank).unwrap_or(i32::MAX));
    }
    let refused_before = !authenticated && world.login == Login::Refused;
    let failed_after = authenticated && world.login == Login::SessionFails;
    if fits.is_empty() && (refused_before || failed_after) {
        0.2
    } else if refused_before || failed_after {
        0.01
    } else {
        1e-3
    }
}

/// What this machine shows when it is the target.
pub(crate) fn local(world: &World) -> Row<Local> {
    if !world.installed {
        return Row::new(&[(Local::NotInstalled, 0.98)]);
    }
    if world
        .filter
        .is_some_and(|filter| filter.place != Place::Network)
    {
        return Row::new(&[(Local::SshdListens, 0.95), (Local::NotRunning, 0.02)]).floor(1e-3);
    }
    let row: &[(Local, f64)] = match (world.listener, world.elsewhere) {
        (Listener::Nothing, Elsewhere::Nowhere) => &[
            (Local::NotRunning, 0.85),
            (Local::RunsWithoutListening, 0.12),
            (Local::NotInstalled, 0.01),
        ],
        (Listener::Nothing, Elsewhere::LikelyPort | Elsewhere::AnyPort) => {
            &[(Local::OtherPort, 0.98)]
        }
        (Listener::Nothing, Elsewhere::Loopback) => &[(Local::LoopbackOnly, 0.98)],
        (Listener::Nothing, Elsewhere::OtherAddress) => &[(Local::OtherAddress, 0.97)],
        (Listener::QueueFull, _) => &[(Local::QueueFull, 0.9), (Local::SshdFrozen, 0.08)],
        (Listener::OtherService, _) => &[(Local::OtherListens, 0.97)],
        (Listener::Flapping, _) => &[(Local::NotRunning, 0.5), (Local::SshdListens, 0.45)],
        (Listener::Sshd, _) if world.first_bytes == FirstBytes::Silence => {
            &[(Local::SshdFrozen, 0.6), (Local::SshdListens, 0.37)]
        }
        (Listener::Sshd, _) => &[(Local::SshdListens, 0.98)],
    };
    Row::new(row).floor(1e-3)
}
