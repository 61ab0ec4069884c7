//! What the client experiences.

use sshdoctor_case::{
    BannerOutcome, Case, ConnectOutcome, Fact, HostKeyVerdict, KexOutcome, LoginOutcome, Outcome,
    ProxyOutcome, ViaOutcome,
};

use crate::outside::aim::{self, Aim};
use crate::outside::attempt::{Attempt, is_protocol_2};
use crate::outside::evidence;
use crate::outside::focus::Fates;
use crate::outside::reading::Connect;

/// The outcome of a direct connection, or of a ProxyCommand.
pub(super) fn outcome(case: &Case, aim: Option<&Aim>, fates: &Fates<'_>) -> Outcome {
    if aim::client_problem(case).is_some() {
        return Outcome::ClientError;
    }
    let Some(aim) = aim else {
        return through_proxy_command(case);
    };
    if aim.addresses.is_empty() {
        return Outcome::NameNotFound;
    }
    let Some((address, attempt)) = fates.decisive() else {
        return Outcome::TimedOut;
    };
    match attempt.connect {
        Some(ConnectOutcome::Connected) => accepted(case, attempt),
        Some(outcome) => {
            let own = aim::source_address(case, *address);
            not_accepted(evidence::connect(
                outcome,
                attempt.connect_ms,
                *address,
                own,
            ))
        }
        None => Outcome::TimedOut,
    }
}

/// The outcome behind jump hosts, from what the last of them saw.
pub(super) fn behind_jumps(case: &Case) -> Outcome {
    if let Some(login) = login(case) {
        return of_login(login);
    }
    match aim::last_link(case).map(|(outcome, _)| outcome) {
        Some(ViaOutcome::Answered { first_line }) if evidence::speaks_ssh(first_line) => {
            Outcome::Open
        }
        Some(ViaOutcome::Answered { .. }) => Outcome::NotSsh,
        Some(ViaOutcome::ConnectedSilent) => Outcome::Silent,
        Some(ViaOutcome::Refused) => Outcome::Refused,
        Some(ViaOutcome::TimedOut) | None => Outcome::TimedOut,
        Some(ViaOutcome::Unreachable { .. }) => Outcome::Unreachable,
        Some(ViaOutcome::NameNotFound) => Outcome::NameNotFound,
        Some(
            ViaOutcome::ConnectedClosed
            | ViaOutcome::ForwardingForbidden
            | ViaOutcome::CouldNotLogIn { .. }
            | ViaOutcome::Other { .. },
        ) => Outcome::ClosedEarly,
    }
}

fn through_proxy_command(case: &Case) -> Outcome {
    if let Some(login) = login(case) {
        return of_login(login);
    }
    let outcome = case.observations.iter().find_map(|o| match &o.fact {
        Fact::ProxyCommand { outcome, .. } => Some(outcome),
        _ => None,
    });
    match outcome {
        Some(ProxyOutcome::Answered { first_line }) if evidence::speaks_ssh(first_line) => {
            Outcome::Open
        }
        Some(ProxyOutcome::Answered { .. }) => Outcome::NotSsh,
        Some(ProxyOutcome::Silent) => Outcome::TimedOut,
        Some(ProxyOutcome::Exited { .. }) => Outcome::ClosedEarly,
        Some(ProxyOutcome::NotFound { .. }) | None => Outcome::ClientError,
    }
}

/// What `ssh` prints, in the contract's words.
fn not_accepted(connect: Connect) -> Outcome {
    match connect {
        Connect::Connected => Outcome::Open,
        Connect::Reset | Connect::Refused | Connect::PortUnreachable(_) => Outcome::Refused,
        Connect::Silent | Connect::SilentSoFar => Outcome::TimedOut,
        Connect::Prohibited(_)
        | Connect::HostUnreachable(_)
        | Connect::NetUnreachable(_)
        | Connect::TimeExceeded
        | Connect::OtherIcmp
        | Connect::NoLocalRoute
        | Connect::NoNeighbour
        | Connect::LocallyForbidden
        | Connect::OtherLocal => Outcome::Unreachable,
    }
}

fn accepted(case: &Case, attempt: &Attempt<'_>) -> Outcome {
    match attempt.banner {
        Some(BannerOutcome::Identified { protocol, .. }) if is_protocol_2(protocol.as_str()) => {
            identified(case, attempt)
        }
        Some(BannerOutcome::Identified { .. }) => Outcome::NoCommonAlgorithm,
        Some(BannerOutcome::NotSsh { .. } | BannerOutcome::TooMuch) => Outcome::NotSsh,
        Some(BannerOutcome::Closed) => Outcome::ClosedEarly,
        Some(BannerOutcome::Reset) => Outcome::Reset,
        Some(BannerOutcome::Silent | BannerOutcome::Trickle) | None => Outcome::Silent,
    }
}

fn identified(case: &Case, attempt: &Attempt<'_>) -> Outcome {
    if let Some(login) = login(case) {
        return of_login(login);
    }
    if let Some((KexOutcome::Hung { .. }, _)) = evidence::own_exchange(case) {
        return Outcome::KeyExchangeHung;
    }
    match (attempt.exchange, attempt.host_key) {
        (
            _,
            Some(
                HostKeyVerdict::Mismatch { .. }
                | HostKeyVerdict::Revoked { .. }
                | HostKeyVerdict::OtherTypeOnly { .. },
            ),
        ) => Outcome::HostKeyMismatch,
        (_, Some(HostKeyVerdict::Unknown)) if evidence::accepts_nothing_unknown(case) => {
            Outcome::HostKeyMismatch
        }
        (Some(KexOutcome::Completed { .. } | KexOutcome::ProbeLacks { .. }), _) | (_, Some(_)) => {
            Outcome::Open
        }
        (Some(KexOutcome::NoCommon { .. }), None) => Outcome::NoCommonAlgorithm,
        (Some(KexOutcome::Closed | KexOutcome::Failed { .. }), None) => Outcome::ClosedEarly,
        (Some(KexOutcome::Reset), None) => Outcome::Reset,
        (Some(KexOutcome::Hung { .. }) | None, None) => Outcome::KeyExchangeHung,
    }
}

/// How the person's own `ssh` fared, where it was allowed to log in.
pub(super) fn login(case: &Case) -> Option<&LoginOutcome> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::Login { outcome } => Some(outcome),
        _ => None,
    })
}

fn of_login(login: &LoginOutcome) -> Outcome {
    if login.session_opened {
        Outcome::Open
    } else if login.authenticated {
        Outcome::SessionFailed
    } else {
        Outcome::LoginRefused
    }
}
