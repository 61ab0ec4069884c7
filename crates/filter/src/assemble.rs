//! Puts together what several sources say of the same tables.

use std::collections::HashMap;

use crate::model::{
    Condition, Family, Origin, Problem, Rule, RuleSet, SourceKind, Statement, Table, Verdict,
};

/// Makes every table count once, after all sources were read. The kernel keeps the tables of iptables-nft among those of nftables, so
/// both listings may show them: nft prints matches of iptables without their arguments, and iptables-nft-save prints rules that
/// iptables did not write without what it does not know, or not at all. So each rule is taken from the listing that knows it.
pub fn assemble(rule_set: &mut RuleSet) {
    let kinds: Vec<SourceKind> = rule_set.sources.iter().map(|source| source.kind).collect();
    let kind = |table: &Table| kinds.get(table.source as usize).copied();
    let (saved, mut tables): (Vec<Table>, Vec<Table>) = std::mem::take(&mut rule_set.tables)
        .into_iter()
        .partition(is_saved);
    let mut saved: Vec<Option<Table>> = saved.into_iter().map(Some).collect();
    for listed in &mut tables {
        if !kind(listed).is_some_and(is_of_nft) {
            continue;
        }
        let twin = saved.iter_mut().find(|saved| {
            saved
                .as_ref()
                .is_some_and(|saved| saved.family == listed.family && saved.name == listed.name)
        });
        match twin.and_then(Option::take) {
            Some(twin) if listed.holds_xt => {
                complete(listed, twin);
                let source = rule_set.sources.get_mut(listed.source as usize);
                if let (false, Some(source)) = (lacks_text(listed), source) {
                    source.not_understood -= listed.rules_without_text.min(source.not_understood);
                }
            }
            None if listed.holds_xt => {
                let kind = iptables_of(listed.family);
                let is_said = !kinds.contains(&kind)
                    && rule_set.problems.iter().any(|problem| problem.kind == kind);
                if !is_said {
                    rule_set.problems.push(not_completed(listed));
                }
            }
            _ => {}
        }
    }
    rule_set.tables = tables;
    rule_set.tables.extend(saved.into_iter().flatten());
    rule_set.problems.retain(|problem| {
        let answered = |answer: SourceKind| kinds.contains(&answer);
        let incompatible = problem.message.contains("is incompatible, use 'nft' tool")
            && kinds.iter().copied().any(is_of_nft);
        let legacy =
            problem.message.contains("tables-legacy tables present") && answered(problem.kind);
        !(incompatible || legacy)
    });
}

/// Prints tables of nftables.
const fn is_of_nft(kind: SourceKind) -> bool {
    matches!(kind, SourceKind::NftJson | SourceKind::NftScript)
}

/// Read from the text of iptables-nft-save.
fn is_saved(table: &Table) -> bool {
    table.origin == Origin::IptablesNft && !table.holds_xt
}

/// Puts what iptables-save says of a rule in the place of what nft leaves out of it.
fn complete(listed: &mut Table, saved: Table) {
    listed.origin = Origin::IptablesNft;
    let names: Vec<Box<str>> = listed
        .chains
        .iter()
        .map(|chain| chain.name.clone())
        .collect();
    let numbers: HashMap<&str, u32> = names.iter().map(|name| &**name).zip(0..).collect();
    let here: Vec<Option<u32>> = saved
        .chains
        .iter()
        .map(|chain| numbers.get(&*chain.name).copied())
        .collect();
    for (chain, own) in saved.chains.into_iter().zip(here.clone()) {
        let Some(own) = own.and_then(|own| listed.chains.get_mut(own as usize)) else {
            continue;
        };
        // A rule that only one of them shows would shift all others.
        if own.rules_read != chain.rules_read {
            continue;
        }
        let mut known: HashMap<u32, Rule> = chain
            .rules
            .into_iter()
            .map(|rule| (rule.place.number, rule))
            .collect();
        own.rules.retain_mut(|rule| {
            if !is_written_by_iptables(&rule.statements) {
                return true;
            }
            // One that is missing there was left out because no packet of interest can meet it.
            let Some(mut text) = known.remove(&rule.place.number) else {
                return false;
            };
            text.place = rule.place;
            text.counters = text.counters.or(rule.counters);
            call_chains_here(&mut text, &here);
            *rule = text;
            true
        });
    }
}

fn lacks_text(table: &Table) -> bool {
    let mut rules = table.chains.iter().flat_map(|chain| &chain.rules);
    rules.any(|rule| is_written_by_iptables(&rule.statements))
}

/// Matches of iptables are in it, and nothing that iptables cannot write.
pub(crate) fn is_written_by_iptables(statements: &[Statement]) -> bool {
    let holds_xt = statements.iter().any(|statement| {
        matches!(
            statement,
            Statement::XtablesMatch(_) | Statement::XtablesTarget(_)
        )
    });
    let native = statements.iter().any(|statement| {
        matches!(
            statement,
            Statement::VerdictMap { .. }
                | Statement::UpdateSet(_)
                | Statement::NotUnderstood { .. }
                | Statement::Condition(Condition::Lookup { .. })
        )
    });
    holds_xt && !native
}

/// Chains have other numbers in the table that the rule comes into.
fn call_chains_here(rule: &mut Rule, here: &[Option<u32>]) {
    let chain = |old: u32| here.get(old as usize).copied().flatten();
    for statement in &mut rule.statements {
        if let Statement::Verdict(verdict) = statement {
            *verdict = match *verdict {
                Verdict::Jump(old) => chain(old).map_or(Verdict::Lost, Verdict::Jump),
                Verdict::Goto(old) => chain(old).map_or(Verdict::Lost, Verdict::Goto),
                other => other,
            };
        }
    }
}

/// What prints the tables that iptables keeps in a family of nftables.
const fn iptables_of(family: Family) -> SourceKind {
    match family {
        Family::Ip6 => SourceKind::Ip6tablesNft,
        _ => SourceKind::IptablesNft,
    }
}

fn not_completed(table: &Table) -> Problem {
    let kind = iptables_of(table.family);
    Problem {
        kind,
        message: format!(
            "the table {} {} was written by iptables, and nft does not print its matches: \"{}\" does",
            table.family.word(),
            table.name,
            kind.command()
        ),
        hides_chains: false,
    }
}
