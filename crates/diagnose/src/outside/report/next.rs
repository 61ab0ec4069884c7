//! What to do next.

use sshdoctor_case::{
    ConfigProblem, Fact, HostKeyVerdict, NextStep, Outcome, PortRole, Stage, Where,
};

use super::{Findings, commands};
use crate::catalogue::Cause;
use crate::outside::aim;

/// Best first.
pub(super) fn steps(findings: &Findings<'_>) -> Vec<NextStep> {
    let mut steps = Vec::new();
    if let Some(hop) = &findings.hop {
        steps.push(step(
            "See what stops the jump host",
            format!("sshdoctor check {}", hop.name),
            Where::Client,
        ));
    }
    let Some(top) = findings.weighed.first() else {
        if findings.outcome == Outcome::Open && !findings.login_was_tried() {
            steps.push(step(
                "If ssh still does not let you in, try the login as well",
                check_again(findings, "--login"),
                Where::Client,
            ));
        }
        return steps;
    };
    if findings.outcome == Outcome::Open {
        remedy(findings, top.cause, top.cause.remedy.place, &mut steps);
        return steps;
    }
    if let Some((problem, _)) = aim::client_problem(findings.case)
        && top.cause.id == "client-config-invalid"
    {
        steps.push(mend_configuration(problem));
        return steps;
    }
    if let Some(fingerprint) = unexpected_key(findings) {
        compare_keys(findings, fingerprint, &mut steps);
        steps.push(here(findings));
        return steps;
    }
    let elsewhere = found_elsewhere(findings);
    if let Some(port) = elsewhere {
        steps.push(step(
            "Use the port where an sshd answers, after comparing its host key",
            format!("ssh -p {port} {}", findings.case.destination.host),
            Where::Client,
        ));
    }
    match top.cause.remedy.place {
        Where::Server => on_the_server(findings, top.cause, &mut steps),
        Where::Client | Where::Provider | Where::JumpHost => {
            if findings.hop.is_none() && elsewhere.is_none() {
                remedy(findings, top.cause, top.cause.remedy.place, &mut steps);
            }
        }
    }
    settle_from_outside(findings, &mut steps);
    let server_possible = findings
        .weighed
        .iter()
        .any(|weighed| weighed.cause.remedy.place == Where::Server && weighed.probability > 0.05);
    if top.cause.remedy.place != Where::Server && server_possible && findings.hop.is_none() {
        steps.push(here(findings));
    }
    steps
}

/// The line or file that `ssh` named.
fn mend_configuration(problem: &ConfigProblem) -> NextStep {
    let (summary, command) = match (&problem.file, problem.line) {
        (Some(file), Some(line)) => (
            "Mend or remove this line",
            format!("sed -n {line}p '{file}'"),
        ),
        (Some(file), None) if problem.message.as_str().contains("permissions") => (
            "ssh reads the file only if it is yours and nobody else can write to it",
            format!("chmod go-w '{file}'; ls -l '{file}'"),
        ),
        (Some(file), None) => ("See whether the file is there", format!("ls -l '{file}'")),
        (None, _) => ("Correct the option that ssh names", String::new()),
    };
    step(summary, command, Where::Client)
}

/// The fingerprint of a key that is not the remembered one.
fn unexpected_key<'a>(findings: &Findings<'a>) -> Option<&'a str> {
    let case = findings.case;
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::HostKey {
            role: PortRole::Target,
            fingerprint,
            verdict: HostKeyVerdict::Mismatch { .. } | HostKeyVerdict::OtherTypeOnly { .. },
            ..
        } => Some(fingerprint.as_str()),
        _ => None,
    })
}

/// A changed key is accepted only after the server itself has shown that it is its own.
fn compare_keys(findings: &Findings<'_>, fingerprint: &str, steps: &mut Vec<NextStep>) {
    steps.push(step(
        &format!("You were shown {fingerprint}"),
        "for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $k; done".into(),
        server(findings),
    ));
    let name = findings
        .aim
        .as_ref()
        .map_or(findings.name.as_str(), |aim| aim.host.as_str());
    let entry = match findings.port {
        22 => name.to_owned(),
        port => format!("'[{name}]:{port}'"),
    };
    steps.push(step(
        "If the server shows the same, forget the old key",
        format!("ssh-keygen -R {entry}"),
        Where::Client,
    ));
}

/// On the console: the other half of the diagnosis, and by hand what confirms the likeliest cause. On this very machine the hand
/// is already there.
fn on_the_server(findings: &Findings<'_>, cause: &Cause, steps: &mut Vec<NextStep>) {
    let by_hand = commands::expand_all(findings, cause.confirm.usual)
        .into_iter()
        .filter(|command| !command.starts_with("sshdoctor "))
        .collect::<Vec<_>>()
        .join("; ");
    if server(findings) == Where::Client {
        steps.push(step("See what is wrong", by_hand, Where::Client));
        remedy(findings, cause, Where::Client, steps);
        return;
    }
    steps.push(here(findings));
    steps.push(step("or without it", by_hand, Where::Server));
}

fn here(findings: &Findings<'_>) -> NextStep {
    let user = match findings.outcome {
        Outcome::LoginRefused | Outcome::SessionFailed => aim::config(findings.case)
            .map(|config| format!(" --user {}", config.user))
            .unwrap_or_default(),
        _ => String::new(),
    };
    step(
        "Look from the inside",
        format!(
            "sshdoctor here --from {} --port {}{user}",
            commands::from(findings),
            findings.port
        ),
        server(findings),
    )
}

/// Where the server's commands are typed: here, when this machine is the server.
fn server(findings: &Findings<'_>) -> Where {
    let here = findings
        .focus
        .is_some_and(|address| aim::is_this_machine(findings.case, address));
    if here { Where::Client } else { Where::Server }
}

fn remedy(findings: &Findings<'_>, cause: &Cause, place: Where, steps: &mut Vec<NextStep>) {
    let commands = commands::expand_all(findings, cause.remedy.commands.usual);
    steps.push(step(
        cause.remedy.summary,
        commands.into_iter().next().unwrap_or_default(),
        place,
    ));
}

/// The one question that would tell the leading causes apart and was not asked.
fn settle_from_outside(findings: &Findings<'_>, steps: &mut Vec<NextStep>) {
    if !findings.case.settings.via.is_empty() || findings.hop.is_some() {
        return;
    }
    let source_matters: f64 = findings
        .weighed
        .iter()
        .filter(|weighed| {
            weighed.cause.worlds.iter().any(|weighted| {
                weighted
                    .world
                    .filter
                    .is_some_and(|filter| filter.this_source_only)
            })
        })
        .map(|weighed| weighed.probability)
        .sum();
    if (0.05..0.95).contains(&source_matters) {
        steps.push(step(
            "Whether only your address is refused, another host you can log in to will show",
            check_again(findings, "--via OTHER-HOST"),
            Where::Client,
        ));
    }
}

fn check_again(findings: &Findings<'_>, option: &str) -> String {
    let port = findings
        .case
        .options
        .port
        .map(|port| format!(" -p {port}"))
        .unwrap_or_default();
    format!(
        "sshdoctor check {option}{port} {}",
        findings.case.destination.given
    )
}

/// A port other than the target's on which an sshd identified itself, when the target's listener is what fails.
pub(super) fn found_elsewhere(findings: &Findings<'_>) -> Option<u16> {
    let top = findings.weighed.first()?;
    if top.cause.stage > Stage::Listener {
        return None;
    }
    findings.sshd_on_other_port()
}

fn step(summary: &str, command: String, place: Where) -> NextStep {
    NextStep {
        summary: summary.into(),
        command,
        place,
    }
}
