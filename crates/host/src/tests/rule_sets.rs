//! Rule sets of the real tools, read live.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use sshdoctor_filter::Interest;
use sshdoctor_filter::model::{Devices, Origin, RuleSet, SourceKind};

use super::namespace::{in_namespace, nft, output, run};
use crate::packet_filter::Live;
use crate::{Limits, Programs};

/// One rule of every tool, and a match whose arguments only iptables-save tells.
const EVERY_KIND: &str = "
    ipset create allowed hash:ip
    ipset add allowed 192.0.2.1
    iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
    ip6tables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
    iptables-legacy -A INPUT -s 192.0.2.7 -j DROP
    ip6tables-legacy -A INPUT -s 2001:db8::7 -j DROP
";

pub(super) fn read() -> RuleSet {
    Live::default().read(&Interest::everything())
}

fn kinds(rule_set: &RuleSet) -> BTreeSet<SourceKind> {
    rule_set.sources.iter().map(|source| source.kind).collect()
}

fn legacy_names() -> String {
    ["ip_tables_names", "ip6_tables_names"]
        .map(|file| fs::read_to_string(format!("/proc/thread-self/net/{file}")).unwrap_or_default())
        .concat()
}

/// Everything that reading could change; the first lines of dumps say when they were made.
fn state() -> String {
    let dumps = [
        "nft -a list ruleset",
        "iptables-nft-save -c",
        "ip6tables-nft-save -c",
        "iptables-legacy-save -c",
        "ip6tables-legacy-save -c",
        "ipset save",
    ];
    let dumps = dumps.map(|dump| {
        let dump = output(dump);
        let lines = dump.lines().filter(|line| !line.starts_with('#'));
        lines.collect::<Vec<_>>().join("\n")
    });
    let modules = fs::read_to_string("/proc/modules").unwrap_or_default();
    let modules = modules.lines().filter_map(|line| line.split(' ').next());
    let modules = modules.collect::<Vec<_>>().join(" ");
    [legacy_names(), dumps.join("\n"), modules].join("\n")
}

#[test]
fn an_empty_host_is_certainly_empty_and_stays_so() {
    in_namespace(|| {
        let tables = output("nft list tables");
        assert_eq!(tables + &legacy_names(), "");
        let before = state();
        let rule_set = read();
        assert_eq!(rule_set.problems, []);
        assert_eq!(rule_set.tables, []);
        assert_eq!(rule_set.ipsets, []);
        assert_eq!(output("nft list tables") + &legacy_names(), "");
        assert_eq!(state(), before);
    });
}

#[test]
fn rules_of_every_tool_are_read_and_left_as_they_are() {
    in_namespace(|| {
        run(EVERY_KIND);
        nft(
            "table inet own { chain in { type filter hook input priority 0; tcp dport 22 accept; }; }",
        );
        let before = state();
        let rule_set = read();
        assert_eq!(rule_set.problems, []);
        assert_eq!(
            kinds(&rule_set),
            BTreeSet::from([
                SourceKind::NftJson,
                SourceKind::IptablesNft,
                SourceKind::Ip6tablesNft,
                SourceKind::IptablesLegacy,
                SourceKind::Ip6tablesLegacy,
                SourceKind::Ipset,
            ])
        );
        assert_eq!(rule_set.ipsets.len(), 1);
        let legacy = rule_set.tables.iter();
        let legacy = legacy.filter(|table| table.origin == Origin::IptablesLegacy);
        assert_eq!(legacy.count(), 2);
        assert!(rule_set.tables.iter().any(|table| &*table.name == "own"));
        assert_eq!(state(), before);
    });
}

#[test]
fn one_legacy_table_does_not_make_another() {
    in_namespace(|| {
        run("iptables-legacy -t raw -A PREROUTING -s 192.0.2.7 -j DROP");
        let rule_set = read();
        assert_eq!(rule_set.problems, []);
        let names: Vec<_> = rule_set.tables.iter().map(|table| &*table.name).collect();
        assert_eq!(names, ["raw"]);
        assert_eq!(legacy_names(), "raw\n");
    });
}

#[test]
fn without_expressions_of_iptables_the_save_format_is_not_needed() {
    in_namespace(|| {
        nft(
            "table ip filter { chain INPUT { type filter hook input priority 0; tcp dport 22 accept; }; }",
        );
        let rule_set = read();
        assert_eq!(rule_set.problems, []);
        let kinds = kinds(&rule_set);
        assert!(kinds.contains(&SourceKind::NftJson));
        assert!(!kinds.contains(&SourceKind::IptablesNft));
    });
}

#[test]
fn devices_that_nft_leaves_out_are_named() {
    in_namespace(|| {
        run("ip link add first type veth peer name second");
        nft(r#"table netdev early {
            chain one { type filter hook ingress device "lo" priority 0; }
            chain two { type filter hook ingress devices = { first, second } priority 0; }
        }
        table inet other { chain in { type filter hook ingress device "first" priority 0; }; }"#);
        let rule_set = read();
        assert_eq!(rule_set.problems, []);
        let chains = rule_set.tables.iter().flat_map(|table| &table.chains);
        let devices: Vec<_> = chains
            .map(|chain| match &chain.base.as_ref().unwrap().devices {
                // In no order that means anything.
                Devices::Named(names) => names.iter().cloned().collect::<BTreeSet<_>>(),
                other => panic!("{other:?}"),
            })
            .collect();
        let named = |names: &[&str]| names.iter().map(|name| Box::from(*name)).collect();
        let expected: [BTreeSet<Box<str>>; 3] = [
            named(&["lo"]),
            named(&["first", "second"]),
            named(&["first"]),
        ];
        assert_eq!(devices, expected);
    });
}

/// Reads with programs of these names only, each being that program.
fn read_with(programs: &[(&str, &str)]) -> RuleSet {
    let directory = tempfile::tempdir().unwrap();
    for (name, target) in programs {
        symlink(target, directory.path().join(name)).unwrap();
    }
    let programs = Programs::in_directories([PathBuf::from(directory.path())]);
    Live::with(programs, Limits::default()).read(&Interest::everything())
}

/// What is lost, each kind once: besides the tool that failed there is the table that would need it.
fn lost(rule_set: &RuleSet) -> Vec<(SourceKind, bool)> {
    let problems = rule_set.problems.iter();
    let mut lost: Vec<_> = problems
        .map(|problem| (problem.kind, problem.hides_chains))
        .collect();
    lost.dedup();
    lost
}

#[test]
fn without_tools_only_what_the_kernel_denies_is_absent() {
    in_namespace(|| {
        let rule_set = read_with(&[]);
        assert_eq!(lost(&rule_set), [(SourceKind::Ipset, false)]);
        run("iptables-legacy -A INPUT -s 192.0.2.7 -j DROP");
        nft("table inet own { chain in { type filter hook input priority 0; }; }");
        let rule_set = read_with(&[]);
        assert_eq!(rule_set.tables, []);
        assert_eq!(
            lost(&rule_set),
            [
                (SourceKind::Ipset, false),
                (SourceKind::NftJson, true),
                (SourceKind::IptablesNft, true),
                (SourceKind::IptablesLegacy, true),
                (SourceKind::Ip6tablesNft, true),
            ]
        );
        let message = "nft -j list ruleset: not installed, and the kernel has a table of nftables";
        assert_eq!(rule_set.problems[1].message, message);
    });
}

#[test]
fn a_plain_iptables_save_is_taken_for_the_back_end_that_it_is() {
    const IPSET: (&str, &str) = ("ipset", "/usr/sbin/ipset");
    const NFT: (&str, &str) = ("nft", "/usr/sbin/nft");
    const PLAIN_NFT: (&str, &str) = ("iptables-save", "/usr/sbin/xtables-nft-multi");
    const PLAIN_LEGACY: (&str, &str) = ("iptables-save", "/usr/sbin/xtables-legacy-multi");
    in_namespace(|| {
        run("iptables-legacy -A INPUT -s 192.0.2.7 -j DROP");
        run("iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT");
        let rule_set = read_with(&[IPSET, NFT, PLAIN_LEGACY]);
        assert!(kinds(&rule_set).contains(&SourceKind::IptablesLegacy));
        assert_eq!(lost(&rule_set), [(SourceKind::IptablesNft, false)]);
        let rule_set = read_with(&[IPSET, NFT, PLAIN_NFT]);
        assert!(kinds(&rule_set).contains(&SourceKind::IptablesNft));
        assert_eq!(lost(&rule_set), [(SourceKind::IptablesLegacy, true)]);
        // The other back end's own tool is there, and must not be counted twice.
        let own = ("iptables-legacy-save", "/usr/sbin/xtables-legacy-multi");
        let rule_set = read_with(&[IPSET, NFT, PLAIN_LEGACY, own]);
        let legacy = rule_set.sources.iter();
        let legacy = legacy.filter(|source| source.kind == SourceKind::IptablesLegacy);
        assert_eq!(legacy.count(), 1);
        assert_eq!(lost(&rule_set), [(SourceKind::IptablesNft, false)]);
    });
}
