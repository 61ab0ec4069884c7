//! The client's side of an inquiry: answers questions with evidence, concludes nothing, changes nothing.

pub(crate) mod network;
