//! Elements of ipsets.

use crate::evaluate::Version;
use crate::model::{Element, Range, interface_name, interface_prefix, protocol};
use crate::xtables::{address, address_range, ether_address, network, protocol as protocol_number};

use super::set_type::{Dimension, SetType};

/// How many keys one element may stand for when ranges of addresses are cut into networks.
const MOST_KEYS: usize = 4096;

/// A line cut into words; a comment holds no quotes (`ipset(8)`, "comment").
pub(super) struct Line<'line> {
    /// The words without the comment.
    pub(super) words: Vec<&'line str>,
    /// The comment.
    pub(super) comment: Option<&'line str>,
}

impl<'line> Line<'line> {
    /// Cuts a line.
    pub(super) fn of(line: &'line str) -> Self {
        let (before, comment, after) = match line.split_once('"') {
            Some((before, rest)) => {
                let (comment, after) = rest.split_once('"').unwrap_or((rest, ""));
                (before, Some(comment), after)
            }
            None => (line, None, ""),
        };
        Self {
            words: before
                .split_ascii_whitespace()
                .chain(after.split_ascii_whitespace())
                .collect(),
            comment,
        }
    }
}

/// The elements that `add` with these options makes; `None` when it is not understood.
pub(super) fn read(
    set_type: &SetType,
    text: &str,
    options: &[&str],
    comment: Option<&str>,
) -> Option<Vec<Element>> {
    let option = |name: &str| {
        let position = options.iter().position(|option| *option == name)?;
        options.get(position + 1).copied()
    };
    let no_match = options.contains(&"nomatch");
    let wildcard = options.contains(&"wildcard");
    let expires_s = match option("timeout") {
        Some(seconds) => Some(seconds.parse::<u64>().ok()?).filter(|seconds| *seconds > 0),
        None => None,
    };
    let mut keys: Vec<Vec<Range>> = vec![Vec::with_capacity(set_type.components.len())];
    let mut parts = text.splitn(set_type.dimensions.len(), ',');
    for dimension in &set_type.dimensions {
        let parts = match (parts.next(), dimension) {
            (Some(part), _) => ranges(set_type, *dimension, part, wildcard)?,
            // `bitmap:ip,mac` takes the first link-layer address that it sees.
            (None, Dimension::Ether) => vec![vec![Range::ANY]],
            (None, _) => return None,
        };
        if keys.len().checked_mul(parts.len())? > MOST_KEYS {
            return None;
        }
        keys = keys
            .iter()
            .flat_map(|key| {
                parts
                    .iter()
                    .map(move |part| key.iter().chain(part).copied().collect())
            })
            .collect();
    }
    Some(
        keys.into_iter()
            .map(|key| Element {
                key: key.into_boxed_slice(),
                value: None,
                no_match,
                expires_s,
                comment: comment.map(Into::into),
            })
            .collect(),
    )
}

/// What one dimension may be: alternatives, each of one range for every component.
fn ranges(
    set_type: &SetType,
    dimension: Dimension,
    text: &str,
    wildcard: bool,
) -> Option<Vec<Vec<Range>>> {
    let version = set_type.version;
    let width = match version {
        Version::V4 => 32,
        Version::V6 => 128,
    };
    let one = |range| Some(vec![vec![range]]);
    match dimension {
        Dimension::Address => {
            let range = addresses(text, version)?;
            match set_type.address_bits {
                Some(bits) => {
                    let first = Range::prefix(range.low, bits, width);
                    let last = Range::prefix(range.high, bits, width);
                    one(Range::new(first.low, last.high))
                }
                None => one(range),
            }
        }
        Dimension::Network => {
            let range = addresses(text, version)?;
            let bits = set_type.address_bits.unwrap_or(width);
            Some(
                networks(range, width)
                    .map(|network| {
                        let low = Range::prefix(network.low, bits, width).low;
                        vec![Range::new(
                            low,
                            Range::prefix(network.high, bits, width).high,
                        )]
                    })
                    .collect(),
            )
        }
        Dimension::Port => port(text).map(|parts| vec![parts]),
        Dimension::BarePort => {
            let number = text.split_once(':').map_or(text, |(_, number)| number);
            one(number_range(number)?)
        }
        Dimension::Ether => one(Range::exactly(ether_address(text)?)),
        // Elements of bridge ports are not followed.
        Dimension::Interface if text.starts_with("physdev:") => None,
        Dimension::Interface if wildcard => one(interface_prefix(text.trim_end_matches('+'))),
        Dimension::Interface => one(Range::exactly(interface_name(text))),
        Dimension::Mark => {
            let value = match text.strip_prefix("0x") {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => text.parse().ok()?,
            };
            one(Range::prefix(value.into(), set_type.mark_bits, 32))
        }
    }
}

/// An address, a network or a range of addresses.
fn addresses(text: &str, version: Version) -> Option<Range> {
    if text.contains('/') {
        let (start, length) = network(text, version).ok()?;
        let width = match version {
            Version::V4 => 32,
            Version::V6 => 128,
        };
        return Some(Range::prefix(start, length.into(), width));
    }
    if text.contains('-') {
        return address_range(text, version).ok();
    }
    address(text, version).ok().map(Range::exactly)
}

/// The fewest networks that make up a range, as ipset adds it to a set of networks.
fn networks(range: Range, width: u32) -> impl Iterator<Item = Range> {
    let mut next = Some(range.low);
    std::iter::from_fn(move || {
        let low = next?;
        let mut free = low.trailing_zeros().min(width);
        loop {
            let network = Range::prefix(low, width - free, width);
            if network.high <= range.high {
                next = network
                    .high
                    .checked_add(1)
                    .filter(|start| *start <= range.high);
                return Some(network);
            }
            free = free.checked_sub(1)?;
        }
    })
}

/// `[protocol:]port[-port]`; TCP when none is named. The "port" of ICMP is its type and code, by name: any.
fn port(text: &str) -> Option<Vec<Range>> {
    let (number, ports) = match text.split_once(':') {
        Some((name, ports)) => {
            let number = u128::from(protocol_number(name).ok().flatten()?);
            if matches!(number, protocol::ICMP | protocol::ICMPV6) {
                return Some(vec![Range::exactly(number), Range::new(0, 0xffff)]);
            }
            (number, ports)
        }
        None => (protocol::TCP, text),
    };
    Some(vec![Range::exactly(number), number_range(ports)?])
}

fn number_range(text: &str) -> Option<Range> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (low.parse::<u16>().ok()?, high.parse::<u16>().ok()?);
    (low <= high).then(|| Range::new(low.into(), high.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_networks() {
        let found: Vec<(u128, u128)> = networks(Range::new(1, 10), 32)
            .map(|range| (range.low, range.high))
            .collect();
        assert_eq!(found, [(1, 1), (2, 3), (4, 7), (8, 9), (10, 10)]);
        assert_eq!(networks(Range::new(0, u32::MAX.into()), 32).count(), 1);
        assert_eq!(networks(Range::ANY, 128).count(), 1);
        assert_eq!(networks(Range::new(1, u128::MAX - 1), 128).count(), 254);
    }

    #[test]
    fn comments_are_cut_out() {
        let line = Line::of(r#"add a 192.0.2.1 timeout 5 comment "x \ y" nomatch"#);
        assert_eq!(line.comment, Some(r"x \ y"));
        assert_eq!(line.words.last(), Some(&"nomatch"));
    }
}
