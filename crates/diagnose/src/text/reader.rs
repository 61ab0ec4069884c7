//! From lines to the story: what is checked at once, and what waits because only the last of it counts.

use std::collections::VecDeque;

use super::{
    lines::Found,
    message::Message,
    server_lines,
    sign::{Meaning, Place, SYMPTOM, Side, Sign},
    story::Story,
    wrapping,
};

/// Lines about a server's clients that wait. A log of millions of logins is told by its last ones.
const MOST_WAITING: usize = 2048;

/// What is kept of a line.
const LONGEST_KEPT: usize = 2048;

/// A line that waits.
#[derive(Debug)]
struct Waiting {
    sign: &'static Sign,
    at: usize,
    number: u64,
    line: Vec<u8>,
}

/// Takes lines.
#[derive(Debug)]
pub(super) struct Reader {
    story: Story,
    waiting: VecDeque<Waiting>,
}

impl Reader {
    pub(super) const fn new() -> Self {
        Self {
            story: Story::new(),
            waiting: VecDeque::new(),
        }
    }

    /// The next line that holds the words of a sign. Says whether it is settled, so that its other words do not matter.
    pub(super) fn take(&mut self, found: Found<'_>) -> bool {
        let sign = found.hit.sign;
        if !stands_well(found) {
            return false;
        }
        if self.may_wait(sign) {
            self.wait(found);
            return !matches!(sign.meaning, Meaning::Stops(stop) if stop.weight <= SYMPTOM)
                && !matches!(sign.meaning, Meaning::Ended(_));
        }
        if sign.side == Side::Server {
            self.tell();
        }
        tell(&mut self.story, found)
    }

    /// The text is over.
    pub(super) fn finish(mut self) -> Story {
        self.tell();
        self.story.end();
        self.story
    }

    /// It is about one client of a server, and no client speaks itself.
    fn may_wait(&self, sign: &Sign) -> bool {
        if !self.story.client.is_blank() {
            return false;
        }
        match sign.side {
            Side::Server => !server_lines::is_of_the_service(sign),
            Side::Client => !self.waiting.is_empty() && server_lines::may_be_both(sign),
        }
    }

    fn wait(&mut self, found: Found<'_>) {
        let mut line = if self.waiting.len() >= MOST_WAITING {
            self.waiting
                .pop_front()
                .map_or_else(Vec::new, |oldest| oldest.line)
        } else {
            Vec::new()
        };
        line.clear();
        let end = found.line.len().min(found.at + LONGEST_KEPT);
        // What stands long before the words is no wrapping.
        let begin = found.at.saturating_sub(LONGEST_KEPT);
        line.extend_from_slice(&found.line[begin..end]);
        self.waiting.push_back(Waiting {
            sign: found.hit.sign,
            at: found.at - begin,
            number: found.number,
            line,
        });
    }

    /// Tells what has waited.
    fn tell(&mut self) {
        while let Some(waiting) = self.waiting.pop_front() {
            let found = Found {
                hit: super::automaton::Hit {
                    sign: waiting.sign,
                    start: waiting.at,
                },
                line: &waiting.line,
                at: waiting.at,
                number: waiting.number,
            };
            tell(&mut self.story, found);
        }
    }
}

/// The words stand where they should, with what they need beside them.
fn stands_well(found: Found<'_>) -> bool {
    let sign = found.hit.sign;
    let rest = &found.line[(found.at + sign.words.len()).min(found.line.len())..];
    let with = sign.with.is_empty()
        || sign
            .with
            .iter()
            .any(|with| memchr::memmem::find(rest, with.as_bytes()).is_some());
    with && (sign.place == Place::Within || wrapping::is_wrapping(&found.line[..found.at]))
}

fn tell(story: &mut Story, found: Found<'_>) -> bool {
    let sign = found.hit.sign;
    if sign.in_context && !story.is_about_ssh {
        return false;
    }
    let text = wrapping::unwrapped(&found.line[found.at..]);
    if is_format(&text) {
        story.formats += 1;
        return true;
    }
    if sign.side == Side::Client {
        story.speaker.look(&text);
    }
    story.take(&Message {
        sign,
        text,
        prefix: &found.line[..found.at],
        line: found.line,
        number: found.number,
    })
}

/// A program's own string, with places for what it will say, is not something that it said.
fn is_format(text: &str) -> bool {
    text.match_indices('%').any(|(at, _)| {
        let after = text[at + 1..]
            .trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | 'l' | 'z'));
        after.starts_with(['s', 'd', 'u'])
    })
}
