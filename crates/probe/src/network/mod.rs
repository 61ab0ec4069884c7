//! Observers of the network that need no privilege.

pub(crate) mod answer_ttl;
pub(crate) mod connect;
pub(crate) mod echo;
mod error_queue;
mod handshake;
mod least_ttl;
pub(crate) mod listening;
mod local_error;
mod netlink;
mod processes;
pub(crate) mod route;
mod segment_filter;
pub(crate) mod trace;
mod ttl_thresholds;

#[cfg(test)]
mod tests;
