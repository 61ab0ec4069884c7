//! Two saved cases become one report, and what cannot be joined is told before any time is spent.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod harness;

use std::{
    fs,
    path::{Path, PathBuf},
};

use harness::{sshdoctor, text};
use serde_json::Value;
use sshdoctor_lab::Fixtures;

fn lab(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../lab/tests")
        .join(folder)
}

/// What a booted host showed, as `here --save` writes it.
fn server_end(name: &str, directory: &Path) -> String {
    let fixtures = Fixtures::read(&lab("recorded-booted")).unwrap();
    let file = directory.join(name);
    fs::write(&file, fixtures.case(name).unwrap().to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

/// What a client saw, as `check --save` writes it.
fn client_end(name: &str) -> String {
    let file = lab("recorded").join(format!("{name}.json"));
    file.to_str().unwrap().to_owned()
}

#[test]
fn two_files_are_read_as_one_whichever_comes_first() {
    let scratch = tempfile::tempdir().unwrap();
    let server = server_end("service-stopped", scratch.path());
    let client = client_end("stopped");
    let one = sshdoctor(&["read", &client, "--with", &server, "--json"]);
    let other = sshdoctor(&["read", &server, "--with", &client, "--json"]);
    let [one, other] = [one, other].map(|mut command| command.output().unwrap());
    assert_eq!(one.status.code(), Some(1), "{}", text(&one.stderr));
    assert_eq!(one.stdout, other.stdout);
    let report: Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(report["causes"][0]["id"], "sshd-stopped");
    assert_eq!(report["causes"][0]["probability"], 1.0);
    assert_eq!(report["both_ends"]["client_outcome"], "refused");
    assert_eq!(report["both_ends"]["server_outcome"], "refused");
}

#[test]
fn a_joined_case_is_redacted_and_read_again_with_the_same_answer() {
    let scratch = tempfile::tempdir().unwrap();
    let server = server_end("service-stopped", scratch.path());
    let client = client_end("stopped");
    let redacted = scratch.path().join("redacted").to_str().unwrap().to_owned();
    let made = sshdoctor(&[
        "read", &client, "--with", &server, "--redact", "--save", &redacted,
    ])
    .output()
    .unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    let again = sshdoctor(&["read", &redacted, "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(report["causes"][0]["id"], "sshd-stopped");
    assert!(report["both_ends"].is_object());
}

#[test]
fn two_files_of_the_same_end_are_told_and_nothing_is_shown() {
    let scratch = tempfile::tempdir().unwrap();
    let server = server_end("service-stopped", scratch.path());
    let both = server_end("both-stopped", scratch.path());
    let client = client_end("stopped");
    let cases: [(&[&str], &str); 5] = [
        (
            &["read", &client, "--with", &client],
            "one saved on the server by `here` is needed",
        ),
        (
            &["read", &server, "--with", &server],
            "one saved by `check` is needed",
        ),
        (
            &["read", &both, "--with", &client],
            "holds both ends already",
        ),
        (
            &["here", "--case", &server],
            "one saved by `check` is needed",
        ),
        (
            &["check", "--with", &client, "127.0.0.1"],
            "one saved on the server by `here` is needed",
        ),
    ];
    for (arguments, message) in cases {
        let output = sshdoctor(arguments).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_file_that_is_no_case_is_told_with_its_name() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("notes.txt");
    fs::write(&file, "\u{1b}[2Jnot JSON").unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        &["here", "--case", file][..],
        &["check", "--with", file, "127.0.0.1"],
        &["here", "--case", "/nonexistent/lockout.case"],
    ] {
        let output = sshdoctor(arguments).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(
            said.contains(arguments[2]) && !said.contains('\u{1b}'),
            "{said}"
        );
    }
}
