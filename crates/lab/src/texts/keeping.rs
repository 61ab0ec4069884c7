//! A text and its meaning, as they are kept.

use std::path::Path;

use serde::Serialize;

use super::attempt::ProvokedText;
use super::provocation::Provocation;
use crate::error::{Doing, LabError};

/// What stands beside a text.
#[derive(Serialize)]
struct Meaning<'a> {
    program: &'a str,
    version: &'a str,
    platform: &'a str,
    side: &'a str,
    provoked: bool,
    how: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    or_stages: &'a [String],
    causes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    true_cause: Option<&'a str>,
    decisive: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    wrapped: Vec<&'static str>,
}

/// Writes `NAME.txt` and `NAME.toml`.
///
/// # Errors
/// When they cannot be written.
pub fn write_text(
    folder: &Path,
    provocation: &Provocation,
    provoked: &ProvokedText,
) -> Result<(), LabError> {
    let what = format!("keep {} in {}", provocation.name, folder.display());
    let meaning = Meaning {
        program: &provocation.program,
        version: &provoked.version,
        platform: "linux",
        side: &provocation.side,
        provoked: true,
        how: &provocation.how,
        stage: provocation.stage.as_deref(),
        outcome: provocation.outcome.as_deref(),
        or_stages: &provocation.or_stages,
        causes: &provocation.causes,
        true_cause: provocation.true_cause.as_deref(),
        decisive: &provocation.decisive,
        wrapped: provocation.wrapped.iter().map(|one| one.name()).collect(),
    };
    let text = toml::to_string(&meaning).map_err(|error| LabError::Unfit(error.to_string()))?;
    std::fs::create_dir_all(folder).doing(&what)?;
    let file = |kind| folder.join(format!("{}.{kind}", provocation.name));
    std::fs::write(file("txt"), &provoked.text).doing(&what)?;
    std::fs::write(file("toml"), text).doing(&what)
}
