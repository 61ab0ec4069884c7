//! Whether a list of patterns matches (`hosts_access(5)`): yes, no, or not to be told here (`None`), as where the name of the
//! client counts, which the library asks DNS for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::root::Root;

/// How deep files of patterns may name one another.
const DEEPEST: u32 = 4;
/// Far beyond any that was written by hand.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// For whom it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) daemon: &'static str,
    pub(super) client: IpAddr,
    /// The address that the client connects to.
    pub(super) server: Option<IpAddr>,
}

pub(super) fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Yes as soon as one is.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut found = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return answer,
            Some(false) => {}
            None => found = None,
        }
    }
    found
}

pub(super) fn daemons_match(list: &str, asked: &Asked, root: &Root) -> Option<bool> {
    list_matches(list, |token| match split_user(token) {
        None => Some(text_matches(token, asked.daemon)),
        Some((daemon, host)) => and(
            Some(text_matches(daemon, asked.daemon)),
            host_matches(host, asked.server, root, 0),
        ),
    })
}

pub(super) fn clients_match(list: &str, asked: &Asked, root: &Root) -> Option<bool> {
    let client = Some(asked.client);
    list_matches(list, |token| match split_user(token) {
        None => host_matches(token, client, root, 0),
        // Who the user is the client's own machine would be asked (RFC 1413).
        Some((user, host)) => and(
            host_matches(host, client, root, 0),
            user.eq_ignore_ascii_case("ALL").then_some(true),
        ),
    })
}

/// `A EXCEPT B EXCEPT C` is A without what is in B without what is in C.
fn list_matches(list: &str, matches: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    let mut tokens = list
        .split([',', ' ', '\t', '\r', '\n'])
        .filter(|token| !token.is_empty())
        .peekable();
    let mut parts = Vec::new();
    while tokens.peek().is_some() {
        let part = tokens
            .by_ref()
            .take_while(|token| !token.eq_ignore_ascii_case("EXCEPT"));
        let part: Vec<&str> = part.collect();
        parts.push(part);
    }
    let mut result = Some(false);
    for part in parts.iter().rev() {
        let not_excepted = result.map(|excepted| !excepted);
        result = if not_excepted == Some(false) {
            not_excepted
        } else {
            and(any(part.iter().map(|token| matches(token))), not_excepted)
        };
    }
    result
}

/// At the first such character that is not in brackets, as those of an IPv6 address; they are merely counted.
pub(super) fn split_at(text: &str, delimiter: u8) -> Option<(&str, &str)> {
    let mut depth = 0_i64;
    let place = text.bytes().position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        depth == 0 && byte == delimiter
    })?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// At an `@` that is not the first character: that stands before a netgroup.
fn split_user(token: &str) -> Option<(&str, &str)> {
    let first = token.chars().next().map_or(0, char::len_utf8);
    let (rest, host) = split_at(token.get(first..)?, b'@')?;
    Some((token.get(..first + rest.len())?, host))
}

fn host_matches(token: &str, address: Option<IpAddr>, root: &Root, depth: u32) -> Option<bool> {
    if token.starts_with('@') {
        return None;
    }
    if token.starts_with('/') {
        return file_matches(token, address, root, depth);
    }
    if token.eq_ignore_ascii_case("ALL") {
        return Some(true);
    }
    if ["KNOWN", "LOCAL"]
        .iter()
        .any(|word| token.eq_ignore_ascii_case(word))
    {
        return None;
    }
    let address = address?;
    if let Some((network, mask)) = split_at(token, b'/') {
        return Some(network_matches(network, mask, address));
    }
    if text_matches(token, &address.to_string()) {
        return Some(true);
    }
    // It may still be the name.
    (!may_match_a_name(token)).then_some(false)
}

/// Every word of the file is a pattern.
fn file_matches(path: &str, address: Option<IpAddr>, root: &Root, depth: u32) -> Option<bool> {
    if depth >= DEEPEST {
        return None;
    }
    match root.read(path, LARGEST_FILE) {
        Ok(contents) => {
            let text = String::from_utf8_lossy(&contents.bytes);
            let words = text.split_ascii_whitespace();
            let found = any(words.map(|word| host_matches(word, address, root, depth + 1)));
            if contents.cut && found == Some(false) {
                None
            } else {
                found
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
    }
}

/// Names have letters; a pattern that begins as an address does is not one of theirs.
fn may_match_a_name(token: &str) -> bool {
    if token.is_empty() || (token.starts_with('[') && token.ends_with(']')) {
        return false;
    }
    let has_letters = token.bytes().any(|byte| !b"0123456789.*?".contains(&byte));
    let begins_as_an_address =
        token.starts_with(|c: char| c.is_ascii_digit()) && token.contains('.');
    has_letters || (token.contains(['*', '?']) && !begins_as_an_address)
}

/// The patterns that look at a text: `*`, `?`, `.end`, `begin.`, ALL, KNOWN, and the text itself.
fn text_matches(token: &str, text: &str) -> bool {
    let (token, text) = (token.to_ascii_lowercase(), text.to_ascii_lowercase());
    if token.is_empty() {
        return false;
    }
    if token.contains(['*', '?']) {
        return wildcards_match(token.as_bytes(), text.as_bytes());
    }
    if token.starts_with('.') {
        return text.len() > token.len() && text.ends_with(&token);
    }
    if token == "all" || token == "known" {
        return true;
    }
    if token.ends_with('.') {
        return text.starts_with(&token);
    }
    if let Some(inside) = token
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let address = inside.parse::<Ipv6Addr>();
        return address.is_ok_and(|address| text.parse() == Ok(address));
    }
    token == text
}

/// `*` stands for any text, `?` for any one byte. Takes at most the product of both lengths.
fn wildcards_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // Where to go on when it fails: behind the last star, with one byte more for that.
    let mut retry = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                at += 1;
                retry = Some((at, seen));
            }
            Some(byte) if *byte == b'?' || text.get(seen) == Some(byte) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((behind_star, taken)) = retry else {
                    return false;
                };
                at = behind_star;
                seen = taken + 1;
                retry = Some((behind_star, seen));
            }
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

/// `net/mask`, `net/length` and `[net]/length`.
fn network_matches(network: &str, mask: &str, address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let Some(network) = dotted_quad(network) else {
                return false;
            };
            let length = || u32::try_from(number_at_start(mask)).ok();
            let by_length = || match length()? {
                length @ 1..=32 => Some(u32::MAX << (32 - length)),
                _ => None,
            };
            let mask = dotted_quad(mask).or_else(by_length);
            mask.is_some_and(|mask| address.to_bits() & mask == network)
        }
        IpAddr::V6(address) => {
            let inside = network
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'));
            let network = inside.and_then(|inside| inside.parse::<Ipv6Addr>().ok());
            let length = u32::try_from(number_at_start(mask)).ok();
            let Some((network, length @ 0..=128)) = network.zip(length) else {
                return false;
            };
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or_default();
            (address.to_bits() ^ network.to_bits()) & mask == 0
        }
    }
}

/// Four numbers as `inet_addr(3)` reads them, also octal and hexadecimal ones. 255.255.255.255 stands for a mistake there.
fn dotted_quad(text: &str) -> Option<u32> {
    let mut bytes = [0; 4];
    let mut parts = text.split('.');
    for byte in &mut bytes {
        let part = parts.next()?;
        let (digits, radix) =
            if let Some(digits) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
                (digits, 16)
            } else if part.len() > 1 && part.starts_with('0') {
                (part, 8)
            } else {
                (part, 10)
            };
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, radix).ok()?;
    }
    let address = Ipv4Addr::from(bytes).to_bits();
    (parts.next().is_none() && address != u32::MAX).then_some(address)
}

/// The number that a text begins with, 0 without one (`atoi(3)`).
fn number_at_start(text: &str) -> i64 {
    let (sign, digits) = match text.as_bytes().first() {
        Some(b'-') => (-1, text.get(1..).unwrap_or_default()),
        Some(b'+') => (1, text.get(1..).unwrap_or_default()),
        _ => (1, text),
    };
    let digits = digits.bytes().take_while(u8::is_ascii_digit);
    let number = digits.fold(0_i64, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'))
    });
    sign * number
}
