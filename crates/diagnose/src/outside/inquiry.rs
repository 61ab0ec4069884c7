//! The inquiry as a state machine without I/O.

use sshdoctor_case::{Ask, Case, Observation, Report};

/// A diagnosis in progress.
pub struct Inquiry {
    case: Case,
}

impl Inquiry {
    /// Begins with what the case already holds.
    #[must_use]
    pub fn new(case: Case) -> Self {
        Self { case }
    }

    /// The questions worth asking now that have not been asked yet. `now_ms`: milliseconds since the start.
    pub fn questions(&mut self, now_ms: f64) -> Vec<Ask> {
        let _ = now_ms;
        Vec::new()
    }

    /// Takes one observation that answers question `number`.
    pub fn record(&mut self, number: u32, observation: Observation) {
        let _ = number;
        self.case.add(observation);
    }

    /// Question `number` will yield nothing more.
    pub fn finished(&mut self, number: u32) {
        let _ = number;
    }

    /// When [`Self::questions`] should be called again even if nothing arrives, in milliseconds since the start.
    #[must_use]
    pub fn wake_at_ms(&self) -> Option<f64> {
        None
    }

    /// Nothing that is still open could change the answer: the driver should drop what is under way and report.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        true
    }

    /// The open question that holds up the answer, for the progress line.
    #[must_use]
    pub fn waiting_for(&self) -> Option<&Ask> {
        None
    }

    /// What is known so far.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.case
    }

    /// The answer from what is known so far.
    #[must_use]
    pub fn report(&self) -> Report {
        diagnose(&self.case)
    }
}

/// What follows from a case.
#[must_use]
pub fn diagnose(case: &Case) -> Report {
    let _ = case;
    unreachable!("replaced by the reasoning")
}
