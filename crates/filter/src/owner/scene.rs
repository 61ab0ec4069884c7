//! The place of the deciding rule, and the packet it decided.

use std::net::IpAddr;

use super::words::Words;
use crate::evaluate::{Question, Version};
use crate::model::{
    Chain, ChainReference, Condition, Expression, Family, Hook, Policy, Rule, RuleSet, Set,
    SetReference, Statement, Table, Verdict,
};

/// Conditions are nested no deeper than this when looking for names.
pub(super) const DEEPEST: u32 = 16;

/// What a tool's functions look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) rule_set: &'a RuleSet,
    pub(super) question: &'a Question,
    pub(super) hook: Hook,
    pub(super) place: ChainReference,
    pub(super) table: &'a Table,
    pub(super) chain: &'a Chain,
    /// The rule; `None` when the policy decided.
    pub(super) rule: Option<&'a Rule>,
    pub(super) rule_index: Option<u32>,
}

impl<'a> Scene<'a> {
    /// What the rule says, part by part; for a policy, of a rule without any part.
    pub(super) fn words(&self) -> Words {
        self.rule
            .map_or_else(Words::default, |rule| Words::of(rule, self.table))
    }

    /// Whether what decided lets the packet through.
    pub(super) fn accepts(&self) -> bool {
        match self.rule {
            Some(rule) => rule
                .statements
                .iter()
                .any(|statement| matches!(statement, Statement::Verdict(Verdict::Accept))),
            None => self.policy() == Some(Policy::Accept),
        }
    }

    pub(super) fn policy(&self) -> Option<Policy> {
        self.chain.base.as_ref().map(|base| base.policy)
    }

    /// The one address that the packet comes from.
    pub(super) fn source(&self) -> Option<IpAddr> {
        single_source(self.question)
    }

    /// What a ban holds: the rule's own source, the element of its set, or the packet's source; an address or a network.
    pub(super) fn banned(&self) -> Option<String> {
        let words = self.words();
        if let Some(source) = words.source_text() {
            return Some(source);
        }
        if let Some(element) = self.element() {
            return Some(element);
        }
        self.source().map(|source| source.to_string())
    }

    /// The same with another rule of the same table.
    pub(super) fn with_rule(&self, rule: &'a Rule) -> Self {
        Self {
            rule: Some(rule),
            rule_index: None,
            ..*self
        }
    }

    /// Whether the packet may meet a rule of the same table, as far as its parts and the sets of its source tell.
    pub(super) fn may_meet(&self, rule: &'a Rule) -> bool {
        let holds_source = |set: &Set| {
            self.source().is_none_or(|source| {
                let source = crate::evaluate::address_value(source);
                super::values::may_hold(set, source, self.question.version)
            })
        };
        Words::of(rule, self.table).may_meet(self.question)
            && self.with_rule(rule).sets().into_iter().all(holds_source)
    }

    /// The element of the rule's set that holds the source.
    pub(super) fn element(&self) -> Option<String> {
        let source = crate::evaluate::address_value(self.source()?);
        self.sets()
            .into_iter()
            .find_map(|set| super::values::element_holding(set, source, self.question.version))
    }

    /// The sets that the rule asks for a match.
    pub(super) fn sets(&self) -> Vec<&'a Set> {
        let mut found = Vec::new();
        let Some(rule) = self.rule else { return found };
        for statement in &rule.statements {
            match statement {
                Statement::Condition(condition) => {
                    sets_of(condition, DEEPEST, &mut |reference| {
                        found.extend(self.set(reference));
                    });
                }
                Statement::VerdictMap { map, .. } => found.extend(self.set(map)),
                _ => {}
            }
        }
        found
    }

    /// Names of the sets that the rule asks, also of those that were not found.
    pub(super) fn set_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .sets()
            .into_iter()
            .filter_map(|set| set.name.as_deref().map(str::to_owned))
            .collect();
        for statement in self.rule.iter().flat_map(|rule| &rule.statements) {
            if let Statement::Condition(condition) = statement {
                sets_of(condition, DEEPEST, &mut |reference| {
                    if let SetReference::Missing(name) = reference {
                        names.push(name.to_string());
                    }
                });
            }
        }
        names
    }

    fn set(&self, reference: &SetReference) -> Option<&'a Set> {
        match reference {
            SetReference::InTable(index) => self.table.sets.get(*index as usize),
            SetReference::Ipset(index) => self.rule_set.ipsets.get(*index as usize),
            SetReference::Missing(_) => None,
        }
    }

    /// Whether the table has a chain of this name.
    pub(super) fn has_chain(&self, name: &str) -> bool {
        self.table.chains.iter().any(|chain| &*chain.name == name)
    }

    /// The chain of this name in the same table.
    pub(super) fn chain_named(&self, name: &str) -> Option<&'a Chain> {
        self.table.chains.iter().find(|chain| &*chain.name == name)
    }

    /// `ipv4` or `ipv6`, as firewalld says it.
    pub(super) const fn is_version_6(&self) -> bool {
        matches!(self.question.version, Version::V6) || matches!(self.table.family, Family::Ip6)
    }
}

/// The one address that a question is about.
pub(super) fn single_source(question: &Question) -> Option<IpAddr> {
    let network = question.from?;
    (network.prefix_len() == network.max_prefix_len()).then(|| network.addr())
}

fn sets_of(condition: &Condition, depth: u32, found: &mut impl FnMut(&SetReference)) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    match condition {
        Condition::Lookup {
            set,
            negated: false,
            ..
        } => found(set),
        Condition::All(inner) | Condition::Any(inner) => {
            for condition in inner {
                sets_of(condition, depth, found);
            }
        }
        Condition::In {
            value: Expression::Map { map, .. },
            ..
        } => found(map),
        _ => {}
    }
}
