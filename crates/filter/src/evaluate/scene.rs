//! Everything that a condition may look at, and why it could not be decided.

use std::collections::BTreeSet;

use super::fields::{self, Presence, Reading};
use super::{Facts, Packet};
use crate::model::{
    ChainReference, Contents, Expression, Field, Hook, Rate, RuleSet, Set, SetReference, Table,
};

/// Why something is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) words: String,
    pub(super) rate: Option<Rate>,
}

impl Reason {
    pub(super) fn of(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            rate: None,
        }
    }
}

/// A set that packets on this way have changed: the table's index (none for an ipset) and the set's.
pub(super) type Touched = BTreeSet<(Option<u32>, u32)>;

/// How deep lists of ipsets may hold each other (the kernel allows no list in a list).
pub(super) const DEEPEST_LIST: u32 = 4;

/// One packet before one rule.
pub(super) struct Scene<'a> {
    pub(super) rule_set: &'a RuleSet,
    pub(super) chain: ChainReference,
    pub(super) hook: Hook,
    pub(super) packet: &'a Packet,
    pub(super) facts: &'a Facts,
    pub(super) touched: &'a Touched,
    pub(super) reasons: Vec<Reason>,
}

impl<'a> Scene<'a> {
    pub(super) fn because(&mut self, words: impl Into<String>) {
        self.reasons.push(Reason::of(words));
    }

    pub(super) fn read(&self, field: Field) -> Reading {
        fields::read(self.packet, field, self.facts)
    }

    fn table(&self) -> Option<&'a Table> {
        self.rule_set.tables.get(self.chain.table as usize)
    }

    /// The set that is meant, and whether a packet may have changed it since it was read.
    pub(super) fn set(&self, reference: &SetReference) -> Option<(&'a Set, bool)> {
        let (set, key) = match reference {
            SetReference::InTable(index) => (
                self.table()?.sets.get(*index as usize)?,
                (Some(self.chain.table), *index),
            ),
            SetReference::Ipset(index) => {
                (self.rule_set.ipsets.get(*index as usize)?, (None, *index))
            }
            SetReference::Missing(_) => return None,
        };
        let changed = self.touched.contains(&key) || self.holds_changed(set, DEEPEST_LIST);
        Some((set, changed))
    }

    /// Whether a list of ipsets holds one that packets have changed.
    fn holds_changed(&self, set: &Set, deepest: u32) -> bool {
        let (Contents::Members(members), Some(deeper)) = (&set.contents, deepest.checked_sub(1))
        else {
            return false;
        };
        members.iter().any(|member| {
            self.touched.contains(&(None, *member))
                || self
                    .rule_set
                    .ipsets
                    .get(*member as usize)
                    .is_some_and(|set| self.holds_changed(set, deeper))
        })
    }

    /// Computes an expression.
    pub(super) fn compute(&mut self, expression: &Expression) -> Reading {
        match expression {
            Expression::Constant(value) => Reading::of(super::Possible::exactly(*value)),
            Expression::Field(field) => self.read(*field),
            Expression::Bits {
                value,
                operation,
                operand,
                width,
            } => {
                let reading = self.compute(value);
                Reading {
                    value: reading.value.after(*operation, *operand, *width),
                    ..reading
                }
            }
            Expression::Map {
                key,
                map,
                component,
            } => self.mapped(key, map, usize::from(*component)),
            Expression::Fib(question) => self.fib(*question),
            Expression::Unpredictable { range, reason } => {
                self.because(&**reason);
                Reading::of(super::Possible::within(*range))
            }
            Expression::NotUnderstood { reason } => {
                self.because(&**reason);
                Reading::NOTHING
            }
        }
    }

    /// Why a comparison of this expression is undecided, in a person's words.
    pub(super) fn explain(&mut self, expression: &Expression, reading: Reading) {
        let Some(field) = looked_at(expression) else {
            return;
        };
        let words = super::wording::unknown_field(field);
        if reading.presence == Presence::Maybe {
            self.because(format!("{words} (if it is there at all)"));
        } else {
            self.because(words);
        }
    }
}

fn looked_at(expression: &Expression) -> Option<Field> {
    match expression {
        Expression::Field(field) => Some(*field),
        Expression::Bits { value, .. } => looked_at(value),
        Expression::Map { key, .. } => key.iter().find_map(looked_at),
        _ => None,
    }
}
