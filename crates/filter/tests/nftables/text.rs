//! The text of a rule is what `nft -nn list ruleset` prints.

use std::io::Write;
use std::process::{Command, Stdio};

use pretty_lines::rules_of;
use sshdoctor_filter::model::RuleSet;

#[test]
fn text_of_recorded_rules_is_that_of_nft() {
    compare(&super::recorded(), include_str!("../nft/rules.txt"));
}

/// The same with the nft of this machine. Needs root, for a network namespace.
#[test]
#[ignore = "needs root and nft"]
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
    let text = String::from_utf8(list("-nn")).expect("nft prints text");
    compare(&rules, &text);
}

fn compare(rules: &RuleSet, listing: &str) {
    let ours: Vec<&str> = rules
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .flat_map(|chain| &chain.rules)
        .map(|rule| &*rule.text)
        .collect();
    let theirs = rules_of(listing);
    assert!(theirs.len() > 300, "only {} rules", theirs.len());
    assert_eq!(ours.len(), theirs.len());
    let different: Vec<_> = ours
        .iter()
        .zip(&theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .collect();
    assert!(different.is_empty(), "{different:#?}");
}

mod pretty_lines {
    /// The rules of a listing: the lines of chains, less their own.
    pub(super) fn rules_of(listing: &str) -> Vec<&str> {
        let mut in_chain = false;
        let mut rules = Vec::new();
        for line in listing.lines() {
            match line.strip_prefix("\t\t") {
                Some(line) if in_chain && !line.starts_with("type ") => rules.push(line),
                Some(_) => {}
                None => in_chain = line.starts_with("\tchain "),
            }
        }
        rules
    }
}
