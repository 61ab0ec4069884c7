//! Follows one packet through a rule set.

mod decision;
mod packet;
mod possible;
mod question;
mod truth;

pub use decision::{AnswerFate, Decider, Decision, Ending, Fate, Step, Translated, Undecided};
pub use packet::{Ends, Packet, Tracking, Version, address_value, value_address};
pub use possible::Possible;
pub use question::{Facts, HostAddress, InterfaceFacts, Question, RouteAnswer};
pub use truth::Truth;
pub use truth::certainly_fails;
