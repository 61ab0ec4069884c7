//! Readings of what was said on accepted connections.

use std::net::SocketAddr;

use sshdoctor_case::{BannerOutcome, Case, Fact, HostKeyVerdict, KexOutcome, PortRole, Received};

use super::sourced;
use crate::outside::attempt::{Attempt, is_protocol_2};
use crate::outside::reading::{
    Again, Exchange, FirstBytes, HostKey, Reading, SmallSegments, Sourced,
};

pub(super) fn read(
    case: &Case,
    target: SocketAddr,
    tried: &[Attempt<'_>],
    readings: &mut Vec<Sourced>,
) {
    let plain = tried.iter().find(|attempt| !attempt.small_segments);
    if let Some(attempt) = plain {
        if let (Some(outcome), Some(id)) = (attempt.banner, attempt.ids[1]) {
            let first = first_bytes(outcome, attempt.preceding);
            readings.push(sourced(Reading::FirstBytes(first), &[id]));
        }
        if let (Some(outcome), Some(id)) = (attempt.exchange, attempt.ids[2]) {
            readings.push(sourced(Reading::Exchange(exchange(outcome)), &[id]));
        }
    }
    let small = tried.iter().find(|attempt| attempt.small_segments);
    if let Some(attempt) = small
        && let (Some(outcome), Some(id)) = (attempt.exchange, attempt.ids[2])
    {
        let result = match outcome {
            KexOutcome::Completed { .. } => SmallSegments::Passes,
            _ => SmallSegments::HangsToo,
        };
        readings.push(sourced(Reading::SmallSegments(result), &[id]));
    }
    if let Some((outcome, id)) = own_exchange(case) {
        own(outcome, id, readings);
    }
    host_key(case, target, readings);
}

/// How the key exchange of the person's own `ssh` ended.
pub(crate) fn own_exchange(case: &Case) -> Option<(&KexOutcome, &str)> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::OwnKeyExchange { outcome } => Some((outcome, o.id.as_str())),
        _ => None,
    })
}

/// What hung for the person's own `ssh` passed for this probe, whose packets are smaller.
fn own(outcome: &KexOutcome, id: &str, readings: &mut Vec<Sourced>) {
    if exchange(outcome) != Exchange::Hung {
        return;
    }
    for sourced in readings.iter_mut() {
        if sourced.reading == Reading::Exchange(Exchange::Completed) {
            sourced.reading = Reading::SmallSegments(SmallSegments::Passes);
        }
    }
    readings.push(sourced(Reading::Exchange(Exchange::Hung), &[id]));
}

pub(crate) fn first_bytes(outcome: &BannerOutcome, preceding: &[Received]) -> FirstBytes {
    let said = |words: &str| {
        let in_first_bytes = matches!(
            outcome,
            BannerOutcome::NotSsh { first_bytes } if first_bytes.as_str().contains(words)
        );
        in_first_bytes || preceding.iter().any(|line| line.as_str().contains(words))
    };
    if said("Exceeded MaxStartups") {
        return FirstBytes::TooManyStartups;
    }
    if said("Not allowed at this time") {
        return FirstBytes::Penalty;
    }
    match outcome {
        BannerOutcome::Identified { protocol, .. } if is_protocol_2(protocol.as_str()) => {
            FirstBytes::Ssh
        }
        BannerOutcome::Identified { .. } => FirstBytes::SshOne,
        BannerOutcome::NotSsh { .. } | BannerOutcome::TooMuch => FirstBytes::OtherProtocol,
        BannerOutcome::Silent => FirstBytes::Silence,
        BannerOutcome::Trickle => FirstBytes::Trickle,
        BannerOutcome::Closed => FirstBytes::Close,
        BannerOutcome::Reset => FirstBytes::Reset,
    }
}

fn exchange(outcome: &KexOutcome) -> Exchange {
    match outcome {
        KexOutcome::Completed { .. } => Exchange::Completed,
        KexOutcome::Hung { .. } => Exchange::Hung,
        KexOutcome::NoCommon { .. } => Exchange::NoCommon,
        KexOutcome::ProbeLacks { .. } => Exchange::ProbeLacks,
        KexOutcome::Closed | KexOutcome::Reset | KexOutcome::Failed { .. } => Exchange::Broke,
    }
}

fn host_key(case: &Case, target: SocketAddr, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        let Fact::HostKey {
            to,
            role: PortRole::Target,
            verdict,
            also_known_as,
            ..
        } = &observation.fact
        else {
            continue;
        };
        if *to != target {
            continue;
        }
        let elsewhere = !also_known_as.is_empty();
        let reading = match verdict {
            HostKeyVerdict::Match { .. } => HostKey::Match,
            HostKeyVerdict::Unknown if accepts_nothing_unknown(case) => HostKey::UnknownAndStrict,
            HostKeyVerdict::Unknown if elsewhere => HostKey::UnknownButKnownElsewhere,
            HostKeyVerdict::Unknown => HostKey::Unknown,
            HostKeyVerdict::Mismatch { .. } | HostKeyVerdict::OtherTypeOnly { .. } if elsewhere => {
                HostKey::ChangedAndKnownElsewhere
            }
            HostKeyVerdict::Mismatch { .. } | HostKeyVerdict::OtherTypeOnly { .. } => {
                HostKey::Changed
            }
            HostKeyVerdict::Revoked { .. } => HostKey::Revoked,
        };
        readings.push(sourced(Reading::HostKey(reading), &[&observation.id]));
        return;
    }
}

/// `StrictHostKeyChecking yes` (ssh_config(5)).
pub(crate) fn accepts_nothing_unknown(case: &Case) -> bool {
    crate::outside::aim::config(case)
        .and_then(|config| config.strict_host_key_checking.as_deref())
        .is_some_and(|value| matches!(value, "yes" | "true"))
}

/// Compares the first plain attempt with a later one.
pub(super) fn again(tried: &[Attempt<'_>], readings: &mut Vec<Sourced>) {
    let mut plain = tried.iter().filter(|attempt| !attempt.small_segments);
    let (Some(first), Some(second)) = (plain.next(), plain.next()) else {
        return;
    };
    let reading = match second.progress().cmp(&first.progress()) {
        std::cmp::Ordering::Equal => Again::Same,
        std::cmp::Ordering::Greater => Again::Better,
        std::cmp::Ordering::Less => Again::Otherwise,
    };
    let ids = second.evidence();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    readings.push(sourced(Reading::Again(reading), &ids));
}
