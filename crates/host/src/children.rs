//! Every program that runs for this one, so that none outlives it.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Process groups that may hold a running program.
struct Groups {
    running: BTreeSet<Pid>,
    /// None may begin any more.
    closed: bool,
}

static GROUPS: Mutex<Groups> = Mutex::new(Groups {
    running: BTreeSet::new(),
    closed: false,
});

fn groups() -> MutexGuard<'static, Groups> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a program in a process group of its own.
///
/// # Errors
/// When it cannot be started, or everything has been ended.
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Pid)> {
    // Held until the group is known: whoever ends everything meanwhile would miss it.
    let mut groups = groups();
    if groups.closed {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let child = command.process_group(0).spawn()?;
    let group = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    groups.running.insert(group);
    Ok((child, group))
}

/// Kills a group whose first process was not reaped yet: afterwards its number could be another group's.
pub(crate) fn end(group: Pid) {
    let mut groups = groups();
    let _ = killpg(group, Signal::SIGKILL);
    groups.running.remove(&group);
}

/// Kills whatever runs for this program, and lets nothing more begin: for its own end.
pub fn end_all() {
    let mut groups = groups();
    groups.closed = true;
    for group in &groups.running {
        let _ = killpg(*group, Signal::SIGKILL);
    }
}
