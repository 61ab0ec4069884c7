//! Diagnosis from the client's side.
//!
//! Observations become readings ([`evidence`]), readings are weighed against worlds ([`likelihood`], [`belief`]), and the
//! [`Inquiry`] asks for more as long as it is worth it.

mod aim;
mod attempt;
pub(crate) mod belief;
#[cfg(test)]
mod belief_tests;
mod evidence;
mod focus;
mod inquiry;
mod likelihood;
mod patience;
mod planning;
mod proxied;
pub(crate) mod reading;
mod report;
pub(crate) mod setting;
pub mod world;

pub use inquiry::Inquiry;
pub(crate) use inquiry::diagnose;
pub(crate) use report::{fact_summary, question_for_server};
