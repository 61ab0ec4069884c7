//! Reads dumps of iptables-save.

mod assembling;
mod beginnings;
mod ipsets;
mod rules;

use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::{Interest, xtables};

/// Reads a dump for any packet.
fn read_into(rule_set: &mut RuleSet, kind: SourceKind, dump: &str) {
    xtables::read(
        "dump",
        kind,
        dump.as_bytes(),
        &Interest::everything(),
        rule_set,
    )
    .expect("a dump");
}
