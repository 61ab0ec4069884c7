//! From proofs to the report of a server.

use std::collections::BTreeMap;

use sshdoctor_case::{
    Candidate, Case, Evidence, Later, NextStep, Obstacle, Outcome, PacketVerdict, REPORT_SCHEMA,
    Report, Stage, StageFinding, StageState, TargetSummary, Where,
};

use super::{
    Force, Proof, Server, fact_line,
    walk::{self, Step},
};
use crate::catalogue::{self, Cause, Known};

/// What stands for the client's address where it was not given.
const UNKNOWN_FROM: &str = "CLIENT-ADDRESS";

/// A cause with what proves it.
struct Proved {
    cause: &'static Cause,
    proof: Proof,
}

impl Proved {
    /// Where it stops the client.
    fn stage(&self) -> Stage {
        self.proof.stage.unwrap_or(self.cause.stage)
    }
}

/// The report on what a server showed; nothing for a case without a server.
pub(crate) fn report(case: &Case) -> Option<Report> {
    let server = Server::of(case)?;
    let proved = proved(&server);
    let (stops, others): (Vec<Proved>, Vec<Proved>) = proved
        .into_iter()
        .partition(|proved| proved.proof.force == Force::Stops);
    let steps = walk::steps(&server);
    let stops = reasons(stops);
    let stages = stages(&steps, &stops);
    let outcome = outcome(&stages, &steps, &stops);
    let mut causes = stops.iter().map(|stop| candidate(&server, stop, 1.0));
    let first = causes.next();
    let then = causes.collect();
    Some(Report {
        schema: REPORT_SCHEMA.into(),
        command: "here".into(),
        headline: headline(&server, &steps, &stages, &stops),
        target: target(&server),
        outcome,
        both_ends: None,
        stages,
        causes: first.into_iter().collect(),
        then,
        later: later(&server, &others),
        ruled_out: Vec::new(),
        next: next(&server, &stops),
        notes: notes(&others, &server),
        ssh_port_connections: 0,
        evidence: evidence(case),
    })
}

/// Every cause that the facts prove, in the order of the catalogue.
fn proved(server: &Server<'_>) -> Vec<Proved> {
    catalogue::all()
        .filter_map(|cause| {
            let proof = cause.on_server?(server)?;
            Some(Proved { cause, proof })
        })
        .collect()
}

/// The causes that no other one explains, each with the links of those that it does explain before its own, in the order of their
/// stages.
fn reasons(stops: Vec<Proved>) -> Vec<Proved> {
    let mut explained: BTreeMap<&'static str, Proved> = BTreeMap::new();
    let mut kept: Vec<Proved> = Vec::new();
    let ids: Vec<(&'static str, &'static [&'static str])> = stops
        .iter()
        .map(|stop| (stop.cause.id, stop.proof.explains))
        .collect();
    for stop in stops {
        let is_explained = ids.iter().any(|(id, explains)| {
            *id != stop.cause.id
                && explains.contains(&stop.cause.id)
                && !stop.proof.explains.contains(id)
        });
        if is_explained {
            explained.insert(stop.cause.id, stop);
        } else {
            kept.push(stop);
        }
    }
    for reason in &mut kept {
        let stage = reason
            .proof
            .explains
            .iter()
            .filter_map(|id| explained.get(id))
            .map(|symptom| symptom.stage())
            .chain([reason.stage()])
            .min()
            .unwrap_or(reason.stage());
        let mut links: Vec<String> = Vec::new();
        for id in reason.proof.explains {
            if let Some(symptom) = explained.get(id) {
                for link in &symptom.proof.links {
                    if !links.contains(link) {
                        links.push(link.clone());
                    }
                }
                for id in &symptom.proof.evidence {
                    reason.proof.add_evidence(id);
                }
                if stage == symptom.stage() {
                    reason.proof.outcome = symptom.proof.outcome;
                }
            }
        }
        links.append(&mut reason.proof.links);
        reason.proof.links = links;
    }
    kept.sort_by_key(|reason| reason.stage());
    kept
}

/// What each stage shows, with what was proved to stop there.
fn stages(steps: &[Step], stops: &[Proved]) -> Vec<StageFinding> {
    let stopped_at = stops
        .iter()
        .map(|stop| stop.stage())
        .chain(
            steps
                .iter()
                .filter(|step| step.state == StageState::Stopped)
                .map(|step| step.stage),
        )
        .min();
    steps
        .iter()
        .map(|step| {
            let stop = stops.iter().find(|stop| stop.stage() == step.stage);
            let (state, summary, evidence) = match stop {
                Some(stop) => (
                    StageState::Stopped,
                    stop.proof
                        .links
                        .first()
                        .cloned()
                        .unwrap_or_else(|| stop.cause.title.to_owned()),
                    stop.proof.evidence.clone(),
                ),
                None => (step.state, step.summary.clone(), step.evidence.clone()),
            };
            StageFinding {
                stage: step.stage,
                state: if stopped_at.is_some_and(|stopped| step.stage > stopped)
                    && state == StageState::Unknown
                {
                    StageState::NotReached
                } else {
                    state
                },
                summary,
                evidence,
            }
        })
        .collect()
}

fn outcome(stages: &[StageFinding], steps: &[Step], stops: &[Proved]) -> Outcome {
    let Some(stopped) = first_stop(stages) else {
        return Outcome::Open;
    };
    stops
        .iter()
        .find(|stop| stop.stage() == stopped)
        .map(|stop| stop.proof.outcome)
        .or_else(|| {
            let step = steps.iter().find(|step| step.stage == stopped)?;
            Some(step.outcome)
        })
        .unwrap_or(Outcome::Open)
}

fn first_stop(stages: &[StageFinding]) -> Option<Stage> {
    stages
        .iter()
        .find(|finding| finding.state == StageState::Stopped)
        .map(|finding| finding.stage)
}

fn headline(
    server: &Server<'_>,
    steps: &[Step],
    stages: &[StageFinding],
    stops: &[Proved],
) -> String {
    if let Some(stop) = stops.first() {
        return stop.proof.answer.clone();
    }
    let client = server.client();
    if let Some(stage) = first_stop(stages) {
        let summary = steps
            .iter()
            .find(|step| step.stage == stage)
            .map_or("", |step| step.summary.as_str());
        return format!("{client} cannot get in here: {summary}.");
    }
    let whose = match server.question.from {
        Some(from) => format!("keeps {from} out"),
        None => "keeps clients out".to_owned(),
    };
    if takes_root(server) {
        return format!(
            "Nothing that can be seen without root {whose}; with root more can be seen."
        );
    }
    let port = server.port();
    if server.question.root.is_some() {
        return format!(
            "Nothing in the files of this system {whose}; what only a running system shows was not seen."
        );
    }
    if let Some(doubt) = doubt(server, stages) {
        return format!("Nothing that can be seen on this server {whose}, but {doubt}");
    }
    format!(
        "Nothing on this server {whose}: port {port} is open to it, as far as can be seen here."
    )
}

/// What stands between the client and sshd and cannot be told, as a sentence that goes on.
fn doubt(server: &Server<'_>, stages: &[StageFinding]) -> Option<String> {
    let unknown = |stage| {
        let mut findings = stages.iter();
        findings.find(|finding: &&StageFinding| {
            finding.stage == stage && finding.state == StageState::Unknown
        })
    };
    if let Some(finding) = unknown(Stage::HostFirewall) {
        let said = server
            .packet_filter
            .iter()
            .find(|seen| seen.answer.verdict == PacketVerdict::Unknown);
        let words = said.map_or(finding.summary.clone(), |seen| first_small(seen.summary));
        return Some(format!(
            "what its packet filter does cannot be told: {}.",
            words.trim_end_matches('.')
        ));
    }
    let finding = unknown(Stage::Listener)?;
    Some(format!(
        "what listens there cannot be told: {}.",
        finding.summary
    ))
}

/// A sentence as it goes on after a colon.
fn first_small(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}

fn takes_root(server: &Server<'_>) -> bool {
    server
        .not_seen
        .iter()
        .any(|(_, obstacle, _)| *obstacle == Obstacle::Privilege)
}

fn target(server: &Server<'_>) -> TargetSummary {
    let host = match (&server.question.root, &server.system) {
        (Some(root), _) => format!("the system below {root}"),
        (None, Some(system)) => system.fact.host_name.to_string(),
        (None, None) => "this host".to_owned(),
    };
    TargetSummary {
        given: server
            .question
            .to
            .map(|to| to.to_string())
            .unwrap_or_default(),
        host,
        port: server.port(),
        user: server.question.user.clone(),
        addresses: server.question.to.into_iter().collect(),
    }
}

fn candidate(server: &Server<'_>, proved: &Proved, probability: f64) -> Candidate {
    let from = server
        .question
        .from
        .map_or_else(|| UNKNOWN_FROM.to_owned(), |from| from.to_string());
    let known = Known {
        unit: server.service_name(),
        port: server.port(),
        from: &from,
        user: server.question.user.as_deref().unwrap_or("root"),
        host: "",
    };
    let mut candidate = known.candidate(proved.cause, probability);
    candidate.because = proved.proof.links.last().cloned().unwrap_or_default();
    candidate.chain.clone_from(&proved.proof.links);
    candidate.quotation.clone_from(&proved.proof.quotation);
    candidate.evidence.clone_from(&proved.proof.evidence);
    if !proved.proof.commands.is_empty() {
        candidate.remedy.commands.clone_from(&proved.proof.commands);
        candidate.remedy.commands_without_systemd.clear();
    }
    candidate
}

fn later(server: &Server<'_>, others: &[Proved]) -> Vec<Later> {
    others
        .iter()
        .filter(|proved| proved.proof.force == Force::Later)
        .map(|proved| Later {
            id: proved.cause.id.into(),
            summary: proved.proof.answer.clone(),
            command: proved
                .proof
                .commands
                .first()
                .map(|command| command.replace("{unit}", server.service_name()))
                .unwrap_or_default(),
            evidence: proved.proof.evidence.clone(),
        })
        .collect()
}

fn next(server: &Server<'_>, stops: &[Proved]) -> Vec<NextStep> {
    let Some(stop) = stops.first() else {
        return where_nothing_stops(server);
    };
    let candidate = candidate(server, stop, 1.0);
    let commands =
        if without_systemd(server) && !candidate.remedy.commands_without_systemd.is_empty() {
            candidate.remedy.commands_without_systemd
        } else {
            candidate.remedy.commands
        };
    vec![NextStep {
        summary: candidate.remedy.summary,
        command: commands.join("; "),
        place: stop.cause.remedy.place,
    }]
}

fn where_nothing_stops(server: &Server<'_>) -> Vec<NextStep> {
    let mut steps = Vec::new();
    if takes_root(server) {
        steps.push(NextStep {
            summary: "Look again with root".into(),
            command: "sudo sshdoctor here".into(),
            place: Where::Server,
        });
    }
    steps.push(NextStep {
        summary: "what keeps the client out lies before this server: the address, the way, or a \
            firewall of the provider"
            .into(),
        command: "sshdoctor check HOST".into(),
        place: Where::Client,
    });
    steps
}

fn without_systemd(server: &Server<'_>) -> bool {
    server
        .init
        .is_some_and(|init| init.fact.kind != sshdoctor_case::InitKind::Systemd)
}

fn notes(others: &[Proved], server: &Server<'_>) -> Vec<String> {
    let odd = others
        .iter()
        .filter(|proved| proved.proof.force == Force::Note)
        .map(|proved| proved.proof.answer.clone());
    let mut notes: Vec<String> = odd.collect();
    let mut hidden: Vec<&str> = server
        .not_seen
        .iter()
        .filter(|(_, obstacle, _)| *obstacle == Obstacle::Privilege)
        .map(|(sight, ..)| fact_line::sight_words(*sight))
        .collect();
    hidden.sort_unstable();
    hidden.dedup();
    if !hidden.is_empty() {
        notes.push(format!(
            "Not seen, since it takes root: {}.",
            hidden.join(", ")
        ));
    }
    notes
}

fn evidence(case: &Case) -> Vec<Evidence> {
    case.observations
        .iter()
        .map(|observation| Evidence {
            id: observation.id.clone(),
            vantage: observation.vantage.clone(),
            at_ms: observation.at_ms,
            elapsed_ms: observation.elapsed_ms,
            summary: crate::outside::fact_summary(&observation.fact),
            fact: observation.fact.clone(),
        })
        .collect()
}
