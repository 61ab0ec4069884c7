//! The state of every stage.

use sshdoctor_case::{ConnectOutcome, Outcome, Stage, StageFinding, StageState};

use super::{Findings, phrases, stage_of_outcome};
use crate::outside::reading::{Reading, Sourced};

/// A stage before the one that stops counts as passed when less than this is believed to stop there.
const NEGLIGIBLE: f64 = 0.02;

/// The stage that stops the connection; `None` when nothing does.
pub(super) fn stopped(findings: &Findings<'_>) -> Option<Stage> {
    let by_outcome = stage_of_outcome(findings.outcome)?;
    if findings.hop.is_some() {
        return Some(Stage::Route);
    }
    let accepted = by_outcome >= Stage::Banner;
    let certain = accepted || by_outcome <= Stage::Name;
    if certain {
        return match findings.weighed.first() {
            Some(top)
                if top.cause.id == "jump-host-broken" || top.cause.id == "forwarding-forbidden" =>
            {
                Some(Stage::Route)
            }
            // Which algorithm is missing shows in the key exchange; a protocol too old, already in the banner.
            Some(top)
                if findings.outcome == Outcome::NoCommonAlgorithm
                    && top.cause.stage == Stage::Banner =>
            {
                Some(Stage::Banner)
            }
            _ => Some(by_outcome),
        };
    }
    // Before acceptance the packet's fate tells no stage by itself: the likeliest cause does.
    let by_cause = findings.weighed.first().map(|top| top.cause.stage);
    Some(match by_cause {
        Some(stage) if stage > Stage::Name && stage <= Stage::Listener => stage,
        Some(Stage::Client) => Stage::Client,
        _ => by_outcome,
    })
}

/// Every stage, in order.
pub(super) fn stages(findings: &Findings<'_>, stopped: Option<Stage>) -> Vec<StageFinding> {
    Stage::ALL
        .into_iter()
        .map(|stage| StageFinding {
            stage,
            state: state(findings, stopped, stage),
            summary: summary(findings, stopped, stage),
            evidence: evidence(findings, stage),
        })
        .collect()
}

fn state(findings: &Findings<'_>, stopped: Option<Stage>, stage: Stage) -> StageState {
    let Some(stop) = stopped else {
        return match stage {
            Stage::Authentication | Stage::Session if !findings.login_was_tried() => {
                StageState::Unknown
            }
            Stage::KeyExchange | Stage::HostKey
                if findings.fates.each.is_empty() && !findings.login_was_tried() =>
            {
                StageState::Unknown
            }
            _ => StageState::Passed,
        };
    };
    match stage.cmp(&stop) {
        std::cmp::Ordering::Equal => StageState::Stopped,
        std::cmp::Ordering::Greater => {
            let possible = share_at(findings, stage) >= NEGLIGIBLE && !accepted(findings);
            if possible && stage <= Stage::Listener {
                StageState::Unknown
            } else {
                StageState::NotReached
            }
        }
        std::cmp::Ordering::Less => {
            if accepted(findings) || share_at(findings, stage) < NEGLIGIBLE {
                StageState::Passed
            } else {
                StageState::Unknown
            }
        }
    }
}

fn accepted(findings: &Findings<'_>) -> bool {
    findings
        .fates
        .decisive()
        .is_some_and(|(_, attempt)| matches!(attempt.connect, Some(ConnectOutcome::Connected)))
}

/// How much of the belief has the connection stop at a stage.
fn share_at(findings: &Findings<'_>, stage: Stage) -> f64 {
    findings
        .weighed
        .iter()
        .filter(|weighed| weighed.cause.stage == stage)
        .map(|weighed| weighed.probability)
        .sum()
}

fn evidence(findings: &Findings<'_>, stage: Stage) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for sourced in about(findings, stage) {
        for id in &sourced.evidence {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
    }
    ids
}

fn summary(findings: &Findings<'_>, stopped: Option<Stage>, stage: Stage) -> String {
    if findings.outcome == Outcome::Open && stage >= Stage::Authentication {
        return if findings.login_was_tried() {
            String::new()
        } else {
            "not tried".into()
        };
    }
    if stopped.is_some_and(|stop| stage > stop) {
        return String::new();
    }
    // Where the packet's own fate is what stops it, that fate is the summary.
    let fate = (stopped == Some(stage) && stage > Stage::Name && stage <= Stage::Listener)
        .then(|| {
            let is_target = |sourced: &&Sourced| matches!(sourced.reading, Reading::Target(_));
            findings.belief.readings().iter().find(is_target)
        })
        .flatten();
    fate.or_else(|| about(findings, stage).next())
        .map(|sourced| phrases::phrase(findings, &sourced.reading))
        .unwrap_or_default()
}

/// The readings that speak of a stage.
fn about<'a>(findings: &'a Findings<'_>, stage: Stage) -> impl Iterator<Item = &'a Sourced> {
    findings
        .belief
        .readings()
        .iter()
        .filter(move |sourced| stage_of(&sourced.reading) == Some(stage))
}

fn stage_of(reading: &Reading) -> Option<Stage> {
    Some(match reading {
        Reading::Named(id) => crate::catalogue::find(id)?.stage,
        Reading::Fits(causes) => crate::catalogue::find(&causes.first()?.0)?.stage,
        Reading::ClientFine => Stage::Client,
        Reading::Names(_) => Stage::Name,
        Reading::Route(_) | Reading::Echo(_) => Stage::Route,
        Reading::Trace(_) | Reading::Via(_) => Stage::NetworkFirewall,
        Reading::Control(_) | Reading::ResetTtl(_) => Stage::HostFirewall,
        Reading::Target(_) | Reading::Errno(..) | Reading::Local(_) | Reading::Elsewhere(_) => {
            Stage::Listener
        }
        Reading::FirstBytes(_) | Reading::Again(_) => Stage::Banner,
        Reading::Exchange(_) | Reading::SmallSegments(_) => Stage::KeyExchange,
        Reading::HostKey(_) => Stage::HostKey,
        Reading::Login { authenticated, .. } => {
            if *authenticated {
                Stage::Session
            } else {
                Stage::Authentication
            }
        }
        Reading::HostNameReplaced(_) | Reading::OtherAddresses(_) => return None,
    })
}
