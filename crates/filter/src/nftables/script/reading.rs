//! The row of tokens while it is being read.

use std::borrow::Cow;

use super::token::{Kind, Token};
use crate::model::Family;
use crate::nftables::json::Json;

/// Something that is not understood. What it was is known to who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Strange;

pub(super) type Understood<T> = Result<T, Strange>;

/// How deeply expressions and sets may nest.
const DEEPEST: u32 = 24;

/// What stands where no token is left.
static NOTHING: Kind = Kind::End;

/// Tokens, and the family of the table that they belong to.
pub(super) struct Reading<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: u32,
    pub(super) family: Family,
}

impl<'t> Reading<'t> {
    pub(super) const fn of(tokens: &'t [Token]) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            family: Family::Ip,
        }
    }

    pub(super) const fn place(&self) -> usize {
        self.at
    }

    pub(super) const fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    pub(super) fn is_over(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The next token, or the last where none is left.
    pub(super) fn token(&self) -> Option<&'t Token> {
        self.tokens.get(self.at).or(self.tokens.last())
    }

    pub(super) fn peek(&self) -> &'t Kind {
        self.tokens
            .get(self.at)
            .map_or(&NOTHING, |token| &token.kind)
    }

    fn peek_after(&self) -> &'t Kind {
        self.tokens
            .get(self.at + 1)
            .map_or(&NOTHING, |token| &token.kind)
    }

    pub(super) const fn advance(&mut self) {
        self.at += 1;
    }

    /// The next token where it is a word; nothing otherwise.
    pub(super) fn word(&self) -> &'t str {
        word_of(self.peek())
    }

    /// The word after the next token.
    pub(super) fn second_word(&self) -> &'t str {
        word_of(self.peek_after())
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        self.at += usize::from(found);
        found
    }

    /// Any word, which is consumed.
    pub(super) fn any_word(&mut self) -> Understood<&'t str> {
        match self.peek() {
            Kind::Word(word) => {
                self.advance();
                Ok(word)
            }
            _ => Err(Strange),
        }
    }

    /// A name: a word, or a text between quotation marks.
    pub(super) fn name(&mut self) -> Understood<&'t str> {
        match self.peek() {
            Kind::Word(name) | Kind::Quoted(name) => {
                self.advance();
                Ok(name)
            }
            _ => Err(Strange),
        }
    }

    pub(super) fn number(&mut self) -> Understood<u64> {
        match self.peek() {
            Kind::Number(number) => {
                self.advance();
                Ok(*number)
            }
            _ => Err(Strange),
        }
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Kind::Sign(next) if *next == sign)
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, sign: &str) -> Understood<()> {
        if self.take_sign(sign) {
            Ok(())
        } else {
            Err(Strange)
        }
    }

    /// Whether the statement or block ends here.
    pub(super) fn ends(&self) -> bool {
        matches!(self.peek(), Kind::End | Kind::Sign("}"))
    }

    pub(super) fn skip_ends(&mut self) {
        while !self.is_over() && *self.peek() == Kind::End {
            self.advance();
        }
    }

    /// Skips what is left of a statement, with the blocks in it, and gives it as text.
    pub(super) fn rest_of_statement(&mut self) -> String {
        let mut text = String::new();
        let mut depth = 0_u32;
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                Kind::End if depth == 0 => break,
                Kind::Sign("{") => depth += 1,
                Kind::Sign("}") if depth == 0 => break,
                Kind::Sign("}") => depth -= 1,
                _ => {}
            }
            write(&mut text, &token.kind);
            self.advance();
        }
        text
    }

    /// `read` one level deeper, unless that is too deep.
    pub(super) fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Understood<T>,
    ) -> Understood<T> {
        if self.depth >= DEEPEST {
            return Err(Strange);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }
}

fn word_of(kind: &Kind) -> &str {
    match kind {
        Kind::Word(word) => word,
        _ => "",
    }
}

/// One more token of a text that is quoted.
fn write(text: &mut String, kind: &Kind) {
    const LONGEST: usize = 240;
    if text.len() > LONGEST {
        return;
    }
    let closes = matches!(kind, Kind::Sign("," | ":") | Kind::End);
    if !(text.is_empty() || closes) {
        text.push(' ');
    }
    match kind {
        Kind::Word(word) => text.push_str(word),
        Kind::Quoted(quoted) => {
            text.push('"');
            text.push_str(quoted);
            text.push('"');
        }
        Kind::Number(number) => text.push_str(&number.to_string()),
        Kind::Variable(name) => {
            text.push('$');
            text.push_str(name);
        }
        Kind::Sign(sign) => text.push_str(sign),
        Kind::End => text.push(';'),
    }
}

/// An object of one member.
pub(super) fn object(name: &'static str, value: Value) -> Value {
    Json::Object(vec![(Cow::Borrowed(name), value)])
}

/// An object of these members, in this order.
pub(super) fn members(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Json::Object(
        members
            .into_iter()
            .map(|(name, value)| (Cow::Borrowed(name), value))
            .collect(),
    )
}

pub(super) fn text(text: &str) -> Value {
    Json::Text(Cow::Owned(text.to_owned()))
}

pub(super) fn number(number: u64) -> Value {
    Json::Number(number.into())
}

/// What is read becomes what `nft -j` would list, for the reader of listings to go on with.
pub(super) type Value = Json<'static>;
