//! `explain`: what a text of ssh or sshd means, and the manual page of a cause.

mod manual;
mod own_ssh;
mod reading;

use std::{ffi::OsString, path::Path};

use sshdoctor_diagnose::{catalogue, text::Verdict};

use crate::{
    arguments::{self, ExplainArguments},
    exit, output,
};

/// Runs `explain`.
///
/// # Errors
/// When the argument names neither a cause nor a file, the text cannot be read or the answer cannot be written.
pub(crate) fn run(arguments: &ExplainArguments) -> anyhow::Result<u8> {
    if arguments.list {
        manual::list(&arguments.output)?;
        return Ok(exit::OPEN);
    }
    let subject = arguments.subject.as_deref().unwrap_or("-");
    if let Some(cause) = catalogue::find(subject) {
        manual::page(cause, &arguments.output)?;
        return Ok(exit::OPEN);
    }
    if is_like_an_id(subject) && !Path::new(subject).exists() {
        return Err(arguments::usage_error(manual::unknown(subject)).into());
    }
    let charset = output::charset(arguments.output.look.ascii);
    let explanation = reading::explain(subject, charset)?;
    output::report(&explanation.report, &arguments.output)?;
    Ok(match explanation.verdict {
        Verdict::Failed => exit::PROBLEM,
        Verdict::Fine => exit::OPEN,
        Verdict::NotUnderstood => exit::UNANSWERED,
    })
}

/// Runs `ssh`.
///
/// # Errors
/// When ssh cannot be waited for.
pub(crate) fn beside_ssh(arguments: &[OsString]) -> anyhow::Result<u8> {
    own_ssh::run(arguments)
}

/// A word as causes have them; anything with a dot or a slash is meant as a file.
fn is_like_an_id(word: &str) -> bool {
    word != "-"
        && word.chars().any(char::is_alphabetic)
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
}
