//! Reasoning about SSH lockouts: evidence in, report out.
//!
//! Nothing here opens a socket, reads a file or looks at a clock. [`Inquiry`] asks [`sshdoctor_case::Question`]s and is
//! given [`sshdoctor_case::Observation`]s by whoever drives it; the same case always yields the same report.

pub mod catalogue;
pub mod inside;
pub mod outside;
pub mod text;

use sshdoctor_case::{Case, Report};

pub use outside::Inquiry;

/// What follows from a case: from what a server showed where one was looked at, otherwise from what the client's side saw.
#[must_use]
pub fn diagnose(case: &Case) -> Report {
    inside::report(case).unwrap_or_else(|| outside::diagnose(case))
}
