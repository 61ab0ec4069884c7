//! Whether `from=` lets a client in (`match_host_and_ip`, `addr_match_list` and `match_pattern` of OpenSSH).

use std::net::IpAddr;

/// The longest entry that `addr_pton_cidr` takes for an address.
const LONGEST_ADDRESS: usize = 64;

/// What the entries of a list say of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Matches,
    Excluded,
    Nothing,
    /// The list is wrong, so that it lets nobody in.
    Wrong,
}

/// Whether the list lets the client in. `by_name`: sshd looks up the client's name (`UseDNS`), which is not known here; then absent
/// where a name could decide.
pub(super) fn allows(list: &str, from: IpAddr, by_name: bool) -> Option<bool> {
    match of_addresses(list, from) {
        Verdict::Wrong | Verdict::Excluded => return Some(false),
        Verdict::Matches | Verdict::Nothing if by_name && list.split(',').any(is_name) => {
            return None;
        }
        Verdict::Matches | Verdict::Nothing => {}
    }
    // Without a name the address stands for it.
    let address = from.to_string();
    let mut matched = of_addresses(list, from) == Verdict::Matches;
    for entry in list.split(',') {
        let (negated, pattern) = without_negation(entry);
        if matches(&address, &pattern.to_ascii_lowercase()) {
            if negated {
                return Some(false);
            }
            matched = true;
        }
    }
    Some(matched)
}

fn of_addresses(list: &str, from: IpAddr) -> Verdict {
    let mut verdict = Verdict::Nothing;
    for entry in list.split(',') {
        let (negated, pattern) = without_negation(entry);
        if pattern.is_empty() {
            return Verdict::Wrong;
        }
        let found = match network(pattern) {
            Network::Inconsistent => return Verdict::Wrong,
            Network::Of(address, bits) => same_network(from, address, bits),
            Network::No => matches(&from.to_string(), pattern),
        };
        if found && negated {
            return Verdict::Excluded;
        }
        if found {
            verdict = Verdict::Matches;
        }
    }
    verdict
}

fn without_negation(entry: &str) -> (bool, &str) {
    entry
        .strip_prefix('!')
        .map_or((false, entry), |pattern| (true, pattern))
}

/// It is neither an address or network nor a pattern that only addresses can match.
fn is_name(entry: &str) -> bool {
    let (_, pattern) = without_negation(entry);
    let of_address =
        |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'*' | b'?' | b'/');
    // A lone `*` matches any name as well as any address.
    pattern != "*" && !pattern.bytes().all(of_address)
}

enum Network {
    Of(IpAddr, u8),
    No,
    /// Bits beyond the mask are set, or the mask is longer than the address.
    Inconsistent,
}

fn network(text: &str) -> Network {
    if text.len() >= LONGEST_ADDRESS {
        return Network::No;
    }
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => match bits.parse::<u8>() {
            Ok(bits @ ..=128) if bits.to_string() == bits_without_zeros(text) => {
                (address, Some(bits))
            }
            _ => return Network::No,
        },
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return Network::No;
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(longest);
    if bits > longest || !host_bits_are_zero(address, bits) {
        return Network::Inconsistent;
    }
    Network::Of(address, bits)
}

/// The number after the slash; `parse` would take a sign as well.
fn bits_without_zeros(text: &str) -> &str {
    let bits = text.split_once('/').map_or("", |(_, bits)| bits);
    let stripped = bits.trim_start_matches('0');
    if stripped.is_empty() && !bits.is_empty() {
        "0"
    } else {
        stripped
    }
}

fn as_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

const fn mask(bits: u8) -> u128 {
    match u128::MAX.checked_shl(128 - bits as u32) {
        Some(mask) => mask,
        None => 0,
    }
}

fn host_bits_are_zero(address: IpAddr, bits: u8) -> bool {
    as_bits(address) & !mask(bits) == 0
}

fn same_network(from: IpAddr, address: IpAddr, bits: u8) -> bool {
    from.is_ipv4() == address.is_ipv4() && as_bits(from) & mask(bits) == as_bits(address)
}

/// `*` for any characters, `?` for one. The text is short; what a long pattern costs grows with its length alone.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut in_pattern) = (0, 0);
    let mut last_star: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                last_star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match last_star {
                Some((star, began)) => {
                    last_star = Some((star, began + 1));
                    at = began + 1;
                    in_pattern = star + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(in_pattern..)
        .is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_let_in_whom_sshd_lets_in() {
        let cases = [
            ("192.0.2.7", Some(true)),
            ("192.0.2.0/24", Some(true)),
            ("192.0.2.7/24", Some(false)),
            ("192.0.2.0/24,192.0.2.7/8", Some(false)),
            ("198.51.100.0/24,*", Some(true)),
            ("192.0.2.*", Some(true)),
            ("192.0.2.?", Some(true)),
            ("192.0.2.??", Some(false)),
            ("!192.0.2.7,192.0.2.0/24", Some(false)),
            ("192.0.2.0/24,!192.0.2.*", Some(false)),
            ("!192.0.2.8", Some(false)),
            ("0.0.0.0/0", Some(true)),
            ("::/0", Some(false)),
            ("0.0.0.0/33", Some(false)),
            ("*.example.net", Some(false)),
            ("192.0.2.7,", Some(false)),
            ("192.0.2.0/+24", Some(false)),
        ];
        let from = "192.0.2.7".parse().unwrap();
        for (list, expected) in cases {
            assert_eq!(allows(list, from, false), expected, "{list}");
        }
        assert_eq!(allows("*.example.net", from, true), None);
        assert_eq!(allows("!*.example.net,192.0.2.7", from, true), None);
        assert_eq!(allows("192.0.2.*", from, true), Some(true));
        let from = "2001:db8::7".parse().unwrap();
        assert_eq!(allows("2001:db8::/32", from, false), Some(true));
        assert_eq!(allows("2001:db8:*", from, false), Some(true));
    }

    #[test]
    fn a_pattern_of_stars_takes_no_time() {
        let pattern = "*a".repeat(100_000);
        assert!(!matches("2001:db8:1111:2222:3333:4444:5555:6666", &pattern));
    }
}
