//! What a script has made so far: tables, sets, chains and rules, in the order in which nft would load them.

use super::reading::{Strange, Understood, Value};
use super::rule::ReadRule;
use crate::model::Family;

/// Everything.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) tables: Vec<Table>,
    pub(super) oddities: Vec<Oddity>,
}

/// A part that is not understood.
pub(super) struct Oddity {
    pub(super) file: u32,
    pub(super) line: u32,
    pub(super) what: String,
}

pub(super) struct Table {
    pub(super) family: Family,
    pub(super) name: Box<str>,
    pub(super) dormant: bool,
    /// Limits and quotas: their kind and members.
    pub(super) rates: Vec<(&'static str, Vec<(&'static str, Value)>)>,
    pub(super) sets: Vec<Set>,
    pub(super) chains: Vec<Chain>,
}

pub(super) struct Set {
    pub(super) name: Box<str>,
    pub(super) is_map: bool,
    /// What its declaration says besides its elements.
    pub(super) head: Vec<(&'static str, Value)>,
    pub(super) elements: Vec<Value>,
    /// Elements were taken out of it, or it is not understood.
    pub(super) unreadable: bool,
}

pub(super) struct Chain {
    pub(super) name: Box<str>,
    pub(super) file: u32,
    pub(super) line: u32,
    /// Type, hook, priority and the like of a base chain.
    pub(super) base: Vec<(&'static str, Value)>,
    pub(super) rules: Vec<Rule>,
}

pub(super) struct Rule {
    pub(super) read: ReadRule,
    pub(super) file: u32,
    pub(super) line: u32,
}

impl Contents {
    /// The table of this name, made where there is none.
    pub(super) fn table(&mut self, family: Family, name: &str) -> &mut Table {
        let known = self
            .tables
            .iter()
            .position(|table| table.family == family && *table.name == *name);
        let index = known.unwrap_or(self.tables.len());
        if known.is_none() {
            self.tables.push(Table {
                family,
                name: name.into(),
                dormant: false,
                rates: Vec::new(),
                sets: Vec::new(),
                chains: Vec::new(),
            });
        }
        &mut self.tables[index]
    }

    /// The table of this name. Commands want it to be there.
    pub(super) fn known_table(&mut self, family: Family, name: &str) -> Understood<&mut Table> {
        self.tables
            .iter_mut()
            .find(|table| table.family == family && *table.name == *name)
            .ok_or(Strange)
    }

    /// Takes away all tables, or those of one family.
    pub(super) fn flush(&mut self, family: Option<Family>) {
        self.tables
            .retain(|table| family.is_some_and(|family| table.family != family));
    }

    /// Takes away a table.
    pub(super) fn delete(&mut self, family: Family, name: &str) {
        self.tables
            .retain(|table| table.family != family || *table.name != *name);
    }
}

impl Table {
    /// The set of this name, made where there is none.
    pub(super) fn set(&mut self, name: &str, is_map: bool) -> &mut Set {
        let known = self.sets.iter().position(|set| *set.name == *name);
        let index = known.unwrap_or(self.sets.len());
        if known.is_none() {
            self.sets.push(Set {
                name: name.into(),
                is_map,
                head: Vec::new(),
                elements: Vec::new(),
                unreadable: false,
            });
        }
        &mut self.sets[index]
    }

    /// The set of this name.
    pub(super) fn known_set(&mut self, name: &str) -> Understood<&mut Set> {
        let mut sets = self.sets.iter_mut();
        sets.find(|set| *set.name == *name).ok_or(Strange)
    }

    /// The chain of this name.
    pub(super) fn known_chain(&mut self, name: &str) -> Understood<&mut Chain> {
        let mut chains = self.chains.iter_mut();
        chains.find(|chain| *chain.name == *name).ok_or(Strange)
    }

    /// The chain of this name, made where there is none.
    pub(super) fn chain(&mut self, name: &str, file: u32, line: u32) -> &mut Chain {
        let known = self.chains.iter().position(|chain| *chain.name == *name);
        let index = known.unwrap_or(self.chains.len());
        if known.is_none() {
            self.chains.push(Chain {
                name: name.into(),
                file,
                line,
                base: Vec::new(),
                rules: Vec::new(),
            });
        }
        &mut self.chains[index]
    }
}
