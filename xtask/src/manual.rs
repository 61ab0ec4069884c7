//! The manual page, as the program itself prints it.

use anyhow::Context as _;

use crate::process;

/// Writes it.
pub(crate) fn write() -> anyhow::Result<()> {
    let page = process::output(&[
        "cargo",
        "run",
        "--quiet",
        "--package",
        "sshdoctor",
        "--",
        "man",
    ])?;
    let path = process::root().join("crates/cli/man/sshdoctor.1");
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {}", path.display());
    Ok(())
}
