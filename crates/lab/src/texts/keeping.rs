//! A text and its meaning, as they are kept.

use std::path::{Path, PathBuf};

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

impl<'a> Meaning<'a> {
    fn of(provocation: &'a Provocation, version: &'a str) -> Self {
        Self {
            program: &provocation.program,
            version,
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
        }
    }

    fn written(&self) -> Result<String, LabError> {
        toml::to_string(self).map_err(|error| LabError::Unfit(error.to_string()))
    }
}

fn kept_file(folder: &Path, name: &str, kind: &str) -> PathBuf {
    folder.join(format!("{name}.{kind}"))
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
    let meaning = Meaning::of(provocation, &provoked.version).written()?;
    std::fs::create_dir_all(folder).doing(&what)?;
    let file = |kind| kept_file(folder, &provocation.name, kind);
    std::fs::write(file("txt"), &provoked.text).doing(&what)?;
    std::fs::write(file("toml"), meaning).doing(&what)
}

/// What is kept of a provocation still holds the words that decide, and its meaning is what is written in the provocation.
///
/// # Errors
/// When something differs, with what.
pub fn compare_with_kept(provocation: &Provocation, folder: &Path) -> Result<(), LabError> {
    let name = &provocation.name;
    let read = |kind| {
        let file = kept_file(folder, name, kind);
        std::fs::read(&file)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .doing(format!("read {} (--record makes it)", file.display()))
    };
    let text = read("txt")?;
    let kept: toml::Table = toml::from_str(&read("toml")?)
        .map_err(|error| LabError::Unfit(format!("{name}: {error}")))?;
    let version = kept.get("version").and_then(toml::Value::as_str);
    let now: toml::Table =
        toml::from_str(&Meaning::of(provocation, version.unwrap_or_default()).written()?)
            .map_err(|error| LabError::Unfit(format!("{name}: {error}")))?;
    if let Some((key, _)) = now
        .iter()
        .find(|(key, value)| kept.get(*key) != Some(value))
    {
        return Err(LabError::Unfit(format!(
            "{name}: `{key}` is another one in what is kept (--record)"
        )));
    }
    // What breaks lines may break these words.
    let whole = provocation.wrapped.is_empty();
    match provocation
        .decisive
        .iter()
        .find(|words| !text.contains(words.as_str()))
    {
        Some(words) if whole => Err(LabError::Unfit(format!(
            "{name}: what is kept does not hold {words:?}"
        ))),
        _ => Ok(()),
    }
}
