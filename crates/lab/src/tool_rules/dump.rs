//! Everything that prints a part of the server's rules.

use std::collections::BTreeMap;

use super::expected::Failure;
use crate::error::{Doing, LabError};
use crate::namespace::{Host, find_tool};
use crate::system::Identity;

/// File name, program, package, arguments.
const READERS: [(&str, &str, &str, &[&str]); 7] = [
    ("nft.json", "nft", "nftables", &["-j", "list", "ruleset"]),
    ("nft.txt", "nft", "nftables", &["-a", "list", "ruleset"]),
    ("iptables-save", "iptables-nft-save", "iptables", &[]),
    ("ip6tables-save", "ip6tables-nft-save", "iptables", &[]),
    (
        "iptables-legacy-save",
        "iptables-legacy-save",
        "iptables",
        &[],
    ),
    (
        "ip6tables-legacy-save",
        "ip6tables-legacy-save",
        "iptables",
        &[],
    ),
    ("ipset-save", "ipset", "ipset", &["save"]),
];

/// What the readers printed, and which of them failed.
#[derive(Debug, Default)]
pub(super) struct Dumps {
    pub(super) files: BTreeMap<String, String>,
    pub(super) failures: Vec<Failure>,
}

impl Dumps {
    /// The text of one file, empty when there is none.
    pub(super) fn text(&self, file: &str) -> &str {
        self.files.get(file).map_or("", String::as_str)
    }

    /// Runs every reader. What prints no rule, chain or set leaves no file.
    pub(super) fn take(server: &Host) -> Result<Self, LabError> {
        let mut dumps = Self::default();
        for (file, program, package, arguments) in READERS {
            let output = server
                .command(&find_tool(program, package)?, Identity::Root)?
                .args(arguments)
                .output()
                .doing(format!("run {program}"))?;
            if !output.status.success() {
                dumps.failures.push(Failure {
                    reader: file.to_owned(),
                    status: output.status.to_string(),
                    says: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                });
            }
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            if says_something(file, &text) {
                dumps.files.insert(file.to_owned(), text);
            }
        }
        Ok(dumps)
    }
}

fn says_something(file: &str, text: &str) -> bool {
    match file {
        "nft.json" => text.contains("\"table\""),
        _ => !text.trim().is_empty(),
    }
}

/// Runs a program on the server and gives its words.
pub(super) fn ask(
    server: &Host,
    program: &'static str,
    package: &'static str,
    arguments: &[&str],
) -> Result<String, LabError> {
    let output = server
        .command(&find_tool(program, package)?, Identity::Root)?
        .args(arguments)
        .output()
        .doing(format!("run {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
