//! The one command that would settle it.

use sshdoctor_case::{NextStep, Stage, Where};

use super::{answer::Answer, attempt::Decision};
use crate::{catalogue::Known, outside::belief::Weighed};

/// Best first.
pub(super) fn steps(
    answer: &Answer<'_>,
    decision: &Decision,
    causes: &[Weighed],
    known: &Known<'_>,
) -> Vec<NextStep> {
    let mut steps = Vec::new();
    let Some(top) = causes.first() else {
        steps.extend(check(answer, decision));
        return steps;
    };
    if decision.stage == Stage::Client {
        if let Some((file, line)) = faulty_line(decision.line.text().as_str()) {
            steps.push(step(
                "Mend or remove this line",
                format!("sed -n {line}p '{file}'"),
                Where::Client,
            ));
            return steps;
        }
        let command = known.fill(
            top.cause
                .remedy
                .commands
                .usual
                .first()
                .copied()
                .unwrap_or_default(),
        );
        steps.push(step(
            top.cause.remedy.summary,
            command,
            top.cause.remedy.place,
        ));
        return steps;
    }
    if answer.is_servers() || answer.other.is_some() {
        steps.push(here(answer));
    } else {
        steps.extend(check(answer, decision));
        if top.cause.remedy.place == Where::Server && decision.stage >= Stage::Listener {
            steps.push(here(answer));
        }
    }
    let by_hand = top
        .cause
        .confirm
        .usual
        .iter()
        .map(|command| known.fill(command))
        .filter(|command| !command.starts_with("sshdoctor "))
        .collect::<Vec<_>>()
        .join("; ");
    if !by_hand.is_empty() {
        let place = top.cause.remedy.place;
        steps.push(step("or without it", by_hand, place));
    }
    steps
}

/// The file and line that `ssh` names: `/home/me/.ssh/config: line 3: …`, `/home/me/.ssh/config line 3: …`.
fn faulty_line(text: &str) -> Option<(&str, u32)> {
    let (before, after) = text.split_once(" line ")?;
    let file = before.rsplit(' ').next()?.trim_end_matches(':');
    let digits = after.split(':').next()?;
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~');
    (file.contains('/') && file.chars().all(is_fit))
        .then(|| digits.parse().ok())
        .flatten()
        .map(|line| (file, line))
}

/// `sshdoctor check` with what the text says of the destination.
fn check(answer: &Answer<'_>, decision: &Decision) -> Option<NextStep> {
    let attempt = answer.attempt?;
    let host = attempt.host.as_deref()?;
    let login = if decision.stage >= Stage::Authentication {
        " --login"
    } else {
        ""
    };
    let port = match attempt.port {
        Some(port) if port != 22 => format!(" -p {port}"),
        _ => String::new(),
    };
    let user = attempt
        .user
        .as_ref()
        .map(|user| format!("{user}@"))
        .unwrap_or_default();
    let summary = if attempt.through_jump {
        "Ask anew, with the jump host as ssh has it configured"
    } else {
        "Ask the network itself"
    };
    Some(step(
        summary,
        format!("sshdoctor check{login}{port} {user}{host}"),
        Where::Client,
    ))
}

fn here(answer: &Answer<'_>) -> NextStep {
    let server = answer
        .other
        .or(answer.attempt)
        .filter(|attempt| attempt.side == super::sign::Side::Server);
    let client = answer
        .attempt
        .filter(|attempt| attempt.side == super::sign::Side::Client);
    let from = server
        .and_then(|attempt| attempt.from.clone())
        .map(|from| format!(" --from {from}"))
        .unwrap_or_default();
    let port = client
        .and_then(|attempt| attempt.port)
        .filter(|port| *port != 22)
        .map(|port| format!(" --port {port}"))
        .unwrap_or_default();
    let user = server
        .and_then(|attempt| attempt.user.clone())
        .or_else(|| client.and_then(|attempt| attempt.user.clone()))
        .map(|user| format!(" --user {user}"))
        .unwrap_or_default();
    step(
        "Look from the inside",
        format!("sshdoctor here{from}{port}{user}"),
        Where::Server,
    )
}

fn step(summary: &str, command: String, place: Where) -> NextStep {
    NextStep {
        summary: summary.into(),
        command,
        place,
    }
}
