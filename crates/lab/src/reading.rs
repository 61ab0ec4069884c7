//! From a file to a scenario.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Doing, LabError};
use crate::scenario::Scenario;

/// Lists of causes that look the same from outside, by name, each with the reason.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Alike(BTreeMap<String, Class>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    #[serde(rename = "why")]
    _why: String,
    causes: Vec<String>,
}

const ALIKE: &str = include_str!("../alike.toml");

impl Scenario {
    /// Reads a scenario and replaces each `@name` in its truth by what it stands for.
    ///
    /// # Errors
    /// When the text is not a scenario; `file` is named in the error.
    pub fn read(file: &Path, text: &str) -> Result<Self, LabError> {
        let wrong = |message: String| LabError::Scenario {
            file: file.to_owned(),
            message,
        };
        let mut scenario: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let alike: Alike = toml::from_str(ALIKE).map_err(|error| wrong(error.to_string()))?;
        if scenario.healthy != scenario.truth.is_none() {
            return Err(wrong("it is healthy, or it has a truth".into()));
        }
        if let Some(truth) = &mut scenario.truth {
            let mut causes = Vec::new();
            for id in &truth.alike {
                match id.strip_prefix('@') {
                    None => causes.push(id.clone()),
                    Some(name) => match alike.0.get(name) {
                        Some(class) => causes.extend(class.causes.iter().cloned()),
                        None => return Err(wrong(format!("no list {name:?} in alike.toml"))),
                    },
                }
            }
            causes.retain(|id| *id != truth.cause);
            truth.alike = causes;
        }
        Ok(scenario)
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// When it cannot be read, is not a scenario, or its name is not that of the file.
    pub fn load(file: &Path) -> Result<Self, LabError> {
        let text = std::fs::read_to_string(file).doing(format!("read {}", file.display()))?;
        let scenario = Self::read(file, &text)?;
        if file.file_stem().and_then(|stem| stem.to_str()) != Some(&scenario.name) {
            return Err(LabError::Scenario {
                file: file.to_owned(),
                message: format!("it calls itself {:?}", scenario.name),
            });
        }
        Ok(scenario)
    }
}
