//! Writing a case to a new file: whole or not at all, readable by its owner only, never over another file.

use std::{
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use sshdoctor_case::Case;

/// A file name at which nothing exists yet.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
}

impl NewFile {
    /// Takes a name, so that a bad one is told before any time is spent.
    ///
    /// # Errors
    /// When something exists there, or its directory does not.
    pub(crate) fn at(name: &str) -> anyhow::Result<Self> {
        let path = PathBuf::from(name);
        if path.symlink_metadata().is_ok() {
            bail!("{name} exists already; give another name to --save, or remove it");
        }
        if path.file_name().is_none() || !directory(&path).is_dir() {
            bail!("cannot save to {name}: its directory does not exist");
        }
        Ok(Self { path })
    }

    /// Writes the case.
    ///
    /// # Errors
    /// When the file cannot be written, or something exists there by now.
    pub(crate) fn write(&self, case: &Case) -> anyhow::Result<()> {
        let name = self.path.display();
        let mut text = document(case)?;
        text.push('\n');
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(directory(&self.path))?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(&self.path)
                .map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => anyhow::anyhow!("{name} exists by now; nothing was saved"),
            _ => anyhow::Error::new(error).context(format!("cannot save the case to {name}")),
        })
    }
}

/// The case as text.
///
/// # Errors
/// When the case holds something that JSON cannot express; no case does.
pub(crate) fn document(case: &Case) -> anyhow::Result<String> {
    serde_json::to_string_pretty(case).context("cannot write the case as JSON")
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
