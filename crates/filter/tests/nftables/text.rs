//! The text of a rule is what `nft list ruleset` prints.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use sshdoctor_filter::model::RuleSet;

#[test]
fn text_of_recorded_rules_is_that_of_nft() {
    let compared = compare(&super::recorded(), include_str!("../nft/rules.txt"));
    assert!(compared > 400, "only {compared} rules");
}

/// The same for what real tools wrote.
#[test]
fn text_of_rules_of_tools_is_that_of_nft() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule_sets");
    let mut compared = 0;
    for situation in fs::read_dir(folder).expect("the rule sets are there") {
        let situation = situation.expect("the folder is listed").path();
        let (json, text) = (situation.join("nft.json"), situation.join("nft.txt"));
        if !text.exists() {
            continue;
        }
        let json = fs::read(&json).expect("both listings are there");
        let rules = super::read(&json).unwrap_or_else(|error| panic!("{situation:?}: {error}"));
        let text = fs::read_to_string(&text).expect("the listing is text");
        compared += compare(&rules, &text);
    }
    assert!(compared > 3500, "only {compared} rules");
}

/// The same with the nft of this machine. Needs root, for a network namespace.
#[test]
fn text_of_live_rules_is_that_of_nft() {
    let list = |arguments: &str| {
        let script = format!(
            "ip link add eth0 type veth peer name eth1 && nft -f /dev/stdin && nft {arguments} list ruleset"
        );
        let mut child = Command::new("unshare")
            .args(["--net", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare is there");
        child
            .stdin
            .take()
            .expect("it was piped")
            .write_all(include_bytes!("../nft/rules.nft"))
            .expect("nft reads the rules");
        let output = child.wait_with_output().expect("nft ends");
        assert!(output.status.success(), "nft failed");
        output.stdout
    };
    let rules = super::read(&list("-j")).expect("the listing is read");
    let text = String::from_utf8(list("-a")).expect("nft prints text");
    let compared = compare(&rules, &text);
    assert!(compared > 400, "only {compared} rules");
}

/// Compares every rule of one with the other; says how many are the same.
fn compare(rules: &RuleSet, listing: &str) -> usize {
    let theirs = rules_of(listing);
    let (mut all, mut same) = (0, 0);
    let mut different = Vec::new();
    for table in &rules.tables {
        let name = format!("{} {}", table.family.word(), table.name);
        for rule in table.chains.iter().flat_map(|chain| &chain.rules) {
            all += 1;
            let handle = rule.place.handle.expect("nft lists handles");
            let theirs = theirs.get(&(name.as_str(), handle)).copied();
            if theirs == Some(&*rule.text) {
                same += 1;
            } else if !format!(" {}", rule.text).contains(" xt ") {
                // Of an extension of iptables JSON has only the name.
                different.push((handle, rule.text.clone(), theirs));
            }
        }
    }
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(all, theirs.len());
    same
}

/// The rules of a listing by table and handle: what ends with a handle in a chain.
fn rules_of(listing: &str) -> HashMap<(&str, u64), &str> {
    let mut table = "";
    let mut in_chain = false;
    let mut rules = HashMap::new();
    for line in listing.lines() {
        if let Some(rest) = line.strip_prefix("table ") {
            table = rest.split(" {").next().unwrap_or(rest);
        }
        match line.strip_prefix("\t\t") {
            Some(line) if in_chain && !line.starts_with("type ") => {
                let (rule, handle) = line.rsplit_once(" # handle ").expect("rules have handles");
                let handle = handle.parse().expect("handles are numbers");
                rules.insert((table, handle), rule);
            }
            Some(_) => {}
            None => in_chain = line.starts_with("\tchain "),
        }
    }
    rules
}
