//! Limits on what sshd and the account may have: files, processes, memory.

use sshdoctor_case::{Outcome, Stage, Unit};

use super::{quote, service};
use crate::inside::{Proof, Seen, Server};

/// sshd or the account may not have another process, another file or more memory.
pub(crate) fn process_limit(server: &Server<'_>) -> Option<Proof> {
    too_few_files(server)
        .or_else(|| too_few_tasks(server))
        .or_else(|| too_little_memory(server))
        .or_else(|| too_few_processes_of_account(server))
        .or_else(|| could_not_fork(server))
}

/// Fewer file descriptors than this do not suffice for a connection.
const TOO_FEW_FILES: u64 = 16;

fn too_few_files(server: &Server<'_>) -> Option<Proof> {
    let processes = server.processes?;
    let master = service::serving(server)?;
    let (used, most) = master
        .open_files
        .filter(|(_, most)| *most < TOO_FEW_FILES)?;
    let words = format!(
        "sshd (process {}) may open {most} files, and has {used} open",
        master.pid
    );
    let proof = Proof::stops(
        Outcome::ClosedEarly,
        format!("sshd cannot serve a connection: {words}."),
    )
    .at(Stage::Banner)
    .link(words)
    .by(processes.id);
    Some(match server.service() {
        Some(unit) => service::changed_by(proof, unit.fact).by(unit.id),
        None => proof,
    })
}

fn too_few_tasks(server: &Server<'_>) -> Option<Proof> {
    let unit = server.service()?;
    let (most, now) = tasks(&unit).filter(|(most, now)| now >= most)?;
    let words = format!(
        "{} has {now} tasks, and {most} is the most it may have",
        unit.fact.name
    );
    Some(
        Proof::stops(
            Outcome::ClosedEarly,
            format!("sshd cannot start another process: {words}."),
        )
        .link(words)
        .by(unit.id),
    )
}

fn tasks(unit: &Seen<'_, Unit>) -> Option<(u64, u64)> {
    let (most, now) = unit.fact.tasks?;
    (most > 0).then_some((most, now))
}

/// The unit leaves sshd less memory than it takes to start, as sshd or the dynamic loader says.
fn too_little_memory(server: &Server<'_>) -> Option<Proof> {
    let unit = server.service()?;
    let limits: Vec<&str> = unit
        .fact
        .memory_limits
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .collect();
    if limits.is_empty() || !server.nothing_listens() {
        return None;
    }
    let (log, line) = server.logged(&[
        "failed to map segment from shared object",
        "annot allocate memory",
        "out of memory",
    ])?;
    let words = format!("{} sets {} (bytes)", unit.fact.name, limits.join(" and "));
    let proof = Proof::stops(
        Outcome::Refused,
        format!("sshd cannot start for want of memory: {words}."),
    )
    .link(format!("sshd logged: {}", line.message))
    .link(words)
    .by(log)
    .quoting(quote::log_line(line))
    .explaining(&[
        "sshd-stopped",
        "sshd-restart-loop",
        "sshd-library-mismatch",
        "out-of-memory",
    ]);
    Some(service::changed_by(proof, unit.fact).by(unit.id))
}

/// PAM gives a session of the account no more processes than it has already (`RLIMIT_NPROC`, which does not hold for root).
fn too_few_processes_of_account(server: &Server<'_>) -> Option<Proof> {
    let resources = server.resources?;
    let account = server.account?;
    let pam = server.pam?;
    let (used, most) = resources
        .fact
        .processes
        .account
        .filter(|(used, most)| used >= most)?;
    let sets_limits = pam.fact.rules.iter().any(|rule| {
        rule.kind.as_str().ends_with("session") && rule.module.as_str().contains("pam_limits")
    });
    if account.fact.uid == Some(0) || !sets_limits || server.setting("usepam") == Some("no") {
        return None;
    }
    let name = &account.fact.name;
    let mut words = format!("{name} may have {most} processes and has {used}");
    if let Some((file, line)) = &resources.fact.processes.account_limited_by {
        words = format!("{words}, by {file} line {line}");
    }
    let proof = Proof::stops(
        Outcome::SessionFailed,
        format!("The account cannot start another process: {words}."),
    )
    .at(Stage::Session)
    .link(words)
    .by(resources.id)
    .by(pam.id);
    Some(match fork_failed(server) {
        Some((log, line)) => proof.by(log).quoting(quote::log_line(line)),
        None => proof,
    })
}

/// Lines older than this tell of another time, in milliseconds.
const RECENT_MS: i64 = 600_000;

fn fork_failed<'a>(server: &Server<'a>) -> Option<(&'a str, &'a sshdoctor_case::LogLine)> {
    let (log, line) = server.logged(&[
        "fork: Resource temporarily unavailable",
        "fork of unprivileged child failed",
    ])?;
    let is_recent = line
        .at_ms
        .is_none_or(|at| server.now_ms.saturating_sub(at) < RECENT_MS);
    is_recent.then_some((log, line))
}

fn could_not_fork(server: &Server<'_>) -> Option<Proof> {
    let (log, line) = fork_failed(server)?;
    let in_session = line.message.as_str().contains("do_exec");
    let proof = if in_session {
        Proof::stops(
            Outcome::SessionFailed,
            format!(
                "The account cannot start another process: {}.",
                line.message
            ),
        )
        .at(Stage::Session)
    } else {
        Proof::stops(
            Outcome::ClosedEarly,
            format!("sshd cannot start another process: {}.", line.message),
        )
        .at(Stage::Banner)
    };
    Some(
        proof
            .link(format!("sshd logged: {}", line.message))
            .by(log)
            .quoting(quote::log_line(line)),
    )
}
