//! The inquiry as a state machine without I/O.

use std::net::SocketAddr;

use sshdoctor_case::{
    Ask, BannerOutcome, Case, ConnectOutcome, EchoOutcome, Fact, KexOutcome, Observation, PortRole,
    Question, Received, Report, Vantage,
};

use super::patience::{self, Open};
use super::planning::{self, Progressing, Wanted};
use super::report;

/// No inquiry lasts longer, whatever a peer does.
const LONGEST_MS: f64 = 11_500.0;

/// Why a question that was given up was not observed.
pub(crate) const DROPPED: &str = "not waited for: the answer was settled without it";

/// A diagnosis in progress.
///
/// The driver calls [`Inquiry::questions`] at the start, after every observation, when a question is finished and when
/// [`Inquiry::wake_at_ms`] has come, and puts each question it returns to an observer; once [`Inquiry::is_settled`], it
/// drops what is still under way and takes the [`Inquiry::report`].
pub struct Inquiry {
    case: Case,
    now_ms: f64,
    asked: Vec<(Question, u8)>,
    open: Vec<Open>,
    target_asked: Vec<(SocketAddr, f64)>,
    wake_at_ms: Option<f64>,
    /// How late the driver woke this inquiry at worst.
    late_ms: f64,
    settled: bool,
}

impl Inquiry {
    /// Begins with what the case already holds.
    #[must_use]
    pub fn new(case: Case) -> Self {
        Self {
            case,
            now_ms: 0.0,
            asked: Vec::new(),
            open: Vec::new(),
            target_asked: Vec::new(),
            wake_at_ms: None,
            late_ms: 0.0,
            settled: false,
        }
    }

    /// The questions worth asking now that have not been asked yet. `now_ms`: milliseconds since the start.
    ///
    /// When nothing that is still open could change the answer, what is open is recorded as unanswered so far, and the inquiry is
    /// settled.
    pub fn questions(&mut self, now_ms: f64) -> Vec<Ask> {
        self.now_ms = now_ms;
        if self.settled {
            return Vec::new();
        }
        if let Some(wake) = self.wake_at_ms {
            self.late_ms = self.late_ms.max(now_ms - wake).min(patience::MOST_LAG_MS);
        }
        let asks: Vec<Ask> = planning::wanted(&self.case, &self.progressing())
            .into_iter()
            .filter_map(|wanted| self.ask(wanted))
            .collect();
        let patience = self.patience();
        let wait_until = patience.iter().copied().fold(0.0, f64::max).min(LONGEST_MS);
        if asks.is_empty() && wait_until <= now_ms {
            self.settle();
        }
        self.wake_at_ms = (!self.settled).then(|| self.next_wake(&patience));
        asks
    }

    /// Takes one observation that answers question `number`.
    pub fn record(&mut self, number: u32, observation: Observation) {
        if self.settled {
            return;
        }
        if let Some(open) = self.open.iter_mut().find(|open| open.ask.number == number) {
            open.observed.push(observation.fact.clone());
        }
        self.case.add(observation);
    }

    /// Question `number` will yield nothing more.
    pub fn finished(&mut self, number: u32) {
        self.open.retain(|open| open.ask.number != number);
    }

    /// When [`Self::questions`] should be called again even if nothing arrives, in milliseconds since the start.
    #[must_use]
    pub fn wake_at_ms(&self) -> Option<f64> {
        self.wake_at_ms
    }

    /// Nothing that is still open could change the answer: the driver should drop what is under way and report.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The open question that holds up the answer, for the progress line.
    #[must_use]
    pub fn waiting_for(&self) -> Option<&Ask> {
        let patience = self.patience();
        self.open
            .iter()
            .zip(patience)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(open, _)| &open.ask)
    }

    /// What is known so far.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// What is known in the end.
    #[must_use]
    pub fn into_case(self) -> Case {
        self.case
    }

    /// The answer from what is known so far.
    #[must_use]
    pub fn report(&self) -> Report {
        diagnose(&self.case)
    }

    /// On a busy machine packets leave late and answers are read late: that must not be taken for silence.
    fn patience(&self) -> Vec<f64> {
        let lag = self.late_ms.max(patience::local_lag(&self.case));
        patience::patience(&self.case, &self.open, self.now_ms, lag)
    }

    fn progressing(&self) -> Progressing {
        let under_way = self.open.iter().filter(|open| open.may_complete()).count();
        Progressing {
            now_ms: self.now_ms,
            target_under_way: u32::try_from(under_way).unwrap_or(u32::MAX),
            target_asked: self.target_asked.clone(),
        }
    }

    fn ask(&mut self, wanted: Wanted) -> Option<Ask> {
        let key = (wanted.question, wanted.repetition);
        if self.asked.contains(&key) {
            return None;
        }
        if let Question::Approach { approach } = &key.0
            && approach.role == PortRole::Target
        {
            self.target_asked.push((approach.to, self.now_ms));
        }
        self.asked.push(key.clone());
        let left = (LONGEST_MS - self.now_ms).max(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and LONGEST_MS"
        )]
        let left = left as u32;
        let ask = Ask {
            number: u32::try_from(self.asked.len()).unwrap_or(u32::MAX),
            question: key.0,
            deadline_ms: wanted.deadline_ms.min(left),
            reason: wanted.reason,
        };
        self.open.push(Open {
            ask: ask.clone(),
            asked_ms: self.now_ms,
            observed: Vec::new(),
        });
        Some(ask)
    }

    fn next_wake(&self, patience: &[f64]) -> f64 {
        let planned = self
            .target_asked
            .iter()
            .map(|(_, asked)| asked + planning::SILENT_SO_FAR_MS);
        let observed = self.case.observations.iter().filter_map(|o| {
            let wait = match &o.fact {
                Fact::Banner {
                    role: PortRole::Target,
                    ..
                } => planning::HUNG_SO_FAR_MS,
                Fact::TcpConnect {
                    role: PortRole::Target,
                    ..
                } => planning::ECHO_SLACK_MS,
                _ => return None,
            };
            Some(o.at_ms + o.elapsed_ms + wait)
        });
        patience
            .iter()
            .copied()
            .chain(planned)
            .chain(observed)
            .filter(|at| *at > self.now_ms)
            .fold(LONGEST_MS, f64::min)
            .max(self.now_ms + 1.0)
    }

    fn settle(&mut self) {
        for open in std::mem::take(&mut self.open) {
            if let Some(fact) = unanswered(&open, self.now_ms - open.asked_ms) {
                self.case.add(Observation {
                    id: String::new(),
                    vantage: Vantage::client(),
                    at_ms: open.asked_ms,
                    elapsed_ms: self.now_ms - open.asked_ms,
                    fact,
                });
            }
        }
        self.settled = true;
    }
}

/// A target that was dropped sooner, in milliseconds, was dropped because another address settled the answer: nothing is
/// known of it.
const LEAST_SILENCE_MS: f64 = 1000.0;

/// What it means that a question is given up: silence so far, where silence is an answer.
fn unanswered(open: &Open, waited_ms: f64) -> Option<Fact> {
    match &open.ask.question {
        Question::Approach { approach }
            if approach.role == PortRole::Target && waited_ms < LEAST_SILENCE_MS =>
        {
            None
        }
        Question::Approach { approach } => {
            let (to, role) = (approach.to, approach.role);
            let seen = |matches: fn(&Fact) -> bool| open.observed.iter().any(matches);
            if !seen(|fact| matches!(fact, Fact::TcpConnect { .. })) {
                return Some(Fact::TcpConnect {
                    to,
                    role,
                    from: None,
                    outcome: ConnectOutcome::Silent,
                });
            }
            if approach.depth == sshdoctor_case::Depth::Connect {
                return None;
            }
            if !seen(|fact| matches!(fact, Fact::Banner { .. })) {
                return Some(Fact::Banner {
                    to,
                    role,
                    outcome: BannerOutcome::Silent,
                    preceding: Vec::new(),
                });
            }
            let done = seen(|fact| matches!(fact, Fact::KeyExchange { .. }));
            (!done && role == PortRole::Target).then(|| Fact::KeyExchange {
                to,
                role,
                outcome: KexOutcome::Hung {
                    waiting_for: "KEX_REPLY".into(),
                },
                server_offer: None,
                client_offer: None,
                segment_size: approach.segment_size,
            })
        }
        Question::Echo { to } => Some(Fact::Echo {
            to: *to,
            outcome: EchoOutcome::Silent,
        }),
        question if open.observed.is_empty() => Some(Fact::NotObserved {
            question: Box::new(question.clone()),
            reason: Received::from_text(DROPPED),
        }),
        _ => None,
    }
}

/// What follows from what the client's side saw.
#[must_use]
pub(crate) fn diagnose(case: &Case) -> Report {
    report::report(case)
}
