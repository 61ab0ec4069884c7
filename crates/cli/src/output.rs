//! Writing: reports to standard output, remarks to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;
use sshdoctor_case::{FirewallReport, Report};

use crate::{
    arguments::{ColorWhen, OutputArguments},
    render::{self, terminal::Charset},
};

/// Prints a report as the person asked for it.
///
/// # Errors
/// When standard output cannot be written, unless its reader has gone away.
pub(crate) fn report(report: &Report, how: &OutputArguments) -> anyhow::Result<()> {
    if how.json {
        return raw(render::json::document(report)?.as_bytes());
    }
    let charset = charset(how.look.ascii);
    let page = match (report.command.as_str(), how.verbose) {
        (_, 0) if report.both_ends.is_some() => render::terminal::both::short(report, charset),
        (_, _) if report.both_ends.is_some() => render::terminal::both::full(report, charset),
        ("here", 0) => render::terminal::server::short(report, charset),
        ("here", _) => render::terminal::server::full(report, charset),
        (_, 0) => render::terminal::short(report, charset),
        (_, _) => render::terminal::full(report, charset),
    };
    styled(&page.styled(), how.look.color)
}

/// Prints what becomes of a packet as the person asked for it.
///
/// # Errors
/// As [`report`].
pub(crate) fn firewall(report: &FirewallReport, how: &OutputArguments) -> anyhow::Result<()> {
    if how.json {
        return raw(render::json::document(report)?.as_bytes());
    }
    let charset = charset(how.look.ascii);
    let page = if how.verbose > 0 {
        render::terminal::packet::full(report, charset)
    } else {
        render::terminal::packet::short(report, charset)
    };
    styled(&page.styled(), how.look.color)
}

/// The characters that may be used.
pub(crate) fn charset(ascii: bool) -> Charset {
    if ascii {
        Charset::Ascii
    } else {
        Charset::from_environment(|name| std::env::var(name).ok())
    }
}

/// Prints text with ANSI styles, or strips them.
///
/// # Errors
/// As [`report`].
pub(crate) fn styled(text: &str, when: ColorWhen) -> anyhow::Result<()> {
    let choice = match when {
        ColorWhen::Auto => AutoStream::choice(&io::stdout()),
        ColorWhen::Always => ColorChoice::Always,
        ColorWhen::Never => ColorChoice::Never,
    };
    if choice == ColorChoice::Never {
        let plain = anstream::adapter::strip_str(text).to_string();
        return raw(plain.as_bytes());
    }
    raw(text.as_bytes())
}

/// Prints bytes as they are.
///
/// # Errors
/// As [`report`].
pub(crate) fn raw(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    finish(stdout.write_all(bytes).and_then(|()| stdout.flush()))
}

fn finish(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        // Whoever closed the pipe has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// One line on standard error. The text must be escaped already.
pub(crate) fn complain(message: &str) {
    // Nothing more can be done when standard error is closed.
    let _ = writeln!(io::stderr(), "sshdoctor: {message}");
}

/// Standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}
