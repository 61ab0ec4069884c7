//! Which packets a reading is for: what no such packet can meet need not be kept.

use crate::evaluate::{Packet, Possible, Version, certainly_fails};
use crate::model::{Component, Range, Statement};

/// Packets of interest, by their headers. Readers ask it which rules and elements to keep, so that a rule set of any size is read
/// in little memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest {
    packets: Vec<Packet>,
}

impl Interest {
    /// Keeps everything.
    #[must_use]
    pub const fn everything() -> Self {
        Self {
            packets: Vec::new(),
        }
    }

    /// Keeps what these packets may meet; only their headers count, and no packets mean everything.
    #[must_use]
    pub fn in_packets(packets: impl IntoIterator<Item = Packet>) -> Self {
        Self {
            packets: packets.into_iter().map(|packet| packet.header()).collect(),
        }
    }

    /// The same and more packets.
    #[must_use]
    pub fn and(mut self, packets: &[Packet]) -> Self {
        if !self.packets.is_empty() {
            self.packets.extend(packets.iter().map(Packet::header));
        }
        self
    }

    /// Whether a rule of these statements is to be kept: some packet may get as far as its first effect.
    #[must_use]
    pub fn keeps_rule(&self, statements: &[Statement]) -> bool {
        self.packets.is_empty()
            || self
                .packets
                .iter()
                .any(|packet| !certainly_fails(statements, packet))
    }

    /// Whether an element is to be kept, judged by its address components; `components` and `key` go together. An address that
    /// may be any is no reason to keep it.
    #[must_use]
    pub fn keeps_element(&self, components: &[Component], key: &[Range]) -> bool {
        self.packets.is_empty()
            || components.iter().zip(key).all(|(component, range)| {
                let version = match component {
                    Component::Ip4Address => Version::V4,
                    Component::Ip6Address => Version::V6,
                    _ => return true,
                };
                self.addresses(version)
                    .any(|address| address.may_be_in(*range))
            })
    }

    /// What a set is complete for when elements were left out by [`Interest::keeps_element`].
    #[must_use]
    pub fn kept_for(&self) -> Box<[Range]> {
        self.addresses(Version::V4)
            .chain(self.addresses(Version::V6))
            .map(Possible::range)
            .collect()
    }

    /// Whether rules were kept for this packet.
    #[must_use]
    pub fn covers(&self, packet: &Packet) -> bool {
        self.packets.is_empty() || self.packets.iter().any(|known| known.header_covers(packet))
    }

    /// Addresses of which something is known: one that may be any would keep every element there is, and a large set settles
    /// nothing about it.
    fn addresses(&self, version: Version) -> impl Iterator<Item = Possible> + '_ {
        let any = match version {
            Version::V4 => Range::new(0, u32::MAX.into()),
            Version::V6 => Range::ANY,
        };
        self.packets
            .iter()
            .filter(move |packet| packet.version == version)
            .flat_map(|packet| [packet.ends.source, packet.ends.destination])
            .filter(move |address| !address.range().covers(any))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Facts, Question, packets_of};

    #[test]
    fn elements_are_kept_for_addresses_of_which_something_is_known() {
        let question = Question {
            version: Version::V4,
            from: "198.51.100.7/32".parse().ok(),
            from_port: None,
            to: None,
            port: 22,
            interface: None,
            mac: None,
        };
        let interest = Interest::in_packets(packets_of(&question, &Facts::default()));
        let keeps =
            |low, high| interest.keeps_element(&[Component::Ip4Address], &[Range::new(low, high)]);
        assert!(keeps(0xc633_6407, 0xc633_6407));
        assert!(keeps(0xc633_6400, 0xc633_64ff));
        assert!(!keeps(0x0a00_0001, 0x0a00_0001));
        assert!(
            interest
                .kept_for()
                .iter()
                .all(|range| *range == Range::exactly(0xc633_6407))
        );
    }
}
