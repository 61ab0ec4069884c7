//! The saved document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Destination, Observation, ServerQuestion, SshOptions, Vantage};

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
    /// When the client's side was seen, in a case joined from both ends; `recorded_at` is then when the server was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub client_recorded_at: Option<jiff::Timestamp>,
    /// What was seen, in the order of arrival.
    pub observations: Vec<Observation>,
}

/// Why two cases cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JoinError {
    /// The one that should tell of the client tells of a server.
    #[error("it was saved on a server, by `here`; one saved by `check` is needed")]
    NotOfAClient,
    /// The one that should tell of the server tells of a client.
    #[error(
        "it was saved on the client's side, by `check`; one saved on the server by `here` is needed"
    )]
    NotOfAServer,
    /// It tells of both already.
    #[error("it holds both ends already")]
    OfBoth,
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
            client_recorded_at: None,
            observations: Vec::new(),
        }
    }

    /// Adds an observation and gives it its id.
    pub fn add(&mut self, mut observation: Observation) {
        observation.id = format!("e{}", self.observations.len() + 1);
        self.observations.push(observation);
    }

    /// One case of what both ends of a connection saw.
    ///
    /// # Errors
    /// When one of the two is not of the end that it should be of.
    pub fn join(client: Self, server: Self) -> Result<Self, JoinError> {
        if client.client_recorded_at.is_some() || server.client_recorded_at.is_some() {
            return Err(JoinError::OfBoth);
        }
        if client.server.is_some() {
            return Err(JoinError::NotOfAClient);
        }
        if server.server.is_none() {
            return Err(JoinError::NotOfAServer);
        }
        let mut joined = Self {
            schema: CASE_SCHEMA.into(),
            recorded_at: server.recorded_at,
            client_recorded_at: Some(client.recorded_at),
            server: server.server,
            observations: Vec::new(),
            destination: client.destination,
            options: client.options,
            settings: client.settings,
        };
        for observation in client.observations.into_iter().chain(server.observations) {
            joined.add(observation);
        }
        Ok(joined)
    }

    /// What the client's end saw of a joined case, under the same ids; nothing when only one end was looked at.
    #[must_use]
    pub fn client_end(&self) -> Option<Self> {
        let mut end = self.end(|vantage| *vantage != Vantage::server());
        end.recorded_at = self.client_recorded_at?;
        end.server = None;
        Some(end)
    }

    /// What the server's end saw of a joined case, under the same ids; nothing when only one end was looked at.
    #[must_use]
    pub fn server_end(&self) -> Option<Self> {
        self.client_recorded_at?;
        Some(self.end(|vantage| *vantage == Vantage::server()))
    }

    fn end(&self, belongs: impl Fn(&Vantage) -> bool) -> Self {
        Self {
            schema: self.schema.clone(),
            recorded_at: self.recorded_at,
            client_recorded_at: None,
            destination: self.destination.clone(),
            options: self.options.clone(),
            settings: self.settings.clone(),
            server: self.server.clone(),
            observations: self
                .observations
                .iter()
                .filter(|observation| belongs(&observation.vantage))
                .cloned()
                .collect(),
        }
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
