//! Every command that README.md shows must be one that exists.

use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::process;

/// Tries the commands of README.md.
pub(crate) fn check() -> anyhow::Result<()> {
    process::built_for_tests("sshdoctor")?;
    let text = std::fs::read_to_string(process::root().join("README.md")).context("README.md")?;
    let commands = commands(&text);
    if commands.is_empty() {
        bail!("README.md shows no command");
    }
    for command in &commands {
        exists(command).with_context(|| format!("README.md shows `{command}`"))?;
    }
    println!("{} commands of README.md exist", commands.len());
    Ok(())
}

/// Lines of fenced blocks that begin with `$ `, or with one of our own two programs.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
            continue;
        }
        let typed = line.strip_prefix("$ ").unwrap_or(line);
        if inside && (typed.starts_with("cargo ") || typed.starts_with("sshdoctor ")) {
            let without_remark = typed.split("  #").next().unwrap_or(typed);
            let parts = without_remark.split("&&");
            found.extend(parts.map(|part| part.trim().to_owned()));
        }
    }
    found
}

fn exists(command: &str) -> anyhow::Result<()> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["cargo", "xtask", name, ..] => {
            if !crate::USAGE.contains(&format!("\n  {name} ")) {
                bail!("xtask has no command {name}");
            }
            Ok(())
        }
        ["cargo", "run", "--release", "--", rest @ ..] | ["sshdoctor", rest @ ..] => {
            parses("sshdoctor", rest)
        }
        ["cargo", "run", "-p", "sshdoctor-lab", "--", rest @ ..] => parses("lab", rest),
        ["cargo", "bench", "-p", package] => {
            let room = package.trim_start_matches("sshdoctor-");
            let benches = process::root().join("crates").join(room).join("benches");
            if !benches.is_dir() {
                bail!("{} has no benchmarks", package);
            }
            Ok(())
        }
        ["cargo", "install" | "build" | "test", ..] => Ok(()),
        _ => bail!("nobody knows how to check it"),
    }
}

/// Both programs read all arguments before they obey `--help`, so a wrong one shows.
fn parses(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let binary = process::target_directory().join("debug").join(program);
    let output = std::process::Command::new(binary)
        .args(arguments)
        .arg("--help")
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_found_in_fenced_blocks_only() {
        let text = "sshdoctor prose\n```\n$ sshdoctor web1\noutput\ncargo xtask test   # remark\n```\ncargo no\n";
        assert_eq!(
            super::commands(text),
            ["sshdoctor web1", "cargo xtask test"]
        );
    }

    #[test]
    fn a_command_that_does_not_exist_is_refused() {
        assert!(super::exists("cargo xtask no-such").is_err());
        assert!(super::exists("rm -rf x").is_err());
        assert!(super::exists("cargo xtask schema").is_ok());
    }
}
