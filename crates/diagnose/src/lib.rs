//! Reasoning about SSH lockouts: evidence in, report out.
//!
//! Nothing here opens a socket, reads a file or looks at a clock. [`Inquiry`] asks [`sshdoctor_case::Question`]s and is
//! given [`sshdoctor_case::Observation`]s by whoever drives it; the same case always yields the same report.

mod both;
pub mod catalogue;
pub mod inside;
pub mod outside;
pub mod text;

use sshdoctor_case::{Case, Report, ServerQuestion};

pub use outside::Inquiry;

/// What follows from a case: from both ends where it holds both, otherwise from what the server or the client's side showed.
#[must_use]
pub fn diagnose(case: &Case) -> Report {
    both::report(case)
        .or_else(|| inside::report(case))
        .unwrap_or_else(|| outside::diagnose(case))
}

/// What the server is to be asked, by what the client's end saw: for which address, port and account. The address is left out where a
/// translation lies between the two.
#[must_use]
pub fn question_for_server(case: &Case) -> ServerQuestion {
    outside::question_for_server(case)
}
