//! What options, targets and jumps become.

use std::net::IpAddr;

use sshdoctor_filter::model::*;
use sshdoctor_filter::{Interest, xtables};

use super::read_into;

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
