//! What a line of a client does to the attempt that it belongs to.

use sshdoctor_case::{Outcome, Stage};

use super::{
    attempt::{Attempt, Decision, Told},
    ending,
    errno::{Errno, Resolution},
    message::{self, Message},
    sign::{Ending, PROOF, Phase, SUMMARY, SYMPTOM, Shows, Side},
};

pub(super) fn begin(attempt: &mut Attempt, message: &Message<'_>) {
    if message.sign.words.contains("proxy command") {
        attempt.proxied = true;
        attempt.reach(Phase::Connecting, message.quoted());
        return;
    }
    // debug1: Connecting to web1 [203.0.113.9] port 22.
    let rest = message.rest();
    if let Some((host, after)) = rest.split_once(" port ") {
        let host = host.split([' ', '[']).next().unwrap_or_default();
        if !attempt.proxied || attempt.host.is_none() {
            attempt.host = message::name(host).or(attempt.host.take());
        }
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        attempt.port = digits.parse().ok().or(attempt.port);
    }
    attempt.reach(Phase::Connecting, message.quoted());
}

pub(super) fn reach(attempt: &mut Attempt, phase: Phase, message: &Message<'_>) {
    let rest = message.rest();
    match message.sign.words {
        "debug1: Authenticating to " => {
            // debug1: Authenticating to web1:22 as 'me'
            if let Some((host, port)) = rest.split(" as ").next().and_then(|at| at.rsplit_once(':'))
            {
                attempt.host = message::name(host).or(attempt.host.take());
                attempt.port = port.parse().ok().or(attempt.port);
            }
            attempt.user = message::between(rest, " as '", "'").and_then(message::name);
        }
        "debug1: Authentications that can continue: " => attempt.methods = Some(rest.to_owned()),
        "'s password:" => {
            let before = message.before();
            let account = before.rsplit(' ').next().unwrap_or_default();
            attempt.prompts += 1;
            if let Some((user, host)) = account.rsplit_once('@') {
                attempt.user = message::name(user);
                attempt.host = message::name(host).or(attempt.host.take());
            }
        }
        _ => {}
    }
    attempt.reach(phase, message.quoted());
}

pub(super) fn connect_failed(attempt: &mut Attempt, message: &Message<'_>) {
    let mut failed = message::failed_connect(message.rest());
    if failed.errno == Errno::Unknown {
        failed.errno = message::anywhere(&message.text);
    }
    attempt.host = failed.host.or(attempt.host.take());
    attempt.port = failed.port.or(attempt.port);
    attempt.over = true;
    let (stage, outcome) = ending::of_connect(failed.errno);
    attempt.decide(Decision {
        stage,
        outcome,
        told: Told::Connect(failed.errno),
        weight: if failed.errno == Errno::NotConnected {
            SUMMARY + 5
        } else {
            SYMPTOM
        },
        line: message.quoted(),
    });
}

/// The jump host works; what it met is what a client there would meet.
pub(super) fn forward_failed(attempt: &mut Attempt, message: &Message<'_>) {
    attempt.through_jump = true;
    let resolution = Resolution::of(message.rest());
    if resolution != Resolution::Unknown {
        attempt.decide(Decision {
            stage: Stage::Name,
            outcome: Outcome::NameNotFound,
            told: Told::Name(resolution),
            weight: SYMPTOM + 5,
            line: message.quoted(),
        });
        return;
    }
    let errno = match Errno::of(message.rest()) {
        Errno::Unknown => Errno::NotConnected,
        known => known,
    };
    let (stage, outcome) = ending::of_connect(errno);
    attempt.decide(Decision {
        stage,
        outcome,
        told: Told::Connect(errno),
        weight: SYMPTOM + 5,
        line: message.quoted(),
    });
}

pub(super) fn not_resolved(attempt: &mut Attempt, message: &Message<'_>) {
    let rest = message.rest();
    let (host, error) = rest
        .split_once("' port ")
        .or_else(|| rest.split_once(": "))
        .unwrap_or((rest, ""));
    attempt.host = message::name(host).or(attempt.host.take());
    attempt.over = true;
    let is_empty = host.trim().is_empty();
    attempt.decide(Decision {
        stage: if is_empty { Stage::Client } else { Stage::Name },
        outcome: if is_empty {
            Outcome::ClientError
        } else {
            Outcome::NameNotFound
        },
        told: if is_empty {
            Told::Sign(Shows::Nothing, vec!["destination-invalid"])
        } else {
            Told::Name(Resolution::of(error))
        },
        weight: SYMPTOM,
        line: message.quoted(),
    });
}

pub(super) fn configuration(attempt: &mut Attempt, message: &Message<'_>, cause: &'static str) {
    let (stage, outcome) = match attempt.side {
        Side::Client => (Stage::Client, Outcome::ClientError),
        Side::Server => (Stage::Listener, Outcome::Refused),
    };
    let summary = message.sign.words == "bad configuration options";
    attempt.works = false;
    attempt.over = attempt.side == Side::Client && summary;
    attempt.decide(Decision {
        stage,
        outcome,
        told: Told::Sign(Shows::Nothing, vec![cause]),
        weight: if summary { SYMPTOM } else { PROOF },
        line: message.quoted(),
    });
}

pub(super) fn denial(message: &Message<'_>, weight: u8) -> Decision {
    Decision {
        stage: Stage::Authentication,
        outcome: Outcome::LoginRefused,
        told: Told::Denial,
        weight,
        line: message.quoted(),
    }
}

pub(super) fn denied(attempt: &mut Attempt, message: &Message<'_>) {
    attempt.phase = attempt.phase.max(Phase::Authenticating);
    attempt.methods = message::between(&message.text, "(", ")")
        .or_else(|| message::between(&message.text, "server sent: ", ")"))
        .map(ToOwned::to_owned)
        .or(attempt.methods.take());
    // me@web1: Permission denied (publickey).
    let before = message.before();
    let account = before
        .trim_end()
        .trim_end_matches(':')
        .rsplit([' ', '"'])
        .next()
        .unwrap_or_default();
    if let Some((user, host)) = account.rsplit_once('@') {
        attempt.user = message::name(user).or(attempt.user.take());
        if attempt.host.is_none() {
            attempt.host = message::name(host);
        }
    }
    attempt.over = true;
    attempt.decide(denial(message, SUMMARY + 10));
}

pub(super) fn succeed(attempt: &mut Attempt, phase: Phase, message: &Message<'_>) {
    if attempt.proxied && !attempt.through_jump && phase == Phase::Authenticated {
        attempt.pass_jump(message.quoted());
        return;
    }
    if attempt.through_jump && attempt.decision.is_some() {
        return;
    }
    attempt.reach(phase, message.quoted());
    if message.sign.words.starts_with("Transferred") {
        attempt.brief = message.rest().contains(" in 0.");
    }
    attempt.works = true;
    // What was refused before the login worked is of no account.
    if attempt
        .decision
        .as_ref()
        .is_some_and(|d| d.stage <= Stage::Authentication && d.weight <= SUMMARY + 10)
    {
        attempt.decision = None;
    }
}

/// What was met before was met by the command or jump host in between.
pub(super) fn through_broken(attempt: &mut Attempt, message: &Message<'_>) {
    let broken = Told::Sign(Shows::Nothing, vec!["jump-host-broken"]);
    match &mut attempt.decision {
        // mosh connects by itself in between.
        Some(decision) if decision.line.contains("mosh: ") => {}
        Some(decision)
            if matches!(decision.told, Told::Connect(_) | Told::Name(_))
                && !attempt.through_jump =>
        {
            decision.stage = Stage::Route;
            decision.told = broken;
        }
        _ => attempt.decide(Decision {
            stage: Stage::Route,
            outcome: Outcome::ClosedEarly,
            told: broken,
            weight: SUMMARY + 6,
            line: message.quoted(),
        }),
    }
    attempt.over = true;
}

/// A shell that ends at once with an error was none.
pub(super) fn exit_status(attempt: &mut Attempt, message: &Message<'_>) {
    let status = message.rest().trim();
    if status == "0" {
        succeed(attempt, Phase::InSession, message);
        return;
    }
    if (attempt.brief && !attempt.command) || status == "254" {
        attempt.decide(Decision {
            stage: Stage::Session,
            outcome: Outcome::SessionFailed,
            told: Told::Sign(
                Shows::Nothing,
                vec![
                    "session-dies-after-login",
                    "login-shell-invalid",
                    "pam-denies",
                ],
            ),
            weight: SUMMARY,
            line: message.quoted(),
        });
        attempt.works = false;
    }
}

/// A copy that loses its connection at its beginning was not idle.
pub(super) fn copy_ended(attempt: &mut Attempt) {
    if let Some(decision) = &mut attempt.decision
        && let Told::Sign(_, causes) = &mut decision.told
        && causes.first() == Some(&"idle-connection-dropped")
    {
        *causes = vec![
            "session-dies-after-login",
            "chroot-ownership",
            "subsystem-missing",
        ];
    }
}

/// The end of a connection. Its line may hold the reason besides, so that it is not settled.
pub(super) fn ended(attempt: &mut Attempt, how: Ending, message: &Message<'_>) -> bool {
    let text = &message.text;
    if text.contains("disconnected by user") || text.contains("Bye Bye") {
        return true;
    }
    let how = if message.sign.words == "Connection to " && text.contains(" timed out") {
        Ending::TimedOut
    } else {
        how
    };
    if message.sign.words == "Connection to " && how == Ending::Closed {
        let cut = text.contains("by remote host");
        if cut {
            attempt.works = false;
            attempt.decide(ending::cut(message, attempt.phase));
        } else if attempt.phase >= Phase::Authenticated && attempt.decision.is_none() {
            attempt.works = true;
        }
        return true;
    }
    let needs_port = message.sign.words.starts_with("Connection ")
        || message.sign.words.starts_with("Disconnect");
    if needs_port && message::peer(text).is_none() {
        return false;
    }
    if attempt.host.is_none()
        && let Some((address, port)) = message::peer(text)
        && address != "UNKNOWN"
    {
        attempt.host = Some(address);
        attempt.port = Some(port);
    }
    attempt.decide(ending::of_phase(attempt.phase, how, message));
    attempt.works = false;
    false
}
