//! Reading a saved case from a file or from standard input.

use std::{
    fs::File,
    io::{self, Read},
};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use sshdoctor_case::{CASE_SCHEMA, Case, JoinError, MAX_CASE_BYTES, REPORT_SCHEMA};

/// Reads a saved case.
///
/// # Errors
/// When it cannot be read, or is no case.
pub(crate) fn case(name: &str) -> anyhow::Result<Case> {
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

/// Reads what a client saw: another end is told before any time is spent.
///
/// # Errors
/// When it cannot be read, or is of a server.
pub(crate) fn client_end(name: &str) -> anyhow::Result<Case> {
    end(name, |case| case.server.is_none(), JoinError::NotOfAClient)
}

/// Reads what a server showed: another end is told before any time is spent.
///
/// # Errors
/// When it cannot be read, or is of a client.
pub(crate) fn server_end(name: &str) -> anyhow::Result<Case> {
    end(name, |case| case.server.is_some(), JoinError::NotOfAServer)
}

fn end(name: &str, is_it: fn(&Case) -> bool, other: JoinError) -> anyhow::Result<Case> {
    let case = case(name)?;
    if is_it(&case) {
        Ok(case)
    } else {
        Err(other).with_context(|| name.to_owned())
    }
}

/// One case of what both ends saw, each with the name by which it was given.
///
/// # Errors
/// When one of the two is not of the end that it should be of; says which.
pub(crate) fn joined(client: (&str, Case), server: (&str, Case)) -> anyhow::Result<Case> {
    let name = match (&client.1.server, &server.1.server) {
        (Some(_), _) => client.0,
        _ => server.0,
    };
    let name = name.to_owned();
    Case::join(client.1, server.1).with_context(|| format!("cannot join {name} with the other end"))
}
