//! The answer in a sentence or two.

use std::fmt::Write as _;

use sshdoctor_case::{
    FilterRule, PacketAnswer, PacketEnding, PacketTranslation, PacketVerdict, RuleOwner,
    RuleOwnerKind, SetEntry,
};

use super::{place, wording};

/// Reasons that are named when it is not certain.
const MOST_REASONS: usize = 2;

/// What becomes of the packet, what decides, and where it was sent on the way.
pub(crate) fn headline(answer: &PacketAnswer, port: u16) -> String {
    let mut text = fate(answer);
    let is_settled = answer.verdict != PacketVerdict::Unknown || answer.rate.is_some();
    if is_settled && let Some(ending) = answer.endings.first() {
        // Writing to a String cannot fail.
        let _ = write!(text, " {}", decides(answer, ending));
    }
    if let Some(translation) = answer.translations.first() {
        let _ = write!(text, " {}", translated(translation, port));
    }
    text
}

fn fate(answer: &PacketAnswer) -> String {
    if let Some(rate) = &answer.rate {
        return format!(
            "{} {}, then {}.",
            wording::capitalised(wording::participle(rate.within)),
            rate.until,
            wording::participle(rate.beyond)
        );
    }
    let (Some(ending), true) = (
        answer.endings.first(),
        answer.verdict != PacketVerdict::Unknown,
    ) else {
        return uncertain(answer);
    };
    let lost = answer.endings.iter().all(|ending| ending.answer_lost);
    match answer.verdict {
        PacketVerdict::Accept if ending.forwarded => forwarded(answer),
        PacketVerdict::Accept => "Accepted.".into(),
        PacketVerdict::Drop if lost => {
            let answered = match &ending.reject_with {
                Some(_) => "Rejected, but the message",
                None => "Accepted, but the answer",
            };
            format!("{answered} is lost on its way out: the client waits until it times out.")
        }
        PacketVerdict::Drop => "Dropped: the client waits until it times out.".into(),
        PacketVerdict::Reject => format!("Rejected: the client sees {}.", messages(answer)),
        PacketVerdict::Unknown => uncertain(answer),
    }
}

fn forwarded(answer: &PacketAnswer) -> String {
    let to = answer
        .translations
        .last()
        .and_then(|translation| translation.to_address);
    match to {
        Some(address) => format!("Passed on to {address}, which answers or does not."),
        None => "Passed on to another host, which answers or does not.".into(),
    }
}

fn messages(answer: &PacketAnswer) -> String {
    let mut messages: Vec<String> = Vec::new();
    for ending in &answer.endings {
        let message = format!("\"{}\"", ending.message.as_deref().unwrap_or_default());
        if !messages.contains(&message) {
            messages.push(message);
        }
    }
    messages.join(" or ")
}

fn uncertain(answer: &PacketAnswer) -> String {
    let verdicts: Vec<&str> = answer
        .possible
        .iter()
        .map(|verdict| wording::participle(*verdict))
        .collect();
    let (mut depends, mut others): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for undecided in &answer.undecided {
        let reason = undecided.reason.as_str();
        let (list, reason) = match reason.strip_prefix("depends on ") {
            Some(what) => (&mut depends, what),
            None => (&mut others, reason),
        };
        if !list.contains(&reason) && list.len() < MOST_REASONS {
            list.push(reason);
        }
    }
    let mut text = format!("Not certain: {}.", alternatives(&verdicts));
    // Writing to a String cannot fail.
    if !depends.is_empty() {
        let _ = write!(text, " It depends on {}.", depends.join(" and on "));
    }
    if !others.is_empty() {
        let _ = write!(text, " {}.", wording::capitalised(&others.join("; ")));
    }
    text
}

fn alternatives(words: &[&str]) -> String {
    match words {
        [] => "nothing is known".into(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn decides(answer: &PacketAnswer, ending: &PacketEnding) -> String {
    let mut deciders: Vec<&str> = Vec::new();
    for ending in &answer.endings {
        if !deciders.contains(&ending.decided_by.as_str()) {
            deciders.push(&ending.decided_by);
        }
    }
    let denied = matches!(answer.verdict, PacketVerdict::Drop | PacketVerdict::Reject);
    if denied && deciders.len() > 1 {
        return format!(
            "{} decides.",
            wording::capitalised(&alternatives(&deciders))
        );
    }
    let entries = answer
        .context
        .as_ref()
        .map_or(&[][..], |context| &context.set_entries);
    match (&answer.owner, &ending.rule) {
        (Some(owner), Some(rule)) => by_owner(owner, rule, entries),
        (_, Some(rule)) => format!("{} decides.", wording::capitalised(&place::in_words(rule))),
        (_, None) => format!("{}.", wording::capitalised(&ending.decided_by)),
    }
}

fn by_owner(owner: &RuleOwner, rule: &FilterRule, entries: &[SetEntry]) -> String {
    let left = entries
        .first()
        .and_then(|entry| entry.expires_s)
        .map(|seconds| format!(", {} left", wording::duration(seconds)))
        .unwrap_or_default();
    let name = &owner.name;
    match (owner.kind, &owner.setting) {
        (RuleOwnerKind::Person | RuleOwnerKind::Nobody, _) => {
            format!("{} decides.", wording::capitalised(&place::in_words(rule)))
        }
        (RuleOwnerKind::BanTool, Some(setting)) => {
            format!("A ban by {name} decides ({setting}{left}).")
        }
        (RuleOwnerKind::BanTool, None) if left.is_empty() => {
            format!("A ban by {name} decides.")
        }
        (RuleOwnerKind::BanTool, None) => {
            format!(
                "A ban by {name} decides ({}).",
                left.trim_start_matches(", ")
            )
        }
        (_, Some(setting)) => format!("Decided by {name}: {setting}."),
        (_, None) => format!("Decided by {name}: {}.", place::in_words(rule)),
    }
}

fn translated(translation: &PacketTranslation, port: u16) -> String {
    let from = match translation.from_port {
        Some(from) => format!("Port {from}"),
        None => format!("Port {port}"),
    };
    let moved = |address| Some(address) != translation.from_address;
    let to = match (translation.to_address, translation.to_port) {
        (Some(address), Some(port)) if moved(address) => format!("{address} port {port}"),
        (Some(address), None) if moved(address) => address.to_string(),
        (_, Some(port)) => format!("port {port}"),
        (_, None) => "elsewhere".into(),
    };
    format!(
        "{from} is redirected to {to} first, by {}.",
        place::in_words(&translation.rule)
    )
}

/// Both families, where they differ.
pub(crate) fn of_both(ipv4: &PacketAnswer, ipv6: &PacketAnswer) -> String {
    let word = |answer: &PacketAnswer| match &answer.rate {
        Some(rate) => format!(
            "{} {}, then {}",
            wording::participle(rate.within),
            rate.until,
            wording::participle(rate.beyond)
        ),
        None => wording::participle(answer.verdict).to_owned(),
    };
    format!(
        "It depends on the family: IPv4 is {}, IPv6 is {}.",
        word(ipv4),
        word(ipv6)
    )
}
