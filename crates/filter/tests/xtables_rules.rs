//! What targets, jumps and ipset matches become.

use std::net::IpAddr;

use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::content::{Content, kind_of};
use sshdoctor_filter::model::*;
use sshdoctor_filter::{Interest, ipset, nftables, xtables};

fn read_into(rule_set: &mut RuleSet, kind: SourceKind, dump: &str) {
    xtables::read(
        "dump",
        kind,
        dump.as_bytes(),
        &Interest::everything(),
        rule_set,
    )
    .expect("a dump");
}

fn read(dump: &str) -> RuleSet {
    let mut rule_set = RuleSet::default();
    read_into(&mut rule_set, SourceKind::IptablesNft, dump);
    rule_set
}

/// The statements of one rule in PREROUTING of a table.
fn statements(table: &str, rule: &str) -> Vec<Statement> {
    let rule_set = read(&format!(
        "*{table}\n:PREROUTING ACCEPT [0:0]\n:own - [0:0]\n-A PREROUTING {rule}\nCOMMIT\n"
    ));
    rule_set.tables[0].chains[0].rules[0].statements.to_vec()
}

fn mark(target: Target, value: Expression, keep_mask: u128) -> Vec<Statement> {
    vec![Statement::Assign(Assignment {
        target,
        value,
        keep_mask,
    })]
}

#[test]
fn marks_are_computed_as_libxt_mark_does() {
    let constant = Expression::Constant;
    let all = u128::from(u32::MAX);
    for (options, value, keep) in [
        ("--set-mark 0x1", 1, 0),
        ("--set-mark 0x10/0xf", 0x10, all & !0x1f),
        ("--set-xmark 0x10/0xf", 0x10, all & !0xf),
        ("--and-mark 0xff", 0, 0xff),
        ("--or-mark 0x8", 8, all & !8),
        ("--xor-mark 0x8", 8, all),
    ] {
        assert_eq!(
            statements("mangle", &format!("-j MARK {options}")),
            mark(Target::Mark, constant(value), keep),
            "{options}"
        );
        assert_eq!(
            statements("mangle", &format!("-j CONNMARK {options}")),
            mark(Target::ConntrackMark, constant(value), keep),
            "{options}"
        );
    }
    assert_eq!(
        statements(
            "mangle",
            "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"
        ),
        mark(Target::Mark, Expression::Field(Field::ConntrackMark), 0)
    );
    let masked = Expression::Bits {
        value: Box::new(Expression::Field(Field::Mark)),
        operation: BitOperation::And,
        operand: 0xff,
        width: 32,
    };
    assert_eq!(
        statements(
            "mangle",
            "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffff"
        ),
        mark(Target::ConntrackMark, masked, 0xffff_0000)
    );
}

#[test]
fn translations_name_addresses_and_ports() {
    let of = |rule: &str| match statements("nat", rule).pop() {
        Some(Statement::Translate(translation)) => translation,
        other => panic!("{rule}: {other:?}"),
    };
    let redirect = of("-p tcp -m tcp --dport 2222 -j REDIRECT --to-ports 22");
    assert_eq!(
        (redirect.kind, redirect.port),
        (TranslationKind::Redirect, Some(Expression::Constant(22)))
    );
    let ranged = of("-p tcp -j REDIRECT --to-ports 100-200");
    assert_eq!(
        (ranged.port, ranged.port_range),
        (None, Some(Range::new(100, 200)))
    );
    let dnat = of("-p tcp -j DNAT --to-destination 192.0.2.1:22");
    assert_eq!(dnat.address, Some(Expression::Constant(0xc000_0201)));
    assert_eq!(dnat.port, Some(Expression::Constant(22)));
    let several = of("-p tcp -j DNAT --to-destination 192.0.2.1-192.0.2.5:22-25 --persistent");
    assert!(
        matches!(several.address, Some(Expression::Unpredictable { range, .. }) if range == Range::new(0xc000_0201, 0xc000_0205))
    );
    assert_eq!(several.port_range, Some(Range::new(22, 25)));
    let whole = of("-j NETMAP --to 198.51.100.0/24");
    assert_eq!(whole.network, Some((IpAddr::from([198, 51, 100, 0]), 24)));
    assert_eq!(whole.kind, TranslationKind::Dnat);
}

#[test]
fn rejections_have_the_kernels_default() {
    let with = |rule: &str| statements("filter", rule);
    let reject = |error| vec![Statement::Reject(RejectWith::Icmp(error))];
    assert_eq!(with("-j REJECT"), reject(IcmpError::PortUnreachable));
    assert_eq!(
        with("-j REJECT --reject-with icmp-host-prohibited"),
        reject(IcmpError::HostProhibited)
    );
    assert_eq!(
        with("-j REJECT --reject-with admin-prohib"),
        reject(IcmpError::AdminProhibited)
    );
    let mut six = RuleSet::default();
    read_into(
        &mut six,
        SourceKind::Ip6tablesNft,
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j REJECT\nCOMMIT\n",
    );
    assert_eq!(
        six.tables[0].chains[0].rules[0].statements.to_vec(),
        reject(IcmpError::PortUnreachable6)
    );
}

#[test]
fn jumps_find_chains_declared_later_and_admit_what_is_missing() {
    let rule_set = read(
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j later\n-A INPUT -g later\n-A INPUT -j gone\n-A INPUT -j GONE --with option\n-A later -j RETURN\nCOMMIT\n",
    );
    let rules = &rule_set.tables[0].chains[0].rules;
    let verdict = |rule: usize| rules[rule].statements.last().cloned();
    assert_eq!(verdict(0), Some(Statement::Verdict(Verdict::Jump(1))));
    assert_eq!(verdict(1), Some(Statement::Verdict(Verdict::Goto(1))));
    assert_eq!(verdict(2), Some(Statement::Verdict(Verdict::Lost)));
    assert!(matches!(verdict(3), Some(Statement::NotUnderstood { .. })));
    assert_eq!(rule_set.sources[0].not_understood, 2);
}

#[test]
fn a_rule_without_target_only_counts() {
    assert!(matches!(
        statements("filter", "-p tcp")[..],
        [Statement::Condition(_), Statement::Remark(_)]
    ));
    assert!(matches!(
        statements("filter", "-j own")[..],
        [Statement::Verdict(Verdict::Jump(1))]
    ));
}

#[test]
fn old_forms_mean_what_the_new_ones_do() {
    for (old, new) in [
        ("-s ! 10.0.0.0/8 -j DROP", "! -s 10.0.0.0/8 -j DROP"),
        ("-s 10.0.0.1 -j DROP", "-s 10.0.0.1/32 -j DROP"),
        (
            "-p tcp -m tcp --dport ! 22 -j DROP",
            "-p tcp -m tcp ! --dport 22 -j DROP",
        ),
        (
            "-p tcp --dport ssh -j DROP",
            "-p tcp -m tcp --dport 22 -j DROP",
        ),
        ("-p ! tcp -j DROP", "! -p 6 -j DROP"),
        ("-p ip -j DROP", "-j DROP"),
        (
            "-m state --state NEW -j DROP",
            "-m conntrack --ctstate NEW -j DROP",
        ),
        (
            "-p tcp -m state --state NEW -m tcp --dport 22 -j DROP",
            "-p tcp -m conntrack --ctstate NEW -m tcp --dport 22 -j DROP",
        ),
        ("--in-interface eth0 --jump DROP", "-i eth0 -j DROP"),
        (
            "-p tcp -m tcp --syn -j DROP",
            "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP",
        ),
        (
            "-m set --set x src -j DROP",
            "-m set --match-set x src -j DROP",
        ),
        (
            "-m tos --tos 0x10 -j DROP",
            "-m tos --tos 0x10/0xff -j DROP",
        ),
    ] {
        assert_eq!(
            statements("filter", old),
            statements("filter", new),
            "{old}"
        );
    }
}

#[test]
fn what_is_not_understood_leaves_the_rule_open() {
    for rule in [
        "-m novelty --with 5 -j ACCEPT",
        "-p tcp --novel 5 -j ACCEPT",
        "-s host.example -j ACCEPT",
        "-p tcp -m tcp --dport 99999 -j ACCEPT",
    ] {
        let statements = statements("filter", rule);
        assert!(
            statements.iter().any(|statement| matches!(
                statement,
                Statement::Condition(Condition::Undecidable { .. })
            )),
            "{rule}"
        );
        assert_eq!(
            statements.last(),
            Some(&Statement::Verdict(Verdict::Accept)),
            "{rule}"
        );
    }
    assert!(matches!(
        statements("filter", "-x y").last(),
        Some(Statement::NotUnderstood { .. })
    ));
    assert!(matches!(
        statements("filter", "-j REJECT --reject-with moon").last(),
        Some(Statement::NotUnderstood { .. })
    ));
}

#[test]
fn a_comment_with_a_line_break_swallows_no_rule() {
    let rule_set = read(
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment \"two\nlines\" -j DROP\n-A INPUT -m comment --comment \"open -j DROP\n-A INPUT -j ACCEPT\nCOMMIT\n",
    );
    let rules = &rule_set.tables[0].chains[0].rules;
    assert_eq!(rules.len(), 3);
    assert_eq!(rules[0].comment.as_deref(), Some("two\nlines"));
    assert_eq!(
        rules[0].statements.to_vec(),
        [Statement::Verdict(Verdict::Drop)]
    );
    assert!(matches!(
        rules[1].statements[..],
        [Statement::NotUnderstood { .. }]
    ));
    assert_eq!(
        rules[2].statements.to_vec(),
        [Statement::Verdict(Verdict::Accept)]
    );
}

#[test]
fn inserted_rules_come_first() {
    let rule_set = read("-A INPUT -j ACCEPT\n-I INPUT -j DROP\n-I INPUT 2 -j RETURN\n");
    let chain = &rule_set.tables[0].chains[0];
    let verdicts: Vec<_> = chain
        .rules
        .iter()
        .map(|rule| (rule.place.number, rule.statements[0].clone()))
        .collect();
    let expected = [
        (1, Verdict::Drop),
        (2, Verdict::Return),
        (3, Verdict::Accept),
    ]
    .map(|(number, verdict)| (number, Statement::Verdict(verdict)));
    assert_eq!(verdicts, expected);
    assert_eq!(
        chain.base.as_ref().map(|base| base.policy),
        Some(Policy::Unknown)
    );
    assert!(rule_set.problems[0].hides_chains);
}

#[test]
fn an_ipset_match_asks_for_what_the_set_holds() {
    let mut rule_set = RuleSet::default();
    let sets = "create ban hash:ip family inet\ncreate svc hash:ip,port family inet\nadd svc 192.0.2.1,tcp:22\ncreate six hash:ip family inet6\n\
        create all list:set size 8\nadd all ban\nadd all svc\nadd all six\n";
    ipset::read(
        "sets",
        sets.as_bytes(),
        &Interest::everything(),
        &mut rule_set,
    )
    .expect("sets");
    let dump = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set ban src -j DROP\n-A INPUT -m set ! --match-set svc src,dst -j DROP\n\
        -A INPUT -m set --match-set svc src -j DROP\n-A INPUT -m set ! --match-set six src -j DROP\n-A INPUT -m set --match-set all src -j DROP\n\
        -A INPUT -m set --match-set gone src -j DROP\n-A INPUT -j SET --add-set ban src --exist\nCOMMIT\n";
    read_into(&mut rule_set, SourceKind::IptablesLegacy, dump);
    let table = &rule_set.tables[0];
    assert_eq!(table.source, 1);
    let condition = |rule: usize| match &table.chains[0].rules[rule].statements[0] {
        Statement::Condition(condition) => condition.clone(),
        other => panic!("{other:?}"),
    };
    let lookup = |set, fields: &[Field], negated| Condition::Lookup {
        key: fields
            .iter()
            .map(|field| Expression::Field(*field))
            .collect(),
        set,
        negated,
        absent_is_no_element: true,
    };
    let all = |condition| Condition::All(Box::new([condition]));
    let ban = lookup(SetReference::Ipset(0), &[Field::Ip4Source], false);
    assert_eq!(condition(0), all(ban.clone()));
    let service = [
        Field::Ip4Source,
        Field::TransportProtocol,
        Field::TransportDestinationPort,
    ];
    assert_eq!(
        condition(1),
        all(lookup(SetReference::Ipset(1), &service, true))
    );
    // Fewer directions than dimensions, or another family: nothing is an element.
    assert_eq!(condition(2), all(Condition::Any(Box::new([]))));
    assert_eq!(
        condition(3),
        all(Condition::Not(Box::new(Condition::Any(Box::new([])))))
    );
    assert_eq!(condition(4), all(ban));
    assert_eq!(
        condition(5),
        all(lookup(SetReference::Missing("gone".into()), &[], false))
    );
    assert!(rule_set.ipsets[0].dynamic && !rule_set.ipsets[1].dynamic);
}

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
fn a_list_of_sets_of_one_kind_is_looked_up_as_one() {
    let mut rule_set = RuleSet::default();
    let sets = "create a hash:ip\ncreate b hash:net\ncreate all list:set\nadd all a\nadd all b\n";
    ipset::read(
        "sets",
        sets.as_bytes(),
        &Interest::everything(),
        &mut rule_set,
    )
    .expect("sets");
    read_into(
        &mut rule_set,
        SourceKind::IptablesNft,
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set ! --match-set all src -j DROP\nCOMMIT\n",
    );
    let lookup = Condition::Lookup {
        key: Box::new([Expression::Field(Field::Ip4Source)]),
        set: SetReference::Ipset(2),
        negated: true,
        absent_is_no_element: true,
    };
    let expected = Statement::Condition(Condition::All(Box::new([lookup])));
    assert_eq!(
        rule_set.tables[0].chains[0].rules[0].statements[0],
        expected
    );
}

#[test]
fn hostile_lines_cost_little() {
    let options = "-m tcp --novel ".repeat(60_000);
    let open = "a line with no end\n".repeat(100_000);
    let rule_set = read(&format!(
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT {options}\nCOMMIT\n"
    ));
    assert_eq!(rule_set.sources[0].not_understood, 1);
    let dump = format!("*filter\n-A INPUT -m comment --comment \"open\n{open}COMMIT\n");
    let mut rule_set = RuleSet::default();
    let refused = xtables::read(
        "dump",
        SourceKind::IptablesNft,
        dump.as_bytes(),
        &Interest::everything(),
        &mut rule_set,
    );
    assert!(refused.is_err());
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

#[test]
fn files_are_recognised_by_their_beginning() {
    use Content::Readable;
    let cases: [(&str, Option<Content>); 15] = [
        (
            r#"{"nftables": [{"metainfo": {"#,
            Some(Readable(SourceKind::NftJson)),
        ),
        (
            "# Generated by iptables-save v1.8.9 (nf_tables) on Mon\n*filter\n",
            Some(Readable(SourceKind::IptablesNft)),
        ),
        (
            "# Generated by ip6tables-save v1.8.9 on Mon\n*filter\n",
            Some(Readable(SourceKind::Ip6tablesLegacy)),
        ),
        (
            "# Generated by ip6tables-nft-save v1.8.9 (nf_tables) on Mon\n",
            Some(Readable(SourceKind::Ip6tablesNft)),
        ),
        (
            "# mine\n\n*filter\n:INPUT ACCEPT\n-A INPUT -s 2001:db8::/32 -j DROP\n",
            Some(Readable(SourceKind::Ip6tablesLegacy)),
        ),
        (
            "*filter\r\n:INPUT ACCEPT\r\n",
            Some(Readable(SourceKind::IptablesLegacy)),
        ),
        (
            "-A FORWARD -o eth0 -j ACCEPT\n",
            Some(Readable(SourceKind::IptablesLegacy)),
        ),
        (
            "create banned hash:ip family inet\n",
            Some(Readable(SourceKind::Ipset)),
        ),
        (
            "table inet filter {\n\tchain input {\n",
            Some(Content::NftText),
        ),
        (
            "-P INPUT ACCEPT\n-A INPUT -j DROP\n",
            Some(Content::IptablesCommands),
        ),
        (
            "Chain INPUT (policy ACCEPT)\ntarget  prot\n",
            Some(Content::IptablesListing),
        ),
        ("Name: banned\nType: hash:ip\n", Some(Content::IpsetListing)),
        ("{\"a\": 1}", None),
        ("root:x:0:0\n", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(kind_of(text.as_bytes()), expected, "{text}");
    }
}
