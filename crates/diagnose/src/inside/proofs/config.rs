//! sshd's configuration.

use sshdoctor_case::{ConfigLine, Outcome, Quotation, Received, SshdCheck};

use super::{quote, service::stops_or_later};
use crate::inside::{Proof, Server};

/// Complaints of `sshd -t` that are no fault of the configuration and have causes of their own.
const NOT_OF_THE_CONFIGURATION: [&str; 14] = [
    "@@@@",
    "UNPROTECTED PRIVATE KEY FILE",
    "are too open",
    "It is required that your private key",
    "This private key will be ignored",
    "bad permissions",
    "Unable to load host key",
    "AuthenticationMethods",
    "Missing privilege separation directory",
    "Privilege separation user",
    "no hostkeys available",
    "OpenSSL version mismatch",
    "must be owned by root and not group or world-writable",
    "does not exist or is not executable",
];

/// sshd refuses its configuration.
pub(crate) fn invalid(server: &Server<'_>) -> Option<Proof> {
    refused_by_sshd(server).or_else(|| plainly_wrong(server))
}

/// A line that sshd would refuse, where sshd itself could not be asked.
fn plainly_wrong(server: &Server<'_>) -> Option<Proof> {
    if server
        .check
        .is_some_and(|check| check.fact.status == Some(0))
    {
        return None;
    }
    let config = server.config?;
    let line = config
        .fact
        .lines
        .iter()
        .find(|line| line.problem.is_some())?;
    let problem = line.problem.as_ref().map_or("", Received::as_str);
    let answer = format!(
        "sshd refuses its configuration: line {} of {} is wrong.",
        line.line, line.file
    );
    Some(
        stops_or_later(server, answer)
            .link(format!("{} line {}: {problem}", line.file, line.line))
            .by(config.id)
            .quoting(quotation(line, problem))
            .explaining(&["sshd-stopped", "sshd-restart-loop"]),
    )
}

fn refused_by_sshd(server: &Server<'_>) -> Option<Proof> {
    let check = server.check?;
    if check.fact.status == Some(0) {
        return None;
    }
    let complaint = complaint(check.fact)?;
    let place = place(complaint.as_str());
    let line = place.and_then(|(file, line)| written(server, file, line));
    let (answer, words) = match place {
        Some((file, line)) => (
            format!("its configuration has an error on line {line} of {file}."),
            format!("{file} line {line}"),
        ),
        None => (
            format!("it refuses its configuration: {complaint}."),
            format!("sshd -t: {complaint}"),
        ),
    };
    let running = server.listeners.is_some() && server.takers().next().is_some();
    let answer = if running {
        format!("sshd will not start again: {answer}")
    } else {
        format!("sshd is not running: {answer}")
    };
    let proof = stops_or_later(server, answer)
        .link(format!("sshd -t: {complaint}"))
        .link(words)
        .by(check.id)
        .explaining(&[
            "sshd-stopped",
            "sshd-restart-loop",
            "socket-unit-trigger-limit",
        ]);
    let broken_file = server
        .config
        .and_then(|config| config.fact.files.iter().find(|file| file.problem.is_some()));
    Some(match (line, broken_file) {
        (Some(line), _) => proof.quoting(quotation(line, complaint.as_str())),
        (None, Some(file)) => proof.link(format!(
            "{}: {}",
            file.path,
            file.problem.as_ref().map_or("", Received::as_str)
        )),
        (None, None) => proof,
    })
}

/// The first complaint with a place, or else the first that is about the configuration.
fn complaint(check: &SshdCheck) -> Option<&Received> {
    let own = || {
        check.said.iter().filter(|line| {
            !NOT_OF_THE_CONFIGURATION
                .iter()
                .any(|other| line.as_str().contains(other))
        })
    };
    own()
        .find(|line| place(line.as_str()).is_some())
        .or_else(|| own().next())
}

/// The file and line that a message of sshd names: `FILE: line 3: …` or `FILE line 3: …`.
fn place(message: &str) -> Option<(&str, u32)> {
    let at = message.find(" line ")?;
    let file = message[..at].trim_end_matches(':');
    let file = file.rsplit(' ').next()?;
    if !file.starts_with('/') {
        return None;
    }
    let digits: String = message[at + " line ".len()..]
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    Some((file, digits.parse().ok()?))
}

fn written<'a>(server: &Server<'a>, file: &str, line: u32) -> Option<&'a ConfigLine> {
    server
        .config?
        .fact
        .lines
        .iter()
        .find(|own| own.file.as_str() == file && own.line == line)
}

/// The line with the word that sshd complains of, and what it says of it.
fn quotation(line: &ConfigLine, complaint: &str) -> Quotation {
    let said = complaint
        .rsplit_once(": ")
        .map_or(complaint, |(_, said)| said);
    let label = if complaint.contains("Bad configuration option") {
        match nearest_keyword(line.keyword.as_str()) {
            Some(near) => format!("no such option; {near}?"),
            None => "no such option".to_owned(),
        }
    } else {
        said.to_owned()
    };
    let value = line.arguments.first().map_or("", Received::as_str);
    let word = if complaint.contains("Bad configuration option") {
        line.keyword.as_str()
    } else {
        value
    };
    quote::config_line(line, word, &label)
}

/// Keywords of `sshd_config(5)` that people write, for a word that is none.
const KEYWORDS: [&str; 62] = [
    "AcceptEnv",
    "AddressFamily",
    "AllowAgentForwarding",
    "AllowGroups",
    "AllowStreamLocalForwarding",
    "AllowTcpForwarding",
    "AllowUsers",
    "AuthenticationMethods",
    "AuthorizedKeysCommand",
    "AuthorizedKeysCommandUser",
    "AuthorizedKeysFile",
    "AuthorizedPrincipalsFile",
    "Banner",
    "CASignatureAlgorithms",
    "ChrootDirectory",
    "Ciphers",
    "ClientAliveCountMax",
    "ClientAliveInterval",
    "Compression",
    "DenyGroups",
    "DenyUsers",
    "ForceCommand",
    "GatewayPorts",
    "GSSAPIAuthentication",
    "HostbasedAuthentication",
    "HostKey",
    "HostKeyAlgorithms",
    "IgnoreRhosts",
    "Include",
    "KbdInteractiveAuthentication",
    "KerberosAuthentication",
    "KexAlgorithms",
    "ListenAddress",
    "LoginGraceTime",
    "LogLevel",
    "MACs",
    "Match",
    "MaxAuthTries",
    "MaxSessions",
    "MaxStartups",
    "PasswordAuthentication",
    "PermitEmptyPasswords",
    "PermitOpen",
    "PermitRootLogin",
    "PermitTTY",
    "PermitTunnel",
    "PermitUserEnvironment",
    "PerSourceMaxStartups",
    "PerSourcePenalties",
    "Port",
    "PrintLastLog",
    "PrintMotd",
    "PubkeyAcceptedAlgorithms",
    "PubkeyAuthentication",
    "RevokedKeys",
    "StrictModes",
    "Subsystem",
    "SyslogFacility",
    "TCPKeepAlive",
    "TrustedUserCAKeys",
    "UseDNS",
    "UsePAM",
];

/// Letters that may differ between a word and the keyword that was meant.
const MOST_DIFFERENCES: usize = 3;

fn nearest_keyword(word: &str) -> Option<&'static str> {
    KEYWORDS
        .iter()
        .map(|keyword| {
            let small = keyword.to_ascii_lowercase();
            (differences(&small, &word.to_ascii_lowercase()), *keyword)
        })
        .filter(|(count, keyword)| *count <= MOST_DIFFERENCES.min(keyword.len() / 3))
        .min()
        .map(|(_, keyword)| keyword)
}

/// Letters to insert, remove or replace (Levenshtein).
fn differences(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, wanted) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *wanted);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(row[column + 1] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// `PermitRootLogin` keeps root out.
pub(crate) fn root_login_disabled(server: &Server<'_>) -> Option<Proof> {
    if server.question.user.as_deref() != Some("root") {
        return None;
    }
    let value = server.setting("permitrootlogin")?;
    if value != "no" && value != "forced-commands-only" {
        return None;
    }
    by_setting(
        server,
        "permitrootlogin",
        Outcome::LoginRefused,
        &format!("root may not log in: PermitRootLogin is {value}"),
        format!("PermitRootLogin {value}"),
        "keeps root out",
    )
}

/// A setting stops the client: `answer`, without its full stop, is followed by where the setting stands, and its line is quoted.
pub(crate) fn by_setting(
    server: &Server<'_>,
    keyword: &str,
    outcome: Outcome,
    answer: &str,
    link: String,
    label: &str,
) -> Option<Proof> {
    let config = server.config?;
    let proof = Proof::stops(outcome, format!("{answer}{}.", at(server, keyword)))
        .link(link)
        .by(config.id);
    Some(quoting_setting(server, proof, keyword, label))
}

/// Where a keyword is set, for the end of a sentence: ` (FILE line 3)`.
pub(crate) fn at(server: &Server<'_>, keyword: &str) -> String {
    server
        .config
        .and_then(|config| config.fact.origin(keyword))
        .map(|line| format!(" ({} line {})", line.file, line.line))
        .unwrap_or_default()
}

/// With the line quoted that sets a keyword, where one does.
pub(crate) fn quoting_setting(
    server: &Server<'_>,
    proof: Proof,
    keyword: &str,
    label: &str,
) -> Proof {
    match server.config.and_then(|config| config.fact.origin(keyword)) {
        Some(line) => {
            let value = line.arguments.first().map_or("", Received::as_str);
            proof.quoting(quote::config_line(line, value, label))
        }
        None => proof,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_keyword_is_recognised_and_another_word_is_not() {
        assert_eq!(nearest_keyword("permitrotlogin"), Some("PermitRootLogin"));
        assert_eq!(
            nearest_keyword("pasword_authentication"),
            Some("PasswordAuthentication")
        );
        assert_eq!(nearest_keyword("frobnicate"), None);
        assert_eq!(nearest_keyword(""), None);
    }

    #[test]
    fn the_place_is_read_from_both_forms_of_message() {
        assert_eq!(
            place("/etc/ssh/sshd_config: line 3: Bad configuration option: X"),
            Some(("/etc/ssh/sshd_config", 3))
        );
        assert_eq!(
            place("/etc/ssh/sshd_config.d/a.conf line 12: missing argument."),
            Some(("/etc/ssh/sshd_config.d/a.conf", 12))
        );
        assert_eq!(
            place("Missing privilege separation directory: /run/sshd"),
            None
        );
    }
}
