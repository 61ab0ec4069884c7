//! Reads nftables' own language (`nft(8)`): what `nft list ruleset` prints, and files that `nft -f` loads.
//!
//! A script is read into what `nft -j` would list of it, and that by the reader of listings: both mean the same model.

mod action;
mod block;
mod command;
mod constant;
mod contents;
mod expression;
mod reading;
mod rule;
mod source;
mod token;

pub use source::{Includes, NoIncludes};

use command::Script;
use contents::{Contents, Set, Table};
use reading::{Value, members, text};
use source::Source;

use super::json::Json;
use super::listing::{At, Listing};
use crate::model::{Problem, RuleSet, SourceKind};
use crate::{Interest, ReadError};

/// What a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What `nft list ruleset` printed of rules that are loaded otherwise: it leaves out some tests that they make.
    Listed,
    /// What is to be loaded as it stands.
    Loaded,
}

/// Reads one script, with the files that it includes, and adds its tables to `into`; keeps what packets of `interest` can meet.
///
/// # Errors
/// When a file that it includes cannot be read, something is not defined, or it is too long; `into` is then as it was. What else is
/// not understood is kept as unknown, or is among [`RuleSet::problems`].
pub fn read(
    name: &str,
    script: &[u8],
    meaning: Meaning,
    includes: &dyn Includes,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    let source = Source::read(name, script, includes)?;
    let contents = Script::contents_of(&source.tokens);
    let first = u32::try_from(into.sources.len()).unwrap_or(u32::MAX);
    let mut listing = Listing::of_script(first, interest, meaning == Meaning::Loaded);
    replay(&contents, first, &mut listing);
    listing.finish_script(&source.files, into);
    count_by_file(&contents, first, into);
    into.problems.extend(contents.oddities.iter().map(|oddity| {
        let file = source.files.get(oddity.file as usize);
        Problem {
            kind: SourceKind::NftScript,
            message: format!(
                "{}, line {}: `{}` is not understood",
                file.map_or(name, |file| file),
                oddity.line,
                oddity.what
            ),
            hides_chains: true,
        }
    }));
    Ok(())
}

/// Each file counts the rules that stand in it.
fn count_by_file(contents: &Contents, first: u32, into: &mut RuleSet) {
    let sources = into.sources.iter_mut().skip(first as usize);
    let mut sources: Vec<_> = sources.collect();
    for source in &mut sources {
        source.rules = 0;
    }
    let chains = contents.tables.iter().flat_map(|table| &table.chains);
    for rule in chains.flat_map(|chain| &chain.rules) {
        if let Some(source) = sources.get_mut(rule.file as usize) {
            source.rules += 1;
        }
    }
}

/// Gives everything to the reader of listings, in the order of a listing.
fn replay(contents: &Contents, first: u32, listing: &mut Listing<'_>) {
    for table in &contents.tables {
        let flags = if table.dormant {
            text("dormant")
        } else {
            Json::Null
        };
        listing.table(&members([
            ("family", text(table.family.word())),
            ("name", text(&table.name)),
            ("flags", flags),
        ]));
        for (kind, body) in &table.rates {
            listing.rate(kind, &of_table(table, body.iter().cloned()));
        }
        for set in &table.sets {
            replay_set(table, set, listing);
        }
        for chain in &table.chains {
            let mut base = chain.base.clone();
            if base.iter().any(|(member, _)| *member == "hook")
                && base.iter().all(|(member, _)| *member != "policy")
            {
                base.push(("policy", text("accept")));
            }
            base.push(("name", text(&chain.name)));
            let at = place(chain.file, chain.line, first);
            listing.chain(&of_table(table, base), at);
        }
        for chain in &table.chains {
            for rule in &chain.rules {
                let mut body = vec![
                    ("chain", text(&chain.name)),
                    ("expr", Json::List(rule.read.statements.clone())),
                ];
                let comment = rule.read.comment.as_deref().map(text);
                body.extend(comment.map(|comment| ("comment", comment)));
                let at = place(rule.file, rule.line, first);
                listing.rule(&of_table(table, body), at);
            }
        }
    }
}

/// The script itself is the source of the table.
fn place(file: u32, line: u32, first: u32) -> At {
    At {
        line: Some(line),
        source: (file > 0).then(|| first.saturating_add(file)),
    }
}

fn replay_set(table: &Table, set: &Set, listing: &mut Listing<'_>) {
    let mut head = vec![("name", text(&set.name))];
    head.extend(set.head.iter().cloned());
    if set.is_map && set.head.iter().all(|(member, _)| *member != "map") {
        head.push(("map", text("?")));
    }
    let elements = (!set.unreadable).then_some(set.elements.as_slice());
    listing.whole_set(&of_table(table, head), elements);
}

fn of_table(table: &Table, body: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let place = [
        ("family", text(table.family.word())),
        ("table", text(&table.name)),
    ];
    members(place.into_iter().chain(body))
}
