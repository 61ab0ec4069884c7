//! Matches and targets as modules: the options each takes, and what was given.

use crate::evaluate::Version;
use crate::model::{Condition, Set, Statement};

use super::ipsets::IpsetNames;

/// What a module makes of its options: statements, or in a few words why it was not understood.
pub(super) type Reading = Result<Vec<Statement>, String>;

/// One match or target extension (`iptables-extensions(8)`).
pub(super) struct Module {
    /// Its name after `-m` or `-j`.
    pub(super) name: &'static str,
    /// Options it takes.
    pub(super) options: &'static [OptionKind],
    /// Takes whatever options follow: what they say is not looked at.
    pub(super) loose: bool,
    /// What it does.
    pub(super) read: fn(&Use<'_>, &Context<'_>) -> Reading,
}

impl Module {
    /// A module whose options are known.
    pub(super) const fn new(
        name: &'static str,
        options: &'static [OptionKind],
        read: fn(&Use<'_>, &Context<'_>) -> Reading,
    ) -> Self {
        Self {
            name,
            options,
            loose: false,
            read,
        }
    }

    /// A module whose options do not matter.
    pub(super) const fn loose(
        name: &'static str,
        read: fn(&Use<'_>, &Context<'_>) -> Reading,
    ) -> Self {
        Self {
            name,
            options: &[],
            loose: true,
            read,
        }
    }

    /// The option of this name, or of an abbreviation that fits only one, as `getopt_long(3)` allows.
    pub(super) fn option(&self, name: &str) -> Option<&'static OptionKind> {
        if let Some(exact) = self.options.iter().find(|option| option.name == name) {
            return Some(exact);
        }
        let mut beginning = self
            .options
            .iter()
            .filter(|option| name.len() >= 3 && option.name.starts_with(name));
        let first = beginning.next()?;
        beginning
            .all(|other| other.means == first.means)
            .then_some(first)
    }
}

/// An option of a module.
pub(super) struct OptionKind {
    /// As written after `--`.
    pub(super) name: &'static str,
    /// The name under which it is looked up; another one for aliases.
    pub(super) means: &'static str,
    /// How many words follow it.
    pub(super) values: u8,
}

/// An option followed by so many words.
pub(super) const fn option(name: &'static str, values: u8) -> OptionKind {
    OptionKind {
        name,
        means: name,
        values,
    }
}

/// Another name of an option.
pub(super) const fn alias(name: &'static str, means: &'static str, values: u8) -> OptionKind {
    OptionKind {
        name,
        means,
        values,
    }
}

/// An option as it was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'line> {
    /// What it means.
    pub(super) name: &'static str,
    /// `!` stood before it, or, as old versions print it, after it.
    pub(super) negated: bool,
    /// The first word after it, or nothing.
    pub(super) value: &'line str,
    /// The second.
    pub(super) second: &'line str,
}

/// A module in a rule.
pub(super) struct Use<'line> {
    /// Which; `None` for one that is not known.
    pub(super) module: Option<&'static Module>,
    /// Its name as written.
    pub(super) name: &'line str,
    /// Its options.
    pub(super) given: Vec<Given<'line>>,
}

impl<'line> Use<'line> {
    /// The last of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Given<'line>> {
        self.given.iter().rfind(|given| given.name == name)
    }

    /// Whether it was given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether it was given after `!`.
    pub(super) fn negates(&self, name: &str) -> bool {
        self.get(name).is_some_and(|given| given.negated)
    }
}

/// Where a rule stands.
pub(super) struct Context<'set> {
    /// IPv4 or IPv6.
    pub(super) version: Version,
    /// The chain's name.
    pub(super) chain: &'set str,
    /// The ipsets read before.
    pub(super) sets: &'set [Set],
    /// Their names.
    pub(super) names: &'set IpsetNames,
}

/// One condition as a reading.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the last word of functions that can fail"
)]
pub(super) fn holds(condition: Condition) -> Reading {
    Ok(vec![Statement::Condition(condition)])
}

/// A match that cannot be decided, and why.
pub(super) fn undecidable(reason: &str) -> Reading {
    holds(super::conditions::undecidable(reason))
}
