//! The client's side of an inquiry: answers questions with evidence, concludes nothing, changes nothing.
//!
//! [`Prober::answer`] takes one question and sends what it sees, as soon as it sees it. Everything is bounded: by the
//! deadline of the question, by the bytes that are read, and by the life of the future, whose end also ends every
//! process that was started for it.

mod answering;
mod approach;
mod child;
mod client_config;
mod home;
mod known_hosts;
mod login;
pub mod names;
pub(crate) mod network;
mod own_exchange;
mod person_ssh;
mod prober;
mod proxy_command;
mod via;

pub use prober::Prober;
pub use proxy_command::{TokenValues, expand_tokens};

/// Whether an address is assigned to this machine, loopback included.
#[must_use]
pub fn is_local_address(address: std::net::IpAddr) -> bool {
    network::route::is_local_address(address)
}
