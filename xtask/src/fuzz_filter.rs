//! Random packet filters against the kernel: `cargo xtask fuzz-filter --cases N --seed S`.

use crate::process;

/// Runs the lab's oracle with these options, optimised.
pub(crate) fn run(options: &[&str]) -> anyhow::Result<()> {
    let mut line = vec![
        "cargo",
        "run",
        "--quiet",
        "--release",
        "--package",
        "sshdoctor-lab",
        "--bin",
        "lab",
        "--",
        "fuzz-filter",
    ];
    line.extend(options);
    process::run(&line)
}
