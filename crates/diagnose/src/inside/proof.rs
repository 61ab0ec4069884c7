//! What proves a cause on the server.

use sshdoctor_case::{Outcome, Quotation, Stage};

use super::Server;

/// Looks for one cause among the facts of a server. Nothing when they do not prove it.
pub type Prove = fn(&Server<'_>) -> Option<Proof>;

/// What a proved cause does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// It stops this client now.
    Stops,
    /// It stops clients after the next restart or reboot.
    Later,
    /// It is odd, and does not stop this client.
    Note,
}

/// A cause, proved by facts of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// What it does.
    pub force: Force,
    /// The answer in one sentence with its full stop: what is the matter and why, with the file and line where there is one. For
    /// [`Force::Later`] and [`Force::Note`] a remark in one sentence.
    pub answer: String,
    /// Links between what the client meets and this cause, each in a few words; the first is nearest to the client.
    pub links: Vec<String>,
    /// The line that proves it.
    pub quotation: Option<Quotation>,
    /// Ids of the facts.
    pub evidence: Vec<String>,
    /// Where it stops the client, where that is another stage than the catalogue's.
    pub stage: Option<Stage>,
    /// What the client meets.
    pub outcome: Outcome,
    /// Ids of causes for which this one is the reason, when they are proved too.
    pub explains: &'static [&'static str],
    /// What mends just this, where that is more exact than the catalogue's remedy.
    pub commands: Vec<String>,
}

impl Proof {
    /// A cause that stops the client.
    #[must_use]
    pub fn stops(outcome: Outcome, answer: impl Into<String>) -> Self {
        Self {
            force: Force::Stops,
            answer: answer.into(),
            links: Vec::new(),
            quotation: None,
            evidence: Vec::new(),
            stage: None,
            outcome,
            explains: &[],
            commands: Vec::new(),
        }
    }

    /// Something that will stop clients after the next restart or reboot.
    #[must_use]
    pub fn later(answer: impl Into<String>) -> Self {
        Self {
            force: Force::Later,
            ..Self::stops(Outcome::Open, answer)
        }
    }

    /// Something odd.
    #[must_use]
    pub fn note(answer: impl Into<String>) -> Self {
        Self {
            force: Force::Note,
            ..Self::stops(Outcome::Open, answer)
        }
    }

    /// Stopping at this stage.
    #[must_use]
    pub const fn at(mut self, stage: Stage) -> Self {
        self.stage = Some(stage);
        self
    }

    /// With one more link.
    #[must_use]
    pub fn link(mut self, words: impl Into<String>) -> Self {
        self.links.push(words.into());
        self
    }

    /// With the fact of this id.
    #[must_use]
    pub fn by(mut self, id: &str) -> Self {
        self.add_evidence(id);
        self
    }

    /// Adds the fact of this id, once.
    pub(super) fn add_evidence(&mut self, id: &str) {
        if !id.is_empty() && !self.evidence.iter().any(|known| known == id) {
            self.evidence.push(id.to_owned());
        }
    }

    /// With a line quoted.
    #[must_use]
    pub fn quoting(mut self, quotation: Quotation) -> Self {
        self.quotation = Some(quotation);
        self
    }

    /// As the reason for other causes.
    #[must_use]
    pub const fn explaining(mut self, causes: &'static [&'static str]) -> Self {
        self.explains = causes;
        self
    }

    /// With what mends just this.
    #[must_use]
    pub fn mended_by(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}
