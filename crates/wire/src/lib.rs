//! The bytes that SSH and the network around it speak, read and written without I/O.
//!
//! - [`identification`] and [`first_bytes`]: what a server says first, and which other protocol it might be;
//! - [`packet`], [`messages`], [`kexinit`], [`mod@negotiate`]: the clear-text part of the SSH transport, up to the choice
//!   of algorithms;
//! - [`known_hosts`]: the client's memory of host keys, matched as OpenSSH matches it;
//! - [`icmp`]: what ICMP errors mean.
//!
//! Everything read here is taken to be hostile: every parser is bounded, none panics, and no text is made safe to
//! print (whoever shows it must escape it).

#![forbid(unsafe_code)]

mod fields;
pub mod first_bytes;
pub mod icmp;
pub mod identification;
pub mod kexinit;
pub mod known_hosts;
pub mod messages;
pub mod negotiate;
pub mod packet;

pub use fields::Truncated;
pub use identification::{Identification, IdentificationReader, Progress};
pub use kexinit::KexInit;
pub use known_hosts::KnownHosts;
pub use messages::Message;
pub use negotiate::{Negotiated, NoCommon, negotiate};
pub use packet::PacketReader;
