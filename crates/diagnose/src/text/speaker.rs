//! Who speaks: the client's program, version and platform, as far as the text says so.

use super::message::name;

/// Where the client runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Linux, or nothing that says otherwise.
    Linux,
    /// macOS and the BSDs.
    MacOs,
    /// Windows.
    Windows,
}

/// The client's program.
#[derive(Debug, Clone)]
pub(super) struct Speaker {
    /// `OpenSSH_9.2p1`.
    pub(super) program: Option<String>,
    /// Where it runs.
    pub(super) platform: Platform,
}

impl Speaker {
    pub(super) const fn unknown() -> Self {
        Self {
            program: None,
            platform: Platform::Linux,
        }
    }

    /// What follows `OpenSSH_` in the first line of `ssh -v`.
    pub(super) fn version(&mut self, rest: &str) {
        let version = rest.split([',', ' ']).next().unwrap_or_default();
        self.program = name(version).map(|version| format!("OpenSSH_{version}"));
        if version.starts_with("for_Windows") {
            self.platform = Platform::Windows;
        } else if rest.contains("LibreSSL") {
            // Apple and OpenBSD build with LibreSSL.
            self.platform = Platform::MacOs;
        }
    }

    /// Signs of a platform in any line that is understood.
    pub(super) fn look(&mut self, line: &str) {
        if line.contains("Operation timed out")
            || line.contains("nodename nor servname")
            || line.contains("/Users/")
        {
            self.platform = Platform::MacOs;
        } else if line.contains("C:\\Users")
            || line.contains("C:/Users")
            || line.contains("No such host is known")
        {
            self.platform = Platform::Windows;
        }
    }
}
