//! Changes to a rule set that must not change the answer, or only widen it.

mod generated;

use std::collections::BTreeSet;

use generated::{Scenario, scenario};
use proptest::prelude::*;
use sshdoctor_filter::Interest;
use sshdoctor_filter::evaluate::{
    AnswerFate, Connect, Decider, Decision, Fate, decide, packets_of,
};
use sshdoctor_filter::model::{
    Condition, Counters, Rule, RuleReference, RuleSet, Statement, Verdict,
};

/// An ending in which rules are told by their text, so that it stays the same when rules move.
type Told = (Fate, String, String, Connect);

fn told(rule_set: &RuleSet, decision: &Decision) -> BTreeSet<Told> {
    let name = |decider: Decider| match decider {
        Decider::Rule { rule, hook } => format!("{} at {hook:?}", rule_of(rule_set, rule).text),
        Decider::Policy { chain, hook } => format!("policy {chain:?} at {hook:?}"),
        other => format!("{other:?}"),
    };
    decision
        .endings
        .iter()
        .map(|ending| {
            let answer = match ending.answer {
                AnswerFate::Lost(decider) => format!("lost by {}", name(decider)),
                other => format!("{other:?}"),
            };
            (ending.fate, name(ending.decider), answer, ending.connect)
        })
        .collect()
}

fn rule_of(rule_set: &RuleSet, reference: RuleReference) -> &Rule {
    let table = &rule_set.tables[reference.chain.table as usize];
    &table.chains[reference.chain.chain as usize].rules[reference.rule as usize]
}

fn endings(scenario: &Scenario) -> BTreeSet<Told> {
    let decision = decide(&scenario.rule_set, &scenario.question, &scenario.facts);
    told(&scenario.rule_set, &decision)
}

/// Every rule list, to pick one of.
fn rule_lists(rule_set: &mut RuleSet) -> Vec<&mut Vec<Rule>> {
    rule_set
        .tables
        .iter_mut()
        .flat_map(|table| table.chains.iter_mut().map(|chain| &mut chain.rules))
        .collect()
}

fn insert(rule_set: &mut RuleSet, at: (usize, usize), statements: Vec<Statement>) {
    let mut lists = rule_lists(rule_set);
    let count = lists.len();
    let rules = &mut lists[at.0 % count];
    let place = at.1 % (rules.len() + 1);
    rules.insert(place, generated::rule("inserted", statements));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_rule_that_never_matches_changes_nothing(scenario in scenario(), chain: usize, place: usize) {
        let before = endings(&scenario);
        let mut changed = scenario;
        let never = vec![
            Statement::Condition(Condition::Constant(false)),
            Statement::Verdict(Verdict::Drop),
        ];
        insert(&mut changed.rule_set, (chain, place), never);
        prop_assert_eq!(before, endings(&changed));
    }

    #[test]
    fn a_rule_without_effect_changes_nothing(scenario in scenario(), chain: usize, place: usize) {
        let before = endings(&scenario);
        let mut changed = scenario;
        insert(&mut changed.rule_set, (chain, place), vec![Statement::Remark("counter".into())]);
        prop_assert_eq!(before, endings(&changed));
    }

    #[test]
    fn a_comment_and_counters_change_nothing(scenario in scenario()) {
        let before = endings(&scenario);
        let mut changed = scenario;
        for rules in rule_lists(&mut changed.rule_set) {
            for rule in rules {
                rule.comment = Some("a comment".into());
                rule.counters = Some(Counters { packets: 1, bytes: 60 });
            }
        }
        prop_assert_eq!(before, endings(&changed));
    }

    #[test]
    fn not_knowing_a_match_only_widens_the_answer(scenario in scenario(), chain: usize, place: usize) {
        let before = endings(&scenario);
        let mut changed = scenario;
        let mut lists = rule_lists(&mut changed.rule_set);
        let count = lists.len();
        let rules = &mut lists[chain % count];
        if !rules.is_empty() {
            let place = place % rules.len();
            let rule = &mut rules[place];
            for statement in &mut rule.statements {
                if matches!(statement, Statement::Condition(_)) {
                    *statement = Statement::Condition(Condition::Undecidable { reason: "unknown".into() });
                }
            }
        }
        let after = endings(&changed);
        prop_assert!(before.is_subset(&after), "{before:?}\n{after:?}");
    }

    #[test]
    fn leaving_out_what_the_packet_cannot_meet_changes_nothing(scenario in scenario()) {
        let before = endings(&scenario);
        let mut changed = scenario;
        let mut interest = Interest::in_packets(packets_of(&changed.question, &changed.facts));
        loop {
            let mut left = changed.rule_set.clone();
            left.interest = interest.clone();
            for rules in rule_lists(&mut left) {
                rules.retain(|rule| interest.keeps_rule(&rule.statements));
            }
            let decision = decide(&left, &changed.question, &changed.facts);
            if decision.not_read_for.is_empty() {
                prop_assert_eq!(before, told(&left, &decision));
                break;
            }
            interest = interest.and(&decision.not_read_for);
            changed.rule_set.interest = Interest::everything();
        }
    }

    #[test]
    fn a_network_may_end_wherever_its_addresses_end(scenario in scenario(), length in 8_u8..32) {
        let before = endings(&scenario);
        let mut changed = scenario;
        changed.question.from = changed
            .question
            .from
            .and_then(|from| ipnet::IpNet::new(from.addr(), length).ok());
        let after = endings(&changed);
        prop_assert!(before.is_subset(&after), "{before:?}\n{after:?}");
    }

    #[test]
    fn a_certain_answer_has_one_verdict(scenario in scenario()) {
        let decision = decide(&scenario.rule_set, &scenario.question, &scenario.facts);
        prop_assert!(!decision.endings.is_empty());
        // Everything generated here is decidable: equal priorities may leave the rule open, and the kind of denial.
        let accepted = decision.endings.iter().any(|ending| ending.fate == Fate::Accepted);
        let denied = decision.endings.iter().any(|ending| ending.fate != Fate::Accepted);
        if accepted && denied {
            prop_assert!(scenario.order_matters, "{decision:?}");
        }
    }
}
