//! A command that may take only so long.

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::error::{Doing, LabError};
use crate::sandbox::ROOM;

/// A command that ended, or was ended.
pub(crate) struct Run {
    /// How it ended; nothing when it was killed.
    pub(crate) status: Option<ExitStatus>,
    /// What it printed.
    pub(crate) output: String,
    /// What it said of it.
    pub(crate) errors: String,
    /// How long it took.
    pub(crate) elapsed: Duration,
}

/// Runs a command of this name; when it does not end in time it is killed and has no status.
pub(crate) fn run_with_deadline(
    mut command: Command,
    name: &str,
    deadline: Duration,
) -> Result<Run, LabError> {
    let what = format!("run {name}");
    let place = |kind: &str| Path::new(ROOM).join(format!("{name}.{kind}"));
    command
        .stdout(File::create(place("output")).doing(&what)?)
        .stderr(File::create(place("errors")).doing(&what)?);
    let begun = Instant::now();
    let mut child = command.spawn().doing(&what)?;
    let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let (sender, receiver) = channel();
    std::thread::spawn(move || sender.send((child.wait(), begun.elapsed())));
    let (status, elapsed) = match receiver.recv_timeout(deadline) {
        Ok((status, elapsed)) => (Some(status.doing(&what)?), elapsed),
        Err(_) => {
            // It may end by itself just now.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
            (None, begun.elapsed())
        }
    };
    let text = |kind: &str| {
        std::fs::read(place(kind)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Run {
        status,
        output: text("output").doing(&what)?,
        errors: text("errors").doing(&what)?,
        elapsed,
    })
}

/// The last lines that say anything, on one line.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    all[all.len().saturating_sub(lines)..]
        .join("; ")
        .replace('\r', "")
}
