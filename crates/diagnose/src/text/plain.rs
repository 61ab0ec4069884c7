//! Bytes as the program wrote them: without colours, out of UTF-16, out of journald's arrays of numbers.

use std::borrow::Cow;

use super::wrapping::without_escapes;

/// How journald writes a message that is not UTF-8, or has a colour in it (systemd.journal-fields(7), `journalctl -o json`).
const ARRAY: &[u8] = b"\"MESSAGE\":[";

/// How a text is encoded, as its first two bytes tell.
#[derive(Debug, Default)]
pub(super) struct Encoding {
    first: Vec<u8>,
    utf16: Option<bool>,
}

impl Encoding {
    /// The bytes with the zeros of UTF-16 left out: PowerShell writes redirected output like this, and what matters is ASCII.
    pub(super) fn plain<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        if self.utf16 == Some(false) {
            return Cow::Borrowed(bytes);
        }
        let mut kept = std::mem::take(&mut self.first);
        kept.extend_from_slice(bytes);
        if kept.len() < 2 && self.utf16.is_none() {
            self.first = kept;
            return Cow::Borrowed(&[]);
        }
        let marked = matches!(kept.get(..2), Some([0xff, 0xfe] | [0xfe, 0xff]));
        if self.utf16.is_none() && marked {
            kept.drain(..2);
        }
        if *self.utf16.get_or_insert(marked) {
            kept.retain(|byte| *byte != 0);
        }
        Cow::Owned(kept)
    }

    /// What is left where the text ends before it told.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.first)
    }
}

/// Whole lines as the program wrote them.
pub(super) fn lines(block: &[u8]) -> Cow<'_, [u8]> {
    let colourless = without_escapes(block);
    if memchr::memmem::find(&colourless, ARRAY).is_none() {
        return colourless;
    }
    let mut plain = Vec::with_capacity(colourless.len());
    let mut rest = &*colourless;
    while let Some(at) = memchr::memmem::find(rest, ARRAY) {
        let (before, array) = rest.split_at(at + ARRAY.len());
        plain.extend_from_slice(before.strip_suffix(b"[").unwrap_or(before));
        plain.push(b'"');
        let end = array
            .iter()
            .position(|byte| !(byte.is_ascii_digit() || *byte == b',' || *byte == b' '))
            .unwrap_or(array.len());
        plain.extend(numbers(&array[..end]));
        plain.push(b'"');
        rest = array[end..].strip_prefix(b"]").unwrap_or(&array[end..]);
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// Bytes that are written as numbers; a line feed would break the line.
fn numbers(array: &[u8]) -> impl Iterator<Item = u8> + '_ {
    array
        .split(|byte| *byte == b',')
        .filter_map(|number| std::str::from_utf8(number).ok()?.trim().parse().ok())
        .map(|byte| if byte == b'\n' { b' ' } else { byte })
}
