//! Rule sets of real servers against the readers and the kernel: `cargo xtask corpora DIR`.

use crate::process;

/// Runs the lab on the files of this folder.
pub(crate) fn run(folder: &str) -> anyhow::Result<()> {
    let folder = std::path::absolute(folder)?;
    process::run(&[
        "cargo",
        "run",
        "--quiet",
        "--package",
        "sshdoctor-lab",
        "--bin",
        "lab",
        "--",
        "corpora",
        &folder.to_string_lossy(),
    ])
}
