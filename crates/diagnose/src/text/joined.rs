//! Lines that a terminal, a mail or a chat broke: put together again, and read once more.

use super::{answer, lines::Lines, reader::Reader, story::Story};

/// Only texts up to this length are read again.
pub(super) const MOST: usize = 64 * 1024;

/// Lines shorter than this were not broken for their length.
const LEAST_BROKEN: usize = 40;

/// What the text tells with its broken lines joined; nothing where that does not tell more.
pub(super) fn read(text: &[u8]) -> Option<Story> {
    ["", " "].iter().find_map(|seam| {
        let joined = join(text, seam.as_bytes());
        let mut reader = Reader::new();
        let mut lines = Lines::new();
        lines.feed(&joined, &mut |found| reader.take(found));
        lines.end(&mut |found| reader.take(found));
        let story = reader.finish();
        answer::answer(&story).decision.is_some().then_some(story)
    })
}

/// Every long line with the one after it, and an empty line for each that was taken away, so that numbers of lines stay. Marks of
/// quotation at the beginning of the second are left out.
fn join(text: &[u8], seam: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(text.len());
    let mut taken = 0;
    let mut continues = false;
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let begin = if continues {
            line.iter()
                .position(|byte| !matches!(byte, b'>' | b' ' | b'\t'))
                .unwrap_or(line.len())
        } else {
            0
        };
        joined.extend_from_slice(&line[begin..]);
        continues = line.len() >= LEAST_BROKEN;
        if continues {
            joined.extend_from_slice(seam);
            taken += 1;
        } else {
            joined.resize(joined.len() + 1 + taken, b'\n');
            taken = 0;
        }
    }
    joined
}
