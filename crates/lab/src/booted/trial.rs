//! One scenario from beginning to end, inside the sandbox.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::{WORKS, try_login};
use super::control_group::ControlGroup;
use super::fingerprint::Fingerprint;
use super::image::Image;
use super::judge::InsideVerdict;
use super::machine::{Disk, Machine, PROGRAM};
use super::network::{BootedNetwork, fill_in};
use super::scenario::BootedScenario;
use crate::deadline::{run_with_deadline, tail};
use crate::error::{Doing, LabError};
use crate::sandbox::{ROOM, furnish, is_rootless};
use crate::system::Identity;

/// How long the program may take, whatever it meets.
const LONGEST_RUN: Duration = Duration::from_secs(10);

/// Where the case is saved on the host: not on its disk, which may be full.
const SAVED: &str = "/dev/shm/sshdoctor.case.json";

/// Where a rescue system saves it.
const SAVED_BY_RESCUE: &str = "/run/lab/sshdoctor.case.json";

/// What came of one scenario.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BootedTrial {
    /// Name of the scenario.
    pub name: String,
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
    /// Nothing is wrong.
    #[must_use]
    pub fn passed(&self) -> bool {
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

/// Everything of a scenario that is up.
pub(super) struct Up {
    /// Nothing once it was shut down for a rescue system.
    pub(super) machine: Option<Machine>,
    network: BootedNetwork,
    disk: Disk,
    image: Image,
    /// The program under test, as this sandbox sees it.
    program: Option<PathBuf>,
    boot_ms: u64,
}

impl Up {
    fn fingerprint(&self) -> Result<Fingerprint, LabError> {
        Fingerprint::take(&self.disk, self.machine.as_ref(), &self.network.server)
    }

    fn fingerprint_at_rest(&self) -> Result<Fingerprint, LabError> {
        Fingerprint::at_rest(&self.disk, self.machine.as_ref(), &self.network.server)
    }

    /// The program, where the scenario wants it to run. Nothing when there is no program.
    fn command(&self, scenario: &BootedScenario) -> Result<Option<Command>, LabError> {
        let Some(program) = &self.program else {
            return Ok(None);
        };
        let mut command = match (&self.machine, &scenario.run_by) {
            (None, _) => self.network.server.command(program, Identity::Root)?,
            (Some(machine), None) => machine.command(PROGRAM)?,
            (Some(machine), Some(account)) => {
                let mut command = machine.command("setpriv")?;
                command
                    .args(["--reuid", account, "--regid", account, "--init-groups"])
                    .arg(PROGRAM);
                command
            }
        };
        command.args(["here", "--json"]);
        match &self.machine {
            Some(_) => command.args(["--save", SAVED]),
            None => command
                .args(["--save", SAVED_BY_RESCUE, "--root"])
                .arg(&self.disk.root),
        };
        command.args(arguments(scenario));
        Ok(Some(command))
    }
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
    let mut up = set_up(scenario, run.program)?;
    let mut trial = BootedTrial {
        name: scenario.name.clone(),
        boot_ms: up.boot_ms,
        built_ms: milliseconds(begun.elapsed()),
        ..BootedTrial::default()
    };
    let (said, _held) = try_login(&up.network, &up.image, scenario)?;
    trial.ssh_said = said;
    let gets_in = trial.ssh_said == WORKS;
    let should = scenario.client.says == WORKS;
    if gets_in != should || !trial.ssh_said.contains(&scenario.client.says) {
        trial.problems.push(format!(
            "ssh says {:?}, not {:?}",
            trial.ssh_said, scenario.client.says
        ));
    }
    if scenario.rescue
        && let Some(machine) = up.machine.take()
    {
        machine.shut_down()?;
    }
    let before = up.fingerprint_at_rest()?;
    if let Some(command) = up.command(scenario)? {
        run_program(command, scenario, &mut trial)?;
        if run.record {
            trial.case = Some(saved_case(&up)?);
        }
    }
    trial
        .problems
        .extend(before.differences(&up.fingerprint()?));
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

fn saved_case(up: &Up) -> Result<Value, LabError> {
    let place = match &up.machine {
        Some(machine) => machine.root().join(SAVED.trim_start_matches('/')),
        None => PathBuf::from(SAVED_BY_RESCUE),
    };
    let text = std::fs::read_to_string(&place).doing("read the saved case")?;
    serde_json::from_str(&text).map_err(|error| LabError::NoAnswer(error.to_string()))
}

/// What `sshdoctor here` is told: by default what the client could tell over the telephone.
pub(super) fn arguments(scenario: &BootedScenario) -> Vec<String> {
    let default = || {
        let (port, user) = (scenario.client.port.to_string(), &scenario.client.user);
        ["--from", "{client}", "--port", &port, "--user", user]
            .map(str::to_owned)
            .to_vec()
    };
    scenario
        .here
        .clone()
        .unwrap_or_else(default)
        .iter()
        .map(|argument| fill_in(argument, scenario))
        .collect()
}

/// Boots and breaks a host.
pub(super) fn set_up(scenario: &BootedScenario, program: Option<&Path>) -> Result<Up, LabError> {
    if is_rootless() {
        return Err(LabError::Unfit("a booted host needs root".into()));
    }
    let image = Image::of(scenario.release)?;
    let program = furnish(program)?;
    let group = ControlGroup::enter()?;
    let mut network = BootedNetwork::new(scenario)?;
    let disk = Disk::over(&image)?;
    let begun = Instant::now();
    let mut machine = Machine::boot(&disk, &group, program.as_deref(), None)?;
    let boot_ms = milliseconds(begun.elapsed());
    machine.script("prepare", &scenario.prepare)?;
    machine.script("break", &scenario.breaking)?;
    if scenario.reboot {
        machine.shut_down()?;
        network.renew_server(scenario)?;
        let stuck_when = scenario.stuck_when.as_deref();
        machine = Machine::boot(&disk, &group, program.as_deref(), stuck_when)?;
        machine.script("break once more", &scenario.after_boot)?;
    }
    network.script_on_router(&scenario.router)?;
    Ok(Up {
        machine: Some(machine),
        network,
        disk,
        image,
        program,
        boot_ms,
    })
}

/// Leaves a broken host up and gives a shell at its console. The client is the host `client` of `ip netns`, outside.
///
/// # Errors
/// When it cannot be built. Only for pid 1 of a sandbox.
pub fn open_booted_shell(
    scenario: &BootedScenario,
    program: Option<&Path>,
) -> Result<(), LabError> {
    let up = set_up(scenario, program)?;
    let Some(machine) = &up.machine else {
        return Ok(());
    };
    machine
        .command("bash")?
        .stdin(Stdio::inherit())
        .env("ROOM", ROOM)
        .status()
        .doing("start a shell")?;
    Ok(())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
