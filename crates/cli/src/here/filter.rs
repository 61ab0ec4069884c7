//! The packet filter, asked while everything else is looked at.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use sshdoctor_case::{Fact, Observation, Obstacle, Received, Sight, Vantage};
use sshdoctor_filter::evaluate::{Question, Version};
use sshdoctor_host::Limits;
use sshdoctor_host::server::Host;

use crate::firewall;

/// The port where nothing says another one.
const USUAL_PORT: u16 = 22;

/// The question, on its way.
pub(crate) struct Pending {
    answer: Receiver<Vec<Observation>>,
    patience: Duration,
    start: Instant,
}

/// Asks what becomes of the client's packet, once `port` tells to which port it goes.
pub(crate) fn begin(host: &Arc<Host>, port: Receiver<u16>, start: Instant) -> Pending {
    let (sender, answer) = channel();
    let (host, patience) = (Arc::clone(host), host.patience);
    let ask = move || answer_when_known(&host, &port, start, &sender);
    if thread::Builder::new().spawn(ask).is_err() {
        // Nobody answers then, and it is reported as not seen.
    }
    Pending {
        answer,
        patience,
        start,
    }
}

impl Pending {
    /// What came of it.
    pub(crate) fn finish(self) -> Vec<Observation> {
        match self.answer.recv_timeout(self.patience) {
            Ok(observations) => observations,
            Err(_) => vec![observation(
                self.start.elapsed(),
                self.patience,
                not_seen(
                    Obstacle::TooLong,
                    "the rules could not be read in time; sshdoctor firewall waits longer",
                ),
            )],
        }
    }
}

fn answer_when_known(
    host: &Host,
    port: &Receiver<u16>,
    start: Instant,
    sender: &Sender<Vec<Observation>>,
) {
    let port = port.recv_timeout(host.patience).unwrap_or(USUAL_PORT);
    let at = start.elapsed();
    let facts = if host.root.is_running() {
        ask(host, port)
    } else {
        vec![not_seen(
            Obstacle::NotRunning,
            "the rules of a system that does not run are those it saved",
        )]
    };
    let took = start.elapsed().saturating_sub(at);
    let observations = facts.into_iter().map(|fact| observation(at, took, fact));
    // Nobody listens any more once the report is made.
    let _ = sender.send(observations.collect());
}

fn ask(host: &Host, port: u16) -> Vec<Fact> {
    let known = [host.question.from, host.question.to]
        .into_iter()
        .flatten()
        .next();
    let versions = match known.map(Version::of) {
        Some(version) => vec![version],
        None => vec![Version::V4, Version::V6],
    };
    let questions: Vec<Question> = versions
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
        .collect();
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
