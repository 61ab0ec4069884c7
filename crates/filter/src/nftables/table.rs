//! One table while it is being read: chains and sets by name, also before they are declared.

use std::collections::HashMap;

use super::data_type::DataType;
use super::json::Json;
use crate::model::{
    Chain, Contents, Element, Family, MappedValue, Origin, Rate, Rule, Set, Statement, Table,
    Verdict,
};

/// A table and what is only needed while reading it.
pub(super) struct TableReader {
    pub(super) table: Table,
    /// What the sets of `table` hold, index by index.
    pub(super) set_types: Vec<SetType>,
    /// Named limits and quotas, by kind and name.
    rates: HashMap<String, Rate>,
    /// Some rule, kept or not, switches conntrack on.
    pub(super) tracks: bool,
    /// The listing garbles the table's flags: it may be switched off.
    pub(super) may_be_dormant: bool,
    /// It is to be loaded as it stands: no test was left out of it.
    pub(super) loaded: bool,
    chain_ids: HashMap<Box<str>, u32>,
    chain_declared: Vec<bool>,
    set_ids: HashMap<Box<str>, u32>,
}

/// What a set's keys and values are.
#[derive(Debug, Clone, Default)]
pub(super) struct SetType {
    pub(super) key: Box<[DataType]>,
    pub(super) data: Data,
    /// Each element carries a limit that a lookup counts, so that it may fail.
    pub(super) limited: bool,
}

/// What a map holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Data {
    /// Nothing: it is a set.
    #[default]
    None,
    Verdicts,
    Values(Box<[DataType]>),
    /// Names of counters, limits and the like.
    Objects,
}

impl TableReader {
    pub(super) fn new(source: u32, family: Family, name: &str) -> Self {
        Self {
            table: Table {
                source,
                origin: Origin::Nft,
                family,
                name: name.into(),
                dormant: false,
                holds_xt: false,
                rules_without_text: 0,
                chains: Vec::new(),
                sets: Vec::new(),
            },
            set_types: Vec::new(),
            rates: HashMap::new(),
            tracks: false,
            may_be_dormant: false,
            loaded: false,
            chain_ids: HashMap::new(),
            chain_declared: Vec::new(),
            set_ids: HashMap::new(),
        }
    }

    /// Index of the chain of this name.
    pub(super) fn chain_id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.chain_ids.get(name) {
            return *id;
        }
        let id = index(self.table.chains.len());
        self.table.chains.push(Chain {
            name: name.into(),
            handle: None,
            line: None,
            source: None,
            base: None,
            rules: Vec::new(),
            rules_read: 0,
        });
        self.chain_declared.push(false);
        self.chain_ids.insert(name.into(), id);
        id
    }

    pub(super) fn chain(&mut self, id: u32) -> Option<&mut Chain> {
        self.table.chains.get_mut(id as usize)
    }

    /// The chain of this name, now declared.
    pub(super) fn declare_chain(&mut self, name: &str) -> Option<&mut Chain> {
        let id = self.chain_id(name);
        if let Some(declared) = self.chain_declared.get_mut(id as usize) {
            *declared = true;
        }
        self.chain(id)
    }

    pub(super) fn is_declared(&self, id: u32) -> bool {
        self.chain_declared.get(id as usize) == Some(&true)
    }

    /// A verdict by nft's word.
    pub(super) fn verdict(&mut self, word: &str, body: &Json<'_>) -> Option<Verdict> {
        Some(match word {
            "accept" => Verdict::Accept,
            "drop" => Verdict::Drop,
            "continue" => Verdict::Continue,
            "return" => Verdict::Return,
            "jump" => Verdict::Jump(self.target(body)?),
            "goto" => Verdict::Goto(self.target(body)?),
            _ => return None,
        })
    }

    fn target(&mut self, body: &Json<'_>) -> Option<u32> {
        let name = body.get("target").text().or(body.text())?;
        Some(self.chain_id(name))
    }

    /// Index of the named set of this name; unreadable until it is declared.
    pub(super) fn set_id(&mut self, name: &str) -> u32 {
        if let Some(id) = self.set_ids.get(name) {
            return *id;
        }
        let id = self.push_set(
            Set {
                name: Some(name.into()),
                handle: None,
                components: Box::default(),
                dynamic: false,
                contents: Contents::Unreadable {
                    reason: "it is not in the listing".into(),
                },
                comment: None,
            },
            SetType::default(),
        );
        self.set_ids.insert(name.into(), id);
        id
    }

    /// The named limit or quota of this name.
    pub(super) fn rate(&self, kind: &str, name: &str) -> Option<&Rate> {
        self.rates.get(&format!("{kind} {name}"))
    }

    pub(super) fn declare_rate(&mut self, kind: &str, name: &str, rate: Rate) {
        self.rates.insert(format!("{kind} {name}"), rate);
    }

    pub(super) fn push_set(&mut self, set: Set, set_type: SetType) -> u32 {
        let id = index(self.table.sets.len());
        self.table.sets.push(set);
        self.set_types.push(set_type);
        id
    }

    pub(super) fn set(&mut self, id: u32) -> Option<&mut Set> {
        self.table.sets.get_mut(id as usize)
    }

    pub(super) fn set_type(&self, id: u32) -> Option<&SetType> {
        self.set_types.get(id as usize)
    }

    /// Takes back the anonymous sets of a rule that is not kept; named ones stay.
    pub(super) fn drop_sets_since(&mut self, length: usize) {
        let named_since = self
            .table
            .sets
            .get(length..)
            .is_none_or(|sets| sets.iter().any(|set| set.name.is_some()));
        if !named_since {
            self.table.sets.truncate(length);
            self.set_types.truncate(length);
        }
    }

    /// The table, with jumps to chains that were never declared marked as lost.
    pub(super) fn finish(mut self) -> Table {
        if self.chain_declared.iter().all(|declared| *declared) {
            return self.table;
        }
        let mut kept = 0;
        let renumbered: Vec<Option<u32>> = self
            .chain_declared
            .iter()
            .map(|declared| {
                declared.then(|| {
                    kept += 1;
                    kept - 1
                })
            })
            .collect();
        let renumber = |verdict: &mut Verdict| {
            let target = |id: u32| renumbered.get(id as usize).copied().flatten();
            *verdict = match *verdict {
                Verdict::Jump(id) => target(id).map_or(Verdict::Lost, Verdict::Jump),
                Verdict::Goto(id) => target(id).map_or(Verdict::Lost, Verdict::Goto),
                other => other,
            };
        };
        let mut declared = self.chain_declared.iter();
        self.table
            .chains
            .retain(|_| declared.next().copied().unwrap_or_default());
        for chain in &mut self.table.chains {
            chain
                .rules
                .iter_mut()
                .for_each(|rule| renumber_rule(rule, renumber));
        }
        for set in &mut self.table.sets {
            renumber_set(set, renumber);
        }
        self.table
    }
}

fn renumber_rule(rule: &mut Rule, renumber: impl Fn(&mut Verdict)) {
    for statement in &mut rule.statements {
        if let Statement::Verdict(verdict) = statement {
            renumber(verdict);
        }
    }
}

fn renumber_set(set: &mut Set, renumber: impl Fn(&mut Verdict)) {
    let Contents::Elements { elements, .. } = &mut set.contents else {
        return;
    };
    let holds_jump = elements.as_slice().iter().any(|element| {
        matches!(
            element.value,
            Some(MappedValue::Verdict(Verdict::Jump(_) | Verdict::Goto(_)))
        )
    });
    if !holds_jump {
        return;
    }
    let mut changed: Vec<Element> = elements.as_slice().to_vec();
    for element in &mut changed {
        if let Some(MappedValue::Verdict(verdict)) = &mut element.value {
            renumber(verdict);
        }
    }
    *elements = crate::model::Elements::new(changed);
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
