//! What a text of `ssh` or `sshd` means: an error on the screen, `ssh -vvv`, a journal, the log of a build.
//!
//! A text is read once, in pieces of any size and in bounded memory ([`Explainer`]); its lines are recognised by their words
//! ([`signs`]), put together to attempts ([`story`]), and what the last one met is weighed like what `check` sees ([`weigh`]).
//!
//! ```
//! use sshdoctor_diagnose::text::{self, Verdict};
//!
//! let explanation = text::explain(b"ssh: connect to host web1 port 22: Connection refused\n", "build.log");
//! assert_eq!(explanation.verdict, Verdict::Failed);
//! assert_eq!(explanation.report.causes[0].id, "sshd-stopped");
//! assert_eq!(explanation.report.target.host, "web1");
//!
//! let unrelated = text::explain(b"nginx: connect() failed (111: Connection refused)\n", "error.log");
//! assert_eq!(unrelated.verdict, Verdict::NotUnderstood);
//! assert!(unrelated.report.causes.is_empty());
//! ```

mod answer;
mod attempt;
mod automaton;
mod client_lines;
mod denial;
mod ending;
mod errno;
mod headline;
mod joined;
mod lines;
mod message;
mod next;
mod plain;
mod reader;
mod report;
mod server_lines;
mod sign;
mod signs;
mod speaker;
mod story;
mod weigh;
mod wrapping;

use sshdoctor_case::Report;

use lines::Lines;
use reader::Reader;

pub(crate) use errno::Errno;
pub(crate) use speaker::Platform;

/// What a text comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It shows a failure, and the report says which.
    Failed,
    /// It shows a success, or nothing that failed.
    Fine,
    /// Nothing in it is known.
    NotUnderstood,
}

/// The answer to a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// In one word.
    pub verdict: Verdict,
    /// In full; its command is `explain`.
    pub report: Report,
}

/// Reads a text piece by piece.
///
/// ```
/// use sshdoctor_diagnose::text::{Explainer, Verdict};
///
/// let mut explainer = Explainer::new("the terminal");
/// explainer.feed(b"me@web1: Permission ");
/// explainer.feed(b"denied (publickey).\r\n");
/// let explanation = explainer.finish();
/// assert_eq!(explanation.verdict, Verdict::Failed);
/// assert_eq!(explanation.report.target.user.as_deref(), Some("me"));
/// ```
#[derive(Debug)]
pub struct Explainer {
    source: String,
    lines: Lines,
    reader: Reader,
    /// The beginning of the text, for lines that a terminal or a mail broke.
    beginning: Vec<u8>,
}

impl Explainer {
    /// Nothing is read yet. `source` is what the text is called in the report.
    #[must_use]
    pub fn new(source: &str) -> Self {
        Self {
            source: sshdoctor_case::escape(source),
            lines: Lines::new(),
            reader: Reader::new(),
            beginning: Vec::new(),
        }
    }

    /// The next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = joined::MOST.saturating_sub(self.beginning.len());
        self.beginning
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        let reader = &mut self.reader;
        self.lines.feed(bytes, &mut |found| reader.take(found));
    }

    /// Bytes so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// The text is over.
    #[must_use]
    pub fn finish(mut self) -> Explanation {
        let reader = &mut self.reader;
        self.lines.end(&mut |found| reader.take(found));
        let mut story = self.reader.finish();
        let whole = self.lines.bytes() <= joined::MOST as u64;
        if whole
            && (!story.something_works() || self.beginning.starts_with(b">"))
            && answer::answer(&story).decision.is_none()
            && let Some(joined) = joined::read(&self.beginning)
        {
            story = joined;
        }
        report::explanation(&story, &self.source, self.lines.count())
    }
}

/// A whole text at once.
#[must_use]
pub fn explain(text: &[u8], source: &str) -> Explanation {
    let mut explainer = Explainer::new(source);
    explainer.feed(text);
    explainer.finish()
}

#[cfg(test)]
mod tests;
