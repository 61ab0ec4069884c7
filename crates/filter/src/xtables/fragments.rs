//! Files for `iptables-restore --noflush`, loaded one after the other into the same tables.

use super::read;
use crate::model::{RuleSet, Source, SourceKind};
use crate::{Interest, ReadError};

/// Bytes of all fragments together.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// What was loaded so far.
#[derive(Debug, Default)]
pub struct Fragments {
    /// Where lines come from.
    names: Vec<String>,
    tables: Vec<Table>,
    bytes: usize,
}

#[derive(Debug)]
struct Table {
    name: String,
    /// Declarations and rules in the order in which they count.
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    text: String,
    /// The chain that it declares or belongs to.
    chain: String,
    is_rule: bool,
    /// Index of its name.
    origin: usize,
    /// Line, from 1; nothing where it stands in no file.
    number: Option<u32>,
}

impl Fragments {
    /// Loads a file.
    ///
    /// # Errors
    /// When it is too long to be looked at.
    pub fn load(&mut self, name: &str, text: &[u8]) -> Result<(), ReadError> {
        self.add(name, text, true)
    }

    /// Loads what a program makes itself, which stands on no line.
    ///
    /// # Errors
    /// When it is too long to be looked at.
    pub fn make(&mut self, name: &str, text: &str) -> Result<(), ReadError> {
        self.add(name, text.as_bytes(), false)
    }

    /// Says where a policy stands that was made by [`Self::make`].
    pub fn place_policy(&mut self, chain: &str, name: &str, number: Option<u32>) {
        let origin = self.origin(name);
        let filters = self
            .tables
            .iter_mut()
            .filter(|table| table.name == "filter");
        let lines = filters.flat_map(|table| &mut table.lines);
        for line in lines.filter(|line| !line.is_rule && line.chain == chain) {
            (line.origin, line.number) = (origin, number);
        }
    }

    fn origin(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    fn add(&mut self, name: &str, text: &[u8], in_file: bool) -> Result<(), ReadError> {
        self.bytes = self.bytes.saturating_add(text.len());
        if self.bytes > MOST_BYTES {
            return Err(ReadError::Io {
                name: name.to_owned(),
                source: std::io::Error::other("it is too long"),
            });
        }
        let origin = self.origin(name);
        let text = String::from_utf8_lossy(text);
        let mut table = self.table("filter");
        for (text, number) in text.lines().zip(1_u32..) {
            let text = text.trim_ascii();
            match text.as_bytes().first() {
                None | Some(b'#') => continue,
                Some(b'*') => {
                    table = self.table(text.get(1..).unwrap_or_default().trim_ascii());
                    continue;
                }
                _ if text.eq_ignore_ascii_case("COMMIT") => continue,
                _ => {}
            }
            let declared = text.strip_prefix(':');
            let chain = declared.map_or_else(
                || chain_of(text),
                |declared| declared.split_ascii_whitespace().next().unwrap_or_default(),
            );
            let Some(table) = self.tables.get_mut(table) else {
                continue;
            };
            if declared.is_some() {
                table.declare(chain);
            }
            table.lines.push(Line {
                text: text.to_owned(),
                chain: chain.to_owned(),
                is_rule: declared.is_none(),
                origin,
                number: in_file.then_some(number),
            });
        }
        Ok(())
    }

    fn table(&mut self, name: &str) -> usize {
        let known = self.tables.iter().position(|table| table.name == name);
        known.unwrap_or_else(|| {
            self.tables.push(Table {
                name: name.to_owned(),
                lines: Vec::new(),
            });
            self.tables.len() - 1
        })
    }

    /// Adds the tables to `into` as the reader of iptables-save reads them; each rule knows its file and line.
    ///
    /// # Errors
    /// When a line is none that iptables-restore takes.
    pub fn read(
        &self,
        kind: SourceKind,
        interest: &Interest,
        into: &mut RuleSet,
    ) -> Result<(), ReadError> {
        let Some((first, others)) = self.names.split_first() else {
            return Ok(());
        };
        let (text, lines) = self.text();
        let (sources, tables) = (into.sources.len(), into.tables.len());
        read(first, kind, text.as_bytes(), interest, into)
            .map_err(|error| located(error, &lines, &self.names))?;
        into.sources.extend(others.iter().map(|name| Source {
            name: name.clone(),
            kind,
            rules: 0,
            not_understood: 0,
        }));
        for (source, origin) in into.sources.iter_mut().skip(sources).zip(0..) {
            let own = |line: &&Line| line.is_rule && line.origin == origin;
            source.rules = lines.iter().copied().flatten().filter(own).map(|_| 1).sum();
        }
        for table in into.tables.iter_mut().skip(tables) {
            for chain in &mut table.chains {
                (chain.source, chain.line) = place(chain.line, &lines, sources);
                for rule in &mut chain.rules {
                    (rule.place.source, rule.place.line) = place(rule.place.line, &lines, sources);
                }
            }
        }
        Ok(())
    }

    /// All of it as one text, and where each of its lines comes from.
    fn text(&self) -> (String, Vec<Option<&Line>>) {
        let mut text = String::new();
        let mut lines = Vec::new();
        for table in self.tables.iter().filter(|table| !table.lines.is_empty()) {
            text.push('*');
            text.push_str(&table.name);
            text.push('\n');
            lines.push(None);
            for line in &table.lines {
                text.push_str(&line.text);
                text.push('\n');
                lines.push(Some(line));
            }
            text.push_str("COMMIT\n");
            lines.push(None);
        }
        (text, lines)
    }
}

impl Table {
    /// A chain that is declared again is emptied, unless it is one of the kernel's (`iptables-restore(8)`, `--noflush`).
    fn declare(&mut self, chain: &str) {
        let is_built_in = matches!(
            chain,
            "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING"
        );
        self.lines
            .retain(|line| line.chain != chain || is_built_in && line.is_rule);
    }
}

/// The chain of `-A chain …`, behind counters that may stand in front.
fn chain_of(rule: &str) -> &str {
    let mut words = rule.split_ascii_whitespace();
    words.find(|word| !word.starts_with('['));
    words.next().unwrap_or_default()
}

fn place(line: Option<u32>, lines: &[Option<&Line>], sources: usize) -> (Option<u32>, Option<u32>) {
    let line = line
        .and_then(|number| usize::try_from(number).ok()?.checked_sub(1))
        .and_then(|index| lines.get(index).copied().flatten());
    match line {
        Some(line) => (
            u32::try_from(sources.saturating_add(line.origin)).ok(),
            line.number,
        ),
        None => (None, None),
    }
}

/// The error with the file and line that is meant.
fn located(error: ReadError, lines: &[Option<&Line>], names: &[String]) -> ReadError {
    let ReadError::Malformed {
        name,
        kind,
        line,
        what,
    } = error
    else {
        return error;
    };
    let found = usize::try_from(line)
        .ok()
        .and_then(|line| lines.get(line.checked_sub(1)?).copied().flatten());
    ReadError::Malformed {
        name: found
            .and_then(|found| names.get(found.origin).cloned())
            .unwrap_or(name),
        kind,
        line: found.and_then(|found| found.number).map_or(line, u64::from),
        what,
    }
}
