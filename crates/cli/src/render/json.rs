//! The report as one JSON document.

use serde::Serialize;

/// The document, ending in a line feed.
///
/// # Errors
/// When the report holds something that JSON cannot express; no report does.
pub(crate) fn document(report: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}
