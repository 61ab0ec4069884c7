//! Everything that a server shows of itself: one module for each thing looked at.
//!
//! Observers run side by side and trust nothing of each other; only those that need sshd's configuration wait for it. Each returns
//! facts, or says why it could not look; none takes longer than the patience it is given, and one that does is left behind.

mod account;
mod authorized_keys;
mod ban_tools;
mod boot;
mod clock;
mod cloud_metadata;
mod connections;
mod crypto_policy;
mod elf;
mod host_keys;
mod init;
mod interfaces;
mod kernel_log;
mod listeners;
mod local_account;
mod mandatory_access;
mod network_settings;
mod observers;
mod pam;
mod resources;
mod sshd_config;
mod sshd_log;
mod sshd_processes;
mod sshd_program;
mod sshd_start;
mod system;
mod tcp_wrappers;

pub use boot::rules_at_boot;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use sshdoctor_case::{
    Fact, Observation, Obstacle, Received, ServerQuestion, Sight, SshdConfig, Vantage,
};

use crate::programs::Programs;
use crate::root::Root;

/// How long a tool or a service of the host may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The host that is looked at, and for whom.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its files.
    pub root: Root,
    /// Its programs.
    pub programs: Programs,
    /// Who wants in.
    pub question: ServerQuestion,
    /// How long one thing may take to answer.
    pub patience: Duration,
}

/// Looks at one thing.
pub(crate) type Look = fn(&Host) -> Vec<Fact>;
/// Looks at one thing that sshd's configuration tells where to find.
pub(crate) type LookWithConfig = fn(&Host, Option<&SshdConfig>) -> Vec<Fact>;

/// What one observer has seen.
struct Seen {
    sight: Sight,
    at: Instant,
    took: Duration,
    facts: Vec<Fact>,
}

/// Looks at everything, and gives each observation as soon as it is made. `started` is the beginning of the inquiry.
pub fn observe(host: &Arc<Host>, started: Instant, mut receive: impl FnMut(Observation)) {
    let (sender, receiver) = channel();
    let mut open: Vec<Sight> = Vec::new();
    for (sight, look) in observers::INDEPENDENT {
        open.push(sight);
        begin(host, sight, &sender, look);
    }
    let mut config: Option<Arc<SshdConfig>> = None;
    let mut waiting = true;
    let mut ends_at = Instant::now() + host.patience;
    while !open.is_empty() {
        match next(&receiver, ends_at) {
            Some(seen) => {
                open.retain(|sight| *sight != seen.sight);
                if let Some(found) = config_of(&seen.facts) {
                    config = Some(Arc::new(found.clone()));
                }
                deliver(seen, started, &mut receive);
            }
            None if waiting => {}
            None => break,
        }
        let late = Instant::now() >= ends_at;
        if waiting && (late || !open.contains(&Sight::SshdConfig)) {
            waiting = false;
            for (sight, look) in observers::WITH_CONFIG {
                open.push(sight);
                let config = config.clone();
                begin(host, sight, &sender, move |host| {
                    look(host, config.as_deref())
                });
            }
            ends_at = Instant::now() + host.patience;
        }
    }
    for sight in open {
        let not_seen = Fact::NotSeen {
            sight,
            obstacle: Obstacle::TooLong,
            reason: Received::from_text(&format!(
                "no answer within {} s",
                host.patience.as_secs_f32()
            )),
        };
        receive(observation(not_seen, host.patience, host.patience));
    }
}

fn begin(
    host: &Arc<Host>,
    sight: Sight,
    sender: &Sender<Seen>,
    look: impl FnOnce(&Host) -> Vec<Fact> + Send + 'static,
) {
    let (host, sender) = (Arc::clone(host), sender.clone());
    let work = move || {
        let at = Instant::now();
        let facts = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| look(&host)))
            .unwrap_or_else(|_| {
                vec![not_seen(
                    sight,
                    Obstacle::Failed,
                    "an error of this program",
                )]
            });
        // Nobody listens any more once the report is made.
        let _ = sender.send(Seen {
            sight,
            at,
            took: at.elapsed(),
            facts,
        });
    };
    let started = thread::Builder::new()
        .name(format!("{sight:?}"))
        .stack_size(512 * 1024)
        .spawn(work);
    // Where no thread can be had the receiver hears nothing of it, and it is reported as not seen.
    drop(started);
}

fn next(receiver: &Receiver<Seen>, ends_at: Instant) -> Option<Seen> {
    receiver
        .recv_timeout(ends_at.saturating_duration_since(Instant::now()))
        .ok()
}

fn config_of(facts: &[Fact]) -> Option<&SshdConfig> {
    facts.iter().find_map(|fact| match fact {
        Fact::SshdConfig { config } => Some(&**config),
        _ => None,
    })
}

fn deliver(seen: Seen, started: Instant, receive: &mut impl FnMut(Observation)) {
    let at = seen.at.saturating_duration_since(started);
    for fact in seen.facts {
        receive(observation(fact, at, seen.took));
    }
}

fn observation(fact: Fact, at: Duration, took: Duration) -> Observation {
    Observation {
        id: String::new(),
        vantage: Vantage::server(),
        at_ms: milliseconds(at),
        elapsed_ms: milliseconds(took),
        fact,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1000.0
}

/// A thing that could not be seen.
pub(crate) fn not_seen(sight: Sight, obstacle: Obstacle, reason: impl AsRef<str>) -> Fact {
    Fact::NotSeen {
        sight,
        obstacle,
        reason: Received::from_text(reason.as_ref()),
    }
}
