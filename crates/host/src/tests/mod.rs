//! The observers against the real kernel and the real tools, in network namespaces of their own.

mod children;
mod deciding;
mod failing_tools;
mod left_out;
pub(crate) mod namespace;
mod network;
pub(crate) mod ordinary_user;
mod recent_lists;
mod rule_sets;
