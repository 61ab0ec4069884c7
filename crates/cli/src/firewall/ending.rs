//! The ways a packet may end.

use sshdoctor_case::{Outcome, PacketEnding, PacketVerdict};
use sshdoctor_filter::evaluate::{AnswerFate, Connect, Decider, Ending, Fate, Version};
use sshdoctor_filter::model::RuleSet;

use super::{place, wording};

/// The verdicts that one ending allows. An answer that is lost leaves the client waiting, whatever became of the SYN.
pub(crate) fn verdicts(ending: &Ending) -> &'static [PacketVerdict] {
    use PacketVerdict::{Accept, Drop, Reject};
    match (ending.fate, ending.connect) {
        (Fate::Unknown, _) => &[Accept, Drop, Reject],
        (Fate::Dropped, _) | (_, Connect::TimesOut) => &[Drop],
        (Fate::Rejected(_), _) => &[Reject],
        (Fate::Accepted | Fate::Forwarded, _) => &[Accept],
    }
}

/// Every verdict that any of these endings allows, each once.
pub(crate) fn possible(endings: &[Ending]) -> Vec<PacketVerdict> {
    let mut possible: Vec<PacketVerdict> = endings.iter().flat_map(verdicts).copied().collect();
    possible.sort_unstable();
    possible.dedup();
    possible
}

/// The one verdict, or that it is unknown.
pub(crate) fn verdict(possible: &[PacketVerdict]) -> PacketVerdict {
    match possible {
        [only] => *only,
        _ => PacketVerdict::Unknown,
    }
}

/// What decides in the end: the answer's loss where the SYN itself was answered.
pub(crate) const fn decider(ending: &Ending) -> Decider {
    match ending.answer {
        AnswerFate::Lost(decider) => decider,
        _ => ending.decider,
    }
}

/// What the client sees: of several things the first that is not the way in.
pub(crate) fn outcome(endings: &[Ending]) -> Outcome {
    let closed = endings
        .iter()
        .map(|ending| ending.connect.outcome())
        .find(|outcome| *outcome != Outcome::Open);
    let certain = verdict(&possible(endings)) != PacketVerdict::Unknown;
    match closed {
        Some(outcome) => outcome,
        None if certain => Outcome::Open,
        // Nothing is known to stop it, and something may.
        None => Outcome::TimedOut,
    }
}

/// One ending as it is reported.
pub(crate) fn reported(rule_set: &RuleSet, ending: &Ending, version: Version) -> PacketEnding {
    let decider = decider(ending);
    let answer_lost = matches!(ending.answer, AnswerFate::Lost(_));
    // What is not known is no error yet.
    let error = match ending.fate {
        Fate::Unknown => Connect::Succeeds,
        _ => ending.connect,
    };
    PacketEnding {
        verdict: verdict(verdicts(ending)),
        reject_with: match ending.fate {
            Fate::Rejected(with) => Some(wording::reject_with(with, version).into()),
            _ => None,
        },
        outcome: ending.connect.outcome(),
        errno: error.errno().map(Into::into),
        message: error.message().map(Into::into),
        forwarded: ending.fate == Fate::Forwarded,
        answer_lost,
        rule: place::quoted(rule_set, decider),
        decided_by: place::decider_in_words(rule_set, decider),
    }
}
