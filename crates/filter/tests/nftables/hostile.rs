//! Listings that nft did not print.

use proptest::prelude::*;
use sshdoctor_filter::model::{Condition, Contents, RuleSet, Statement, Verdict};
use sshdoctor_filter::{Interest, ReadError, nftables};

use super::read;

/// A listing of one chain `c` in one table, with these objects more.
fn listing(objects: &str) -> String {
    format!(
        r#"{{"nftables": [{{"metainfo": {{"version": "1.0.6"}}}},
{{"table": {{"family": "inet", "name": "t", "handle": 1}}}},
{{"chain": {{"family": "inet", "table": "t", "name": "c", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}}}{objects}]}}"#
    )
}

/// A rule of that chain.
fn rule(statements: &str) -> String {
    format!(
        r#", {{"rule": {{"family": "inet", "table": "t", "chain": "c", "handle": 7, "expr": {statements}}}}}"#
    )
}

fn statements(listing: &str) -> Vec<Statement> {
    let rules = read(listing.as_bytes()).expect("it is read");
    rules.tables[0].chains[0]
        .rules
        .iter()
        .flat_map(|rule| rule.statements.to_vec())
        .collect()
}

#[test]
fn one_unfamiliar_rule_costs_one_rule() {
    let objects = [
        rule(r#"[{"teleport": {"to": "mars"}}]"#),
        rule(
            r#"[{"match": {"op": "~", "left": {"meta": {"key": "mark"}}, "right": 1}}, {"drop": null}]"#,
        ),
        rule(
            r#"[{"match": {"op": "==", "left": {"aura": {"key": "red"}}, "right": 1}}, {"drop": null}]"#,
        ),
        rule(r#""flurble""#),
        r#", {"gadget": {"family": "inet", "elem": [1, {"a": [2]}]}}"#.to_owned(),
        rule(r#"[{"accept": null}]"#),
    ];
    let rules = read(listing(&objects.concat()).as_bytes()).expect("it is read");
    let chain = &rules.tables[0].chains[0];
    assert_eq!(chain.rules_read, 5);
    assert_eq!(
        (rules.sources[0].rules, rules.sources[0].not_understood),
        (5, 4)
    );
    assert_eq!(rules.problems.len(), 1);
    assert!(!rules.problems[0].hides_chains);
    assert!(matches!(
        *chain.rules[0].statements,
        [Statement::NotUnderstood { .. }]
    ));
    for rule in &chain.rules[1..3] {
        assert!(
            matches!(
                *rule.statements,
                [
                    Statement::Condition(Condition::Undecidable { .. }),
                    Statement::Verdict(Verdict::Drop)
                ]
            ),
            "{rule:?}"
        );
    }
    assert_eq!(
        *chain.rules[4].statements,
        [Statement::Verdict(Verdict::Accept)]
    );
}

#[test]
fn values_of_the_wrong_kind_are_not_understood() {
    for statement in [
        r#"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 70000}}"#,
        r#"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": -1}}"#,
        r#"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 1e99}}"#,
        r#"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": {"range": [9, 3]}}}"#,
        r#"{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"prefix": {"addr": "192.0.2.0", "len": 99}}}}"#,
        r#"{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "somewhere"}}"#,
        r#"{"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 99999999999999999999999999999999}}"#,
        r#"{"limit": {"rate": "many", "per": "second"}}"#,
    ] {
        let all = statements(&listing(&rule(&format!("[{statement}]"))));
        assert!(
            matches!(*all, [Statement::Condition(Condition::Undecidable { .. })]),
            "{statement}: {all:?}"
        );
    }
}

#[test]
fn jumps_find_chains_that_come_later_and_say_when_there_is_none() {
    let objects = [
        rule(r#"[{"jump": {"target": "nowhere"}}]"#),
        rule(r#"[{"goto": {"target": "later"}}]"#),
        r#", {"map": {"family": "inet", "table": "t", "name": "m", "type": "inet_service", "map": "verdict",
            "elem": [[22, {"jump": {"target": "later"}}], [23, {"jump": {"target": "nowhere"}}]]}}"#
            .to_owned(),
        r#", {"chain": {"family": "inet", "table": "t", "name": "later", "handle": 3}}"#.to_owned(),
    ];
    let rules = read(listing(&objects.concat()).as_bytes()).expect("it is read");
    let table = &rules.tables[0];
    let names: Vec<&str> = table.chains.iter().map(|chain| &*chain.name).collect();
    assert_eq!(names, ["c", "later"]);
    assert_eq!(
        *table.chains[0].rules[0].statements,
        [Statement::Verdict(Verdict::Lost)]
    );
    assert_eq!(
        *table.chains[0].rules[1].statements,
        [Statement::Verdict(Verdict::Goto(1))]
    );
    let map = format!("{:?}", table.sets[0].contents);
    assert!(map.contains("Jump(1)") && map.contains("Lost"), "{map}");
}

#[test]
fn what_may_hide_chains_is_told() {
    for objects in [
        r#", {"chain": 7}"#,
        r#", {"table": {"name": "u"}}"#,
        ", 7",
        r#", {"rule": {"family": "inet", "table": "t", "chain": "undeclared", "expr": [{"drop": null}]}}"#,
    ] {
        let rules = read(listing(objects).as_bytes()).expect("it is read");
        assert!(
            rules.problems.iter().any(|problem| problem.hides_chains),
            "{objects}"
        );
    }
}

#[test]
fn a_set_without_a_type_is_unreadable() {
    let objects = r#", {"set": {"family": "inet", "table": "t", "name": "s", "elem": [1, 2]}}"#;
    let rules = read(listing(objects).as_bytes()).expect("it is read");
    assert!(matches!(
        rules.tables[0].sets[0].contents,
        Contents::Unreadable { .. }
    ));
}

#[test]
fn a_broken_document_is_an_error_with_its_line() {
    let whole = listing(&rule(r#"[{"accept": null}]"#));
    for (text, line) in [
        ("", 1),
        ("\n\nAccess denied", 3),
        ("{\n}", 2),
        ("{\"nftables\": [\n{\"table\": {\"family\" \"inet\"}}]}", 2),
        (&whole[..whole.len() - 1], 3),
        (&format!("{whole}\n\n}}"), 5),
        (
            &listing(&rule(&format!("{}1{}", "[".repeat(200), "]".repeat(200)))),
            3,
        ),
        (&format!("{{\"nftables\": {}", "[".repeat(200_000)), 1),
    ] {
        match read(text.as_bytes()) {
            Err(ReadError::Malformed { line: found, .. }) => {
                assert_eq!(found, line, "{}", text.get(..80).unwrap_or(text));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_error_leaves_the_rule_set_as_it_was() {
    let mut rules = RuleSet::default();
    let text = listing(&rule(r#"[{"accept": null}]"#));
    let cut = &text.as_bytes()[..text.len() - 2];
    assert!(nftables::read("cut", cut, &Interest::everything(), &mut rules).is_err());
    assert_eq!(rules, RuleSet::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever becomes of the bytes of a listing, reading ends, and without a panic.
    #[test]
    fn no_bytes_make_it_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40), keep in any::<prop::sample::Index>()) {
        let mut bytes = include_bytes!("../nft/rules.json").to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read(&bytes);
        bytes.truncate(keep.index(bytes.len()));
        let _ = read(&bytes);
    }

    /// The same where the document stays JSON: words and numbers are exchanged.
    #[test]
    fn no_words_make_it_panic(from in prop::sample::select(WORDS), to in prop::sample::select(WORDS)) {
        let text = include_str!("../nft/rules.json").replace(from, to);
        let rules = read(text.as_bytes());
        prop_assert!(rules.is_ok(), "{:?}", rules.err());
    }
}

/// Parts of a listing that can stand for one another and leave it JSON.
const WORDS: &[&str] = &[
    "\"payload\"",
    "\"meta\"",
    "\"ct\"",
    "\"match\"",
    "\"map\"",
    "\"vmap\"",
    "\"set\"",
    "\"elem\"",
    "\"concat\"",
    "\"range\"",
    "\"prefix\"",
    "\"key\"",
    "\"left\"",
    "\"right\"",
    "\"val\"",
    "\"data\"",
    "\"drop\"",
    "\"jump\"",
    "\"192.0.2.1\"",
    "\"&\"",
    "\"==\"",
    "\"!=\"",
    "\"in\"",
    "\"tcp\"",
    "\"ip\"",
    "\"dport\"",
    "\"saddr\"",
    "\"mangle\"",
    "\"dnat\"",
    "\"reject\"",
    "\"limit\"",
    "\"fib\"",
    "\"jhash\"",
    "\"type\"",
    "\"name\"",
    "\"expr\"",
];
