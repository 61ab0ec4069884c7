//! Why a packet is not let in, as the least that would let it in: one rule for its source and its port, or the end of a ban.
//!
//! Nothing is offered that was not tried: each offer is made in a copy of the rules, and counts only if the packet then certainly gets in and
//! its answer out.

mod offers;
mod trial;

use crate::evaluate::{AnswerFate, Connect, Decider, Decision, Facts, Fate, Question, decide};
use crate::model::RuleSet;
use crate::owner::Tool;

/// What it takes to let a packet in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// It certainly gets in already.
    NotDenied,
    /// It is denied, or may be, and each of these alone suffices; the first are in the words of the tool that denies it.
    Alternatives(Vec<Insertion>),
    /// Several base chains deny it, and no single change suffices; these do together, in this order.
    Several(Vec<Insertion>),
    /// Nothing was found that certainly suffices.
    NotFound {
        /// Why, in a few words.
        reason: &'static str,
    },
}

/// One change, tried in a copy of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// What denies the packet, and is got over by this.
    pub over: Decider,
    /// Where the change is made.
    pub place: Place,
    /// The tool whose words these are.
    pub tool: Option<Tool>,
    /// The commands, in order.
    pub commands: Vec<String>,
}

/// Where a change is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Before this rule of the chain, counted from 1 as its tool counts.
    Before {
        /// Name of the chain.
        chain: String,
        /// Number of the rule.
        number: u32,
    },
    /// At the end of the chain, before its policy.
    AtEnd {
        /// Name of the chain.
        chain: String,
    },
    /// No rule is added: a ban ends.
    Lifted,
}

/// More base chains than this never deny one packet.
const MOST_DENIALS: usize = 16;

/// The least that would let the packet of a question in, and nothing more: from its source, by TCP, to its port.
#[must_use]
pub fn smallest_insertion(rule_set: &RuleSet, question: &Question, facts: &Facts) -> Opening {
    let decision = decide(rule_set, question, facts);
    if gets_in(&decision) {
        return Opening::NotDenied;
    }
    if denier(&decision).is_none() {
        return Opening::NotFound {
            reason: "it is not certain what becomes of the packet",
        };
    }
    if question.from.is_none() {
        return Opening::NotFound {
            reason: "the source of the packet is not known",
        };
    }
    let alternatives: Vec<Insertion> = offers::for_denial(rule_set, question, &decision)
        .into_iter()
        .filter_map(|offer| {
            let changed = offer.change.made_in(rule_set)?;
            gets_in(&decide(&changed, question, facts)).then_some(offer.insertion)
        })
        .collect();
    if !alternatives.is_empty() {
        return Opening::Alternatives(alternatives);
    }
    one_after_another(rule_set, question, facts)
}

/// Gets over one denial after the other.
fn one_after_another(rule_set: &RuleSet, question: &Question, facts: &Facts) -> Opening {
    let mut changed = rule_set.clone();
    let mut together: Vec<Insertion> = Vec::new();
    for _ in 0..MOST_DENIALS {
        let decision = decide(&changed, question, facts);
        if gets_in(&decision) {
            return Opening::Several(together);
        }
        let before = denier(&decision);
        let next = offers::for_denial(&changed, question, &decision)
            .into_iter()
            .find_map(|offer| {
                let tried = offer.change.made_in(&changed)?;
                let after = denier(&decide(&tried, question, facts));
                let moved = offer.change.follows(before);
                (after != before && after != moved).then_some((tried, offer.insertion))
            });
        let Some((tried, insertion)) = next else {
            break;
        };
        changed = tried;
        together.push(insertion);
    }
    Opening::NotFound {
        reason: "no rule was found that certainly lets it in",
    }
}

/// Whether the packet certainly gets in and its answer out.
fn gets_in(decision: &Decision) -> bool {
    decision.connect() == Some(Connect::Succeeds)
}

/// What denies the packet or loses its answer, in the first of the possible endings that does so.
pub(crate) fn denier(decision: &Decision) -> Option<Decider> {
    decision
        .endings
        .iter()
        .find_map(|ending| match (ending.fate, ending.answer) {
            (Fate::Dropped | Fate::Rejected(_), _) => Some(ending.decider),
            (_, AnswerFate::Lost(decider)) => Some(decider),
            _ => None,
        })
}
