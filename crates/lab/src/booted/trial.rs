//! One scenario from beginning to end, inside the sandbox.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::broken_host::{BrokenHost, milliseconds};
use super::client::{WORKS, try_login};
use super::judge::InsideVerdict;
use super::scenario::BootedScenario;
use crate::deadline::{run_with_deadline, tail};
use crate::error::LabError;

/// How long the program may take, whatever it meets.
const LONGEST_RUN: Duration = Duration::from_secs(10);

/// What came of one scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BootedTrial {
    /// Name of the scenario.
    pub name: String,
    /// Why the program does not find it yet.
    pub open: Option<String>,
    /// Last words of the real `ssh`.
    pub ssh_said: String,
    /// Milliseconds of the first boot.
    pub boot_ms: u64,
    /// Milliseconds until everything was broken.
    pub built_ms: u64,
    /// Wall time of the program in milliseconds.
    pub ran_ms: u64,
    /// What is wrong with the scenario, or was done by the program.
    pub problems: Vec<String>,
    /// About the report, when the program was run.
    pub verdict: Option<InsideVerdict>,
    /// The saved case, where it was asked for.
    pub case: Option<Value>,
}

impl BootedTrial {
    /// The program does not find it, as its scenario says, and nothing else is wrong.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some() && self.problems.is_empty() && !self.is_right()
    }

    /// Nothing is wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.is_right() && (self.open.is_none() || self.verdict.is_none())
    }

    fn is_right(&self) -> bool {
        self.problems.is_empty()
            && self
                .verdict
                .as_ref()
                .is_none_or(|verdict| verdict.problems.is_empty())
    }
}

/// How a scenario is to be run.
#[derive(Debug, Clone, Copy)]
pub struct InsideRun<'program> {
    /// The program under test; without one only the symptom is judged.
    pub program: Option<&'program Path>,
    /// Keep the case that it saves.
    pub record: bool,
}

/// Boots and breaks a host, sends the real `ssh` to it, then runs the program on it, and judges.
///
/// # Errors
/// When it cannot be built. Only for pid 1 of a sandbox.
pub fn try_booted_scenario(
    scenario: &BootedScenario,
    run: InsideRun<'_>,
) -> Result<BootedTrial, LabError> {
    let begun = Instant::now();
    let mut host = BrokenHost::build(scenario, run.program)?;
    let mut trial = BootedTrial {
        name: scenario.name.clone(),
        open: scenario.open.clone(),
        boot_ms: host.boot_ms,
        built_ms: milliseconds(begun.elapsed()),
        ..BootedTrial::default()
    };
    let (said, _held) = try_login(&host.network, &host.image, scenario)?;
    trial.ssh_said = said;
    let gets_in = trial.ssh_said == WORKS;
    let should = scenario.client.says == WORKS;
    if gets_in != should || !trial.ssh_said.contains(&scenario.client.says) {
        trial.problems.push(format!(
            "ssh says {:?}, not {:?}",
            trial.ssh_said, scenario.client.says
        ));
    }
    if scenario.both_ends {
        host.look_from_client(scenario)?;
    }
    if let Some(machine) = &host.machine {
        machine.script("change in between", &scenario.between)?;
    }
    if scenario.rescue
        && let Some(machine) = host.machine.take()
    {
        machine.shut_down()?;
    }
    if let Some(machine) = &host.machine
        && scenario.stuck_when.is_none()
    {
        // What was logged a moment ago is to be on disk: a person takes longer than this to change consoles.
        machine.output("journalctl", &["--sync"])?;
    }
    let before = host.fingerprint_at_rest()?;
    if let Some(command) = host.command(scenario)? {
        run_program(command, scenario, &mut trial)?;
        if run.record {
            match host.saved_case() {
                Ok(case) => trial.case = Some(case),
                Err(error) => trial.problems.push(error.to_string()),
            }
        }
    }
    trial
        .problems
        .extend(before.differences(&host.fingerprint()?));
    Ok(trial)
}

fn run_program(
    command: Command,
    scenario: &BootedScenario,
    trial: &mut BootedTrial,
) -> Result<(), LabError> {
    let run = run_with_deadline(command, "sshdoctor", LONGEST_RUN)?;
    trial.ran_ms = milliseconds(run.elapsed);
    let problems = &mut trial.problems;
    match run.status {
        None => problems.push(format!("it was still running after {} ms", trial.ran_ms)),
        Some(status) => problems.extend(
            status
                .signal()
                .map(|signal| format!("signal {signal} ended it")),
        ),
    }
    let report: Value = serde_json::from_str(&run.output).unwrap_or_default();
    if report.is_null() {
        problems.push(format!("no report; it said: {}", tail(&run.errors, 3)));
    }
    let exit = run.status.and_then(|status| status.code());
    trial.verdict = Some(InsideVerdict::judge(scenario, &report, exit));
    Ok(())
}
