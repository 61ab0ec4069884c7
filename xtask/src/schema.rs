//! The JSON Schemas of what is written for others to read.

use std::path::PathBuf;

use anyhow::Context as _;
use schemars::{Schema, schema_for};
use sshdoctor_case::{Case, CausePages, FirewallReport, Report};

use crate::process;

fn documents() -> anyhow::Result<[(PathBuf, String); 4]> {
    let directory = process::root().join("schema");
    let text = |schema: &Schema| -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(schema)? + "\n")
    };
    Ok([
        (
            directory.join("report.schema.json"),
            text(&schema_for!(Report))?,
        ),
        (
            directory.join("firewall.schema.json"),
            text(&schema_for!(FirewallReport))?,
        ),
        (
            directory.join("case.schema.json"),
            text(&schema_for!(Case))?,
        ),
        (
            directory.join("causes.schema.json"),
            text(&schema_for!(CausePages))?,
        ),
    ])
}

/// Writes them.
pub(crate) fn write() -> anyhow::Result<()> {
    for (path, text) in documents()? {
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checked_in_schemas_are_those_of_the_types() {
        for (path, text) in super::documents().unwrap() {
            let checked_in = std::fs::read_to_string(&path).unwrap();
            assert!(
                checked_in == text,
                "{} is out of date: cargo xtask schema",
                path.display()
            );
        }
    }
}
