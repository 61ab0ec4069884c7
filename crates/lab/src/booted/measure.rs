//! How long `sshdoctor here` takes, beside what it saves a person from typing.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::broken_host::{BrokenHost, arguments};
use super::machine::PROGRAM;
use super::scenario::BootedScenario;

use crate::error::{Doing, LabError};

/// Runs on the host, so that entering its namespaces does not count.
const STOPWATCH: &str = include_str!("measure.py");

/// What a person types instead, one after the other; what is not installed or does not run only says so.
const CHECKLIST: &str = "systemctl status ssh; sshd -t; ss -tlnp; ufw status; firewall-cmd --list-all; iptables -L -n; \
     fail2ban-client status sshd";

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
}

/// Measures the program on a scenario's host, in turns with the checklist and with `sshd -t` alone.
///
/// # Errors
/// When the host cannot be built, or has no Python. Only for pid 1 of a sandbox.
pub fn measure_on_booted(
    scenario: &BootedScenario,
    program: &Path,
) -> Result<Vec<Measured>, LabError> {
    let what = "measure on the host";
    let host = BrokenHost::build(scenario, Some(program))?;
    let Some(machine) = &host.machine else {
        return Err(LabError::Unfit("the host is shut down".into()));
    };
    let here = format!("{PROGRAM} here {}", arguments(scenario).join(" "));
    let commands = [
        ("sshdoctor here", here.as_str()),
        ("the checklist by hand", CHECKLIST),
        ("sshd -t", "sshd -t"),
    ];
    let mut child = machine
        .command("python3")?
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
