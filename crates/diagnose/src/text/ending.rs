//! What an end means, by how far the connection had come.

use sshdoctor_case::{Outcome, Stage};

use super::{
    attempt::{Attempt, Decision, Told},
    errno::Errno,
    message::Message,
    sign::{Ending, Phase, SUMMARY, SYMPTOM, Shows},
};
use crate::{
    catalogue,
    outside::reading::{Exchange, FirstBytes},
};

/// Stage and outcome of a connect(2) that failed.
pub(super) const fn of_connect(errno: Errno) -> (Stage, Outcome) {
    match errno {
        Errno::Refused => (Stage::Listener, Outcome::Refused),
        Errno::TimedOut | Errno::BadlyMapped => (Stage::Route, Outcome::TimedOut),
        Errno::Reset => (Stage::NetworkFirewall, Outcome::Reset),
        Errno::AddressNotAvailable
        | Errno::InvalidArgument
        | Errno::SetBefore
        | Errno::FamilyNotSupported
        | Errno::NotPermitted
        | Errno::TryAgain => (Stage::Client, Outcome::ClientError),
        _ => (Stage::Route, Outcome::Unreachable),
    }
}

/// A connection that the other side, or something between, ended.
pub(super) fn of_phase(phase: Phase, how: Ending, message: &Message<'_>) -> Decision {
    let stage = match phase {
        Phase::Connecting => Stage::Banner,
        phase => phase.stage(),
    };
    let (outcome, told) = match stage {
        Stage::KeyExchange => match how {
            Ending::TimedOut => (
                Outcome::KeyExchangeHung,
                Told::Sign(Shows::Exchange(Exchange::Hung), Vec::new()),
            ),
            Ending::Closed | Ending::Reset => (
                Outcome::ClosedEarly,
                Told::Sign(Shows::Exchange(Exchange::Broke), Vec::new()),
            ),
        },
        Stage::Authentication => (
            Outcome::LoginRefused,
            Told::Sign(
                Shows::Nothing,
                vec![
                    "pam-denies",
                    "connection-refused-by-config",
                    "account-locked-or-expired",
                ],
            ),
        ),
        Stage::Session => (
            Outcome::SessionFailed,
            Told::Sign(
                Shows::Nothing,
                vec![
                    "session-dies-after-login",
                    "pam-denies",
                    "login-shell-invalid",
                ],
            ),
        ),
        _ => {
            let (outcome, bytes) = match how {
                Ending::Closed => (Outcome::ClosedEarly, FirstBytes::Close),
                Ending::Reset => (Outcome::Reset, FirstBytes::Reset),
                Ending::TimedOut => (Outcome::Silent, FirstBytes::Silence),
            };
            (outcome, Told::Sign(Shows::FirstBytes(bytes), Vec::new()))
        }
    };
    Decision {
        stage,
        outcome,
        told,
        weight: SUMMARY + 5,
        line: message.quoted(),
    }
}

/// A session that was cut off.
pub(super) fn cut(message: &Message<'_>, phase: Phase) -> Decision {
    let causes = if phase >= Phase::Authenticated {
        vec![
            "session-dies-after-login",
            "login-shell-invalid",
            "chroot-ownership",
        ]
    } else {
        vec![
            "session-dies-after-login",
            "idle-connection-dropped",
            "chroot-ownership",
        ]
    };
    Decision {
        stage: Stage::Session,
        outcome: Outcome::SessionFailed,
        told: Told::Sign(Shows::Nothing, causes),
        weight: SUMMARY + 5,
        line: message.quoted(),
    }
}

/// The text is over and nothing has said how the attempt ended: what was awaited did not come.
pub(super) fn conclude(attempt: &mut Attempt) {
    if attempt.decision.is_some() || attempt.works {
        return;
    }
    if attempt.phase == Phase::Begun && attempt.hinted() == ["stale-control-socket"] {
        from_hints(attempt);
        return;
    }
    if attempt.prompts > 1
        && let Some(line) = attempt.mark.clone()
    {
        attempt.passwords_refused = attempt.prompts - 1;
        attempt.decide(Decision {
            stage: Stage::Authentication,
            outcome: Outcome::LoginRefused,
            told: Told::Denial,
            weight: SUMMARY,
            line,
        });
        return;
    }
    if let Some((address, errno, line)) = attempt.addresses.last().cloned() {
        let (stage, outcome) = of_connect(errno);
        attempt.host.get_or_insert(address);
        attempt.decide(Decision {
            stage,
            outcome,
            told: Told::Connect(errno),
            weight: SYMPTOM,
            line,
        });
        return;
    }
    if let Some(decision) = awaited(attempt) {
        attempt.decide(decision);
        return;
    }
    from_hints(attempt);
}

/// Nothing but hints speaks.
fn from_hints(attempt: &mut Attempt) {
    // Being asked for one more proof is no failure by itself.
    let failing = attempt
        .hints
        .iter()
        .find(|(cause, _)| *cause != "second-factor-missing" && *cause != "clock-wrong");
    let Some((cause, line)) = failing.cloned() else {
        return;
    };
    let Some(known) = catalogue::find(cause) else {
        return;
    };
    attempt.only_hints = true;
    let outcome = match known.stage {
        Stage::Authentication => Outcome::LoginRefused,
        Stage::Session => Outcome::SessionFailed,
        Stage::Client => Outcome::ClientError,
        _ => Outcome::ClosedEarly,
    };
    attempt.decide(Decision {
        stage: known.stage,
        outcome,
        told: Told::Sign(Shows::Nothing, attempt.hinted()),
        weight: SUMMARY,
        line,
    });
}

/// A connection that hangs shows by the last line that `ssh -v` prints.
fn awaited(attempt: &Attempt) -> Option<Decision> {
    let line = attempt.mark.clone()?;
    let verbose = line.contains("debug1: ");
    let (stage, outcome, told) = match attempt.phase {
        _ if !verbose => return None,
        Phase::Connecting => (
            Stage::Route,
            Outcome::TimedOut,
            Told::Connect(Errno::TimedOut),
        ),
        Phase::Connected => (
            Stage::Banner,
            Outcome::Silent,
            Told::Sign(Shows::FirstBytes(FirstBytes::Silence), Vec::new()),
        ),
        Phase::Identified | Phase::Negotiating | Phase::AwaitingReply => (
            Stage::KeyExchange,
            Outcome::KeyExchangeHung,
            Told::Sign(Shows::Exchange(Exchange::Hung), Vec::new()),
        ),
        _ => return None,
    };
    Some(Decision {
        stage,
        outcome,
        told,
        weight: SUMMARY,
        line,
    })
}
