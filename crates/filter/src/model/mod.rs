//! One rule model for every source: nftables and both back ends of iptables.
//!
//! A rule is a list of statements carried out in order until one of them does not hold, as in nftables
//! (`nft(8)`, "STATEMENTS"). An iptables rule is the same: its matches in order, then its target.

mod condition;
mod expression;
mod field;
mod hook;
mod packet_state;
mod range;
mod rule_set;
mod set;
mod statement;

pub use condition::{Condition, Rate, RateKind};
pub use expression::{BitOperation, Expression, FibQuestion, FibResult};
pub use field::Field;
pub use hook::{ChainType, Family, Hook, priority};
pub use packet_state::{address_type, conntrack_state, conntrack_status, protocol, tcp_flag};
pub use range::{Range, Ranges, interface_name, interface_prefix};
pub use rule_set::{
    BaseChain, Chain, ChainReference, Counters, Devices, Origin, Place, Policy, Problem, Rule,
    RuleReference, RuleSet, Source, SourceKind, Table,
};
pub use set::{Component, Contents, Element, Elements, MappedValue, Set, SetReference};
pub use statement::{
    Assignment, IcmpError, RejectWith, SetUpdate, Statement, Target, Translation, TranslationKind,
    Verdict,
};
