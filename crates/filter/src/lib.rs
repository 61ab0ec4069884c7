//! What would this packet filter do with one TCP SYN, and which rule decides?
//!
//! Readers turn `nft -j list ruleset`, scripts of nft, `iptables-save` and `ipset save` into one rule model ([`model`]); [`evaluate`] follows one
//! packet through all of it. Unknown is a value: where a rule cannot be decided both ways are followed, and the verdict is
//! certain only if all of them agree (the idea is shown sound in Diekmann et al., "Verified iptables Firewall Analysis",
//! arXiv 1604.00206). Nothing here does I/O beyond reading from the readers it is given.

pub mod assemble;
pub mod content;
pub mod evaluate;
pub mod interest;
pub mod ipset;
pub mod model;
pub mod nftables;
pub mod owner;
pub mod restore;
pub mod ufw_start;
pub mod why_not;
pub mod xtables;

mod error;
mod lines;
mod protocol_names;
mod service_names;

pub use error::ReadError;
pub use interest::Interest;
