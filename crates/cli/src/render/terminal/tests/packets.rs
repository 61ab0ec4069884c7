//! The promise of 24 lines by 80 columns, against whatever an answer about a packet may hold.

use proptest::{collection::vec, option, prelude::*, sample::select};
use sshdoctor_case::{
    AddressFamily, Evidence, Fact, FamilyAnswer, FilterRule, FirewallReport, NeighbouringRule,
    Outcome, PacketAnswer, PacketEnding, PacketQuestion, PacketVerdict, RuleContext, RuleCounters,
    RuleInsertion, RuleOwner, RuleOwnerKind, RuleSetSource, SetEntry, TrailStep, UndecidedPart,
    Vantage, WithoutRule,
};

use super::{
    super::packet::{full, short},
    Charset, LINES, assert_fits, generated, samples,
};

fn text() -> BoxedStrategy<String> {
    generated::text().boxed()
}

prop_compose! {
    fn any_rule()(
        (source, table, chain, text) in (text(), text(), text(), text()),
        policy in any::<bool>(),
        number in option::of(any::<u32>()),
        handle in option::of(any::<u64>()),
        line in option::of(any::<u32>()),
        comment in option::of(text()),
        packets in option::of(any::<u64>()),
    ) -> FilterRule {
        FilterRule {
            source,
            table,
            chain,
            hook: "input".into(),
            policy,
            number,
            handle,
            line,
            text,
            comment,
            counters: packets.map(|packets| RuleCounters { packets, bytes: packets }),
        }
    }
}

/// Boxed, as every part: a strategy is otherwise as large as all that it is made of.
fn rule() -> BoxedStrategy<FilterRule> {
    any_rule().boxed()
}

fn neighbour() -> impl Strategy<Value = NeighbouringRule> {
    rule().prop_map(|rule| NeighbouringRule {
        number: rule.number.unwrap_or_default(),
        handle: rule.handle,
        line: rule.line,
        text: rule.text,
    })
}

prop_compose! {
    fn context()(
        before in option::of(neighbour().boxed()),
        after in option::of(neighbour().boxed()),
        mark in option::of((0_usize..400, 0_usize..400)),
        label in text(),
        entries in vec((text(), text(), option::of(any::<u64>()), option::of(text())), 0..3),
    ) -> RuleContext {
        RuleContext {
            before,
            after,
            mark,
            label,
            set_entries: entries
                .into_iter()
                .map(|(set, value, expires_s, comment)| SetEntry { set, value, expires_s, comment })
                .collect(),
        }
    }
}

fn verdict() -> impl Strategy<Value = PacketVerdict> {
    select(vec![
        PacketVerdict::Accept,
        PacketVerdict::Drop,
        PacketVerdict::Reject,
        PacketVerdict::Unknown,
    ])
}

fn owner() -> impl Strategy<Value = RuleOwner> {
    let kind = select(vec![
        RuleOwnerKind::BanTool,
        RuleOwnerKind::Firewall,
        RuleOwnerKind::Person,
        RuleOwnerKind::Nobody,
    ]);
    (
        text(),
        kind,
        option::of(text()),
        vec(text(), 0..4),
        option::of(text()),
    )
        .prop_map(|(name, kind, setting, change, persists)| RuleOwner {
            tool: "tool".into(),
            name,
            kind,
            setting,
            change,
            persists,
            evidence: String::new(),
        })
}

prop_compose! {
    fn answer()(
        verdict in verdict(),
        rule in option::of(rule()),
        context in option::of(context().boxed()),
        trail in vec((rule(), any::<bool>(), any::<bool>()), 0..8),
        undecided in vec((option::of(rule()), text(), option::of(text())), 0..5),
        owner in option::of(owner().boxed()),
        without in option::of(text()),
        insertions in vec((text(), text(), vec(text(), 0..3)), 0..4),
    ) -> PacketAnswer {
        PacketAnswer {
            family: AddressFamily::Ipv4,
            verdict,
            possible: vec![verdict],
            reject_with: None,
            endings: vec![PacketEnding {
                verdict,
                reject_with: None,
                outcome: Outcome::TimedOut,
                errno: None,
                message: None,
                forwarded: false,
                answer_lost: false,
                rule: rule.clone(),
                decided_by: String::new(),
            }],
            rule,
            context,
            trail: trail
                .into_iter()
                .map(|(rule, certain, answering)| TrailStep { rule, certain, answering })
                .collect(),
            undecided: undecided
                .into_iter()
                .map(|(rule, reason, rate)| UndecidedPart { rule, reason, rate })
                .collect(),
            rate: None,
            owner,
            translations: Vec::new(),
            without_rule: without.map(|decided_by| WithoutRule { verdict, decided_by }),
            insertions: insertions
                .into_iter()
                .map(|(place, tool, commands)| RuleInsertion {
                    place,
                    over: None,
                    tool: Some(tool),
                    commands,
                    together: false,
                })
                .collect(),
            no_insertion: None,
        }
    }
}

fn sources() -> impl Strategy<Value = Vec<Evidence>> {
    let source = (text(), any::<u64>(), any::<u64>(), option::of(text())).prop_map(
        |(source, rules, not_understood, problem)| Evidence {
            id: "e1".into(),
            vantage: Vantage::server(),
            at_ms: 0.0,
            elapsed_ms: 0.0,
            summary: source.clone(),
            fact: Fact::RuleSet {
                read: RuleSetSource {
                    source,
                    holds: "nft -j list ruleset".into(),
                    rules,
                    not_understood,
                    problem,
                },
            },
        },
    );
    vec(source, 0..7)
}

prop_compose! {
    fn report()(
        headline in text(),
        notes in vec(text(), 0..5),
        evidence in sources().boxed(),
        answer in answer().boxed(),
        families in vec((text(), answer().boxed()), 0..3).boxed(),
    ) -> FirewallReport {
        let mut report = samples::refused();
        report.headline = headline;
        report.notes = notes;
        report.evidence = evidence;
        FirewallReport {
            report,
            packet: PacketQuestion {
                from: None,
                from_port: None,
                to: None,
                port: 22,
                interface: None,
                mac: None,
            },
            answer,
            families: families
                .into_iter()
                .map(|(headline, answer)| FamilyAnswer {
                    headline,
                    outcome: Outcome::TimedOut,
                    answer,
                })
                .collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_answer_about_a_packet_fits(report in report().boxed()) {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let text = short(&report, charset).plain();
            assert_fits(&text, LINES);
            let long = full(&report, charset).plain();
            for shown in [&text, &long] {
                prop_assert!(
                    shown.chars().all(|c| c == '\n' || !c.is_control()),
                    "{shown:?}"
                );
            }
            if charset == Charset::Ascii {
                prop_assert!(text.is_ascii() && long.is_ascii());
            }
        }
    }
}
