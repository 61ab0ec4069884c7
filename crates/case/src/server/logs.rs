//! What was logged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// Where lines come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum LogSource {
    /// The journal of one unit.
    Journal {
        /// The unit, or `kernel`.
        unit: Received,
    },
    /// A file.
    File {
        /// Its path.
        path: Received,
    },
    /// The kernel's ring buffer.
    KernelRing,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// When, in milliseconds since the epoch, where it is told.
    pub at_ms: Option<i64>,
    /// The process.
    pub pid: Option<u32>,
    /// Who says it: `sshd`, `sshd-session`, `systemd`, `kernel`.
    pub identifier: Received,
    /// What.
    pub message: Received,
    /// How often in a row.
    pub times: u32,
}

/// The last lines of one log, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Log {
    /// Which log.
    #[serde(flatten)]
    pub source: LogSource,
    /// The lines: at most 400, since the last start of the service where that is known.
    pub lines: Vec<LogLine>,
    /// Earlier lines were left out.
    pub cut: bool,
}
