//! Decides conditions.

use super::fields::Presence;
use super::scene::{Reason, Scene, Touched};
use super::{Facts, Packet, Truth, wording};
use crate::model::{ChainReference, Condition, Hook, Rate, RuleSet, Statement};

impl Scene<'_> {
    /// Decides a condition; where it cannot be decided, the reasons are noted.
    pub(super) fn decide(&mut self, condition: &Condition) -> Truth {
        match condition {
            Condition::In {
                value,
                ranges,
                negated,
            } => {
                let reading = self.compute(value);
                if reading.presence == Presence::Absent {
                    return Truth::False;
                }
                let truth = Truth::of(reading.value.is_in(ranges)).negated_if(*negated);
                let truth = if_present(truth, reading.presence);
                if truth == Truth::Unknown {
                    self.explain(value, reading);
                }
                truth
            }
            Condition::Lookup {
                key,
                set,
                negated,
                absent_is_no_element,
            } => {
                let (truth, presence) = self.is_element(key, set, *absent_is_no_element);
                if presence == Presence::Absent {
                    return Truth::False;
                }
                if_present(truth.negated_if(*negated), presence)
            }
            Condition::All(all) => self.each(all, Truth::True, Truth::and, Truth::False),
            Condition::Any(any) => self.each(any, Truth::False, Truth::or, Truth::True),
            Condition::Not(inner) => self.decide(inner).not(),
            Condition::Rate(rate) => self.rate(rate),
            Condition::ReversePath {
                loose,
                with_mark,
                accept_local,
                inverted,
            } => self
                .reverse_path(*loose, *with_mark, *accept_local)
                .negated_if(*inverted),
            Condition::Constant(truth) => Truth::of(Some(*truth)),
            Condition::Undecidable { reason } => {
                self.because(&**reason);
                Truth::Unknown
            }
        }
    }

    fn each(
        &mut self,
        conditions: &[Condition],
        start: Truth,
        combine: fn(Truth, Truth) -> Truth,
        final_truth: Truth,
    ) -> Truth {
        let noted = self.reasons.len();
        let mut truth = start;
        for condition in conditions {
            truth = combine(truth, self.decide(condition));
            if truth == final_truth {
                self.reasons.truncate(noted);
                return truth;
            }
        }
        truth
    }

    fn rate(&mut self, rate: &Rate) -> Truth {
        self.reasons.push(Reason {
            words: wording::rate(rate),
            rate: Some(rate.clone()),
        });
        Truth::Unknown
    }
}

fn if_present(truth: Truth, presence: Presence) -> Truth {
    match presence {
        Presence::Here => truth,
        Presence::Absent => Truth::False,
        Presence::Maybe => truth.and(Truth::Unknown),
    }
}

/// Conditions at the beginning of a rule, before it does anything.
pub(super) fn leading_conditions(statements: &[Statement]) -> impl Iterator<Item = &Condition> {
    statements
        .iter()
        .take_while(|statement| super::rule::is_test(statement))
        .filter_map(|statement| match statement {
            Statement::Condition(condition) => Some(condition),
            _ => None,
        })
}

/// Whether a rule of these statements fails for the packet before it does anything. Looks at nothing but what the packet itself tells:
/// a set or a mark may hold anything.
#[must_use]
pub fn certainly_fails(statements: &[Statement], packet: &Packet) -> bool {
    let rule_set = RuleSet::default();
    let facts = Facts::default();
    let touched = Touched::new();
    let mut scene = Scene {
        rule_set: &rule_set,
        chain: ChainReference { table: 0, chain: 0 },
        hook: Hook::Forward,
        packet,
        facts: &facts,
        touched: &touched,
        reasons: Vec::new(),
    };
    leading_conditions(statements).any(|condition| scene.decide(condition) == Truth::False)
}
