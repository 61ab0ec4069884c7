//! Patterns of `ssh_config(5)`, PATTERNS, as sshd matches them (OpenSSH, `match.c`, `addrmatch.c`).

use std::net::IpAddr;

use ipnet::IpNet;

/// What a list of patterns says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A pattern holds it, and no negated one.
    Yes,
    /// No pattern holds it.
    No,
    /// A negated pattern holds it.
    Negated,
}

/// Whether a pattern with `*` and `?` is this text.
pub(super) fn matches(text: &[u8], pattern: &[u8]) -> bool {
    // Only the last `*` needs to be come back to: what an earlier one could take more, the last one can take as well.
    let (mut at, mut in_pattern) = (0, 0);
    let mut star = None;
    loop {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                in_pattern += 1;
                star = Some((in_pattern, at));
                continue;
            }
            Some(b'?') if at < text.len() => {
                (at, in_pattern) = (at + 1, in_pattern + 1);
                continue;
            }
            Some(byte) if text.get(at) == Some(byte) => {
                (at, in_pattern) = (at + 1, in_pattern + 1);
                continue;
            }
            None if at == text.len() => return true,
            _ => {}
        }
        match star {
            Some((behind, taken)) if taken < text.len() => {
                star = Some((behind, taken + 1));
                (at, in_pattern) = (taken + 1, behind);
            }
            _ => return false,
        }
    }
}

/// Whether a list of patterns holds a text. A pattern of 1023 bytes and more holds nothing, as in sshd.
pub(super) fn list(text: &[u8], list: &[u8]) -> Answer {
    let mut answer = Answer::No;
    // An empty part at the end is none.
    let list = list.strip_suffix(b",").unwrap_or(list);
    if list.is_empty() {
        return answer;
    }
    for part in list.split(|byte| *byte == b',') {
        let (negated, pattern) = match part.strip_prefix(b"!") {
            Some(pattern) => (true, pattern),
            None => (false, part),
        };
        if pattern.len() >= 1023 {
            return Answer::No;
        }
        if matches(text, pattern) {
            if negated {
                return Answer::Negated;
            }
            answer = Answer::Yes;
        }
    }
    answer
}

/// Whether a list of addresses, networks and patterns holds an address; an error when sshd refuses the list.
pub(super) fn addresses(address: IpAddr, list: &[u8]) -> Result<Answer, &'static str> {
    let mut answer = Answer::No;
    let text = address.to_string();
    for part in list.split(|byte| *byte == b',') {
        let (negated, pattern) = match part.strip_prefix(b"!") {
            Some(pattern) => (true, pattern),
            None => (false, part),
        };
        if pattern.is_empty() {
            return Err("an empty part in a list of addresses");
        }
        let holds = match network(pattern)? {
            Some(network) => network.contains(&address),
            None => matches(text.as_bytes(), pattern),
        };
        if holds && negated {
            return Ok(Answer::Negated);
        }
        if holds {
            answer = Answer::Yes;
        }
    }
    Ok(answer)
}

/// An address or network; absent for what is to be read as a pattern.
fn network(text: &[u8]) -> Result<Option<IpNet>, &'static str> {
    let Ok(text) = std::str::from_utf8(text) else {
        return Ok(None);
    };
    let Some((address, length)) = text.split_once('/') else {
        return Ok(text.parse::<IpAddr>().ok().map(IpNet::from));
    };
    let (Ok(address), Ok(length)) = (address.parse::<IpAddr>(), length.parse::<u8>()) else {
        return Ok(None);
    };
    match IpNet::new(address, length) {
        Ok(network) if network.network() == address => Ok(Some(network)),
        Ok(_) => Err("a network with bits set behind its prefix"),
        Err(_) if length <= 128 => Err("a network with too long a prefix"),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_what_they_say_and_cost_little() {
        for (text, pattern, holds) in [
            ("alice", "alice", true),
            ("alice", "a*e", true),
            ("alice", "a*c?", true),
            ("alice", "a*cex", false),
            ("alice", "?", false),
            ("", "*", true),
            ("", "", true),
            ("aXbXc", "a*b*c*", true),
        ] {
            assert_eq!(
                matches(text.as_bytes(), pattern.as_bytes()),
                holds,
                "{pattern}"
            );
        }
        let stars = "*a".repeat(500);
        assert!(!matches(
            "a".repeat(1000).as_bytes(),
            format!("{stars}b").as_bytes()
        ));
    }

    #[test]
    fn a_negated_pattern_wins_wherever_it_stands() {
        assert_eq!(list(b"alice", b"*,!alice"), Answer::Negated);
        assert_eq!(list(b"alice", b"!bob"), Answer::No);
        assert_eq!(list(b"alice", b"bob,al*"), Answer::Yes);
    }

    #[test]
    fn addresses_are_matched_as_networks_or_as_text() {
        let address = "198.51.100.7".parse().unwrap();
        for (text, answer) in [
            ("198.51.100.0/24", Ok(Answer::Yes)),
            ("198.51.100.*", Ok(Answer::Yes)),
            ("10.0.0.0/8,!198.51.100.7", Ok(Answer::Negated)),
            ("2001:db8::/32", Ok(Answer::No)),
            (
                "198.51.100.7/24",
                Err("a network with bits set behind its prefix"),
            ),
            ("", Err("an empty part in a list of addresses")),
        ] {
            assert_eq!(addresses(address, text.as_bytes()), answer, "{text}");
        }
    }
}
