//! Rule sets as real tools wrote them, held against what the kernel did with real packets.

mod situation;

use situation::{Expected, ExpectedPacket, situations};
use sshdoctor_filter::evaluate::{AnswerFate, Connect, Decider, Decision, Fate, decide};
use sshdoctor_filter::model::{Rule, RuleReference, RuleSet};
use sshdoctor_filter::owner::owner_of;

/// Its table that is switched off is listed by nft 1.0.6 with its name in place of its flags: it may be in use.
const GARBLED_FLAGS: &str = "nft-zones";

/// The nftables back end of firewalld puts direct rules into tables of iptables, where nothing shows who wrote them.
const WITHOUT_A_SIGN: &str = "firewalld-direct";

fn connect_word(connect: Connect) -> &'static str {
    match connect {
        Connect::Succeeds => "connected",
        Connect::Refused => "refused",
        Connect::HostUnreachable => "host-unreachable",
        Connect::NetUnreachable => "net-unreachable",
        Connect::PermissionDenied => "permission-denied",
        Connect::ProtocolNotAvailable => "protocol-not-available",
        Connect::TimesOut => "silent",
    }
}

fn may_be(decision: &Decision, outcome: &str) -> bool {
    decision
        .endings
        .iter()
        .any(|ending| ending.fate == Fate::Unknown || connect_word(ending.connect) == outcome)
}

/// What decided: where the answer is lost, what lost it.
fn decider(decision: &Decision) -> Option<Decider> {
    let ending = decision.endings.first()?;
    match (ending.fate, ending.answer) {
        (Fate::Accepted | Fate::Forwarded, AnswerFate::Lost(decider)) => Some(decider),
        _ => Some(ending.decider),
    }
}

fn rule_of(rule_set: &RuleSet, reference: RuleReference) -> Option<&Rule> {
    let table = rule_set.tables.get(reference.chain.table as usize)?;
    let chain = table.chains.get(reference.chain.chain as usize)?;
    chain.rules.get(reference.rule as usize)
}

/// What is wrong about the deciding rule.
fn other_rule(rule_set: &RuleSet, decider: Decider, expected: &ExpectedPacket) -> Option<String> {
    expected.table.as_ref()?;
    let (table, chain, rule) = match decider {
        Decider::Rule { rule, .. } => (
            rule.chain.table,
            rule.chain.chain,
            Some(rule_of(rule_set, rule)?),
        ),
        Decider::Policy { chain, .. } => (chain.table, chain.chain, None),
        other => return Some(format!("decided by {other:?}, expected {expected:?}")),
    };
    let table = rule_set.tables.get(table as usize)?;
    let chain = table.chains.get(chain as usize)?;
    let same_place = expected.table.as_deref() == Some(&*table.name)
        && expected.chain.as_deref() == Some(&*chain.name);
    let says = expected.rule.as_deref().unwrap_or_default();
    let same_rule = match rule {
        None => says.starts_with("policy"),
        Some(rule) => match (rule.place.handle, expected.handle) {
            (Some(own), Some(other)) => own == other,
            _ => rule.text.contains(says),
        },
    };
    (!(same_place && same_rule)).then(|| {
        format!(
            "decided by {} {}: {}; expected {:?} {:?}: {says}",
            table.name,
            chain.name,
            rule.map_or("policy", |rule| &rule.text),
            expected.table,
            expected.chain,
        )
    })
}

#[test]
fn the_kernel_agrees_with_every_decision() {
    let mut wrong = Vec::new();
    let mut open = Vec::new();
    let mut packets = 0;
    for situation in situations() {
        let Expected { packet, host, .. } = &situation.expected;
        for expected in packet {
            if expected.depends_on_earlier_packets() {
                continue;
            }
            packets += 1;
            let question = expected.question();
            let facts = host.facts(expected);
            let rule_set = situation.read(&question, &facts);
            let decision = decide(&rule_set, &question, &facts);
            let name = format!(
                "{}: {} -> {} port {}",
                situation.name, expected.from, expected.to, expected.port
            );
            if !may_be(&decision, &expected.outcome) {
                wrong.push(format!(
                    "{name}: expected {}, decided {:?}",
                    expected.outcome, decision.endings
                ));
                continue;
            }
            if decision.connect().is_none() {
                if expected.needs.is_none() && situation.name != GARBLED_FLAGS {
                    let reasons: Vec<&String> = decision
                        .undecided
                        .iter()
                        .map(|undecided| &undecided.reason)
                        .collect();
                    open.push(format!("{name}: {:?} {reasons:?}", decision.endings));
                }
                continue;
            }
            if decision.endings.len() > 1 {
                continue;
            }
            if let Some(decider) = decider(&decision)
                && let Some(other) = other_rule(&rule_set, decider, expected)
            {
                wrong.push(format!("{name}: {other}"));
            }
        }
    }
    println!("{packets} packets");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        open.is_empty(),
        "{} left open:\n{}",
        open.len(),
        open.join("\n")
    );
}

#[test]
fn the_owner_of_a_denying_rule_is_known() {
    let mut wrong = Vec::new();
    let mut denied = 0;
    for situation in situations() {
        let Expected { packet, host, .. } = &situation.expected;
        for expected in packet {
            let Some(owner) = &expected.owner else {
                continue;
            };
            let question = expected.question();
            let facts = host.facts(expected);
            let rule_set = situation.read(&question, &facts);
            let decision = decide(&rule_set, &question, &facts);
            if decision.endings.len() != 1 || expected.verdict.as_deref() == Some("accept") {
                continue;
            }
            denied += 1;
            let Some(decider) = decider(&decision) else {
                continue;
            };
            let found = owner_of(&rule_set, decider, &question);
            let by_hand = found.tool.kind == sshdoctor_filter::owner::ToolKind::Person;
            let made_for = expected.made_for.as_deref();
            let made_for_it = made_for.is_some_and(|tool| tool.starts_with(found.tool.id));
            let no_sign = situation.name == WITHOUT_A_SIGN && by_hand;
            let right = found.tool.id == owner
                || made_for_it
                || no_sign
                || by_hand && owner == "hand-written";
            if !right {
                wrong.push(format!(
                    "{}: {} is said to own it, not {owner}",
                    situation.name, found.tool.id
                ));
            }
        }
    }
    assert!(denied > 100, "{denied}");
    assert!(
        wrong.is_empty(),
        "{} of {denied} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
