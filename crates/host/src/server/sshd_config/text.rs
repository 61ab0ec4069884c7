//! One line of `sshd_config(5)` taken apart as sshd does it: the keyword as by `strdelim`, the rest as by `argv_split`
//! (OpenSSH, `misc.c`).

/// A setting as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// In small letters.
    pub(super) keyword: String,
    /// Unquoted.
    pub(super) arguments: Vec<Vec<u8>>,
    /// Everything behind the keyword, for keywords that take the rest of the line.
    pub(super) rest: Vec<u8>,
    /// Why sshd refuses the line whatever its keyword is.
    pub(super) problem: Option<&'static str>,
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn without_leading_blanks(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|byte| !is_blank(*byte));
    begin.map_or(&[], |begin| &text[begin..])
}

/// Takes a line apart; absent for an empty one and a comment.
pub(super) fn setting(line: &[u8]) -> Option<Setting> {
    // sshd reads it as a C string.
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let line = without_leading_blanks(line);
    let end = line
        .iter()
        .rposition(|byte| !is_blank(*byte) && *byte != b'\x0c')
        .map_or(0, |last| last + 1);
    let (mut keyword, mut rest) = first_token(&line[..end])?;
    if keyword.is_empty() {
        (keyword, rest) = first_token(rest)?;
    }
    if keyword.is_empty() || keyword.starts_with(b"#") {
        return None;
    }
    let (arguments, problem) = if rest.is_empty() {
        (Vec::new(), Some("no argument after the keyword"))
    } else {
        match arguments(rest) {
            Some(arguments) => (arguments, None),
            None => (Vec::new(), Some("invalid quotes")),
        }
    };
    Some(Setting {
        keyword: String::from_utf8_lossy(&keyword).to_ascii_lowercase(),
        arguments,
        rest: without_leading_blanks(rest).to_vec(),
        problem,
    })
}

/// The token up to a blank, a quotation mark or one `=`, and what follows. Absent when a quotation has no end: sshd passes over
/// such a line.
fn first_token(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(end) = text
        .iter()
        .position(|byte| is_blank(*byte) || matches!(byte, b'"' | b'='))
    else {
        return Some((text.to_vec(), &[]));
    };
    let (token, delimiter, rest) = (&text[..end], text[end], &text[end + 1..]);
    if delimiter == b'"' {
        let close = rest.iter().position(|byte| *byte == b'"')?;
        let token = [token, &rest[..close]].concat();
        return Some((token, without_leading_blanks(&rest[close + 1..])));
    }
    let rest = without_leading_blanks(rest);
    match rest.split_first() {
        Some((b'=', after)) if delimiter != b'=' => {
            Some((token.to_vec(), without_leading_blanks(after)))
        }
        _ => Some((token.to_vec(), rest)),
    }
}

/// The words of a text up to a comment; absent when a quotation has no end.
pub(super) fn arguments(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(first) = bytes.peek().copied() {
        match first {
            b' ' | b'\t' => {
                bytes.next();
            }
            b'#' => break,
            _ => words.push(word(&mut bytes)?),
        }
    }
    Some(words)
}

fn word(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> Option<Vec<u8>> {
    let mut word = Vec::new();
    let mut quote = None;
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => {
                let escaped = bytes.next_if(|next| {
                    matches!(next, b'\'' | b'"' | b'\\') || (*next == b' ' && quote.is_none())
                });
                word.push(escaped.unwrap_or(b'\\'));
            }
            (b' ' | b'\t', None) => return Some(word),
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if open == byte => quote = None,
            _ => word.push(byte),
        }
    }
    quote.is_none().then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(line: &str) -> Option<(String, Vec<String>)> {
        let setting = setting(line.as_bytes())?;
        let words = setting.arguments.into_iter();
        let words = words.map(|word| String::from_utf8_lossy(&word).into_owned());
        Some((setting.keyword, words.collect()))
    }

    /// The ways to write one line that sshd 9.2 was seen to accept.
    #[test]
    fn a_line_is_taken_apart_however_it_is_written() {
        for (line, keyword, words) in [
            ("Port 22", "port", &["22"][..]),
            ("\t pOrT=22  ", "port", &["22"]),
            ("port = 22 # the usual one", "port", &["22"]),
            ("\"Port\" \"22\"", "port", &["22"]),
            ("po\"rt\" 22", "port", &["22"]),
            ("=Port 22", "port", &["22"]),
            ("Port == 22", "port", &["=", "22"]),
            ("Banner '/etc/my banner'", "banner", &["/etc/my banner"]),
            (
                r"Banner /etc/my\ banner\n",
                "banner",
                &[r"/etc/my banner\n"],
            ),
            ("AllowUsers a b#c #d", "allowusers", &["a", "b#c"]),
            ("Banner a\u{c}", "banner", &["a"]),
            ("Banner a\0b c", "banner", &["a"]),
            (
                "Match User \"a,b\" Address=::1",
                "match",
                &["User", "a,b", "Address=::1"],
            ),
        ] {
            let (got_keyword, got) = taken_apart(line).unwrap();
            assert_eq!(
                (got_keyword.as_str(), got.as_slice()),
                (
                    keyword,
                    &words.iter().map(ToString::to_string).collect::<Vec<_>>()[..]
                ),
                "{line:?}"
            );
        }
        for line in [
            "",
            "  ",
            "#Port 22",
            " # Port",
            "\"Port 22",
            "=",
            "\"\" \"\"",
        ] {
            assert_eq!(taken_apart(line), None, "{line:?}");
        }
        for (line, problem) in [
            ("Port", "no argument after the keyword"),
            ("Port '22", "invalid quotes"),
        ] {
            assert_eq!(
                setting(line.as_bytes()).unwrap().problem,
                Some(problem),
                "{line:?}"
            );
        }
    }
}
