//! One scenario from beginning to end, inside the sandbox.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::broken::{Broken, COUNTING_TABLE};
use crate::deadline::{run_with_deadline, tail};
use crate::error::{Doing, LabError};
use crate::files::HOME;
use crate::judge::Verdict;
use crate::namespace::{Host, find_tool};
use crate::sandbox::{ROOM, furnish, is_rootless, person};
use crate::scenario::{Scenario, Shape};
use crate::system::Identity;

/// How long the program may take, whatever a peer does.
const LONGEST_RUN: Duration = Duration::from_secs(12);

/// How long the real `ssh` is watched before it is said to hang.
const SSH_PATIENCE: Duration = Duration::from_secs(8);

/// What a real `ssh` that does not end is taken to say.
const HUNG: &str = "(hung)";

/// What came of one scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trial {
    /// Name of the scenario.
    pub name: String,
    /// It cannot be built here, for this reason.
    pub skipped: Option<String>,
    /// Last words of the real `ssh`.
    pub ssh_said: String,
    /// Milliseconds until everything was up.
    pub built_ms: u64,
    /// Wall time of the program in milliseconds.
    pub ran_ms: u64,
    /// Connections to the SSH port that the server saw during the run.
    pub connections_seen: Option<u64>,
    /// About the report.
    pub verdict: Verdict,
    /// The saved case, where it was asked for.
    pub case: Option<serde_json::Value>,
}

impl Trial {
    /// Nothing is wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.skipped.is_none() && self.verdict.problems.is_empty()
    }
}

/// Builds a scenario, sends the real `ssh` and then `program` through it, and judges. Without a program only the symptom is
/// judged. With `record`, the case that the program saves is kept.
///
/// # Errors
/// When it cannot be built. Only for pid 1 of a sandbox.
pub fn try_scenario(
    scenario: &Scenario,
    program: Option<&Path>,
    record: bool,
) -> Result<Trial, LabError> {
    let mut trial = Trial {
        name: scenario.name.clone(),
        ..Trial::default()
    };
    if scenario.root_only && is_rootless() {
        trial.skipped = Some("it needs root: more than one user".into());
        return Ok(trial);
    }
    let begun = Instant::now();
    let (broken, program) = set_up(scenario, program)?;
    trial.built_ms = milliseconds(begun.elapsed());
    let client = broken.network.client();
    let mut problems = Vec::new();
    if let Some(words) = &scenario.ssh_says {
        trial.ssh_said = ask_ssh(client, scenario)?;
        if !trial.ssh_said.contains(words) {
            problems.push(format!("ssh says {:?}, not {words:?}", trial.ssh_said));
        }
    }
    let Some(program) = program else {
        trial.verdict.problems = problems;
        return Ok(trial);
    };
    let before = connections(&broken, scenario)?;
    let mut command = client.command(&program, person())?;
    command.args(["check", "--json"]);
    let saved = Path::new(HOME).join("saved.case.json");
    if record {
        command.arg("--save").arg(&saved);
    }
    command.args(&scenario.args);
    command.env("HOME", HOME).current_dir(HOME);
    let run = run_with_deadline(command, "sshdoctor", LONGEST_RUN + Duration::from_secs(1))?;
    trial.ran_ms = milliseconds(run.elapsed);
    trial.connections_seen = match (before, connections(&broken, scenario)?) {
        (Some(before), Some(after)) => Some(after - before),
        _ => None,
    };
    if record {
        let text = std::fs::read_to_string(&saved).doing("read the saved case")?;
        trial.case = serde_json::from_str(&text).ok();
    }
    let report = serde_json::from_str(&run.output).unwrap_or_default();
    trial.verdict = Verdict::judge(
        scenario,
        &report,
        run.status.and_then(|status| status.code()),
    );
    if run.elapsed > LONGEST_RUN {
        problems.push(format!("it took {} ms", trial.ran_ms));
    }
    if let Some(signal) = run.status.and_then(|status| status.signal()) {
        problems.push(format!("signal {signal} ended it"));
    }
    if report.is_null() {
        problems.push(format!("no report; it said: {}", tail(&run.errors, 3)));
    }
    let with_login = u64::from(scenario.args.iter().any(|argument| argument == "--login"));
    if let Some(seen) = trial.connections_seen {
        trial.verdict.count(seen, 3 + with_login);
    }
    trial.verdict.problems.splice(0..0, problems);
    Ok(trial)
}

/// Leaves a scenario up and gives a shell at the client, as the person.
///
/// # Errors
/// When it cannot be built. Only for pid 1 of a sandbox.
pub fn open_shell(scenario: &Scenario, program: Option<&Path>) -> Result<ExitStatus, LabError> {
    let (broken, program) = set_up(scenario, program)?;
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".into());
    // As root of the sandbox, so that `ip netns exec HOST` shows the other hosts.
    let mut command = broken
        .network
        .client()
        .command(Path::new(&shell), Identity::Root)?;
    command
        .env("HOME", HOME)
        .env(
            "TERM",
            std::env::var("TERM").unwrap_or_else(|_| "dumb".into()),
        )
        .env("SSHDOCTOR", program.unwrap_or_default())
        .stdin(Stdio::inherit())
        .current_dir(ROOM)
        .status()
        .doing("start a shell")
}

fn set_up(
    scenario: &Scenario,
    program: Option<&Path>,
) -> Result<(Broken, Option<PathBuf>), LabError> {
    let program = furnish(program)?;
    Ok((Broken::build(scenario)?, program))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What the real `ssh` says. What it learns is forgotten, so that the program finds everything as it was.
fn ask_ssh(client: &Host, scenario: &Scenario) -> Result<String, LabError> {
    let remembered = Path::new(HOME).join(".ssh/known_hosts");
    let before = std::fs::read(&remembered);
    let arguments = scenario
        .ssh_args
        .clone()
        .unwrap_or_else(|| for_ssh(&scenario.args));
    let mut command = client.command(&find_tool("ssh", "openssh-client")?, person())?;
    // Of each option the first value counts, so a scenario may give its own.
    command.args(&arguments);
    for option in [
        "BatchMode=yes",
        "ConnectTimeout=5",
        "StrictHostKeyChecking=accept-new",
        "UpdateHostKeys=no",
    ] {
        command.args(["-o", option]);
    }
    command.arg("echo welcome");
    command.env("HOME", HOME).current_dir(HOME);
    let run = run_with_deadline(command, "ssh", SSH_PATIENCE)?;
    match before {
        Ok(before) => std::fs::write(&remembered, before),
        Err(_) if remembered.exists() => std::fs::remove_file(&remembered),
        Err(_) => Ok(()),
    }
    .doing("put known_hosts back")?;
    let words = format!("{}{}", run.output, run.errors);
    Ok(match run.status {
        Some(_) => tail(&words, 30),
        None => HUNG.into(),
    })
}

/// The arguments without those that only the program knows.
fn for_ssh(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--login" => {}
            "--via" | "--budget" => {
                rest.next();
            }
            _ => kept.push(argument.clone()),
        }
    }
    kept
}

fn connections(broken: &Broken, scenario: &Scenario) -> Result<Option<u64>, LabError> {
    if scenario.topology.kind == Shape::Local {
        return Ok(None);
    }
    let output = broken
        .network
        .host("server")?
        .command(&find_tool("nft", "nftables")?, Identity::Root)?
        .args(["list", "counter", "inet", COUNTING_TABLE, "completed"])
        .output()
        .doing("count connections")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut words = text
        .split_whitespace()
        .skip_while(|word| *word != "packets");
    Ok(words.nth(1).and_then(|number| number.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_is_not_given_what_it_does_not_know() {
        let given = ["--login", "--via", "jump", "-p", "22", "server"].map(String::from);
        assert_eq!(for_ssh(&given), ["-p", "22", "server"]);
    }
}
