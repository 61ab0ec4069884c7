//! Runs situations, each in a sandbox of its own, and writes down what was seen.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connect::{Outcome, send_syn};
use super::decision::{Decision, Judge, Verdict};
use super::dump::{Dumps, ask};
use super::expected::{Decided, Expected, Sent};
use super::facts::{server_facts, versions};
use super::legacy;
use super::situation::{Probe, Situation};
use super::stage::{Stage, usual_destination, way_in};
use super::trace::Tracer;
use crate::error::{Doing, LabError};
use crate::files::write;
use crate::namespace::{Host, find_tool};
use crate::sandbox::{ROOM, SANDBOX_VARIABLE, Sandbox, furnish, is_rootless};
use crate::system::Identity;

/// Longest time for one situation.
const DEADLINE: Duration = Duration::from_secs(180);

/// Functions for the scripts.
const PRELUDE: &str = include_str!("../../tool_rules/prelude.sh");

/// Source port of the first SYN; each has its own.
const FIRST_PORT: u16 = 40001;

/// What was seen of one situation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Recording {
    /// Name of the situation.
    pub name: String,
    /// It cannot be built here, for this reason.
    pub skipped: Option<String>,
    /// What differs from the data file, or does not fit together.
    pub problems: Vec<String>,
    /// File names and what belongs into them.
    pub files: BTreeMap<String, String>,
    /// How many SYNs were sent.
    pub packets: usize,
}

/// Observes every situation, `jobs` at a time, and hands over each result as it comes. `arguments` bring this very program
/// back to [`observe_for_sandbox`].
pub fn record_all(
    situations: &[PathBuf],
    jobs: usize,
    arguments: &[OsString],
    mut on_result: impl FnMut(&Path, Result<Recording, LabError>),
) {
    let waiting = Mutex::new(situations.iter());
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            let (sender, waiting) = (sender.clone(), &waiting);
            scope.spawn(move || {
                while let Some(file) = waiting.lock().ok().and_then(|mut waiting| waiting.next()) {
                    if sender.send((file, in_sandbox(file, arguments))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (file, recording) in &receiver {
            on_result(file, recording);
        }
    });
}

fn in_sandbox(file: &Path, arguments: &[OsString]) -> Result<Recording, LabError> {
    let (mut answer, output) = std::io::pipe().doing("make a pipe")?;
    let sandbox = Sandbox::start(arguments, &file.to_string_lossy(), Some(output.into()))?;
    let mut text = String::new();
    let (sender, receiver) = channel::<()>();
    let status = std::thread::scope(|scope| {
        let sandbox = &sandbox;
        scope.spawn(move || {
            if receiver.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
                sandbox.kill();
            }
        });
        let read = answer.read_to_string(&mut text);
        let status = sandbox.wait();
        drop(sender);
        read.and(status)
    })
    .doing("wait for the sandbox")?;
    let answer: Result<Recording, String> = serde_json::from_str(&text).map_err(|error| {
        LabError::NoAnswer(format!("status {status}, {error}: {}", text.trim()))
    })?;
    answer.map_err(LabError::Inside)
}

/// Observes the situation that the environment names, and gives what has to be printed for the process outside.
///
/// # Errors
/// When the answer cannot be encoded. Only for pid 1 of a sandbox.
pub fn observe_for_sandbox() -> Result<String, LabError> {
    let file = std::env::var_os(SANDBOX_VARIABLE).unwrap_or_default();
    let seen = Situation::load(Path::new(&file)).and_then(|situation| observe(&situation));
    serde_json::to_string(&seen.map_err(|error| error.to_string()))
        .map_err(|error| LabError::NoAnswer(error.to_string()))
}

fn observe(situation: &Situation) -> Result<Recording, LabError> {
    let mut recording = Recording {
        name: situation.name.clone(),
        packets: situation.packets.len(),
        ..Recording::default()
    };
    if is_rootless() {
        recording.skipped = Some("it needs root: the tools want the whole of /etc and /var".into());
        return Ok(recording);
    }
    furnish(None)?;
    for directory in ["/etc", "/var"] {
        make_private(directory)?;
    }
    let stage = Stage::build(situation)?;
    run_script(&stage.server, &situation.script)?;
    let mut dumps = Dumps::take(&stage.server)?;
    let host = server_facts(&stage)?;
    let sent = send_all(situation, &stage, &dumps, &mut recording.problems)?;
    let expected = Expected {
        title: situation.title.clone(),
        by_hand_after: situation.by_hand_after.clone(),
        versions: versions(&stage.server, situation)?,
        host,
        failed: std::mem::take(&mut dumps.failures),
        packet: sent,
    };
    let text = toml::to_string(&expected).map_err(|error| LabError::Unfit(error.to_string()))?;
    recording.files = dumps.files;
    recording.files.insert("expected.toml".into(), text);
    Ok(recording)
}

/// Lays a writable layer over a directory of the machine, for this sandbox only.
fn make_private(directory: &str) -> Result<(), LabError> {
    let what = format!("make {directory} private");
    let [upper, work] = ["upper", "work"].map(|layer| format!("{ROOM}/layers{directory}/{layer}"));
    for layer in [&upper, &work] {
        std::fs::create_dir_all(layer).doing(&what)?;
    }
    let options = format!("lowerdir={directory},upperdir={upper},workdir={work}");
    nix::mount::mount(
        Some("overlay"),
        directory,
        Some("overlay"),
        nix::mount::MsFlags::empty(),
        Some(options.as_str()),
    )
    .doing(what)
}

fn run_script(server: &Host, script: &str) -> Result<(), LabError> {
    let what = "run the script";
    let (path, log) = (Path::new(ROOM).join("script"), Path::new(ROOM).join("log"));
    write(&path, &format!("{PRELUDE}\n{script}"), 0o755)?;
    let output = File::create(&log).doing(what)?;
    let status = server
        .command(&find_tool("sh", "dash")?, Identity::Root)?
        .arg("-eu")
        .arg(&path)
        .current_dir(ROOM)
        .env("HOME", ROOM)
        .stdout(Stdio::from(output.try_clone().doing(what)?))
        .stderr(Stdio::from(output))
        .status()
        .doing(what)?;
    if status.success() {
        return Ok(());
    }
    let text = std::fs::read(&log).doing(what)?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    Err(LabError::Tool {
        tool: "the script".into(),
        host: "server".into(),
        message: lines[lines.len().saturating_sub(12)..].join("\n"),
    })
}

fn send_all(
    situation: &Situation,
    stage: &Stage,
    dumps: &Dumps,
    problems: &mut Vec<String>,
) -> Result<Vec<Sent>, LabError> {
    let judge = Judge::new(dumps);
    let mut tracer = Tracer::start(&stage.server)?;
    let mut all = Vec::new();
    let mut port = FIRST_PORT;
    for probe in &situation.packets {
        for _ in 0..probe.earlier {
            send(stage, probe, port)?;
            port += 1;
        }
        tracer.take()?;
        let before = counters(&stage.server, probe)?;
        let outcome = send(stage, probe, port)?;
        let passages = tracer.take()?;
        let after = counters(&stage.server, probe)?;
        let legacy = |denied| by_counters(probe, &before, &after, denied);
        let mut decision = judge.decide(&passages, port, outcome);
        let accepted = decision
            .as_ref()
            .is_none_or(|decision| decision.verdict == Verdict::Accept);
        let found = match (outcome, accepted) {
            (Outcome::Connected, true) => legacy(false),
            (_, true) => legacy(true),
            (_, false) => None,
        };
        decision = beside_legacy(decision, found);
        let place = format!("{} to port {}", probe.from, probe.port);
        if outcome != probe.outcome {
            problems.push(format!(
                "{place}: {outcome:?}, not {:?} as the data file says",
                probe.outcome
            ));
        }
        let decision = decision.unwrap_or_else(|| {
            problems.push(format!(
                "{place}: {outcome:?}, but no rule was seen to decide"
            ));
            Decision {
                verdict: Verdict::Drop,
                decided: Decided::default(),
                trail: Vec::new(),
            }
        });
        if !fits(outcome, &decision) {
            problems.push(format!("{place}: {outcome:?} does not fit {decision:?}"));
        }
        all.push(describe(probe, port, outcome, decision));
        port += 1;
    }
    Ok(all)
}

/// A rule of a legacy table says more than a policy of another one; a denial of it is the answer.
fn beside_legacy(native: Option<Decision>, legacy: Option<Decision>) -> Option<Decision> {
    let Some(legacy) = legacy else { return native };
    let Some(native) = native else {
        return Some(legacy);
    };
    let by_rule = |decision: &Decision| {
        let rule = decision.decided.rule.as_deref();
        rule.is_some_and(|rule| !rule.starts_with("policy "))
    };
    let nothing_said = native.decided.rule.is_none();
    if legacy.verdict != Verdict::Accept || nothing_said || (by_rule(&legacy) && !by_rule(&native))
    {
        return Some(Decision {
            trail: native.trail,
            ..legacy
        });
    }
    Some(native)
}

/// An answer that is lost on its way out leaves silence, whatever was to be answered.
fn fits(outcome: Outcome, decision: &Decision) -> bool {
    match decision.verdict {
        Verdict::Accept => outcome == Outcome::Connected,
        Verdict::Drop => outcome == Outcome::Silent,
        Verdict::Reject => outcome != Outcome::Connected,
    }
}

fn describe(probe: &Probe, port: u16, outcome: Outcome, decision: Decision) -> Sent {
    let to = probe.to.unwrap_or_else(|| usual_destination(probe.from));
    let (interface, mac) = way_in(to);
    Sent {
        from: probe.from,
        from_port: port,
        to,
        port: probe.port,
        interface: interface.to_owned(),
        mac: mac.map(str::to_owned),
        earlier: probe.earlier,
        outcome,
        verdict: decision.verdict,
        needs: probe.needs.clone(),
        owner: probe.owner.clone(),
        setting: probe.setting.clone(),
        made_for: probe.made_for.clone(),
        decided: decision.decided,
        trail: decision.trail,
    }
}

fn send(stage: &Stage, probe: &Probe, port: u16) -> Result<Outcome, LabError> {
    let to = probe.to.unwrap_or_else(|| usual_destination(probe.from));
    let sender = if to.is_loopback() {
        &stage.server
    } else {
        &stage.client
    };
    let (from, to) = (
        SocketAddr::new(probe.from, port),
        SocketAddr::new(to, probe.port),
    );
    sender.run(&format!("connect from {from} to {to}"), || {
        send_syn(from, to)
    })
}

fn counters(server: &Host, probe: &Probe) -> Result<String, LabError> {
    let program = if probe.from.is_ipv4() {
        "iptables-legacy-save"
    } else {
        "ip6tables-legacy-save"
    };
    ask(server, program, "iptables", &["-c"])
}

fn by_counters(probe: &Probe, before: &str, after: &str, denied: bool) -> Option<Decision> {
    let source = if probe.from.is_ipv4() {
        "iptables-legacy"
    } else {
        "ip6tables-legacy"
    };
    let targets: &[&str] = if denied {
        &["DROP", "REJECT"]
    } else {
        &["ACCEPT"]
    };
    let decided = legacy::deciding(before, after, targets, source)?;
    let rejects = decided
        .rule
        .as_ref()
        .is_some_and(|rule| rule.contains("-j REJECT"));
    let verdict = match (denied, rejects) {
        (false, _) => Verdict::Accept,
        (true, true) => Verdict::Reject,
        (true, false) => Verdict::Drop,
    };
    Some(Decision {
        verdict,
        decided,
        trail: Vec::new(),
    })
}
