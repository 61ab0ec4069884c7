//! From observations to readings: what the evidence says, without yet saying what follows.

mod conversation;
mod names;
mod network;
mod this_machine;

use std::net::IpAddr;

use sshdoctor_case::{
    Case, ConnectOutcome, Fact, HostKeyVerdict, PortRole, ProxyOutcome, Received, RouteOutcome,
    ViaOutcome,
};

use sshdoctor_wire::icmp;

use super::aim::{self, Aim};
use super::attempt::attempts;
use super::reading::{Connect, FirstBytes, Reading, Sender, Sourced, Via};
use super::setting::Setting;

/// A connect that was waited for at least this long has outlived a retransmitted SYN (sent after 1 s) and its answer.
pub(crate) const PATIENT_MS: f64 = 2500.0;

pub(crate) use conversation::{accepts_nothing_unknown, own_exchange};

pub(crate) fn sourced(reading: Reading, ids: &[&str]) -> Sourced {
    Sourced {
        reading,
        evidence: ids.iter().map(|id| (*id).to_owned()).collect(),
    }
}

/// Circumstances for one address.
pub(crate) fn setting(case: &Case, aim: Option<&Aim>, focus: Option<IpAddr>) -> Setting {
    let known = case.observations.iter().any(|o| match &o.fact {
        Fact::KnownHosts { keys, .. } => !keys.is_empty(),
        Fact::HostKey {
            verdict,
            role: PortRole::Target,
            ..
        } => !matches!(verdict, HostKeyVerdict::Unknown),
        _ => false,
    });
    Setting {
        on_link: focus.is_some_and(|address| {
            matches!(
                aim::route(case, address),
                Some((RouteOutcome::Via { gateway: None, .. }, _))
            )
        }),
        has_known_keys: known,
        literal_address: aim.is_none_or(|aim| aim.host.parse::<IpAddr>().is_ok()),
        ipv4: focus.is_some_and(|address| address.is_ipv4()),
        is_this_machine: focus.is_some_and(|address| aim::is_this_machine(case, address)),
    }
}

/// Everything that bears on the machine aimed at, for one of its addresses.
pub(crate) fn readings(case: &Case, aim: Option<&Aim>, focus: Option<IpAddr>) -> Vec<Sourced> {
    let mut readings = Vec::new();
    client(case, &mut readings);
    if aim::client_problem(case).is_some() {
        return readings;
    }
    let Some(aim) = aim else {
        proxy_command(case, &mut readings);
        return readings;
    };
    names::read(case, aim, &mut readings);
    let Some(address) = focus else {
        return readings;
    };
    let target = aim.socket(address);
    let tried = attempts(case, target);
    network::route(case, address, &mut readings);
    network::target(address, &tried, case, &mut readings);
    network::control(case, address, &mut readings);
    network::echo(case, address, &mut readings);
    network::reset_ttl(case, target, &tried, &mut readings);
    network::trace(case, target, &mut readings);
    network::elsewhere(case, address, &tried, &mut readings);
    network::other_addresses(case, aim, address, &mut readings);
    conversation::read(case, target, &tried, &mut readings);
    conversation::again(&tried, &mut readings);
    this_machine::read(case, target, &mut readings);
    via(case, &mut readings);
    login(case, &mut readings);
    readings
}

/// Readings for a destination that was asked for through its jump hosts.
pub(crate) fn behind_jumps(case: &Case) -> Vec<Sourced> {
    let mut readings = Vec::new();
    client(case, &mut readings);
    if let Some((outcome, id)) = aim::last_link(case) {
        chained(outcome, id, &mut readings);
    }
    login(case, &mut readings);
    readings
}

/// What a jump host saw of the next machine.
fn chained(outcome: &ViaOutcome, id: &str, readings: &mut Vec<Sourced>) {
    let mut add = |reading| readings.push(sourced(reading, &[id]));
    match outcome {
        ViaOutcome::Answered { first_line } => {
            add(Reading::Target(Connect::Connected));
            add(Reading::FirstBytes(of_first_line(first_line)));
        }
        ViaOutcome::ConnectedSilent => {
            add(Reading::Target(Connect::Connected));
            add(Reading::FirstBytes(FirstBytes::Silence));
        }
        ViaOutcome::ConnectedClosed => {
            add(Reading::Target(Connect::Connected));
            add(Reading::FirstBytes(FirstBytes::Close));
        }
        ViaOutcome::Refused => add(Reading::Target(Connect::Refused)),
        ViaOutcome::TimedOut => add(Reading::Target(Connect::Silent)),
        ViaOutcome::Unreachable { .. } => {
            add(Reading::Target(Connect::HostUnreachable(Sender::Router)));
        }
        ViaOutcome::NameNotFound => add(Reading::Names(super::reading::Names::NotFound)),
        ViaOutcome::ForwardingForbidden => add(Reading::Named("forwarding-forbidden".into())),
        ViaOutcome::CouldNotLogIn { .. } | ViaOutcome::Other { .. } => {
            add(Reading::Named("jump-host-broken".into()));
        }
    }
}

/// An identification string begins so (RFC 4253, section 4.2).
pub(crate) fn speaks_ssh(first_line: &Received) -> bool {
    first_line.as_str().starts_with("SSH-")
}

fn of_first_line(line: &Received) -> FirstBytes {
    if speaks_ssh(line) {
        FirstBytes::Ssh
    } else {
        FirstBytes::OtherProtocol
    }
}

fn client(case: &Case, readings: &mut Vec<Sourced>) {
    if let Some((problem, id)) = aim::client_problem(case) {
        readings.push(sourced(Reading::Named(problem.cause.clone()), &[id]));
        return;
    }
    let id = case
        .observations
        .iter()
        .find_map(|o| matches!(o.fact, Fact::ClientConfig { .. }).then_some(o.id.as_str()));
    if let Some(id) = id {
        readings.push(sourced(Reading::ClientFine, &[id]));
    }
}

fn proxy_command(case: &Case, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        let Fact::ProxyCommand { outcome, .. } = &observation.fact else {
            continue;
        };
        let id = observation.id.as_str();
        match outcome {
            ProxyOutcome::Answered { first_line } => {
                readings.push(sourced(Reading::Target(Connect::Connected), &[id]));
                let first = Reading::FirstBytes(of_first_line(first_line));
                readings.push(sourced(first, &[id]));
            }
            ProxyOutcome::NotFound { .. } | ProxyOutcome::Exited { .. } | ProxyOutcome::Silent => {
                readings.push(sourced(Reading::Named("jump-host-broken".into()), &[id]));
            }
        }
    }
    login(case, readings);
}

fn via(case: &Case, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        let Fact::Via { jump, outcome, .. } = &observation.fact else {
            continue;
        };
        if !case.settings.via.contains(jump) {
            continue;
        }
        let seen = match outcome {
            ViaOutcome::Answered { first_line } if speaks_ssh(first_line) => Via::Works,
            ViaOutcome::Answered { .. }
            | ViaOutcome::ConnectedSilent
            | ViaOutcome::ConnectedClosed => Via::ClosedOrMute,
            ViaOutcome::Refused => Via::Refused,
            ViaOutcome::TimedOut => Via::Silent,
            ViaOutcome::Unreachable { .. } => Via::Unreachable,
            ViaOutcome::NameNotFound
            | ViaOutcome::ForwardingForbidden
            | ViaOutcome::CouldNotLogIn { .. }
            | ViaOutcome::Other { .. } => continue,
        };
        readings.push(sourced(Reading::Via(seen), &[&observation.id]));
    }
}

fn login(case: &Case, readings: &mut Vec<Sourced>) {
    for observation in &case.observations {
        if let Fact::Login { outcome } = &observation.fact {
            readings.push(sourced(
                Reading::Login {
                    fits: outcome.causes.clone(),
                    authenticated: outcome.authenticated,
                    session_opened: outcome.session_opened,
                },
                &[&observation.id],
            ));
        }
    }
}

/// Reads how an attempt to connect ended.
pub(crate) fn connect(
    outcome: &ConnectOutcome,
    elapsed_ms: f64,
    target: IpAddr,
    own: Option<IpAddr>,
) -> Connect {
    match outcome {
        ConnectOutcome::Connected => Connect::Connected,
        ConnectOutcome::Refused { by } => match by {
            sshdoctor_case::Refusal::Reset => Connect::Reset,
            sshdoctor_case::Refusal::Unspecified => Connect::Refused,
        },
        ConnectOutcome::Silent if elapsed_ms >= PATIENT_MS => Connect::Silent,
        ConnectOutcome::Silent => Connect::SilentSoFar,
        ConnectOutcome::Local { error } => match error.name.as_str() {
            "ENETUNREACH" | "ENETDOWN" => Connect::NoLocalRoute,
            // Answers that this machine sent itself: the error queue names its own address as the sender.
            "ECONNREFUSED" => Connect::PortUnreachable(Sender::Client),
            "EHOSTUNREACH" if elapsed_ms > 500.0 => Connect::NoNeighbour,
            "EHOSTUNREACH" => Connect::Prohibited(Sender::Client),
            "EPERM" | "EACCES" => Connect::LocallyForbidden,
            _ => Connect::OtherLocal,
        },
        ConnectOutcome::Icmp { error } => {
            let sender = match error.sender {
                Some(sender) if Some(sender) == own && sender != target => Sender::Client,
                Some(sender) if sender != target => Sender::Router,
                _ => Sender::Host,
            };
            of_icmp(error.v6, error.kind, error.code, sender)
        }
    }
}

fn of_icmp(v6: bool, kind: u8, code: u8, sender: Sender) -> Connect {
    if icmp::is_refusal(v6, kind, code) || is_protocol_unreachable(v6, kind, code) {
        Connect::PortUnreachable(sender)
    } else if icmp::says_prohibited(v6, kind, code) {
        Connect::Prohibited(sender)
    } else if icmp::says_no_route(v6, kind, code) {
        Connect::NetUnreachable(sender)
    } else if icmp::says_host_unreachable(v6, kind, code) || is_astray(v6, kind, code) {
        Connect::HostUnreachable(sender)
    } else if icmp::says_time_exceeded(v6, kind) {
        Connect::TimeExceeded
    } else {
        Connect::OtherIcmp
    }
}

/// RFC 792, type 3: the host refuses TCP as a whole.
fn is_protocol_unreachable(v6: bool, kind: u8, code: u8) -> bool {
    (v6, kind, code) == (false, 3, 2)
}

/// Source route failed, source host isolated (RFC 1812, section 5.2.7.1), beyond the scope of the source (RFC 4443, section 3.1).
fn is_astray(v6: bool, kind: u8, code: u8) -> bool {
    matches!((v6, kind, code), (false, 3, 5 | 8) | (true, 1, 2))
}
