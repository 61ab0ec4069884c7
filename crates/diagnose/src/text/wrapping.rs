//! What logs, terminals and people put around the words of a program.

use std::borrow::Cow;

/// Words of a prefix that say nothing against what follows being the beginning of a message.
const LABELS: &[&str] = &[
    "debug1",
    "debug2",
    "debug3",
    "error",
    "fatal",
    "info",
    "verbose",
    "warning",
    "warn",
    "err",
    "notice",
    "sshd",
    "ssh",
    "sshd-session",
    "sshd-auth",
    "scp",
    "sftp",
    "rsync",
    "git",
    "plink",
    "pscp",
    "psftp",
    "dropbear",
    "dbclient",
    "exec",
    "stderr",
    "stdout",
    "msg",
    "via",
    "remote",
    "systemd",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "utc",
    "auth",
    "authpriv",
    "daemon",
    "local",
    "message",
    "repeated",
    "times",
    "pm",
    "am",
    "kex",
    "f",
    "t",
    "z",
    "o",
    "e",
];

/// Words that a wrapping may hold besides: the name of a host, a container, a job.
const MOST_OTHER_WORDS: usize = 2;

/// The longest prefix that is looked at.
const LONGEST_PREFIX: usize = 400;

/// What comes before the message on its line is only wrapping: time stamps, host names, program names, marks of quotation.
pub(super) fn is_wrapping(prefix: &[u8]) -> bool {
    if prefix
        .iter()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'>' | b'|'))
    {
        return true;
    }
    if ends_in_pid(prefix) {
        return true;
    }
    if prefix.len() > LONGEST_PREFIX {
        return ends_in_json_value(prefix);
    }
    if ends_in_json_value(prefix) {
        return true;
    }
    let plain = without_escapes(prefix);
    let text = String::from_utf8_lossy(&plain);
    let text = text.trim_end();
    if text.is_empty() {
        return true;
    }
    // me@web1: stands before what ssh says of that account.
    let text = account_before(text).unwrap_or(text).trim_end();
    if text.is_empty()
        || text.ends_with("])?")
        || text.ends_with("(yes/no)?")
        || text.ends_with("<---")
        || ["stderr F", "stdout F", "stderr P", "stdout P"]
            .iter()
            .any(|stream| text.ends_with(stream))
    {
        return true;
    }
    if text.ends_with("MESSAGE=")
        || ends_in_stream(text)
        || text.ends_with("via ssh:")
        || text.ends_with("Permission denied:")
    {
        return true;
    }
    let ends_well = text.ends_with([':', ']', '|', '>', '│', '[', '#', '$'])
        || text.ends_with(|c: char| c.is_ascii_digit() || c == 'Z')
        || text.ends_with("\"") && text.contains("=\"");
    ends_well && other_words(text) <= MOST_OTHER_WORDS
}

/// `01E`, as GitLab numbers the streams of a job.
fn ends_in_stream(text: &str) -> bool {
    let last = text.rsplit(' ').next().unwrap_or_default();
    let last = last.strip_suffix('+').unwrap_or(last);
    last.strip_suffix(['O', 'E'])
        .is_some_and(|digits| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// What stands before `USER@HOST:` at the end.
fn account_before(text: &str) -> Option<&str> {
    let (before, last) = text.rsplit_once(' ').unwrap_or(("", text));
    (last.ends_with(':') && last.contains('@')).then_some(before)
}

/// Words that no wrapping is known to hold.
fn other_words(text: &str) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/')))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .filter(|word| {
            let has_digit = word.chars().any(|c| c.is_ascii_digit());
            let lower = word.to_lowercase();
            let known = LABELS.contains(&lower.as_str());
            // 2024-05-01T10:00:00.000Z and 00O are time stamps and streams.
            let stamp = has_digit
                && word
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, 'T' | 'Z' | 'O' | 'E' | '-' | '.'));
            !known && !stamp
        })
        .count()
}

/// `…"MESSAGE":"`, `msg="`, `"log": "`.
fn ends_in_json_value(prefix: &[u8]) -> bool {
    let tail = &prefix[prefix.len().saturating_sub(40)..];
    let text = String::from_utf8_lossy(tail);
    let mut text = text.trim_end();
    for label in ["error: ", "fatal: ", "error:", "fatal:", "ssh: "] {
        text = text
            .strip_suffix(label.trim_end())
            .unwrap_or(text)
            .trim_end();
    }
    text.strip_suffix('"').is_some_and(|rest| {
        let rest = rest.trim_end();
        rest.ends_with("\":") || rest.ends_with('=')
    }) || text.ends_with("\\n")
        || text.ends_with("\\r\\n")
}

/// `sshd[123]: `, perhaps with `error: ` after it.
fn ends_in_pid(prefix: &[u8]) -> bool {
    let text = prefix.strip_suffix(b" ").unwrap_or(prefix);
    let text = [&b"error:"[..], b"fatal:", b"debug1:", b"info:"]
        .iter()
        .find_map(|label| text.strip_suffix(*label))
        .unwrap_or(text);
    let text = text.strip_suffix(b" ").unwrap_or(text);
    let Some(text) = text.strip_suffix(b"]:") else {
        return false;
    };
    let digits = text
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    digits > 0 && text.len() > digits && text[text.len() - digits - 1] == b'['
}

/// The number of the process that a log names before the message.
pub(super) fn process(prefix: &[u8]) -> Option<u64> {
    let close = memchr::memrchr(b']', prefix)?;
    let open = memchr::memrchr(b'[', &prefix[..close])?;
    std::str::from_utf8(&prefix[open + 1..close])
        .ok()?
        .parse()
        .ok()
}

/// Without terminal escape sequences (ECMA-48, CSI and OSC).
pub(super) fn without_escapes(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0x1b, bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != 0x1b {
            plain.push(byte);
            continue;
        }
        // A sequence that was cut off ends with its line.
        match rest.next_if(|byte| *byte != b'\n') {
            Some(b'[') => {
                let parameter = |byte: &u8| !(0x40..=0x7e).contains(byte) && *byte != b'\n';
                while rest.next_if(parameter).is_some() {}
                rest.next_if(|byte| *byte != b'\n');
            }
            Some(b']') => {
                let words = |byte: &u8| !matches!(byte, 0x07 | 0x1b | b'\n');
                while rest.next_if(words).is_some() {}
                rest.next_if(|byte| *byte != b'\n');
            }
            _ => {}
        }
    }
    Cow::Owned(plain)
}

/// The message to its end, without what wrappings put after it.
pub(super) fn unwrapped(message: &[u8]) -> String {
    let plain = without_escapes(message);
    let text = String::from_utf8_lossy(&plain);
    // In JSON and in the output of build tools a line feed is written as two characters.
    let text = text
        .match_indices('\\')
        .find(|(at, _)| text[at + 1..].starts_with(['n', 'r']))
        .map_or(&*text, |(at, _)| &text[..at]);
    text.trim_end_matches(['\r', '\n', '"', ',', '}', ']', ' ', '\t'])
        .to_owned()
}
