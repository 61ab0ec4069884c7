//! The daemon itself.

use sshdoctor_case::{InitKind, Outcome, SshdInstance, Unit};

use super::{quote, sentence::begun};
use crate::inside::{Proof, Seen, Server, ago::ago};

/// No sshd listens anywhere, and none runs.
pub(crate) fn stopped(server: &Server<'_>) -> Option<Proof> {
    let listeners = server.listeners?;
    if !server.nothing_listens() || server.sshd_listeners().next().is_some() {
        return None;
    }
    if server.masters().next().is_some() {
        return None;
    }
    let proof = Proof::stops(Outcome::Refused, answer(server))
        .link(format!("nothing listens on port {}", server.port()))
        .by(listeners.id);
    let mut proof = match server.service() {
        Some(unit) => changed_by(
            proof.link(state(&unit, server.now_ms)).by(unit.id),
            unit.fact,
        ),
        None => proof,
    };
    if let Some(boot) = server.boot
        && let Some(target) = &boot.fact.default_target
        && !matches!(target.as_str(), "multi-user.target" | "graphical.target")
    {
        proof = proof
            .link(format!(
                "the system boots into {target}, which does not start it"
            ))
            .by(boot.id);
    }
    Some(proof)
}

/// With the drop-ins that change a unit, and the program where that cannot be run.
pub(crate) fn changed_by(mut proof: Proof, unit: &Unit) -> Proof {
    let status = unit
        .failure
        .as_ref()
        .and_then(|failure| failure.exit_status);
    if status == Some(CANNOT_EXECUTE)
        && let Some(program) = unit.command.first()
    {
        proof = proof.link(format!("{program} cannot be run"));
    }
    if unit.drop_ins.is_empty() {
        return proof;
    }
    let names: Vec<&str> = unit
        .drop_ins
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .collect();
    proof.link(format!(
        "{} is changed by {}",
        unit.name,
        names.join(" and ")
    ))
}

/// Exit status of systemd where it cannot execute a program (`EXIT_EXEC`, `systemd.exec(5)`).
const CANNOT_EXECUTE: i32 = 203;

fn answer(server: &Server<'_>) -> String {
    match server.service() {
        Some(unit) => format!("sshd is not running: {}.", state(&unit, server.now_ms)),
        None => "sshd is not running.".to_owned(),
    }
}

/// The state of a unit in words: `ssh.service failed 12 minutes ago (exit status 255)`.
pub(crate) fn state(unit: &Seen<'_, Unit>, now_ms: i64) -> String {
    let unit = unit.fact;
    let when = unit
        .changed_at_ms
        .map(|then| format!(" {}", ago(then, now_ms)))
        .unwrap_or_default();
    match unit.active_state.as_str() {
        "failed" => format!("{} failed{when}{}", unit.name, how_it_failed(unit)),
        "inactive" if unit.changed_at_ms.is_none() => {
            format!("{} has not been started since the boot", unit.name)
        }
        "inactive" => format!("{} was stopped{when}", unit.name),
        "activating" => format!("{} is being started ({})", unit.name, unit.sub_state),
        other => format!("{} is {other}{when}", unit.name),
    }
}

fn how_it_failed(unit: &Unit) -> String {
    let Some(failure) = &unit.failure else {
        return String::new();
    };
    match (failure.result.as_str(), failure.exit_status, failure.signal) {
        ("start-limit-hit", ..) => " and gave up after several tries".to_owned(),
        ("oom-kill", ..) => " (killed for lack of memory)".to_owned(),
        ("timeout", ..) => " (it took too long)".to_owned(),
        (_, _, Some(signal)) => format!(" (killed by signal {signal})"),
        (_, Some(status), _) if status != 0 => format!(" (exit status {status})"),
        ("success", ..) => String::new(),
        (result, ..) => format!(" ({result})"),
    }
}

/// No sshd is on the disk, and no unit for one.
pub(crate) fn not_installed(server: &Server<'_>) -> Option<Proof> {
    let program = server.program?;
    if program.fact.path.is_some() || server.takers().next().is_some() {
        return None;
    }
    if let Some(file) = &program.fact.not_executable {
        let words = format!("{file} is there, and nobody may execute it");
        return Some(
            Proof::stops(
                Outcome::Refused,
                format!("sshd cannot be started: {words}."),
            )
            .link(words)
            .by(program.id)
            .explaining(&["sshd-stopped", "sshd-restart-loop"])
            .mended_by(format!(
                "chmod 755 {file}; systemctl start {}",
                server.service_name()
            )),
        );
    }
    let words = "no SSH server is installed: there is no sshd in any usual place";
    Some(
        Proof::stops(Outcome::Refused, format!("{}.", begun(words)))
            .link(words)
            .by(program.id)
            .explaining(&["sshd-stopped"]),
    )
}

/// systemd gave up starting it, or starts it again and again.
pub(crate) fn restart_loop(server: &Server<'_>) -> Option<Proof> {
    let unit = server.service()?;
    let result = unit
        .fact
        .failure
        .as_ref()
        .map(|failure| failure.result.as_str());
    let said = server.logged(&["Start request repeated too quickly", "start-limit-hit"]);
    let gave_up = result == Some("start-limit-hit")
        || (unit.fact.active_state.as_str() == "failed" && said.is_some());
    let again = unit.fact.sub_state.as_str() == "auto-restart";
    if !(gave_up || again) || server.takers().next().is_some() {
        return None;
    }
    let words = if again {
        format!(
            "{} ends soon after each start and is started again",
            unit.fact.name
        )
    } else {
        format!(
            "{} was started too often and is not started any more",
            unit.fact.name
        )
    };
    Some(
        changed_by(
            Proof::stops(Outcome::Refused, format!("sshd is not running: {words}.")).link(words),
            unit.fact,
        )
        .by(unit.id)
        .explaining(&["sshd-stopped"]),
    )
}

/// The listening process is stopped, or stuck in the kernel.
pub(crate) fn hung(server: &Server<'_>) -> Option<Proof> {
    let processes = server.processes?;
    let master = serving(server)?;
    let words = match master.state {
        'T' | 't' => format!(
            "sshd (process {}) is stopped by a signal or a debugger",
            master.pid
        ),
        'D' => match &master.waits_in {
            Some(place) => format!(
                "sshd (process {}) is stuck in the kernel, waiting in {place}",
                master.pid
            ),
            None => format!("sshd (process {}) is stuck in the kernel", master.pid),
        },
        _ => return None,
    };
    let proof = Proof::stops(Outcome::Silent, format!("{}.", begun(&words)))
        .link("the kernel accepts the connection and nobody answers")
        .link(words)
        .by(processes.id);
    Some(if matches!(master.state, 'T' | 't') {
        proof.mended_by(format!("kill -CONT {}", master.pid))
    } else {
        proof
    })
}

/// The sshd process that takes the client's connections.
pub(crate) fn serving<'a>(server: &Server<'a>) -> Option<&'a SshdInstance> {
    let holders: Vec<u32> = server
        .takers()
        .flat_map(|listener| &listener.owners)
        .map(|owner| owner.pid)
        .collect();
    server
        .masters()
        .find(|master| holders.contains(&master.pid))
}

/// The file that the daemon runs was replaced, and connections break by it.
pub(crate) fn upgraded_not_restarted(server: &Server<'_>) -> Option<Proof> {
    let master = serving(server)?;
    if master.executable_deleted != Some(true) {
        return None;
    }
    let processes = server.processes?;
    let words = format!(
        "sshd (process {}) runs a file that was replaced since",
        master.pid
    );
    let broken = server.logged(&[
        "-R not supported here",
        "does not exist or is not executable",
        "re-exec",
    ]);
    // The program on disk is what the old daemon starts for each connection.
    if broken.is_none()
        && let Some(check) = server.check
        && check.fact.status != Some(0)
        && check.fact.said.is_empty()
    {
        return Some(
            Proof::stops(
                Outcome::ClosedEarly,
                "sshd was replaced by a program that does not work, and not restarted.",
            )
            .link(words)
            .link(format!(
                "{} ends at once without a word",
                check.fact.command
            ))
            .by(processes.id)
            .by(check.id),
        );
    }
    match broken {
        Some((log, line)) => Some(
            Proof::stops(
                Outcome::ClosedEarly,
                "sshd was upgraded and not restarted: the old daemon cannot start the new program.",
            )
            .link(words)
            .by(processes.id)
            .by(log)
            .quoting(quote::log_line(line)),
        ),
        None => Some(
            Proof::note(format!(
                "sshd was upgraded and not restarted: the old {} still runs.",
                master
                    .executable
                    .as_ref()
                    .map_or("program", sshdoctor_case::Received::as_str)
            ))
            .by(processes.id),
        ),
    }
}

/// The program does not fit its libraries.
pub(crate) fn library_mismatch(server: &Server<'_>) -> Option<Proof> {
    let (words, id) = match (server.program, server.check) {
        (Some(program), _) if !program.fact.missing_libraries.is_empty() => {
            let missing: Vec<&str> = program
                .fact
                .missing_libraries
                .iter()
                .map(sshdoctor_case::Received::as_str)
                .collect();
            (format!("sshd lacks {}", missing.join(", ")), program.id)
        }
        (_, Some(check)) => {
            let line = check
                .fact
                .said
                .iter()
                .find(|line| line.as_str().contains("OpenSSL version mismatch"))?;
            (format!("sshd says: {line}"), check.id)
        }
        _ => return None,
    };
    let answer = format!("sshd does not fit its libraries: {words}.");
    Some(
        stops_or_later(server, answer)
            .link(words)
            .by(id)
            .explaining(&["sshd-restart-loop", "sshd-stopped"]),
    )
}

/// What keeps sshd from starting stops clients now where it does not run, and after the next start where it does.
pub(crate) fn stops_or_later(server: &Server<'_>, answer: String) -> Proof {
    if server.listeners.is_some() && server.takers().next().is_some() {
        Proof::later(answer)
    } else {
        Proof::stops(Outcome::Refused, answer)
    }
}

/// sshd lacks something that it needs to start, and for each connection once it runs.
fn lacking(server: &Server<'_>, words: &str, id: &str) -> Proof {
    let proof = if serving(server).is_some() {
        Proof::stops(
            Outcome::ClosedEarly,
            format!("sshd cannot serve a connection: {words}."),
        )
    } else {
        Proof::stops(Outcome::Refused, format!("sshd cannot start: {words}."))
    };
    proof
        .link(words)
        .by(id)
        .explaining(&["sshd-restart-loop", "sshd-stopped"])
}

/// The directory of privilege separation is missing, and nothing will make it.
pub(crate) fn privsep_directory_missing(server: &Server<'_>) -> Option<Proof> {
    let directory = server.directory?;
    if directory.fact.exists {
        return None;
    }
    let path = &directory.fact.path;
    let words = format!("the directory {path} is missing");
    let running = serving(server).is_some();
    if !running && directory.fact.made_by.is_some() {
        return None;
    }
    if !running && server.active_socket().is_some() {
        return None;
    }
    Some(lacking(server, &words, directory.id))
}

/// The account of privilege separation is missing.
pub(crate) fn privsep_account_missing(server: &Server<'_>) -> Option<Proof> {
    let directory = server.directory?;
    if directory.fact.account_exists != Some(false) {
        return None;
    }
    let words = "the account sshd, to which sshd gives up its privileges, is missing";
    Some(lacking(server, words, directory.id))
}

/// A left-over master holds the port, beside a service that is not up.
pub(crate) fn orphans(server: &Server<'_>) -> Option<Proof> {
    let unit = server.service()?;
    if unit.fact.active_state.as_str() == "active" || server.active_socket().is_some() {
        return None;
    }
    if server.init?.fact.kind != InitKind::Systemd {
        return None;
    }
    let master = serving(server).or_else(|| server.masters().next())?;
    let processes = server.processes?;
    let words = format!(
        "sshd (process {}) runs outside {}, which is {}",
        master.pid, unit.fact.name, unit.fact.active_state
    );
    let held_up = matches!(master.state, 'T' | 't' | 'D');
    let proof = if held_up {
        Proof::stops(
            Outcome::Silent,
            format!("A left-over sshd holds the port and does not answer: {words}."),
        )
        .explaining(&["sshd-hung", "privsep-dir-missing"])
    } else {
        Proof::note(format!("A left-over sshd holds the port: {words}."))
    };
    Some(proof.link(words).by(processes.id).by(unit.id))
}

/// A program that sshd starts for each connection is missing.
pub(crate) fn helper_missing(server: &Server<'_>) -> Option<Proof> {
    let program = server.program?;
    let (path, _) = program.fact.helpers.iter().find(|(_, usable)| !usable)?;
    let words =
        format!("{path}, which sshd starts for each connection, is missing or cannot be run");
    Some(lacking(server, &words, program.id))
}
