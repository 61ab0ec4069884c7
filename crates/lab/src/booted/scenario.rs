//! Scenarios of booted hosts as data.

use std::path::Path;

use serde::Deserialize;

use crate::error::LabError;

/// A Debian release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// Debian 12: OpenSSH 9.2, systemd 252.
    #[default]
    Bookworm,
    /// Debian 13: OpenSSH 10.0, systemd 257.
    Trixie,
}

impl Release {
    /// As a Debian mirror calls it.
    #[must_use]
    pub fn codename(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }
}

/// One lockout, as its file describes it. In `here`, `options` and `quotes` these words are filled in: `{client}` and `{server}` for
/// the two addresses, `{client4}`, `{client6}`, `{server4}` and `{server6}` for those of one family.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootedScenario {
    /// Its name, which is also that of its file.
    pub name: String,
    /// What is broken, in a few words.
    pub title: String,
    /// The family of its cause, as the catalogue of causes has it; `healthy` when nothing is wrong.
    pub family: String,
    /// What the host runs.
    #[serde(default)]
    pub release: Release,
    /// The host has a second link, over which its further address 203.0.113.9 is reached.
    #[serde(default)]
    pub second_link: bool,
    /// The host itself gives its interfaces their addresses, when it boots after being broken.
    #[serde(default)]
    pub own_network: bool,
    /// For `sh -eu`, as root of the booted host: what this host is for.
    #[serde(default)]
    pub prepare: String,
    /// For `sh -eu` as well: what breaks it.
    #[serde(default, rename = "break")]
    pub breaking: String,
    /// The host is shut down and booted again after it was broken.
    #[serde(default)]
    pub reboot: bool,
    /// Where that boot never finishes: for `sh`, on the host, true when it has come as far as it will.
    #[serde(default)]
    pub stuck_when: Option<String>,
    /// For `sh -eu`, as root of the host after a reboot.
    #[serde(default)]
    pub after_boot: String,
    /// For `sh -eu`, as root of the router between client and host.
    #[serde(default)]
    pub router: String,
    /// The program is run at the client first, and what it saw there is given to it on the host.
    #[serde(default)]
    pub both_ends: bool,
    /// For `sh -eu`, as root of the host: what changes after the client has tried, and has had the program run.
    #[serde(default)]
    pub between: String,
    /// The person who wants in.
    #[serde(default)]
    pub client: Client,
    /// What to give to `sshdoctor here --json`; otherwise the client's address, port and user.
    #[serde(default)]
    pub here: Option<Vec<String>>,
    /// The program is run by this account of the host, and not by root.
    #[serde(default)]
    pub run_by: Option<String>,
    /// After the client has tried, the host is shut down, and the program is run by a rescue system that has mounted its disk.
    #[serde(default)]
    pub rescue: bool,
    /// Nothing is wrong with the host: the program must not claim anything. What is wrong on the way to it, `router` does.
    #[serde(default)]
    pub healthy: bool,
    /// Why the program does not find it yet. What it says is judged and shown as that of any other; that it is wrong is no
    /// failure, that it is right is one, so that this goes away.
    #[serde(default)]
    pub open: Option<String>,
    /// What has to be found.
    #[serde(default)]
    pub expect: Expected,
}

/// The person who wants in, and what happens around it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// The account on the host.
    pub user: String,
    /// The port.
    pub port: u16,
    /// The address that is used: `v4`, `v6`, or an address of the host.
    pub to: String,
    /// The key pair that is offered: `ed25519`, which is the authorised one, `rsa` or `ecdsa`, or one with a certificate:
    /// `expired`, or `stranger`, which is for another account. Their public parts are in `/usr/local/share` of the host.
    pub key: String,
    /// Logs in with the password of the account, or this one, and without a key.
    pub password: Option<String>,
    /// More options of `ssh`.
    pub options: Vec<String>,
    /// Remembers the host key that the host had at first, and insists on it.
    pub knows_host: bool,
    /// Starts `sftp` in place of a command.
    pub sftp: bool,
    /// What the real `ssh` has to say (a part of it), or `works`; when it is empty, anything but getting in.
    pub says: String,
    /// Before that: attempts to log in as somebody who does not exist.
    pub failures: u32,
    /// Before that: connections of another client, held open without a word.
    pub held: u32,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            user: "deploy".into(),
            port: 22,
            to: "v4".into(),
            key: "ed25519".into(),
            password: None,
            options: Vec::new(),
            knows_host: false,
            sftp: false,
            says: "works".into(),
            failures: 0,
            held: 0,
        }
    }
}

/// What the program has to find.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// The cause that has to be on top.
    pub cause: String,
    /// Causes that are as right on top.
    pub or_causes: Vec<String>,
    /// Causes that may be in the report besides, because they are true as well.
    pub also: Vec<String>,
    /// The outcome.
    pub outcome: String,
    /// Outcomes that are as right.
    pub or_outcomes: Vec<String>,
    /// The stage that stops the client.
    pub stage: String,
    /// Stages that are as right.
    pub or_stages: Vec<String>,
    /// What the report has to quote: a file with its line, the text of a rule, a line of a log; of a healthy host what will
    /// not survive the next restart or boot.
    pub quotes: Vec<String>,
    /// Why this is what has to be found, where that is not plain.
    pub note: String,
}

impl BootedScenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML of this form, or contradicts itself.
    pub fn load(path: &Path) -> Result<Self, LabError> {
        let wrong = |message: String| LabError::Scenario {
            file: path.to_owned(),
            message,
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let scenario: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        scenario.check(path).map_err(wrong)?;
        Ok(scenario)
    }

    fn check(&self, path: &Path) -> Result<(), String> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if self.name != stem {
            return Err(format!("it is named {:?}", self.name));
        }
        let expect = &self.expect;
        if self.healthy {
            let anything = [&expect.cause, &expect.stage, &expect.outcome];
            if self.family != "healthy" || anything.iter().any(|text| !text.is_empty()) {
                return Err("a healthy host has the family healthy and nothing to find".into());
            }
        } else if expect.cause.is_empty() || expect.outcome.is_empty() {
            return Err("a host that is not healthy needs a cause and an outcome".into());
        } else if !crate::scenario::STAGES.contains(&expect.stage.as_str()) {
            return Err(format!("{:?} is not a stage", expect.stage));
        }
        let reboots = self.own_network || self.stuck_when.is_some() || !self.after_boot.is_empty();
        if self.rescue && self.run_by.is_some() {
            return Err("a rescue system has no account of the host".into());
        }
        if !self.between.is_empty() && !self.both_ends {
            return Err("what changes in between needs both_ends = true".into());
        }
        if self.both_ends && (self.rescue || self.run_by.is_some()) {
            return Err("both ends are looked at by root of a running host".into());
        }
        if reboots && !self.reboot {
            return Err("what it says of the next boot needs reboot = true".into());
        }
        Ok(())
    }
}
