//! The transcript in README.md: what the program prints for a case that was recorded in the lab.

use anyhow::Context as _;

use crate::process;

const CASE: &str = "crates/lab/tests/recorded/moved-remembered-hashed.json";
const TYPED: &str = "$ sshdoctor server\n";

/// Puts it into README.md.
pub(crate) fn write() -> anyhow::Result<()> {
    let path = process::root().join("README.md");
    let text = std::fs::read_to_string(&path).context("README.md")?;
    let (before, rest) = text
        .split_once("```\n")
        .context("README.md has no fenced block")?;
    let (_, after) = rest
        .split_once("```\n")
        .context("the first fenced block of README.md does not end")?;
    let transcript = format!("{before}```\n{TYPED}{}```\n{after}", printed()?);
    std::fs::write(&path, transcript).context("README.md")?;
    println!("wrote {}", path.display());
    Ok(())
}

fn printed() -> anyhow::Result<String> {
    let line = [
        "cargo",
        "run",
        "--quiet",
        "--package",
        "sshdoctor",
        "--",
        "read",
        CASE,
    ];
    let output = process::command(&line)
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .output()
        .context("cannot start cargo")?;
    // Status 1 says that a problem was found, as it should.
    if output.status.code() != Some(1) {
        anyhow::bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
