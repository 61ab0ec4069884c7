//! Cases that were once judged wrongly, as files.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::case::FilterCase;
use super::outcome::Outcome;
use crate::error::{Doing, LabError};

/// A case and what the kernel did with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// What the kernel did.
    pub outcome: Outcome,
    /// The case.
    pub case: FilterCase,
}

impl Regression {
    /// Writes it into a folder, under the name of its seed; gives the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, LabError> {
        let what = format!("write a case into {}", folder.display());
        std::fs::create_dir_all(folder).doing(&what)?;
        let file = folder.join(format!("{:016x}.toml", self.case.seed));
        let text = toml::to_string(self).map_err(std::io::Error::other);
        std::fs::write(&file, text.doing(&what)?).doing(&what)?;
        Ok(file)
    }

    /// Reads a file, or every file of a folder.
    ///
    /// # Errors
    /// When one cannot be read or is no case.
    pub fn read(path: &Path) -> Result<Vec<Self>, LabError> {
        let what = format!("read {}", path.display());
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            files = std::fs::read_dir(path)
                .doing(&what)?
                .filter_map(Result::ok)
                .map(|entry| entry.path())
                .filter(|file| file.extension().is_some_and(|end| end == "toml"))
                .collect();
            files.sort();
        }
        files
            .into_iter()
            .map(|file| {
                let text = std::fs::read_to_string(&file).doing(&what)?;
                toml::from_str(&text).map_err(|error| LabError::Scenario {
                    file,
                    message: error.to_string(),
                })
            })
            .collect()
    }
}
