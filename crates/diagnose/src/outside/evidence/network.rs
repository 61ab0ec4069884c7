//! Readings of routes, connects, echoes, times to live, traces and other ports.

use std::net::{IpAddr, SocketAddr};

use sshdoctor_case::{
    BannerOutcome, Case, ConnectOutcome, EchoOutcome, Fact, Hop, HopAnswer, PortRole, RouteOutcome,
};

use super::{connect, sourced};
use crate::outside::aim::Aim;
use crate::outside::attempt::{Attempt, Progress, attempts};
use crate::outside::reading::{
    Echo, Elsewhere, OtherAddresses, Reading, ResetTtl, Route, Sourced, TraceEnd,
};

/// Interfaces that usually lead into a tunnel, a container bridge or a virtual network.
const VIRTUAL_INTERFACES: [&str; 20] = [
    "tun",
    "tap",
    "wg",
    "ppp",
    "docker",
    "br-",
    "virbr",
    "veth",
    "vmnet",
    "vboxnet",
    "tailscale",
    "zt",
    "utun",
    "ipsec",
    "gre",
    "lxc",
    "vpn",
    "nordlynx",
    "proton",
    "cscotun",
];

pub(super) fn route(case: &Case, address: IpAddr, readings: &mut Vec<Sourced>) {
    let Some((outcome, id)) = crate::outside::aim::route(case, address) else {
        return;
    };
    let route = match outcome {
        RouteOutcome::Via { interface, .. } => {
            if VIRTUAL_INTERFACES
                .iter()
                .any(|prefix| interface.starts_with(prefix))
            {
                Route::Virtual
            } else {
                Route::Ordinary
            }
        }
        RouteOutcome::Unreachable { .. } => Route::None,
        RouteOutcome::Blackhole | RouteOutcome::Prohibit => Route::Denied,
    };
    readings.push(sourced(Reading::Route(route), &[id]));
}

pub(super) fn target(
    address: IpAddr,
    tried: &[Attempt<'_>],
    case: &Case,
    readings: &mut Vec<Sourced>,
) {
    if let Some(attempt) = tried.first()
        && let Some(outcome) = attempt.connect
    {
        let own = crate::outside::aim::source_address(case, address);
        let reading = connect(outcome, attempt.connect_ms, address, own);
        let ids: Vec<&str> = attempt.ids[0].into_iter().collect();
        readings.push(sourced(Reading::Target(reading), &ids));
    }
}

pub(super) fn control(case: &Case, address: IpAddr, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        if let Fact::TcpConnect {
            to,
            role: PortRole::Control,
            outcome,
            ..
        } = &observation.fact
            && to.ip() == address
        {
            let own = crate::outside::aim::source_address(case, address);
            let reading = connect(outcome, observation.elapsed_ms, address, own);
            readings.push(sourced(Reading::Control(reading), &[&observation.id]));
            return;
        }
    }
}

pub(super) fn echo(case: &Case, address: IpAddr, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        if let Fact::Echo { to, outcome } = &observation.fact
            && *to == address
        {
            let echo = match outcome {
                EchoOutcome::Reply { .. } => Echo::Reply,
                // Shorter silences are no evidence: the reply may have been on its way.
                EchoOutcome::Silent if observation.elapsed_ms > 400.0 => Echo::Silent,
                EchoOutcome::Icmp { .. } => Echo::Unreachable,
                EchoOutcome::Silent | EchoOutcome::NotPermitted | EchoOutcome::Local { .. } => {
                    return;
                }
            };
            readings.push(sourced(Reading::Echo(echo), &[&observation.id]));
            return;
        }
    }
}

/// Routers that a packet has passed when it arrives with this time to live, from the customary initial values.
pub(crate) fn hops_from_ttl(ttl: u8) -> u8 {
    match ttl {
        0..=64 => 64 - ttl,
        65..=128 => 128 - ttl,
        129..=255 => 255 - ttl,
    }
}

/// Time to live that a packet needs to reach the host, where an answer of the host itself tells.
pub(crate) fn host_distance(case: &Case, address: IpAddr) -> Option<(u8, String)> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::Echo {
            to,
            outcome: EchoOutcome::Reply { ttl: Some(ttl) },
        } if *to == address => Some((hops_from_ttl(*ttl) + 1, o.id.clone())),
        Fact::AnswerTtl { to, ttl: Some(ttl) } if to.ip() == address => {
            Some((hops_from_ttl(*ttl) + 1, o.id.clone()))
        }
        _ => None,
    })
}

pub(super) fn reset_ttl(
    case: &Case,
    target: SocketAddr,
    tried: &[Attempt<'_>],
    readings: &mut Vec<Sourced>,
) {
    let reset = tried
        .iter()
        .any(|attempt| matches!(attempt.connect, Some(ConnectOutcome::Refused { .. })));
    let compared = case.observations.iter().find_map(|o| match &o.fact {
        Fact::TtlEquals {
            to,
            expected,
            equal: Some(equal),
        } if *to == target => Some((*expected, *equal, o.id.as_str())),
        _ => None,
    });
    let (true, Some((expected, equal, id))) = (reset, compared) else {
        return;
    };
    let from_echo = case.observations.iter().find_map(|o| match &o.fact {
        Fact::Echo {
            to,
            outcome: EchoOutcome::Reply { ttl: Some(ttl) },
        } if *to == target.ip() => Some((*ttl, o.id.as_str())),
        _ => None,
    });
    let reading = match (from_echo, equal) {
        (Some((echo, _)), true) if hops_from_ttl(echo) == hops_from_ttl(expected) => {
            ResetTtl::AsHost
        }
        (Some(_), true) => ResetTtl::UnlikeHost,
        // Without an echo a lost packet may have spoilt the expected value: the control port has to confirm it.
        (None, false) if !confirmed_by_control(case, target, expected) => return,
        (None, false) => ResetTtl::UnlikeHost,
        (Some((echo, _)), false) if hops_from_ttl(echo) == hops_from_ttl(expected) => {
            ResetTtl::UnlikeHost
        }
        // The control port's answer differs from both: whose is which cannot be told.
        (Some(_), false) => return,
        (None, true) => ResetTtl::AsControl,
    };
    let mut ids = vec![id];
    ids.extend(from_echo.map(|(_, id)| id));
    readings.push(sourced(Reading::ResetTtl(reading), &ids));
}

/// The control port's answer was found a second time to arrive with this time to live.
fn confirmed_by_control(case: &Case, target: SocketAddr, value: u8) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::TtlEquals {
            to,
            expected,
            equal: Some(true),
        } => to.ip() == target.ip() && to.port() != target.port() && *expected == value,
        _ => false,
    })
}

pub(super) fn trace(case: &Case, target: SocketAddr, readings: &mut Vec<Sourced>) {
    let on_link = matches!(
        crate::outside::aim::route(case, target.ip()),
        Some((RouteOutcome::Via { gateway: None, .. }, _))
    );
    for observation in &case.observations {
        let Fact::Trace {
            to,
            hops,
            local_drops,
        } = &observation.fact
        else {
            continue;
        };
        if *to != target || hops.is_empty() {
            continue;
        }
        let distance = host_distance(case, target.ip());
        let end = trace_end(
            hops,
            *local_drops,
            distance.as_ref().map(|d| d.0),
            target.ip(),
        );
        // On an ordinary link no router is expected; the far end of a tunnel is one.
        let virtual_route = readings
            .iter()
            .any(|sourced| sourced.reading == Reading::Route(Route::Virtual));
        let expected = on_link && !virtual_route;
        if expected && matches!(end, TraceEnd::Nowhere | TraceEnd::OwnReset) {
            continue;
        }
        let mut ids = vec![observation.id.as_str()];
        ids.extend(distance.as_ref().map(|(_, id)| id.as_str()));
        readings.push(sourced(Reading::Trace(end), &ids));
        return;
    }
}

fn trace_end(hops: &[Hop], local_drops: bool, distance: Option<u8>, host: IpAddr) -> TraceEnd {
    let first = hops.iter().find(|hop| hop.ttl == 1).map(|hop| &hop.answer);
    if matches!(first, Some(HopAnswer::Reset)) && distance != Some(1) {
        return TraceEnd::OwnReset;
    }
    if hops
        .iter()
        .any(|hop| matches!(hop.answer, HopAnswer::Local { .. }))
    {
        return TraceEnd::OwnFilter;
    }
    for hop in hops {
        match &hop.answer {
            HopAnswer::Connected | HopAnswer::Reset => return TraceEnd::Answered,
            HopAnswer::Icmp { error } if error.sender == Some(host) => return TraceEnd::Answered,
            HopAnswer::Icmp { .. } => return TraceEnd::Unreachable,
            _ => {}
        }
    }
    let routers: Vec<(u8, IpAddr)> = hops
        .iter()
        .filter_map(|hop| match hop.answer {
            HopAnswer::TimeExceeded { sender } => Some((hop.ttl, sender)),
            _ => None,
        })
        .collect();
    let Some((last, _)) = routers.last() else {
        return if local_drops {
            TraceEnd::OwnFilter
        } else {
            TraceEnd::Nowhere
        };
    };
    if goes_round(&routers) {
        return TraceEnd::Loop;
    }
    match distance {
        Some(distance) if last + 1 >= distance => TraceEnd::LastRouter,
        Some(_) => TraceEnd::EarlierRouter,
        None => TraceEnd::SomeRouter,
    }
}

/// A router that answers for three different times to live passes the packet in a circle.
fn goes_round(routers: &[(u8, IpAddr)]) -> bool {
    routers
        .iter()
        .any(|(_, sender)| routers.iter().filter(|(_, other)| other == sender).count() >= 3)
}

pub(super) fn elsewhere(
    case: &Case,
    address: IpAddr,
    tried: &[Attempt<'_>],
    readings: &mut Vec<Sourced>,
) {
    if tried
        .iter()
        .any(|attempt| attempt.progress() >= Progress::Identified)
    {
        return;
    }
    let mut answered = Vec::new();
    let mut unanswered = Vec::new();
    for observation in &case.observations {
        match &observation.fact {
            Fact::Banner {
                to,
                role: role @ (PortRole::Remembered | PortRole::Customary),
                outcome: BannerOutcome::Identified { .. },
                ..
            } if to.ip() == address => {
                let found = if *role == PortRole::Remembered {
                    Elsewhere::RememberedPort
                } else {
                    Elsewhere::CustomaryPort
                };
                readings.push(sourced(Reading::Elsewhere(found), &[&observation.id]));
                return;
            }
            Fact::TcpConnect {
                to,
                role: PortRole::Remembered | PortRole::Customary,
                outcome,
                ..
            } if to.ip() == address => {
                let list = match outcome {
                    ConnectOutcome::Silent => &mut unanswered,
                    _ => &mut answered,
                };
                list.push(observation.id.as_str());
            }
            _ => {}
        }
    }
    if answered.is_empty() && unanswered.is_empty() {
        return;
    }
    let (reading, ids) = if answered.len() >= unanswered.len() {
        (Elsewhere::NotFound, answered)
    } else {
        (Elsewhere::Unanswered, unanswered)
    };
    readings.push(sourced(Reading::Elsewhere(reading), &ids));
}

pub(super) fn other_addresses(case: &Case, aim: &Aim, focus: IpAddr, readings: &mut Vec<Sourced>) {
    let fate = |address: IpAddr| {
        let first = attempts(case, aim.socket(address)).into_iter().next()?;
        Some((address, first))
    };
    let Some((_, own)) = fate(focus) else { return };
    if own.progress() >= Progress::Open {
        return;
    }
    let others: Vec<_> = aim
        .addresses
        .iter()
        .chain(&aim.other_family)
        .filter(|address| **address != focus)
        .filter_map(|address| fate(*address))
        .collect();
    // Without a route for one family nothing is learned about the host.
    let sent: Vec<_> = others
        .iter()
        .filter(|(_, attempt)| attempt.progress() > Progress::NotSent)
        .collect();
    let works = |same_family: bool| {
        sent.iter().find(|(address, attempt)| {
            attempt.progress() >= Progress::Open
                && (address.is_ipv4() == focus.is_ipv4()) == same_family
        })
    };
    let (reading, witness) = if let Some(witness) = works(true) {
        (OtherAddresses::SameFamilyWorks, witness)
    } else if let Some(witness) = works(false) {
        (OtherAddresses::OtherFamilyWorks, witness)
    } else if let Some(alike) = sent.iter().find(|(_, attempt)| kind(attempt) == kind(&own)) {
        (OtherAddresses::FailAlike, alike)
    } else if let Some(other) = sent.first() {
        (OtherAddresses::FailOtherwise, other)
    } else {
        return;
    };
    let ids = witness.1.evidence();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    readings.push(sourced(Reading::OtherAddresses(reading), &ids));
}

/// Failures of the same kind, whoever sent the message.
fn kind(attempt: &Attempt<'_>) -> (Progress, bool) {
    let silent = matches!(attempt.connect, Some(ConnectOutcome::Silent));
    (attempt.progress(), silent)
}
