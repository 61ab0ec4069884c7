//! Follows one packet through a rule set.

mod answers;
mod condition;
mod decision;
mod fields;
mod lookup;
mod packet;
mod possible;
mod priorities;
mod question;
mod routes;
mod rule;
mod scene;
mod start;
mod steps;
mod tracking;
mod translate;
mod truth;
mod verdict;
mod walk;
mod way;
mod wording;

pub use condition::certainly_fails;
pub use decision::{
    AnswerFate, Connect, Decider, Decision, Ending, Fate, Step, Translated, Undecided,
};
pub use packet::{Ends, Packet, Tracking, Version, address_value, value_address};
pub use possible::Possible;
pub use question::{Facts, HostAddress, InterfaceFacts, Question, RouteAnswer};
pub use start::packets_of;
pub use truth::Truth;
pub use verdict::decide;
