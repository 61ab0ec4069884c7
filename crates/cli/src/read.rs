//! `read`: a saved case, diagnosed again or made fit to be shown to others.

use crate::{arguments::ReadArguments, exit, load, output, save};

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
    let mut case = load::case(&arguments.file)?;
    if let Some(name) = &arguments.with {
        let other = load::case(name)?;
        // Either may be named first.
        case = if case.server.is_some() {
            load::joined((name, other), (&arguments.file, case))?
        } else {
            load::joined((&arguments.file, case), (name, other))?
        };
    }
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
