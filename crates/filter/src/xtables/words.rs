//! Cuts a line of iptables-save into words, as iptables-restore does.

use std::borrow::Cow;

use winnow::Parser;
use winnow::combinator::{alt, delimited, preceded, repeat};
use winnow::error::ModalResult;
use winnow::token::{any, take_till, take_while};

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'line> {
    /// Without quotes and escapes.
    pub(super) text: Cow<'line, str>,
    /// It was in quotes: never an option, whatever it begins with.
    pub(super) quoted: bool,
}

impl Word<'_> {
    /// Whether it begins an option, or is the `!` before one.
    pub(super) fn begins_option(&self) -> bool {
        !self.quoted && (self.text.starts_with('-') && self.text.len() > 1 || self.text == "!")
    }
}

/// Why a line has no words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenQuote;

/// The words of a line.
pub(super) fn words(line: &str) -> Result<Vec<Word<'_>>, OpenQuote> {
    if !line.contains(['"', '\'', '\\']) {
        return Ok(line
            .split_ascii_whitespace()
            .map(|text| Word {
                text: Cow::Borrowed(text),
                quoted: false,
            })
            .collect());
    }
    let mut rest = line;
    let mut found = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(found);
        }
        found.push(word.parse_next(&mut rest).map_err(|_| OpenQuote)?);
    }
}

fn word<'line>(input: &mut &'line str) -> ModalResult<Word<'line>> {
    alt((single_quoted, plain, mixed)).parse_next(input)
}

/// No quotes in it: borrowed.
fn plain<'line>(input: &mut &'line str) -> ModalResult<Word<'line>> {
    let start = *input;
    let text = take_till(1.., |character: char| {
        character.is_ascii_whitespace() || character == '"'
    })
    .parse_next(input)?;
    if input.starts_with('"') {
        *input = start;
        return winnow::combinator::fail.parse_next(input);
    }
    Ok(Word {
        text: Cow::Borrowed(text),
        quoted: false,
    })
}

/// Written by hand; iptables-save prints no single quotes around a word.
fn single_quoted<'line>(input: &mut &'line str) -> ModalResult<Word<'line>> {
    let text = delimited('\'', take_till(0.., '\''), '\'').parse_next(input)?;
    Ok(Word {
        text: Cow::Borrowed(text),
        quoted: true,
    })
}

/// Plain pieces and double quotes, in which a backslash takes the next character as it is.
fn mixed<'line>(input: &mut &'line str) -> ModalResult<Word<'line>> {
    let text = repeat(1.., piece)
        .fold(String::new, |mut text, piece| {
            text.push_str(&piece);
            text
        })
        .parse_next(input)?;
    Ok(Word {
        text: Cow::Owned(text),
        quoted: true,
    })
}

fn piece<'line>(input: &mut &'line str) -> ModalResult<Cow<'line, str>> {
    alt((
        double_quoted.map(Cow::Owned),
        take_while(1.., |character: char| {
            !character.is_ascii_whitespace() && character != '"'
        })
        .map(Cow::Borrowed),
    ))
    .parse_next(input)
}

fn double_quoted(input: &mut &str) -> ModalResult<String> {
    delimited(
        '"',
        repeat(
            0..,
            alt((
                take_till(1.., ['"', '\\']).map(Cow::Borrowed),
                preceded('\\', any).map(|character: char| Cow::Owned(character.to_string())),
            )),
        )
        .fold(String::new, |mut text, piece: Cow<'_, str>| {
            text.push_str(&piece);
            text
        }),
        '"',
    )
    .parse_next(input)
}

/// Words, one after another.
pub(super) struct Cursor<'line> {
    words: &'line [Word<'line>],
    next: usize,
}

impl<'line> Cursor<'line> {
    /// At the beginning.
    pub(super) const fn new(words: &'line [Word<'line>]) -> Self {
        Self { words, next: 0 }
    }

    /// The next word.
    pub(super) fn take(&mut self) -> Option<&'line Word<'line>> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// The next word, left where it is.
    pub(super) fn peek(&self) -> Option<&'line Word<'line>> {
        self.words.get(self.next)
    }

    /// The value of an option, and whether a `!` stands in front of it, its place before version 1.4.3.
    pub(super) fn value(&mut self) -> (Option<&'line str>, bool) {
        let negated = self.skip_negation();
        (self.take().map(|word| &*word.text), negated)
    }

    /// Takes a `!`.
    pub(super) fn skip_negation(&mut self) -> bool {
        let negated = self
            .peek()
            .is_some_and(|word| !word.quoted && word.text == "!");
        if negated {
            self.next += 1;
        }
        negated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line)
            .expect("closed quotes")
            .into_iter()
            .map(|word| word.text.into_owned())
            .collect()
    }

    #[test]
    fn quotes_and_escapes_are_those_of_iptables_save() {
        assert_eq!(
            texts(r#"-m comment --comment "it\'s a \"q\" \\ back" -j X"#),
            [
                "-m",
                "comment",
                "--comment",
                r#"it's a "q" \ back"#,
                "-j",
                "X"
            ]
        );
        assert_eq!(texts("a  b\tc"), ["a", "b", "c"]);
        assert_eq!(
            texts("--comment 'two words' it's"),
            ["--comment", "two words", "it's"]
        );
        assert_eq!(texts(r#"--log-prefix "" -j"#), ["--log-prefix", "", "-j"]);
        assert_eq!(words(r#"--comment "open"#), Err(OpenQuote));
    }

    #[test]
    fn what_is_quoted_is_no_option() {
        let found = words(r#"--string "-j" -j"#).expect("closed quotes");
        assert!(!found[1].begins_option());
        assert!(found[2].begins_option());
    }
}
