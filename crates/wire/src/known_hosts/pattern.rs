/// The longest pattern that OpenSSH looks at; a longer one makes the whole list fail.
const MAX_PATTERN: usize = 1022;

/// Whether a comma-separated list of patterns applies to a name in lower case. A pattern that starts with `!` and
/// matches excludes the name, whatever else matches.
pub(crate) fn list_applies(name: &[u8], list: &[u8]) -> bool {
    let mut applies = false;
    let mut rest = list;
    while !rest.is_empty() {
        let negated = rest[0] == b'!';
        if negated {
            rest = &rest[1..];
        }
        let end = rest
            .iter()
            .position(|&byte| byte == b',')
            .unwrap_or(rest.len());
        if end > MAX_PATTERN {
            return false;
        }
        if matches_pattern(name, &rest[..end].to_ascii_lowercase()) {
            if negated {
                return false;
            }
            applies = true;
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    applies
}

/// Whether a text matches a pattern in which `*` stands for any bytes and `?` for one; case counts.
///
/// Takes time in proportion to the product of both lengths at worst.
#[must_use]
pub fn matches_pattern(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go on after a mismatch: behind the last star, one byte of text later than last time.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                in_pattern += 1;
                retry = Some((at, in_pattern));
            }
            Some(&byte) if byte == b'?' || byte == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => {
                let Some((from, behind_star)) = retry else {
                    return false;
                };
                at = from + 1;
                in_pattern = behind_star;
                retry = Some((at, behind_star));
            }
        }
    }
    pattern[in_pattern..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (text, pattern, expected) in [
            ("", "", true),
            ("", "*", true),
            ("", "?", false),
            ("web1", "web?", true),
            ("web", "web?", false),
            ("a.b.example.net", "*.example.net", true),
            ("example.net", "*.example.net", false),
            ("abcabd", "*abd", true),
            ("aaab", "*a*ab", true),
            ("aab", "a**b", true),
            ("ab", "*?*?*", true),
            ("a", "*?*?*", false),
            ("[web]:2222", "[*]:22?2", true),
        ] {
            assert_eq!(
                matches_pattern(text.as_bytes(), pattern.as_bytes()),
                expected,
                "{text} {pattern}"
            );
        }
    }

    #[test]
    fn one_negation_outweighs_every_match() {
        for (name, list, expected) in [
            ("web1", "web1,!web1", false),
            ("web1", "!web1,*", false),
            ("web2", "!web1,*", true),
            ("web2", "!web1", false),
            ("web1", "WEB1", true),
            ("", ",web1", true),
            ("", "web1,", false),
        ] {
            assert_eq!(
                list_applies(name.as_bytes(), list.as_bytes()),
                expected,
                "{name} {list}"
            );
        }
    }

    #[test]
    fn a_pattern_beyond_openssh_s_buffer_fails_the_list() {
        let with = |length: usize| format!("web1,{}", "x".repeat(length));
        assert!(list_applies(b"web1", with(MAX_PATTERN).as_bytes()));
        assert!(!list_applies(b"web1", with(MAX_PATTERN + 1).as_bytes()));
    }
}
