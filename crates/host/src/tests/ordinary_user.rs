//! What an ordinary user is told: that he may not look, never that there is nothing.

use std::os::unix::process::CommandExt;
use std::process::Command;

use sshdoctor_filter::model::SourceKind;

use super::namespace::{in_namespace, nft, run};
use super::rule_sets::read;

const NAME: &str = "tests::ordinary_user::an_ordinary_user_is_not_told_that_there_are_no_rules";
/// Set in the process that observes.
const OBSERVES: &str = "SSHDOCTOR_TEST_OBSERVES";
/// Owns nothing that matters: the overflow user of Linux.
const NOBODY: u32 = 65_534;

#[test]
fn an_ordinary_user_is_not_told_that_there_are_no_rules() {
    if is_nobody() {
        return observe();
    }
    in_namespace(|| {
        nft("table inet own { chain in { type filter hook input priority 0; policy drop; }; }");
        run("iptables-legacy -A INPUT -s 192.0.2.7 -j DROP");
        again_as_nobody(NAME);
    });
}

/// Runs a test once more as a user who may nothing.
pub(crate) fn again_as_nobody(name: &str) {
    // Everyone may run this copy. Another process writes it: a file that this one has open for writing may be inherited by what
    // another test starts, and cannot be run as long.
    let directory = tempfile::tempdir().unwrap();
    run(&format!("chmod 755 {}", directory.path().display()));
    let program = directory.path().join("observe");
    let this = std::env::current_exe().unwrap();
    run(&format!("cp {} {}", this.display(), program.display()));
    let status = Command::new(&program)
        .args([name, "--exact", "--nocapture"])
        .env(OBSERVES, "1")
        .uid(NOBODY)
        .gid(NOBODY)
        .status()
        .unwrap();
    assert!(status.success(), "see the output above");
}

/// Whether this process is the one that observes.
pub(crate) fn is_nobody() -> bool {
    std::env::var_os(OBSERVES).is_some()
}

fn observe() {
    let rule_set = read();
    assert_eq!(rule_set.tables, []);
    let problems = rule_set.problems.iter();
    let lost: Vec<_> = problems
        .map(|problem| (problem.kind, problem.hides_chains))
        .collect();
    assert_eq!(
        lost,
        [
            (SourceKind::Ipset, false),
            (SourceKind::NftJson, true),
            (SourceKind::IptablesNft, true),
            (SourceKind::IptablesLegacy, true),
            (SourceKind::Ip6tablesNft, true),
            (SourceKind::Ip6tablesLegacy, true),
        ]
    );
    let nft = &rule_set.problems[1].message;
    assert!(nft.contains("Operation not permitted"), "{nft}");
    let legacy = &rule_set.problems[3].message;
    assert_eq!(
        legacy,
        "/proc/net/ip_tables_names: Permission denied (os error 13)"
    );
}
