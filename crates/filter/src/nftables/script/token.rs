//! The words of a script, as `scanner.l` of nftables takes it apart.

use std::net::{Ipv4Addr, Ipv6Addr};

/// One token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Index of its file among those read.
    pub(super) file: u32,
    /// Line, from 1.
    pub(super) line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, keyword, address or duration.
    Word(Box<str>),
    /// What stands between quotation marks.
    Quoted(Box<str>),
    Number(u64),
    /// `$name`.
    Variable(Box<str>),
    /// An operator or bracket.
    Sign(&'static str),
    /// The end of a statement: a line's, or a semicolon.
    End,
}

/// Two characters before one.
const SIGNS: [&str; 26] = [
    "==", "!=", "<=", ">=", "<<", ">>", "<", ">", "=", "!", "&", "|", "^", "(", ")", "{", "}", "[",
    "]", ",", ":", ".", "/", "-", "+", "*",
];

/// All tokens of one file; `Err` names the line where the text is none.
pub(super) fn tokens(text: &str, file: u32) -> Result<Vec<Token>, (u32, &'static str)> {
    let mut scanner = Scanner {
        rest: text,
        line: 1,
        file,
        tokens: Vec::new(),
    };
    while !scanner.rest.is_empty() {
        scanner.next()?;
    }
    scanner.push(Kind::End);
    Ok(scanner.tokens)
}

struct Scanner<'t> {
    rest: &'t str,
    line: u32,
    file: u32,
    tokens: Vec<Token>,
}

impl<'t> Scanner<'t> {
    fn push(&mut self, kind: Kind) {
        self.tokens.push(Token {
            kind,
            file: self.file,
            line: self.line,
        });
    }

    /// Consumes so many bytes and gives them.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn run(&self, belongs: impl Fn(char) -> bool) -> usize {
        self.rest
            .find(|character| !belongs(character))
            .unwrap_or(self.rest.len())
    }

    fn next(&mut self) -> Result<(), (u32, &'static str)> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(());
        };
        match first {
            '\n' => {
                self.push(Kind::End);
                self.line = self.line.saturating_add(1);
                self.take(1);
            }
            ';' => {
                self.push(Kind::End);
                self.take(1);
            }
            '\\' if self.rest.starts_with("\\\n") => {
                self.line = self.line.saturating_add(1);
                self.take(2);
            }
            '\\' if self.rest.starts_with("\\*") => self.word(),
            '#' => {
                let length = self.run(|character| character != '\n');
                self.take(length);
            }
            '"' => return self.quoted(),
            '$' => {
                self.take(1);
                let length = self.run(is_of_a_name);
                let name = self.take(length).into();
                self.push(Kind::Variable(name));
            }
            '@' => {
                let name = self.rest.get(1..).unwrap_or_default();
                let length = name.find(|character| !is_of_a_name(character));
                let length = 1 + length.unwrap_or(name.len());
                let name = self.take(length).into();
                self.push(Kind::Word(name));
            }
            _ if first.is_whitespace() => {
                self.take(first.len_utf8());
            }
            _ => return self.word_or_sign(first),
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), (u32, &'static str)> {
        self.take(1);
        let length = self.run(|character| !matches!(character, '"' | '\n'));
        let text = self.take(length).into();
        if !self.rest.starts_with('"') {
            return Err((self.line, "a quotation mark is not closed"));
        }
        self.take(1);
        self.push(Kind::Quoted(text));
        Ok(())
    }

    fn word_or_sign(&mut self, first: char) -> Result<(), (u32, &'static str)> {
        if let Some(length) = self.address() {
            let address = self.take(length).into();
            self.push(Kind::Word(address));
        } else if first.is_ascii_digit() {
            self.number();
        } else if first.is_ascii_alphabetic() || first == '_' || !first.is_ascii() {
            self.word();
        } else {
            let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
            let sign = sign.ok_or((self.line, "a character that means nothing here"))?;
            self.push(Kind::Sign(sign));
            self.take(sign.len());
        }
        Ok(())
    }

    /// Length of the address, or traffic class, that comes next.
    fn address(&self) -> Option<usize> {
        let run =
            self.run(|character| character.is_ascii_hexdigit() || matches!(character, ':' | '.'));
        let text = self.rest.get(..run)?;
        let mut text = text.trim_end_matches('.');
        if text.bytes().filter(|byte| *byte == b':').count() >= 2 {
            loop {
                let is_mac = text.split(':').count() == 6
                    && text.split(':').all(|part| matches!(part.len(), 1 | 2));
                if is_mac || text.parse::<Ipv6Addr>().is_ok() {
                    return Some(text.len());
                }
                // In a map the colon after the address may touch it.
                text = text.strip_suffix(':')?;
            }
        }
        if is_traffic_class(text) && !self.goes_on_after(text.len()) {
            return Some(text.len());
        }
        let run = self.run(|character| character.is_ascii_digit() || character == '.');
        let text = self.rest.get(..run)?.trim_end_matches('.');
        text.parse::<Ipv4Addr>().is_ok().then_some(text.len())
    }

    fn goes_on_after(&self, length: usize) -> bool {
        let next = self.rest.get(length..).and_then(|rest| rest.chars().next());
        next.is_some_and(|next| next.is_ascii_alphanumeric())
    }

    /// A number, or a word that begins with one, as `10s` does.
    fn number(&mut self) {
        let length = self.run(|character| character.is_ascii_alphanumeric());
        let text = self.take(length);
        let number = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        self.push(match number {
            Ok(number) => Kind::Number(number),
            Err(_) => Kind::Word(text.into()),
        });
    }

    fn word(&mut self) {
        let mut length = self.run(is_of_a_word);
        // A name may end with a star, or hold a literal one.
        for star in ["\\*", "*"] {
            if self
                .rest
                .get(length..)
                .is_some_and(|rest| rest.starts_with(star))
            {
                length += star.len();
                break;
            }
        }
        let word = self.take(length).into();
        self.push(Kind::Word(word));
    }
}

/// `1:2`, in hexadecimal: to nft it is one word wherever it stands.
fn is_traffic_class(text: &str) -> bool {
    text.split_once(':').is_some_and(|(major, minor)| {
        [major, minor].iter().all(|part| {
            (1..=4).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_hexdigit())
        })
    })
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '/' | '.')
}

fn is_of_a_word(character: char) -> bool {
    is_of_a_name(character) || !character.is_ascii() && !character.is_whitespace()
}
