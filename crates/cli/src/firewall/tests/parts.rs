//! Rule sets, endings and owners, made by hand.

use sshdoctor_case::{RuleOwner, RuleOwnerKind};
use sshdoctor_filter::evaluate::{
    AnswerFate, Connect, Decider, Decision, Ending, Ends, Fate, Possible, Question, Version,
    address_value,
};
use sshdoctor_filter::model::{
    BaseChain, Chain, ChainReference, ChainType, Devices, Family, Hook, Origin, Place, Policy,
    RejectWith, Rule, RuleReference, RuleSet, Source, SourceKind, Table,
};

use crate::firewall::answer::Answered;

fn question(from: &str) -> Question {
    let network: ipnet::IpNet = from.parse().unwrap();
    Question {
        version: Version::of(network.addr()),
        from: Some(network),
        from_port: None,
        to: None,
        port: 22,
        interface: None,
        mac: None,
    }
}

pub(super) fn source(name: &str, kind: SourceKind, rules: u64) -> Source {
    Source {
        name: name.into(),
        kind,
        rules,
        not_understood: 0,
    }
}

pub(super) fn rule(number: u32, handle: Option<u64>, line: Option<u32>, text: &str) -> Rule {
    Rule {
        statements: Box::default(),
        place: Place {
            number,
            handle,
            line,
            source: None,
        },
        text: text.into(),
        comment: None,
        counters: None,
    }
}

pub(super) fn chain(name: &str, hook: Option<Hook>, policy: Policy, rules: Vec<Rule>) -> Chain {
    Chain {
        name: name.into(),
        handle: None,
        line: Some(2),
        source: None,
        base: hook.map(|hook| BaseChain {
            hook: Some(hook),
            chain_type: ChainType::Filter,
            priority: 0,
            policy,
            devices: Devices::All,
            counters: None,
        }),
        rules_read: u32::try_from(rules.len()).unwrap(),
        rules,
    }
}

pub(super) fn table(origin: Origin, family: Family, name: &str, chains: Vec<Chain>) -> Table {
    Table {
        source: 0,
        origin,
        family,
        name: name.into(),
        dormant: false,
        holds_xt: false,
        rules_without_text: 0,
        chains,
        sets: Vec::new(),
    }
}

/// A file of iptables-save with these rules in INPUT from line 5 on, and these in OUTPUT.
pub(super) fn saved(policy: Policy, input: &[&str], output: &[&str]) -> RuleSet {
    let mut line = 4;
    let mut rules = |texts: &[&str]| -> Vec<Rule> {
        (1..)
            .zip(texts)
            .map(|(number, text)| {
                line += 1;
                rule(number, None, Some(line), text)
            })
            .collect()
    };
    let chains = vec![
        chain("INPUT", Some(Hook::Input), policy, rules(input)),
        chain("OUTPUT", Some(Hook::Output), Policy::Accept, rules(output)),
    ];
    RuleSet {
        sources: vec![source(
            "/root/rules.v4",
            SourceKind::IptablesNft,
            (input.len() + output.len()) as u64,
        )],
        tables: vec![table(Origin::IptablesNft, Family::Ip, "filter", chains)],
        ..RuleSet::default()
    }
}

pub(super) const fn in_chain(table: u32, chain: u32, rule: u32, hook: Hook) -> Decider {
    Decider::Rule {
        rule: RuleReference {
            chain: ChainReference { table, chain },
            rule,
        },
        hook,
    }
}

pub(super) const fn input(rule: u32) -> Decider {
    in_chain(0, 0, rule, Hook::Input)
}

pub(super) const POLICY: Decider = Decider::Policy {
    chain: ChainReference { table: 0, chain: 0 },
    hook: Hook::Input,
};

pub(super) const fn accepted(decider: Decider) -> Ending {
    Ending {
        fate: Fate::Accepted,
        decider,
        answer: AnswerFate::Leaves,
        connect: Connect::Succeeds,
    }
}

pub(super) const fn dropped(decider: Decider) -> Ending {
    Ending {
        fate: Fate::Dropped,
        decider,
        answer: AnswerFate::None,
        connect: Connect::TimesOut,
    }
}

pub(super) const fn rejected(with: RejectWith, connect: Connect, decider: Decider) -> Ending {
    Ending {
        fate: Fate::Rejected(with),
        decider,
        answer: AnswerFate::Leaves,
        connect,
    }
}

pub(super) fn answered(from: &str, rule_set: RuleSet, endings: Vec<Ending>) -> Answered {
    Answered {
        question: question(from),
        rule_set,
        decision: Decision {
            endings,
            trail: Vec::new(),
            undecided: Vec::new(),
            translations: Vec::new(),
            not_read_for: Vec::new(),
        },
        owner: None,
        without_rule: None,
        by_rate: None,
        insertions: Vec::new(),
        no_insertion: None,
    }
}

pub(super) fn owner(tool: &str, kind: RuleOwnerKind, setting: &str, change: &[&str]) -> RuleOwner {
    RuleOwner {
        tool: tool.into(),
        name: tool.into(),
        kind,
        setting: Some(setting.into()),
        change: change.iter().map(|command| (*command).into()).collect(),
        persists: None,
        evidence: "the name of its chain".into(),
    }
}

pub(super) fn ends(to: &str, port: u16) -> Ends {
    Ends {
        source: Possible::ANY,
        source_port: Possible::ANY,
        destination: Possible::exactly(address_value(to.parse().unwrap())),
        destination_port: Possible::exactly(port.into()),
    }
}
