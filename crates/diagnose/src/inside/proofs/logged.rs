//! What sshd itself logged about this client.

use sshdoctor_case::{LogLine, Outcome};

use super::{config, quote, sentence::begun};
use crate::inside::{Proof, Server, account::passwords_work};

/// Lines older than this tell of another time, in milliseconds.
const RECENT_MS: i64 = 900_000;

/// The last recent line that holds any of `patterns` and names the client, or no client at all.
fn recent<'a>(server: &Server<'a>, patterns: &[&str]) -> Option<(&'a str, &'a LogLine)> {
    let from = server.question.from.map(|from| from.to_string());
    let (log, line) = server.logged(patterns)?;
    let text = line.message.as_str();
    let names_other = text.contains(" from ")
        && from
            .as_ref()
            .is_some_and(|from| !text.contains(from.as_str()));
    let is_recent = line
        .at_ms
        .is_none_or(|at| server.now_ms.saturating_sub(at) < RECENT_MS);
    (is_recent && !names_other).then_some((log, line))
}

/// A login that came after a line makes it a thing of the past.
fn is_settled(server: &Server<'_>, line: &LogLine) -> bool {
    server
        .logged(&[
            "Accepted publickey",
            "Accepted password",
            "Accepted keyboard-interactive",
        ])
        .is_some_and(|(_, accepted)| accepted.at_ms > line.at_ms && accepted.at_ms.is_some())
}

fn proof(outcome: Outcome, answer: String, (log, line): (&str, &LogLine)) -> Proof {
    Proof::stops(outcome, answer)
        .link(format!("sshd logged: {}", line.message))
        .by(log)
        .quoting(quote::log_line(line))
}

/// sshd gave the client up, since it had not logged in within `LoginGraceTime`.
pub(super) fn timed_out<'a>(server: &Server<'a>) -> Option<(&'a str, &'a LogLine)> {
    let from = server.question.from?.to_string();
    recent(server, &["Timeout before authentication"])
        .filter(|(_, line)| line.message.as_str().contains(&from) && !is_settled(server, line))
}

/// The client tried to log in to this account, and did not come in.
pub(crate) fn login_failed(server: &Server<'_>) -> bool {
    let Some(user) = server.question.user.as_deref() else {
        return false;
    };
    recent(
        server,
        &[
            "Connection closed by authenticating user",
            "Connection reset by authenticating user",
            "Disconnected from authenticating user",
            "Failed publickey for",
        ],
    )
    .is_some_and(|(_, line)| line.message.as_str().contains(user) && !is_settled(server, line))
}

/// The client shows a certificate that sshd does not take.
pub(crate) fn certificate_invalid(server: &Server<'_>) -> Option<Proof> {
    let seen = recent(
        server,
        &[
            "Certificate invalid",
            "Certificate does not contain an authorized principal",
            "Refusing certificate ID",
            "name is not a listed principal",
        ],
    )?;
    if is_settled(server, seen.1) {
        return None;
    }
    let answer = format!(
        "sshd does not take the client's certificate: {}.",
        seen.1.message
    );
    Some(proof(Outcome::LoginRefused, answer, seen).explaining(&["key-not-authorized"]))
}

/// The line in which sshd says that client and server have no algorithm in common, with the keyword of that kind of algorithm.
pub(super) fn without_common_algorithm<'a>(
    server: &Server<'a>,
) -> Option<(&'static str, (&'a str, &'a LogLine))> {
    let seen = recent(server, &["Unable to negotiate with"])?;
    let text = seen.1.message.as_str();
    let (_, keyword) = [
        ("no matching cipher", "ciphers"),
        ("no matching key exchange", "kexalgorithms"),
        ("no matching MAC", "macs"),
        ("no matching host key type", "hostkeyalgorithms"),
    ]
    .into_iter()
    .find(|(words, _)| text.contains(words))?;
    Some((keyword, seen))
}

/// Client and server have no algorithm in common.
pub(crate) fn no_common_algorithm(server: &Server<'_>) -> Option<Proof> {
    let (keyword, seen) = without_common_algorithm(server)?;
    let answer = format!(
        "Client and server have no algorithm in common{}: {}.",
        config::at(server, keyword),
        seen.1.message
    );
    let proof = proof(Outcome::NoCommonAlgorithm, answer, seen);
    Some(config::quoting_setting(
        server,
        proof,
        keyword,
        "is all that is offered",
    ))
}

/// The password was wrong.
pub(crate) fn wrong_password(server: &Server<'_>) -> Option<Proof> {
    let user = server.question.user.as_deref()?;
    let seen = recent(server, &["Failed password for"])?;
    let about_user = seen.1.message.as_str().contains(&format!("for {user} "));
    if !about_user || is_settled(server, seen.1) {
        return None;
    }
    let answer = format!(
        "The password that came from {} for {user} was wrong.",
        server.client()
    );
    Some(proof(Outcome::LoginRefused, answer, seen))
}

/// The client offered more keys than sshd tries.
pub(crate) fn too_many_keys(server: &Server<'_>) -> Option<Proof> {
    let seen = recent(
        server,
        &[
            "maximum authentication attempts exceeded",
            "Too many authentication failures",
        ],
    )?;
    if is_settled(server, seen.1) {
        return None;
    }
    let answer = format!(
        "The client offers more keys than sshd tries{}.",
        config::at(server, "maxauthtries")
    );
    let proof = proof(Outcome::LoginRefused, answer, seen);
    Some(config::quoting_setting(
        server,
        proof,
        "maxauthtries",
        "that many and no more",
    ))
}

/// A subsystem such as sftp cannot be started.
pub(crate) fn subsystem_missing(server: &Server<'_>) -> Option<Proof> {
    super::session::subsystem_program_missing(server).or_else(|| subsystem_refused(server))
}

fn subsystem_refused(server: &Server<'_>) -> Option<Proof> {
    let seen = recent(
        server,
        &[
            "subsystem: cannot stat",
            "subsystem not found",
            "subsystem request for",
        ],
    )
    .filter(|(_, line)| {
        let text = line.message.as_str();
        text.contains("cannot stat") || text.contains("not found") || text.contains("failed")
    })?;
    let answer = format!("A subsystem cannot be started: {}.", seen.1.message);
    let proof = proof(Outcome::SessionFailed, answer, seen);
    Some(config::quoting_setting(
        server,
        proof,
        "subsystem",
        "cannot be started",
    ))
}

/// sshd refused the account by rules that its files do not hold any more: it runs with an older configuration.
pub(crate) fn older_configuration(server: &Server<'_>) -> Option<Proof> {
    let user = server.question.user.as_deref()?;
    let seen = recent(
        server,
        &[
            " not allowed because not listed in ",
            " not allowed because listed in ",
        ],
    )?;
    if !seen.1.message.as_str().contains(&format!("User {user} ")) || is_settled(server, seen.1) {
        return None;
    }
    let answer = format!(
        "sshd does not let {user} log in, by a configuration older than its files: {}.",
        begun(seen.1.message.as_str())
    );
    Some(
        proof(Outcome::LoginRefused, answer, seen)
            .link("the files allow it now: sshd was not restarted since they were changed")
            .mended_by(format!(
                "sshd -t && systemctl restart {}",
                server.service_name()
            )),
    )
}

/// sshd drops connections of one source, or of all.
pub(crate) fn dropped_connections(server: &Server<'_>) -> Option<Proof> {
    let seen = recent(server, &["drop connection"]).filter(|(_, line)| {
        let text = line.message.as_str().to_ascii_lowercase();
        text.contains("maxstartups") || text.contains("per-source") || text.contains("persource")
    })?;
    let by_source = seen
        .1
        .message
        .as_str()
        .to_ascii_lowercase()
        .contains("source");
    let is_set = |keyword: &str| {
        server
            .config
            .is_some_and(|config| config.fact.origin(keyword).is_some())
    };
    let keyword = if by_source || is_set("persourcemaxstartups") {
        "persourcemaxstartups"
    } else {
        "maxstartups"
    };
    let answer = format!(
        "sshd drops new connections, since too many wait for their login{}.",
        config::at(server, keyword)
    );
    let proof = proof(Outcome::ClosedEarly, answer, seen);
    Some(config::quoting_setting(server, proof, keyword, "the limit"))
}

/// More than a key is wanted, and the account has nothing more or the client sent nothing more.
pub(crate) fn second_factor_missing(server: &Server<'_>) -> Option<Proof> {
    server.account?;
    let lists = server.words("authenticationmethods");
    let wants_more = |list: &&str| {
        let mut methods = list.split(',');
        methods.next();
        methods.any(|method| {
            method.starts_with("password") || method.starts_with("keyboard-interactive")
        })
    };
    if lists.is_empty() || !lists.iter().all(wants_more) {
        return None;
    }
    let user = server.question.user.as_deref().unwrap_or("the account");
    let lacks = if passwords_work(server) == Some(false) {
        format!("{user} has none")
    } else if login_failed(server) && !password_came(server) {
        "the client sent none".to_owned()
    } else {
        return None;
    };
    let words = format!(
        "AuthenticationMethods {} wants a password as well, and {lacks}",
        lists.join(" ")
    );
    config::by_setting(
        server,
        "authenticationmethods",
        Outcome::LoginRefused,
        &format!("A key alone is not enough: {words}"),
        words.clone(),
        "wants more than a key",
    )
}

/// A password was tried lately. sshd logs each at its usual level (`auth_log`, `auth.c`), and so does PAM.
fn password_came(server: &Server<'_>) -> bool {
    let tried = [
        "Failed password for",
        "Failed keyboard-interactive",
        "Accepted password for",
        "Accepted keyboard-interactive",
        "Partial password for",
        "Partial keyboard-interactive",
        "authentication failure;",
        "PAM: Authentication failure",
    ];
    recent(server, &tried).is_some()
}
