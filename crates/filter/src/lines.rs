//! Lines of a text of any size, whatever bytes it holds.

use std::io::{BufRead, Read};

use crate::ReadError;
use crate::model::SourceKind;

/// Longest line that is read, in bytes. iptables-restore itself takes 10 KiB.
const LONGEST: u64 = 1 << 20;

/// Reads line by line.
pub(crate) struct Lines<'a, R> {
    name: &'a str,
    kind: SourceKind,
    input: R,
    bytes: Vec<u8>,
    text: String,
    number: u32,
    /// The line in `text` was looked at and is still to be taken.
    ahead: bool,
}

impl<'a, R: BufRead> Lines<'a, R> {
    /// Lines of `input`.
    pub(crate) fn new(name: &'a str, kind: SourceKind, input: R) -> Self {
        Self {
            name,
            kind,
            input,
            bytes: Vec::new(),
            text: String::new(),
            number: 0,
            ahead: false,
        }
    }

    /// The next line without its end, and its number from 1.
    pub(crate) fn next(&mut self) -> Result<Option<(&str, u32)>, ReadError> {
        let there = self.ahead || self.advance()?;
        self.ahead = false;
        Ok(there.then_some((&self.text, self.number)))
    }

    /// Looks at the next line and leaves it.
    pub(crate) fn peek(&mut self) -> Result<Option<&str>, ReadError> {
        if !self.ahead {
            self.ahead = self.advance()?;
        }
        Ok(self.ahead.then_some(&self.text))
    }

    fn advance(&mut self) -> Result<bool, ReadError> {
        self.bytes.clear();
        let taken = (&mut self.input)
            .take(LONGEST)
            .read_until(b'\n', &mut self.bytes)
            .map_err(|source| ReadError::Io {
                name: self.name.to_owned(),
                source,
            })?;
        if taken == 0 {
            return Ok(false);
        }
        self.number = self.number.saturating_add(1);
        if taken as u64 == LONGEST {
            return Err(ReadError::Malformed {
                name: self.name.to_owned(),
                kind: self.kind,
                line: self.number.into(),
                what: "the line does not end".to_owned(),
            });
        }
        while matches!(self.bytes.last(), Some(b'\n' | b'\r')) {
            self.bytes.pop();
        }
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(&self.bytes));
        Ok(true)
    }
}
