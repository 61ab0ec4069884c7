//! The data file of one situation.

use std::net::IpAddr;
use std::path::Path;

use serde::Deserialize;

use super::connect::Outcome;
use crate::error::LabError;

/// One rule set, how it comes about, and what is sent to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// Stem of the file name.
    #[serde(skip)]
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// Debian packages of the programs that write the rules; their versions are recorded.
    #[serde(default)]
    pub(super) packages: Vec<String>,
    /// Set when a tool that is not run here writes such rules: what they are modelled on.
    pub(super) by_hand_after: Option<String>,
    /// There is a third host, `container`, without links.
    #[serde(default)]
    pub(super) container: bool,
    /// Run by `sh -eu` on the server, after the functions of `prelude.sh`.
    pub(super) script: String,
    /// What is sent, in this order.
    #[serde(rename = "packet")]
    pub(super) packets: Vec<Probe>,
}

/// One SYN to send.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Probe {
    pub(super) from: IpAddr,
    /// Otherwise the server's address of that family on `eth0`.
    pub(super) to: Option<IpAddr>,
    #[serde(default = "ssh")]
    pub(super) port: u16,
    /// How many SYNs of the same source to the same port are sent just before.
    #[serde(default)]
    pub(super) earlier: u32,
    /// What the kernel is expected to make of it.
    pub(super) outcome: Outcome,
    /// The tool that wrote the deciding rule.
    pub(super) owner: Option<String>,
    /// Which of its settings made that rule.
    pub(super) setting: Option<String>,
    /// The tool that had the owner write it, and why.
    pub(super) made_for: Option<String>,
    /// What has to be known beside the dumps to tell the outcome.
    pub(super) needs: Option<String>,
}

fn ssh() -> u16 {
    22
}

impl Situation {
    /// Reads one.
    ///
    /// # Errors
    /// When the file cannot be read or does not fit.
    pub fn load(file: &Path) -> Result<Self, LabError> {
        let fail = |message: String| LabError::Scenario {
            file: file.to_owned(),
            message,
        };
        let text = std::fs::read_to_string(file).map_err(|error| fail(error.to_string()))?;
        let mut situation: Self = toml::from_str(&text).map_err(|error| fail(error.to_string()))?;
        situation.name = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(situation)
    }
}
