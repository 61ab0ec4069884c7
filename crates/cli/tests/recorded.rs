//! Cases recorded in the lab, read again: what is printed, and what redaction leaves of it.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// One of each kind of answer.
const SHOWN: [&str; 16] = [
    "ban-seen-from-jump",
    "client-bad-option",
    "drop-host-port",
    "healthy",
    "hostile-banner",
    "http-on-port",
    "login-key-refused",
    "moved-remembered-hashed",
    "mtu-hole-back",
    "name-missing",
    "name-split",
    "no-common-kex",
    "rebuilt-host",
    "router-prohibited",
    "stopped",
    "v6-broken-fallback",
];

/// What booted hosts showed: one of each kind of answer.
const SHOWN_ON_SERVER: [&str; 16] = [
    "address-removed",
    "allow-users",
    "both-another-machine",
    "both-changed-since",
    "both-own-new-key",
    "both-provider-drops",
    "both-two-stops",
    "config-bad-option",
    "fail2ban-nftables",
    "healthy-not-enabled",
    "healthy-ordinary-user",
    "healthy-plain",
    "home-writable",
    "port-taken",
    "rescue-disabled",
    "two-causes",
];

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../lab/tests/recorded")
}

fn cases() -> Vec<PathBuf> {
    SHOWN
        .iter()
        .map(|name| recorded().join(format!("{name}.json")))
        .collect()
}

fn read(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sshdoctor"))
        .arg("read")
        .args(arguments)
        .stdin(Stdio::null())
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .output()
        .unwrap();
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn recorded_cases_are_shown_as_they_were() {
    for case in cases() {
        let name = case.file_stem().unwrap().to_str().unwrap();
        let shown = read(&[case.to_str().unwrap()]);
        assert!(shown.lines().count() <= 24, "{shown}");
        insta::with_settings!({snapshot_suffix => name, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("case", shown);
        });
    }
}

#[test]
fn what_booted_hosts_showed_is_shown_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lab/tests/recorded-booted");
    let fixtures = sshdoctor_lab::Fixtures::read(&folder).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for name in SHOWN_ON_SERVER {
        let file = scratch.path().join(name);
        fs::write(&file, fixtures.case(name).unwrap().to_string()).unwrap();
        let shown = read(&[file.to_str().unwrap()]);
        assert!(shown.lines().count() <= 24, "{shown}");
        insta::with_settings!({snapshot_suffix => name, prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!("server", shown);
        });
    }
}

#[test]
fn redaction_changes_no_cause_and_leaves_no_name() {
    let scratch = tempfile::tempdir().unwrap();
    for case in cases() {
        let original = case.to_str().unwrap();
        let redacted = scratch.path().join(case.file_name().unwrap());
        let redacted = redacted.to_str().unwrap();
        read(&[original, "--redact", "--save", redacted]);
        assert_eq!(essence(original), essence(redacted), "{original}");
        let text = fs::read_to_string(redacted).unwrap();
        for private in ["visitor", ": \"server\"", "[server]", "@server"] {
            assert!(!text.contains(private), "{private} is left of {original}");
        }
    }
}

#[test]
fn the_transcript_in_the_readme_is_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let case = recorded().join("moved-remembered-hashed.json");
    let printed = read(&[case.to_str().unwrap()]);
    assert!(
        readme.contains(&format!("```\n$ sshdoctor server\n{printed}```\n")),
        "README.md is out of date: cargo xtask transcript"
    );
}

/// What must not depend on names and addresses.
fn essence(file: &str) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&read(&[file, "--json"])).unwrap();
    let list = |key: &str| report[key].as_array().unwrap().clone();
    let causes = list("causes")
        .into_iter()
        .map(|cause| format!("{} {}", cause["id"], cause["probability"]));
    let stages = list("stages")
        .into_iter()
        .map(|stage| format!("{} {}", stage["stage"], stage["state"]));
    let ruled_out = list("ruled_out")
        .into_iter()
        .map(|cause| cause["id"].to_string());
    std::iter::once(report["outcome"].to_string())
        .chain(causes)
        .chain(stages)
        .chain(ruled_out)
        .collect()
}
