//! From what a server shows to what stops one client there.
//!
//! On the server nothing needs guessing: the [`walk`] takes one packet and one login through the facts, stage by stage. Each cause of
//! the catalogue that a server can show has a [`Prove`] among the `proofs`: it says whether the facts prove that cause, and for
//! which other causes it is the reason, so that of a chain the last link is named.

mod account;
mod ago;
pub(crate) mod fact_line;
pub mod packet_filter;
mod proof;
pub(crate) mod proofs;
mod report;
mod server;
mod walk;

pub use proof::{Force, Proof, Prove};
pub(crate) use report::report;
pub use server::{Filtered, Seen, Server};
