//! The text as evidence: readings for the worlds of the catalogue, and the causes that they leave.

use sshdoctor_case::{RuledOut, Stage};

use super::{
    answer::Answer,
    attempt::{Attempt, Decision, Told},
    errno::{Errno, Resolution},
    sign::{Phase, Shows},
    speaker::Platform,
};
use crate::{
    catalogue::Cause,
    outside::{
        belief::{Belief, Weighed},
        reading::{Connect, Exchange, FirstBytes, HostKey, Names, Reading, Sourced},
        setting::Setting,
    },
};

/// Causes below this share are not listed.
const LEAST_SHARE: f64 = 0.004;

/// Most causes listed.
const MOST_CAUSES: usize = 24;

/// Causes rarer than this, on the catalogue's scale, are not worth a line when they are ruled out.
const LEAST_PRIOR_RULED_OUT: f64 = 2.0;

/// Most causes listed as ruled out.
const MOST_RULED_OUT: usize = 16;

/// What the text leaves of the causes.
pub(super) struct Weighing {
    /// Most probable first.
    pub(super) causes: Vec<Weighed>,
    /// Contradicted by what the connection met.
    pub(super) ruled_out: Vec<RuledOut>,
}

/// Weighs the causes of what stops the attempt.
pub(super) fn weigh(answer: &Answer<'_>, decision: &Decision, platform: Platform) -> Weighing {
    let Some(attempt) = answer.attempt else {
        return Weighing {
            causes: Vec::new(),
            ruled_out: Vec::new(),
        };
    };
    // Windows programs alone mix up the words.
    let platform = match decision.told {
        Told::Connect(Errno::BadlyMapped) => Platform::Windows,
        _ => platform,
    };
    let setting = setting(attempt, decision);
    let met = met(attempt, decision, platform, answer.is_servers());
    // A line that names its causes says it better than how far the connection came.
    let named = named(attempt, decision);
    let shows_nothing = !matches!(decision.told, Told::Sign(shows, _) if shows != Shows::Nothing);
    let mut readings = if named.is_some() && shows_nothing {
        Vec::new()
    } else {
        met.clone()
    };
    readings.extend(named);
    if readings.is_empty() {
        // The stage alone is known.
        return Weighing {
            causes: Vec::new(),
            ruled_out: Vec::new(),
        };
    }
    let belief = Belief::new(sourced(readings), setting);
    let after_login = |cause: &Cause| matches!(cause.stage, Stage::Authentication | Stage::Session);
    let login = matches!(decision.stage, Stage::Authentication | Stage::Session);
    let fits = fitting(attempt, decision);
    let causes: Vec<Weighed> = belief
        .causes(|cause| fits.iter().any(|(id, _)| *id == cause.id) || (login == after_login(cause)))
        .into_iter()
        .filter(|weighed| weighed.probability >= LEAST_SHARE)
        .take(MOST_CAUSES)
        .collect();
    let ruled_out = ruled_out(&Belief::new(sourced(met), setting), &causes, decision);
    Weighing { causes, ruled_out }
}

fn sourced(readings: Vec<Reading>) -> Vec<Sourced> {
    readings
        .into_iter()
        .map(|reading| Sourced {
            reading,
            evidence: vec!["e1".into()],
        })
        .collect()
}

fn setting(attempt: &Attempt, decision: &Decision) -> Setting {
    let address = attempt
        .host
        .as_deref()
        .and_then(|host| host.parse::<std::net::IpAddr>().ok());
    let changed = matches!(
        &decision.told,
        Told::Sign(Shows::HostKey(HostKey::Changed), _)
    );
    Setting {
        has_known_keys: changed,
        literal_address: address.is_some(),
        ipv4: address.is_some_and(|address| address.is_ipv4()),
        ..Setting::default()
    }
}

/// What the connection itself met, as far as the client tells.
fn met(
    attempt: &Attempt,
    decision: &Decision,
    platform: Platform,
    by_server: bool,
) -> Vec<Reading> {
    if by_server && !matches!(decision.told, Told::Sign(shows, _) if shows != Shows::Nothing) {
        return Vec::new();
    }
    let mut readings = Vec::new();
    match &decision.told {
        Told::Connect(errno) if is_of_the_network(*errno) => {
            readings.push(Reading::Errno(*errno, platform));
        }
        Told::Name(resolution) => {
            readings.extend(names(*resolution).map(Reading::Names));
        }
        Told::Sign(Shows::Names(names), _) => readings.push(Reading::Names(*names)),
        Told::Sign(Shows::FirstBytes(bytes), _) => readings.push(Reading::FirstBytes(*bytes)),
        Told::Sign(Shows::Exchange(exchange), _) => readings.push(Reading::Exchange(*exchange)),
        Told::Sign(Shows::HostKey(key), _) => readings.push(Reading::HostKey(*key)),
        _ => {}
    }
    let witnessed = if matches!(decision.stage, Stage::Client | Stage::Name) {
        Phase::Begun
    } else {
        attempt.phase
    };
    let connected = decision.stage >= Stage::Banner || witnessed >= Phase::Connected;
    let identified = decision.stage >= Stage::KeyExchange || witnessed >= Phase::Identified;
    let encrypted = decision.stage >= Stage::HostKey || witnessed >= Phase::Encrypted;
    let has = |readings: &[Reading], kind: fn(&Reading) -> bool| readings.iter().any(kind);
    if connected && !has(&readings, |r| matches!(r, Reading::Errno(..))) {
        readings.push(Reading::Target(Connect::Connected));
    }
    if identified && !has(&readings, |r| matches!(r, Reading::FirstBytes(_))) {
        readings.push(Reading::FirstBytes(FirstBytes::Ssh));
    }
    if encrypted && !has(&readings, |r| matches!(r, Reading::Exchange(_))) {
        readings.push(Reading::Exchange(Exchange::Completed));
    }
    readings
}

/// Errors that an answer from the network makes, not the client's own settings.
const fn is_of_the_network(errno: Errno) -> bool {
    !matches!(
        errno,
        Errno::Unknown
            | Errno::SetBefore
            | Errno::AddressNotAvailable
            | Errno::InvalidArgument
            | Errno::FamilyNotSupported
            | Errno::TryAgain
    )
}

const fn names(resolution: Resolution) -> Option<Names> {
    match resolution {
        Resolution::NotFound => Some(Names::NotFound),
        Resolution::ServersDown | Resolution::Broken => Some(Names::ServersDown),
        Resolution::NoAddress => Some(Names::NoAddressOfFamily),
        Resolution::Unknown => None,
    }
}

/// What the words name, beside what they show of the world.
fn named(attempt: &Attempt, decision: &Decision) -> Option<Reading> {
    match fitting(attempt, decision).as_slice() {
        [] => None,
        [(id, _)] => Some(Reading::Named((*id).to_owned())),
        causes => Some(Reading::Fits(
            causes
                .iter()
                .map(|(id, fit)| ((*id).to_owned(), *fit))
                .collect(),
        )),
    }
}

/// The causes that the words fit, each with how well; none where only the world speaks.
fn fitting(attempt: &Attempt, decision: &Decision) -> Vec<(&'static str, f64)> {
    match &decision.told {
        Told::Sign(_, causes) => {
            // What was hinted at before narrows what may come of it.
            let hinted = attempt
                .hinted()
                .into_iter()
                .find(|hint| causes.len() > 1 && causes.contains(hint));
            hinted.map_or_else(|| ranked(causes), |hint| vec![(hint, BEST_FIT)])
        }
        Told::Denial => super::denial::causes(attempt),
        Told::Connect(errno) if !is_of_the_network(*errno) => {
            if attempt.hinted().contains(&"client-bind-address-missing") {
                vec![("client-bind-address-missing", BEST_FIT)]
            } else {
                ranked(own_side(*errno))
            }
        }
        Told::Name(Resolution::Unknown) => ranked(&["name-not-found", "dns-server-down"]),
        Told::Connect(_) | Told::Name(_) => Vec::new(),
    }
}

/// How well a line fits the cause that is named first.
pub(super) const BEST_FIT: f64 = 0.6;

/// How much less it fits each that is named after.
const NEXT_FIT: f64 = 0.3;

/// Best first.
pub(super) fn ranked(causes: &[&'static str]) -> Vec<(&'static str, f64)> {
    let fits = std::iter::successors(Some(BEST_FIT), |fit| Some(fit * NEXT_FIT));
    causes.iter().copied().zip(fits).collect()
}

const fn own_side(errno: Errno) -> &'static [&'static str] {
    match errno {
        Errno::SetBefore => &["client-bind-address-missing"],
        Errno::AddressNotAvailable => &[
            "client-bind-address-missing",
            "client-has-no-route",
            "ipv6-broken",
        ],
        Errno::InvalidArgument => &["client-has-no-route", "ipv6-broken"],
        Errno::FamilyNotSupported => &["client-has-no-route", "address-family-mismatch"],
        Errno::TryAgain => &["process-limit", "client-firewall-blocks"],
        _ => &[],
    }
}

/// The causes that what the connection met contradicts, commonest first, as far as they concern stages up to the one that stops.
fn ruled_out(belief: &Belief, listed: &[Weighed], decision: &Decision) -> Vec<RuledOut> {
    // Something between can end a connection in the name of either side.
    let on_the_way = decision.stage >= Stage::Banner;
    let mut contradicted: Vec<&'static Cause> = belief
        .contradicted()
        .into_iter()
        .map(|entry| entry.cause)
        .filter(|cause| {
            cause.stage <= decision.stage
                && cause.stage > Stage::Client
                && !(on_the_way && cause.stage == Stage::NetworkFirewall)
                && cause.prior.weight >= LEAST_PRIOR_RULED_OUT
                && !listed
                    .iter()
                    .any(|weighed| std::ptr::eq(weighed.cause, *cause))
        })
        .collect();
    contradicted.sort_by(|a, b| {
        b.prior
            .weight
            .total_cmp(&a.prior.weight)
            .then(a.id.cmp(b.id))
    });
    contradicted
        .into_iter()
        .take(MOST_RULED_OUT)
        .map(|cause| RuledOut {
            id: cause.id.into(),
            summary: cause.title.into(),
            because: came_as_far_as(decision.stage).into(),
            evidence: vec!["e1".into()],
        })
        .collect()
}

/// What speaks against causes of earlier stages.
const fn came_as_far_as(stage: Stage) -> &'static str {
    match stage {
        Stage::Client | Stage::Name => "the resolver's answer is another one",
        Stage::Route | Stage::NetworkFirewall | Stage::HostFirewall | Stage::Listener => {
            "they would have been answered in another way"
        }
        Stage::Banner => "the connection was accepted",
        Stage::KeyExchange => "an SSH server answered",
        Stage::HostKey | Stage::Authentication | Stage::Session => "the key exchange passed",
    }
}
