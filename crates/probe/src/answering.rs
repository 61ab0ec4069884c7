//! The question being answered, with its clock and the way out for what is seen.

use std::time::{Duration, Instant};

use sshdoctor_case::{Ask, Fact, Observation, Question, Received, Vantage};
use tokio::sync::mpsc::UnboundedSender;

/// One question while it is being answered.
pub(crate) struct Answering {
    number: u32,
    question: Question,
    start: Instant,
    began: Instant,
    deadline: Instant,
    out: UnboundedSender<(u32, Observation)>,
}

impl Answering {
    pub(crate) fn new(ask: &Ask, start: Instant, out: UnboundedSender<(u32, Observation)>) -> Self {
        let began = Instant::now();
        Self {
            number: ask.number,
            question: ask.question.clone(),
            start,
            began,
            deadline: began + Duration::from_millis(u64::from(ask.deadline_ms)),
            out,
        }
    }

    /// The instant after which nothing is waited for.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The deadline, or `limit` from the beginning when that is earlier.
    pub(crate) fn deadline_within(&self, limit: Duration) -> Instant {
        self.deadline.min(self.began + limit)
    }

    /// The deadline, with time left to report what was found by then.
    pub(crate) fn deadline_less(&self, margin: Duration) -> Instant {
        self.deadline.checked_sub(margin).unwrap_or(self.deadline)
    }

    /// When the answering began.
    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    /// Sends a fact whose observation began at `began` and ends now.
    pub(crate) fn saw(&self, began: Instant, fact: Fact) {
        self.saw_from(Vantage::client(), began, fact);
    }

    /// As [`Self::saw`], from another host.
    pub(crate) fn saw_from(&self, vantage: Vantage, began: Instant, fact: Fact) {
        let observation = Observation {
            id: String::new(),
            vantage,
            at_ms: milliseconds(began.saturating_duration_since(self.start)),
            elapsed_ms: milliseconds(began.elapsed()),
            fact,
        };
        // The receiver is gone only when nobody wants the answer any more.
        let _ = self.out.send((self.number, observation));
    }

    /// Says why there is no answer.
    pub(crate) fn not_observed(&self, reason: &str) {
        let fact = Fact::NotObserved {
            question: Box::new(self.question.clone()),
            reason: Received::from_text(reason),
        };
        self.saw(self.began, fact);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
