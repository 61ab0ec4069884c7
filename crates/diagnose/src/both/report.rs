//! The two reports become one.

use sshdoctor_case::{
    BothEnds, Candidate, Case, Contradiction, NextStep, Outcome, Report, Stage, StageFinding,
    StageState, Where,
};

use super::agreement::{self, Agreement};
use super::machine::{self, Machine};
use super::words;
use crate::catalogue::{self, Known};
use crate::inside::{self, Server};
use crate::outside;

/// What remains of a cause's odds when the server sees its stage and does not show it. It is not nothing: the two ends are not looked
/// at in the same moment.
const CONTRADICTED_BY_SERVER: f64 = 0.02;

/// Causes by which a client reaches another machine than it means.
const LEADS_ELSEWHERE: [&str; 4] = [
    "dns-wrong-address",
    "client-override-wrong-address",
    "address-changed",
    "nat-forward-wrong",
];

/// How sure it is that one of [`LEADS_ELSEWHERE`] is the cause when another machine answers.
const ELSEWHERE_SHARE: f64 = 0.97;

/// Both ends, each by itself, and what they show together.
struct Ends<'a> {
    client: Report,
    server: Report,
    facts: &'a Server<'a>,
    machine: Machine,
    agreement: Agreement,
}

/// The one report.
pub(super) fn report(client_end: &Case, server_end: &Case) -> Option<Report> {
    let facts = Server::of(server_end)?;
    let client = outside::diagnose(client_end);
    let server = inside::report(server_end)?;
    let machine = machine::of(client_end, &facts);
    let ends = Ends {
        agreement: agreement::of(&client, &server),
        machine,
        client,
        server,
        facts: &facts,
    };
    let mut contradictions = ends.contradictions();
    contradictions.extend(machine::differences(client_end, &facts));
    let (causes, then) = ends.causes();
    let both_ends = BothEnds {
        client_at: client_end.recorded_at,
        server_at: server_end.recorded_at,
        client_outcome: ends.client.outcome,
        server_outcome: ends.server.outcome,
        contradictions,
    };
    let named: Vec<&str> = causes.iter().map(|cause| cause.id.as_str()).collect();
    let mut ruled_out = ends.client.ruled_out.clone();
    ruled_out.retain(|ruled_out| !named.contains(&ruled_out.id.as_str()));
    Some(Report {
        headline: ends.headline(),
        outcome: ends.outcome(),
        stages: ends.stages(),
        next: ends.next(&causes),
        both_ends: Some(both_ends),
        causes,
        then,
        ruled_out,
        later: ends.server.later.clone(),
        notes: [ends.client.notes.clone(), ends.server.notes.clone()].concat(),
        evidence: [ends.client.evidence.clone(), ends.server.evidence.clone()].concat(),
        ..ends.client
    })
}

/// Whoever looked at the stage knows whether it lets the client pass.
const fn is_seen(finding: &StageFinding) -> bool {
    matches!(finding.state, StageState::Passed | StageState::Stopped)
}

impl Ends<'_> {
    fn another_machine(&self) -> bool {
        matches!(self.machine, Machine::Other { .. })
    }

    /// The client stopped before a packet of it went out.
    fn sent_nothing(&self) -> bool {
        matches!(
            self.client.outcome,
            Outcome::NameNotFound | Outcome::ClientError
        )
    }

    fn own_key_was_taken_for_another(&self) -> bool {
        matches!(self.machine, Machine::This { .. })
            && self.client.outcome == Outcome::HostKeyMismatch
    }

    fn headline(&self) -> String {
        let target = &self.client.target;
        if self.another_machine() {
            return format!(
                "{} port {} leads to another machine than this server: the host key that answers there is none of its own.",
                target.host, target.port
            );
        }
        if self.own_key_was_taken_for_another() {
            return "The host key that you were shown is this server's own: it is the remembered one that is old."
                .to_owned();
        }
        let server = &self.server;
        match self.agreement {
            Agreement::Open => "Both ends find the way open: the client got through, and nothing on this server keeps it out."
                .to_owned(),
            Agreement::Same => server.headline.clone(),
            Agreement::BeforeServer if self.sent_nothing() => self.client.headline.clone(),
            Agreement::BeforeServer => self.before_server(),
            Agreement::Unexplained => self.client.headline.clone(),
            Agreement::Further => format!(
                "The two ends disagree: {}, but by what this server shows {}.",
                words::client_met(self.client.outcome),
                words::server_does(server.outcome)
            ),
        }
    }

    /// What the client meets is none of this server's doing.
    fn before_server(&self) -> String {
        let what = match self.client.outcome {
            Outcome::Refused | Outcome::Reset => {
                "What refuses the client is not this server, but something before it or another machine"
            }
            _ => {
                "The client's packets do not arrive at this server: they are lost before it, or go to another machine"
            }
        };
        if self.server.outcome == Outcome::Open {
            format!("{what}. This server would let them in.")
        } else {
            let behind = self.server.headline.trim_end_matches('.');
            format!("{what}. Behind that waits another stop: {behind}.")
        }
    }

    fn outcome(&self) -> Outcome {
        match self.agreement {
            Agreement::Same | Agreement::Further => {
                if self.client.outcome == Outcome::Open || self.agreement == Agreement::Further {
                    self.server.outcome
                } else {
                    self.client.outcome
                }
            }
            Agreement::Open | Agreement::BeforeServer | Agreement::Unexplained => {
                self.client.outcome
            }
        }
    }

    /// What stops now, and what would stop after that.
    fn causes(&self) -> (Vec<Candidate>, Vec<Candidate>) {
        if self.another_machine() {
            return (self.elsewhere(), Vec::new());
        }
        match self.agreement {
            Agreement::Open => (Vec::new(), Vec::new()),
            Agreement::Same | Agreement::Further if !self.server.causes.is_empty() => {
                (self.server.causes.clone(), self.server.then.clone())
            }
            _ => (self.reweighed(), self.proved().cloned().collect()),
        }
    }

    /// Every stop that the server proves.
    fn proved(&self) -> impl Iterator<Item = &Candidate> {
        self.server.causes.iter().chain(&self.server.then)
    }

    /// The client's causes, with what the server shows of each.
    fn reweighed(&self) -> Vec<Candidate> {
        let mut causes = self.client.causes.clone();
        let listed: f64 = causes.iter().map(|cause| cause.probability).sum();
        for cause in &mut causes {
            if self.is_unlikely_by_server(&cause.id) {
                cause.probability *= CONTRADICTED_BY_SERVER;
            }
        }
        let rest: f64 = causes.iter().map(|cause| cause.probability).sum();
        if rest > 0.0 {
            for cause in &mut causes {
                cause.probability *= listed / rest;
            }
        }
        causes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        causes
    }

    /// The server would show this cause, sees its stage, and does not show it.
    fn is_unlikely_by_server(&self, id: &str) -> bool {
        if self.own_key_was_taken_for_another() {
            return id != "host-key-changed";
        }
        let Some(cause) = catalogue::find(id) else {
            return false;
        };
        cause.on_server.is_some()
            && self.server.finding(cause.stage).is_some_and(is_seen)
            && !self.proved().any(|proved| proved.id == id)
    }

    /// By what a client comes to reach another machine.
    fn elsewhere(&self) -> Vec<Candidate> {
        let Machine::Other { evidence, .. } = &self.machine else {
            return Vec::new();
        };
        let from = self.from();
        let target = &self.client.target;
        let known = Known {
            unit: self.facts.service_name(),
            port: target.port,
            from: &from,
            user: target.user.as_deref().unwrap_or("root"),
            host: &target.host,
        };
        let causes = LEADS_ELSEWHERE
            .iter()
            .filter_map(|id| catalogue::find(id))
            .collect::<Vec<_>>();
        let total: f64 = causes.iter().map(|cause| cause.prior.weight).sum();
        let mut candidates: Vec<Candidate> = causes
            .into_iter()
            .map(|cause| {
                let probability = cause.prior.weight / total * ELSEWHERE_SHARE;
                let mut candidate = known.candidate(cause, probability);
                candidate.evidence.clone_from(evidence);
                candidate.because = "the host key that answers is none of this server's".to_owned();
                candidate
            })
            .collect();
        candidates.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        candidates
    }

    fn from(&self) -> String {
        self.facts
            .question
            .from
            .map_or_else(|| "CLIENT-ADDRESS".to_owned(), |from| from.to_string())
    }

    /// Before the server by the client, on the server by the server, after that by whoever knows.
    fn stages(&self) -> Vec<StageFinding> {
        if self.another_machine() {
            return self.client.stages.clone();
        }
        let mut stages: Vec<StageFinding> = self
            .client
            .stages
            .iter()
            .map(|client| self.stage(client))
            .collect();
        if self.agreement == Agreement::BeforeServer && !self.sent_nothing() {
            for finding in &mut stages {
                if finding.stage == Stage::NetworkFirewall {
                    finding.state = StageState::Stopped;
                    finding.summary =
                        "the client's packets are lost or answered before this server".to_owned();
                }
            }
        }
        stages
    }

    fn stage(&self, client: &StageFinding) -> StageFinding {
        if let Some(finding) = self.beside_the_stop(client) {
            return finding;
        }
        match client.stage {
            Stage::Client | Stage::Name | Stage::NetworkFirewall | Stage::HostKey => client.clone(),
            Stage::Route if client.state == StageState::Stopped => client.clone(),
            _ if self.agreement == Agreement::Unexplained
                && client.state == StageState::Stopped =>
            {
                client.clone()
            }
            _ => {
                let by_server = self.server.finding(client.stage);
                by_server
                    .filter(|finding| is_seen(finding))
                    .unwrap_or(client)
                    .clone()
            }
        }
    }

    /// A stage that the client takes for the one that stops it, where the server proves another one.
    fn beside_the_stop(&self, client: &StageFinding) -> Option<StageFinding> {
        let stopped = self.server.stopped()?.stage;
        let is_proved = self.agreement == Agreement::Same;
        if !is_proved || client.stage == stopped || client.state != StageState::Stopped {
            return None;
        }
        let (state, summary) = if client.stage < stopped {
            (
                StageState::Unknown,
                "the stop at the server hides whether it stops clients too",
            )
        } else {
            (StageState::NotReached, "")
        };
        Some(StageFinding {
            state,
            summary: summary.to_owned(),
            ..client.clone()
        })
    }

    fn next(&self, causes: &[Candidate]) -> Vec<NextStep> {
        if self.own_key_was_taken_for_another() {
            let forget = |step: &&NextStep| step.command.starts_with("ssh-keygen -R");
            let known = self.client.next.iter().filter(forget).cloned();
            return known
                .map(|step| NextStep {
                    summary: "Forget the old key; the new one is proved".to_owned(),
                    ..step
                })
                .collect();
        }
        let lies_before = self.another_machine() || self.agreement == Agreement::BeforeServer;
        if !lies_before {
            return match self.agreement {
                Agreement::Same | Agreement::Further if !self.server.causes.is_empty() => {
                    self.server.next.clone()
                }
                _ => self.client.next.clone(),
            };
        }
        let mut steps = Vec::new();
        if let Some(cause) = causes.first() {
            let place =
                catalogue::find(&cause.id).map_or(Where::Client, |cause| cause.remedy.place);
            steps.push(NextStep {
                summary: cause.remedy.summary.clone(),
                command: cause.remedy.commands.first().cloned().unwrap_or_default(),
                place,
            });
        }
        if !self.sent_nothing() && !self.another_machine() {
            steps.push(self.watch());
        }
        steps
    }

    /// The one check that settles whether packets arrive.
    fn watch(&self) -> NextStep {
        let host = match self.facts.question.from {
            Some(from) => format!(" and host {from}"),
            None => String::new(),
        };
        NextStep {
            summary: "See whether anything arrives while the client tries again; nothing shown means that it is lost before \
                this server"
                .to_owned(),
            command: format!("tcpdump -ni any tcp port {}{host}", self.facts.arriving_port()),
            place: Where::Server,
        }
    }

    fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        match &self.machine {
            Machine::Other {
                fingerprint,
                evidence,
            } => found.push(Contradiction {
                summary: format!("The client was shown the host key {fingerprint}, which is none of this server's."),
                evidence: evidence.clone(),
            }),
            Machine::This {
                fingerprint,
                evidence,
            } if self.own_key_was_taken_for_another() => found.push(Contradiction {
                summary: format!("{fingerprint}, which the client does not trust, is a host key of this server."),
                evidence: evidence.clone(),
            }),
            Machine::This { .. } | Machine::Untold => {}
        }
        let why = match self.agreement {
            _ if self.another_machine() || self.own_key_was_taken_for_another() => return found,
            // The answer itself says it.
            Agreement::Open | Agreement::Same | Agreement::BeforeServer => return found,
            Agreement::Further => {
                "something changed in between, another machine answers, or the server sees the client under another address"
            }
            Agreement::Unexplained => {
                "what stops the client is elsewhere, or has changed in between"
            }
        };
        let stopped = |report: &Report| {
            let finding = report.stopped();
            finding.map_or_else(Vec::new, |finding| finding.evidence.clone())
        };
        found.push(Contradiction {
            summary: format!(
                "By the client's end {}; by this server's end {}: {why}.",
                words::client_met(self.client.outcome),
                words::server_does(self.server.outcome)
            ),
            evidence: [stopped(&self.client), stopped(&self.server)].concat(),
        });
        found
    }
}
