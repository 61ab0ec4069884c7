//! A script means what `nft -j` lists of it once it is loaded.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sshdoctor_filter::Interest;
use sshdoctor_filter::model::{
    BaseChain, Component, Contents, Counters, Devices, Policy, RuleSet, Set, SetReference,
    Statement, Table,
};
use sshdoctor_filter::nftables::script::{self, Meaning, NoIncludes};

fn read(text: &str, meaning: Meaning) -> RuleSet {
    let mut rules = RuleSet::default();
    let everything = Interest::everything();
    script::read(
        "a script",
        text.as_bytes(),
        meaning,
        &NoIncludes,
        &everything,
        &mut rules,
    )
    .unwrap_or_else(|error| panic!("{error}"));
    rules
}

/// A rule as it is compared: sets by what they hold, since each reader numbers them its own way.
fn shown(table: &Table, statements: &[Statement]) -> String {
    let names: Vec<String> = table.sets.iter().map(set_shown).collect();
    let mut text = format!("{statements:#?}");
    for (index, name) in names.iter().enumerate().rev() {
        let reference = format!(
            "{:#?}",
            SetReference::InTable(u32::try_from(index).expect("few sets"))
        );
        let flat: String = reference.split_whitespace().collect();
        text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let spaced = reference.split_whitespace().collect::<Vec<_>>().join(" ");
        text = text.replace(&spaced, name).replace(&flat, name);
    }
    for (index, chain) in table.chains.iter().enumerate() {
        for verdict in ["Jump", "Goto"] {
            text = text.replace(
                &format!("{verdict}( {index}, )"),
                &format!("{verdict} {}", chain.name),
            );
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn set_shown(set: &Set) -> String {
    match (&set.name, &set.contents) {
        (Some(name), _) => format!("@{name}"),
        (None, Contents::Elements { elements, .. }) => {
            // Unlike listings, scripts keep the order in which elements were written.
            let mut elements: Vec<String> = elements
                .as_slice()
                .iter()
                .map(|element| format!("{:?} {:?}", element.key, element.value))
                .collect();
            elements.sort();
            format!("{:?} {elements:?}", set.components)
        }
        (None, other) => format!("{other:?}"),
    }
}

#[derive(Debug, PartialEq)]
struct Shown {
    base: Option<BaseChain>,
    rules: Vec<(String, Option<Box<str>>, Option<Counters>)>,
}

fn chains(rules: &RuleSet) -> BTreeMap<String, Shown> {
    rules
        .tables
        .iter()
        .flat_map(|table| {
            table.chains.iter().map(move |chain| {
                let name = format!("{} {} {}", table.family.word(), table.name, chain.name);
                let shown = Shown {
                    base: chain.base.clone().map(|base| BaseChain {
                        // Which only the text tells.
                        devices: Devices::Unknown,
                        ..base
                    }),
                    rules: chain
                        .rules
                        .iter()
                        .map(|rule| {
                            let statements = shown(table, &rule.statements);
                            (statements, rule.comment.clone(), rule.counters)
                        })
                        .collect(),
                };
                (name, shown)
            })
        })
        .collect()
}

fn sets(rules: &RuleSet) -> BTreeMap<String, String> {
    rules
        .tables
        .iter()
        .flat_map(|table| {
            table.sets.iter().filter_map(move |set| {
                let name = set.name.as_deref()?;
                let name = format!("{} {} {name}", table.family.word(), table.name);
                let contents = match &set.contents {
                    Contents::Elements {
                        elements,
                        read,
                        not_understood,
                        ..
                    } => {
                        let mut held: Vec<String> = elements
                            .as_slice()
                            .iter()
                            .map(|element| {
                                format!(
                                    "{:?} {:?} {:?}",
                                    element.key, element.value, element.comment
                                )
                            })
                            .collect();
                        held.sort();
                        format!("{read} {not_understood} {held:?}")
                    }
                    // A set that only a rule makes, which JSON may not show.
                    Contents::Unreadable { reason } if &**reason == "it is not in the listing" => {
                        return None;
                    }
                    other => format!("{other:?}"),
                };
                // Of `typeof` JSON keeps no width.
                let components = set.components.iter().map(|component| match component {
                    Component::Other(_) => Component::Other(0),
                    known => *known,
                });
                let components: Vec<Component> = components.collect();
                Some((name, format!("{components:?} {contents}")))
            })
        })
        .collect()
}

/// Compares both; says how many rules are the same.
fn compare(name: &str, text: &RuleSet, json: &RuleSet) -> usize {
    assert!(text.problems.is_empty(), "{name}: {:#?}", text.problems);
    let (ours, theirs) = (chains(text), chains(json));
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        theirs.keys().collect::<Vec<_>>(),
        "{name}"
    );
    let (mut same, mut different) = (0, Vec::new());
    for (chain, ours) in &ours {
        let theirs = &theirs[chain];
        let is_garbled = |base: &BaseChain| base.policy == Policy::Unknown;
        if !theirs.base.as_ref().is_some_and(is_garbled) {
            assert_eq!(ours.base, theirs.base, "{name}: {chain}");
        }
        assert_eq!(ours.rules.len(), theirs.rules.len(), "{name}: {chain}");
        for (number, (ours, theirs)) in ours.rules.iter().zip(&theirs.rules).enumerate() {
            if ours == theirs {
                same += 1;
            } else if !["Xtables", "switched off"]
                .iter()
                .any(|less| theirs.0.contains(less))
            {
                // Of an extension of iptables JSON has only the name, and it garbles flags of tables.
                different.push((chain, number + 1, ours, theirs));
            }
        }
    }
    assert!(different.is_empty(), "{name}: {different:#?}");
    let (ours, theirs) = (sets(text), sets(json));
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (set, ours) in &ours {
        assert_eq!(ours, &theirs[set], "{name}: {set}");
    }
    same
}

#[test]
fn a_recorded_text_means_what_its_listing_means() {
    let text = read(include_str!("../nft/rules.txt"), Meaning::Listed);
    let same = compare("rules.txt", &text, &super::recorded());
    assert!(same > 400, "only {same} rules");
}

#[test]
fn texts_of_rules_of_tools_mean_what_their_listings_mean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule_sets");
    let mut same = 0;
    for situation in fs::read_dir(folder).expect("the rule sets are there") {
        let situation = situation.expect("the folder is listed").path();
        let Ok(text) = fs::read_to_string(situation.join("nft.txt")) else {
            continue;
        };
        let json = fs::read(situation.join("nft.json")).expect("both listings are there");
        let json = super::read(&json).expect("the listing is read");
        let name = situation.display().to_string();
        same += compare(&name, &read(&text, Meaning::Listed), &json);
    }
    assert!(same > 3500, "only {same} rules");
}
