//! The answer in one sentence.

use sshdoctor_case::{Outcome, Stage};

use super::{
    answer::Answer,
    attempt::{Decision, Told},
    sign::Shows,
};
use crate::outside::{belief::Weighed, reading::HostKey};

/// The first line of the report where something failed.
pub(super) fn of_failure(answer: &Answer<'_>, decision: &Decision, causes: &[Weighed]) -> String {
    let met = if answer.is_servers() {
        on_the_server(answer, decision)
    } else {
        for_the_client(answer, decision)
    };
    let Some(top) = causes.first() else {
        return format!("{met}.");
    };
    let title = top.cause.title;
    if top.probability >= 0.9 {
        format!("{met}: {title}.")
    } else if top.probability >= 0.4 {
        format!("{met}: most likely {title}.")
    } else {
        format!("{met}; of several reasons the likeliest is that {title}.")
    }
}

/// The first line where nothing failed.
pub(super) fn of_success(answer: &Answer<'_>) -> String {
    match answer.attempt {
        Some(attempt) if attempt.works && answer.is_servers() => {
            "Nothing failed in the end: the server listens, or let its last client in.".into()
        }
        Some(attempt) if attempt.works => {
            format!("{} let you in: nothing failed in this text.", name(answer))
        }
        _ => "Nothing in this text failed.".into(),
    }
}

fn name<'a>(answer: &'a Answer<'_>) -> &'a str {
    answer
        .attempt
        .and_then(|attempt| attempt.host.as_deref())
        .unwrap_or("The server")
}

fn for_the_client(answer: &Answer<'_>, decision: &Decision) -> String {
    let name = name(answer);
    let through = answer
        .attempt
        .is_some_and(|attempt| attempt.through_jump && decision.stage <= Stage::Listener);
    let seen = if through { " from the jump host" } else { "" };
    match decision.outcome {
        Outcome::Open | Outcome::Unknown => format!("{name} was reached"),
        Outcome::NameNotFound => format!("The name {name} leads to no address{seen}"),
        Outcome::ClientError => "ssh stops before it sends anything".into(),
        Outcome::Unreachable => format!("{name} cannot be reached{seen}"),
        Outcome::TimedOut => format!("{name} does not answer{seen}"),
        Outcome::Refused => format!("{name} refuses the connection{seen}"),
        Outcome::Reset => format!("{name} resets the connection before SSH begins"),
        Outcome::ClosedEarly if decision.stage == Stage::Route => {
            format!("The way to {name} through the jump host fails")
        }
        Outcome::ClosedEarly if decision.stage == Stage::KeyExchange => {
            format!("The key exchange with {name} is broken off")
        }
        Outcome::ClosedEarly => format!("{name} closes the connection before SSH begins"),
        Outcome::Silent => format!("{name} accepts the connection and then says nothing"),
        Outcome::NotSsh => format!("What answers at {name} does not speak SSH"),
        Outcome::NoCommonAlgorithm => format!("{name} and your ssh share no common algorithm"),
        Outcome::KeyExchangeHung => format!("The key exchange with {name} hangs"),
        Outcome::HostKeyMismatch => match decision.told {
            Told::Sign(Shows::HostKey(HostKey::Changed), _) => {
                format!("{name} shows another host key than the one you know")
            }
            _ => format!("Your ssh does not accept the host key of {name}"),
        },
        Outcome::LoginRefused => format!("{name} refuses the login"),
        Outcome::SessionFailed => format!("{name} accepts the login, and the session fails"),
    }
}

fn on_the_server(answer: &Answer<'_>, decision: &Decision) -> String {
    let attempt = answer.attempt;
    let user = attempt.and_then(|attempt| attempt.user.as_deref());
    match (decision.stage, user) {
        (Stage::Listener, _) => "sshd does not serve".into(),
        (Stage::Banner, _) => "sshd drops connections before SSH begins".into(),
        (Stage::KeyExchange, _) => "The key exchange with a client fails".into(),
        (Stage::Authentication, Some(user)) => format!("The login of {user} is refused"),
        (Stage::Authentication, None) => "A login is refused".into(),
        (Stage::Session, Some(user)) => format!("{user} logs in, and the session fails"),
        (Stage::Session, None) => "A login works, and its session fails".into(),
        _ => "The server does not let a client in".into(),
    }
}
