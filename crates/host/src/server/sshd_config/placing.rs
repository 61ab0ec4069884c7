//! Which lines are in force: sshd reads its files once when it starts, and once more for each connection, then only for what
//! stands in Match blocks (comment above `match_cfg_line_group`, `servconf.c`).

use sshdoctor_case::Received;

use super::criteria::{self, Client};
use super::files::{Event, Files, Line};
use super::keywords::{self, Keyword};

/// The Match line that a setting stands below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The file's place, and the line.
    pub(super) at: (Option<usize>, u32),
    /// The conditions as written.
    pub(super) text: Received,
    /// They hold, with those of blocks around the Include that led here.
    pub(super) holds: Option<bool>,
}

/// A line with what it stands under.
#[derive(Debug)]
pub(super) struct Placed<'a> {
    pub(super) line: &'a Line,
    pub(super) keyword: Option<Keyword>,
    pub(super) block: Option<Block>,
    /// It is in force when sshd starts.
    pub(super) at_start: bool,
    /// It is in force for this connection as part of a Match block.
    pub(super) in_match: Option<bool>,
    /// Why sshd refuses it.
    pub(super) problem: Option<String>,
}

/// What holds at one place of one file.
#[derive(Debug, Clone)]
struct State {
    /// Settings count when sshd starts.
    at_start: bool,
    /// Match blocks of this file can be in force when sshd starts.
    reached_at_start: bool,
    /// Settings count for this connection.
    in_match: Option<bool>,
    /// Match blocks of this file can be in force for this connection.
    reached: Option<bool>,
    /// No Match line was met yet, here or in the files above.
    before_match: bool,
    block: Option<Block>,
}

impl State {
    /// At the beginning of the main file.
    const fn first() -> Self {
        Self {
            at_start: true,
            reached_at_start: true,
            in_match: Some(false),
            reached: Some(true),
            before_match: true,
            block: None,
        }
    }

    /// At the beginning of a file that is included here.
    fn of_included(&self) -> Self {
        Self {
            reached_at_start: self.at_start,
            reached: if self.before_match {
                Some(true)
            } else {
                self.in_match
            },
            ..self.clone()
        }
    }

    fn enter_block(&mut self, line: &Line, client: &Client) -> Option<String> {
        let arguments = &line.setting.arguments;
        let (holds, problem) = match criteria::hold(arguments, client) {
            Ok(holds) => (holds, None),
            Err(problem) => (Some(false), Some(problem)),
        };
        self.at_start = self.reached_at_start && criteria::is_all(arguments);
        self.in_match = criteria::both(self.reached, holds);
        self.before_match = false;
        self.block = Some(Block {
            at: (line.file, line.number),
            text: Received::from_bytes(&line.setting.rest),
            holds: self.in_match,
        });
        problem
    }
}

/// Every line with what it stands under.
pub(super) fn place<'a>(files: &'a Files, client: &Client) -> Vec<Placed<'a>> {
    let command_line = files.command_line.iter();
    let mut placed: Vec<_> = command_line
        .map(|line| place_line(line, &mut State::first(), client))
        .collect();
    let mut below: Vec<State> = Vec::new();
    for event in &files.events {
        match event {
            Event::Begin => {
                let state = below.last().map_or_else(State::first, State::of_included);
                below.push(state);
            }
            Event::End => {
                below.pop();
            }
            Event::Line(line) => {
                if let Some(state) = below.last_mut() {
                    placed.push(place_line(line, state, client));
                }
            }
        }
    }
    placed
}

fn place_line<'a>(line: &'a Line, state: &mut State, client: &Client) -> Placed<'a> {
    let keyword = keywords::lookup(&line.setting.keyword);
    let mut problem = line.setting.problem.map(str::to_owned);
    match keyword {
        None => problem = Some("no such keyword is known".to_owned()),
        Some(keyword) if keyword.name == "match" && problem.is_none() => {
            problem = state.enter_block(line, client);
        }
        Some(keyword) if !keyword.in_match && !state.at_start => {
            problem = Some("not allowed within a Match block".to_owned());
        }
        Some(_) => {}
    }
    Placed {
        line,
        keyword,
        block: state.block.clone(),
        at_start: state.at_start,
        in_match: state.in_match,
        problem,
    }
}
