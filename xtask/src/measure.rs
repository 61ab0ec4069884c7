//! Size, start-up time and peak memory of the release binary, beside their limits.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use nix::sys::resource::{UsageWho, getrusage};

use crate::process;

/// The first argument with which this program measures one child.
pub(crate) const CHILD: &str = "peak-memory-of";

const MOST_BYTES: u64 = 12_000_000;
const MOST_START_UP: Duration = Duration::from_millis(5);
const MOST_MEMORY_KIB: i64 = 25 * 1024;

/// Starts that are timed; the median counts.
const STARTS: usize = 41;

/// Builds the release binary and measures it.
pub(crate) fn run() -> anyhow::Result<()> {
    process::run(&[
        "cargo",
        "build",
        "--quiet",
        "--release",
        "--package",
        "sshdoctor",
    ])?;
    let binary = process::target_directory().join("release/sshdoctor");
    let size = std::fs::metadata(&binary)
        .with_context(|| format!("no {}", binary.display()))?
        .len();
    let start_up = start_up(&binary)?;
    let memory = peak_memory(&binary)?;
    println!("size         {size:>9} bytes   at most {MOST_BYTES}");
    println!(
        "--version    {:>9.2} ms      at most {}",
        start_up.as_secs_f64() * 1e3,
        MOST_START_UP.as_millis()
    );
    println!("peak memory  {memory:>9} KiB     at most {MOST_MEMORY_KIB} (check 127.0.0.1)");
    if size > MOST_BYTES || start_up > MOST_START_UP || memory > MOST_MEMORY_KIB {
        bail!("the release binary is over a limit");
    }
    Ok(())
}

fn start_up(binary: &Path) -> anyhow::Result<Duration> {
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let begun = Instant::now();
        let status = quiet(binary, &["--version"]).status()?;
        times.push(begun.elapsed());
        if !status.success() {
            bail!("--version: {status}");
        }
    }
    times.sort();
    Ok(times[STARTS / 2])
}

/// The peak of a run against this machine. The kernel keeps the highest of all children, so a process of its own waits.
fn peak_memory(binary: &Path) -> anyhow::Result<i64> {
    let output = Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .arg(binary)
        .args(["check", "127.0.0.1"])
        .output()?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .context("no figure for the peak memory")
}

/// Runs one program and prints its peak resident set in KiB (`getrusage(2)`).
pub(crate) fn child(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = quiet(Path::new(program), arguments).status()?;
    if status.code().is_none_or(|code| code > 1) {
        bail!("{program}: {status}");
    }
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss());
    Ok(())
}

fn quiet(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
