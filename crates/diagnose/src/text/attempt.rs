//! One attempt to get in, as the lines of a text show it.

use sshdoctor_case::{Outcome, Stage};

use super::{
    errno::{Errno, Resolution},
    message::Quoted,
    sign::{Phase, Shows, Side},
};

/// Most addresses of a host that are remembered.
const MOST_ADDRESSES: usize = 16;

/// Most lines that are remembered beside the decisive one.
const MOST_LINES: usize = 12;

/// What stops an attempt.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    /// Where.
    pub(super) stage: Stage,
    /// What the client meets.
    pub(super) outcome: Outcome,
    /// What it shows.
    pub(super) told: Told,
    /// How much it decides.
    pub(super) weight: u8,
    /// The line.
    pub(super) line: Quoted,
}

/// What the decisive line shows of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// Why connect(2) failed.
    Connect(Errno),
    /// Why the name was not resolved.
    Name(Resolution),
    /// A sign's own words, and the causes that it names.
    Sign(Shows, Vec<&'static str>),
    /// The server wants none of what was tried.
    Denial,
}

/// One attempt.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Who tells.
    pub(super) side: Side,
    /// Which attempt of a server's log: its process, or its client.
    pub(super) key: u64,
    /// The last of its lines.
    pub(super) last_line: u64,
    /// How far it came.
    pub(super) phase: Phase,
    /// The line that shows how far.
    pub(super) mark: Option<Quoted>,
    /// What stops it.
    pub(super) decision: Option<Decision>,
    /// Causes that a later denial may have.
    pub(super) hints: Vec<(&'static str, Quoted)>,
    /// It works.
    pub(super) works: bool,
    /// A line was seen after which nothing more comes of it.
    pub(super) over: bool,
    /// It goes by a jump host or a command.
    pub(super) proxied: bool,
    /// The jump host let it in.
    pub(super) through_jump: bool,
    /// The host as the text names it.
    pub(super) host: Option<String>,
    /// The port.
    pub(super) port: Option<u16>,
    /// The user.
    pub(super) user: Option<String>,
    /// The client's address, in the words of a server.
    pub(super) from: Option<String>,
    /// Addresses that were tried, and why each failed.
    pub(super) addresses: Vec<(String, Errno, Quoted)>,
    /// Methods that the server offers.
    pub(super) methods: Option<String>,
    /// A key was offered.
    pub(super) key_offered: bool,
    /// A key would be taken.
    pub(super) key_accepted: bool,
    /// Passwords that were refused.
    pub(super) passwords_refused: u32,
    /// Times that a password was asked for.
    pub(super) prompts: u32,
    /// A command, and not a shell, was asked for.
    pub(super) command: bool,
    /// The session lasted less than a second.
    pub(super) brief: bool,
    /// Nothing but hints speaks.
    pub(super) only_hints: bool,
}

impl Attempt {
    /// Nothing is known yet.
    pub(super) const fn new(side: Side, key: u64) -> Self {
        Self {
            side,
            key,
            last_line: 0,
            phase: Phase::Begun,
            mark: None,
            decision: None,
            hints: Vec::new(),
            works: false,
            over: false,
            proxied: false,
            through_jump: false,
            host: None,
            port: None,
            user: None,
            from: None,
            addresses: Vec::new(),
            methods: None,
            key_offered: false,
            key_accepted: false,
            passwords_refused: 0,
            prompts: 0,
            command: false,
            brief: false,
            only_hints: false,
        }
    }

    /// A line of it says nothing at all.
    pub(super) fn is_blank(&self) -> bool {
        self.last_line == 0
    }

    /// Keeps the decision that weighs more; of equal ones the earlier.
    pub(super) fn decide(&mut self, decision: Decision) {
        if self
            .decision
            .as_ref()
            .is_none_or(|known| known.weight < decision.weight)
        {
            self.decision = Some(decision);
        }
    }

    /// It came this far.
    pub(super) fn reach(&mut self, phase: Phase, mark: Quoted) {
        if phase >= self.phase {
            self.phase = phase;
            self.mark = Some(mark);
        }
    }

    /// The jump host let it in: the connection to the destination begins.
    pub(super) fn pass_jump(&mut self, mark: Quoted) {
        self.through_jump = true;
        self.phase = Phase::Connected;
        self.mark = Some(mark);
    }

    /// Causes that a denial may have.
    pub(super) fn hint(&mut self, causes: &[&'static str], line: &Quoted) {
        for cause in causes {
            if self.hints.len() < MOST_LINES && !self.hints.iter().any(|(known, _)| known == cause)
            {
                self.hints.push((cause, line.clone()));
            }
        }
    }

    /// One address of several failed.
    pub(super) fn address_failed(&mut self, address: String, errno: Errno, line: Quoted) {
        if self.addresses.len() < MOST_ADDRESSES {
            self.addresses.push((address, errno, line));
        }
    }

    /// Ids that the hints name.
    pub(super) fn hinted(&self) -> Vec<&'static str> {
        self.hints.iter().map(|(cause, _)| *cause).collect()
    }
}
