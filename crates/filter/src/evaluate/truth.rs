//! Three-valued logic.

use super::Packet;
use crate::model::Statement;

/// True, false, or undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Truth {
    True,
    False,
    Unknown,
}

/// Whether a rule of these statements fails for the packet before it does anything.
#[must_use]
pub fn certainly_fails(statements: &[Statement], packet: &Packet) -> bool {
    let _ = (statements, packet);
    false
}
