//! The saved document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Destination, Observation, ServerQuestion, SshOptions};

/// Value of `schema` in a case file.
pub const CASE_SCHEMA: &str = "sshdoctor.case/1";

/// The largest case file that is read, in bytes.
pub const MAX_CASE_BYTES: usize = 16 * 1024 * 1024;

/// What the person allowed and asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Most completed connections to the SSH port.
    pub connection_budget: u32,
    /// One login attempt with the person's own `ssh` is allowed.
    pub login: bool,
    /// Hosts to ask from as well, as `ssh -J` takes them.
    pub via: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connection_budget: 3,
            login: false,
            via: Vec::new(),
        }
    }
}

/// Everything known of one lockout.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// [`CASE_SCHEMA`].
    pub schema: String,
    /// When the inquiry began.
    #[schemars(with = "String")]
    pub recorded_at: jiff::Timestamp,
    /// Where to.
    pub destination: Destination,
    /// The options typed with it.
    pub options: SshOptions,
    /// What was allowed.
    pub settings: Settings,
    /// What was asked on the server, when that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerQuestion>,
    /// What was seen, in the order of arrival.
    pub observations: Vec<Observation>,
}

/// Why a case file cannot be read.
#[derive(Debug, Error)]
pub enum CaseError {
    /// Not JSON of this form.
    #[error("the case file is not valid JSON of this form")]
    Malformed(#[from] serde_json::Error),
    /// Another version.
    #[error("the case file says schema {found:?}; this program reads {CASE_SCHEMA:?}")]
    OtherSchema {
        /// What it says.
        found: String,
    },
    /// Too large.
    #[error("the case file has {bytes} bytes; at most {MAX_CASE_BYTES} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

impl Case {
    /// A case without observations.
    #[must_use]
    pub fn new(
        recorded_at: jiff::Timestamp,
        destination: Destination,
        options: SshOptions,
        settings: Settings,
    ) -> Self {
        Self {
            schema: CASE_SCHEMA.into(),
            recorded_at,
            destination,
            options,
            settings,
            server: None,
            observations: Vec::new(),
        }
    }

    /// Adds an observation and gives it its id.
    pub fn add(&mut self, mut observation: Observation) {
        observation.id = format!("e{}", self.observations.len() + 1);
        self.observations.push(observation);
    }

    /// Reads a saved case. Ids are given anew, so that a report refers to what the file holds.
    ///
    /// # Errors
    /// When the text is too large, is not JSON of this form or says another schema.
    pub fn read(text: &str) -> Result<Self, CaseError> {
        if text.len() > MAX_CASE_BYTES {
            return Err(CaseError::TooLarge { bytes: text.len() });
        }
        let mut case: Self = serde_json::from_str(text)?;
        if case.schema != CASE_SCHEMA {
            return Err(CaseError::OtherSchema {
                found: crate::escape(&case.schema),
            });
        }
        for (index, observation) in case.observations.iter_mut().enumerate() {
            observation.id = format!("e{}", index + 1);
        }
        Ok(case)
    }
}
