//! Cuts a line of iptables-save into words, as iptables-restore does.

use std::borrow::Cow;

/// Room for the words that most lines have.
const USUAL_WORDS: usize = 24;

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'line> {
    /// Without quotes and escapes.
    pub(super) text: Cow<'line, str>,
    /// It was in quotes: never an option, whatever it begins with.
    pub(super) quoted: bool,
}

impl<'line> Word<'line> {
    const fn quoted(text: Cow<'line, str>) -> Self {
        Self { text, quoted: true }
    }

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
    let mut found = Vec::with_capacity(USUAL_WORDS);
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let (word, after) = first_word(rest)?;
        found.push(word);
        rest = after.trim_ascii_start();
    }
    Ok(found)
}

/// The word that the text begins with, and what follows it.
fn first_word(text: &str) -> Result<(Word<'_>, &str), OpenQuote> {
    // Written by hand; iptables-save prints no single quotes around a word.
    let single = text
        .strip_prefix('\'')
        .and_then(|text| text.split_once('\''));
    if let Some((inside, after)) = single.or_else(|| simply_quoted(text)) {
        return Ok((Word::quoted(Cow::Borrowed(inside)), after));
    }
    let (plain, mut rest) = text.split_at(plain_length(text));
    if !rest.starts_with('"') {
        let word = Word {
            text: Cow::Borrowed(plain),
            quoted: false,
        };
        return Ok((word, rest));
    }
    let mut whole = plain.to_owned();
    loop {
        rest = match rest.strip_prefix('"') {
            Some(inside) => unquote(inside, &mut whole)?,
            None => {
                let (plain, after) = rest.split_at(plain_length(rest));
                if plain.is_empty() {
                    return Ok((Word::quoted(Cow::Owned(whole)), rest));
                }
                whole.push_str(plain);
                after
            }
        };
    }
}

/// How far it is to white space or a double quote.
fn plain_length(text: &str) -> usize {
    text.bytes()
        .position(|byte| byte.is_ascii_whitespace() || byte == b'"')
        .unwrap_or(text.len())
}

/// What is between double quotes, if these are all of the word and nothing in it is escaped.
fn simply_quoted(text: &str) -> Option<(&str, &str)> {
    let (inside, after) = text.strip_prefix('"')?.split_once('"')?;
    let ends = after.is_empty() || after.starts_with(|next: char| next.is_ascii_whitespace());
    (ends && !inside.contains('\\')).then_some((inside, after))
}

/// Adds what comes before the closing double quote, and gives what comes after it. A backslash takes the next character as it is.
fn unquote<'line>(text: &'line str, into: &mut String) -> Result<&'line str, OpenQuote> {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Ok(characters.as_str()),
            '\\' => into.push(characters.next().ok_or(OpenQuote)?),
            other => into.push(other),
        }
    }
    Err(OpenQuote)
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
