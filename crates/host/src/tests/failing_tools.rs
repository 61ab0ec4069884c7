//! Tools that fail in every way: never the same as "no rules", and never half of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use sshdoctor_filter::Interest;
use sshdoctor_filter::model::{Problem, RuleSet, SourceKind};

use super::namespace::{in_namespace, nft, run};
use crate::packet_filter::Live;
use crate::{Limits, Programs};

const SHORT: Limits = Limits {
    silence: Duration::from_millis(500),
    total: Duration::from_secs(2),
};

/// Reads twice with this script in place of one tool, which is the same.
fn read_with(tool: &str, script: &str) -> RuleSet {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(tool);
    // Written by another process: a file that this one has open for writing may be inherited by what another test starts,
    // and cannot be run as long.
    let text = directory.path().join("text");
    fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&text, fs::Permissions::from_mode(0o755)).unwrap();
    run(&format!("cp {} {}", text.display(), path.display()));
    let real = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    let programs = Programs::in_directories([directory.path().to_owned()].into_iter().chain(real));
    let live = Live::with(programs, SHORT);
    let rule_set = live.read(&Interest::everything());
    assert_eq!(live.read(&Interest::everything()), rule_set);
    rule_set
}

fn problem(kind: SourceKind, message: &str, hides_chains: bool) -> Problem {
    Problem {
        kind,
        message: message.to_owned(),
        hides_chains,
    }
}

#[test]
fn an_nft_that_fails_hides_chains_and_leaves_no_half() {
    in_namespace(|| {
        nft("table inet own { chain in { type filter hook input priority 0; policy drop; }; }");
        run("iptables-legacy -A INPUT -s 192.0.2.7 -j DROP");
        let half = r#"/usr/sbin/nft "$@" | head -c 200"#;
        for (script, said) in [
            ("sleep 60", "it was ended: no word for 0.5 s"),
            ("kill -SEGV $$", "it crashed (SIGSEGV)"),
            (&format!("{half}; kill -ABRT $$"), "it crashed (SIGABRT)"),
            (
                r#"/usr/sbin/nft "$@"; echo not all of it >&2; exit 1"#,
                "exit status 1: not all of it",
            ),
        ] {
            let began = Instant::now();
            let rule_set = read_with("nft", script);
            assert!(began.elapsed() < Duration::from_secs(5), "{script}");
            let message = format!("nft -j list ruleset: {said}");
            assert_eq!(
                rule_set.problems,
                [problem(SourceKind::NftJson, &message, true)],
                "{script}"
            );
            // What the others tell is still known.
            let tables: Vec<_> = rule_set.tables.iter().map(|table| &*table.name).collect();
            assert_eq!(tables, ["filter"], "{script}");
        }
    });
}

#[test]
fn output_that_is_not_a_listing_is_no_listing() {
    in_namespace(|| {
        nft("table inet own { chain in { type filter hook input priority 0; policy drop; }; }");
        for script in [
            "",
            "echo garbage",
            r#"/usr/sbin/nft "$@" | head -c 200"#,
            "yes",
            "head -c 100000 /dev/urandom",
        ] {
            let began = Instant::now();
            let rule_set = read_with("nft", script);
            assert!(began.elapsed() < Duration::from_secs(5), "{script}");
            assert_eq!(rule_set.tables, [], "{script}");
            let [problem] = rule_set.problems.as_slice() else {
                panic!("{script}: {:?}", rule_set.problems);
            };
            assert_eq!(problem.kind, SourceKind::NftJson, "{script}");
            assert!(problem.hides_chains, "{script}");
            let begins = "nft -j list ruleset: ";
            assert!(
                problem.message.starts_with(begins),
                "{script}: {}",
                problem.message
            );
        }
    });
}

#[test]
fn an_iptables_save_that_fails_matters_where_it_is_needed() {
    let crash = "kill -SEGV $$";
    in_namespace(|| {
        nft(
            "table ip filter { chain INPUT { type filter hook input priority 0; tcp dport 22 accept; }; }",
        );
        let rule_set = read_with("iptables-nft-save", crash);
        assert_eq!(rule_set.problems, []);
        run("iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT");
        run("iptables-legacy -A INPUT -s 192.0.2.7 -j DROP");
        let message = "iptables-nft-save -c: it crashed (SIGSEGV)";
        let rule_set = read_with("iptables-nft-save", crash);
        // That the table is known only without arguments follows from it, and is not said again.
        assert_eq!(
            rule_set.problems,
            [problem(SourceKind::IptablesNft, message, false)]
        );
        let message = "iptables-legacy-save -c: it crashed (SIGSEGV)";
        assert_eq!(
            read_with("iptables-legacy-save", crash).problems,
            [problem(SourceKind::IptablesLegacy, message, true)]
        );
    });
}

#[test]
fn an_ipset_that_fails_leaves_no_half_of_a_set() {
    in_namespace(|| {
        run("ipset create allowed hash:ip
             ipset add allowed 192.0.2.1");
        let rule_set = read_with("ipset", r#"/usr/sbin/ipset "$@" | head -n 1; exit 2"#);
        assert_eq!(rule_set.ipsets, []);
        let message = "ipset save: exit status 2";
        assert_eq!(
            rule_set.problems,
            [problem(SourceKind::Ipset, message, false)]
        );
    });
}

#[test]
fn what_hangs_is_waited_for_once() {
    in_namespace(|| {
        let directory = tempfile::tempdir().unwrap();
        let runs = directory.path().join("runs");
        let rule_set = read_with("nft", &format!("echo run >> {}; sleep 60", runs.display()));
        assert_eq!(rule_set.problems.len(), 1);
        assert_eq!(fs::read_to_string(runs).unwrap(), "run\n");
    });
}

#[test]
fn rules_that_never_stand_still_hide_chains() {
    in_namespace(|| {
        nft(
            "table inet own { chain in { type filter hook input priority 0;
            tcp dport 22 reject with tcp reset; }; }",
        );
        let script = r#"/usr/sbin/nft "add counter inet own c$$"; exec /usr/sbin/nft "$@""#;
        let rule_set = read_with("nft", script);
        let message = "the rules changed while they were read, 3 times";
        assert_eq!(
            rule_set.problems,
            [problem(SourceKind::NftJson, message, true)]
        );
        // Nothing is put back that the kernel may have said of another rule.
        let steady = Live::default().read(&Interest::everything());
        let rules = |rule_set: &RuleSet| rule_set.tables[0].chains[0].rules.clone();
        assert_ne!(rules(&rule_set), rules(&steady));
        assert_eq!(steady.problems, []);
    });
}
