//! One packet and one login, stage by stage: what each stage shows by itself, whatever the cause.

use sshdoctor_case::{Obstacle, Outcome, PacketVerdict, RouteOutcome, Sight, Stage, StageState};

use super::{Seen, Server, account};

/// What one stage shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) stage: Stage,
    pub(super) state: StageState,
    pub(super) summary: String,
    pub(super) evidence: Vec<String>,
    /// What the client meets when it stops here.
    pub(super) outcome: Outcome,
}

impl Step {
    fn new(stage: Stage, state: StageState, summary: impl Into<String>) -> Self {
        Self {
            stage,
            state,
            summary: summary.into(),
            evidence: Vec::new(),
            outcome: Outcome::Open,
        }
    }

    fn by(mut self, id: &str) -> Self {
        self.evidence.push(id.to_owned());
        self
    }

    const fn meeting(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// Every stage, in order. Those before the server are not known here.
pub(super) fn steps(server: &Server<'_>) -> Vec<Step> {
    let outside = |stage| Step::new(stage, StageState::Unknown, "not seen from the server");
    vec![
        outside(Stage::Client),
        outside(Stage::Name),
        route(server),
        outside(Stage::NetworkFirewall),
        host_firewall(server),
        listener(server),
        banner(server),
        key_exchange(server),
        Step::new(
            Stage::HostKey,
            StageState::Unknown,
            "depends on what the client remembers",
        ),
        account::authentication(server),
        account::session(server),
    ]
}

/// What a stage whose observer saw nothing says.
pub(super) fn unseen(server: &Server<'_>, stage: Stage, sight: Sight) -> Step {
    let summary = match server.hidden(sight) {
        Some((Obstacle::Privilege, _)) => "takes root to see".to_owned(),
        Some((Obstacle::NotRunning, _)) => "the system does not run".to_owned(),
        Some((Obstacle::NotAsked, _)) => "not asked for".to_owned(),
        Some((_, reason)) => reason.to_owned(),
        None => "not looked at".to_owned(),
    };
    Step::new(stage, StageState::Unknown, summary)
}

/// The address is this host's, and an answer finds its way.
fn route(server: &Server<'_>) -> Step {
    let stage = Stage::Route;
    let Some(interfaces) = server.interfaces else {
        return unseen(server, stage, Sight::Interfaces);
    };
    if let Some(to) = server.question.to
        && !server.is_reached_by(to)
    {
        let words = format!("{to} is not an address of this host");
        return Step::new(stage, StageState::Stopped, words)
            .by(interfaces.id)
            .meeting(Outcome::TimedOut);
    }
    let to = match server.question.to {
        Some(to) if server.is_own(to) => format!("{to} is an address of this host"),
        Some(to) => format!("the provider translates {to} to this host"),
        None => "this host".to_owned(),
    };
    match server.way_back {
        Some(Seen {
            id,
            fact: RouteOutcome::Via { interface, .. },
        }) => {
            let words = format!("{to}; answers leave by {interface}");
            Step::new(stage, StageState::Passed, words)
                .by(interfaces.id)
                .by(id)
        }
        Some(Seen { id, fact: _ }) => {
            let words = format!("no way back to {}", server.client());
            Step::new(stage, StageState::Stopped, words)
                .by(id)
                .meeting(Outcome::TimedOut)
        }
        None if server.question.from.is_none() => {
            Step::new(stage, StageState::Passed, to).by(interfaces.id)
        }
        None => unseen(server, stage, Sight::RouteBack),
    }
}

/// What the packet filter does; of two families, the one that fares worse.
fn host_firewall(server: &Server<'_>) -> Step {
    let stage = Stage::HostFirewall;
    let rank = |verdict: PacketVerdict| match verdict {
        PacketVerdict::Accept => 0,
        PacketVerdict::Unknown => 1,
        PacketVerdict::Drop | PacketVerdict::Reject => 2,
    };
    let worst = server
        .packet_filter
        .iter()
        .max_by_key(|seen| rank(seen.answer.verdict));
    let Some(seen) = worst else {
        return unseen(server, stage, Sight::PacketFilter);
    };
    let answer = seen.answer;
    let decided_by = answer
        .endings
        .first()
        .map_or("", |ending| ending.decided_by.as_str());
    let (state, words) = match answer.verdict {
        PacketVerdict::Accept => (StageState::Passed, "lets the packet in"),
        PacketVerdict::Drop => (StageState::Stopped, "drops the packet"),
        PacketVerdict::Reject => (StageState::Stopped, "rejects the packet"),
        PacketVerdict::Unknown => (StageState::Unknown, "cannot be told"),
    };
    let summary = if decided_by.is_empty() {
        words.to_owned()
    } else if decided_by.starts_with("no ") {
        format!("{words}: {decided_by}")
    } else {
        format!("{words}: {decided_by} decides")
    };
    let outcome = answer
        .endings
        .iter()
        .find(|ending| ending.verdict == answer.verdict)
        .map_or(Outcome::TimedOut, |ending| ending.outcome);
    if state == StageState::Passed
        && let Some((id, program)) = program_beside(server)
    {
        let summary =
            format!("the rules let the packet in; what {program} does is not looked into");
        return Step::new(stage, StageState::Unknown, summary)
            .by(seen.id)
            .by(id);
    }
    Step::new(stage, state, summary)
        .by(seen.id)
        .meeting(outcome)
}

/// A program at XDP or a filter of traffic control (`tc(8)`) that sees the client's packets or their answers.
fn program_beside<'a>(server: &Server<'a>) -> Option<(&'a str, String)> {
    let interfaces = server.interfaces?;
    let way_in = server.network.and_then(|seen| seen.fact.way_in.as_ref());
    let way_out = match server.way_back.map(|seen| seen.fact) {
        Some(RouteOutcome::Via { interface, .. }) => Some(interface.as_str()),
        _ => None,
    };
    let concerns = |name: &str| match (way_in, way_out) {
        (None, None) => name != "lo",
        (way_in, way_out) => {
            way_in.is_some_and(|way_in| way_in.as_str() == name) || way_out == Some(name)
        }
    };
    let interface = interfaces
        .fact
        .iter()
        .find(|one| concerns(one.name.as_str()) && !one.programs.is_empty())?;
    let program = interface.programs.first()?;
    Some((
        interfaces.id,
        format!("the program on {} ({program})", interface.name),
    ))
}

fn listener(server: &Server<'_>) -> Step {
    let stage = Stage::Listener;
    let Some(seen) = server.listeners else {
        return unseen(server, stage, Sight::Listeners);
    };
    let Some(taker) = server.takers().next() else {
        let port = server.arriving_port();
        let words = format!("nothing listens on port {port} for this client");
        return Step::new(stage, StageState::Stopped, words)
            .by(seen.id)
            .meeting(Outcome::Refused);
    };
    let who = match taker.owners.first() {
        Some(owner) if owner.pid == 1 => "systemd, for sshd,".to_owned(),
        Some(owner) => format!("{} (process {})", owner.name, owner.pid),
        None => "a process of somebody else".to_owned(),
    };
    let words = format!("{who} listens on {}", taker.address);
    Step::new(stage, StageState::Passed, words).by(seen.id)
}

/// sshd answers: it runs, is not held up, and has what it needs for a connection.
fn banner(server: &Server<'_>) -> Step {
    let stage = Stage::Banner;
    if server.listeners.is_some() && server.nothing_listens() {
        return Step::new(stage, StageState::NotReached, "");
    }
    if server.question.root.is_some() {
        return unseen(server, stage, Sight::SshdProcesses);
    }
    if server.active_socket().is_some() {
        return match server.check {
            Some(check) if check.fact.status == Some(0) => {
                let words = "sshd is started for the connection and accepts its configuration";
                Step::new(stage, StageState::Passed, words).by(check.id)
            }
            _ => Step::new(
                stage,
                StageState::Unknown,
                "sshd is started for the connection",
            ),
        };
    }
    let Some(processes) = server.processes else {
        return unseen(server, stage, Sight::SshdProcesses);
    };
    match server.masters().next() {
        Some(master) if !matches!(master.state, 'T' | 't' | 'D' | 'Z') => {
            let words = format!("sshd runs (process {})", master.pid);
            Step::new(stage, StageState::Passed, words).by(processes.id)
        }
        Some(master) => {
            let words = format!("sshd (process {}) is in state {}", master.pid, master.state);
            Step::new(stage, StageState::Stopped, words)
                .by(processes.id)
                .meeting(Outcome::Silent)
        }
        None => Step::new(
            stage,
            StageState::Unknown,
            "no sshd process was found that listens",
        )
        .by(processes.id),
    }
}

fn key_exchange(server: &Server<'_>) -> Step {
    let stage = Stage::KeyExchange;
    if server.listeners.is_some() && server.nothing_listens() {
        return Step::new(stage, StageState::NotReached, "");
    }
    let Some(keys) = server.host_keys else {
        return unseen(server, stage, Sight::HostKeys);
    };
    let usable = keys
        .fact
        .iter()
        .filter(|key| key.exists && key.problem.is_none())
        .count();
    if usable == 0 {
        return Step::new(stage, StageState::Unknown, "no host key can be used").by(keys.id);
    }
    let words =
        format!("{usable} host keys are usable; which algorithms the client offers is not seen");
    Step::new(stage, StageState::Passed, words).by(keys.id)
}
