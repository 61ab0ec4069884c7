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

/// One way it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ending {
    /// What becomes of the SYN.
    pub fate: Fate,
    /// What made it so.
    pub decider: Decider,
    /// What becomes of the answer: the SYN-ACK of an accepted packet, the error of a rejected one.
    pub answer: AnswerFate,
    /// What the client sees, on Linux.
    pub outcome: Outcome,
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
    /// It may leave or be lost.
    Unknown(Decider),
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
