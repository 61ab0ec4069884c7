//! Values of rules as text: addresses, interfaces, ports.

use std::net::IpAddr;

use crate::evaluate::{Version, value_address};
use crate::model::{Component, Contents, Range, Ranges, Set, interface_prefix};

/// The only value, if there is one.
pub(super) fn single(ranges: &Ranges) -> Option<u128> {
    match ranges.as_slice() {
        [range] if range.low == range.high => Some(range.low),
        _ => None,
    }
}

/// One network in its usual spelling; a single address without length.
pub(super) fn addresses(version: Version, ranges: &Ranges) -> Option<String> {
    match ranges.as_slice() {
        [range] => network(version, *range),
        _ => None,
    }
}

/// A range of addresses as one network.
pub(super) fn network(version: Version, range: Range) -> Option<String> {
    let width: u32 = match version {
        Version::V4 => 32,
        Version::V6 => 128,
    };
    if width < 128 && range.high >> width != 0 {
        return None;
    }
    let free = (range.low ^ range.high).count_ones();
    let length = width.checked_sub(free)?;
    if Range::prefix(range.low, length, width) != range {
        return None;
    }
    let address: IpAddr = value_address(version, range.low);
    Some(if free == 0 {
        address.to_string()
    } else {
        format!("{address}/{length}")
    })
}

/// The element of a set of addresses that holds this one, as an address or a network.
pub(super) fn element_holding(set: &Set, address: u128, version: Version) -> Option<String> {
    let component = match version {
        Version::V4 => Component::Ip4Address,
        Version::V6 => Component::Ip6Address,
    };
    let Contents::Elements { elements, .. } = &set.contents else {
        return None;
    };
    if set.components.first() != Some(&component) {
        return None;
    }
    elements
        .meeting(Range::exactly(address))
        .filter(|element| !element.no_match)
        .find_map(|element| network(version, *element.key.first()?))
}

/// An interface name, or its stem with `+`.
pub(super) fn interface(ranges: &Ranges) -> Option<String> {
    let [range] = ranges.as_slice() else {
        return None;
    };
    let bytes = range.low.to_be_bytes();
    let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(16);
    let name = std::str::from_utf8(bytes.get(..length)?).ok()?;
    if range.low == range.high {
        return Some(name.to_owned());
    }
    (interface_prefix(name) == *range).then(|| format!("{name}+"))
}

/// Ports with `between` in the middle of a range and commas between them.
pub(super) fn ports(ranges: &Ranges, between: char) -> String {
    let texts: Vec<String> = ranges
        .as_slice()
        .iter()
        .map(|range| {
            if range.low == range.high {
                range.low.to_string()
            } else {
                format!("{}{between}{}", range.low, range.high)
            }
        })
        .collect();
    texts.join(",")
}

/// Whether a set may hold an address as its first component.
pub(super) fn may_hold(set: &Set, address: u128, version: Version) -> bool {
    let own = match set.components.first() {
        Some(Component::Ip4Address) => Version::V4,
        Some(Component::Ip6Address) => Version::V6,
        _ => return true,
    };
    if own != version {
        return false;
    }
    match &set.contents {
        Contents::Elements {
            elements,
            not_understood: 0,
            ..
        } => elements.meeting(Range::exactly(address)).next().is_some(),
        _ => true,
    }
}
