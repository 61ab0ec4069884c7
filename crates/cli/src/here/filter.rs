//! The packet filter, asked while everything else is looked at.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use sshdoctor_case::{Fact, Observation, Obstacle, Received, Sight, Vantage};
use sshdoctor_filter::evaluate::{Question, Version};
use sshdoctor_host::Limits;
use sshdoctor_host::server::Host;

use super::saved::{self, Saved};
use crate::firewall;

/// The port where nothing says another one.
const USUAL_PORT: u16 = 22;

/// The question, on its way.
pub(crate) struct Pending {
    answer: Receiver<Vec<Observation>>,
    at_boot: Receiver<Saved>,
    patience: Duration,
    start: Instant,
}

/// Asks what becomes of the client's packet, once `port` tells to which port it goes.
pub(crate) fn begin(host: &Arc<Host>, port: Receiver<u16>, start: Instant) -> Pending {
    let (sender, answer) = channel();
    let (at_boot_known, at_boot) = channel();
    let (host, patience) = (Arc::clone(host), host.patience);
    let ask = move || answer_when_known(&host, &port, start, &sender, &at_boot_known);
    if thread::Builder::new().spawn(ask).is_err() {
        // Nobody answers then, and it is reported as not seen.
    }
    Pending {
        answer,
        at_boot,
        patience,
        start,
    }
}

impl Pending {
    /// What came of it, and what the rules of the next boot would do.
    pub(crate) fn finish(self) -> (Vec<Observation>, Option<Saved>) {
        let observations = match self.answer.recv_timeout(self.patience) {
            Ok(observations) => observations,
            Err(_) => vec![observation(
                self.start.elapsed(),
                self.patience,
                not_seen(
                    Obstacle::TooLong,
                    "the rules could not be read in time; sshdoctor firewall waits longer",
                ),
            )],
        };
        (observations, self.at_boot.recv_timeout(self.patience).ok())
    }
}

fn answer_when_known(
    host: &Host,
    port: &Receiver<u16>,
    start: Instant,
    sender: &Sender<Vec<Observation>>,
    at_boot_known: &Sender<Saved>,
) {
    let port = port.recv_timeout(host.patience).unwrap_or(USUAL_PORT);
    let at = start.elapsed();
    let questions = questions(host, port);
    let (facts, saved) = if host.root.is_running() {
        (ask(host, questions.clone()), None)
    } else {
        let saved = saved::ask(host, questions.clone());
        (saved::in_place_of_live(&saved), saved.ok())
    };
    let took = start.elapsed().saturating_sub(at);
    let observations = facts.into_iter().map(|fact| observation(at, took, fact));
    // Nobody listens any more once the report is made.
    let _ = sender.send(observations.collect());
    if let Some(saved) = saved.or_else(|| saved::ask(host, questions).ok()) {
        let _ = at_boot_known.send(saved);
    }
}

/// Of both families, when neither address tells which it is.
fn questions(host: &Host, port: u16) -> Vec<Question> {
    let known = [host.question.from, host.question.to]
        .into_iter()
        .flatten()
        .next();
    let versions = match known.map(Version::of) {
        Some(version) => vec![version],
        None => vec![Version::V4, Version::V6],
    };
    versions
        .into_iter()
        .map(|version| Question {
            version,
            from: host.question.from.map(Into::into),
            from_port: None,
            // What the provider translates arrives under another address.
            to: host.question.to.filter(|_| !host.question.cloud),
            port,
            interface: host
                .question
                .from
                .filter(std::net::IpAddr::is_loopback)
                .map(|_| "lo".to_owned()),
            mac: None,
        })
        .collect()
}

fn ask(host: &Host, questions: Vec<Question>) -> Vec<Fact> {
    let limits = Limits {
        silence: host.patience,
        total: host.patience,
    };
    match firewall::facts_about(questions, limits) {
        Ok(facts) => facts,
        Err(error) => {
            let obstacle = if firewall::is_privileged() {
                Obstacle::Failed
            } else {
                Obstacle::Privilege
            };
            vec![not_seen(obstacle, &format!("{error:#}"))]
        }
    }
}

fn not_seen(obstacle: Obstacle, reason: &str) -> Fact {
    Fact::NotSeen {
        sight: Sight::PacketFilter,
        obstacle,
        reason: Received::from_text(reason),
    }
}

fn observation(at: Duration, took: Duration, fact: Fact) -> Observation {
    Observation {
        id: String::new(),
        vantage: Vantage::server(),
        at_ms: at.as_secs_f64() * 1000.0,
        elapsed_ms: took.as_secs_f64() * 1000.0,
        fact,
    }
}
