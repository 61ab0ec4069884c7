//! The manual page of one cause.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Remedy, Stage, Where};

/// Value of `schema` in a page.
pub const CAUSE_SCHEMA: &str = "sshdoctor.cause/1";

/// Value of `schema` in a list of pages.
pub const CAUSES_SCHEMA: &str = "sshdoctor.causes/1";

/// Everything that is known of one cause before anything was seen.
///
/// Words in capitals in commands stand for what only the reader knows.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CausePage {
    /// [`CAUSE_SCHEMA`].
    pub schema: String,
    /// Catalogue id.
    pub id: String,
    /// Where it stops the connection.
    pub stage: Stage,
    /// In one line.
    pub title: String,
    /// How often it is the one, before anything was seen: from 0 to 1.
    pub prior: f64,
    /// What it is and how it comes about.
    pub what: String,
    /// How it looks from the client.
    pub client_looks: String,
    /// How it looks on the server.
    pub server_looks: String,
    /// Commands that confirm it.
    pub confirm: Vec<String>,
    /// The same where systemd does not run; empty when the commands hold there too.
    pub confirm_without_systemd: Vec<String>,
    /// The smallest safe change.
    pub remedy: Remedy,
    /// Where the remedy's commands are typed.
    #[serde(rename = "where")]
    pub place: Where,
    /// The remedy's commands where distributions differ.
    pub by_distribution: Vec<DistributionRemedy>,
    /// How to stop it coming back.
    pub lasting: String,
    /// What builds it and proves that it is recognised, as `lab` takes it; empty where nothing does.
    pub scenarios: Vec<String>,
}

/// The remedy in the commands of some distributions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DistributionRemedy {
    /// Which.
    pub names: String,
    /// The commands, in order.
    pub commands: Vec<String>,
}

/// The pages of all causes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CausePages {
    /// [`CAUSES_SCHEMA`].
    pub schema: String,
    /// Every cause, family by family.
    pub causes: Vec<CausePage>,
}
