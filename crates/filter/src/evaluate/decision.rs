//! What becomes of the packet.

use sshdoctor_case::Outcome;

use super::Packet;
use crate::model::{ChainReference, Hook, RejectWith, RuleReference};

/// The answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Every end that is possible; one if the answer is certain. Never empty.
    pub endings: Vec<Ending>,
    /// What matched on the way, in order.
    pub trail: Vec<Step>,
    /// What could not be decided on the way, each once.
    pub undecided: Vec<Undecided>,
    /// Changes of address or port on the way in.
    pub translations: Vec<Translated>,
    /// Packets that the rule set was not read for; if any, read again with them of interest.
    pub not_read_for: Vec<Packet>,
}

impl Decision {
    /// What becomes of the SYN, if that is certain; which of several rules does it, or how it rejects, may still be open.
    #[must_use]
    pub fn fate(&self) -> Option<Fate> {
        let mut fates = self.endings.iter().map(|ending| ending.fate);
        let first = fates.next()?;
        let same = |fate: Fate| {
            fate == first || matches!((fate, first), (Fate::Rejected(_), Fate::Rejected(_)))
        };
        (first != Fate::Unknown && fates.all(same)).then_some(first)
    }

    /// What the client sees, if that is certain.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        let first = self.endings.first()?;
        let outcome = first.connect.outcome();
        self.endings
            .iter()
            .all(|ending| ending.fate != Fate::Unknown && ending.connect.outcome() == outcome)
            .then_some(outcome)
    }

    /// How the client's `connect` ends, if that is certain.
    #[must_use]
    pub fn connect(&self) -> Option<Connect> {
        let first = self.endings.first()?;
        self.endings
            .iter()
            .all(|ending| ending.fate != Fate::Unknown && ending.connect == first.connect)
            .then_some(first.connect)
    }
}

/// How `connect` ends on a Linux client (`net/ipv4/icmp.c`, `icmp_err_convert`; `net/ipv6/icmp.c`, `tab_unreach`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connect {
    /// The filter lets the handshake through.
    Succeeds,
    /// ECONNREFUSED.
    Refused,
    /// EHOSTUNREACH.
    HostUnreachable,
    /// ENETUNREACH.
    NetUnreachable,
    /// EACCES.
    PermissionDenied,
    /// ENOPROTOOPT.
    ProtocolNotAvailable,
    /// ETIMEDOUT, after minutes.
    TimesOut,
}

impl Connect {
    /// The name of the error; `None` if there is none.
    #[must_use]
    pub const fn errno(self) -> Option<&'static str> {
        Some(match self {
            Self::Succeeds => return None,
            Self::Refused => "ECONNREFUSED",
            Self::HostUnreachable => "EHOSTUNREACH",
            Self::NetUnreachable => "ENETUNREACH",
            Self::PermissionDenied => "EACCES",
            Self::ProtocolNotAvailable => "ENOPROTOOPT",
            Self::TimesOut => "ETIMEDOUT",
        })
    }

    /// What `ssh` prints after "connect to host … port …:" (`strerror(3)` of glibc).
    #[must_use]
    pub const fn message(self) -> Option<&'static str> {
        Some(match self {
            Self::Succeeds => return None,
            Self::Refused => "Connection refused",
            Self::HostUnreachable => "No route to host",
            Self::NetUnreachable => "Network is unreachable",
            Self::PermissionDenied => "Permission denied",
            Self::ProtocolNotAvailable => "Protocol not available",
            Self::TimesOut => "Connection timed out",
        })
    }

    /// The same in the report's words.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Succeeds => Outcome::Open,
            Self::Refused => Outcome::Refused,
            Self::TimesOut => Outcome::TimedOut,
            Self::HostUnreachable
            | Self::NetUnreachable
            | Self::PermissionDenied
            | Self::ProtocolNotAvailable => Outcome::Unreachable,
        }
    }
}

/// One way it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ending {
    /// What becomes of the SYN.
    pub fate: Fate,
    /// What made it so.
    pub decider: Decider,
    /// What becomes of the answer: the SYN-ACK of an accepted packet, the error of a rejected one.
    pub answer: AnswerFate,
    /// What the client's `connect` ends in, on Linux.
    pub connect: Connect,
}

/// What becomes of the SYN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It reaches the socket.
    Accepted,
    /// It is passed on to another host or container.
    Forwarded,
    /// It is dropped without a word.
    Dropped,
    /// It is refused with an answer.
    Rejected(RejectWith),
    /// A program outside the rules decides, or something that was not understood.
    Unknown,
}

/// What made an ending so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decider {
    /// A rule.
    Rule {
        /// Which.
        rule: RuleReference,
        /// At which hook.
        hook: Hook,
    },
    /// The policy of a base chain.
    Policy {
        /// Of which.
        chain: ChainReference,
        /// At which hook.
        hook: Hook,
    },
    /// No base chain had a say.
    NoChain,
    /// The routing of the host (a translation to nowhere).
    Routing,
    /// Rules that could not be read: index into [`crate::model::RuleSet::problems`].
    Unread(u32),
}

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerFate {
    /// There is none.
    None,
    /// It leaves.
    Leaves,
    /// It is lost on its way out.
    Lost(Decider),
}

/// A rule that matched, in the order met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Step {
    /// The rule, or the policy of a base chain.
    pub decider: Decider,
    /// Whether it matched for sure.
    pub certain: bool,
    /// True on the way of the answer.
    pub answering: bool,
}

/// Something that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Undecided {
    /// Where.
    pub decider: Decider,
    /// Why, in a few words.
    pub reason: String,
    /// For a rate: from which connection on it turns, as words ("until the 6th connection in 30 s").
    pub rate: Option<crate::model::Rate>,
}

/// A change of the destination on the way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The rule.
    pub rule: RuleReference,
    /// Address and port before.
    pub from: super::Ends,
    /// Address and port after.
    pub to: super::Ends,
}
