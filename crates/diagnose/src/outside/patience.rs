//! How long an open question is still worth waiting for.

use sshdoctor_case::{Ask, Case, ConnectOutcome, Depth, Fact, PortRole, Question};

use super::aim;
use super::attempt::Progress;
use super::focus::Fates;

/// A question under way.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) ask: Ask,
    /// Milliseconds since the start.
    pub(crate) asked_ms: f64,
    /// Facts it has yielded so far.
    pub(crate) observed: Vec<Fact>,
}

impl Open {
    /// It is a connection to the target's port that may still complete, and has not been counted yet.
    pub(crate) fn may_complete(&self) -> bool {
        let is_target = matches!(
            &self.ask.question,
            Question::Approach { approach } if approach.role == PortRole::Target
        );
        is_target && self.observed.is_empty()
    }

    fn deadline(&self) -> f64 {
        self.asked_ms + f64::from(self.ask.deadline_ms) + 100.0
    }

    fn connected(&self) -> bool {
        self.observed.iter().any(|fact| {
            matches!(
                fact,
                Fact::TcpConnect {
                    outcome: ConnectOutcome::Connected,
                    ..
                }
            )
        })
    }
}

/// What the target has shown so far, as far as it decides how long to wait for the rest.
enum Target {
    /// Nothing yet, or the conversation goes on.
    Waiting,
    /// It answered within this round trip and nothing more is expected of it.
    Answered { round_trip_ms: f64, at_ms: f64 },
    /// It lets SSH in.
    Open { round_trip_ms: f64 },
    /// Silent to the end.
    Silent,
}

/// For each open question, until when it is worth waiting for, in milliseconds since the start.
/// `lag_ms`: how late this machine itself runs.
pub(crate) fn patience(case: &Case, open: &[Open], now_ms: f64, lag_ms: f64) -> Vec<f64> {
    let target = target(case, open);
    open.iter()
        .map(|question| {
            let until = until(question, &target, now_ms);
            (until + 2.0 * lag_ms).min(question.deadline())
        })
        .collect()
}

fn target(case: &Case, open: &[Open]) -> Target {
    let Some(aim) = aim::aim(case) else {
        return Target::Waiting;
    };
    let fates = Fates::of(case, &aim);
    let Some((address, attempt)) = fates.decisive() else {
        return Target::Waiting;
    };
    let round_trip_ms = round_trip(case, &aim);
    match attempt.progress() {
        Progress::Open | Progress::KeyRejected => {
            // An address that ssh tries earlier and that is still silent costs ssh two minutes: that is worth knowing.
            let earlier = aim
                .addresses
                .iter()
                .take_while(|earlier| *earlier != address)
                .any(|earlier| target_open(open, |to| to.ip() == *earlier));
            if earlier {
                Target::Waiting
            } else if attempt.progress() == Progress::Open {
                Target::Open { round_trip_ms }
            } else {
                Target::Answered {
                    round_trip_ms,
                    at_ms: attempt.connect_ms,
                }
            }
        }
        _ if target_open(open, |_| true) => Target::Waiting,
        Progress::NotAnswered if matches!(attempt.connect, Some(ConnectOutcome::Silent)) => {
            Target::Silent
        }
        _ => Target::Answered {
            round_trip_ms,
            at_ms: attempt.connect_ms,
        },
    }
}

/// How late this machine runs, in milliseconds: reading the routing table takes well under one when it is idle.
pub(crate) fn local_lag(case: &Case) -> f64 {
    case.observations
        .iter()
        .filter(|o| matches!(o.fact, Fact::Route { .. }))
        .map(|o| o.elapsed_ms - 1.0)
        .fold(0.0, f64::max)
        .min(MOST_LAG_MS)
}

/// More lag than this is not waited for.
pub(crate) const MOST_LAG_MS: f64 = 200.0;

fn target_open(open: &[Open], which: impl Fn(std::net::SocketAddr) -> bool) -> bool {
    open.iter().any(|question| match &question.ask.question {
        Question::Approach { approach } => approach.role == PortRole::Target && which(approach.to),
        _ => false,
    })
}

/// The shortest answer of the target's machine, in milliseconds, at most 500: what took longer was a retransmission or a
/// router that waited for a neighbour.
fn round_trip(case: &Case, aim: &aim::Aim) -> f64 {
    case.observations
        .iter()
        .filter(|o| match &o.fact {
            Fact::TcpConnect { to, outcome, .. } => {
                aim.addresses.contains(&to.ip())
                    && !matches!(
                        outcome,
                        ConnectOutcome::Silent | ConnectOutcome::Local { .. }
                    )
            }
            _ => false,
        })
        .map(|o| o.elapsed_ms)
        .fold(500.0, f64::min)
}

fn until(open: &Open, target: &Target, now_ms: f64) -> f64 {
    let deadline = open.deadline();
    match &open.ask.question {
        // Asked for by the person, or needed for everything else.
        Question::Via { .. }
        | Question::Login
        | Question::OwnKeyExchange { .. }
        | Question::ProxyCommand { .. }
        | Question::ClientConfig
        | Question::JumpConfig { .. }
        | Question::LocalServices
        | Question::Route { .. } => return deadline,
        Question::Resolve { .. } => {
            return if matches!(target, Target::Waiting) {
                deadline
            } else {
                now_ms
            };
        }
        Question::Approach { approach } if approach.segment_size.is_some() => return deadline,
        _ => {}
    }
    match *target {
        Target::Waiting => deadline,
        Target::Silent => silent(open),
        Target::Open { round_trip_ms } => open.asked_ms + 1.2 * round_trip_ms + 15.0,
        Target::Answered {
            round_trip_ms,
            at_ms,
        } => answered(open, round_trip_ms, at_ms),
    }
}

/// The target answered: what was asked with it should have been answered in the same time.
fn answered(open: &Open, round_trip_ms: f64, connect_ms: f64) -> f64 {
    // The first packet may have waited for a neighbour or a retransmission; what was asked at the same time waited with it.
    let fair = open.asked_ms + (1.2 * round_trip_ms).max(connect_ms) + 15.0;
    match &open.ask.question {
        Question::Approach { approach } if approach.depth != Depth::Connect && open.connected() => {
            // Something accepts there: its banner may be the answer.
            fair + 900.0
        }
        Question::KnownHosts { .. } => fair.max(open.asked_ms + 1000.0),
        _ => fair,
    }
}

/// The target stayed silent to its deadline: what is left has had its time, but for what was asked late.
fn silent(open: &Open) -> f64 {
    match &open.ask.question {
        Question::Trace { .. } | Question::NameServers { .. } => open.deadline(),
        Question::Approach { approach } if approach.depth != Depth::Connect && open.connected() => {
            open.deadline()
        }
        _ => open.asked_ms + 2600.0,
    }
}
