//! What nft and iptables-save both say of is there once.

use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::model::*;
use sshdoctor_filter::{Interest, nftables};

use super::read_into;

fn listed(name: &str, holds_xt: bool) -> Table {
    Table {
        source: 0,
        origin: if holds_xt {
            Origin::IptablesNft
        } else {
            Origin::Nft
        },
        family: Family::Ip,
        name: name.into(),
        dormant: false,
        holds_xt,
        rules_without_text: 0,
        chains: Vec::new(),
        sets: Vec::new(),
    }
}

#[test]
fn every_table_counts_once() {
    let mut rule_set = RuleSet::default();
    rule_set.sources.push(Source {
        name: "nft".to_owned(),
        kind: SourceKind::NftJson,
        rules: 0,
        not_understood: 0,
    });
    rule_set.tables.extend([
        listed("filter", true),
        listed("native", false),
        listed("nat", true),
        listed("raw", false),
    ]);
    read_into(
        &mut rule_set,
        SourceKind::IptablesNft,
        "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n# Table `mangle' is incompatible, use 'nft' tool.\n",
    );
    read_into(
        &mut rule_set,
        SourceKind::IptablesLegacy,
        "*filter\n:INPUT DROP [0:0]\nCOMMIT\n",
    );
    assert_eq!(rule_set.problems.len(), 1);
    assemble(&mut rule_set);
    let mut left: Vec<_> = rule_set.tables.iter().map(|table| &*table.name).collect();
    left.sort_unstable();
    // Those of the legacy back end are others.
    assert_eq!(left, ["filter", "filter", "nat", "native", "raw"]);
    let problems: Vec<_> = rule_set
        .problems
        .iter()
        .map(|problem| (problem.kind, problem.hides_chains))
        .collect();
    assert_eq!(problems, [(SourceKind::IptablesNft, false)]);
}

#[test]
fn rules_of_iptables_are_not_understood_without_their_text() {
    const LISTING: &str = r#"{"nftables": [{"table": {"family": "ip", "name": "filter"}},
        {"chain": {"family": "ip", "table": "filter", "name": "INPUT", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
        {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "expr": [{"xt": {"type": "match", "name": "conntrack"}}, {"accept": null}]}},
        {"rule": {"family": "ip", "table": "filter", "chain": "INPUT", "expr": [{"novelty": null}, {"drop": null}]}}]}"#;
    const ONE: &str = "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n";
    let not_understood = |rules: &str| {
        let mut rule_set = RuleSet::default();
        let everything = Interest::everything();
        nftables::read("nft", LISTING.as_bytes(), &everything, &mut rule_set).expect("a listing");
        if !rules.is_empty() {
            let dump = format!("*filter\n:INPUT ACCEPT [0:0]\n{rules}COMMIT\n");
            read_into(&mut rule_set, SourceKind::IptablesNft, &dump);
        }
        assemble(&mut rule_set);
        rule_set.sources[0].not_understood
    };
    assert_eq!(not_understood(""), 2);
    assert_eq!(not_understood(&ONE.repeat(2)), 1);
    // Rules are known by their number, and one that only nft lists would shift all others.
    assert_eq!(not_understood(ONE), 2);
}
