//! The ranked causes and those ruled out.

use sshdoctor_case::{Candidate, Case, Outcome, Remedy, RuledOut, Stage};

use super::{Findings, commands, outcome, phrases};
use crate::catalogue::Cause;
use crate::outside::attempt::Progress;
use crate::outside::belief::{Belief, Weighed};
use crate::outside::focus::Fates;
use crate::outside::reading::Sourced;

/// Causes below this share are not listed.
const LEAST_SHARE: f64 = 0.004;

/// Most causes listed.
const MOST_CAUSES: usize = 24;

/// Causes rarer than this, on the catalogue's scale, are not worth a line when they are ruled out.
const LEAST_PRIOR_RULED_OUT: f64 = 2.0;

/// Most causes listed as ruled out.
const MOST_RULED_OUT: usize = 16;

/// Weighs the causes of what stopped the connection; none where nothing did.
pub(super) fn weigh(
    case: &Case,
    belief: &Belief,
    outcome: Outcome,
    fates: &Fates<'_>,
) -> Vec<Weighed> {
    let some_address_fails = fates
        .focus()
        .is_some_and(|(_, attempt)| attempt.progress() < Progress::Open);
    if outcome == Outcome::Open && !some_address_fails {
        return Vec::new();
    }
    let logged_in = outcome::login(case).is_some();
    let after_login = |cause: &Cause| matches!(cause.stage, Stage::Authentication | Stage::Session);
    belief
        .causes(|cause| logged_in || !after_login(cause))
        .into_iter()
        .filter(|weighed| weighed.probability >= LEAST_SHARE)
        .take(MOST_CAUSES)
        .collect()
}

/// The ranked causes for the report.
pub(super) fn candidates(findings: &Findings<'_>) -> Vec<Candidate> {
    let top = findings.weighed.first().map(|weighed| weighed.cause);
    findings
        .weighed
        .iter()
        .map(|weighed| candidate(findings, weighed, top))
        .collect()
}

fn candidate(findings: &Findings<'_>, weighed: &Weighed, top: Option<&'static Cause>) -> Candidate {
    let cause = weighed.cause;
    let speaking: Vec<&Sourced> = findings.belief.speaking_for(cause);
    let mut evidence: Vec<String> = Vec::new();
    for id in speaking.iter().flat_map(|sourced| &sourced.evidence) {
        if !evidence.contains(id) {
            evidence.push(id.clone());
        }
    }
    let is_top = top.is_some_and(|top| std::ptr::eq(top, cause));
    let alike = !is_top && top.is_some_and(|top| findings.belief.look_alike(top, cause));
    let because = match &findings.hop {
        Some(hop) if cause.id == "jump-host-broken" => hop.headline.clone(),
        _ if alike => "cannot be told apart from outside".to_owned(),
        _ => phrases::because(findings, &speaking),
    };
    let because = if because == cause.title {
        String::new()
    } else {
        because
    };
    Candidate {
        id: cause.id.into(),
        probability: weighed.probability,
        summary: cause.title.into(),
        because,
        chain: Vec::new(),
        quotation: None,
        evidence,
        confirm: commands::expand_all(findings, cause.confirm.usual),
        confirm_without_systemd: commands::expand_all(findings, cause.confirm.without_systemd),
        remedy: Remedy {
            summary: cause.remedy.summary.into(),
            commands: commands::expand_all(findings, cause.remedy.commands.usual),
            commands_without_systemd: commands::expand_all(
                findings,
                cause.remedy.commands.without_systemd,
            ),
            avoid: cause.avoid.into(),
        },
    }
}

/// The causes that the evidence contradicts, commonest first, as far as they concern stages up to the one that stops.
pub(super) fn ruled_out(findings: &Findings<'_>, stopped: Option<Stage>) -> Vec<RuledOut> {
    if findings.hop.is_some() || findings.aim.is_none() {
        // What was seen is about a jump host or a command, not about the destination.
        return Vec::new();
    }
    let last = stopped.unwrap_or(Stage::HostKey);
    let mut contradicted: Vec<_> = findings
        .belief
        .contradicted()
        .into_iter()
        .filter(|entry| {
            entry.cause.stage <= last
                && entry.cause.stage > Stage::Client
                && entry.cause.prior.weight >= LEAST_PRIOR_RULED_OUT
                && !findings
                    .weighed
                    .iter()
                    .any(|weighed| std::ptr::eq(weighed.cause, entry.cause))
        })
        .collect();
    // First what would have looked the same at first sight, then what is common anyway.
    contradicted.sort_by(|a, b| {
        let alike = |cause| findings.belief.explains_target(cause);
        alike(b.cause)
            .cmp(&alike(a.cause))
            .then(b.cause.prior.weight.total_cmp(&a.cause.prior.weight))
    });
    contradicted
        .into_iter()
        .take(MOST_RULED_OUT)
        .map(|entry| RuledOut {
            id: entry.cause.id.into(),
            summary: entry.cause.title.into(),
            because: entry
                .by
                .iter()
                .max_by_key(|sourced| phrases::weight(&sourced.reading))
                .map(|sourced| phrases::phrase(findings, &sourced.reading))
                .unwrap_or_default(),
            evidence: entry
                .by
                .iter()
                .flat_map(|sourced| sourced.evidence.clone())
                .collect(),
        })
        .collect()
}
