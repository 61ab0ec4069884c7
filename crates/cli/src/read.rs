//! `read`: a saved case, diagnosed again or made fit to be shown to others.

use std::{
    fs::File,
    io::{self, Read},
};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sshdoctor_case::{CASE_SCHEMA, Case, MAX_CASE_BYTES, REPORT_SCHEMA};

use crate::{arguments::ReadArguments, exit, output, save};

/// Runs `read`.
///
/// # Errors
/// When the case cannot be read or the answer cannot be written.
pub(crate) fn run(arguments: &ReadArguments) -> anyhow::Result<u8> {
    let target = arguments
        .save
        .as_deref()
        .map(save::NewFile::at)
        .transpose()?;
    let case = load(&arguments.file)?;
    if arguments.redact {
        let redacted = case.redacted();
        match target {
            Some(file) => file.write(&redacted)?,
            None => output::raw((save::document(&redacted)? + "\n").as_bytes())?,
        }
        return Ok(exit::OPEN);
    }
    let report = sshdoctor_diagnose::diagnose(&case);
    output::report(&report, &arguments.output)?;
    Ok(exit::of(&report))
}

fn load(name: &str) -> anyhow::Result<Case> {
    let shown = if name == "-" { "standard input" } else { name };
    let bytes = if name == "-" {
        bounded(io::stdin().lock())
    } else {
        File::open(name).and_then(bounded)
    }
    .with_context(|| format!("cannot read {shown}"))?;
    parse(&bytes).with_context(|| shown.to_owned())
}

/// One byte more than is allowed, so that the excess shows.
fn bounded(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(MAX_CASE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The one field by which documents of this program are told apart.
#[derive(Deserialize)]
struct Labelled {
    schema: String,
}

fn parse(bytes: &[u8]) -> anyhow::Result<Case> {
    if bytes.len() > MAX_CASE_BYTES {
        bail!("larger than {MAX_CASE_BYTES} bytes, which no case file is");
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
            bail!("not a case file: line {line} is not UTF-8 text");
        }
    };
    if let Ok(Labelled { schema }) = serde_json::from_str(text)
        && schema == REPORT_SCHEMA
    {
        bail!(
            "a report (written by --json), not a case ({CASE_SCHEMA}); --save writes a case, from which the report can be made again"
        );
    }
    Ok(Case::read(text)?)
}
