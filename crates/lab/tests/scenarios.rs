//! The set of scenarios: enough of them, and some for each stage. `lab run` sends the program through them.

use std::process::Command;

#[test]
fn there_are_enough_scenarios_and_each_stage_has_some() {
    let lab = Command::new(env!("CARGO_BIN_EXE_lab"))
        .arg("list")
        .output()
        .expect("the lab starts");
    let told = String::from_utf8_lossy(&lab.stdout);
    assert!(told.lines().count() > 55, "{told}");
    for stage in sshdoctor_lab::STAGES {
        assert!(
            told.lines()
                .any(|line| line.split_whitespace().nth(1) == Some(stage)),
            "no scenario stops at {stage}"
        );
    }
}
