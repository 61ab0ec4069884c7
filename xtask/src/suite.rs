//! Everything that must hold, in one command.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::{measure, prerequisites, process, readme, rust_version};

/// A step and what it does. Later steps run even if an earlier one failed, so that one run tells all.
type Step = (&'static str, fn() -> anyhow::Result<()>);

const STEPS: [Step; 11] = [
    ("prerequisites", prerequisites::install),
    ("format", || {
        process::run(&["cargo", "fmt", "--all", "--check"])
    }),
    ("clippy", clippy),
    ("tests", || {
        process::run(&["cargo", "test", "--workspace", "--quiet", "--no-fail-fast"])
    }),
    ("documentation", documentation),
    ("README commands", readme::check),
    ("rust-version", rust_version::check),
    ("release binary", measure::run),
    ("lab", lab),
    ("random filters", random_filters),
    ("kept filters", kept_filters),
];

/// Random packet filters that a run tries; always the same ones.
const CASES: &str = "1500";
const SEED: &str = "1";

/// Most of the time of a booted host is waiting.
const BOOTED_AT_A_TIME: &str = "3";

fn clippy() -> anyhow::Result<()> {
    process::run(&[
        "cargo",
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ])
}

fn documentation() -> anyhow::Result<()> {
    let line = ["cargo", "doc", "--workspace", "--no-deps", "--quiet"];
    process::succeed(
        // The readers of these pages are those who work on the rooms: links into private parts are welcome.
        process::command(&line).env(
            "RUSTDOCFLAGS",
            "-D warnings -A rustdoc::private-intra-doc-links",
        ),
        &line.join(" "),
    )
}

fn lab() -> anyhow::Result<()> {
    lab_command(&["run"])
}

/// Runs the lab with the program as it is released.
fn lab_command(arguments: &[&str]) -> anyhow::Result<()> {
    let lab = process::built_for_tests("lab")?;
    let program = process::target_directory().join("release/sshdoctor");
    let lab = lab.to_string_lossy();
    let line = [&[&*lab], arguments].concat();
    process::succeed(
        process::command(&line).env("SSHDOCTOR_BIN", program),
        &line.join(" "),
    )
}

fn random_filters() -> anyhow::Result<()> {
    lab_command(&["fuzz-filter", "--cases", CASES, "--seed", SEED])
}

fn kept_filters() -> anyhow::Result<()> {
    lab_command(&["fuzz-filter", "--replay", "crates/lab/filter-cases"])
}

/// What a tool writes can only be compared where the tool is: a missing one fails, and so does a run without root.
fn tool_rules() -> anyhow::Result<()> {
    if !is_root() {
        bail!("it needs root: the tools want the whole of /etc and /var");
    }
    lab_command(&["tool-rules"])
}

/// Whole hosts, broken: the real `ssh` confirms the symptom of each, the program names the cause, and nothing of the host changes.
fn booted_hosts() -> anyhow::Result<()> {
    if !is_root() {
        bail!("it needs root: a host is booted");
    }
    lab_command(&["booted", "--jobs", BOOTED_AT_A_TIME])
}

fn deny() -> anyhow::Result<()> {
    // Advisories need a database from the network, which not every machine reaches.
    process::run(&[
        "cargo",
        "deny",
        "--all-features",
        "check",
        "licenses",
        "bans",
        "sources",
    ])
}

fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// Runs every step and prints what came of each.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut steps = STEPS.to_vec();
    // Where a machine runs it for others, nobody reads what was left out.
    if is_root() || std::env::var_os("CI").is_some() {
        steps.push(("rules of tools", tool_rules));
        steps.push(("booted hosts", booted_hosts));
    } else {
        println!(
            "not root: the rules that real tools write are not compared, and no host is booted"
        );
    }
    if process::is_installed("cargo-deny") {
        steps.push(("cargo deny", deny));
    } else {
        println!("cargo-deny is not installed: licences and sources are not checked");
    }
    let mut summary = Vec::new();
    for (name, step) in steps {
        println!("\n== {name}");
        let begun = Instant::now();
        let failure = step().err();
        if let Some(error) = &failure {
            eprintln!("{name}: {error:#}");
        }
        summary.push((name, begun.elapsed(), failure));
    }
    close(&summary)
}

fn close(summary: &[(&str, Duration, Option<anyhow::Error>)]) -> anyhow::Result<()> {
    println!("\n== summary");
    for (name, took, failure) in summary {
        let word = if failure.is_some() { "FAILED" } else { "ok" };
        println!("{word:<7} {name:<18} {:>6.1} s", took.as_secs_f64());
    }
    let failed = summary
        .iter()
        .filter(|(_, _, failure)| failure.is_some())
        .count();
    if failed > 0 {
        bail!("{failed} of {} steps failed", summary.len());
    }
    println!("all {} steps passed", summary.len());
    Ok(())
}
