//! The init system and the units of SSH.

mod answers;
mod bus;
mod environment;
mod kind;
#[cfg(test)]
pub(super) mod mounted_disk;
pub(super) mod now;
mod properties;
mod services;
mod systemctl;
mod unit;
pub(super) mod unit_files;

use std::time::Instant;

use sshdoctor_case::{BootState, Fact, InitKind, InitSystem, Obstacle, Sight, Unit};

use super::{Host, not_seen};
use crate::child::Failure;
use answers::Answers;
use now::Now;

/// The port that is meant where none was named.
const USUAL_PORT: u16 = 22;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    match kind::of(&host.root) {
        InitKind::Systemd if host.root.is_running() => systemd(host),
        InitKind::Systemd => {
            let units = unit_files::units(&host.root);
            facts(silent(InitKind::Systemd), units)
        }
        kind => facts(silent(kind), services::of(kind, &host.root)),
    }
}

fn systemd(host: &Host) -> Vec<Fact> {
    let started = Instant::now();
    let port = host.question.port.unwrap_or(USUAL_PORT);
    // A bus that hangs must leave time for the other way.
    let answers = bus::ask(&host.root, port, host.patience / 2).or_else(|error| {
        let left = host.patience.mul_f32(0.9).saturating_sub(started.elapsed());
        systemctl::ask(&host.programs, port, left).map_err(|failure| (error, failure))
    });
    match answers {
        Ok(answers) => answered(host, answers),
        Err((error, failure)) => {
            let obstacle = match (&error, &failure) {
                (bus::BusError::TooLong(_), _) | (_, Failure::TooLong(_)) => Obstacle::TooLong,
                _ => Obstacle::Failed,
            };
            let reason = format!("{error}; systemctl: {failure}");
            let mut seen = facts(silent(InitKind::Systemd), unit_files::units(&host.root));
            seen.push(not_seen(Sight::Init, obstacle, reason));
            seen
        }
    }
}

fn answered(host: &Host, answers: Answers) -> Vec<Fact> {
    let now = Now::read();
    let units = answers
        .units
        .iter()
        .map(|properties| unit::unit(properties, &host.root, now))
        .collect();
    let init = InitSystem {
        kind: InitKind::Systemd,
        version: answers.version,
        state: answers.state,
        jobs: answers.jobs,
        failed_units: answers.failed_units,
    };
    facts(init, units)
}

/// An init system that tells nothing of itself.
const fn silent(kind: InitKind) -> InitSystem {
    InitSystem {
        kind,
        version: None,
        state: BootState::Unknown,
        jobs: Vec::new(),
        failed_units: Vec::new(),
    }
}

fn facts(init: InitSystem, units: Vec<Unit>) -> Vec<Fact> {
    let init = Fact::InitSystem {
        init: Box::new(init),
    };
    let units = units.into_iter().map(|unit| Fact::Unit {
        unit: Box::new(unit),
    });
    std::iter::once(init).chain(units).collect()
}

#[cfg(test)]
mod tests;
