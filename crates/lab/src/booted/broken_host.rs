//! A host that is booted and broken, and the program on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::{Port, ssh_options};
use super::control_group::ControlGroup;
use super::fingerprint::Fingerprint;
use super::image::Image;
use super::machine::{Disk, Machine, PROGRAM};
use super::network::{BootedNetwork, fill_in, target};
use super::scenario::BootedScenario;
use crate::deadline::{run_with_deadline, tail};
use crate::error::{Doing, LabError};
use crate::sandbox::{ROOM, furnish, is_rootless};
use crate::system::Identity;

/// Where the case is saved on the host: not on its disk, which may be full.
const SAVED: &str = "/dev/shm/sshdoctor.case.json";

/// Where a rescue system saves it.
const SAVED_BY_RESCUE: &str = "/run/lab/sshdoctor.case.json";

/// What the client's end saw, as this sandbox and as the host see the file.
const CLIENT_END: &str = "/dev/shm/client.case.json";

/// How long the program may take at the client.
const LONGEST_CHECK: Duration = Duration::from_secs(20);

/// A broken host that is up, with its network.
pub(crate) struct BrokenHost {
    /// Nothing once it was shut down for a rescue system.
    pub(crate) machine: Option<Machine>,
    pub(crate) network: BootedNetwork,
    disk: Disk,
    pub(crate) image: Image,
    /// The program under test, as this sandbox sees it.
    program: Option<PathBuf>,
    /// Milliseconds of the first boot.
    pub(crate) boot_ms: u64,
}

impl BrokenHost {
    /// Boots and breaks it. Only for pid 1 of a sandbox.
    pub(crate) fn build(
        scenario: &BootedScenario,
        program: Option<&Path>,
    ) -> Result<Self, LabError> {
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
        Ok(Self {
            machine: Some(machine),
            network,
            disk,
            image,
            program,
            boot_ms,
        })
    }

    /// Files, rules and units now.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint, LabError> {
        Fingerprint::take(&self.disk, self.machine.as_ref(), &self.network.server)
    }

    /// The same, once the host has come to rest.
    pub(crate) fn fingerprint_at_rest(&self) -> Result<Fingerprint, LabError> {
        Fingerprint::at_rest(&self.disk, self.machine.as_ref(), &self.network.server)
    }

    /// The program, where the scenario wants it to run. Nothing when there is no program.
    pub(crate) fn command(&self, scenario: &BootedScenario) -> Result<Option<Command>, LabError> {
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
        if scenario.both_ends {
            command.args(["--case", CLIENT_END]);
        } else {
            command.args(arguments(scenario));
        }
        Ok(Some(command))
    }

    /// Runs the program at the client, and brings what it saw to the host.
    pub(crate) fn look_from_client(&self, scenario: &BootedScenario) -> Result<(), LabError> {
        let (Some(program), Some(machine)) = (&self.program, &self.machine) else {
            return Ok(());
        };
        let saved = Path::new(ROOM).join("client.case.json");
        let mut command = self.network.client.command(program, Identity::Root)?;
        command.args(["check", "--json", "--login", "--save"]);
        command.arg(&saved);
        command.args(ssh_options(&self.image, scenario, Port::Lowercase)?);
        command.args(["-l", &scenario.client.user, &target(scenario)]);
        let run = run_with_deadline(command, "sshdoctor", LONGEST_CHECK)?;
        let what = "bring what the client saw to the host";
        let place = machine.root().join(CLIENT_END.trim_start_matches('/'));
        if let Err(error) = std::fs::copy(&saved, place) {
            let said = tail(&run.errors, 3);
            return Err(LabError::NoAnswer(format!("{what}: {error}; {said}")));
        }
        Ok(())
    }

    /// The case that the program has saved.
    pub(crate) fn saved_case(&self) -> Result<Value, LabError> {
        let place = match &self.machine {
            Some(machine) => machine.root().join(SAVED.trim_start_matches('/')),
            None => PathBuf::from(SAVED_BY_RESCUE),
        };
        let text = std::fs::read_to_string(&place).doing("read the saved case")?;
        serde_json::from_str(&text).map_err(|error| LabError::NoAnswer(error.to_string()))
    }
}

/// What `sshdoctor here` is told: by default what the client could tell over the telephone.
pub(crate) fn arguments(scenario: &BootedScenario) -> Vec<String> {
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

/// Leaves a broken host up and gives a shell at its console. The client is the host `client` of `ip netns`, outside.
///
/// # Errors
/// When it cannot be built. Only for pid 1 of a sandbox.
pub fn open_booted_shell(
    scenario: &BootedScenario,
    program: Option<&Path>,
) -> Result<(), LabError> {
    let host = BrokenHost::build(scenario, program)?;
    let Some(machine) = &host.machine else {
        return Ok(());
    };
    machine
        .command("bash")?
        .stdin(Stdio::inherit())
        .status()
        .doing("start a shell")?;
    Ok(())
}

/// Whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
