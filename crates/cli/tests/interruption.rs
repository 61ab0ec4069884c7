//! Ctrl-C while a tool of this host hangs: the program ends at once, and what it started with it.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod harness;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use harness::{sshdoctor, text};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Longer than anything here takes.
const FOREVER: Duration = Duration::from_secs(20);

/// The number that a script wrote into a file, once it is there.
fn number_in(file: &Path) -> i32 {
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let Ok(number) = text.trim().parse() {
            return number;
        }
        assert!(begun.elapsed() < FOREVER, "the tool was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A stand-in for a tool that writes down who it is and hangs.
fn hanging_tool(directory: &Path, name: &str) {
    let file = directory.join("number");
    let script = format!("#!/bin/sh\necho $$ > {}\nexec sleep 60\n", file.display());
    let tool = directory.join(name);
    fs::write(&tool, script).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_signal_ends_what_was_started_too() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let scratch = tempfile::tempdir().unwrap();
        // Root asks the first, and anybody one of the others.
        for name in ["nft", "journalctl", "systemctl"] {
            hanging_tool(scratch.path(), name);
        }
        let saved = scratch.path().join("here.case");
        let path = format!("{}:/usr/bin:/bin", scratch.path().display());
        let running = sshdoctor(&["here", "--save", saved.to_str().unwrap()])
            .env("PATH", path)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let tool = Pid::from_raw(number_in(&scratch.path().join("number")));
        kill(Pid::from_raw(i32::try_from(running.id()).unwrap()), signal).unwrap();
        let output = running.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(128 + signal as i32));
        assert_eq!(text(&output.stdout) + &text(&output.stderr), "");
        let begun = Instant::now();
        while kill(tool, None) != Err(Errno::ESRCH) {
            assert!(begun.elapsed() < FOREVER, "the tool still runs");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!saved.exists());
    }
}
