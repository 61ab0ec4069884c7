//! The same packet, were one rule another.

use sshdoctor_case::PacketVerdict;
use sshdoctor_filter::evaluate::{self, Decider, Decision, Facts, Fate, Question};
use sshdoctor_filter::model::{Condition, RuleReference, RuleSet, Statement};

use super::{answer::ByRate, ending, place};

/// What becomes of it without the rule that denies it, where that can be told.
pub(crate) fn without_rule(
    rule_set: &mut RuleSet,
    question: &Question,
    facts: &Facts,
    decision: &Decision,
) -> Option<Decision> {
    let [ending] = decision.endings.as_slice() else {
        return None;
    };
    let denied = !matches!(ending::verdicts(ending), [PacketVerdict::Accept]);
    let (Decider::Rule { rule, .. }, true) = (ending::decider(ending), denied) else {
        return None;
    };
    let nothing: Box<[Statement]> = [Statement::Condition(Condition::Constant(false))].into();
    with(rule_set, question, facts, rule, nothing)
}

/// How it turns with a rate, if it is one rate that decides.
pub(crate) fn by_rate(
    rule_set: &mut RuleSet,
    question: &Question,
    facts: &Facts,
    decision: &Decision,
) -> Option<ByRate> {
    for undecided in &decision.undecided {
        let (Some(rate), Decider::Rule { rule, .. }) = (&undecided.rate, undecided.decider) else {
            continue;
        };
        let statements = place::rule(rule_set, rule)?.statements.clone();
        let mut decide = |exceeded: bool| {
            let holds = exceeded == rate.when_exceeded;
            let changed = statements
                .iter()
                .map(|statement| settled(statement, holds))
                .collect();
            with(rule_set, question, facts, rule, changed)
        };
        let (within, beyond) = (decide(false)?, decide(true)?);
        let is_certain = |decision: &Decision| ending::possible(&decision.endings).len() == 1;
        if is_certain(&within)
            && is_certain(&beyond)
            && ending::possible(&within.endings) != ending::possible(&beyond.endings)
        {
            return Some(ByRate {
                undecided: undecided.clone(),
                within,
                beyond,
            });
        }
    }
    None
}

/// Decides with other statements in place of those of one rule, and puts them back.
fn with(
    rule_set: &mut RuleSet,
    question: &Question,
    facts: &Facts,
    reference: RuleReference,
    statements: Box<[Statement]>,
) -> Option<Decision> {
    let before = std::mem::replace(statements_of(rule_set, reference)?, statements);
    let decision = evaluate::decide(rule_set, question, facts);
    *statements_of(rule_set, reference)? = before;
    // A packet that rules were not read for may be treated otherwise.
    decision.not_read_for.is_empty().then_some(decision)
}

fn statements_of(
    rule_set: &mut RuleSet,
    reference: RuleReference,
) -> Option<&mut Box<[Statement]>> {
    let table = rule_set
        .tables
        .get_mut(place::index(reference.chain.table))?;
    let chain = table.chains.get_mut(place::index(reference.chain.chain))?;
    let rule = chain.rules.get_mut(place::index(reference.rule))?;
    Some(&mut rule.statements)
}

/// The statement with its rates known.
fn settled(statement: &Statement, holds: bool) -> Statement {
    match statement {
        Statement::Condition(condition) => Statement::Condition(known(condition, holds)),
        Statement::UpdateSet(update) => {
            let mut update = update.clone();
            for condition in &mut update.attached {
                *condition = known(condition, holds);
            }
            Statement::UpdateSet(update)
        }
        other => other.clone(),
    }
}

/// Conditions inside one another are few: readers bound their depth.
fn known(condition: &Condition, holds: bool) -> Condition {
    let all = |conditions: &[Condition]| {
        conditions
            .iter()
            .map(|condition| known(condition, holds))
            .collect()
    };
    match condition {
        Condition::Rate(_) => Condition::Constant(holds),
        Condition::All(conditions) => Condition::All(all(conditions)),
        Condition::Any(conditions) => Condition::Any(all(conditions)),
        Condition::Not(condition) => Condition::Not(Box::new(known(condition, holds))),
        other => other.clone(),
    }
}

/// What denies it is what there is to say, and comes first; being passed on to another host comes last.
pub(crate) fn denials_first(decision: &mut Decision) {
    decision.endings.sort_by_key(|ending| {
        let lets_in = matches!(ending::verdicts(ending), [PacketVerdict::Accept]);
        (lets_in, ending.fate == Fate::Forwarded)
    });
}
