//! Text that came from outside and may be hostile.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text received from the network, a log or a file, made safe to print.
///
/// Control characters, terminal escapes, invisible and bidirectional formatting characters and invalid UTF-8 are
/// replaced by visible escapes (`\x1b`, `\u{202e}`) when the value is made, so no later step can forget to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Received(String);

impl Received {
    /// The most bytes of input that are kept; the rest is replaced by an ellipsis.
    pub const MAX_BYTES: usize = 1024;

    /// Escapes at most [`Self::MAX_BYTES`] of `bytes`.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(Self::MAX_BYTES)];
        let mut text = String::with_capacity(kept.len());
        for chunk in kept.utf8_chunks() {
            escape_into(&mut text, chunk.valid());
            for byte in chunk.invalid() {
                text.push_str(&format!("\\x{byte:02x}"));
            }
        }
        if kept.len() < bytes.len() {
            text.push('…');
        }
        Self(text)
    }

    /// Escapes at most [`Self::MAX_BYTES`] of `text`.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self::from_bytes(text.as_bytes())
    }

    /// The escaped text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Received {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Already escaped text contains only backslashes and printable characters, so escaping what a hostile
        // case file holds once more leaves honest text as it is.
        let text = String::deserialize(deserializer)?;
        let mut safe = String::with_capacity(text.len());
        for character in text.chars().take(Self::MAX_BYTES * 8) {
            push_visible(&mut safe, character);
        }
        Ok(Self(safe))
    }
}

/// Escapes what must not reach a terminal; everything printable stays as it is. Not bounded.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        push_visible(&mut safe, character);
    }
    safe
}

fn escape_into(out: &mut String, text: &str) {
    for character in text.chars() {
        // A backslash is doubled so that the text `\x1b` and the byte 0x1b stay different.
        if character == '\\' {
            out.push_str("\\\\");
        } else {
            push_visible(out, character);
        }
    }
}

fn push_visible(out: &mut String, character: char) {
    match character {
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        c if c.is_ascii_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        c if is_invisible(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}

/// C1 controls, zero-width and bidirectional formatting characters, variation selectors, tags, line separators,
/// private use and non-characters (Unicode 16, categories Cc, Cf, Co, Zl, Zp as far as they occur in names and banners).
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0x80..=0x9f | 0xad | 0x34f | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x8e2 | 0x115f | 0x1160 | 0x17b4 | 0x17b5
        | 0x180b..=0x180f | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164
        | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xffff
        | 0x110bd | 0x110cd | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff | 0xf0000..=0x10_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_received_can_move_the_cursor_or_reverse_the_line() {
        let hostile = b"SSH-2.0-\x1b]0;owned\x07\x1b[2J \xe2\x80\xae evil \xff\x9b\xc2\x9b\r\nnext";
        let shown = Received::from_bytes(hostile);
        assert_eq!(
            shown.as_str(),
            "SSH-2.0-\\x1b]0;owned\\x07\\x1b[2J \\u{202e} evil \\xff\\x9b\\u{9b}\\r\\nnext"
        );
    }

    #[test]
    fn a_saved_text_reads_back_unchanged_and_a_forged_one_is_escaped() {
        let shown = Received::from_bytes(b"back\\slash \x07");
        let saved = serde_json::to_string(&shown).unwrap();
        assert_eq!(serde_json::from_str::<Received>(&saved).unwrap(), shown);
        let forged: Received = serde_json::from_str("\"\\u001b[31m\"").unwrap();
        assert_eq!(forged.as_str(), "\\x1b[31m");
    }

    #[test]
    fn an_endless_banner_is_cut() {
        let shown = Received::from_bytes(&[b'a'; 5000]);
        assert_eq!(shown.as_str().chars().count(), Received::MAX_BYTES + 1);
    }
}
