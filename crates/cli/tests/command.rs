//! The program as it is run: exit status, standard output and standard error.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod harness;

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use harness::{sshdoctor, text};

fn run(arguments: &[&str]) -> Output {
    sshdoctor(arguments).output().unwrap()
}

/// A port of this machine on which nothing listens.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

/// A case recorded against a closed port of this machine, in a directory of its own.
fn recorded() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lockout.case").display().to_string();
    let output = run(&["127.0.0.1", "-p", &closed_port(), "--save", &file]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    (directory, file)
}

#[test]
fn a_wrong_command_line_ends_with_2_and_one_clear_message() {
    let nonsense: [&[&str]; 9] = [
        &["-p", "99999", "web1"],
        &["-p", "-1", "web1"],
        &["-p"],
        &["we b"],
        &["web1;reboot"],
        &["--color", "sometimes", "web1"],
        &["--budget", "-3", "web1"],
        &["read"],
        &["completions", "no-such-shell"],
    ];
    for arguments in nonsense {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{arguments:?}");
    }
}

#[test]
fn no_arguments_at_all_show_the_help() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("Usage: sshdoctor"));
}

#[test]
fn the_version_is_printed() {
    for arguments in [["--version"], ["-V"]] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(
            text(&output.stdout),
            format!("sshdoctor {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[test]
fn the_help_fits_a_terminal() {
    insta::assert_snapshot!(text(&run(&["--help"]).stdout));
}

#[test]
fn completions_know_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        for option in ["budget", "ruleset"] {
            assert!(text(&output.stdout).contains(option), "{shell}: {option}");
        }
    }
}

#[test]
fn the_checked_in_manual_is_what_the_program_prints() {
    let page = text(&run(&["man"]).stdout);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/sshdoctor.1");
    assert!(
        fs::read_to_string(file).unwrap() == page,
        "man/sshdoctor.1 is out of date: cargo xtask man"
    );
}

#[test]
fn a_closed_port_is_a_problem_within_24_lines_of_80_columns() {
    let output = run(&["127.0.0.1", "-p", &closed_port()]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stdout);
    assert!(shown.lines().count() <= 24, "{shown}");
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "no colour into a pipe");
    assert!(shown.lines().next().unwrap().contains("127.0.0.1"));
}

#[test]
fn json_is_one_document_that_follows_the_contract() {
    let port = closed_port();
    let output = run(&["--json", "127.0.0.1", "-p", &port]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "sshdoctor.report/1");
    assert_eq!(report["command"], "check");
    assert_eq!(report["outcome"], "refused");
    assert_eq!(report["target"]["port"].to_string(), port);
    assert_eq!(report["stages"].as_array().unwrap().len(), 11);
    assert!(report["evidence"][0]["kind"].is_string());
}

#[test]
fn colour_is_a_matter_of_choice() {
    let port = closed_port();
    let shown = |arguments: &[&str], name: &str| {
        let mut command = sshdoctor(arguments);
        command.args(["127.0.0.1", "-p", &port]);
        if !name.is_empty() {
            command.env(name, "1");
        }
        text(&command.output().unwrap().stdout)
    };
    assert!(shown(&["--color", "always"], "").contains('\u{1b}'));
    assert!(shown(&["--color", "always"], "NO_COLOR").contains('\u{1b}'));
    assert!(!shown(&["--color", "never"], "CLICOLOR_FORCE").contains('\u{1b}'));
    assert!(shown(&[], "CLICOLOR_FORCE").contains('\u{1b}'));
}

#[test]
fn ascii_is_used_where_the_locale_or_the_person_wants_it() {
    let port = closed_port();
    let arguments = ["127.0.0.1", "-p", &port];
    let by_locale = sshdoctor(&arguments).env("LC_ALL", "C").output().unwrap();
    let by_console = sshdoctor(&arguments).env("TERM", "linux").output().unwrap();
    let by_option = sshdoctor(&arguments).arg("--ascii").output().unwrap();
    for output in [by_locale, by_console, by_option] {
        assert!(output.stdout.is_ascii());
        assert!(text(&output.stdout).contains("[XX] listener"));
    }
}

#[test]
fn a_closed_pipe_is_no_reason_to_panic() {
    let mut child = sshdoctor(&["127.0.0.1", "-p", &closed_port(), "--verbose"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn a_full_disk_is_told() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = sshdoctor(&["127.0.0.1", "-p", &closed_port()])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("standard output"));
}

#[test]
fn an_interrupt_ends_it_quietly() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.case");
    let child = sshdoctor(&["127.0.0.1", "-p", &port, "--save", file.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once a connection has come in, signals are watched.
    let _connection = silent.accept().unwrap();
    // The shell has its own `kill`; the program is not on every machine.
    let kill = format!("kill -INT {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(status.success());
    let interrupted = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty());
    assert!(interrupted.elapsed() < Duration::from_secs(1));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_saved_case_gives_the_same_report_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("lockout.case").display().to_string();
    let port = closed_port();
    let first = run(&["--json", "127.0.0.1", "-p", &port, "--save", &file]);
    let again = run(&["read", &file, "--json"]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(text(&first.stdout), text(&again.stdout));
    let mut from_pipe = sshdoctor(&["read", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let case = fs::read(&file).unwrap();
    from_pipe.stdin.take().unwrap().write_all(&case).unwrap();
    assert_eq!(from_pipe.wait_with_output().unwrap().stdout, first.stdout);
}

#[test]
fn a_saved_case_is_never_written_over_another_file_and_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, file) = recorded();
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    let before = fs::read(&file).unwrap();
    let begun = Instant::now();
    let output = run(&["192.0.2.1", "--save", &file]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("exists already"));
    assert!(begun.elapsed() < Duration::from_secs(1), "told at once");
    assert_eq!(fs::read(&file).unwrap(), before);
    let nowhere = directory.path().join("no/such/a.case");
    let output = run(&["192.0.2.1", "--save", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_redacted_case_leads_to_the_same_causes() {
    let (directory, file) = recorded();
    let redacted = directory.path().join("redacted.case").display().to_string();
    assert_eq!(
        run(&["read", &file, "--redact", "--save", &redacted])
            .status
            .code(),
        Some(0)
    );
    let printed = run(&["read", &file, "--redact"]).stdout;
    assert_eq!(fs::read(&redacted).unwrap(), printed);
    assert_eq!(causes(&file), causes(&redacted));
}

fn causes(file: &str) -> Vec<(String, String)> {
    let report: serde_json::Value =
        serde_json::from_slice(&run(&["read", file, "--json"]).stdout).unwrap();
    let causes = report["causes"].as_array().unwrap();
    assert!(!causes.is_empty());
    causes
        .iter()
        .map(|cause| (cause["id"].to_string(), cause["probability"].to_string()))
        .collect()
}

#[test]
fn what_is_no_case_file_is_refused_with_file_and_line() {
    let directory = tempfile::tempdir().unwrap();
    let (_kept, good) = recorded();
    let good = fs::read_to_string(good).unwrap();
    let broken: [(&str, Vec<u8>, &str); 7] = [
        ("empty", Vec::new(), "line 1 column 0"),
        (
            "truncated",
            good.as_bytes()[..good.len() / 2].to_vec(),
            "line ",
        ),
        (
            "binary",
            b"{\n\x7fELF\xff\xfe".to_vec(),
            "line 2 is not UTF-8",
        ),
        ("list", b"[1, 2]".to_vec(), "line 1"),
        (
            "other",
            good.replace("sshdoctor.case/1", "sshdoctor.case/9\\u001b[2J")
                .into(),
            "sshdoctor.case/9",
        ),
        ("huge", vec![b' '; 17 * 1024 * 1024], "16777216 bytes"),
        ("deep", "[".repeat(100_000).into(), "line 1"),
    ];
    for (name, content, expected) in broken {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        let output = run(&["read", path.to_str().unwrap()]);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{name}: {errors}");
        assert!(output.stdout.is_empty());
        assert!(
            errors.contains(name) && errors.contains(expected),
            "{name}: {errors}"
        );
        assert_eq!(errors.lines().count(), 1, "{name}: {errors}");
        assert!(!errors.contains('\u{1b}'), "{name}");
    }
    let report = directory.path().join("report.json");
    fs::write(
        &report,
        run(&["--json", "127.0.0.1", "-p", &closed_port()]).stdout,
    )
    .unwrap();
    let output = run(&["read", report.to_str().unwrap()]);
    assert!(text(&output.stderr).contains("--save writes a case"));
    for missing in ["no-such-file", "/"] {
        assert_eq!(run(&["read", missing]).status.code(), Some(3), "{missing}");
    }
}
