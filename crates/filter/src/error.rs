//! Why a rule set could not be read.

use crate::model::SourceKind;

/// A source that cannot be read at all. A single rule or element that is not understood is not an error: it is kept, as unknown.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("cannot read {name}: {source}")]
    Io {
        /// The source's name.
        name: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not what it should be.
    #[error("{name}, line {line}: this is not what {} prints: {what}", kind.command())]
    Malformed {
        /// The source's name.
        name: String,
        /// What it was read as.
        kind: SourceKind,
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
}
