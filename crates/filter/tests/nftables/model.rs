//! What rules of a listing become in the model.

use sshdoctor_filter::evaluate::{Facts, Fate, Question, Version, decide};
use sshdoctor_filter::model::{
    BitOperation, Condition, Contents, Devices, Expression, Field, Policy, Range, Ranges, RateKind,
    RejectWith, Rule, RuleSet, SetReference, Statement, Table, Verdict, conntrack_state, tcp_flag,
};

use super::recorded;

fn table<'r>(rules: &'r RuleSet, family: &str, name: &str) -> &'r Table {
    rules
        .tables
        .iter()
        .find(|table| table.family.word() == family && &*table.name == name)
        .expect("the table is in the listing")
}

fn rule<'t>(table: &'t Table, text: &str) -> &'t Rule {
    table
        .chains
        .iter()
        .flat_map(|chain| &chain.rules)
        .find(|rule| &*rule.text == text)
        .unwrap_or_else(|| panic!("no rule `{text}`"))
}

/// The only condition of a rule of the table `inet many`.
fn condition(text: &str) -> Condition {
    let rules = recorded();
    match &*rule(table(&rules, "inet", "many"), text).statements {
        [Statement::Condition(condition), _] => condition.clone(),
        other => panic!("{other:?}"),
    }
}

fn field(field: Field, ranges: Ranges, negated: bool) -> Condition {
    Condition::In {
        value: Expression::Field(field),
        ranges,
        negated,
    }
}

fn bits(of: Field, mask: u128, width: u32, ranges: Ranges, negated: bool) -> Condition {
    Condition::In {
        value: Expression::Bits {
            value: Box::new(Expression::Field(of)),
            operation: BitOperation::And,
            operand: mask,
            width,
        },
        ranges,
        negated,
    }
}

#[test]
fn bits_without_an_operator_are_tested_one_by_one_and_sets_of_bits_as_a_whole() {
    use tcp_flag::{ACK, FIN, RST, SYN};
    let zero = || Ranges::exactly(0);
    assert_eq!(
        condition("tcp flags syn drop"),
        bits(Field::TcpFlags, SYN, 8, zero(), true)
    );
    assert_eq!(
        condition("tcp flags ! syn drop"),
        bits(Field::TcpFlags, SYN, 8, zero(), false)
    );
    assert_eq!(
        condition("tcp flags == syn drop"),
        field(Field::TcpFlags, Ranges::exactly(SYN), false)
    );
    assert_eq!(
        condition("tcp flags != syn drop"),
        field(Field::TcpFlags, Ranges::exactly(SYN), true)
    );
    assert_eq!(
        condition("tcp flags { syn, ack } drop"),
        field(
            Field::TcpFlags,
            Ranges::new([Range::exactly(SYN), Range::exactly(ACK)]),
            false
        )
    );
    assert_eq!(
        condition("tcp flags syn / fin,syn,rst,ack drop"),
        bits(
            Field::TcpFlags,
            FIN | SYN | RST | ACK,
            8,
            Ranges::exactly(SYN),
            false
        )
    );
    assert_eq!(
        condition("ct state established,related accept"),
        bits(
            Field::ConntrackState,
            conntrack_state::ESTABLISHED | conntrack_state::RELATED,
            32,
            zero(),
            true
        )
    );
}

#[test]
fn addresses_ports_names_and_marks_become_ranges() {
    let network = Range::prefix(0xc000_0200, 24, 32);
    assert_eq!(
        condition("ip saddr 192.0.2.0/24 accept"),
        field(Field::Ip4Source, Ranges::one(network), false)
    );
    assert_eq!(
        condition("tcp dport != { 22, 80 } accept"),
        field(
            Field::TcpDestinationPort,
            Ranges::new([Range::exactly(22), Range::exactly(80)]),
            true
        )
    );
    assert_eq!(
        condition("tcp dport > 1024 accept"),
        field(
            Field::TcpDestinationPort,
            Ranges::one(Range::new(1025, 65535)),
            false
        )
    );
    assert_eq!(
        condition("iifname \"eth*\" accept"),
        field(
            Field::InputInterface,
            Ranges::one(sshdoctor_filter::model::interface_prefix("eth")),
            false
        )
    );
    assert_eq!(
        condition("meta mark & 0x000000ff != 0x00000005 accept"),
        bits(Field::Mark, 0xff, 32, Ranges::exactly(5), true)
    );
}

#[test]
fn what_the_listing_leaves_out_is_undecidable_there_and_only_there() {
    let rules = recorded();
    let many = table(&rules, "inet", "many");
    let undecided = |table: &Table, text: &str| {
        rule(table, text)
            .statements
            .iter()
            .filter(|statement| format!("{statement:?}").contains("Undecidable"))
            .count()
    };
    assert_eq!(undecided(many, "tcp dport 22 reject with tcp reset"), 1);
    assert_eq!(undecided(many, "tcp option maxseg size 1460 drop"), 1);
    assert_eq!(
        undecided(
            many,
            "ip saddr 192.0.2.1 tcp dport 22 reject with tcp reset"
        ),
        0
    );
    assert_eq!(
        undecided(
            many,
            "meta nfproto ipv4 counter packets 0 bytes 0 tcp dport 22 reject with tcp reset"
        ),
        0
    );
    assert_eq!(
        undecided(many, "ip protocol tcp tcp dport 22 reject with tcp reset"),
        0
    );
    let ip = table(&rules, "ip", "many");
    assert_eq!(undecided(ip, "tcp dport 22 reject with tcp reset"), 0);
}

#[test]
fn rejections_imply_the_protocol_whose_error_they_send() {
    let rules = recorded();
    let many = table(&rules, "inet", "many");
    let [
        _,
        Statement::Condition(only),
        Statement::Reject(RejectWith::Icmp(_)),
    ] = &*rule(many, "tcp dport 22 reject with icmpv6 no-route").statements
    else {
        panic!("another shape");
    };
    assert_eq!(
        *only,
        field(Field::NetworkProtocol, Ranges::exactly(10), false)
    );
}

#[test]
fn sets_limits_and_maps_keep_what_they_hold() {
    let rules = recorded();
    let inet = table(&rules, "inet", "t");
    let set = |name: &str| {
        inet.sets
            .iter()
            .find(|set| set.name.as_deref() == Some(name))
            .expect("the set is in the listing")
    };
    let Contents::Elements {
        elements,
        read,
        not_understood,
        kept_for,
    } = &set("cc").contents
    else {
        panic!("unreadable");
    };
    assert_eq!((*read, *not_understood, kept_for), (3, 0, &None));
    assert_eq!(
        elements
            .as_slice()
            .iter()
            .map(|element| element.key.len())
            .collect::<Vec<_>>(),
        [2, 2, 2]
    );
    for name in ["dyn", "dyn2", "a6"] {
        assert!(set(name).dynamic, "{name}");
    }
    assert!(!set("a4").dynamic);
    let [Statement::Condition(Condition::Rate(rate)), _] =
        &*rule(inet, "limit name \"l1\" accept").statements
    else {
        panic!("no rate");
    };
    assert_eq!(
        (rate.kind, rate.amount, rate.seconds, rate.burst),
        (RateKind::Limit, 5, 60, 3)
    );
    let Contents::Elements { elements, .. } = &set("m1").contents else {
        panic!("unreadable");
    };
    // 192.0.2.1, 192.0.2.2, and everything below and above.
    assert_eq!(elements.as_slice().len(), 4);
    let translations = rule(inet, "dnat ip to tcp dport map @m3");
    let [Statement::Translate(translation)] = &*translations.statements else {
        panic!("no translation");
    };
    assert!(matches!(
        translation.port,
        Some(Expression::Map { component: 1, .. })
    ));
}

#[test]
fn lookups_name_sets_by_index() {
    let rules = recorded();
    let many = table(&rules, "inet", "many");
    let Condition::Lookup {
        set: SetReference::InTable(index),
        negated: true,
        ..
    } = condition("ip saddr != @s4 accept")
    else {
        panic!("no lookup");
    };
    assert_eq!(many.sets[index as usize].name.as_deref(), Some("s4"));
}

#[test]
fn base_chains_say_what_the_listing_says_of_them() {
    let rules = recorded();
    let ingress = &table(&rules, "netdev", "many").chains;
    let base = ingress
        .iter()
        .find_map(|chain| chain.base.as_ref())
        .expect("a base chain");
    assert_eq!(base.devices, Devices::Unknown);
    let input = &table(&rules, "inet", "more").chains[0];
    let base = input.base.as_ref().expect("a base chain");
    assert_eq!((base.priority, base.policy), (10, Policy::Drop));
}

/// nft 1.0.6 prints another word in place of `dormant`.
#[test]
fn a_table_with_a_garbled_flag_may_be_dormant() {
    let rules = recorded();
    let six = table(&rules, "ip", "six");
    assert!(!six.dormant);
    let [Statement::Condition(Condition::Undecidable { .. }), ..] =
        &*six.chains[0].rules[0].statements
    else {
        panic!("its rules count");
    };
    let exact = br#"{"nftables": [{"table": {"family": "ip", "name": "x", "flags": ["dormant", "owner"]}}]}"#;
    assert!(super::read(exact).expect("it is read").tables[0].dormant);
}

#[test]
fn everything_recorded_is_understood() {
    let rules = recorded();
    assert_eq!(rules.problems, []);
    let source = &rules.sources[0];
    assert!(source.rules > 300);
    let strange: Vec<&str> = rules
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .flat_map(|chain| &chain.rules)
        .filter(|rule| format!("{:?}", rule.statements).contains("not understood"))
        .map(|rule| &*rule.text)
        .collect();
    assert_eq!(strange.len() as u64, source.not_understood);
    assert_eq!(strange, UNFAMILIAR);
}

/// Rules of the recording that are read and not understood.
const UNFAMILIAR: [&str; 3] = [
    "iif 99 accept",
    "icmp type { echo-reply, echo-request } icmp id 5 accept",
    "reject with icmp 5",
];

#[test]
fn what_follows_a_verdict_map_is_out_of_reach() {
    let json = br#"{"nftables": [{"table": {"family": "ip", "name": "t"}},
        {"chain": {"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
        {"rule": {"family": "ip", "table": "t", "chain": "c", "expr": [
        {"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[80, {"accept": null}]]}}},
        {"drop": null}]}}]}"#;
    let rules = super::read(json).expect("it is read");
    let question = Question {
        version: Version::V4,
        from: None,
        from_port: None,
        to: None,
        port: 22,
        interface: None,
        mac: None,
    };
    let decision = decide(&rules, &question, &Facts::default());
    assert_eq!(decision.fate(), Some(Fate::Accepted), "{decision:?}");
}

#[test]
fn neighbours_that_nft_may_have_joined_are_left_open() {
    let json = |source: u16, destination: u16| {
        format!(
            r#"{{"nftables": [{{"table": {{"family": "ip", "name": "t"}}}},
        {{"chain": {{"family": "ip", "table": "t", "name": "c", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}}}},
        {{"rule": {{"family": "ip", "table": "t", "chain": "c", "expr": [
        {{"match": {{"op": "!=", "left": {{"payload": {{"protocol": "tcp", "field": "sport"}}}}, "right": {source}}}}},
        {{"match": {{"op": "!=", "left": {{"payload": {{"protocol": "tcp", "field": "dport"}}}}, "right": {destination}}}}},
        {{"drop": null}}]}}}}]}}"#
        )
    };
    let fate = |source, destination| {
        let rules = super::read(json(source, destination).as_bytes()).expect("it is read");
        let question = Question {
            version: Version::V4,
            from: None,
            from_port: Some(40_000),
            to: None,
            port: 22,
            interface: None,
            mac: None,
        };
        decide(&rules, &question, &Facts::default()).fate()
    };
    assert_eq!(fate(40_000, 22), Some(Fate::Accepted));
    assert_eq!(fate(1, 1), Some(Fate::Dropped));
    assert_eq!(fate(40_000, 1), None);
    assert_eq!(fate(1, 22), None);
}

#[test]
fn verdicts_of_jumps_lead_to_chains() {
    let rules = recorded();
    let many = table(&rules, "inet", "many");
    let [Statement::Verdict(Verdict::Jump(target))] = &*rule(many, "jump other").statements else {
        panic!("no jump");
    };
    assert_eq!(&*many.chains[*target as usize].name, "other");
}
