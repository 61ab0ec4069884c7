//! Puts together what several sources say of the same tables.

use crate::model::{Family, Origin, Problem, RuleSet, SourceKind, Table};

/// Makes every table count once, after all sources were read. The kernel keeps the tables of iptables-nft among those of nftables, so
/// both listings may show them: nft prints matches of iptables without their arguments, and iptables-nft-save prints nothing sensible
/// of tables that iptables did not write.
pub fn assemble(rule_set: &mut RuleSet) {
    let kinds: Vec<SourceKind> = rule_set.sources.iter().map(|source| source.kind).collect();
    let kind = |table: &Table| kinds.get(table.source as usize).copied();
    let listed: Vec<(Family, Box<str>, bool)> = rule_set
        .tables
        .iter()
        .filter(|table| kind(table) == Some(SourceKind::NftJson))
        .map(|table| (table.family, table.name.clone(), table.holds_xt))
        .collect();
    let saved: Vec<(Family, Box<str>)> = rule_set
        .tables
        .iter()
        .filter(|table| is_saved(table))
        .map(|table| (table.family, table.name.clone()))
        .collect();
    let is_among_saved = |family: Family, name: &str| {
        saved
            .iter()
            .any(|(known, other)| *known == family && **other == *name)
    };
    for (family, name, holds_xt) in &listed {
        if *holds_xt && !is_among_saved(*family, name) {
            rule_set.problems.push(lacks_text(*family, name));
        }
    }
    rule_set.tables.retain(|table| {
        if kind(table) == Some(SourceKind::NftJson) {
            return !(table.holds_xt && is_among_saved(table.family, &table.name));
        }
        !is_saved(table)
            || !listed.iter().any(|(family, name, holds_xt)| {
                *family == table.family && *name == table.name && !holds_xt
            })
    });
    rule_set.problems.retain(|problem| {
        let answered = |answer: SourceKind| kinds.contains(&answer);
        let incompatible = problem.message.contains("is incompatible, use 'nft' tool")
            && answered(SourceKind::NftJson);
        let legacy =
            problem.message.contains("tables-legacy tables present") && answered(problem.kind);
        !(incompatible || legacy)
    });
}

/// Read from the text of iptables-nft-save.
fn is_saved(table: &Table) -> bool {
    table.origin == Origin::IptablesNft && !table.holds_xt
}

fn lacks_text(family: Family, name: &str) -> Problem {
    let kind = match family {
        Family::Ip6 => SourceKind::Ip6tablesNft,
        _ => SourceKind::IptablesNft,
    };
    Problem {
        kind,
        message: format!(
            "the table {} {name} was written by iptables, and nft does not print its matches: \"{}\" does",
            family.word(),
            kind.command()
        ),
        hides_chains: false,
    }
}
