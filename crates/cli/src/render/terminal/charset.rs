//! Which characters the terminal can show.

use unicode_width::UnicodeWidthChar as _;

/// The characters that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Everything printable.
    Unicode,
    /// ASCII only.
    Ascii,
}

impl Charset {
    /// What the environment allows: ASCII unless the locale says UTF-8, and on the Linux console, whose font has few glyphs.
    pub(crate) fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if is_utf8 && variable("TERM").as_deref() != Some("linux") {
            Self::Unicode
        } else {
            Self::Ascii
        }
    }

    /// The text as it may be printed: nothing in it moves the cursor, hides, or stacks up on one column.
    pub(crate) fn show(self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for character in sshdoctor_case::escape(text).chars() {
            match self {
                Self::Unicode if character.width().unwrap_or(0) > 0 => shown.push(character),
                Self::Ascii if character.is_ascii() => shown.push(character),
                Self::Unicode => push_escaped(&mut shown, character),
                Self::Ascii => match plain(character) {
                    Some(plain) => shown.push_str(plain),
                    None => push_escaped(&mut shown, character),
                },
            }
        }
        shown
    }

    /// What stands for text that was left out.
    pub(crate) const fn ellipsis(self) -> &'static str {
        match self {
            Self::Unicode => "…",
            Self::Ascii => "...",
        }
    }

    /// An arrow from a name to what it means.
    pub(crate) const fn arrow(self) -> &'static str {
        match self {
            Self::Unicode => "→",
            Self::Ascii => "->",
        }
    }
}

fn push_escaped(shown: &mut String, character: char) {
    shown.extend(character.escape_unicode());
}

/// Typography that has an accepted spelling in ASCII.
fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        '…' => "...",
        '→' => "->",
        '←' => "<-",
        '–' | '—' | '‐' | '‑' | '−' | '─' => "-",
        '‘' | '’' => "'",
        '“' | '”' => "\"",
        '≥' => ">=",
        '≤' => "<=",
        '×' => "x",
        '\u{a0}' | '\u{202f}' => " ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)]) -> Charset {
        Charset::from_environment(|name| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_locale_decides() {
        assert_eq!(with(&[("LANG", "de_DE.UTF-8")]), Charset::Unicode);
        assert_eq!(
            with(&[("LC_ALL", ""), ("LANG", "C.utf8")]),
            Charset::Unicode
        );
        assert_eq!(
            with(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]),
            Charset::Ascii
        );
        assert_eq!(with(&[]), Charset::Ascii);
        assert_eq!(
            with(&[("LANG", "C.UTF-8"), ("TERM", "linux")]),
            Charset::Ascii
        );
    }

    #[test]
    fn nothing_unprintable_is_shown() {
        let hostile = "a\u{1b}[2J\u{301}\u{202e}é…";
        assert_eq!(
            Charset::Unicode.show(hostile),
            "a\\x1b[2J\\u{301}\\u{202e}é…"
        );
        assert_eq!(
            Charset::Ascii.show(hostile),
            "a\\x1b[2J\\u{301}\\u{202e}\\u{e9}..."
        );
    }
}
