//! Diagnoses what every booted host showed again, without the lab and without root.
//!
//! The cases in `recorded-booted/` are made by `cargo run -p sshdoctor-lab -- booted --record crates/lab/tests/recorded-booted`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sshdoctor_case::{Case, Outcome, Report};
use sshdoctor_diagnose::catalogue;
use sshdoctor_lab::{BootedScenario, Fixtures, InsideVerdict};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn recorded() -> Vec<(String, Case)> {
    let fixtures = Fixtures::read(&folder("tests/recorded-booted")).expect("cases of booted hosts");
    let read = |name: &str| {
        let text = fixtures
            .case(name)
            .expect("a case of that name")
            .to_string();
        (name.to_owned(), Case::read(&text).expect("a valid case"))
    };
    fixtures.names().map(read).collect()
}

fn scenario(name: &str) -> BootedScenario {
    let file = folder("booted-scenarios").join(format!("{name}.toml"));
    BootedScenario::load(&file).unwrap_or_else(|error| panic!("{error}"))
}

fn judge(name: &str, report: &Report) -> Vec<String> {
    let exit = i32::from(report.outcome != Outcome::Open);
    let report = serde_json::to_value(report).expect("a report is JSON");
    let verdict = InsideVerdict::judge(&scenario(name), &report, Some(exit));
    let named = |problem| format!("{name}: {problem}");
    verdict.problems.into_iter().map(named).collect()
}

#[test]
fn every_booted_host_is_diagnosed_as_in_the_lab() {
    let cases = recorded();
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|(name, case)| judge(name, &sshdoctor_diagnose::diagnose(case)))
        .collect();
    assert!(cases.len() >= 200, "only {} recorded cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_scenario_that_is_found_is_recorded() {
    let recorded: BTreeSet<String> = recorded().into_iter().map(|(name, _)| name).collect();
    let entries = std::fs::read_dir(folder("booted-scenarios")).expect("booted scenarios");
    let missing: Vec<String> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .map(|path| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| scenario(name).open.is_none() && !recorded.contains(name))
        .collect();
    assert!(missing.is_empty(), "not recorded: {missing:?}");
}

/// Whether an address is in a network decides here. The stand-ins of the two do not keep that.
const NETWORKS_DECIDE: [&str; 1] = ["unit-address-filter"];

#[test]
fn redaction_changes_neither_the_causes_nor_the_outcome() {
    let essence = |report: Report| {
        let ids = |list: Vec<sshdoctor_case::Candidate>| -> Vec<String> {
            list.into_iter().map(|cause| cause.id).collect()
        };
        (report.outcome, ids(report.causes), ids(report.then))
    };
    let mut wrong = Vec::new();
    for (name, case) in recorded() {
        let plain = essence(sshdoctor_diagnose::diagnose(&case));
        let redacted = essence(sshdoctor_diagnose::diagnose(&case.redacted()));
        let is_kept = plain == redacted;
        let may_differ = NETWORKS_DECIDE.contains(&name.as_str());
        assert!(!(is_kept && may_differ), "{name} need not be listed");
        if !is_kept && !may_differ {
            wrong.push(format!("{name}: {plain:?} becomes {redacted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_server_proves_is_certain_and_in_the_catalogue() {
    for (name, case) in recorded() {
        let report = sshdoctor_diagnose::diagnose(&case);
        for cause in report.causes.iter().chain(&report.then) {
            assert!(catalogue::find(&cause.id).is_some(), "{name}: {}", cause.id);
            if report.both_ends.is_none() {
                assert!((cause.probability - 1.0).abs() < f64::EPSILON, "{name}");
                assert!(
                    !cause.evidence.is_empty(),
                    "{name}: {} by nothing",
                    cause.id
                );
            }
        }
    }
}
