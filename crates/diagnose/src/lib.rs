//! Reasoning about SSH lockouts: evidence in, report out.
//!
//! Nothing here opens a socket, reads a file or looks at a clock. [`Inquiry`] asks [`sshdoctor_case::Question`]s and is
//! given [`sshdoctor_case::Observation`]s by whoever drives it; the same case always yields the same report.

pub mod catalogue;
pub mod inside;
pub mod outside;

pub use outside::{Inquiry, diagnose};
