//! What a line can say: literal words, where in the line they stand, and what they mean.

use sshdoctor_case::{Outcome, Stage};

use crate::outside::reading::{Exchange, FirstBytes, HostKey, Names};

/// How far a connection has come, as the lines of `ssh -v` show it (RFC 4253, 4252 and 4254).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nothing is known.
    Begun,
    /// SYNs are sent.
    Connecting,
    /// TCP is open.
    Connected,
    /// The server's identification string came.
    Identified,
    /// Both KEXINIT were exchanged.
    Negotiating,
    /// The client waits for the server's part of the key exchange.
    AwaitingReply,
    /// NEWKEYS: key exchange and host key are done.
    Encrypted,
    /// A method of authentication was tried.
    Authenticating,
    /// The login succeeded.
    Authenticated,
    /// A session runs.
    InSession,
}

impl Phase {
    /// The stage at which a connection in this phase is stopped next.
    pub(super) const fn stage(self) -> Stage {
        match self {
            Self::Connecting => Stage::Route,
            Self::Begun | Self::Connected => Stage::Banner,
            Self::Identified | Self::Negotiating | Self::AwaitingReply => Stage::KeyExchange,
            Self::Encrypted | Self::Authenticating => Stage::Authentication,
            Self::Authenticated | Self::InSession => Stage::Session,
        }
    }
}

/// From where a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The program that connects.
    Client,
    /// The program that is connected to, or what starts it.
    Server,
}

/// How a connection came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The other side closed.
    Closed,
    /// The other side, or something between, reset.
    Reset,
    /// Nothing came in time.
    TimedOut,
}

/// What a line shows of the world, beside the causes that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// How the name was resolved.
    Names(Names),
    /// What came first.
    FirstBytes(FirstBytes),
    /// How the key exchange went.
    Exchange(Exchange),
    /// The host key.
    HostKey(HostKey),
    /// Only what the causes say.
    Nothing,
}

/// A line that says why a connection, or a server, stops.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    /// Where.
    pub(super) stage: Stage,
    /// What the client meets.
    pub(super) outcome: Outcome,
    /// What the line shows of the world.
    pub(super) shows: Shows,
    /// Ids of the causes that it names, best first; empty where only the world speaks.
    pub(super) causes: &'static [&'static str],
    /// How much it decides against other lines of one attempt.
    pub(super) weight: u8,
}

/// What a line means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// A new attempt begins.
    Begins,
    /// The connection came this far.
    Reached(Phase),
    /// An attempt to connect, `HOST port N: ERROR` after the words.
    ConnectFailed,
    /// One address of several, in the same form.
    AddressFailed,
    /// A jump host could not connect, `ERROR` after the words.
    ForwardFailed,
    /// `NAME: ERROR` of the resolver after the words.
    NotResolved,
    /// The connection ended; how far it had come tells where.
    Ended(Ending),
    /// It stops here.
    Stops(Stop),
    /// `(METHODS)` after the words: the server wants none of what was tried.
    Denied,
    /// Not decisive, but a reason for a denial that follows.
    Hints(&'static [&'static str]),
    /// Another attempt with a password or code was refused.
    PasswordRefused,
    /// A key was offered.
    KeyOffered,
    /// The server would take a key.
    KeyAccepted,
    /// The login, or the session, works.
    Succeeds(Phase),
    /// A server is well: it listens, or it let someone in.
    ServerWorks,
    /// An error in a configuration file; the file's name tells whose.
    Configuration,
    /// The program and version that speaks.
    Version,
    /// The command or jump host that the connection goes through ended.
    ThroughBroken,
    /// sshd could not bind: the error's words follow.
    BindFailed,
    /// ssh ended with this status.
    ExitStatus,
    /// A command, and not a shell, was asked for.
    Command,
    /// scp or sftp lost its connection.
    CopyEnded,
    /// The text is about SSH.
    Context,
    /// A server that closes connections at once: the words after it tell why.
    Dropped,
    /// Known, and no reason for anything.
    Noise,
}

/// Where the words stand in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// They begin what the program said: before them are only the wrappings of logs.
    Start,
    /// Anywhere: nothing else says this.
    Within,
}

/// One kind of line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    /// Literal words.
    pub(super) words: &'static str,
    /// Where they stand.
    pub(super) place: Place,
    /// At least one of these follows them in the line; none is demanded when empty.
    pub(super) with: &'static [&'static str],
    /// Only where an earlier line showed that the text is about SSH.
    pub(super) in_context: bool,
    /// Whose line it is.
    pub(super) side: Side,
    /// What it means.
    pub(super) meaning: Meaning,
}

impl Sign {
    /// Words that begin a line of a client.
    pub(super) const fn client(words: &'static str, meaning: Meaning) -> Self {
        Self {
            words,
            place: Place::Start,
            with: &[],
            in_context: false,
            side: Side::Client,
            meaning,
        }
    }

    /// Words that begin a line of a server.
    pub(super) const fn server(words: &'static str, meaning: Meaning) -> Self {
        Self {
            side: Side::Server,
            ..Self::client(words, meaning)
        }
    }

    /// Wherever they stand.
    pub(super) const fn within(self) -> Self {
        Self {
            place: Place::Within,
            ..self
        }
    }

    /// Only after [`Meaning::Context`].
    pub(super) const fn in_context(self) -> Self {
        Self {
            in_context: true,
            ..self
        }
    }

    /// Only where one of these follows.
    pub(super) const fn with(self, with: &'static [&'static str]) -> Self {
        Self { with, ..self }
    }
}

/// Weight of a line that only sums up what an earlier one said better.
pub(super) const SUMMARY: u8 = 30;
/// Weight of a line that says what happened, and not why.
pub(super) const SYMPTOM: u8 = 50;
/// Weight of a line that names its cause.
pub(super) const REASON: u8 = 70;
/// Weight of a line of a server that names its cause.
pub(super) const PROOF: u8 = 90;

/// A line that names its causes.
pub(super) const fn stop(stage: Stage, outcome: Outcome, causes: &'static [&'static str]) -> Stop {
    Stop {
        stage,
        outcome,
        shows: Shows::Nothing,
        causes,
        weight: REASON,
    }
}

impl Stop {
    /// With what it shows of the world.
    pub(super) const fn shows(self, shows: Shows) -> Self {
        Self { shows, ..self }
    }

    /// With another weight.
    pub(super) const fn weight(self, weight: u8) -> Self {
        Self { weight, ..self }
    }
}
