//! From the story of a text to its report.

use std::net::IpAddr;

use sshdoctor_case::{
    Candidate, Evidence, Fact, Outcome, Quotation, REPORT_SCHEMA, Report, Stage, StageFinding,
    StageState, TargetSummary, Vantage,
};

use super::{
    Explanation, Verdict,
    answer::{Answer, answer},
    attempt::{Attempt, Decision, Told},
    headline,
    message::Quoted,
    next,
    sign::{Phase, Side},
    story::Story,
    weigh::{Weighing, weigh},
};
use crate::{catalogue::Known, outside::belief::Weighed};

/// What stands for the client's address where the text does not name it.
const UNKNOWN_FROM: &str = "YOUR-PUBLIC-ADDRESS";

/// Most earlier attempts that a note names.
const MOST_EARLIER: usize = 4;

/// What the story comes to.
pub(super) fn explanation(story: &Story, source: &str, lines: u64) -> Explanation {
    let answer = answer(story);
    let (verdict, report) = match answer.decision {
        Some(decision) if !story.is_a_program() => {
            (Verdict::Failed, failure(story, &answer, decision, source))
        }
        None if story.understood > 0 && !story.is_a_program() => (
            Verdict::Fine,
            report(
                story,
                &answer,
                headline::of_success(&answer),
                success(&answer),
                source,
            ),
        ),
        _ => (
            Verdict::NotUnderstood,
            report(
                story,
                &answer,
                format!(
                    "Nothing in {source} is known: none of its {lines} lines is one of ssh or sshd."
                ),
                Outcome::Unknown,
                source,
            ),
        ),
    };
    Explanation { verdict, report }
}

fn success(answer: &Answer<'_>) -> Outcome {
    if answer.attempt.is_some_and(|attempt| attempt.works) {
        Outcome::Open
    } else {
        Outcome::Unknown
    }
}

fn failure(story: &Story, answer: &Answer<'_>, decision: &Decision, source: &str) -> Report {
    let weighing = weigh(answer, decision, story.speaker.platform);
    let mut report = report(
        story,
        answer,
        headline::of_failure(answer, decision, &weighing.causes),
        decision.outcome,
        source,
    );
    let user = report.target.user.clone();
    let host = report.target.host.clone();
    let from = answer
        .other
        .or(answer.attempt)
        .and_then(|attempt| attempt.from.clone());
    let known = Known {
        unit: "ssh",
        port: report.target.port,
        from: from.as_deref().unwrap_or(UNKNOWN_FROM),
        user: user.as_deref().unwrap_or("USER"),
        host: if host.is_empty() { "HOST" } else { &host },
    };
    let Weighing { causes, ruled_out } = weighing;
    let stage = stage(decision, &causes);
    report.stages = stages(answer, decision, stage);
    report.causes = causes
        .iter()
        .map(|weighed| candidate(weighed, decision, &known, source))
        .collect();
    report.next = next::steps(answer, decision, &causes, &known);
    report.ruled_out = ruled_out;
    report
}

/// Where a connection that met silence stops, only the likeliest cause can tell.
fn stage(decision: &Decision, causes: &[Weighed]) -> Stage {
    let on_the_way = |stage: Stage| {
        matches!(
            stage,
            Stage::Route | Stage::NetworkFirewall | Stage::HostFirewall | Stage::Listener
        )
    };
    match causes.first() {
        Some(top)
            if matches!(decision.told, Told::Connect(_))
                && on_the_way(decision.stage)
                && on_the_way(top.cause.stage) =>
        {
            top.cause.stage
        }
        _ => decision.stage,
    }
}

fn candidate(weighed: &Weighed, decision: &Decision, known: &Known<'_>, source: &str) -> Candidate {
    Candidate {
        because: because(decision).into(),
        quotation: Some(quotation(&decision.line, source)),
        evidence: vec!["e1".into()],
        ..known.candidate(weighed.cause, weighed.probability)
    }
}

fn because(decision: &Decision) -> &'static str {
    match &decision.told {
        Told::Connect(_) => "cannot be told apart by these words",
        Told::Denial => "the server does not say why",
        Told::Sign(_, causes) if causes.len() == 1 => "the line says so",
        Told::Sign(..) | Told::Name(_) => "fits the line",
    }
}

fn quotation(line: &Quoted, source: &str) -> Quotation {
    Quotation {
        source: source.into(),
        line: u32::try_from(line.number).ok(),
        text: line.text().as_str().to_owned(),
        mark: None,
        label: String::new(),
    }
}

/// The report without causes.
fn report(
    story: &Story,
    answer: &Answer<'_>,
    headline: String,
    outcome: Outcome,
    source: &str,
) -> Report {
    Report {
        schema: REPORT_SCHEMA.into(),
        command: "explain".into(),
        headline,
        target: target(answer),
        outcome,
        both_ends: None,
        stages: Stage::ALL
            .into_iter()
            .map(|stage| finding(stage, without_failure(answer, stage)))
            .collect(),
        causes: Vec::new(),
        then: Vec::new(),
        later: Vec::new(),
        ruled_out: Vec::new(),
        next: Vec::new(),
        notes: notes(story, answer),
        ssh_port_connections: 0,
        evidence: evidence(answer, source),
    }
}

fn finding(stage: Stage, state: StageState) -> StageFinding {
    StageFinding {
        stage,
        state,
        summary: String::new(),
        evidence: Vec::new(),
    }
}

fn without_failure(answer: &Answer<'_>, stage: Stage) -> StageState {
    let passed = answer
        .attempt
        .filter(|attempt| attempt.works || attempt.phase > Phase::Begun)
        .is_some_and(|attempt| {
            if attempt.works && attempt.side == Side::Client {
                attempt.phase >= Phase::Authenticated
            } else {
                stage < attempt.phase.stage()
            }
        });
    if passed {
        StageState::Passed
    } else {
        StageState::Unknown
    }
}

fn stages(answer: &Answer<'_>, decision: &Decision, stops: Stage) -> Vec<StageFinding> {
    let by_client = !answer.is_servers();
    let mut findings: Vec<StageFinding> = Stage::ALL
        .into_iter()
        .map(|stage| {
            let state = if stage == stops {
                StageState::Stopped
            } else if stage > stops {
                StageState::NotReached
            } else if is_passed(answer, stage, stops, by_client) {
                StageState::Passed
            } else {
                StageState::Unknown
            };
            let mut finding = finding(stage, state);
            if state == StageState::Stopped {
                finding.summary =
                    format!("line {}: {}", decision.line.number, decision.line.text());
                finding.evidence = vec!["e1".into()];
            }
            finding
        })
        .collect();
    let mark = answer
        .attempt
        .and_then(|attempt| attempt.mark.as_ref())
        .filter(|mark| mark.number < decision.line.number);
    let last_passed = findings
        .iter_mut()
        .rfind(|finding| finding.state == StageState::Passed);
    if let (Some(mark), Some(finding)) = (mark, last_passed) {
        finding.summary = format!("line {}: {}", mark.number, mark.text());
    }
    findings
}

/// An earlier stage is passed where the connection came farther than it could otherwise.
fn is_passed(answer: &Answer<'_>, stage: Stage, stops: Stage, by_client: bool) -> bool {
    if stops >= Stage::Banner {
        return by_client || stage >= Stage::Listener;
    }
    let phase = answer.attempt.map_or(Phase::Begun, |attempt| attempt.phase);
    by_client && (stage <= Stage::Name || (phase > Phase::Connecting && stage <= Stage::Listener))
}

fn target(answer: &Answer<'_>) -> TargetSummary {
    let attempt = answer.attempt;
    let text = |field: fn(&Attempt) -> Option<&String>| attempt.and_then(field).cloned();
    let host = text(|attempt| attempt.host.as_ref()).unwrap_or_default();
    let user = text(|attempt| attempt.user.as_ref());
    let addresses: Vec<IpAddr> = attempt
        .map(|attempt| {
            attempt
                .addresses
                .iter()
                .map(|(address, ..)| address.as_str())
                .chain([host.as_str()])
                .filter_map(|address| address.parse().ok())
                .collect()
        })
        .unwrap_or_default();
    TargetSummary {
        given: match &user {
            Some(user) if !host.is_empty() => format!("{user}@{host}"),
            _ => host.clone(),
        },
        host,
        port: attempt.and_then(|attempt| attempt.port).unwrap_or(22),
        user,
        addresses,
    }
}

fn notes(story: &Story, answer: &Answer<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if story.attempts > 1 {
        let earlier: Vec<String> = story
            .earlier
            .iter()
            .rev()
            .take(MOST_EARLIER)
            .map(|attempt| {
                let stage = attempt.stage.map_or("no end seen", Stage::id);
                if attempt.words.is_empty() {
                    format!("line {} ({stage})", attempt.line)
                } else {
                    format!("line {} ({stage}: {})", attempt.line, attempt.words)
                }
            })
            .collect();
        notes.push(format!(
            "{} attempts are in this text; the last decides. Before it: {}.",
            story.attempts,
            earlier.join("; ")
        ));
    }
    if let Some(attempt) = answer.attempt.filter(|attempt| attempt.addresses.len() > 1) {
        let each: Vec<String> = attempt
            .addresses
            .iter()
            .map(|(address, errno, line)| format!("{address} (line {}: {errno:?})", line.number))
            .collect();
        notes.push(format!(
            "Several addresses were tried, and ssh names only the last error: {}.",
            each.join(", ")
        ));
    }
    if let Some(program) = &story.speaker.program {
        notes.push(format!("The client is {program}."));
    }
    notes
}

/// The decisive line, the one that shows how far the connection had come, and those that hint at more.
fn evidence(answer: &Answer<'_>, source: &str) -> Vec<Evidence> {
    let mut lines: Vec<(Vantage, &Quoted)> = Vec::new();
    let mut add = |side, line| {
        if !lines.iter().any(|(_, known)| *known == line) {
            lines.push((vantage(side), line));
        }
    };
    let attempts = || answer.attempt.into_iter().chain(answer.other);
    if let Some(decision) = answer.decision {
        let is_of = |attempt: &&Attempt| {
            attempt
                .decision
                .as_ref()
                .is_some_and(|own| std::ptr::eq(own, decision))
        };
        let side = attempts()
            .find(is_of)
            .map_or(Side::Client, |attempt| attempt.side);
        add(side, &decision.line);
    }
    for attempt in attempts() {
        let decisive = attempt.decision.as_ref().map(|decision| &decision.line);
        let hints = attempt.hints.iter().map(|(_, line)| line);
        for line in decisive.into_iter().chain(&attempt.mark).chain(hints) {
            add(attempt.side, line);
        }
    }
    lines
        .into_iter()
        .enumerate()
        .map(|(index, (vantage, line))| Evidence {
            id: format!("e{}", index + 1),
            vantage,
            at_ms: 0.0,
            elapsed_ms: 0.0,
            summary: format!("{source} line {}: {}", line.number, line.text()),
            fact: Fact::TextLine {
                source: source.into(),
                line: line.number,
                text: line.text(),
            },
        })
        .collect()
}

fn vantage(side: Side) -> Vantage {
    match side {
        Side::Client => Vantage::client(),
        Side::Server => Vantage::server(),
    }
}
