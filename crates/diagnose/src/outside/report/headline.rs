//! The answer in one sentence.

use sshdoctor_case::{HostKeyVerdict, Outcome, Stage};

use super::{Findings, next};
use crate::outside::aim;
use crate::outside::attempt::Progress;

/// The first line of the report.
pub(super) fn headline(findings: &Findings<'_>) -> String {
    if let Some(hop) = &findings.hop {
        return format!(
            "The way to {} leads through {}, and that is where it stops. {}",
            findings.case.destination.host, hop.name, hop.headline
        );
    }
    if findings.outcome == Outcome::Open {
        return open(findings);
    }
    let what = symptom(findings);
    let Some(top) = findings.weighed.first() else {
        return format!("{what}.");
    };
    let title = top.cause.title;
    if let Some(port) = next::found_elsewhere(findings) {
        return format!("{what}: an sshd answers on port {port} instead.");
    }
    if top.probability >= 0.9 {
        return format!("{what}: {title}.");
    }
    match certain_part(findings, top.cause.stage) {
        Some(certain) => format!("{what}: {certain}, most likely because {title}."),
        None if top.probability >= 0.4 => format!("{what}: most likely {title}."),
        None => format!("{what}; of several reasons the likeliest is that {title}."),
    }
}

/// What all likely causes have in common, when they stop the connection at the same stage.
fn certain_part(findings: &Findings<'_>, stage: Stage) -> Option<&'static str> {
    let share: f64 = findings
        .weighed
        .iter()
        .filter(|weighed| weighed.cause.stage == stage)
        .map(|weighed| weighed.probability)
        .sum();
    if share < 0.8 {
        return None;
    }
    match (stage, findings.outcome) {
        (Stage::Listener, Outcome::Refused) => Some("nothing listens there"),
        (Stage::NetworkFirewall, _) => Some("a firewall on the way stops it"),
        (Stage::HostFirewall, _) => Some("its firewall stops it"),
        _ => None,
    }
}

fn open(findings: &Findings<'_>) -> String {
    let name = findings.name.as_str();
    let port = findings.port;
    let failing = findings
        .fates
        .focus()
        .filter(|(_, attempt)| attempt.progress() < Progress::Open);
    if let (Some((address, _)), Some(top)) = (failing, findings.weighed.first()) {
        let certainty = if top.probability >= 0.9 {
            ""
        } else {
            "most likely "
        };
        return format!(
            "{name} lets SSH in on port {port}, but not at {address}: {certainty}{}.",
            top.cause.title
        );
    }
    if findings.login_was_tried() {
        return format!("{name} lets you in: your own ssh logged in.");
    }
    let key = findings
        .fates
        .decisive()
        .and_then(|(_, attempt)| attempt.host_key);
    match key {
        Some(HostKeyVerdict::Match { .. }) => format!(
            "{name} lets SSH in on port {port} and shows the host key you know; no login was tried."
        ),
        _ => format!("{name} lets SSH in on port {port}; no login was tried."),
    }
}

fn symptom(findings: &Findings<'_>) -> String {
    let name = findings.name.as_str();
    let port = findings.port;
    match findings.outcome {
        Outcome::Open => format!("{name} lets SSH in on port {port}"),
        Outcome::NameNotFound => match findings.aim.as_ref() {
            Some(aim) => format!("The name {} leads to no address", aim.host),
            None => format!("The name {name} leads to no address"),
        },
        Outcome::ClientError => client_error(findings),
        Outcome::Unreachable => format!("{name} cannot be reached on port {port}"),
        Outcome::TimedOut => format!("{name} does not answer on port {port}"),
        Outcome::Refused => format!("{name} refuses SSH on port {port}"),
        Outcome::Reset => format!("{name} accepts on port {port} and resets at once"),
        Outcome::ClosedEarly => format!("{name} closes the connection before SSH begins"),
        Outcome::Silent => format!("{name} accepts on port {port} and then says nothing useful"),
        Outcome::NotSsh => format!("Port {port} of {name} does not speak SSH"),
        Outcome::NoCommonAlgorithm => {
            format!("{name} and your ssh share no common algorithm")
        }
        Outcome::KeyExchangeHung => format!("The key exchange with {name} hangs"),
        Outcome::HostKeyMismatch => {
            format!("{name} shows another host key than the one you know")
        }
        Outcome::LoginRefused => format!("{name} refuses the login"),
        Outcome::SessionFailed => format!("{name} accepts the login and then ends the session"),
        Outcome::Unknown => format!("What happens to {name} is not known"),
    }
}

fn client_error(findings: &Findings<'_>) -> String {
    match aim::client_problem(findings.case) {
        Some((problem, _)) => {
            let place = match (&problem.file, problem.line) {
                (Some(file), Some(line)) => format!(" ({file} line {line})"),
                (Some(file), None) => format!(" ({file})"),
                _ => String::new(),
            };
            format!("ssh stops before it sends anything{place}")
        }
        None => "ssh stops before it sends anything".into(),
    }
}
