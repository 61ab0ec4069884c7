//! How long a decision takes once the rule set is read.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sshdoctor_filter::evaluate::{Facts, Question, Version, decide};
use sshdoctor_filter::model::{
    BaseChain, Chain, ChainType, Component, Condition, Contents, Devices, Element, Elements,
    Expression, Family, Field, Hook, Origin, Place, Policy, Range, Ranges, Rule, RuleSet, Set,
    SetReference, Statement, Table, Verdict,
};

fn main_question() -> Question {
    Question {
        version: Version::V4,
        from: "198.51.100.7/32".parse().ok(),
        from_port: Some(40_000),
        to: "198.51.100.1".parse().ok(),
        port: 22,
        interface: Some("eth0".to_owned()),
        mac: None,
    }
}

fn rule(statements: Vec<Statement>) -> Rule {
    Rule {
        statements: statements.into(),
        place: Place {
            number: 1,
            handle: None,
            line: None,
            source: None,
        },
        text: "".into(),
        comment: None,
        counters: None,
    }
}

fn field(field: Field, value: u128) -> Statement {
    Statement::Condition(Condition::In {
        value: Expression::Field(field),
        ranges: Ranges::exactly(value),
        negated: false,
    })
}

fn chain(base: bool, rules: Vec<Rule>) -> Chain {
    Chain {
        name: "input".into(),
        handle: None,
        line: None,
        source: None,
        base: base.then_some(BaseChain {
            hook: Some(Hook::Input),
            chain_type: ChainType::Filter,
            priority: 0,
            policy: Policy::Drop,
            devices: Devices::All,
            counters: None,
        }),
        rules_read: u32::try_from(rules.len()).unwrap_or(u32::MAX),
        rules,
    }
}

fn rule_set(chains: Vec<Chain>, sets: Vec<Set>) -> RuleSet {
    RuleSet {
        tables: vec![Table {
            source: 0,
            origin: Origin::Nft,
            family: Family::Inet,
            name: "filter".into(),
            dormant: false,
            holds_xt: false,
            rules_without_text: 0,
            chains,
            sets,
        }],
        ..RuleSet::default()
    }
}

/// Rules for other addresses, then one that accepts.
fn linear(count: u128) -> RuleSet {
    let mut rules: Vec<Rule> = (0..count)
        .map(|number| {
            rule(vec![
                field(Field::Ip4Source, 0x0a00_0000 + number),
                field(Field::TcpDestinationPort, 22),
                Statement::Verdict(Verdict::Drop),
            ])
        })
        .collect();
    rules.push(rule(vec![Statement::Verdict(Verdict::Accept)]));
    rule_set(vec![chain(true, rules)], Vec::new())
}

/// Chains that each call the next one twice.
fn deep(count: u32) -> RuleSet {
    let chains = (0..count)
        .map(|number| {
            let calls = if number + 1 < count {
                let call = || rule(vec![Statement::Verdict(Verdict::Jump(number + 1))]);
                vec![call(), call()]
            } else {
                vec![rule(vec![Statement::Verdict(Verdict::Accept)])]
            };
            chain(number == 0, calls)
        })
        .collect();
    rule_set(chains, Vec::new())
}

/// A thousand lookups in a large set that does not hold the address.
fn large_set(count: u128) -> RuleSet {
    let elements = (0..count)
        .map(|number| Element::of([Range::exactly(0x0a00_0000 + 2 * number)]))
        .collect();
    let set = Set {
        name: Some("blocked".into()),
        handle: None,
        components: Box::new([Component::Ip4Address]),
        dynamic: false,
        contents: Contents::Elements {
            elements: Elements::new(elements),
            read: 0,
            not_understood: 0,
            kept_for: None,
        },
        comment: None,
    };
    let rules = (0..1_000)
        .map(|_| {
            rule(vec![
                Statement::Condition(Condition::Lookup {
                    key: Box::new([Expression::Field(Field::Ip4Source)]),
                    set: SetReference::InTable(0),
                    negated: false,
                    absent_is_no_element: false,
                }),
                Statement::Verdict(Verdict::Drop),
            ])
        })
        .collect();
    rule_set(vec![chain(true, rules)], vec![set])
}

fn decisions(criterion: &mut Criterion) {
    let question = main_question();
    let facts = Facts::default();
    let mut group = criterion.benchmark_group("decide");
    for count in [100, 1_000, 10_000, 100_000] {
        let rules = linear(count);
        group.bench_function(BenchmarkId::new("linear rules", count), |bencher| {
            bencher.iter(|| decide(black_box(&rules), &question, &facts));
        });
    }
    for count in [16, 1_000, 10_000] {
        let rules = deep(count);
        group.bench_function(BenchmarkId::new("chains deep", count), |bencher| {
            bencher.iter(|| decide(black_box(&rules), &question, &facts));
        });
    }
    for count in [1_000, 100_000] {
        let rules = large_set(count);
        group.bench_function(
            BenchmarkId::new("1000 lookups in a set of", count),
            |bencher| bencher.iter(|| decide(black_box(&rules), &question, &facts)),
        );
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2));
    targets = decisions
}
criterion_main!(benches);
