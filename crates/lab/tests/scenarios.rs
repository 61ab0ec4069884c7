//! Sends the real program through every lockout of the lab.
//!
//! It needs Linux, root (or `CAP_SYS_ADMIN`: some scenarios need more than one user), and the tools that `cargo xtask test`
//! installs. The program has to be built before: `cargo build -p sshdoctor`, or its path is in `SSHDOCTOR_BIN`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn program() -> PathBuf {
    let beside = || {
        let lab = Path::new(env!("CARGO_BIN_EXE_lab"));
        lab.with_file_name("sshdoctor")
    };
    let path = std::env::var_os("SSHDOCTOR_BIN").map_or_else(beside, PathBuf::from);
    assert!(
        path.is_file(),
        "{} does not exist: cargo build -p sshdoctor, or set SSHDOCTOR_BIN",
        path.display()
    );
    path
}

#[test]
fn every_lockout_is_diagnosed() {
    let lab = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["run", "--jobs", "6", "--sshdoctor"])
        .arg(program())
        .stdin(Stdio::null())
        .output()
        .expect("the lab starts");
    let told = String::from_utf8_lossy(&lab.stdout);
    println!("{told}{}", String::from_utf8_lossy(&lab.stderr));
    assert!(lab.status.success(), "some scenarios failed, see above");
    let last = told.lines().last().unwrap_or_default();
    assert!(
        last.contains(" 0 skipped"),
        "some could not be built here: {last}"
    );
}

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
