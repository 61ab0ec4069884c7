//! How long `sshdoctor here` takes, beside what it saves a person from typing.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::broken_host::{BrokenHost, arguments};
use super::control_group::MemoryGroup;
use super::machine::PROGRAM;
use super::scenario::BootedScenario;

use crate::error::{Doing, LabError};

/// Runs on the host, so that entering its namespaces does not count.
const STOPWATCH: &str = include_str!("measure.py");

/// What a person types instead, one after the other; what is not installed or does not run only says so.
const CHECKLIST: &str = "systemctl status ssh; sshd -t; ss -tlnp; ufw status; firewall-cmd --list-all; iptables -L -n; \
     fail2ban-client status sshd";

const HERE: &str = "sshdoctor here";

const HERE_IN_NEED: &str = "here, 64 MB, full disk";

/// The memory that it has then, in bytes, with everything that it starts.
const LITTLE_MEMORY: u64 = 64 << 20;

/// For `sh -eu`: not a byte more can be written to the disk.
const FILL: &str = "
head -c 4G /dev/zero > /var/fill 2>/dev/null || true
if echo x > /var/one-more-byte 2>/dev/null; then
    echo 'the disk is not full'
    exit 1
fi
";

/// What one command costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// The command.
    pub name: String,
    /// Wall time in milliseconds, in the middle of all runs.
    pub middle_ms: f64,
    /// The shortest.
    pub least_ms: f64,
    /// The longest.
    pub most_ms: f64,
    /// Largest resident set of any of its processes, in KiB.
    pub resident_kib: u64,
    /// The last exit status that was not 0, if there was one.
    pub status: i32,
}

/// Measures the program on a scenario's host, in turns with the checklist and with `sshd -t` alone.
///
/// # Errors
/// When the host cannot be built, or has no Python. Only for pid 1 of a sandbox.
pub fn measure_on_booted(
    scenario: &BootedScenario,
    program: &Path,
) -> Result<Vec<Measured>, LabError> {
    let host = BrokenHost::build(scenario, Some(program))?;
    let Some(machine) = &host.machine else {
        return Err(LabError::Unfit("the host is shut down".into()));
    };
    let here = format!("{PROGRAM} here {}", arguments(scenario).join(" "));
    let mut measured = time_all(
        machine.command("python3")?,
        &[
            (HERE, here.as_str()),
            ("the checklist by hand", CHECKLIST),
            ("sshd -t", "sshd -t"),
        ],
    )?;
    machine.script("fill the disk of", FILL)?;
    let group = MemoryGroup::new(LITTLE_MEMORY)?;
    let stopwatch = machine.command_in("python3", &group)?;
    measured.extend(time_all(stopwatch, &[(HERE_IN_NEED, here.as_str())])?);
    let failed =
        |one: &&Measured| [HERE, HERE_IN_NEED].contains(&one.name.as_str()) && one.status != 0;
    match measured.iter().find(failed) {
        Some(one) => Err(LabError::NoAnswer(format!(
            "{}: exit status {}",
            one.name, one.status
        ))),
        None => Ok(measured),
    }
}

fn time_all(mut stopwatch: Command, commands: &[(&str, &str)]) -> Result<Vec<Measured>, LabError> {
    let what = "measure on the host";
    let mut child = stopwatch
        .args(["-c", STOPWATCH])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .doing(what)?;
    if let Some(mut pipe) = child.stdin.take() {
        for (name, command) in commands {
            writeln!(pipe, "{name}\t{command}").doing(what)?;
        }
    }
    let output = child.wait_with_output().doing(what)?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| LabError::NoAnswer(format!("{}: {error}", output.status)))
}
