use base64ct::{Base64, Encoding};

use super::{Entry, HashedName, Hosts, Marker, Problem, ProblemReason, key};

/// OpenSSH's buffer for a marker, `@` included.
const MAX_MARKER: usize = 31;

pub(crate) fn file(
    bytes: &[u8],
    file: usize,
    entries: &mut Vec<Entry>,
    problems: &mut Vec<Problem>,
) {
    for (line, text) in (1..=u32::MAX).zip(bytes.split(|&byte| byte == b'\n')) {
        // OpenSSH handles lines as C strings.
        let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
        let text = skip_blanks(text);
        if text.is_empty() || text == b"\r" || text.starts_with(b"#") {
            continue;
        }
        match entry(text, file, line) {
            Ok(entry) => entries.push(entry),
            Err(reason) => problems.push(Problem { file, line, reason }),
        }
    }
}

fn entry(text: &[u8], file: usize, line: u32) -> Result<Entry, ProblemReason> {
    let (marker, text) = marker(text)?;
    let (names, rest) = word(text);
    let hosts = if names.starts_with(b"|") {
        Hosts::Hashed(HashedName::parse(names).ok_or(ProblemReason::HashedName)?)
    } else {
        Hosts::Listed(names.to_vec())
    };
    if rest.is_empty() || rest.starts_with(b"#") || rest == b"\r" {
        return Err(ProblemReason::NoKey);
    }
    let (key_type, rest) = word(rest);
    if rest.is_empty() {
        return Err(ProblemReason::NoKeyData);
    }
    let key_type = std::str::from_utf8(key_type)
        .ok()
        .filter(|name| key::is_known_type(name))
        .ok_or(ProblemReason::KeyType)?;
    let (encoded, comment) = word(rest);
    let key_blob = decode(encoded).ok_or(ProblemReason::KeyEncoding)?;
    if !key::is_well_formed(key_type, &key_blob) {
        return Err(ProblemReason::KeyContent);
    }
    Ok(Entry {
        file,
        line,
        marker,
        hosts,
        key_type: key_type.to_owned(),
        key_blob,
        comment: comment.strip_suffix(b"\r").unwrap_or(comment).to_vec(),
    })
}

fn marker(text: &[u8]) -> Result<(Option<Marker>, &[u8]), ProblemReason> {
    let mut found = None;
    let mut rest = text;
    while rest.starts_with(b"@") {
        if found.is_some() {
            return Err(ProblemReason::Marker);
        }
        // OpenSSH looks for a space first, and for a tab only where the line has no space at all.
        let end = rest
            .iter()
            .position(|&byte| byte == b' ')
            .or_else(|| rest.iter().position(|&byte| byte == b'\t'))
            .filter(|&end| end <= MAX_MARKER)
            .ok_or(ProblemReason::Marker)?;
        found = Some(match &rest[..end] {
            b"@cert-authority" => Marker::CertAuthority,
            b"@revoked" => Marker::Revoked,
            _ => return Err(ProblemReason::Marker),
        });
        rest = skip_blanks(&rest[end..]);
    }
    Ok((found, rest))
}

/// A word up to a space or tab, and what follows the blanks behind it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| matches!(byte, b' ' | b'\t'))
        .unwrap_or(text.len());
    (&text[..end], skip_blanks(&text[end..]))
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t'))
        .unwrap_or(text.len());
    &text[start..]
}

/// Base64 with padding; white space in it, such as the carriage return of a DOS line end, does not count.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text: String = text
        .iter()
        .filter(|byte| !matches!(byte, b'\r' | 0x0b | 0x0c))
        .map(|&byte| char::from(byte))
        .collect();
    Base64::decode_vec(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KnownHosts;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZWnCP+ZEtLSnqTxpXzSL4cZQmX9GZqWcVd+yM5oX1D";

    #[test]
    fn a_bad_line_costs_only_itself() {
        let text = format!(
            "# comment\n\n  \t\r\nweb1 {KEY}\n@cert-authority *.example.net {KEY} the CA\r\n\
             @revoked\tweb2 {KEY}\n@bogus web {KEY}\n@revoked @revoked web {KEY}\nweb3\nweb3 # {KEY}\n\
             web3 ssh-ed25519\nweb3 1024 35 1234\nweb3 ssh-ed25519 ?\nweb3 ssh-rsa {}\n|1|x|y {KEY}\n  web4\t{KEY}",
            &KEY[12..]
        );
        let known = KnownHosts::parse(text.as_bytes());
        let read: Vec<_> = known
            .entries()
            .iter()
            .map(|entry| (entry.line, entry.marker, entry.comment.as_slice()))
            .collect();
        assert_eq!(
            read,
            [
                (4, None, &b""[..]),
                (5, Some(Marker::CertAuthority), b"the CA"),
                (16, None, b""),
            ]
        );
        let problems: Vec<_> = known
            .problems()
            .iter()
            .map(|problem| (problem.line, problem.reason))
            .collect();
        assert_eq!(
            problems,
            [
                (6, ProblemReason::Marker),
                (7, ProblemReason::Marker),
                (8, ProblemReason::Marker),
                (9, ProblemReason::NoKey),
                (10, ProblemReason::NoKey),
                (11, ProblemReason::NoKeyData),
                (12, ProblemReason::KeyType),
                (13, ProblemReason::KeyEncoding),
                (14, ProblemReason::KeyContent),
                (15, ProblemReason::HashedName),
            ]
        );
    }

    #[test]
    fn what_stands_behind_a_nul_does_not_exist() {
        let known = KnownHosts::parse(format!("web1 {KEY}\0 x\n\0web2 {KEY}\n").as_bytes());
        assert_eq!(known.entries().len(), 1);
        assert_eq!(known.entries()[0].comment, b"");
        assert_eq!(known.problems(), []);
    }
}
