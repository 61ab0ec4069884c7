//! The scenarios of `sshdoctor demo`: small, rootless where that is allowed, with real daemons and nothing canned.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use crate::error::{Doing, LabError};
use crate::namespace::find_tool;
use crate::runner::{encode, in_sandbox};
use crate::sandbox::SANDBOX_VARIABLE;
use crate::scenario::Scenario;
use crate::trial::{Trial, try_scenario};

const TEXTS: [&str; 4] = [
    include_str!("../scenarios/demo-stopped.toml"),
    include_str!("../scenarios/demo-moved.toml"),
    include_str!("../scenarios/demo-ban.toml"),
    include_str!("../scenarios/demo-drop.toml"),
];

/// One scenario of the demonstration with what was found.
#[derive(Debug)]
pub struct Demonstration {
    /// What was broken.
    pub scenario: Scenario,
    /// What was found.
    pub trial: Trial,
}

/// The scenarios of the demonstration.
///
/// # Errors
/// When one of them is malformed, which a test excludes.
pub fn demo_scenarios() -> Result<Vec<Scenario>, LabError> {
    TEXTS
        .iter()
        .map(|text| Scenario::read("the demonstration".as_ref(), text))
        .collect()
}

/// Breaks hosts on purpose, one after the other, and sends this very program through each.
///
/// The program is executed again with `arguments`, in new namespaces; with these arguments it has to call this function first
/// of all. That second call prints the finding for the first one and ends the process.
///
/// # Errors
/// When `ip`, `nft` or `sshd` is missing, or new namespaces are not allowed; the message says what to do.
pub fn demonstrate(
    arguments: &[OsString],
    mut on_result: impl FnMut(Demonstration),
) -> Result<(), LabError> {
    let scenarios = demo_scenarios()?;
    if let Some(name) = std::env::var_os(SANDBOX_VARIABLE) {
        let scenario = scenarios.iter().find(|scenario| *scenario.name == *name);
        let scenario =
            scenario.ok_or_else(|| LabError::NoAnswer(format!("no scenario {name:?}")))?;
        print(&encode(&try_scenario(
            scenario,
            Some(&this_program()?),
            false,
        ))?)?;
        std::process::exit(0);
    }
    for (tool, package) in [
        ("ip", "iproute2"),
        ("nft", "nftables"),
        ("sshd", "openssh-server"),
        ("ssh-keygen", "openssh-client"),
    ] {
        find_tool(tool, package)?;
    }
    for scenario in scenarios {
        let trial = in_sandbox(&scenario.name, arguments)?;
        on_result(Demonstration { scenario, trial });
    }
    Ok(())
}

fn this_program() -> Result<PathBuf, LabError> {
    std::env::current_exe().doing("find this program")
}

fn print(text: &str) -> Result<(), LabError> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .doing("answer from the sandbox")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demonstration_is_well_formed_and_needs_no_root() {
        let scenarios = demo_scenarios().unwrap();
        assert_eq!(scenarios.len(), 4);
        assert!(
            scenarios
                .iter()
                .all(|scenario| !scenario.root_only && !scenario.healthy)
        );
    }
}
