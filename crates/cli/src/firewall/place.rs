//! Rules and policies as they are quoted.

use sshdoctor_case::{FilterRule, NeighbouringRule, RuleContext, RuleCounters, escape};
use sshdoctor_filter::evaluate::Decider;
use sshdoctor_filter::model::{
    BaseChain, Chain, ChainReference, Counters, Hook, Origin, Policy, Rule, RuleReference, RuleSet,
    Table,
};

/// Characters of a rule's text that are kept: one rule can hold a set of a hundred thousand elements.
const MAX_TEXT: usize = 4096;

/// The rule or policy that decides; nothing where it is neither.
pub(crate) fn quoted(rule_set: &RuleSet, decider: Decider) -> Option<FilterRule> {
    match decider {
        Decider::Rule { rule, hook } => {
            let (table, chain) = chain(rule_set, rule.chain)?;
            let found = chain.rules.get(index(rule.rule))?;
            Some(FilterRule {
                number: Some(found.place.number),
                handle: found.place.handle,
                line: found.place.line,
                source: source(rule_set, found.place.source.unwrap_or(table.source)),
                text: shown(&found.text),
                comment: found.comment.as_deref().map(shown),
                counters: found.counters.map(counters),
                ..place(rule_set, table, chain, hook)
            })
        }
        Decider::Policy {
            chain: reference,
            hook,
        } => {
            let (table, chain) = chain(rule_set, reference)?;
            let base = chain.base.as_ref()?;
            Some(FilterRule {
                policy: true,
                line: chain.line,
                source: source(rule_set, chain.source.unwrap_or(table.source)),
                text: policy(table, chain, base),
                counters: base.counters.map(counters),
                ..place(rule_set, table, chain, hook)
            })
        }
        Decider::NoChain | Decider::Routing | Decider::Unread(_) => None,
    }
}

fn place(rule_set: &RuleSet, table: &Table, chain: &Chain, hook: Hook) -> FilterRule {
    FilterRule {
        source: source(rule_set, table.source),
        table: format!("{} {}", table.family.word(), shown(&table.name)),
        chain: shown(&chain.name),
        hook: hook.word().into(),
        policy: false,
        number: None,
        handle: None,
        line: None,
        text: String::new(),
        comment: None,
        counters: None,
    }
}

fn source(rule_set: &RuleSet, number: u32) -> String {
    rule_set
        .sources
        .get(index(number))
        .map(|source| shown(&source.name))
        .unwrap_or_default()
}

/// As the tool that listed it writes it.
fn policy(table: &Table, chain: &Chain, base: &BaseChain) -> String {
    let word = match base.policy {
        Policy::Accept => "accept",
        Policy::Drop => "drop",
        Policy::Unknown => "not told",
    };
    match table.origin {
        Origin::Nft => format!("policy {word}"),
        Origin::IptablesNft | Origin::IptablesLegacy => {
            format!(":{} {}", shown(&chain.name), word.to_uppercase())
        }
    }
}

/// What stands around the rule, and what in it matters.
pub(crate) fn context(rule_set: &RuleSet, decider: Decider, label: &str) -> Option<RuleContext> {
    let quoted = quoted(rule_set, decider)?;
    let mark = match decider {
        Decider::Rule { .. } => super::mark::effect(&quoted.text),
        _ => Some((0, quoted.text.chars().count())),
    };
    let (before, after) = match decider {
        Decider::Rule { rule, .. } => neighbours(rule_set, rule),
        _ => (None, None),
    };
    Some(RuleContext {
        before,
        after,
        mark,
        label: label.to_owned(),
        set_entries: Vec::new(),
    })
}

/// The rules just before and after. Rules that cannot concern the packet may not have been kept.
fn neighbours(
    rule_set: &RuleSet,
    reference: RuleReference,
) -> (Option<NeighbouringRule>, Option<NeighbouringRule>) {
    let Some((_, chain)) = chain(rule_set, reference.chain) else {
        return (None, None);
    };
    let here = index(reference.rule);
    let Some(number) = chain.rules.get(here).map(|rule| rule.place.number) else {
        return (None, None);
    };
    let before = here
        .checked_sub(1)
        .and_then(|index| chain.rules.get(index))
        .filter(|rule| rule.place.number.checked_add(1) == Some(number));
    let after = chain
        .rules
        .get(here + 1)
        .filter(|rule| number.checked_add(1) == Some(rule.place.number));
    (before.map(neighbour), after.map(neighbour))
}

fn neighbour(rule: &Rule) -> NeighbouringRule {
    NeighbouringRule {
        number: rule.place.number,
        handle: rule.place.handle,
        line: rule.place.line,
        text: shown(&rule.text),
    }
}

/// The table and chain of a reference.
pub(crate) fn chain(rule_set: &RuleSet, reference: ChainReference) -> Option<(&Table, &Chain)> {
    let table = rule_set.tables.get(index(reference.table))?;
    Some((table, table.chains.get(index(reference.chain))?))
}

/// The rule of a reference.
pub(crate) fn rule(rule_set: &RuleSet, reference: RuleReference) -> Option<&Rule> {
    let (_, chain) = chain(rule_set, reference.chain)?;
    chain.rules.get(index(reference.rule))
}

/// An index of the model.
pub(crate) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

const fn counters(counters: Counters) -> RuleCounters {
    RuleCounters {
        packets: counters.packets,
        bytes: counters.bytes,
    }
}

/// Text of a rule set, escaped and cut.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => escape(&text[..end]) + "…",
        None => escape(text),
    }
}

/// Where a rule stands, in a few words for a sentence.
pub(crate) fn in_words(rule: &FilterRule) -> String {
    let chain = format!("chain {} ({})", rule.chain, rule.table);
    if rule.policy {
        return format!("the policy of {chain}");
    }
    match rule.number {
        Some(number) => format!("rule {number} of {chain}"),
        None => format!("a rule of {chain}"),
    }
}

/// What decides, in a few words.
pub(crate) fn decider_in_words(rule_set: &RuleSet, decider: Decider) -> String {
    match decider {
        Decider::Rule { .. } | Decider::Policy { .. } => {
            quoted(rule_set, decider).map_or_else(|| "a rule".to_owned(), |rule| in_words(&rule))
        }
        Decider::NoChain => "no rule set filters it".to_owned(),
        Decider::Routing => "the routing of this host".to_owned(),
        Decider::Unread(problem) => match rule_set.problems.get(index(problem)) {
            Some(problem) => format!("rules that could not be read ({})", problem.kind.command()),
            None => "rules that could not be read".to_owned(),
        },
    }
}
