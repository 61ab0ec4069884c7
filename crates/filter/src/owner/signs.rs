//! By what a tool is recognised.

use super::scene::Scene;
use super::{Tool, ToolKind};

/// A pattern of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// Just this.
    Is(&'static str),
    /// Begins with this, and something follows.
    Begins(&'static str),
    /// Holds this.
    Holds(&'static str),
}

impl Name {
    pub(super) fn fits(self, name: &str) -> bool {
        match self {
            Self::Is(whole) => name == whole,
            Self::Begins(stem) => name.len() > stem.len() && name.starts_with(stem),
            Self::Holds(part) => name.contains(part),
        }
    }
}

/// Whether any of the patterns fits.
pub(super) fn any_fits(patterns: &[Name], name: &str) -> bool {
    patterns.iter().any(|pattern| pattern.fits(name))
}

/// One tool: its signs, and how its setting is read back.
#[derive(Debug)]
pub(super) struct Signs {
    pub(super) tool: Tool,
    /// Tables that are wholly its own.
    pub(super) tables: &'static [Name],
    /// Chains that are its own in whatever table.
    pub(super) chains: &'static [Name],
    /// Chains that it makes for the person to fill.
    pub(super) left_to_the_person: &'static [Name],
    /// Chains that show that it wrote the whole table, base chains and policies too.
    pub(super) marks: &'static [Name],
    /// Sets, ipsets too: a rule that asks one of them is its own wherever it stands.
    pub(super) sets: &'static [Name],
    /// Comments of its rules.
    pub(super) comments: &'static [Name],
    /// Parts of a rule's text that nobody else writes.
    pub(super) texts: &'static [&'static str],
    /// It sets the policies of the base chains that its chains hang off.
    pub(super) sets_policies: bool,
    /// Looks further, where names do not suffice.
    pub(super) otherwise: fn(&Scene<'_>) -> Option<String>,
    /// Reads the setting back.
    pub(super) setting: fn(&Scene<'_>) -> Setting,
}

impl Signs {
    /// A tool without any sign, to be completed.
    pub(super) const fn of(id: &'static str, name: &'static str, kind: ToolKind) -> Self {
        Self {
            tool: Tool { id, name, kind },
            tables: &[],
            chains: &[],
            left_to_the_person: &[],
            marks: &[],
            sets: &[],
            comments: &[],
            texts: &[],
            sets_policies: false,
            otherwise: |_| None,
            setting: |_| Setting::UNKNOWN,
        }
    }
}

/// What can be told of a setting.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) words: Option<String>,
    pub(super) change: Vec<String>,
    pub(super) persists: Option<String>,
    /// More to be said about why, after the sign itself.
    pub(super) remark: Option<String>,
}

impl Setting {
    /// Nothing can be told.
    pub(super) const UNKNOWN: Self = Self {
        words: None,
        change: Vec::new(),
        persists: None,
        remark: None,
    };

    pub(super) fn named(words: impl Into<String>) -> Self {
        Self {
            words: Some(words.into()),
            ..Self::UNKNOWN
        }
    }

    pub(super) fn changed_by(mut self, commands: impl IntoIterator<Item = String>) -> Self {
        self.change.extend(commands);
        self
    }

    pub(super) fn kept(mut self, how: impl Into<String>) -> Self {
        self.persists = Some(how.into());
        self
    }

    pub(super) fn remarked(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }
}
