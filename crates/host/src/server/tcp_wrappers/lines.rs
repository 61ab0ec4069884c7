//! Lines of a table, as the library reads them: continued by a backslash, and only up to a length.

/// `BUFLEN` of the library, with the byte that ends a string.
const BUFFER: usize = 2048;

/// A line, together with those that continue it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Number of its first line in the file, from 1.
    pub(super) number: u32,
    /// With its end.
    pub(super) text: Vec<u8>,
    /// It has an end, and was not too long.
    pub(super) is_whole: bool,
}

/// The lines of a table; nothing follows one that is not whole.
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: u32,
    ended: bool,
}

impl<'a> Lines<'a> {
    pub(super) const fn of(table: &'a [u8]) -> Self {
        Self {
            rest: table,
            number: 1,
            ended: false,
        }
    }

    /// As `fgets` with room for so many bytes and the one that ends a string.
    fn piece(&mut self, room: usize) -> &'a [u8] {
        let newline = self.rest.iter().take(room).position(|byte| *byte == b'\n');
        let end = newline.map_or_else(|| room.min(self.rest.len()), |place| place + 1);
        let (piece, rest) = self.rest.split_at(end);
        self.rest = rest;
        piece
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        if self.ended {
            return None;
        }
        let mut line = Line {
            number: self.number,
            text: Vec::new(),
            is_whole: false,
        };
        loop {
            let room = BUFFER - 1 - line.text.len();
            if room == 0 || self.rest.is_empty() {
                self.ended = true;
                return (!line.text.is_empty()).then_some(line);
            }
            let piece = self.piece(room);
            self.number = self.number.saturating_add(piece.ends_with(b"\n").into());
            // Nothing after a zero byte is seen, neither the end of the line.
            let piece = piece.split(|byte| *byte == 0).next().unwrap_or_default();
            if let Some(continued) = piece.strip_suffix(b"\\\n") {
                line.text.extend(continued);
                continue;
            }
            line.text.extend(piece);
            if piece.ends_with(b"\n") {
                line.is_whole = true;
                return Some(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(table: &[u8]) -> Vec<(u32, usize, bool)> {
        let lines = Lines::of(table);
        lines
            .map(|line| (line.number, line.text.len(), line.is_whole))
            .collect()
    }

    #[test]
    fn lines_are_continued_and_numbered_by_their_first() {
        assert_eq!(
            lines(b"a\\\nb\nc\n\nd"),
            [(1, 3, true), (3, 2, true), (4, 1, true), (5, 1, false)]
        );
        assert_eq!(lines(b"\\\n"), []);
        assert_eq!(lines(b"a\0b\nc\n"), [(1, 3, true)]);
    }

    #[test]
    fn nothing_follows_a_line_that_is_too_long() {
        let mut table = vec![b'x'; BUFFER - 2];
        table.extend(b"\nALL: ALL\n");
        assert_eq!(lines(&table), [(1, BUFFER - 1, true), (2, 9, true)]);
        table.insert(0, b'x');
        assert_eq!(lines(&table), [(1, BUFFER - 1, false)]);
    }
}
