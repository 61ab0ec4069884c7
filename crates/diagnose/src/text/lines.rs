//! From chunks of bytes to lines that hold words of a sign: one pass, in bounded memory.

use std::ops::Range;

use super::{
    automaton::{Automaton, Hit},
    plain::{self, Encoding},
};

/// What is kept of a line that has not ended yet. Longer lines are looked at in pieces.
const LONGEST: usize = 32 * 1024;

/// From this much text on, the faster automaton is worth its making.
const MUCH: u64 = 2 * 1024 * 1024;

/// A line that holds the words of a sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'t> {
    /// The sign.
    pub(super) hit: Hit,
    /// The line.
    pub(super) line: &'t [u8],
    /// Where in it the words begin.
    pub(super) at: usize,
    /// Its number, from 1.
    pub(super) number: u64,
}

/// Takes chunks and gives lines.
#[derive(Debug)]
pub(super) struct Lines {
    automaton: Automaton,
    encoding: Encoding,
    fast: bool,
    carried: Vec<u8>,
    /// Line feeds so far.
    passed: u64,
    bytes: u64,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            automaton: Automaton::quickly_built(),
            encoding: Encoding::default(),
            fast: false,
            carried: Vec::new(),
            passed: 0,
            bytes: 0,
        }
    }

    /// Bytes of a line that has not ended yet.
    #[cfg(test)]
    pub(super) fn carried(&self) -> usize {
        self.carried.capacity()
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Lines so far, the last counted even without its end.
    pub(super) fn count(&self) -> u64 {
        self.passed + u64::from(!self.carried.is_empty())
    }

    /// The next bytes of the text. `take` says whether the line is understood, so that its other words do not matter.
    pub(super) fn feed(&mut self, chunk: &[u8], take: &mut impl FnMut(Found<'_>) -> bool) {
        self.bytes += chunk.len() as u64;
        let plain = self.encoding.plain(chunk);
        self.feed_plain(&plain, take);
    }

    fn feed_plain(&mut self, mut chunk: &[u8], take: &mut impl FnMut(Found<'_>) -> bool) {
        if !self.fast && self.bytes > MUCH {
            self.fast = true;
            self.automaton = Automaton::for_much_text();
        }
        if !self.carried.is_empty() {
            let end = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |end| end + 1);
            let room = LONGEST.saturating_sub(self.carried.len()).min(end);
            self.carried.extend_from_slice(&chunk[..room]);
            chunk = &chunk[room..];
            if self.carried.len() < LONGEST && self.carried.last() != Some(&b'\n') {
                return;
            }
            let carried = std::mem::take(&mut self.carried);
            self.block(&carried, take);
        }
        let whole = memchr::memrchr(b'\n', chunk).map_or(0, |end| end + 1);
        self.block(&chunk[..whole], take);
        let mut rest = &chunk[whole..];
        while rest.len() >= LONGEST {
            self.block(&rest[..LONGEST], take);
            rest = &rest[LONGEST..];
        }
        self.carried.extend_from_slice(rest);
    }

    /// The text ends.
    pub(super) fn end(&mut self, take: &mut impl FnMut(Found<'_>) -> bool) {
        let rest = self.encoding.rest();
        self.feed_plain(&rest, take);
        let carried = std::mem::take(&mut self.carried);
        self.block(&carried, take);
        if carried.last().is_some_and(|last| *last != b'\n') {
            self.passed += 1;
        }
    }

    fn block(&mut self, block: &[u8], take: &mut impl FnMut(Found<'_>) -> bool) {
        let block = &*plain::lines(block);
        let mut line: Range<usize> = 0..0;
        let mut counted = 0;
        let mut from = 0;
        while let Some(hit) = self.automaton.next(block, from) {
            if hit.start >= line.end {
                let start = memchr::memrchr(b'\n', &block[line.end..hit.start])
                    .map_or(line.end, |feed| line.end + feed + 1);
                let end = memchr::memchr(b'\n', &block[hit.start..])
                    .map_or(block.len(), |feed| hit.start + feed + 1);
                self.passed += line_feeds(&block[counted..start]);
                (counted, line) = (start, start..end);
            }
            let whole = &block[line.clone()];
            let understood = take(Found {
                hit,
                line: whole.strip_suffix(b"\n").unwrap_or(whole),
                at: hit.start - line.start,
                number: self.passed + 1,
            });
            // The other words of a line that is understood do not matter.
            from = if understood {
                line.end
            } else {
                hit.start + hit.sign.words.len()
            };
        }
        self.passed += line_feeds(&block[counted..]);
    }
}

fn line_feeds(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
