//! One run of one tool, read while it prints.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::process::Command;

use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::{Interest, ReadError};

use super::read_as;
use crate::child::{Failure, Limits, Running};
use crate::programs::Programs;

/// How much of a tool's output is taken at once.
const CHUNK: usize = 64 * 1024;
/// What only the nft back end of iptables says in a comment: in the first line of a dump, and of a table that it cannot print.
const NFT_BACK_END: [&str; 2] = ["(nf_tables)", "use 'nft' tool"];

/// The tools of this host, and what is known of them.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    programs: Programs,
    limits: Limits,
    /// Commands that are not waited for once more, when rules are read again for other packets.
    too_slow: RefCell<BTreeMap<&'static str, Failure>>,
}

impl Tools {
    /// These programs, each within these limits.
    pub(super) const fn new(programs: Programs, limits: Limits) -> Self {
        Self {
            programs,
            limits,
            too_slow: RefCell::new(BTreeMap::new()),
        }
    }
}

/// A tool that was started.
pub(super) struct Dump {
    /// What it prints, where that is known beforehand.
    kind: Option<SourceKind>,
    /// The command.
    pub(super) name: &'static str,
    /// What became of starting it.
    start: Start,
}

/// What became of starting a tool.
enum Start {
    Running(Running),
    NotInstalled,
    Failed(Failure),
}

/// What came of a run.
pub(super) enum Outcome {
    /// It was read, as this kind; `None` when it printed nothing to tell it by.
    Read(Option<SourceKind>),
    NotInstalled,
    /// What was run and how it failed.
    Failed(String),
}

impl Dump {
    /// Starts a command, unless it took too long before.
    pub(super) fn start(name: &'static str, kind: Option<SourceKind>, tools: &Tools) -> Self {
        let mut words = name.split(' ');
        let start = if let Some(failure) = tools.too_slow.borrow().get(name) {
            Start::Failed(failure.clone())
        } else if let Some(path) = tools.programs.find(words.next().unwrap_or_default()) {
            match Running::start(Command::new(path).args(words), tools.limits) {
                Ok(running) => Start::Running(running),
                Err(error) => Start::Failed(Failure::Own(error.to_string())),
            }
        } else {
            Start::NotInstalled
        };
        Self { kind, name, start }
    }

    /// Reads what it prints. Of a run that fails nothing is kept, since what comes before the failure may be cut anywhere.
    pub(super) fn read(self, tools: &Tools, interest: &Interest, into: &mut RuleSet) -> Outcome {
        let failed = |failure: Failure| Outcome::Failed(format!("{}: {failure}", self.name));
        let mut running = match self.start {
            Start::NotInstalled => return Outcome::NotInstalled,
            Start::Failed(failure) => return failed(failure),
            Start::Running(running) => running,
        };
        let before = Extent::of(into);
        let output = BufReader::with_capacity(CHUNK, &mut running);
        let (read, kind) = match read_output(self.name, self.kind, output, interest, into) {
            Ok(kind) => (Ok(()), kind),
            Err(error) => (Err(without_name(&error)), None),
        };
        match running.finish(read) {
            Ok(()) => Outcome::Read(kind),
            Err(failure) => {
                before.restore(into);
                if matches!(failure, Failure::TooLong(_)) {
                    let mut too_slow = tools.too_slow.borrow_mut();
                    too_slow.insert(self.name, failure.clone());
                }
                failed(failure)
            }
        }
    }
}

fn read_output(
    name: &str,
    kind: Option<SourceKind>,
    mut output: impl BufRead,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<Option<SourceKind>, ReadError> {
    let kind = match kind {
        Some(kind) => Some(kind),
        None => back_end(name, &mut output).map_err(|source| ReadError::Io {
            name: name.to_owned(),
            source,
        })?,
    };
    if let Some(kind) = kind {
        read_as(kind, name, output, interest, into)?;
    }
    Ok(kind)
}

/// Which back end a plain `iptables-save` is, by the comments that its dump begins with; `None` when it prints nothing.
fn back_end(name: &str, output: &mut impl BufRead) -> io::Result<Option<SourceKind>> {
    let beginning = String::from_utf8_lossy(output.fill_buf()?);
    if beginning.is_empty() {
        return Ok(None);
    }
    let mut comments = beginning.lines().filter(|line| line.starts_with('#'));
    let is_nft = comments.any(|line| NFT_BACK_END.iter().any(|words| line.contains(words)));
    let is_six = name.starts_with("ip6");
    Ok(Some(match (is_six, is_nft) {
        (false, true) => SourceKind::IptablesNft,
        (false, false) => SourceKind::IptablesLegacy,
        (true, true) => SourceKind::Ip6tablesNft,
        (true, false) => SourceKind::Ip6tablesLegacy,
    }))
}

/// The error without the name of its source, which stands in front of it already.
fn without_name(error: &ReadError) -> String {
    match error {
        ReadError::Io { source, .. } => source.to_string(),
        ReadError::Malformed { line, what, .. } => format!("line {line} of its output: {what}"),
    }
}

/// How much a rule set held at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    sources: usize,
    tables: usize,
    ipsets: usize,
    problems: usize,
}

impl Extent {
    /// How much it holds now.
    pub(super) fn of(rule_set: &RuleSet) -> Self {
        Self {
            sources: rule_set.sources.len(),
            tables: rule_set.tables.len(),
            ipsets: rule_set.ipsets.len(),
            problems: rule_set.problems.len(),
        }
    }

    /// Forgets what was added since.
    pub(super) fn restore(self, rule_set: &mut RuleSet) {
        rule_set.sources.truncate(self.sources);
        rule_set.tables.truncate(self.tables);
        rule_set.ipsets.truncate(self.ipsets);
        rule_set.problems.truncate(self.problems);
    }
}
