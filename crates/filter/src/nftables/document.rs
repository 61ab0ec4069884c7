//! Takes a JSON document apart value by value while it is being read, so that it is never held.

use std::io::Read;

use serde::de::{Deserialize, IgnoredAny};

use super::json::Json;
use crate::ReadError;
use crate::model::SourceKind;

/// Bytes asked of the input at once.
const CHUNK: usize = 64 * 1024;
/// Longest single value; the elements of named sets are values of their own.
const LONGEST_VALUE: usize = 256 * 1024 * 1024;

/// A document on its way through a buffer.
pub(super) struct Document<'n, R> {
    name: &'n str,
    input: R,
    /// What was read and is known to be UTF-8, so that no string of it has to be looked at again.
    text: String,
    /// What was read after that: less than one character between two readings.
    bytes: Vec<u8>,
    /// First byte of the text not yet consumed.
    start: usize,
    /// Newlines before the text.
    lines: u64,
    ended: bool,
}

impl<'n, R: Read> Document<'n, R> {
    pub(super) const fn new(name: &'n str, input: R) -> Self {
        Self {
            name,
            input,
            text: String::new(),
            bytes: Vec::new(),
            start: 0,
            lines: 0,
            ended: false,
        }
    }

    /// The error that the text is wrong at this place.
    pub(super) fn malformed(&self, what: impl Into<String>) -> ReadError {
        self.malformed_at(self.start, what)
    }

    fn malformed_at(&self, place: usize, what: impl Into<String>) -> ReadError {
        let before = self.text.as_bytes().get(..place).unwrap_or_default();
        ReadError::Malformed {
            name: self.name.to_owned(),
            kind: SourceKind::NftJson,
            line: self.lines + newlines(before) + 1,
            what: what.into(),
        }
    }

    fn ends_too_early(&self) -> ReadError {
        self.malformed_at(self.text.len(), "it ends too early")
    }

    /// Next byte that is not white space, not consumed.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            while let Some(&byte) = self.text.as_bytes().get(self.start) {
                if !byte.is_ascii_whitespace() {
                    return Ok(Some(byte));
                }
                self.start += 1;
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Consumes `byte` if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, ReadError> {
        let found = self.peek()? == Some(byte);
        if found {
            self.start += 1;
        }
        Ok(found)
    }

    /// Consumes `byte`, which must come next.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), ReadError> {
        if self.take(byte)? {
            return Ok(());
        }
        Err(match self.peek()? {
            Some(_) => self.malformed(format!("`{}` is missing", char::from(byte))),
            None => self.ends_too_early(),
        })
    }

    /// After a value of a list or object: true if another follows, false if `closing` ended it.
    pub(super) fn another(&mut self, closing: u8) -> Result<bool, ReadError> {
        if self.take(b',')? {
            return Ok(true);
        }
        self.expect(closing)?;
        Ok(false)
    }

    /// Name of the next member of an object, with its colon.
    pub(super) fn member(&mut self) -> Result<String, ReadError> {
        let name = self.value(|json| json.text().map(ToOwned::to_owned))?;
        let name = name.ok_or_else(|| self.malformed("a member without a name"))?;
        self.expect(b':')?;
        Ok(name)
    }

    /// Gives the next value to `look`.
    pub(super) fn value<T>(&mut self, look: impl FnOnce(Json<'_>) -> T) -> Result<T, ReadError> {
        loop {
            self.peek()?;
            match Attempt::at(self.rest(), self.ended) {
                Attempt::Whole(value, length) => {
                    let seen = look(value);
                    self.start += length;
                    return Ok(seen);
                }
                Attempt::Cut => self.more()?,
                Attempt::Wrong(error) => return Err(self.wrong(&error)),
            }
        }
    }

    /// Consumes the next value.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        loop {
            self.peek()?;
            match Attempt::<IgnoredAny>::at(self.rest(), self.ended) {
                Attempt::Whole(_, length) => {
                    self.start += length;
                    return Ok(());
                }
                Attempt::Cut => self.more()?,
                Attempt::Wrong(error) => return Err(self.wrong(&error)),
            }
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.start..).unwrap_or_default()
    }

    /// The parser's message with the line of the document in place of its own, which counts from where the value begins.
    fn wrong(&self, error: &serde_json::Error) -> ReadError {
        let message = error.to_string();
        let end = message.find(" at line ").unwrap_or(message.len());
        let what = message.get(..end).unwrap_or_default().to_owned();
        let mut error_here = self.malformed(what);
        if let ReadError::Malformed { line, .. } = &mut error_here {
            *line += (error.line() as u64).saturating_sub(1);
        }
        error_here
    }

    /// Reads more of a value that is cut.
    fn more(&mut self) -> Result<(), ReadError> {
        if self.ended {
            return Err(self.ends_too_early());
        }
        if self.rest().len() > LONGEST_VALUE {
            return Err(self.malformed("a value is too long"));
        }
        self.fill().map(drop)
    }

    /// Reads more; false at the end.
    fn fill(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            let consumed = self.text.as_bytes().get(..self.start).unwrap_or_default();
            self.lines += newlines(consumed);
            self.text.drain(..self.start);
            self.start = 0;
        }
        // As much again as there is of a value already: it is parsed anew each time.
        let wanted = CHUNK.max(self.text.len());
        let read = (&mut self.input)
            .take(wanted as u64)
            .read_to_end(&mut self.bytes)
            .map_err(|source| ReadError::Io {
                name: self.name.to_owned(),
                source,
            })?;
        self.ended = read == 0;
        let (text, length) = match std::str::from_utf8(&self.bytes) {
            Ok(text) => (text, text.len()),
            // A character that goes on in what is read next.
            Err(error) if error.error_len().is_none() && !self.ended => {
                let valid = self.bytes.get(..error.valid_up_to()).unwrap_or_default();
                (
                    std::str::from_utf8(valid).unwrap_or_default(),
                    error.valid_up_to(),
                )
            }
            Err(_) => return Err(self.malformed_at(self.text.len(), "it is not UTF-8")),
        };
        self.text.push_str(text);
        self.bytes.drain(..length);
        Ok(read > 0)
    }
}

/// What came of parsing a value at the beginning of a text.
enum Attempt<V> {
    /// The value and its length.
    Whole(V, usize),
    /// The text ends before the value does, or may do so.
    Cut,
    Wrong(serde_json::Error),
}

impl<'t, V: Deserialize<'t>> Attempt<V> {
    /// `ended` tells that nothing follows the text.
    fn at(text: &'t str, ended: bool) -> Self {
        let mut values = serde_json::Deserializer::from_str(text).into_iter();
        match values.next() {
            // A number could go on.
            Some(Ok(_)) if values.byte_offset() == text.len() && !ended => Self::Cut,
            Some(Ok(value)) => Self::Whole(value, values.byte_offset()),
            Some(Err(error)) if !error.is_eof() => Self::Wrong(error),
            Some(Err(_)) | None => Self::Cut,
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    // In parts of which a byte holds the count: the processor then compares many at once.
    bytes
        .chunks(usize::from(u8::MAX))
        .map(|part| {
            let count: u8 = part.iter().map(|byte| u8::from(*byte == b'\n')).sum();
            u64::from(count)
        })
        .sum()
}
