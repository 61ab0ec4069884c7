//! Random rule sets of the decidable kind, and a packet.

use proptest::collection::vec;
use proptest::prelude::*;
use sshdoctor_filter::Interest;
use sshdoctor_filter::evaluate::{Facts, Question, Version};
use sshdoctor_filter::model::{
    Assignment, BaseChain, Chain, ChainType, Condition, Devices, Expression, Family, Field, Hook,
    IcmpError, Origin, Place, Policy, Range, Ranges, RejectWith, Rule, RuleSet, Source, SourceKind,
    Statement, Table, Target, Translation, TranslationKind, Verdict, conntrack_state,
    interface_name, priority,
};

/// A rule set and a question to it.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) rule_set: RuleSet,
    pub(crate) question: Question,
    pub(crate) facts: Facts,
    /// Two chains share a hook and a priority, so that their order, which is not told, may decide.
    pub(crate) order_matters: bool,
}

const CALLED_CHAINS: u32 = 3;
const BASE_CHAINS: [(Hook, ChainType, i32); 7] = [
    (Hook::Prerouting, ChainType::Filter, priority::RAW),
    (Hook::Prerouting, ChainType::Filter, priority::MANGLE),
    (Hook::Prerouting, ChainType::Nat, priority::NAT_DESTINATION),
    (Hook::Input, ChainType::Filter, priority::FILTER),
    (Hook::Input, ChainType::Filter, 10),
    (Hook::Output, ChainType::Filter, priority::FILTER),
    (Hook::Postrouting, ChainType::Filter, priority::MANGLE),
];

pub(crate) fn rule(name: &str, statements: Vec<Statement>) -> Rule {
    Rule {
        statements: statements.into(),
        place: Place {
            number: 1,
            handle: None,
            line: None,
            source: None,
        },
        text: name.into(),
        comment: None,
        counters: None,
    }
}

fn field(field: Field, ranges: impl Strategy<Value = Ranges>) -> impl Strategy<Value = Condition> {
    (ranges, any::<bool>()).prop_map(move |(ranges, negated)| Condition::In {
        value: Expression::Field(field),
        ranges,
        negated,
    })
}

fn near(values: &'static [u128], reach: u128) -> impl Strategy<Value = Ranges> {
    vec((prop::sample::select(values), 0..=reach, 0..=reach), 1..3).prop_map(|parts| {
        Ranges::new(parts.into_iter().map(|(value, below, above)| Range {
            low: value.saturating_sub(below),
            high: value + above,
        }))
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let addresses = &[0xc633_6407, 0xc633_6401, 0x0a00_0001];
    let leaf = prop_oneof![
        field(Field::Ip4Source, near(addresses, 5)),
        field(Field::Ip4Destination, near(addresses, 5)),
        field(Field::TcpDestinationPort, near(&[22, 2222, 40_000], 2)),
        field(Field::TcpSourcePort, near(&[22, 40_000], 2)),
        field(Field::Mark, near(&[0, 1, 2], 1)),
        field(Field::Ip6Source, near(&[0, 1], 1)),
        prop::sample::select(vec!["eth0", "eth1", ""]).prop_map(|name| Condition::In {
            value: Expression::Field(Field::InputInterface),
            ranges: Ranges::exactly(interface_name(name)),
            negated: false,
        }),
        prop::sample::select(vec![
            conntrack_state::NEW,
            conntrack_state::ESTABLISHED,
            conntrack_state::INVALID,
            conntrack_state::UNTRACKED
        ])
        .prop_map(|state| Condition::In {
            value: Expression::Field(Field::ConntrackState),
            ranges: Ranges::exactly(state),
            negated: false,
        }),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..3).prop_map(|all| Condition::All(all.into())),
            vec(inner.clone(), 1..3).prop_map(|any| Condition::Any(any.into())),
            inner.prop_map(|one| Condition::Not(Box::new(one))),
        ]
    })
}

/// Calls only go on to later chains, so there is no circle.
fn effect(first_callable: u32, chain_type: ChainType) -> BoxedStrategy<Statement> {
    let call = first_callable..=CALLED_CHAINS;
    let callable = first_callable < CALLED_CHAINS;
    let verdicts = prop_oneof![
        Just(Verdict::Accept),
        Just(Verdict::Accept),
        Just(Verdict::Drop),
        Just(Verdict::Return),
        Just(Verdict::Continue),
        call.prop_map(move |chain| if callable && chain < CALLED_CHAINS {
            Verdict::Jump(chain)
        } else {
            Verdict::Accept
        }),
        (first_callable..=CALLED_CHAINS).prop_map(move |chain| {
            if callable && chain < CALLED_CHAINS {
                Verdict::Goto(chain)
            } else {
                Verdict::Return
            }
        }),
    ]
    .prop_map(Statement::Verdict);
    let mark = (0_u128..3).prop_map(|mark| {
        Statement::Assign(Assignment {
            target: Target::Mark,
            value: Expression::Constant(mark),
            keep_mask: 0,
        })
    });
    if chain_type == ChainType::Nat {
        let redirect = Just(Statement::Translate(Translation {
            kind: TranslationKind::Redirect,
            address: None,
            family: None,
            port: Some(Expression::Constant(2222)),
            port_range: None,
            network: None,
        }));
        return prop_oneof![redirect, verdicts, mark].boxed();
    }
    let reject = prop::sample::select(vec![
        RejectWith::TcpReset,
        RejectWith::Icmp(IcmpError::AnyPortUnreachable),
        RejectWith::Icmp(IcmpError::PortUnreachable6),
    ])
    .prop_map(Statement::Reject);
    prop_oneof![4 => verdicts, 2 => mark, 1 => reject, 1 => Just(Statement::NoTrack)].boxed()
}

fn statements(first_callable: u32, chain_type: ChainType) -> impl Strategy<Value = Vec<Statement>> {
    (vec(condition(), 0..3), effect(first_callable, chain_type)).prop_map(|(conditions, effect)| {
        conditions
            .into_iter()
            .map(Statement::Condition)
            .chain([effect])
            .collect()
    })
}

/// The rules of a chain, as statements.
type Rules = Vec<Vec<Statement>>;

/// A base chain: which of [`BASE_CHAINS`], whether its policy is to drop, and its rules.
type Base = (usize, bool, Rules);

fn rules(first_callable: u32, chain_type: ChainType) -> impl Strategy<Value = Rules> {
    vec(statements(first_callable, chain_type), 0..5)
}

fn table() -> impl Strategy<Value = (Vec<Rules>, Vec<Base>)> {
    let called = (
        rules(1, ChainType::Filter),
        rules(2, ChainType::Filter),
        rules(3, ChainType::Filter),
    )
        .prop_map(|(first, second, third)| vec![first, second, third]);
    let base = (0..BASE_CHAINS.len(), prop::bool::weighted(0.2)).prop_flat_map(|(index, drops)| {
        let (_, chain_type, _) = BASE_CHAINS[index];
        let first_callable = if chain_type == ChainType::Nat {
            CALLED_CHAINS
        } else {
            0
        };
        rules(first_callable, chain_type).prop_map(move |rules| (index, drops, rules))
    });
    (called, vec(base, 0..4))
}

pub(crate) fn scenario() -> impl Strategy<Value = Scenario> {
    vec(table(), 1..3).prop_map(|tables| {
        let mut rule_set = RuleSet {
            sources: vec![Source {
                name: "generated".to_owned(),
                kind: SourceKind::NftJson,
                rules: 0,
                not_understood: 0,
            }],
            tracked_families: [Family::Inet].into(),
            interest: Interest::everything(),
            ..RuleSet::default()
        };
        let mut used: Vec<usize> = Vec::new();
        let mut number = 0;
        for (called, bases) in tables {
            let mut chains: Vec<Chain> = called
                .into_iter()
                .map(|rules| chain(None, rules, &mut number))
                .collect();
            for (index, drops, rules) in bases {
                used.push(index);
                let (hook, chain_type, priority) = BASE_CHAINS[index];
                let base = BaseChain {
                    hook: Some(hook),
                    chain_type,
                    priority,
                    policy: if drops { Policy::Drop } else { Policy::Accept },
                    devices: Devices::All,
                    counters: None,
                };
                chains.push(chain(Some(base), rules, &mut number));
            }
            rule_set.tables.push(Table {
                source: 0,
                origin: Origin::Nft,
                family: Family::Inet,
                name: "generated".into(),
                dormant: false,
                holds_xt: false,
                rules_without_text: 0,
                chains,
                sets: Vec::new(),
            });
        }
        let total = used.len();
        used.sort_unstable();
        used.dedup();
        Scenario {
            rule_set,
            question: Question {
                version: Version::V4,
                from: "198.51.100.7/32".parse().ok(),
                from_port: Some(40_000),
                to: "198.51.100.1".parse().ok(),
                port: 22,
                interface: Some("eth0".to_owned()),
                mac: None,
            },
            facts: facts(),
            order_matters: used.len() < total,
        }
    })
}

fn facts() -> Facts {
    use sshdoctor_filter::evaluate::{HostAddress, RouteAnswer};
    let network: ipnet::IpNet = "198.51.100.1/24".parse().expect("an address");
    Facts {
        addresses: Some(vec![HostAddress {
            network,
            interface: "eth0".to_owned(),
        }]),
        routes: vec![(
            "198.51.100.7".parse().expect("an address"),
            RouteAnswer::By("eth0".to_owned()),
        )],
        ..Facts::default()
    }
}

fn chain(base: Option<BaseChain>, rules: Vec<Vec<Statement>>, number: &mut u32) -> Chain {
    let rules: Vec<Rule> = rules
        .into_iter()
        .map(|statements| {
            *number += 1;
            rule(&format!("rule {number}"), statements)
        })
        .collect();
    Chain {
        name: "generated".into(),
        handle: None,
        line: None,
        source: None,
        base,
        rules_read: u32::try_from(rules.len()).unwrap_or(u32::MAX),
        rules,
    }
}
