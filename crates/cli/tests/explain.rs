//! `explain` and `ssh` as they are run.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod harness;

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
};

use harness::{sshdoctor, text};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

fn run(arguments: &[&str]) -> Output {
    sshdoctor(arguments).output().unwrap()
}

fn piped(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = sshdoctor(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

const REFUSED: &[u8] = b"ssh: connect to host web1 port 2222: Connection refused\n";

#[test]
fn every_cause_has_its_page_in_80_columns() {
    for listed in text(&run(&["explain", "--list", "--ascii"]).stdout).lines() {
        assert!(listed.len() <= 80 && listed.is_ascii(), "{listed}");
        let Some(id) = listed
            .strip_prefix("  ")
            .and_then(|line| line.split(' ').next())
        else {
            continue;
        };
        let page = run(&["explain", id, "--ascii"]);
        assert_eq!(page.status.code(), Some(0), "{id}");
        let page = text(&page.stdout);
        assert!(page.contains("On the server") && page.contains("How to stop it coming back"));
        for line in page.lines().filter(|line| !line.starts_with("    ")) {
            assert!(line.len() <= 80 && line.is_ascii(), "{id}: {line}");
        }
    }
}

#[test]
fn an_unknown_cause_ends_with_2_and_names_the_nearest() {
    let output = run(&["explain", "host-key-chnged"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nearest: host-key-changed"));
    let missing = run(&["explain", "/no/such/build.log"]);
    assert_eq!(missing.status.code(), Some(3));
}

#[test]
fn pages_and_reports_are_one_json_document_each() {
    let page: serde_json::Value =
        serde_json::from_slice(&run(&["explain", "sshd-stopped", "--json"]).stdout).unwrap();
    assert_eq!(page["schema"], "sshdoctor.cause/1");
    let list: serde_json::Value =
        serde_json::from_slice(&run(&["explain", "--list", "--json"]).stdout).unwrap();
    assert!(list["causes"].as_array().unwrap().len() >= 130);
    let report: serde_json::Value =
        serde_json::from_slice(&piped(&["explain", "--json"], REFUSED).stdout).unwrap();
    assert_eq!(report["command"], "explain");
    assert_eq!(report["outcome"], "refused");
    assert_eq!(report["causes"][0]["quotation"]["line"], 1);
    assert_eq!(report["next"][0]["command"], "sshdoctor check -p 2222 web1");
    assert_eq!(report["evidence"][0]["kind"], "text-line");
}

#[test]
fn the_exit_status_tells_failure_success_and_what_is_not_understood() {
    for (input, status) in [
        (REFUSED, 1),
        (
            b"Last login: Mon Nov 24 10:00:00 2025 from 198.51.100.7\n".as_slice(),
            0,
        ),
        (b"\x00\xff\x1b[2Jnothing of ssh\n", 3),
        (b"", 3),
    ] {
        let output = piped(&["explain", "-"], input);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{}",
            text(&output.stdout)
        );
        let shown = text(&output.stdout);
        assert!(
            shown.lines().count() <= 24 && !shown.contains('\u{1b}'),
            "{shown}"
        );
        assert!(
            shown.lines().all(|line| line.chars().count() <= 80),
            "{shown}"
        );
    }
}

/// A directory with a program called ssh that does what the script says.
fn own_ssh(script: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let words = directory.path().join("words");
    fs::write(&words, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&words, fs::Permissions::from_mode(0o755)).unwrap();
    // Another process writes the program itself: a file that this one has open for writing may be inherited by what another test
    // starts, and cannot be run as long.
    let copying = Command::new("cp")
        .arg(&words)
        .arg(directory.path().join("ssh"))
        .status()
        .unwrap();
    assert!(copying.success());
    directory
}

fn in_path(directory: &tempfile::TempDir, arguments: &[&str]) -> Command {
    let path = format!("{}:/usr/bin:/bin", directory.path().display());
    let mut command = sshdoctor(arguments);
    command.env("PATH", path);
    command
}

fn with_ssh(script: &str, arguments: &[&str]) -> Output {
    in_path(&own_ssh(script), arguments).output().unwrap()
}

#[test]
fn ones_own_ssh_is_explained_only_where_it_fails() {
    let refused = with_ssh(
        "echo out; echo 'ssh: connect to host web1 port 22: Connection refused' >&2; exit 255",
        &["ssh", "-p", "22", "web1"],
    );
    assert_eq!(refused.status.code(), Some(255));
    assert_eq!(text(&refused.stdout), "out\n");
    let said = text(&refused.stderr);
    assert!(said.starts_with("ssh: connect to host web1"), "{said}");
    assert_eq!(said.lines().count(), 4, "{said}");
    assert!(said.contains("sshdoctor check web1"), "{said}");

    let command = with_ssh(
        "echo 'Permission denied (publickey).' >&2; exit 3",
        &["ssh", "web1", "exit 3"],
    );
    assert_eq!(command.status.code(), Some(3));
    assert_eq!(text(&command.stderr).lines().count(), 1);

    let passed = with_ssh(
        "echo \"$@\"; cat; exit 0",
        &["ssh", "--help", "-J", "a b", "web1"],
    );
    assert_eq!(text(&passed.stdout), "--help -J a b web1\n");
    let in_background = with_ssh("(sleep 5; echo late >&2) & exit 0", &["ssh", "-f", "web1"]);
    assert_eq!(in_background.status.code(), Some(0));
}

#[test]
fn a_ssh_that_is_this_program_does_not_run_itself_for_ever() {
    let program = env!("CARGO_BIN_EXE_sshdoctor");
    let output = with_ssh(&format!("exec {program} ssh \"$@\""), &["ssh", "web1"]);
    assert_eq!(output.status.code(), Some(127));
}

#[test]
fn signals_reach_ssh_and_its_end_is_told_as_a_shell_tells_it() {
    // Caught by ssh, by which it decides; and not caught.
    for (signal, script, status) in [
        (Signal::SIGTERM, "trap 'exit 7' TERM", 7),
        (Signal::SIGHUP, "trap 'exit 9' HUP", 9),
        (Signal::SIGTERM, "", 128 + 15),
    ] {
        let directory = own_ssh(&format!(
            "{script}\necho ready\nwhile :; do sleep 0.05; done"
        ));
        let mut running = in_path(&directory, &["ssh", "web1"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        let mut stdout = running.stdout.take().unwrap();
        stdout.read_exact(&mut ready).unwrap();
        kill(Pid::from_raw(i32::try_from(running.id()).unwrap()), signal).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(status), "{signal}");
    }
}
