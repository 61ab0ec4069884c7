//! The server's side: what this host is and does, only by looking.
//!
//! Observers change nothing, not even by what the kernel does to answer: no module is loaded and no table created. What cannot be
//! seen is said to be so, and is never taken for absent.

mod child;
mod children;
mod glob;
mod kernel_part;
mod kernel_setting;
mod netlink;
pub mod network;
pub mod packet_filter;
mod programs;
mod root;
pub mod server;

#[cfg(test)]
mod tests;

pub use child::Limits;
pub use children::end_all;
pub use programs::Programs;
pub use root::Root;
