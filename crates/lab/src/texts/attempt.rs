//! One provocation, run in namespaces of its own.

use std::process::Command;

use super::provocation::Provocation;
use super::wrapping::wrap;
use crate::error::{Doing, LabError};
use crate::namespace::find_tool;

/// What pid 1 of the namespaces does first.
const GROUND: &str = include_str!("ground.sh");

/// What every provocation may use.
const INSIDE: &str = include_str!("inside.sh");

/// Hands out what was written.
const HAND_OUT: &str = "\nexec 1>&9\ncat /run/text\n";

/// Longest that one may take, in seconds.
const PATIENCE: &str = "90";

/// Largest text that is kept.
const LARGEST: usize = 40 * 1024;

/// What came of one provocation.
#[derive(Debug, Clone)]
pub struct ProvokedText {
    /// The words, wrapped.
    pub text: Vec<u8>,
    /// The program's version.
    pub version: String,
}

/// Runs a provocation. Nothing when its program is not in its tree, with the name of what is absent.
///
/// # Errors
/// When it cannot be run, or its text does not hold the words that decide.
pub fn provoke(provocation: &Provocation) -> Result<Result<ProvokedText, String>, LabError> {
    if !provocation.tree.is_made() {
        return Ok(Err(format!("the tree of {}", provocation.tree.codename())));
    }
    let Some(version) = provocation.tree.version(&provocation.package)? else {
        return Ok(Err(provocation.package.clone()));
    };
    let plain = run(provocation)?;
    check(provocation, &plain)?;
    Ok(Ok(ProvokedText {
        text: wrap(&plain, &provocation.wrapped),
        version,
    }))
}

fn run(provocation: &Provocation) -> Result<String, LabError> {
    let todo = format!("{INSIDE}\n{}{HAND_OUT}", provocation.run);
    let output = Command::new(find_tool("timeout", "coreutils")?)
        .args(["--kill-after=1", PATIENCE])
        .arg(find_tool("unshare", "util-linux")?)
        .args([
            "--mount",
            "--pid",
            "--net",
            "--uts",
            "--ipc",
            "--fork",
            "--kill-child",
        ])
        .args(["sh", "-c", GROUND, "ground"])
        .arg(provocation.tree.root())
        .arg(todo)
        .output()
        .doing(format!("provoke {}", provocation.name))?;
    if !output.status.success() {
        return Err(LabError::Tool {
            tool: "the provocation".into(),
            host: provocation.name.clone(),
            message: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(without_this_machine(&String::from_utf8_lossy(
        &output.stdout,
    )))
}

/// The kernel's release is this machine's own.
fn without_this_machine(text: &str) -> String {
    let Ok(system) = nix::sys::utsname::uname() else {
        return text.to_owned();
    };
    let mut text = text.to_owned();
    for (own, other) in [
        (system.release(), "6.1.0-49-amd64"),
        (system.version(), "#1 SMP PREEMPT_DYNAMIC"),
    ] {
        if let Some(own) = own.to_str().filter(|own| !own.is_empty()) {
            text = text.replace(own, other);
        }
    }
    text
}

fn check(provocation: &Provocation, text: &str) -> Result<(), LabError> {
    let wrong = |message: String| LabError::Unfit(format!("{}: {message}", provocation.name));
    if text.len() > LARGEST {
        return Err(wrong(format!("{} bytes are too many", text.len())));
    }
    match provocation
        .decisive
        .iter()
        .find(|words| !text.contains(words.as_str()))
    {
        Some(words) => Err(wrong(format!("no {words:?} in\n{text}"))),
        None => Ok(()),
    }
}
