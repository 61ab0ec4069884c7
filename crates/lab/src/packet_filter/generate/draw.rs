//! Random values, drawn so that rules often meet the packet and often just miss it.

use std::net::IpAddr;

use crate::packet_filter::case::FilterPacket;
use crate::packet_filter::chance::Chance;
use crate::packet_filter::ground::{CLIENT_V4, CLIENT_V6, LISTENING, SERVER_V4, SERVER_V6};

/// The packet as rules see it at one point of its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    /// It is the SYN-ACK on its way out.
    pub(super) answer: bool,
    pub(super) v6: bool,
}

impl View {
    /// The SYN on its way in.
    pub(super) fn inbound(packet: &FilterPacket) -> Self {
        Self {
            source: packet.from,
            destination: packet.to,
            source_port: packet.from_port,
            destination_port: packet.port,
            answer: false,
            v6: packet.is_v6(),
        }
    }

    /// Its SYN-ACK on its way out.
    pub(super) fn answer(packet: &FilterPacket) -> Self {
        Self {
            source: packet.to,
            destination: packet.from,
            source_port: packet.port,
            destination_port: packet.from_port,
            answer: true,
            ..Self::inbound(packet)
        }
    }
}

/// A range of values, both ends included.
pub(super) type Span = (u128, u128);

/// The source of all choices for one case.
pub(super) struct Draw {
    pub(super) chance: Chance,
    pub(super) packet: FilterPacket,
    /// Nothing drawn so far depends on time, load or what a rule set does not say.
    pub(super) decidable: bool,
    /// Share, of a hundred, of places where something undecidable may stand.
    pub(super) undecidable_share: u64,
    names: u32,
}

impl Draw {
    pub(super) fn new(chance: Chance, packet: FilterPacket) -> Self {
        let mut draw = Self {
            chance,
            packet,
            decidable: true,
            undecidable_share: 0,
            names: 0,
        };
        if draw.percent(20) {
            draw.undecidable_share = 12;
        }
        draw
    }

    pub(super) fn percent(&mut self, share: u64) -> bool {
        self.chance.percent(share)
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.chance.pick(from)
    }

    /// A name that no other object of the case has.
    pub(super) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// Takes something undecidable now, and remembers it.
    pub(super) fn undecidable(&mut self) -> bool {
        let taken = self.undecidable_share > 0 && self.percent(self.undecidable_share);
        self.decidable &= !taken;
        taken
    }

    /// `!= ` in some cases.
    pub(super) fn negation(&mut self) -> &'static str {
        if self.percent(15) { "!= " } else { "" }
    }

    /// A port, often this one.
    pub(super) fn port(&mut self, own: u16) -> u16 {
        match self.chance.below(10) {
            0..=5 => own,
            6 => own.wrapping_add(1).max(1),
            7 => own.wrapping_sub(1).max(1),
            8 => self.chance.choose(&LISTENING),
            _ => u16::try_from(self.chance.between(1, 65_535)).unwrap_or(1),
        }
    }

    /// A port on which something listens.
    pub(super) fn listening(&mut self) -> u16 {
        self.chance.choose(&LISTENING)
    }

    /// A span of ports that holds this one, ends at it, or just misses it.
    pub(super) fn port_span(&mut self, own: u16) -> Span {
        let (low, high) = self.span(u128::from(own), 16, 200);
        (low.max(1), high.max(2))
    }

    /// An address of the family of `own`, often `own`.
    pub(super) fn address(&mut self, own: IpAddr) -> IpAddr {
        let value = bits(own);
        let v6 = own.is_ipv6();
        match self.chance.below(20) {
            0..=10 => own,
            11 => address(value.wrapping_add(1), v6),
            12 => address(value.wrapping_sub(1), v6),
            13..=17 => {
                let (client, server): (&[&str], &[&str]) = if v6 {
                    (&CLIENT_V6, &SERVER_V6)
                } else {
                    (&CLIENT_V4, &SERVER_V4)
                };
                let from = if self.percent(50) { client } else { server };
                self.pick(from).parse().unwrap_or(own)
            }
            _ => address(self.chance.next().into(), v6),
        }
    }

    /// An address, prefix or range of addresses.
    pub(super) fn address_span(&mut self, own: IpAddr) -> Span {
        let width = if own.is_ipv6() { 128 } else { 32 };
        let base = bits(self.address(own));
        match self.chance.below(10) {
            0..=4 => (base, base),
            5..=7 => {
                let length = if width == 32 {
                    self.chance
                        .choose(&[8, 12, 16, 22, 24, 25, 28, 29, 30, 31, 32])
                } else {
                    self.chance
                        .choose(&[16, 32, 47, 48, 60, 64, 96, 112, 126, 127, 128])
                };
                prefix_of(base, length, width)
            }
            _ => self.span(bits(own), width, 300),
        }
    }

    /// A span at this value, of values so many bits wide.
    fn span(&mut self, own: u128, width: u32, reach: u64) -> Span {
        let most = if width >= 128 {
            u128::MAX
        } else {
            (1 << width) - 1
        };
        let (before, after) = (
            u128::from(self.chance.below(reach)),
            u128::from(self.chance.below(reach)),
        );
        let (low, high) = match self.chance.below(6) {
            0 => (own.saturating_sub(before), own),
            1 => (own, own.saturating_add(after)),
            2 => (own.saturating_add(1), own.saturating_add(1 + after)),
            3 => (own.saturating_sub(before + 1), own.saturating_sub(1)),
            _ => (own.saturating_sub(before), own.saturating_add(after)),
        };
        (low.min(most), high.min(most))
    }

    /// Some spans of which no two meet, in any order.
    pub(super) fn apart(&mut self, mut spans: Vec<Span>) -> Vec<Span> {
        let mut kept: Vec<Span> = Vec::new();
        while !spans.is_empty() {
            let place = usize::try_from(self.chance.below(spans.len() as u64)).unwrap_or(0);
            let span = spans.swap_remove(place);
            // Neighbours are kept apart as well: some tools join them into one element.
            let clear = kept.iter().all(|(low, high)| {
                span.1.saturating_add(1) < *low || high.saturating_add(1) < span.0
            });
            if clear {
                kept.push(span);
            }
        }
        kept
    }

    /// Spans of addresses that do not meet.
    pub(super) fn address_spans(&mut self, own: IpAddr, intervals: bool) -> Vec<Span> {
        let count = self.chance.between(1, 5);
        let spans = (0..count)
            .map(|_| {
                if intervals {
                    self.address_span(own)
                } else {
                    let value = bits(self.address(own));
                    (value, value)
                }
            })
            .collect();
        self.apart(spans)
    }

    /// Spans of ports that do not meet.
    pub(super) fn port_spans(&mut self, own: u16, intervals: bool) -> Vec<Span> {
        let count = self.chance.between(1, 5);
        let spans = (0..count)
            .map(|_| {
                if intervals && self.percent(40) {
                    self.port_span(own)
                } else {
                    let port = u128::from(self.port(own));
                    (port, port)
                }
            })
            .collect();
        self.apart(spans)
    }

    /// A mark; few are in use, so that rules meet.
    pub(super) fn mark(&mut self) -> u32 {
        self.chance.choose(&[0, 1, 2, 3, 0x10, 0xff, 0x8000_0000])
    }
}

/// An address as a number.
pub(super) fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// A number as an address; IPv4 takes its lowest bits.
pub(super) fn address(value: u128, v6: bool) -> IpAddr {
    if v6 {
        IpAddr::V6(value.into())
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "meant")]
        let low = value as u32;
        IpAddr::V4(low.into())
    }
}

fn prefix_of(value: u128, length: u32, width: u32) -> Span {
    let free = width - length;
    let rest = if free >= 128 {
        u128::MAX
    } else {
        (1_u128 << free) - 1
    };
    (value & !rest, value | rest)
}

/// A span of addresses as nft and ipset write it: an address, a prefix where it is one, else a range.
pub(super) fn write_addresses(span: Span, v6: bool) -> String {
    let (low, high) = span;
    let width = if v6 { 128 } else { 32 };
    if low == high {
        return address(low, v6).to_string();
    }
    let free = (low ^ high).count_ones();
    if free < 128 && prefix_of(low, width - free.min(width), width) == span {
        return format!("{}/{}", address(low, v6), width - free);
    }
    format!("{}-{}", address(low, v6), address(high, v6))
}

/// A span of numbers as nft writes it.
pub(super) fn write_numbers(span: Span) -> String {
    if span.0 == span.1 {
        span.0.to_string()
    } else {
        format!("{}-{}", span.0, span.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_addresses_are_written_as_short_as_they_can_be() {
        let span = |low: &str, high: &str| {
            (
                bits(low.parse().expect("an address")),
                bits(high.parse().expect("an address")),
            )
        };
        for (low, high, written) in [
            ("10.0.0.0", "10.255.255.255", "10.0.0.0/8"),
            ("10.0.0.1", "10.0.0.2", "10.0.0.1-10.0.0.2"),
            ("10.0.0.4", "10.0.0.5", "10.0.0.4/31"),
            ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
            ("2001:db8::", "2001:db8::ffff", "2001:db8::/112"),
        ] {
            assert_eq!(write_addresses(span(low, high), low.contains(':')), written);
        }
    }
}
