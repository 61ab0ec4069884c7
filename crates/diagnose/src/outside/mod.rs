//! Diagnosis from the client's side.

mod inquiry;

pub use inquiry::{Inquiry, diagnose};
