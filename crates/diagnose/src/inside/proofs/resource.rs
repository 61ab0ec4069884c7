//! Too little of something.

use sshdoctor_case::{FileSystem, Outcome};

use super::{logged, quote, service};
use crate::inside::{Proof, Server, ago::ago};

/// The table of tracked connections is full.
pub(crate) fn conntrack_full(server: &Server<'_>) -> Option<Proof> {
    let resources = server.resources?;
    let conntrack = resources.fact.conntrack.as_ref()?;
    if conntrack.max == 0 || conntrack.count < conntrack.max {
        return None;
    }
    let words = format!(
        "{} connections are tracked, of {} that fit",
        conntrack.count, conntrack.max
    );
    let proof = Proof::stops(
        Outcome::TimedOut,
        format!("The kernel drops new connections: {words}."),
    )
    .link(words)
    .by(resources.id);
    Some(match server.kernel_said(&["table full, dropping packet"]) {
        Some((log, line)) => proof.by(log).quoting(quote::log_line(line)),
        None => proof,
    })
}

/// Nobody accepts, and the queue of those who wait is full.
pub(crate) fn accept_queue_full(server: &Server<'_>) -> Option<Proof> {
    let listeners = server.listeners?;
    let taker = server.takers().find(|listener| {
        matches!(
            (listener.accept_queue, listener.backlog),
            (Some(waiting), Some(most)) if waiting > most
        )
    })?;
    let words = format!(
        "{} connections wait to be accepted at {}, and {} may",
        taker.accept_queue.unwrap_or_default(),
        taker.address,
        taker.backlog.unwrap_or_default()
    );
    Some(
        Proof::stops(
            Outcome::TimedOut,
            format!("The queue of sshd is full: {words}."),
        )
        .link(words)
        .by(listeners.id),
    )
}

/// sshd was killed for lack of memory.
pub(crate) fn out_of_memory(server: &Server<'_>) -> Option<Proof> {
    if !server.nothing_listens() {
        return None;
    }
    let killed = server.service().filter(|unit| {
        unit.fact
            .failure
            .as_ref()
            .is_some_and(|failure| failure.result.as_str() == "oom-kill")
    });
    let logged = server
        .kernel_said(&[
            "Out of memory: Killed process",
            "oom-kill",
            "Memory cgroup out of memory",
        ])
        .filter(|(_, line)| line.message.as_str().contains("sshd"));
    if killed.is_none() && logged.is_none() {
        return None;
    }
    let words = "the kernel killed sshd for lack of memory";
    let mut proof = Proof::stops(
        Outcome::Refused,
        "sshd is not running: the kernel killed it for lack of memory.",
    )
    .link(words)
    .explaining(&["sshd-stopped", "sshd-restart-loop"]);
    if let Some(unit) = killed {
        proof = proof.by(unit.id);
    }
    Some(match logged {
        Some((log, line)) => proof.by(log).quoting(quote::log_line(line)),
        None => proof,
    })
}

/// A file system that a login writes to is full, or was made read-only.
pub(crate) fn disk_full(server: &Server<'_>) -> Option<Proof> {
    let resources = server.resources?;
    let (system, words) = resources.fact.file_systems.iter().find_map(|system| {
        let words = shortage(system)?;
        Some((system, words))
    })?;
    let uses: Vec<&str> = system
        .used_for
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .collect();
    let stops = server.logged(&["No space left on device", "Read-only file system"]);
    let answer = format!("{words}; {} is on it.", uses.join(", "));
    let proof = match stops {
        Some((log, line)) => Proof::stops(Outcome::SessionFailed, format!("Logins fail: {answer}"))
            .by(log)
            .quoting(quote::log_line(line))
            .explaining(&["sshd-stopped", "sshd-restart-loop", "privsep-dir-missing"]),
        None if uses.contains(&"/run") && server.nothing_listens() => {
            Proof::stops(Outcome::Refused, format!("sshd cannot start: {answer}")).explaining(&[
                "sshd-stopped",
                "sshd-restart-loop",
                "privsep-dir-missing",
            ])
        }
        None => Proof::note(format!("{words}: {} is on it.", uses.join(", "))),
    };
    Some(proof.link(words).by(resources.id))
}

/// Below this many bytes a log line or a login record no longer fits.
const NEARLY_NOTHING: u64 = 64 * 1024;

fn shortage(system: &FileSystem) -> Option<String> {
    if system.used_for.is_empty() {
        return None;
    }
    if system.read_only && system.read_only_wanted != Some(true) && is_disk(system) {
        return Some(format!("{} is read-only", system.place));
    }
    if system.bytes > 0 && system.bytes_free < NEARLY_NOTHING {
        return Some(format!("{} is full", system.place));
    }
    if system.inodes > 0 && system.inodes_free == 0 {
        return Some(format!("{} has no inode left", system.place));
    }
    None
}

fn is_disk(system: &FileSystem) -> bool {
    matches!(
        system.kind.as_str(),
        "ext2" | "ext3" | "ext4" | "xfs" | "btrfs" | "f2fs" | "overlay"
    )
}

/// The clock is wrong by so much that keys, certificates and second factors fail.
pub(crate) fn clock_wrong(server: &Server<'_>) -> Option<Proof> {
    let clock = server.clock?;
    let not_before = clock.fact.not_before_ms?;
    if clock.fact.now_ms + A_DAY_MS > not_before {
        return None;
    }
    let file = clock
        .fact
        .not_before
        .as_ref()
        .map_or("a file of the system", sshdoctor_case::Received::as_str);
    let words = format!(
        "the clock is behind: {file} was written {}",
        ago(clock.fact.now_ms, not_before).replace(" ago", " after what it says now")
    );
    Some(Proof::note(format!("{words}.")).link(words).by(clock.id))
}

const A_DAY_MS: i64 = 86_400_000;

/// No pseudo-terminal can be had.
pub(crate) fn no_terminal(server: &Server<'_>) -> Option<Proof> {
    let resources = server.resources?;
    let processes = &resources.fact.processes;
    let words = match (processes.terminals_usable, processes.terminals) {
        (Some(false), _) => "/dev/pts or /dev/ptmx is not usable".to_owned(),
        (_, Some((used, most))) if most > 0 && used >= most => {
            format!("{used} pseudo-terminals are in use, of {most}")
        }
        _ => return None,
    };
    Some(
        Proof::stops(
            Outcome::SessionFailed,
            format!("A login gets no terminal: {words}."),
        )
        .link(words)
        .by(resources.id),
    )
}

/// The machine is so busy that sshd does not answer in time.
pub(crate) fn overloaded(server: &Server<'_>) -> Option<Proof> {
    let resources = server.resources?;
    let stalled = [
        (resources.fact.pressure.memory_full, "memory"),
        (resources.fact.pressure.io_full, "the disk"),
    ];
    let (share, what) = stalled
        .into_iter()
        .filter_map(|(share, what)| Some((share?, what)))
        .find(|(share, _)| *share >= MOSTLY_STALLED)?;
    let words = format!("everything waited for {what} during {share:.0} % of the last 10 s");
    service::serving(server)?;
    let answer = format!("This host is overloaded: {words}.");
    let proof = match logged::timed_out(server) {
        Some((log, line)) => Proof::stops(Outcome::Silent, answer)
            .by(log)
            .quoting(quote::log_line(line)),
        None => Proof::note(answer),
    };
    Some(proof.link(words).by(resources.id))
}

/// Per cent of the time in which every process waited.
const MOSTLY_STALLED: f32 = 60.0;
