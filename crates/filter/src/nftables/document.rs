//! Takes a JSON document apart value by value while it is being read, so that it is never held.

use std::io::Read;

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
    buffer: Vec<u8>,
    /// First byte not yet consumed.
    start: usize,
    /// Newlines before the buffer.
    lines: u64,
    ended: bool,
}

impl<'n, R: Read> Document<'n, R> {
    pub(super) const fn new(name: &'n str, input: R) -> Self {
        Self {
            name,
            input,
            buffer: Vec::new(),
            start: 0,
            lines: 0,
            ended: false,
        }
    }

    /// The error that the text is wrong at this place.
    pub(super) fn malformed(&self, what: impl Into<String>) -> ReadError {
        let before = self.buffer.get(..self.start).unwrap_or_default();
        ReadError::Malformed {
            name: self.name.to_owned(),
            kind: SourceKind::NftJson,
            line: self.lines + newlines(before) + 1,
            what: what.into(),
        }
    }

    /// Next byte that is not white space, not consumed.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            while let Some(&byte) = self.buffer.get(self.start) {
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
            None => self.malformed("it ends too early"),
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
        let name = match self.value()? {
            Json::Text(text) => text.into_owned(),
            _ => return Err(self.malformed("a member without a name")),
        };
        self.expect(b':')?;
        Ok(name)
    }

    /// Next value, whole.
    pub(super) fn value(&mut self) -> Result<Json<'_>, ReadError> {
        let length = self.value_length()?;
        let begin = self.start;
        // Consumed before it is parsed, so that an error names the line on which it ends.
        self.start += length;
        let this: &Self = self;
        let bytes = this.buffer.get(begin..this.start).unwrap_or_default();
        // Once for all of it: the parser would look at every string by itself.
        let text = std::str::from_utf8(bytes).map_err(|_| this.malformed("it is not UTF-8"))?;
        serde_json::from_str(text).map_err(|error| this.malformed(shorten(&error)))
    }

    /// Consumes the next value, which need not be well-formed inside.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        let length = self.value_length()?;
        self.start += length;
        Ok(())
    }

    /// Length of the next value, which is then in the buffer. Brackets are counted, not matched: the parser does that.
    fn value_length(&mut self) -> Result<usize, ReadError> {
        if self.peek()?.is_none() {
            return Err(self.malformed("it ends too early"));
        }
        let mut scan = Scan::default();
        let mut offset = 0;
        loop {
            let bytes = self.buffer.get(self.start + offset..).unwrap_or_default();
            if let Some(end) = scan.end(bytes) {
                return Ok(offset + end);
            }
            offset += bytes.len();
            if offset > LONGEST_VALUE {
                return Err(self.malformed("a value is too long"));
            }
            if !self.fill()? {
                if scan.is_scalar() && offset > 0 {
                    return Ok(offset);
                }
                return Err(self.malformed("it ends too early"));
            }
        }
    }

    /// Reads more; false at the end.
    fn fill(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        if self.start > 0 {
            let consumed = self.buffer.get(..self.start).unwrap_or_default();
            self.lines += newlines(consumed);
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let wanted = CHUNK.max(self.buffer.len());
        let read = (&mut self.input)
            .take(wanted as u64)
            .read_to_end(&mut self.buffer)
            .map_err(|source| ReadError::Io {
                name: self.name.to_owned(),
                source,
            })?;
        self.ended = read == 0;
        Ok(read > 0)
    }
}

/// Looks for the end of one value, piece by piece.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Scan {
    const fn is_scalar(&self) -> bool {
        self.depth == 0 && !self.in_string
    }

    /// Length of the part of `bytes` that belongs to the value, if its end is in them.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut index = 0;
        while let Some(&byte) = bytes.get(index) {
            if self.in_string {
                index += self.string(bytes.get(index..)?);
                if !self.in_string && self.depth == 0 {
                    return Some(index);
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    if self.depth <= 1 {
                        // One that closes nothing belongs to what is around the value.
                        return Some(if self.depth == 1 {
                            index + 1
                        } else {
                            index.max(1)
                        });
                    }
                    self.depth -= 1;
                }
                b',' | b':' if self.depth == 0 => return Some(index.max(1)),
                _ if self.depth == 0 && self.begun && byte.is_ascii_whitespace() => {
                    return Some(index);
                }
                _ => {}
            }
            self.begun = true;
            index += 1;
        }
        None
    }

    /// Length of the part of `bytes` that is inside the string, its closing quote included.
    fn string(&mut self, bytes: &[u8]) -> usize {
        let mut index = 0;
        while let Some(&byte) = bytes.get(index) {
            index += 1;
            if self.escaped {
                self.escaped = false;
            } else if byte == b'"' {
                self.in_string = false;
                break;
            } else if byte == b'\\' {
                self.escaped = true;
            }
        }
        index
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The parser's message without its own line and column, which count from the value's begin.
fn shorten(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.find(" at line ") {
        Some(end) => message.get(..end).unwrap_or_default().to_owned(),
        None => message,
    }
}
