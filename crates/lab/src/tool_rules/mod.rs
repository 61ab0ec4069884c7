//! Rule sets as real tools write them.
//!
//! A [`Situation`] is a data file: what is run on a server, and a few TCP SYNs. The tool itself loads its rules into the
//! kernel of a private namespace; they are dumped with every program that can print a part of them, the SYNs are sent, and
//! what `connect()` returned is written down beside the rule that the kernel says decided.

mod connect;
mod decision;
mod dump;
mod expected;
mod facts;
mod legacy;
mod listing;
mod recording;
mod situation;
mod stage;
mod trace;

pub use recording::{Recording, observe_for_sandbox, record_all};
pub use situation::Situation;
