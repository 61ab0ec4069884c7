//! What would be in force, by the files alone: for a system where sshd cannot be asked.

use sshdoctor_case::{ConfigLine, Received};

use super::listen;
use super::placing::Placed;

/// What sshd takes where nothing is written, of the settings that decide about a login (`fill_default_server_options`).
const DEFAULTS: [(&str, &str); 33] = [
    ("port", "22"),
    ("addressfamily", "any"),
    ("usepam", "no"),
    ("logingracetime", "120"),
    ("maxauthtries", "6"),
    ("maxsessions", "10"),
    ("clientaliveinterval", "0"),
    ("permitrootlogin", "prohibit-password"),
    ("hostbasedauthentication", "no"),
    ("pubkeyauthentication", "yes"),
    ("passwordauthentication", "yes"),
    ("kbdinteractiveauthentication", "yes"),
    ("permittty", "yes"),
    ("strictmodes", "yes"),
    ("permitemptypasswords", "no"),
    ("usedns", "no"),
    ("allowtcpforwarding", "yes"),
    ("disableforwarding", "no"),
    ("banner", "none"),
    ("forcecommand", "none"),
    ("chrootdirectory", "none"),
    ("trustedusercakeys", "none"),
    ("revokedkeys", "none"),
    ("authorizedprincipalsfile", "none"),
    ("authorizedkeyscommand", "none"),
    ("authorizedkeyscommanduser", "none"),
    ("loglevel", "INFO"),
    (
        "authorizedkeysfile",
        ".ssh/authorized_keys .ssh/authorized_keys2",
    ),
    ("authenticationmethods", "any"),
    ("maxstartups", "10:30:100"),
    ("persourcemaxstartups", "none"),
    ("persourcenetblocksize", "32:128"),
    ("permitopen", "any"),
];

/// Host keys that sshd looks for where none is named.
pub(in crate::server) const HOST_KEYS: [&str; 3] = [
    "/etc/ssh/ssh_host_rsa_key",
    "/etc/ssh/ssh_host_ecdsa_key",
    "/etc/ssh/ssh_host_ed25519_key",
];

/// Keywords whose arguments sshd prints one to a line.
const ONE_TO_A_LINE: [&str; 6] = [
    "acceptenv",
    "allowgroups",
    "allowusers",
    "denygroups",
    "denyusers",
    "setenv",
];

/// A flag is on when sshd starts.
pub(super) fn is_on(placed: &[Placed<'_>], name: &str) -> bool {
    let mut lines = placed.iter().filter(|one| {
        one.at_start
            && one.problem.is_none()
            && one.keyword.is_some_and(|keyword| keyword.name == name)
    });
    let first = lines
        .next()
        .and_then(|one| one.line.setting.arguments.first());
    first.is_some_and(|value| value.eq_ignore_ascii_case(b"yes"))
}

/// Settings as sshd would print them, from the lines that count for sure.
pub(super) fn effective(lines: &[ConfigLine]) -> Vec<(Received, Received)> {
    let mut written: Vec<(&str, String)> = Vec::new();
    for line in lines.iter().filter(|line| line.counts == Some(true)) {
        let keyword = line.keyword.as_str();
        let words = line.arguments.iter().map(Received::as_str);
        if matches!(keyword, "match" | "include") {
            continue;
        }
        if ONE_TO_A_LINE.contains(&keyword) {
            written.extend(words.map(|word| (keyword, word.to_owned())));
        } else {
            let value = words.collect::<Vec<_>>().join(" ");
            let flag = matches!(
                value.to_ascii_lowercase().as_str(),
                "yes" | "no" | "none" | "any"
            );
            written.push((
                keyword,
                if flag {
                    value.to_ascii_lowercase()
                } else {
                    value
                },
            ));
        }
    }
    for (keyword, value) in DEFAULTS {
        if !written.iter().any(|(own, _)| *own == keyword) {
            written.push((keyword, value.to_owned()));
        }
    }
    if !written.iter().any(|(own, _)| *own == "hostkey") {
        written.extend(HOST_KEYS.map(|path| ("hostkey", path.to_owned())));
    }
    let values = |keyword: &str| -> Vec<String> {
        let lines = written.iter().filter(|(own, _)| *own == keyword);
        lines.map(|(_, value)| value.clone()).collect()
    };
    let family = values("addressfamily").concat().to_ascii_lowercase();
    let expanded = listen::expanded(&values("port"), &values("listenaddress"), &family);
    written.retain(|(keyword, _)| *keyword != "listenaddress");
    written.extend(expanded.into_iter().map(|line| ("listenaddress", line)));
    let pair = |(keyword, value): (&str, String)| {
        (Received::from_text(keyword), Received::from_text(&value))
    };
    written.into_iter().map(pair).collect()
}
