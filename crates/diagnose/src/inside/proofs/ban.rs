//! What turns away single sources before they can log in.

use sshdoctor_case::Outcome;

use super::{config, quote, service};
use crate::inside::{Proof, Server};

/// tcp wrappers refuse the client.
pub(crate) fn tcp_wrappers(server: &Server<'_>) -> Option<Proof> {
    let wrappers = server.tcp_wrappers?;
    if wrappers.fact.linked == Some(false) {
        return None;
    }
    let rule = wrappers.fact.rule.as_ref().filter(|rule| !rule.allows)?;
    let text = rule.text.to_string();
    Some(
        Proof::stops(
            Outcome::ClosedEarly,
            format!(
                "tcp wrappers refuse {}: line {} of {}.",
                server.client(),
                rule.line,
                rule.file
            ),
        )
        .link("sshd closes the connection before a word")
        .link(format!("{} line {}", rule.file, rule.line))
        .by(wrappers.id)
        .quoting(sshdoctor_case::Quotation {
            source: rule.file.to_string(),
            line: Some(rule.line),
            text,
            mark: None,
            label: String::new(),
        }),
    )
}

/// sshd itself keeps the source away for a while.
pub(crate) fn per_source_penalty(server: &Server<'_>) -> Option<Proof> {
    let from = server.question.from?.to_string();
    let (log, line) = server.logged(&["penalty"])?;
    let text = line.message.as_str();
    let is_fresh = line
        .at_ms
        .is_none_or(|at| server.now_ms.saturating_sub(at) < LONGEST_PENALTY_MS);
    if !text.contains("drop connection") || !text.contains(&from) || !is_fresh {
        return None;
    }
    Some(
        Proof::stops(
            Outcome::ClosedEarly,
            format!("sshd keeps {from} away for a while (PerSourcePenalties)."),
        )
        .link("sshd closes the connection before its banner")
        .link(format!("it logged: {text}"))
        .by(log)
        .quoting(quote::log_line(line)),
    )
}

/// `max` of PerSourcePenalties where nothing else is configured: ten minutes (`sshd_config(5)`).
const LONGEST_PENALTY_MS: i64 = 600_000;

/// sshd drops connections, since too many wait for their login.
pub(crate) fn max_startups(server: &Server<'_>) -> Option<Proof> {
    full_now(server).or_else(|| super::logged::dropped_connections(server))
}

fn full_now(server: &Server<'_>) -> Option<Proof> {
    let processes = server.processes?;
    let master = service::serving(server)?;
    let (now, begin, full) = master.startups?;
    if now < begin.max(1) {
        return None;
    }
    let words = format!(
        "{now} connections wait for their login; sshd begins to drop at {begin} and drops all at {full}"
    );
    let answer = if now >= full {
        format!("sshd drops every new connection: {now} wait for their login already.")
    } else {
        format!("sshd drops new connections at random: {now} wait for their login already.")
    };
    let proof = Proof::stops(Outcome::ClosedEarly, answer)
        .link("sshd closes the connection before its banner")
        .link(words)
        .by(processes.id);
    Some(config::quoting_setting(
        server,
        proof,
        "maxstartups",
        "the limit",
    ))
}

/// Too many failed logins closed the account.
pub(crate) fn faillock(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let (failures, most) = account.fact.faillock?;
    let pam_counts = server.pam.is_some_and(|pam| {
        pam.fact
            .rules
            .iter()
            .any(|rule| rule.module.as_str().contains("pam_faillock"))
    });
    if most == 0 || failures < most || !pam_counts {
        return None;
    }
    let name = &account.fact.name;
    Some(
        Proof::stops(
            Outcome::LoginRefused,
            format!("The account {name} is closed after {failures} failed logins (pam_faillock)."),
        )
        .link(format!(
            "{failures} failed logins, and {most} close the account"
        ))
        .by(account.id)
        .mended_by(format!("faillock --user {name} --reset")),
    )
}
