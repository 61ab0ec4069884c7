//! From belief to report.

mod causes;
mod commands;
mod evidence_line;
mod headline;
mod next;
mod notes;
mod outcome;
mod phrases;
mod stages;

use std::net::IpAddr;

use sshdoctor_case::{
    BannerOutcome, Case, Evidence, Fact, Outcome, PortRole, REPORT_SCHEMA, Report, ServerQuestion,
    Stage, TargetSummary,
};

use super::aim::{self, Aim};
use super::attempt::Progress;
use super::belief::{Belief, Weighed};
use super::evidence;
use super::focus::Fates;
use super::inquiry::DROPPED;
use super::planning;
use super::reading::{Reading, Sourced};

/// Everything the parts of the report are made from.
pub(crate) struct Findings<'a> {
    pub(crate) case: &'a Case,
    /// The machine in question, as sentences call it, and its port.
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) aim: Option<Aim>,
    pub(crate) fates: Fates<'a>,
    pub(crate) focus: Option<IpAddr>,
    pub(crate) belief: Belief,
    pub(crate) outcome: Outcome,
    /// Most probable first.
    pub(crate) weighed: Vec<Weighed>,
    /// What stops the first jump host, when it is not open.
    pub(crate) hop: Option<Box<Hop>>,
}

/// The diagnosis of a jump host that does not let SSH in.
pub(crate) struct Hop {
    pub(crate) name: String,
    pub(crate) headline: String,
}

/// A fact in one line.
pub(crate) fn fact_summary(fact: &Fact) -> String {
    evidence_line::summary(fact)
}

/// The report on a case.
pub(crate) fn report(case: &Case) -> Report {
    let findings = findings(case);
    let stopped = stages::stopped(&findings);
    Report {
        schema: REPORT_SCHEMA.into(),
        command: "check".into(),
        headline: headline::headline(&findings),
        target: target(&findings),
        outcome: findings.outcome,
        both_ends: None,
        stages: stages::stages(&findings, stopped),
        causes: causes::candidates(&findings),
        then: Vec::new(),
        later: Vec::new(),
        ruled_out: causes::ruled_out(&findings, stopped),
        next: next::steps(&findings),
        notes: notes::notes(&findings),
        ssh_port_connections: findings
            .aim
            .as_ref()
            .map_or(0, |aim| planning::completed_connections(case, aim)),
        evidence: case
            .observations
            .iter()
            .filter(|o| !was_dropped(&o.fact))
            .map(|o| Evidence {
                id: o.id.clone(),
                vantage: o.vantage.clone(),
                at_ms: o.at_ms,
                elapsed_ms: o.elapsed_ms,
                summary: evidence_line::summary(&o.fact),
                fact: o.fact.clone(),
            })
            .collect(),
    }
}

/// What the server is to be asked.
pub(crate) fn question_for_server(case: &Case) -> ServerQuestion {
    let findings = findings(case);
    ServerQuestion {
        // Behind a jump host the server sees that host's address, which is not known here.
        from: findings
            .aim
            .as_ref()
            .filter(|aim| aim.jump.is_none())
            .and_then(|_| commands::seen_by_server(&findings)),
        to: findings
            .focus
            .or_else(|| target(&findings).addresses.first().copied()),
        port: Some(target_port(case)),
        user: target(&findings).user,
        root: None,
        cloud: false,
    }
}

/// A question that was dropped because the answer no longer needed it is no evidence.
pub(super) fn was_dropped(fact: &Fact) -> bool {
    matches!(fact, Fact::NotObserved { reason, .. } if reason.as_str() == DROPPED)
}

fn findings(case: &Case) -> Findings<'_> {
    let whole = aim::aim(case);
    let hop_open = whole.as_ref().is_some_and(|aim| {
        Fates::of(case, aim)
            .decisive()
            .is_some_and(|(_, attempt)| attempt.progress() == Progress::Open)
    });
    match &whole {
        // The host that the ProxyCommand goes through is open: what the command itself said decides.
        Some(_) if hop_open && aim::proxy_command(case).is_some() => direct(case, None),
        Some(aim) if aim.jump.is_some() && hop_open => behind_jumps(case, whole),
        Some(aim) if aim.jump.is_some() => broken_hop(case, whole),
        _ => direct(case, whole),
    }
}

fn direct(case: &Case, aim: Option<Aim>) -> Findings<'_> {
    let fates = aim
        .as_ref()
        .map_or_else(|| Fates { each: Vec::new() }, |aim| Fates::of(case, aim));
    let focus = fates.focus().map(|(address, _)| *address);
    let readings = evidence::readings(case, aim.as_ref(), focus);
    let setting = evidence::setting(case, aim.as_ref(), focus);
    let belief = Belief::new(readings, setting);
    let outcome = outcome::outcome(case, aim.as_ref(), &fates);
    let weighed = causes::weigh(case, &belief, outcome, &fates);
    let (name, port) = match &aim {
        Some(aim) if aim.jump.is_some() => (aim.host.clone(), aim.port),
        _ => (case.destination.host.clone(), target_port(case)),
    };
    Findings {
        case,
        name,
        port,
        aim,
        fates,
        focus,
        belief,
        outcome,
        weighed,
        hop: None,
    }
}

/// The first jump host lets SSH in: what the last one that was asked saw of the next machine decides.
fn behind_jumps(case: &Case, aim: Option<Aim>) -> Findings<'_> {
    let belief = Belief::new(
        evidence::behind_jumps(case),
        evidence::setting(case, None, None),
    );
    let outcome = outcome::behind_jumps(case);
    let fates = Fates { each: Vec::new() };
    let weighed = causes::weigh(case, &belief, outcome, &fates);
    let findings = Findings {
        case,
        name: case.destination.host.clone(),
        port: target_port(case),
        aim,
        fates,
        focus: None,
        belief,
        outcome,
        weighed,
        hop: None,
    };
    match aim::unreached_jump(case) {
        Some((jump, port)) => {
            let name = jump.clone();
            through(
                Findings {
                    name,
                    port,
                    ..findings
                },
                jump,
            )
        }
        None => findings,
    }
}

/// The first jump host does not let SSH in: it is diagnosed like any host, and that is the cause.
fn broken_hop(case: &Case, aim: Option<Aim>) -> Findings<'_> {
    let jump = aim.as_ref().and_then(|aim| aim.jump.clone());
    through(direct(case, aim), jump.unwrap_or_default())
}

/// What stops a jump host is what stops the way through it.
fn through(hop: Findings<'_>, jump: String) -> Findings<'_> {
    let evidence = hop
        .belief
        .readings()
        .iter()
        .flat_map(|sourced| sourced.evidence.clone())
        .collect();
    let broken = Sourced {
        reading: Reading::Named("jump-host-broken".into()),
        evidence,
    };
    let belief = Belief::new(vec![broken], evidence::setting(hop.case, None, None));
    let weighed = causes::weigh(hop.case, &belief, Outcome::ClosedEarly, &hop.fates);
    let headline = headline::headline(&hop);
    Findings {
        name: hop.case.destination.host.clone(),
        port: target_port(hop.case),
        belief,
        weighed,
        hop: Some(Box::new(Hop {
            name: jump,
            headline,
        })),
        ..hop
    }
}

/// The port that the person wants to reach.
fn target_port(case: &Case) -> u16 {
    aim::config(case).map_or_else(
        || case.options.port.or(case.destination.port).unwrap_or(22),
        |config| config.port,
    )
}

fn target(findings: &Findings<'_>) -> TargetSummary {
    let case = findings.case;
    let config = aim::config(case);
    let addresses = match &findings.aim {
        Some(aim) if aim.jump.is_none() => aim.addresses.clone(),
        _ => config.map_or_else(Vec::new, |config| aim::addresses(case, &config.host_name)),
    };
    TargetSummary {
        given: case.destination.given.clone(),
        host: config.map_or_else(
            || case.destination.host.clone(),
            |config| config.host_name.clone(),
        ),
        port: target_port(case),
        user: config
            .map(|config| config.user.clone())
            .or_else(|| case.destination.user.clone()),
        addresses,
    }
}

impl Findings<'_> {
    /// The remembered or customary port on which an sshd of the address in question identified itself.
    pub(crate) fn sshd_on_other_port(&self) -> Option<u16> {
        self.case.observations.iter().find_map(|o| match &o.fact {
            Fact::Banner {
                to,
                role: PortRole::Remembered | PortRole::Customary,
                outcome: BannerOutcome::Identified { .. },
                ..
            } if Some(to.ip()) == self.focus => Some(to.port()),
            _ => None,
        })
    }

    /// A stage that only the person's login reaches.
    pub(crate) fn login_was_tried(&self) -> bool {
        outcome::login(self.case).is_some()
    }
}

/// The stage at which an outcome after acceptance stops.
pub(crate) fn stage_of_outcome(outcome: Outcome) -> Option<Stage> {
    match outcome {
        Outcome::Open | Outcome::Unknown => None,
        Outcome::ClientError => Some(Stage::Client),
        Outcome::NameNotFound => Some(Stage::Name),
        Outcome::Unreachable | Outcome::TimedOut => Some(Stage::Route),
        Outcome::Refused => Some(Stage::Listener),
        Outcome::Reset | Outcome::ClosedEarly | Outcome::Silent | Outcome::NotSsh => {
            Some(Stage::Banner)
        }
        Outcome::NoCommonAlgorithm | Outcome::KeyExchangeHung => Some(Stage::KeyExchange),
        Outcome::HostKeyMismatch => Some(Stage::HostKey),
        Outcome::LoginRefused => Some(Stage::Authentication),
        Outcome::SessionFailed => Some(Stage::Session),
    }
}
