//! Running programs from the root of the workspace.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or_else(|| Path::new("."))
        .to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// One of our programs as it was built for the tests. Any other choice of packages has cargo build the dependencies once more, with
/// other features.
pub(crate) fn built_for_tests(name: &str) -> anyhow::Result<PathBuf> {
    run(&["cargo", "test", "--workspace", "--quiet", "--no-run"])?;
    Ok(target_directory().join("debug").join(name))
}

/// A command that runs in the root of the workspace.
pub(crate) fn command(line: &[&str]) -> Command {
    let (program, arguments) = line.split_first().unwrap_or((&"true", &[]));
    let mut command = if *program == "cargo" {
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir(root());
    command
}

/// Runs it with its output shown.
pub(crate) fn run(line: &[&str]) -> anyhow::Result<()> {
    succeed(&mut command(line), &line.join(" "))
}

/// Runs a prepared command with its output shown; `name` is for the message.
pub(crate) fn succeed(command: &mut Command, name: &str) -> anyhow::Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{name}: {status}");
    }
    Ok(())
}

/// Runs it and returns its standard output.
pub(crate) fn output(line: &[&str]) -> anyhow::Result<Vec<u8>> {
    let name = line.join(" ");
    let output = command(line)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!("{name}: {}", output.status);
    }
    Ok(output.stdout)
}

/// A program is in one of the usual places.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|directory| directory.join(program).is_file())
}
