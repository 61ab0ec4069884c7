//! The whole report.

use sshdoctor_case::{
    Candidate, Evidence, Fact, FamilyAnswer, FirewallReport, NextStep, Outcome, PacketAnswer,
    PacketQuestion, PacketVerdict, REPORT_SCHEMA, Report, RuleSetSource, Stage, StageFinding,
    StageState, TargetSummary, Vantage, Where,
};
use sshdoctor_filter::evaluate::Question;
use sshdoctor_filter::model::{RuleSet, SourceKind};

use super::{
    answer::{self, Answered},
    causes, ending, headline, place,
};

/// What was read, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// Rules of this host, and not from files.
    pub(crate) live: bool,
    /// Milliseconds that reading and deciding took.
    pub(crate) elapsed_ms: f64,
    /// The interface that was taken for the one the packet arrives by.
    pub(crate) interface: Option<&'a str>,
}

/// The report on the answers: one, or that of IPv4 and that of IPv6.
pub(crate) fn conclude(answered: &[Answered], reading: Reading<'_>) -> Option<FirewallReport> {
    let first = answered.first()?;
    let families: Vec<FamilyAnswer> = answered.iter().map(family_answer).collect();
    let differ = families
        .iter()
        .any(|other| !is_same(other, families.first()));
    let mut evidence = sources(&first.rule_set, reading);
    let ids = rules(&families, differ, reading, &mut evidence);
    let port = first.question.port;

    let (headline, outcome, mut answer) = match families.as_slice() {
        [ipv4, ipv6] if differ => both(ipv4, ipv6),
        _ => {
            let first = families.first()?;
            (first.headline.clone(), first.outcome, first.answer.clone())
        }
    };
    let from = first.question.from.map(shown_source);
    let legacy = legacy_sources(&first.rule_set);
    let causes = causes(&families, differ, from.as_deref(), port, &ids, &legacy);
    let report = Report {
        schema: REPORT_SCHEMA.into(),
        command: "firewall".into(),
        headline,
        target: target(&first.question, reading.live),
        outcome,
        both_ends: None,
        stages: stages(&answer, &ids),
        causes,
        then: Vec::new(),
        later: Vec::new(),
        ruled_out: Vec::new(),
        next: next(&families, differ),
        notes: notes(&families, differ, &first.rule_set, reading),
        ssh_port_connections: 0,
        evidence,
    };
    if differ {
        answer.context = None;
    }
    Some(FirewallReport {
        report,
        packet: question(&first.question),
        answer,
        families: if differ { families } else { Vec::new() },
    })
}

/// The same as facts of a case.
pub(crate) fn facts(answered: &[Answered], live: bool) -> Vec<Fact> {
    let reading = Reading {
        live,
        elapsed_ms: 0.0,
        interface: None,
    };
    let sources = answered
        .first()
        .map(|first| sources(&first.rule_set, reading))
        .unwrap_or_default();
    let answers = answered.iter().map(|answered| {
        let family = family_answer(answered);
        Fact::PacketFilter {
            packet: question(&answered.question),
            summary: family.headline,
            answer: Box::new(family.answer),
        }
    });
    sources
        .into_iter()
        .map(|evidence| evidence.fact)
        .chain(answers)
        .collect()
}

fn family_answer(answered: &Answered) -> FamilyAnswer {
    let answer = answer::reported(answered);
    FamilyAnswer {
        headline: headline::headline(&answer, answered.question.port),
        outcome: ending::outcome(&answered.decision.endings),
        answer,
    }
}

/// Whether a person would say that both families are treated alike.
fn is_same(one: &FamilyAnswer, other: Option<&FamilyAnswer>) -> bool {
    other.is_some_and(|other| {
        one.outcome == other.outcome
            && one.answer.verdict == other.answer.verdict
            && one.answer.possible == other.answer.possible
            && one.answer.rate == other.answer.rate
            && message(&one.answer) == message(&other.answer)
    })
}

fn message(answer: &PacketAnswer) -> Option<&str> {
    answer.endings.first()?.message.as_deref()
}

/// What may become of a packet of either family; the rest is that of IPv4.
fn both(ipv4: &FamilyAnswer, ipv6: &FamilyAnswer) -> (String, Outcome, PacketAnswer) {
    let mut possible = [ipv4, ipv6]
        .map(|family| &family.answer.possible[..])
        .concat();
    possible.sort_unstable();
    possible.dedup();
    let outcome = match ipv4.outcome {
        Outcome::Open => ipv6.outcome,
        other => other,
    };
    let answer = PacketAnswer {
        verdict: ending::verdict(&possible),
        possible,
        reject_with: None,
        ..ipv4.answer.clone()
    };
    (
        headline::of_both(&ipv4.answer, &ipv6.answer),
        outcome,
        answer,
    )
}

fn shown_source(network: ipnet::IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

fn question(question: &Question) -> PacketQuestion {
    PacketQuestion {
        from: question.from.map(shown_source),
        from_port: question.from_port,
        to: question.to,
        port: question.port,
        interface: question.interface.clone(),
        mac: question
            .mac
            .map(|octets| octets.map(|octet| format!("{octet:02x}")).join(":")),
    }
}

fn target(question: &Question, live: bool) -> TargetSummary {
    let host = match question.to {
        Some(to) => to.to_string(),
        None if live => "this host".to_owned(),
        None => "the host of the rules".to_owned(),
    };
    TargetSummary {
        given: question.to.map(|to| to.to_string()).unwrap_or_default(),
        host,
        port: question.port,
        user: None,
        addresses: question.to.into_iter().collect(),
    }
}

/// Only the packet filter of the host was asked: what lies before it is not known, and whether what lies behind is reached
/// follows from the answer.
fn stages(answer: &PacketAnswer, evidence: &[String]) -> Vec<StageFinding> {
    Stage::ALL
        .into_iter()
        .map(|stage| {
            let state = match (stage.cmp(&Stage::HostFirewall), answer.verdict) {
                (std::cmp::Ordering::Equal, PacketVerdict::Accept) => StageState::Passed,
                (std::cmp::Ordering::Equal, PacketVerdict::Unknown) => StageState::Unknown,
                (std::cmp::Ordering::Equal, _) => StageState::Stopped,
                (std::cmp::Ordering::Greater, PacketVerdict::Drop | PacketVerdict::Reject) => {
                    StageState::NotReached
                }
                _ => StageState::Unknown,
            };
            let here = stage == Stage::HostFirewall;
            StageFinding {
                stage,
                state,
                summary: match answer.endings.first() {
                    Some(ending) if here => ending.decided_by.clone(),
                    _ => String::new(),
                },
                evidence: if here { evidence.to_vec() } else { Vec::new() },
            }
        })
        .collect()
}

fn seen(evidence: &mut Vec<Evidence>, elapsed_ms: f64, summary: String, fact: Fact) -> String {
    let id = format!("e{}", evidence.len() + 1);
    evidence.push(Evidence {
        id: id.clone(),
        vantage: Vantage::server(),
        at_ms: 0.0,
        elapsed_ms,
        summary,
        fact,
    });
    id
}

/// What was read, and what could not be.
fn sources(rule_set: &RuleSet, reading: Reading<'_>) -> Vec<Evidence> {
    let mut read: Vec<RuleSetSource> = rule_set
        .sources
        .iter()
        .map(|source| RuleSetSource {
            source: place::shown(&source.name),
            holds: source.kind.command().into(),
            rules: source.rules,
            not_understood: source.not_understood,
            problem: None,
        })
        .collect();
    for problem in &rule_set.problems {
        let message = place::shown(&problem.message);
        let holds = problem.kind.command();
        let known = read
            .iter_mut()
            .find(|source| source.holds == holds && source.problem.is_none());
        match known {
            Some(source) => source.problem = Some(message),
            None => read.push(RuleSetSource {
                source: holds.into(),
                holds: holds.into(),
                rules: 0,
                not_understood: 0,
                problem: Some(message),
            }),
        }
    }
    let mut evidence = Vec::new();
    for read in read {
        let summary = read_in_words(&read);
        seen(
            &mut evidence,
            reading.elapsed_ms,
            summary,
            Fact::RuleSet { read },
        );
    }
    evidence
}

fn read_in_words(read: &RuleSetSource) -> String {
    let mut text = format!("{}: {}", read.source, count(read.rules, "rule"));
    if read.not_understood > 0 {
        text.push_str(&format!(", {} not understood", read.not_understood));
    }
    if let Some(problem) = &read.problem {
        text.push_str(&format!("; {problem}"));
    }
    text
}

fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// The deciding rules as evidence; returns their ids.
fn rules(
    families: &[FamilyAnswer],
    differ: bool,
    reading: Reading<'_>,
    evidence: &mut Vec<Evidence>,
) -> Vec<String> {
    let reported = if differ { families.len() } else { 1 };
    let mut ids = Vec::new();
    let mut known = Vec::new();
    let endings = families
        .iter()
        .take(reported)
        .flat_map(|family| &family.answer.endings);
    for rule in endings.filter_map(|ending| ending.rule.as_ref()) {
        if known.contains(&rule) {
            continue;
        }
        known.push(rule);
        let summary = format!("{}: {}", place::in_words(rule), rule.text);
        let fact = Fact::PacketFilterRule {
            rule: Box::new(rule.clone()),
        };
        ids.push(seen(evidence, reading.elapsed_ms, summary, fact));
    }
    ids
}

fn causes(
    families: &[FamilyAnswer],
    differ: bool,
    from: Option<&str>,
    port: u16,
    evidence: &[String],
    legacy: &[String],
) -> Vec<Candidate> {
    if differ {
        // One family is let in and the other is not: that is the cause, whatever denies it.
        let denied = families
            .iter()
            .filter(|family| family.answer.verdict != PacketVerdict::Accept)
            .count();
        let cause = sshdoctor_diagnose::catalogue::find("host-firewall-ipv6-differs");
        return match (denied, cause) {
            (1, Some(cause)) => {
                let known = sshdoctor_diagnose::catalogue::Known {
                    unit: "ssh",
                    port,
                    from: "CLIENT-ADDRESS",
                    user: "root",
                    host: "",
                };
                let mut candidate = known.candidate(cause, 0.5);
                candidate.because = "neither an address nor an option tells the family".into();
                candidate.evidence = evidence.to_vec();
                vec![candidate]
            }
            _ => Vec::new(),
        };
    }
    families.first().map_or_else(Vec::new, |family| {
        causes::candidates(&family.answer, from, port, evidence, legacy)
    })
}

/// Sources of the old tables, which run beside nftables.
fn legacy_sources(rule_set: &RuleSet) -> Vec<String> {
    rule_set
        .sources
        .iter()
        .filter(|source| {
            matches!(
                source.kind,
                SourceKind::IptablesLegacy | SourceKind::Ip6tablesLegacy
            )
        })
        .map(|source| place::shown(&source.name))
        .collect()
}

/// What changes the answer, in the words of the tool that made the rule.
fn next(families: &[FamilyAnswer], differ: bool) -> Vec<NextStep> {
    let reported = if differ { families.len() } else { 1 };
    let mut steps = Vec::new();
    for family in families.iter().take(reported) {
        let answer = &family.answer;
        if answer.verdict == PacketVerdict::Accept {
            continue;
        }
        let owner = answer.owner.iter().flat_map(|owner| {
            owner
                .change
                .iter()
                .map(|command| (format!("Change what {} does", owner.name), command))
        });
        let inserted = answer.insertions.iter().flat_map(|insertion| {
            let command = insertion.commands.first();
            command.map(|command| (format!("Let it in: {}", insertion.place), command))
        });
        for (summary, command) in owner.chain(inserted) {
            steps.push(NextStep {
                summary,
                command: command.clone(),
                place: Where::Server,
            });
        }
    }
    steps
}

fn notes(
    families: &[FamilyAnswer],
    differ: bool,
    rule_set: &RuleSet,
    reading: Reading<'_>,
) -> Vec<String> {
    let mut notes: Vec<String> = rule_set
        .problems
        .iter()
        .map(|problem| place::shown(&problem.message))
        .collect();
    if !differ
        && let [ipv4, ipv6] = families
        && ipv4.answer.rule != ipv6.answer.rule
    {
        let by = ipv6.answer.endings.first();
        let by = by.map(|ending| ending.decided_by.as_str());
        notes.push(format!(
            "For IPv6 it is the same: {} decides.",
            by.unwrap_or("no rule")
        ));
    }
    let refused = families
        .iter()
        .find_map(|family| family.answer.no_insertion.as_ref());
    if let Some(reason) = refused {
        notes.push(format!("Nothing is offered to let it in: {reason}."));
    }
    if let Some(interface) = reading.interface {
        notes.push(format!(
            "It is taken to arrive by {interface}, by which answers leave; --iface says otherwise."
        ));
    }
    notes
}
