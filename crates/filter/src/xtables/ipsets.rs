//! Names of the ipsets that were read before.

use std::cell::Cell;
use std::collections::HashMap;

use crate::model::{Component, Contents, Set, protocol};

/// How many look-ups in members of lists one file may ask for.
const MOST_LOOKUPS: usize = 1 << 20;

/// Finds an ipset by its name.
#[derive(Debug)]
pub(super) struct IpsetNames {
    index: HashMap<Box<str>, u32>,
    holds_icmp: Vec<bool>,
    lookups_left: Cell<usize>,
}

impl IpsetNames {
    /// Of these sets; of two with one name the later counts.
    pub(super) fn of(sets: &[Set]) -> Self {
        let index = sets
            .iter()
            .zip(0u32..)
            .filter_map(|(set, number)| Some((set.name.clone()?, number)))
            .collect();
        Self {
            index,
            holds_icmp: sets.iter().map(holds_icmp).collect(),
            lookups_left: Cell::new(MOST_LOOKUPS),
        }
    }

    /// Whether so many look-ups more are not too many.
    pub(super) fn affords(&self, lookups: usize) -> bool {
        let left = self.lookups_left.get().checked_sub(lookups);
        self.lookups_left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Whether a set with ports has elements for ICMP, whose "port" is made of type and code.
    pub(super) fn holds_icmp(&self, index: u32) -> bool {
        self.holds_icmp
            .get(index as usize)
            .copied()
            .unwrap_or(false)
    }

    /// Its index into [`crate::model::RuleSet::ipsets`].
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }
}

fn holds_icmp(set: &Set) -> bool {
    let position = set
        .components
        .iter()
        .position(|component| *component == Component::Protocol);
    let (Some(position), Contents::Elements { elements, .. }) = (position, &set.contents) else {
        return false;
    };
    elements.as_slice().iter().any(|element| {
        element
            .key
            .get(position)
            .is_some_and(|range| range.contains(protocol::ICMP) || range.contains(protocol::ICMPV6))
    })
}
