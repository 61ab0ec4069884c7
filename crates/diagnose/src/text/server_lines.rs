//! What a line of a server means, and which lines are its own.

use sshdoctor_case::{Outcome, Stage};

use super::{
    attempt::{Attempt, Decision, Told},
    errno::Errno,
    message::{self, Message},
    sign::{Meaning, PROOF, Phase, Shows, Side, Sign},
};

/// Why sshd could not bind (sshd.c, `listen_on_addrs`).
pub(super) fn bind_failed(message: &Message<'_>) -> Decision {
    let error = message
        .text
        .split_once(" failed: ")
        .map_or("", |(_, error)| error);
    let causes = match Errno::of(error) {
        Errno::AddressNotAvailable => {
            vec!["bound-to-stale-address", "listen-address-not-ready-at-boot"]
        }
        Errno::AccessDenied | Errno::NotPermitted => {
            vec!["selinux-port-unlabelled", "apparmor-denies"]
        }
        _ => vec![
            "port-taken-by-other-service",
            "port-answered-by-other-sshd",
            "sshd-orphans",
            "socket-and-service-clash",
        ],
    };
    Decision {
        stage: Stage::Listener,
        outcome: Outcome::Refused,
        told: Told::Sign(Shows::Nothing, causes),
        weight: PROOF,
        line: message.quoted(),
    }
}

/// Why sshd takes no connection at all, or none from that address (sshd.c, srclimit.c).
pub(super) fn dropped(message: &Message<'_>) -> Decision {
    let lower = message.text.to_lowercase();
    let causes = if lower.contains("maxstartups") {
        vec!["max-startups"]
    } else {
        vec!["per-source-penalty"]
    };
    Decision {
        stage: Stage::Banner,
        outcome: Outcome::ClosedEarly,
        told: Told::Sign(Shows::Nothing, causes),
        weight: PROOF,
        line: message.quoted(),
    }
}

/// A server that listens, or lets someone in, has what kept it from that behind it.
pub(super) fn works(attempt: &mut Attempt, message: &Message<'_>) {
    let listening = message.sign.words == "Server listening on ";
    let bound_elsewhere = listening
        && attempt.decision.as_ref().is_some_and(|d| {
            let address = message.rest().split(' ').next().unwrap_or_default();
            d.line.contains("Bind to port") && !d.line.contains(&format!(" on {address} failed"))
        });
    if bound_elsewhere
        || attempt
            .decision
            .as_ref()
            .is_some_and(|d| d.stage == Stage::Session)
    {
        return;
    }
    attempt.decision = None;
    attempt.works = true;
    if !is_of_the_service(message.sign) {
        attempt.phase = Phase::Authenticated;
    }
}

/// The account that a message of sshd speaks of.
pub(super) fn user(text: &str) -> Option<String> {
    let word = |rest: &str| {
        message::name(
            rest.split(' ')
                .next()
                .unwrap_or_default()
                .trim_end_matches(':'),
        )
    };
    for before in [
        "authenticating user ",
        "invalid user ",
        "Invalid user ",
        "for user ",
        "User ",
    ] {
        if let Some((_, rest)) = text.split_once(before) {
            return word(rest);
        }
    }
    let (_, rest) = text.split_once(" for ")?;
    rest.contains(" from ").then(|| word(rest)).flatten()
}

/// What a server says of itself, not of one of its clients.
pub(super) fn is_of_the_service(sign: &Sign) -> bool {
    match sign.meaning {
        Meaning::Stops(stop) => stop.stage <= Stage::Banner,
        Meaning::Hints(causes) => causes.iter().any(|cause| cause.starts_with("host-key")),
        Meaning::Configuration | Meaning::Dropped | Meaning::BindFailed => true,
        Meaning::ServerWorks => {
            sign.words.starts_with("Server listening") || sign.words.starts_with("Started ")
        }
        _ => false,
    }
}

/// Words of a client that a server's log quotes, or that mean something else there.
pub(super) fn happens_to_clients_only(message: &Message<'_>) -> bool {
    message.sign.side == Side::Client
        && matches!(message.sign.meaning, Meaning::Stops(stop) if matches!(stop.stage, Stage::HostKey | Stage::Client | Stage::Name))
}

/// A client's words that a server's log has as well.
pub(super) fn may_be_both(sign: &Sign) -> bool {
    match sign.meaning {
        Meaning::Ended(_) | Meaning::Denied => true,
        Meaning::Stops(stop) => stop.stage >= Stage::KeyExchange || stop.stage == Stage::Listener,
        _ => false,
    }
}

/// Whose line it is: some words belong to both sides, and what stands around them tells. Nothing for what cannot be.
pub(super) fn side(message: &Message<'_>, in_servers_log: bool) -> Option<Side> {
    let contains = |words: &[u8]| memchr::memmem::find(message.prefix, words).is_some();
    let by_sshd = contains(b"sshd[") || contains(b"sshd-session[") || contains(b"sshd-auth[");
    let before_login = message.text.ends_with("[preauth]") || message.text.ends_with("[postauth]");
    if matches!(message.sign.meaning, Meaning::Configuration) {
        let whole = String::from_utf8_lossy(message.line);
        return if whole.contains("sshd_config") {
            Some(Side::Server)
        } else if ["ssh_config", ".ssh/", "command-line", "line 0:"]
            .iter()
            .any(|file| whole.contains(file))
        {
            Some(Side::Client)
        } else {
            None
        };
    }
    if message.sign.side == Side::Client
        && may_be_both(message.sign)
        && (by_sshd || before_login || in_servers_log)
    {
        return Some(Side::Server);
    }
    Some(message.sign.side)
}
