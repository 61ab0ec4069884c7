//! The exit status, and what is said on standard error when there is no report.

use sshdoctor_case::{Outcome, Report};

/// The way in is open.
pub(crate) const OPEN: u8 = 0;
/// A problem was found and is in the report.
pub(crate) const PROBLEM: u8 = 1;
/// The question could not be answered.
pub(crate) const UNANSWERED: u8 = 3;

/// The status of a program that a signal ended, as a shell reports it.
pub(crate) const fn by_signal(number: u8) -> u8 {
    128 + number
}

/// The status that goes with a report.
pub(crate) fn of(report: &Report) -> u8 {
    if report.outcome == Outcome::Open {
        OPEN
    } else {
        PROBLEM
    }
}

/// Says what went wrong, and returns the status: that of the command line's parser, or [`UNANSWERED`].
pub(crate) fn explain(error: &anyhow::Error) -> u8 {
    if let Some(error) = error.downcast_ref::<clap::Error>() {
        // Nothing more can be done when standard error is closed.
        let _ = error.print();
        return u8::try_from(error.exit_code()).unwrap_or(UNANSWERED);
    }
    let message = sshdoctor_case::escape(&format!("{error:#}"));
    crate::output::complain(&message);
    UNANSWERED
}
