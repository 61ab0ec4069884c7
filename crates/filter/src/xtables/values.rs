//! Numbers, addresses, ports and protocols as iptables writes them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::evaluate::Version;
use crate::model::{Condition, Expression, Field, Range, Ranges};
use crate::{protocol_names, service_names};

use super::conditions::{any, masked, within};

/// A number: decimal, `0x` or octal with a leading zero, as `strtoul(3)` of base 0 reads it.
pub(super) fn number(text: &str) -> Result<u64, String> {
    let parsed = if let Some(digits) = text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        u64::from_str_radix(digits, 16)
    } else if text.len() > 1 && text.starts_with('0') {
        u64::from_str_radix(&text[1..], 8)
    } else {
        text.parse()
    };
    parsed.map_err(|_| format!("\"{text}\" is not a number"))
}

/// A number of at most 32 bits.
pub(super) fn number32(text: &str) -> Result<u128, String> {
    number(text)
        .ok()
        .and_then(|value| u32::try_from(value).ok())
        .map(u128::from)
        .ok_or_else(|| format!("\"{text}\" is not a 32-bit number"))
}

/// `value[/mask]`; without a mask all bits.
pub(super) fn value_and_mask(text: &str) -> Result<(u128, u128), String> {
    match text.split_once('/') {
        Some((value, mask)) => Ok((number32(value)?, number32(mask)?)),
        None => Ok((number32(text)?, u128::from(u32::MAX))),
    }
}

/// `low[:high]`, either end open, of numbers up to `highest`.
pub(super) fn range(text: &str, separator: char, highest: u64) -> Result<Range, String> {
    let end = |text: &str, open: u64| {
        if text.is_empty() {
            Ok(open)
        } else {
            number(text)
        }
    };
    let (low, high) = match text.split_once(separator) {
        Some((low, high)) => (end(low, 0)?, end(high, highest)?),
        None => {
            let value = number(text)?;
            (value, value)
        }
    };
    if low > high || high > highest {
        return Err(format!("\"{text}\" is not a range up to {highest}"));
    }
    Ok(Range::new(low.into(), high.into()))
}

/// A port or service name.
fn port(text: &str) -> Result<u16, String> {
    if let Ok(value) = number(text)
        && let Ok(value) = u16::try_from(value)
    {
        return Ok(value);
    }
    service_names::port(text).ok_or_else(|| format!("the port name \"{text}\" is not known"))
}

/// `port[:port]`, either end open.
pub(super) fn ports(text: &str) -> Result<Range, String> {
    let (low, high) = match text.split_once(':') {
        Some((low, high)) => (
            if low.is_empty() { 0 } else { port(low)? },
            if high.is_empty() {
                u16::MAX
            } else {
                port(high)?
            },
        ),
        None => {
            let port = port(text)?;
            (port, port)
        }
    };
    if low > high {
        return Err(format!("the ports {text} are in the wrong order"));
    }
    Ok(Range::new(low.into(), high.into()))
}

/// An IP protocol by number or by its name in `protocols(5)`; `None` for all.
pub(crate) fn protocol(text: &str) -> Result<Option<u8>, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(None);
    }
    let known = number(text)
        .ok()
        .and_then(|value| u8::try_from(value).ok())
        .or_else(|| protocol_names::number(text));
    match known {
        Some(0) => Ok(None),
        Some(number) => Ok(Some(number)),
        None => Err(format!("the protocol \"{text}\" is not known")),
    }
}

/// An address as a value.
pub(crate) fn address(text: &str, version: Version) -> Result<u128, String> {
    let value = match version {
        Version::V4 => Ipv4Addr::from_str(text)
            .ok()
            .map(|address| u128::from(u32::from(address))),
        Version::V6 => Ipv6Addr::from_str(text).ok().map(u128::from),
    };
    value.ok_or_else(|| format!("\"{text}\" is not an address of this family"))
}

/// Width of an address.
pub(super) const fn address_width(version: Version) -> u32 {
    match version {
        Version::V4 => 32,
        Version::V6 => 128,
    }
}

/// `address[/length|/mask]` as an address and a mask.
fn address_and_mask(text: &str, version: Version) -> Result<(u128, u128), String> {
    let width = address_width(version);
    let all = Range::prefix(0, 0, width).high;
    let Some((start, mask)) = text.split_once('/') else {
        return Ok((address(text, version)?, all));
    };
    let mask = match mask.parse::<u32>() {
        Ok(length) if length <= width => all & !Range::prefix(0, length, width).high,
        _ => address(mask, version)?,
    };
    Ok((address(start, version)? & mask, mask))
}

/// `address[/length]` as a network of contiguous bits.
pub(crate) fn network(text: &str, version: Version) -> Result<(u128, u8), String> {
    let (start, mask) = address_and_mask(text, version)?;
    let length = prefix_length(mask, address_width(version))
        .and_then(|length| u8::try_from(length).ok())
        .ok_or_else(|| format!("\"{text}\" is not a network"))?;
    Ok((start, length))
}

/// `first[-last]` as a range of addresses.
pub(crate) fn address_range(text: &str, version: Version) -> Result<Range, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (address(first, version)?, address(last, version)?);
    if first > last {
        return Err(format!("the range {text} is in the wrong order"));
    }
    Ok(Range::new(first, last))
}

fn prefix_length(mask: u128, width: u32) -> Option<u32> {
    let ones = mask.count_ones();
    let all = Range::prefix(0, 0, width).high;
    (mask == all & !Range::prefix(0, ones, width).high).then_some(ones)
}

/// Whether an address lies in `address[/mask]`, or in one of several between commas.
pub(super) fn address_condition(
    field: Field,
    text: &str,
    version: Version,
    negated: bool,
) -> Result<Condition, String> {
    let width = address_width(version);
    let mut ranges = Vec::new();
    let mut odd = Vec::new();
    for part in text.split(',') {
        let (start, mask) = address_and_mask(part, version)?;
        match prefix_length(mask, width) {
            Some(length) => ranges.push(Range::prefix(start, length, width)),
            // Masks with holes, which the kernel takes as they are.
            None => odd.push(masked(field, mask, start, width, negated)),
        }
    }
    if odd.is_empty() {
        return Ok(Condition::In {
            value: Expression::Field(field),
            ranges: Ranges::new(ranges),
            negated,
        });
    }
    if negated && ranges.len() + odd.len() > 1 {
        return Err("several addresses after an exclamation mark".to_owned());
    }
    odd.extend(
        ranges
            .into_iter()
            .map(|range| within(field, range, negated)),
    );
    Ok(any(odd))
}

/// `02:00:00:00:00:01` as a value.
pub(crate) fn ether_address(text: &str) -> Option<u128> {
    let mut value = 0;
    let mut bytes = 0;
    for part in text.split([':', '-']) {
        if part.is_empty() || part.len() > 2 {
            return None;
        }
        value = value << 8 | u128::from(u8::from_str_radix(part, 16).ok()?);
        bytes += 1;
    }
    (bytes == 6).then_some(value)
}

/// The value of `text` in a table of names.
pub(super) fn named<T: Copy>(table: &[(&str, T)], text: &str) -> Option<T> {
    table
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, value)| *value)
}

/// Bits that a list of names between commas means.
pub(super) fn named_bits(table: &[(&str, u128)], text: &str) -> Result<u128, String> {
    text.split(',').try_fold(0, |bits, name| {
        named(table, name)
            .map(|bit| bits | bit)
            .ok_or_else(|| format!("\"{name}\" is not known"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_take_lengths_masks_and_lists() {
        assert_eq!(network("192.0.2.9/24", Version::V4), Ok((0xc000_0200, 24)));
        assert_eq!(
            network("192.0.2.9/255.255.255.0", Version::V4),
            Ok((0xc000_0200, 24))
        );
        assert_eq!(
            network("2001:db8::/32", Version::V6).map(|(_, length)| length),
            Ok(32)
        );
        assert!(network("192.0.2.9/33", Version::V4).is_err());
        assert!(network("2001:db8::/32", Version::V4).is_err());
        let odd = address_condition(Field::Ip4Source, "10.0.0.1/255.0.0.255", Version::V4, false);
        let expected = any([masked(
            Field::Ip4Source,
            0xff00_00ff,
            0x0a00_0001,
            32,
            false,
        )]);
        assert_eq!(odd, Ok(expected));
    }

    #[test]
    fn ports_have_open_ends_and_names() {
        assert_eq!(ports("1024:"), Ok(Range::new(1024, 65535)));
        assert_eq!(ports(":1023"), Ok(Range::new(0, 1023)));
        assert_eq!(ports("ssh"), Ok(Range::exactly(22)));
        assert!(ports("70000").is_err());
        assert!(ports("9:1").is_err());
    }

    #[test]
    fn numbers_have_the_bases_of_strtoul() {
        assert_eq!(number("0x10"), Ok(16));
        assert_eq!(number("010"), Ok(8));
        assert_eq!(number("0"), Ok(0));
        assert!(number("").is_err());
        assert_eq!(value_and_mask("0x1/0xff"), Ok((1, 0xff)));
        assert!(value_and_mask("0x100000000").is_err());
    }
}
