//! Data that Python has pickled (`pickletools`), read without making any object of it.
//!
//! Only what lists, tuples, numbers and texts are made of is kept. An object becomes what it would be made of: fail2ban's addresses
//! their text, an exception its message. Nothing recurses and nothing is copied, so what it costs grows with the length of the input.

use std::borrow::Cow;
use std::ops::Range;

/// How many values a document may hold.
const MOST_VALUES: usize = 500_000;

/// Why something is no pickle that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PickleError {
    /// It ends too early.
    #[error("the answer is cut")]
    Cut,
    /// An operation takes what is not there.
    #[error("the answer is damaged")]
    Damaged,
    /// An operation that no answer of fail2ban needs.
    #[error("the answer holds something unknown (0x{0:02x})")]
    Unknown(u8),
    /// More values than are kept.
    #[error("the answer is too long")]
    TooMany,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Nothing,
    Integer(i64),
    Text(Range<usize>),
    Items(Vec<u32>),
    /// A class or function, which is never looked for.
    Global,
}

/// A document that was read.
#[derive(Debug, Clone)]
pub(super) struct Document<'a> {
    bytes: &'a [u8],
    nodes: Vec<Node>,
    top: u32,
}

/// One value of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'d, 'a> {
    document: &'d Document<'a>,
    node: u32,
}

impl<'a> Document<'a> {
    /// The value it is.
    pub(super) const fn top(&self) -> Value<'_, 'a> {
        Value {
            document: self,
            node: self.top,
        }
    }
}

impl<'d, 'a> Value<'d, 'a> {
    fn node(self) -> Option<&'d Node> {
        self.document.nodes.get(self.node as usize)
    }

    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        match self.node()? {
            Node::Text(range) => {
                let bytes = self.document.bytes.get(range.clone())?;
                Some(String::from_utf8_lossy(bytes))
            }
            _ => None,
        }
    }

    pub(super) fn integer(self) -> Option<i64> {
        match self.node()? {
            Node::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// Members of a list, tuple or set; keys and values of a dictionary in turn. None of anything else.
    pub(super) fn items(self) -> impl Iterator<Item = Self> {
        let items: &[u32] = match self.node() {
            Some(Node::Items(items)) => items,
            _ => &[],
        };
        let document = self.document;
        items.iter().map(move |node| Self {
            document,
            node: *node,
        })
    }

    /// The second member of the pair whose first is this text.
    pub(super) fn of(self, name: &str) -> Option<Self> {
        self.items().find_map(|pair| {
            let mut members = pair.items();
            let is_it = members.next()?.text()? == name;
            is_it.then(|| members.next()).flatten()
        })
    }
}

/// Writes a list of texts, as any Python reads it.
pub(super) fn list_of(texts: &[&str]) -> Vec<u8> {
    let mut out = b"\x80\x02](".to_vec();
    for text in texts {
        out.push(b'X');
        out.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
        out.extend(text.as_bytes());
    }
    out.extend(b"e.");
    out
}

/// Reads a document of protocol 2 to 5.
///
/// # Errors
/// See [`PickleError`].
pub(super) fn read(bytes: &[u8]) -> Result<Document<'_>, PickleError> {
    let mut machine = Machine {
        bytes,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Vec::new(),
    };
    while !machine.step()? {}
    let top = machine.pop()?;
    Ok(Document {
        bytes,
        nodes: machine.nodes,
        top,
    })
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<u32>,
    /// Heights of the stack at the marks.
    marks: Vec<usize>,
    memo: Vec<Option<u32>>,
}

impl Machine<'_> {
    /// Does one operation; true at the end.
    fn step(&mut self) -> Result<bool, PickleError> {
        let operation = self.take(1)?[0];
        match operation {
            b'.' => return Ok(true),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'N' | 0x89 | b'J' | b'K' | b'M' | 0x88 | 0x8a | b'G' => self.number(operation)?,
            b'X' | b'T' | b'B' => self.text(4)?,
            0x8c | b'U' | b'C' => self.text(1)?,
            0x8d | 0x8e => self.text(8)?,
            b']' | b')' | b'}' | 0x8f => self.push(Node::Items(Vec::new()))?,
            b'(' => self.mark()?,
            b'a' => self.append(1)?,
            b's' => self.append(2)?,
            b'e' | b'u' | 0x90 => {
                let members = self.above_mark()?;
                self.append_all(&members)?;
            }
            b'l' | b't' | b'd' | 0x91 => {
                let members = self.above_mark()?;
                self.push(Node::Items(members))?;
            }
            0x85..=0x87 => {
                let members = self.pop_many(usize::from(operation - 0x84))?;
                self.push(Node::Items(members))?;
            }
            b'0' | b'b' => drop(self.pop()?),
            b'1' => drop(self.above_mark()?),
            b'2' => {
                let top = *self.stack.last().ok_or(PickleError::Damaged)?;
                self.push_known(top)?;
            }
            b'c' => self.global()?,
            0x93 => {
                self.pop_many(2)?;
                self.push(Node::Global)?;
            }
            b'R' | 0x81 => self.make()?,
            0x94 | b'q' | b'r' | b'h' | b'j' => self.remember(operation)?,
            unknown => return Err(PickleError::Unknown(unknown)),
        }
        Ok(false)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], PickleError> {
        let end = self.at.checked_add(count).ok_or(PickleError::Cut)?;
        let taken = self.bytes.get(self.at..end).ok_or(PickleError::Cut)?;
        self.at = end;
        Ok(taken)
    }

    /// A number of `count` bytes, at most 8, the least first.
    fn unsigned(&mut self, count: usize) -> Result<u64, PickleError> {
        let mut all = [0; 8];
        let taken = self.take(count)?;
        all.get_mut(..count)
            .ok_or(PickleError::Damaged)?
            .copy_from_slice(taken);
        Ok(u64::from_le_bytes(all))
    }

    fn length(&mut self, count: usize) -> Result<usize, PickleError> {
        usize::try_from(self.unsigned(count)?).map_err(|_| PickleError::Cut)
    }

    fn number(&mut self, operation: u8) -> Result<(), PickleError> {
        let count = match operation {
            b'N' => return self.push(Node::Nothing),
            0x88 => return self.push(Node::Integer(1)),
            0x89 => return self.push(Node::Integer(0)),
            b'K' => 1,
            b'M' => 2,
            b'J' => 4,
            0x8a => self.length(1)?,
            _ => return self.float(),
        };
        let node = match count {
            0 => Node::Integer(0),
            1..=8 => {
                let unsigned = self.unsigned(count)?;
                let signed = matches!(operation, b'J' | 0x8a);
                Node::Integer(of_width(unsigned, count, signed))
            }
            _ => {
                self.take(count)?;
                Node::Nothing
            }
        };
        self.push(node)
    }

    /// Times are floats in places; whole seconds of them are enough.
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    fn float(&mut self) -> Result<(), PickleError> {
        let bits = self.unsigned(8)?.swap_bytes();
        self.push(Node::Integer(f64::from_bits(bits) as i64))
    }

    fn text(&mut self, width: usize) -> Result<(), PickleError> {
        let length = self.length(width)?;
        let begin = self.at;
        self.take(length)?;
        self.push(Node::Text(begin..self.at))
    }

    /// Two lines: a module and a name.
    fn global(&mut self) -> Result<(), PickleError> {
        for _ in 0..2 {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let end = rest.iter().position(|byte| *byte == b'\n');
            self.take(end.ok_or(PickleError::Cut)? + 1)?;
        }
        self.push(Node::Global)
    }

    /// A call becomes its argument where there is one, otherwise all of them.
    fn make(&mut self) -> Result<(), PickleError> {
        let (arguments, _callable) = (self.pop()?, self.pop()?);
        let only = match self.nodes.get(arguments as usize) {
            Some(Node::Items(items)) if items.len() == 1 => items.first().copied(),
            _ => None,
        };
        self.push_known(only.unwrap_or(arguments))
    }

    fn remember(&mut self, operation: u8) -> Result<(), PickleError> {
        let place = match operation {
            0x94 => self.memo.len(),
            b'q' | b'h' => self.length(1)?,
            _ => self.length(4)?,
        };
        if matches!(operation, b'h' | b'j') {
            let known = self.memo.get(place).copied().flatten();
            return self.push_known(known.ok_or(PickleError::Damaged)?);
        }
        let top = *self.stack.last().ok_or(PickleError::Damaged)?;
        if place >= MOST_VALUES {
            return Err(PickleError::TooMany);
        }
        if place >= self.memo.len() {
            self.memo.resize(place + 1, None);
        }
        self.memo[place] = Some(top);
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<(), PickleError> {
        let place = u32::try_from(self.nodes.len()).map_err(|_| PickleError::TooMany)?;
        if self.nodes.len() >= MOST_VALUES {
            return Err(PickleError::TooMany);
        }
        self.nodes.push(node);
        self.push_known(place)
    }

    fn push_known(&mut self, node: u32) -> Result<(), PickleError> {
        if self.stack.len() >= MOST_VALUES {
            return Err(PickleError::TooMany);
        }
        self.stack.push(node);
        Ok(())
    }

    fn mark(&mut self) -> Result<(), PickleError> {
        if self.marks.len() >= MOST_VALUES {
            return Err(PickleError::TooMany);
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn pop(&mut self) -> Result<u32, PickleError> {
        self.pop_many(1)?
            .first()
            .copied()
            .ok_or(PickleError::Damaged)
    }

    /// The last so many, none of them below the last mark.
    fn pop_many(&mut self, count: usize) -> Result<Vec<u32>, PickleError> {
        let floor = self.marks.last().copied().unwrap_or_default();
        let begin = self.stack.len().checked_sub(count);
        let begin = begin.filter(|begin| *begin >= floor);
        Ok(self.stack.split_off(begin.ok_or(PickleError::Damaged)?))
    }

    fn above_mark(&mut self) -> Result<Vec<u32>, PickleError> {
        let mark = self.marks.pop().ok_or(PickleError::Damaged)?;
        if mark > self.stack.len() {
            return Err(PickleError::Damaged);
        }
        Ok(self.stack.split_off(mark))
    }

    fn append(&mut self, count: usize) -> Result<(), PickleError> {
        let members = self.pop_many(count)?;
        self.append_all(&members)
    }

    fn append_all(&mut self, members: &[u32]) -> Result<(), PickleError> {
        let list = *self.stack.last().ok_or(PickleError::Damaged)?;
        match self.nodes.get_mut(list as usize) {
            Some(Node::Items(items)) => {
                items.extend_from_slice(members);
                Ok(())
            }
            _ => Err(PickleError::Damaged),
        }
    }
}

/// A number of so many bytes, with a sign or without.
const fn of_width(unsigned: u64, bytes: usize, signed: bool) -> i64 {
    let unused = 64 - 8 * bytes as u32;
    let value = unsigned.cast_signed();
    if signed {
        value << unused >> unused
    } else {
        value
    }
}

#[cfg(test)]
mod tests;
