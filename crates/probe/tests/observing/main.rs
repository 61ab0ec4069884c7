//! The prober against real servers and hostile peers, all on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod child_processes;
mod client_files;
mod hostile_peers;
mod real_sshd;
mod sshd;
mod support;
mod through_ssh;
