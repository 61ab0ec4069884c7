//! Answers, made by hand.

use sshdoctor_case::{RuleInsertion, RuleOwnerKind};
use sshdoctor_filter::evaluate::{
    AnswerFate, Connect, Decider, Decision, Ending, Fate, Step, Translated, Undecided,
    address_value,
};
use sshdoctor_filter::model::{
    ChainReference, Component, Condition, Contents, Counters, Element, Elements, Expression,
    Family, Field, Hook, IcmpError, Origin, Policy, Problem, Range, Rate, RateKind, RejectWith,
    RuleReference, RuleSet, Set, SetReference, SourceKind, Statement,
};

use crate::firewall::answer::{Answered, ByRate};

use super::parts::{
    POLICY, accepted, answered, chain, dropped, ends, in_chain, input, owner, rejected, rule,
    saved, source, table,
};

/// fail2ban's nftables action has banned the source.
pub(super) fn banned() -> Answered {
    let mut reject = rule(
        1,
        Some(4),
        None,
        "tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable",
    );
    reject.statements = [
        Statement::Condition(Condition::Lookup {
            key: [Expression::Field(Field::Ip4Source)].into(),
            set: SetReference::InTable(0),
            negated: false,
            absent_is_no_element: false,
        }),
        Statement::Reject(RejectWith::Icmp(IcmpError::PortUnreachable)),
    ]
    .into();
    let chains = vec![chain(
        "f2b-chain",
        Some(Hook::Input),
        Policy::Accept,
        vec![reject],
    )];
    let mut fail2ban = table(Origin::Nft, Family::Inet, "f2b-table", chains);
    let mut element = Element::of([Range::exactly(address_value(
        "198.51.100.7".parse().unwrap(),
    ))]);
    element.expires_s = Some(2_490);
    fail2ban.sets.push(Set {
        name: Some("addr-set-sshd".into()),
        handle: Some(3),
        components: [Component::Ip4Address].into(),
        dynamic: false,
        contents: Contents::Elements {
            elements: Elements::new(vec![element]),
            read: 1,
            not_understood: 0,
            kept_for: None,
        },
        comment: None,
    });
    let rule_set = RuleSet {
        sources: vec![source("nft -j list ruleset", SourceKind::NftJson, 12)],
        tables: vec![fail2ban],
        ..RuleSet::default()
    };
    let ending = rejected(
        RejectWith::Icmp(IcmpError::PortUnreachable),
        Connect::Refused,
        input(0),
    );
    let mut answered = answered("198.51.100.7/32", rule_set, vec![ending]);
    answered.owner = Some(owner(
        "fail2ban",
        RuleOwnerKind::BanTool,
        "jail sshd",
        &["fail2ban-client set sshd unbanip 198.51.100.7"],
    ));
    answered.without_rule = Some(Decision {
        endings: vec![accepted(Decider::NoChain)],
        ..answered.decision.clone()
    });
    answered
}

/// A person's own rule, with rules beside it and one that matched before.
pub(super) fn dropped_by_hand() -> Answered {
    let rule_set = saved(
        Policy::Accept,
        &[
            "-A INPUT -i lo -j ACCEPT",
            "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "-A INPUT -j LOG --log-prefix \"in: \"",
            "-A INPUT -s 198.51.100.0/24 -p tcp -m tcp --dport 22 -m comment --comment \"office, -j ACCEPT later\" -j DROP",
            "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
        ],
        &[],
    );
    let mut answered = answered("198.51.100.7/32", rule_set, vec![dropped(input(3))]);
    answered.decision.trail = vec![
        Step {
            decider: input(2),
            certain: true,
            answering: false,
        },
        Step {
            decider: input(3),
            certain: true,
            answering: false,
        },
    ];
    answered.without_rule = Some(Decision {
        endings: vec![accepted(input(4))],
        ..answered.decision.clone()
    });
    answered.rule_set.tables[0].chains[0].rules[3].counters = Some(Counters {
        packets: 17,
        bytes: 1020,
    });
    answered
}

/// ufw's default, with what would let the packet in.
pub(super) fn denied_by_policy() -> Answered {
    let rule_set = saved(
        Policy::Drop,
        &["-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT"],
        &[],
    );
    let mut answered = answered("198.51.100.7/32", rule_set, vec![dropped(POLICY)]);
    answered.owner = Some(owner(
        "ufw",
        RuleOwnerKind::Firewall,
        "default deny incoming",
        &["ufw allow from 198.51.100.7 to any port 22 proto tcp"],
    ));
    answered.insertions = vec![RuleInsertion {
        place: "before rule 1 of chain INPUT".into(),
        over: None,
        tool: None,
        together: false,
        commands: vec![
            "iptables-nft -I INPUT 1 -s 198.51.100.7/32 -p tcp -m tcp --dport 22 -j ACCEPT".into(),
        ],
    }];
    answered
}

/// The answer does not get out.
pub(super) fn lost_answer() -> Answered {
    let rule_set = saved(
        Policy::Accept,
        &["-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"],
        &["-A OUTPUT -p tcp -m tcp --sport 22 -j DROP"],
    );
    let ending = Ending {
        answer: AnswerFate::Lost(in_chain(0, 1, 0, Hook::Output)),
        connect: Connect::TimesOut,
        ..accepted(input(0))
    };
    answered("198.51.100.7/32", rule_set, vec![ending])
}

/// ufw's limit: the list is set, then checked.
pub(super) fn limited() -> Answered {
    let rule_set = saved(
        Policy::Drop,
        &[
            "-A INPUT -p tcp -m tcp --dport 22 -m recent --set --name DEFAULT --rsource",
            "-A INPUT -p tcp -m tcp --dport 22 -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --rsource -j DROP",
            "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
        ],
        &[],
    );
    let mut answered = answered(
        "198.51.100.7/32",
        rule_set,
        vec![dropped(input(1)), accepted(input(2))],
    );
    answered.decision.trail = [(0, true), (1, false), (2, true)]
        .map(|(rule, certain)| Step {
            decider: input(rule),
            certain,
            answering: false,
        })
        .into();
    let undecided = Undecided {
        decider: input(1),
        reason: "depends on how often this address came lately (limit 6 in 30 s)".into(),
        rate: Some(Rate {
            kind: RateKind::Recent,
            amount: 6,
            seconds: 30,
            burst: 0,
            when_exceeded: true,
            list: Some("DEFAULT".into()),
        }),
    };
    answered.decision.undecided = vec![undecided.clone()];
    let certainly = |ending| Decision {
        endings: vec![ending],
        undecided: Vec::new(),
        ..answered.decision.clone()
    };
    answered.by_rate = Some(ByRate {
        undecided,
        within: certainly(accepted(input(2))),
        beyond: certainly(dropped(input(1))),
    });
    answered
}

/// What a match that cannot be decided from here leaves open, with a source that could not be read.
pub(super) fn uncertain() -> Answered {
    let mut rule_set = saved(
        Policy::Accept,
        &[
            "-A INPUT -p tcp -m tcp --dport 22 -m string --string \"SSH\" --algo bm --to 65535 -j REJECT --reject-with tcp-reset",
            "-A INPUT -p tcp -m tcp --dport 22 -m geoip --source-country XX -j DROP",
        ],
        &[],
    );
    rule_set.sources[0].not_understood = 1;
    rule_set.problems.push(Problem {
        kind: SourceKind::NftJson,
        message: "nft -j list ruleset ended by signal 11".into(),
        hides_chains: true,
    });
    let mut answered = answered(
        "198.51.100.7/32",
        rule_set,
        vec![
            rejected(RejectWith::TcpReset, Connect::Refused, input(0)),
            dropped(input(1)),
            accepted(POLICY),
        ],
    );
    answered.decision.undecided = [
        (input(0), "depends on the payload"),
        (input(1), "the match geoip is not understood"),
        (Decider::Unread(0), "could not be read"),
    ]
    .map(|(decider, reason)| Undecided {
        decider,
        reason: reason.into(),
        rate: None,
    })
    .into();
    answered
}

/// Another port is redirected to that of sshd, and let in.
pub(super) fn redirected() -> Answered {
    let mut rule_set = saved(
        Policy::Accept,
        &["-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"],
        &[],
    );
    rule_set.tables.push(table(
        Origin::IptablesNft,
        Family::Ip,
        "nat",
        vec![chain(
            "PREROUTING",
            Some(Hook::Prerouting),
            Policy::Accept,
            vec![rule(
                1,
                None,
                Some(12),
                "-A PREROUTING -p tcp -m tcp --dport 2222 -j REDIRECT --to-ports 22",
            )],
        )],
    ));
    let mut answered = answered("198.51.100.7/32", rule_set, vec![accepted(input(0))]);
    answered.question.port = 2222;
    answered.decision.translations = vec![Translated {
        rule: RuleReference {
            chain: ChainReference { table: 1, chain: 0 },
            rule: 0,
        },
        from: ends("203.0.113.9", 2222),
        to: ends("203.0.113.9", 22),
    }];
    answered
}

/// Passed on to a container.
pub(super) fn forwarded() -> Answered {
    let mut answered = redirected();
    answered.decision.endings = vec![Ending {
        fate: Fate::Forwarded,
        ..accepted(POLICY)
    }];
    answered.decision.translations[0].to = ends("192.0.2.17", 22);
    answered
}

/// A rule longer than the room there is, which ends in what it does.
pub(super) fn long_rule() -> Answered {
    let addresses: Vec<String> = (0..200).map(|host| format!("198.51.100.{host}")).collect();
    let text = format!("tcp dport 22 ip saddr {{ {} }} drop", addresses.join(", "));
    let mut rule_set = saved(Policy::Accept, &[&text], &[]);
    rule_set.tables[0].origin = Origin::Nft;
    answered("198.51.100.7/32", rule_set, vec![dropped(input(0))])
}

/// Two rules at equal priority: either may come first.
pub(super) fn either_rule() -> Answered {
    let rule_set = saved(
        Policy::Accept,
        &["-A INPUT -j DROP", "-A INPUT -p tcp -j DROP"],
        &[],
    );
    answered(
        "198.51.100.7/32",
        rule_set,
        vec![dropped(input(0)), dropped(input(1))],
    )
}

/// IPv6 is denied where IPv4 is let in.
pub(super) fn each_family() -> [Answered; 2] {
    let mut ipv4 = answered(
        "198.51.100.7/32",
        saved(
            Policy::Drop,
            &["-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"],
            &[],
        ),
        vec![accepted(input(0))],
    );
    let mut ipv6 = answered(
        "2001:db8::7/128",
        saved(
            Policy::Drop,
            &["-A INPUT -j REJECT --reject-with icmp6-adm-prohibited"],
            &[],
        ),
        vec![rejected(
            RejectWith::Icmp(IcmpError::AdminProhibited6),
            Connect::PermissionDenied,
            input(0),
        )],
    );
    ipv6.rule_set.tables[0].family = Family::Ip6;
    ipv4.question.from = None;
    ipv6.question.from = None;
    [ipv4, ipv6]
}
