//! What matches of ipsets become.

use sshdoctor_filter::model::*;
use sshdoctor_filter::{Interest, ipset};

use super::read_into;

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
