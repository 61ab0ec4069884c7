//! Diagnoses every recorded lockout again, without the lab: what a case says must not depend on where it is read.
//!
//! The files in `recorded/` are made by `cargo run -p sshdoctor-lab -- run --record crates/lab/tests/recorded`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sshdoctor_case::{Case, Outcome};
use sshdoctor_lab::{Scenario, Verdict};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn recorded() -> Vec<(String, Case)> {
    let entries = std::fs::read_dir(folder("tests/recorded")).expect("there are recorded cases");
    let mut cases: Vec<(String, Case)> = entries
        .map(|entry| {
            let path = entry.expect("a readable folder").path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("a readable case");
            (name.into_owned(), Case::read(&text).expect("a valid case"))
        })
        .collect();
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    cases
}

#[test]
fn every_recorded_lockout_is_diagnosed_as_in_the_lab() {
    let mut wrong = Vec::new();
    let cases = recorded();
    for (name, case) in &cases {
        let scenario = Scenario::load(&folder("scenarios").join(format!("{name}.toml")))
            .expect("a scenario for each recorded case");
        let report = sshdoctor_diagnose::diagnose(case);
        let exit = i32::from(report.outcome != Outcome::Open);
        let report = serde_json::to_value(&report).expect("a report is JSON");
        let verdict = Verdict::judge(&scenario, &report, Some(exit));
        for problem in verdict.problems {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    assert!(cases.len() > 100, "only {} recorded cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_case_gives_the_same_report_every_time() {
    for (name, case) in recorded() {
        let once = serde_json::to_string(&sshdoctor_diagnose::diagnose(&case)).unwrap();
        let saved = serde_json::to_string(&case).unwrap();
        let again = sshdoctor_diagnose::diagnose(&Case::read(&saved).unwrap());
        assert_eq!(once, serde_json::to_string(&again).unwrap(), "{name}");
    }
}

#[test]
fn every_stage_has_recorded_cases() {
    let stopped: BTreeSet<String> = recorded()
        .iter()
        .filter_map(|(_, case)| {
            let report = serde_json::to_value(sshdoctor_diagnose::diagnose(case)).ok()?;
            Verdict::read(&report).stopped_stage
        })
        .collect();
    for stage in sshdoctor_lab::STAGES {
        assert!(stopped.contains(stage), "none stops at {stage}");
    }
}
