//! Reads `iptables-save` and `ip6tables-save`, of either back end.

mod conditions;
mod fragments;
mod header;
mod ipsets;
mod matches;
mod options;
mod rule;
mod table;
mod targets;
mod values;
mod words;

use std::collections::BTreeSet;
use std::io::BufRead;

use crate::evaluate::Version;
use crate::lines::Lines;
use crate::model::{Family, Origin, Problem, RuleSet, Source, SourceKind, Table};
use crate::{Interest, ReadError};

use ipsets::IpsetNames;
use table::{Surroundings, TableReader};

pub use fragments::Fragments;
pub(crate) use values::{address, address_range, ether_address, network, protocol};

/// Reads one dump and adds its tables to `into`; keeps what packets of `interest` can meet. Read the ipsets first: a rule that names
/// a set not in `into` is undecided where it depends on it.
///
/// # Errors
/// When reading fails or the text is not what iptables-save prints. A match or target that is not understood is kept as unknown.
pub fn read(
    name: &str,
    kind: SourceKind,
    input: impl BufRead,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    let names = IpsetNames::of(&into.ipsets);
    let mut reader = Reader {
        name,
        interest,
        names: &names,
        rule_set: into,
        kind,
        open: None,
        sources: Vec::new(),
        tables: Vec::new(),
        problems: Vec::new(),
        changed_sets: Vec::new(),
        tracked: BTreeSet::new(),
    };
    reader.source(kind);
    let mut lines = Lines::new(name, kind, input);
    while let Some((line, number)) = lines.next()? {
        if line.contains('"') && is_rule(line) && words::words(line).is_err() {
            let whole = with_continuation(line.to_owned(), &mut lines)?;
            reader.line(&whole, number)?;
        } else {
            reader.line(line, number)?;
        }
    }
    reader.end();
    let Reader {
        sources,
        tables,
        problems,
        changed_sets,
        tracked,
        ..
    } = reader;
    into.sources.extend(sources);
    into.tables.extend(tables);
    into.problems.extend(problems);
    into.tracked_families.extend(tracked);
    for set in changed_sets {
        if let Some(set) = into.ipsets.get_mut(set as usize) {
            set.dynamic = true;
        }
    }
    Ok(())
}

fn is_rule(line: &str) -> bool {
    let (_, line) = rule::leading_counters(line);
    line.starts_with('-')
}

/// How many lines one rule may have: a comment with line breaks has at most 255 bytes (`XT_MAX_COMMENT_LEN`).
const MOST_CONTINUED: u32 = 255;

/// How long such a rule may be; iptables-restore takes lines of 10 KiB.
const LONGEST_CONTINUED: usize = 16 << 10;

/// A comment may hold a line break, which iptables-save prints as it is. A line that is something of its own is never taken.
fn with_continuation(
    mut line: String,
    lines: &mut Lines<'_, impl BufRead>,
) -> Result<String, ReadError> {
    for _ in 0..MOST_CONTINUED {
        match lines.peek()? {
            Some(next) if !begins_anew(next) && line.len() + next.len() < LONGEST_CONTINUED => {
                line.push('\n');
                line.push_str(next);
            }
            _ => break,
        }
        lines.next()?;
        if words::words(&line).is_ok() {
            break;
        }
    }
    Ok(line)
}

fn begins_anew(line: &str) -> bool {
    let line = line.trim_ascii();
    is_rule(line) || line.starts_with(['#', '*', ':']) || line == "COMMIT"
}

/// A dump while it is read.
struct Reader<'a> {
    name: &'a str,
    interest: &'a Interest,
    names: &'a IpsetNames,
    rule_set: &'a RuleSet,
    /// Of the tables that follow: a file may hold the dumps of both families one after the other.
    kind: SourceKind,
    open: Option<TableReader>,
    sources: Vec<Source>,
    tables: Vec<Table>,
    problems: Vec<Problem>,
    changed_sets: Vec<u32>,
    tracked: BTreeSet<Family>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: u32) -> Result<(), ReadError> {
        let line = line.trim_ascii();
        match line.as_bytes().first() {
            None => {}
            Some(b'#') => self.remark(line),
            Some(b'*') => {
                self.end();
                self.open = Some(TableReader::new(line[1..].trim_ascii()));
            }
            Some(b':') => self.declaration(&line[1..], number),
            Some(b'-' | b'[') if is_rule(line) => self.command(line, number),
            _ if line.eq_ignore_ascii_case("COMMIT") => self.close(),
            _ => return Err(self.malformed(number, &format!("\"{}\"", shortened(line)))),
        }
        Ok(())
    }

    fn malformed(&self, line: u32, what: &str) -> ReadError {
        ReadError::Malformed {
            name: self.name.to_owned(),
            kind: self.kind,
            line: line.into(),
            what: what.to_owned(),
        }
    }

    /// Headers say which program wrote what follows; warnings say what it did not print.
    fn remark(&mut self, line: &str) {
        let text = line.trim_start_matches('#').trim_ascii();
        if let Some(header) = text.strip_prefix("Generated by ") {
            self.end();
            if let Some(kind) = kind_of_header(header)
                && kind != self.kind
            {
                self.source(kind);
            }
        } else if text.ends_with("is incompatible, use 'nft' tool.") {
            self.problem(self.kind, text);
        } else if text.starts_with("Warning: ") && text.contains("tables-legacy tables present") {
            let kind = match version(self.kind) {
                Version::V4 => SourceKind::IptablesLegacy,
                Version::V6 => SourceKind::Ip6tablesLegacy,
            };
            self.problem(kind, text);
        }
    }

    fn problem(&mut self, kind: SourceKind, text: &str) {
        self.problems.push(Problem {
            kind,
            message: format!("{}: {}", self.name, shortened(text)),
            hides_chains: true,
        });
    }

    fn table(&mut self) -> &mut TableReader {
        self.open.get_or_insert_with(|| TableReader::new("filter"))
    }

    fn declaration(&mut self, line: &str, number: u32) {
        let mut words = line.split_ascii_whitespace();
        let (Some(name), policy) = (words.next(), words.next()) else {
            return;
        };
        let counters = words
            .next()
            .and_then(|word| rule::counters_of(word.strip_prefix('[')?.strip_suffix(']')?));
        self.table()
            .declare(name, policy.unwrap_or("-"), counters, number);
    }

    /// A rule, or one of the few other commands that a file for iptables-restore may hold.
    fn command(&mut self, line: &str, number: u32) {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("-P" | "--policy"), Some(chain), Some(policy)) => {
                self.table().declare(chain, policy, None, number);
            }
            (Some("-N" | "--new-chain"), Some(chain), None) => {
                self.table().declare(chain, "-", None, number);
            }
            (
                Some(
                    "-D" | "--delete" | "-R" | "--replace" | "-F" | "--flush" | "-X"
                    | "--delete-chain" | "-E" | "--rename-chain",
                ),
                ..,
            ) => {
                let message = format!("line {number} changes rules that stand before it: {line}");
                self.problem(self.kind, &message);
            }
            (Some("-Z" | "--zero"), ..) => {}
            _ => {
                let around = Surroundings {
                    interest: self.interest,
                    sets: &self.rule_set.ipsets,
                    names: self.names,
                    version: version(self.kind),
                };
                self.open
                    .get_or_insert_with(|| TableReader::new("filter"))
                    .rule(line, number, &around);
            }
        }
    }

    fn source(&mut self, kind: SourceKind) {
        self.kind = kind;
        match self.sources.last_mut() {
            Some(last) if last.rules == 0 && self.tables.is_empty() => last.kind = kind,
            _ => self.sources.push(Source {
                name: self.name.to_owned(),
                kind,
                rules: 0,
                not_understood: 0,
            }),
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if open.tracks {
            self.tracked.insert(match version(self.kind) {
                Version::V4 => Family::Ip,
                Version::V6 => Family::Ip6,
            });
        }
        let source = self.rule_set.sources.len() + self.sources.len().saturating_sub(1);
        let finished = open.finish(
            u32::try_from(source).unwrap_or(u32::MAX),
            origin(self.kind),
            version(self.kind),
        );
        if let Some(source) = self.sources.last_mut() {
            source.rules += finished.rules;
            source.not_understood += finished.not_understood;
        }
        self.changed_sets.extend(finished.changed_sets);
        let table = finished.table;
        let same = |known: &Table| {
            known.name == table.name && known.family == table.family && known.origin == table.origin
        };
        // As iptables-restore does: of two tables with one name the later stays.
        if let Some(known) = self.tables.iter().position(same) {
            self.problems.push(Problem {
                kind: self.kind,
                message: format!(
                    "{}: the table {} is there twice; the later one counts",
                    self.name, table.name
                ),
                hides_chains: false,
            });
            self.tables.remove(known);
        }
        self.tables.push(table);
    }

    /// The file ends, or the next table begins.
    fn end(&mut self) {
        if let Some(open) = &self.open {
            let message = format!("the table {} has no end (COMMIT)", open.name);
            self.problem(self.kind, &message);
            self.close();
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

fn version(kind: SourceKind) -> Version {
    match kind {
        SourceKind::Ip6tablesNft | SourceKind::Ip6tablesLegacy => Version::V6,
        _ => Version::V4,
    }
}

fn origin(kind: SourceKind) -> Origin {
    match kind {
        SourceKind::IptablesLegacy | SourceKind::Ip6tablesLegacy => Origin::IptablesLegacy,
        _ => Origin::IptablesNft,
    }
}

/// `iptables-save v1.8.9 (nf_tables) on …`: the legacy back end names none, and before version 1.8 there was no other.
fn kind_of_header(header: &str) -> Option<SourceKind> {
    let nft = header.contains("(nf_tables)");
    let six = if header.starts_with("ip6tables") {
        true
    } else if header.starts_with("iptables") {
        false
    } else {
        return None;
    };
    Some(match (six, nft) {
        (false, true) => SourceKind::IptablesNft,
        (false, false) => SourceKind::IptablesLegacy,
        (true, true) => SourceKind::Ip6tablesNft,
        (true, false) => SourceKind::Ip6tablesLegacy,
    })
}
