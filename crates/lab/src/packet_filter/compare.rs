//! What is expected of a case, and whether the kernel agrees.

use std::collections::BTreeMap;

use super::case::FilterPacket;
use super::loading::Dumps;
use super::outcome::Outcome;
use super::trace::{RuleName, RulePlace};

/// What somebody who only sees the rule sets says of a packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Every outcome that is possible.
    pub possible: Vec<Outcome>,
    /// The rule that decides, when it is known.
    pub rule: Option<RuleName>,
    /// What could not be decided, each with the reason.
    pub undecided: Vec<String>,
}

impl Judgement {
    /// There is one possible outcome.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.possible.len() == 1
    }

    /// The kernel's outcome is not among the possible ones.
    #[must_use]
    pub fn is_contradicted_by(&self, outcome: Outcome) -> bool {
        !self.possible.is_empty() && !self.possible.contains(&outcome)
    }
}

/// The one who judges: it sees what the tools print, and the packet.
pub type Judge<'a> = &'a (dyn Fn(&Dumps, &FilterPacket) -> Judgement + Sync);

/// What the kernel said about the deciding rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deciding {
    /// Rules and policies that denied a packet of this case: the SYN, or its answer.
    pub denials: Vec<RuleName>,
    /// Rules and policies of nf_tables that accepted one, in order.
    pub acceptances: Vec<RuleName>,
}

impl Deciding {
    /// Whether the judged rule is one that decided; none when the kernel named none.
    #[must_use]
    pub fn agrees_with(&self, rule: &RuleName, outcome: Outcome) -> Option<bool> {
        // Counters of legacy rules do not tell which of those that accepted had the last word.
        if rule.legacy && outcome == Outcome::Connected {
            return None;
        }
        let candidates = if outcome == Outcome::Connected {
            &self.acceptances
        } else {
            &self.denials
        };
        (!candidates.is_empty()).then(|| candidates.iter().any(|known| same(known, rule)))
    }
}

fn same(known: &RuleName, judged: &RuleName) -> bool {
    let place = match (&known.place, &judged.place) {
        // iptables-nft rules are judged by the line of its save format, which a trace does not tell.
        (RulePlace::Handle(_), RulePlace::Line(_)) => true,
        (known, judged) => known == judged,
    };
    place
        && known.legacy == judged.legacy
        && known.family == judged.family
        && known.table == judged.table
        && known.chain == judged.chain
}

/// Sums over a run.
#[derive(Debug, Clone, Default)]
pub struct FuzzTotals {
    /// Cases that were tried to the end.
    pub cases: u64,
    /// Cases that no tool would load.
    pub lost: u64,
    /// Rules that a tool refused, in cases that were loaded without them.
    pub refused_rules: u64,
    /// Cases whose outcome changed when they were run again slowly.
    pub unsteady: u64,
    /// Cases of decidable vocabulary.
    pub decidable: u64,
    /// Of those, the ones that were not decided.
    pub undecided: u64,
    /// Certain or uncertain answers that exclude what the kernel did.
    pub contradictions: u64,
    /// Cases in which the kernel named a deciding rule and the judge did too.
    pub rules_compared: u64,
    /// Of those, the ones in which they are the same.
    pub rules_agreed: u64,
    /// How often each outcome came.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Reasons for leaving decidable cases open, by frequency.
    pub reasons: BTreeMap<String, u64>,
}

impl FuzzTotals {
    /// Adds the sums of another part of the same run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.lost += other.lost;
        self.refused_rules += other.refused_rules;
        self.unsteady += other.unsteady;
        self.decidable += other.decidable;
        self.undecided += other.undecided;
        self.contradictions += other.contradictions;
        self.rules_compared += other.rules_compared;
        self.rules_agreed += other.rules_agreed;
        for (outcome, count) in &other.outcomes {
            *self.outcomes.entry(*outcome).or_default() += count;
        }
        for (reason, count) in &other.reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
    }

    /// Takes in one case.
    pub(crate) fn take(
        &mut self,
        decidable: bool,
        outcome: Outcome,
        judgement: &Judgement,
        deciding: &Deciding,
    ) {
        self.cases += 1;
        *self.outcomes.entry(outcome).or_default() += 1;
        self.contradictions += u64::from(judgement.is_contradicted_by(outcome));
        if decidable {
            self.decidable += 1;
            if !judgement.is_certain() {
                self.undecided += 1;
                for reason in &judgement.undecided {
                    *self.reasons.entry(reason.clone()).or_default() += 1;
                }
            }
        }
        if let Some(rule) = &judgement.rule
            && judgement.is_certain()
            && let Some(agreed) = deciding.agrees_with(rule, outcome)
        {
            self.rules_compared += 1;
            self.rules_agreed += u64::from(agreed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(place: RulePlace) -> RuleName {
        RuleName {
            legacy: false,
            family: "inet".into(),
            table: "filter".into(),
            chain: "input".into(),
            place,
        }
    }

    #[test]
    fn a_judgement_is_held_to_what_it_excludes() {
        let open = Judgement {
            possible: vec![Outcome::Connected, Outcome::Silent],
            ..Judgement::default()
        };
        assert!(!open.is_contradicted_by(Outcome::Silent));
        assert!(open.is_contradicted_by(Outcome::Failed(111)));
        assert!(!Judgement::default().is_contradicted_by(Outcome::Silent));
        let mut totals = FuzzTotals::default();
        let deciding = Deciding {
            denials: vec![rule(RulePlace::Handle(3))],
            acceptances: Vec::new(),
        };
        totals.take(true, Outcome::Silent, &open, &deciding);
        let sure = Judgement {
            possible: vec![Outcome::Silent],
            rule: Some(rule(RulePlace::Handle(4))),
            undecided: Vec::new(),
        };
        totals.take(true, Outcome::Silent, &sure, &deciding);
        assert_eq!((totals.undecided, totals.contradictions), (1, 0));
        assert_eq!((totals.rules_compared, totals.rules_agreed), (1, 0));
    }
}
