//! From a decision to what is reported of it.

use std::net::IpAddr;

use sshdoctor_case::{
    AddressFamily, PacketAnswer, PacketTranslation, PacketVerdict, RateTurn, RuleContext,
    RuleInsertion, RuleOwner, TokenBucket, TrailStep, UndecidedPart, WithoutRule,
};
use sshdoctor_filter::evaluate::{
    AnswerFate, Decider, Decision, Ends, Fate, Possible, Question, Step, Translated, Undecided,
    Version, value_address,
};
use sshdoctor_filter::model::{Rate, RateKind, RuleSet};

use super::{ending, place, set_entry, wording};

/// One question with all that was found out about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answered {
    pub(crate) question: Question,
    pub(crate) rule_set: RuleSet,
    pub(crate) decision: Decision,
    pub(crate) owner: Option<RuleOwner>,
    /// The same packet without the deciding rule.
    pub(crate) without_rule: Option<Decision>,
    /// How it turns with a rate.
    pub(crate) by_rate: Option<ByRate>,
    pub(crate) insertions: Vec<RuleInsertion>,
    pub(crate) no_insertion: Option<String>,
}

/// The same packet below a rate, and above it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByRate {
    /// Which of the undecided parts it is.
    pub(crate) undecided: Undecided,
    pub(crate) within: Decision,
    pub(crate) beyond: Decision,
}

/// What decides; of several possible endings, in the first one.
pub(crate) fn decider(decision: &Decision) -> Option<Decider> {
    decision.endings.first().map(ending::decider)
}

/// What is reported.
pub(crate) fn reported(answered: &Answered) -> PacketAnswer {
    let Answered {
        question,
        rule_set,
        decision,
        ..
    } = answered;
    let possible = ending::possible(&decision.endings);
    let verdict = ending::verdict(&possible);
    let endings: Vec<_> = decision
        .endings
        .iter()
        .map(|ending| ending::reported(rule_set, ending, question.version))
        .collect();
    let decider = decider(decision);
    PacketAnswer {
        family: family(question.version),
        verdict,
        possible,
        reject_with: reject_with(decision, verdict, question.version),
        rule: endings.first().and_then(|ending| ending.rule.clone()),
        context: decider.and_then(|decider| context(answered, decider)),
        endings,
        trail: decision
            .trail
            .iter()
            .filter_map(|step| trail_step(rule_set, step))
            .collect(),
        undecided: decision
            .undecided
            .iter()
            .map(|undecided| undecided_part(answered, undecided))
            .collect(),
        rate: rate_turn(answered),
        owner: answered.owner.clone(),
        translations: decision
            .translations
            .iter()
            .filter_map(|translated| translation(answered, translated))
            .collect(),
        without_rule: answered
            .without_rule
            .as_ref()
            .map(|decision| without_rule(rule_set, decision)),
        insertions: answered.insertions.clone(),
        no_insertion: answered.no_insertion.clone(),
    }
}

const fn family(version: Version) -> AddressFamily {
    match version {
        Version::V4 => AddressFamily::Ipv4,
        Version::V6 => AddressFamily::Ipv6,
    }
}

/// With what it is rejected, if it is and always in the same way.
fn reject_with(decision: &Decision, verdict: PacketVerdict, version: Version) -> Option<String> {
    if verdict != PacketVerdict::Reject {
        return None;
    }
    let mut messages = decision
        .endings
        .iter()
        .filter_map(|ending| match ending.fate {
            Fate::Rejected(with) => Some(wording::reject_with(with, version)),
            _ => None,
        });
    let first = messages.next()?;
    messages
        .all(|other| other == first)
        .then(|| first.to_owned())
}

fn context(answered: &Answered, decider: Decider) -> Option<RuleContext> {
    let rule_set = &answered.rule_set;
    let mut context = place::context(rule_set, decider, "")?;
    let ending = answered.decision.endings.first()?;
    context.label = match (ending.fate, ending.answer) {
        (_, AnswerFate::Lost(_)) => "the answer is lost here".to_owned(),
        (Fate::Dropped, _) => "dropped, without an answer".to_owned(),
        (Fate::Rejected(_), _) => match ending.connect.message() {
            Some(message) => format!("the client sees \"{message}\""),
            None => "rejected".to_owned(),
        },
        (Fate::Forwarded, _) => "passed on".to_owned(),
        (Fate::Accepted, _) => "let in".to_owned(),
        (Fate::Unknown, _) => "what becomes of it is not told here".to_owned(),
    };
    if let Decider::Rule { rule, .. } = decider {
        context.set_entries =
            set_entry::met(rule_set, rule, &answered.question).unwrap_or_default();
    }
    Some(context)
}

fn trail_step(rule_set: &RuleSet, step: &Step) -> Option<TrailStep> {
    Some(TrailStep {
        rule: place::quoted(rule_set, step.decider)?,
        certain: step.certain,
        answering: step.answering,
    })
}

fn undecided_part(answered: &Answered, undecided: &Undecided) -> UndecidedPart {
    let rule = place::quoted(&answered.rule_set, undecided.decider);
    let reason = match (&rule, undecided.decider) {
        (None, Decider::Unread(problem)) => answered
            .rule_set
            .problems
            .get(place::index(problem))
            .map_or_else(
                || place::shown(&undecided.reason),
                |problem| place::shown(&problem.message),
            ),
        _ => place::shown(&undecided.reason),
    };
    UndecidedPart {
        rule,
        reason,
        rate: undecided
            .rate
            .as_ref()
            .and_then(|rate| until(answered, rate, undecided.decider)),
    }
}

fn rate_turn(answered: &Answered) -> Option<RateTurn> {
    let by_rate = answered.by_rate.as_ref()?;
    let verdict = |decision: &Decision| ending::verdict(&ending::possible(&decision.endings));
    let (within, beyond) = (verdict(&by_rate.within), verdict(&by_rate.beyond));
    if within == beyond || within == PacketVerdict::Unknown || beyond == PacketVerdict::Unknown {
        return None;
    }
    let rate = by_rate.undecided.rate.as_ref()?;
    Some(RateTurn {
        within,
        until: until(answered, rate, by_rate.undecided.decider)?,
        beyond,
        shared_bucket: shared_bucket(rate),
    })
}

/// The bucket of a `limit`, whose beginning is full (`net/netfilter/nft_limit.c`, `xt_limit.c`).
fn shared_bucket(rate: &Rate) -> Option<TokenBucket> {
    (rate.kind == RateKind::Limit && rate.seconds > 0).then_some(TokenBucket {
        amount: rate.amount,
        seconds: rate.seconds,
        burst: rate.burst,
    })
}

fn until(answered: &Answered, rate: &Rate, decider: Decider) -> Option<String> {
    wording::until(rate, is_counted_before(answered, rate, decider))
}

/// Whether a rule before this one enters the source into the list of a `recent` match, as ufw does: then this very packet is
/// among those that are counted.
fn is_counted_before(answered: &Answered, rate: &Rate, decider: Decider) -> bool {
    let (RateKind::Recent, Some(list)) = (rate.kind, rate.list.as_deref()) else {
        return false;
    };
    let Decider::Rule { rule: checks, .. } = decider else {
        return false;
    };
    let Some((_, chain)) = place::chain(&answered.rule_set, checks.chain) else {
        return false;
    };
    let before = chain.rules.iter().take(place::index(checks.rule));
    before.into_iter().any(|rule| enters(&rule.text, list))
}

/// Whether a rule enters its packets into this list (`iptables-extensions(8)`, "recent").
fn enters(text: &str, list: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = words
        .iter()
        .skip_while(|word| **word != "--name")
        .nth(1)
        .map_or("DEFAULT", |name| name.trim_matches('"'));
    words.contains(&"--set") && name == list
}

fn translation(answered: &Answered, translated: &Translated) -> Option<PacketTranslation> {
    let version = answered.question.version;
    let rule = place::quoted(
        &answered.rule_set,
        Decider::Rule {
            rule: translated.rule,
            hook: sshdoctor_filter::model::Hook::Prerouting,
        },
    )?;
    let (from_address, from_port) = end(translated.from, version);
    let (to_address, to_port) = end(translated.to, version);
    Some(PacketTranslation {
        rule,
        from_address,
        from_port,
        to_address,
        to_port,
    })
}

fn end(ends: Ends, version: Version) -> (Option<IpAddr>, Option<u16>) {
    let address = |possible: Possible| possible.exact().map(|value| value_address(version, value));
    let port = |possible: Possible| possible.exact().and_then(|value| u16::try_from(value).ok());
    (address(ends.destination), port(ends.destination_port))
}

fn without_rule(rule_set: &RuleSet, decision: &Decision) -> WithoutRule {
    WithoutRule {
        verdict: ending::verdict(&ending::possible(&decision.endings)),
        decided_by: decider(decision)
            .map(|decider| place::decider_in_words(rule_set, decider))
            .unwrap_or_default(),
    }
}
