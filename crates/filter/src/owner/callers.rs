//! Which rules lead to which chain.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Chain, Contents, MappedValue, Rule, SetReference, Statement, Table, Verdict};

/// Every jump and goto of a table, by where it leads.
#[derive(Debug)]
pub(super) struct Callers<'a> {
    by_target: BTreeMap<u32, Vec<Caller<'a>>>,
}

/// A rule that leads to some chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) index: u32,
    pub(super) chain: &'a Chain,
    pub(super) rule: &'a Rule,
}

impl<'a> Callers<'a> {
    pub(super) fn of(table: &'a Table) -> Self {
        let mut by_target: BTreeMap<u32, Vec<Caller<'a>>> = BTreeMap::new();
        for (index, chain) in (0u32..).zip(&table.chains) {
            for rule in &chain.rules {
                for target in targets_of(table, rule) {
                    by_target
                        .entry(target)
                        .or_default()
                        .push(Caller { index, chain, rule });
                }
            }
        }
        Self { by_target }
    }

    /// The rules that lead to this chain.
    pub(super) fn to(&self, chain: u32) -> &[Caller<'a>] {
        self.by_target.get(&chain).map_or(&[], Vec::as_slice)
    }
}

/// The chains that a rule may lead to, each once.
pub(super) fn targets_of(table: &Table, rule: &Rule) -> BTreeSet<u32> {
    let mut targets = BTreeSet::new();
    for statement in &rule.statements {
        match statement {
            Statement::Verdict(verdict) => targets.extend(target(*verdict)),
            Statement::VerdictMap {
                map: SetReference::InTable(map),
                ..
            } => {
                if let Some(Contents::Elements { elements, .. }) =
                    table.sets.get(*map as usize).map(|set| &set.contents)
                {
                    for element in elements.as_slice() {
                        if let Some(MappedValue::Verdict(verdict)) = element.value {
                            targets.extend(target(verdict));
                        }
                    }
                }
            }
            _ => {}
        }
    }
    targets
}

const fn target(verdict: Verdict) -> Option<u32> {
    match verdict {
        Verdict::Jump(chain) | Verdict::Goto(chain) => Some(chain),
        _ => None,
    }
}

/// Names of the chains that the rules of a chain lead to.
pub(super) fn targets<'a>(table: &'a Table, chain: &'a Chain) -> impl Iterator<Item = &'a str> {
    chain
        .rules
        .iter()
        .flat_map(|rule| targets_of(table, rule))
        .filter_map(|target| table.chains.get(target as usize))
        .map(|chain| &*chain.name)
}
