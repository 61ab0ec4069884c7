//! Whom sshd's configuration lets log in, and how.

use std::net::IpAddr;

use ipnet::IpNet;
use sshdoctor_case::{ConfigLine, Outcome, Received};
use sshdoctor_wire::known_hosts::matches_pattern;

use super::{config, quote, sentence::begun};
use crate::inside::{
    Proof, Server,
    account::{passwords_work, usable_keys},
};

/// `AllowUsers`, `DenyUsers`, `AllowGroups` or `DenyGroups` keeps the account out.
pub(crate) fn user_not_allowed(server: &Server<'_>) -> Option<Proof> {
    let user = server.question.user.as_deref()?;
    server.config?;
    let groups: Vec<&str> = server
        .account
        .map(|account| account.fact.groups.iter().map(Received::as_str).collect())
        .unwrap_or_default();
    let from = server.question.from.map(|from| from.to_string());
    let user_listed = |list: &[&str]| lists_user(list, user, from.as_deref());
    let group_listed = |list: &[&str]| groups.iter().any(|group| matches_list(list, group));
    let (deny_users, allow_users) = (server.words("denyusers"), server.words("allowusers"));
    let (deny_groups, allow_groups) = (server.words("denygroups"), server.words("allowgroups"));
    let (keyword, words) = if user_listed(&deny_users) {
        ("denyusers", format!("DenyUsers names {user}"))
    } else if !allow_users.is_empty() && !user_listed(&allow_users) {
        ("allowusers", format!("AllowUsers does not name {user}"))
    } else if !groups.is_empty() && group_listed(&deny_groups) {
        ("denygroups", format!("DenyGroups names a group of {user}"))
    } else if !groups.is_empty() && !allow_groups.is_empty() && !group_listed(&allow_groups) {
        (
            "allowgroups",
            format!("AllowGroups names no group of {user}"),
        )
    } else {
        return super::logged::older_configuration(server);
    };
    config::by_setting(
        server,
        keyword,
        Outcome::LoginRefused,
        &format!("sshd does not let {user} log in: {words}"),
        words.clone(),
        "keeps this account out",
    )
    .map(|proof| proof.explaining(&["root-login-disabled"]))
}

/// A pattern list of users, each perhaps with `@host` (`allowed_user`, `auth.c`).
fn lists_user(list: &[&str], user: &str, from: Option<&str>) -> bool {
    list.iter().any(|pattern| match pattern.rsplit_once('@') {
        Some((name, host)) => {
            wildcard(name, user) && from.is_some_and(|from| in_network(host, from))
        }
        None => wildcard(pattern, user),
    })
}

fn matches_list(list: &[&str], name: &str) -> bool {
    list.iter().any(|pattern| wildcard(pattern, name))
}

/// An address against a pattern or a network in CIDR notation.
pub(crate) fn in_network(pattern: &str, address: &str) -> bool {
    match (pattern.parse::<IpNet>(), address.parse::<IpAddr>()) {
        (Ok(network), Ok(address)) => network.contains(&address.to_canonical()),
        _ => wildcard(pattern, address),
    }
}

/// `*` and `?` as `match_pattern` (`match.c`) reads them.
fn wildcard(pattern: &str, text: &str) -> bool {
    matches_pattern(text.as_bytes(), pattern.as_bytes())
}

/// Passwords are refused, and there is no key.
pub(crate) fn password_login_disabled(server: &Server<'_>) -> Option<Proof> {
    let user = server.question.user.as_deref()?;
    if server.setting("passwordauthentication") != Some("no")
        || passwords_work(server) != Some(false)
    {
        return None;
    }
    if server.key_files.is_empty() || usable_keys(server) > 0 || has_other_keys(server) {
        return None;
    }
    let any_key = server
        .key_files
        .iter()
        .any(|file| !file.fact.keys.is_empty() || file.fact.readable.is_none());
    if any_key {
        return None;
    }
    let words = format!("passwords are refused and {user} has no key here");
    config::by_setting(
        server,
        "passwordauthentication",
        Outcome::LoginRefused,
        &format!("Nobody can log in as {user}: {words}"),
        words.clone(),
        "refuses passwords",
    )
    .map(|proof| proof.explaining(&["key-not-authorized"]))
}

/// Keys may also come from a command or from an authority.
pub(super) fn has_other_keys(server: &Server<'_>) -> bool {
    ["authorizedkeyscommand", "trustedusercakeys"]
        .into_iter()
        .any(|keyword| server.setting(keyword).is_some_and(|value| value != "none"))
}

/// `AuthenticationMethods` wants what is switched off.
pub(crate) fn methods_unsatisfiable(server: &Server<'_>) -> Option<Proof> {
    let lists = server.words("authenticationmethods");
    if lists == ["any"] {
        return None;
    }
    let off = |method: &str| {
        let keyword = match method.split(':').next().unwrap_or(method) {
            "publickey" => "pubkeyauthentication",
            "password" => "passwordauthentication",
            "keyboard-interactive" => "kbdinteractiveauthentication",
            "gssapi-with-mic" => "gssapiauthentication",
            "hostbased" => "hostbasedauthentication",
            _ => return false,
        };
        server.setting(keyword) == Some("no")
    };
    let refused_at_start = server
        .check
        .filter(|check| check.fact.status != Some(0))
        .is_some_and(|check| {
            let said = &check.fact.said;
            said.iter()
                .any(|line| line.as_str().contains("AuthenticationMethods"))
        });
    if !refused_at_start && (lists.is_empty() || lists.iter().any(|list| !list.split(',').any(off)))
    {
        return None;
    }
    let words = format!(
        "AuthenticationMethods {} wants a method that is switched off",
        lists.join(" ")
    );
    config::by_setting(
        server,
        "authenticationmethods",
        Outcome::LoginRefused,
        &format!("Nobody can log in: {words}"),
        words.clone(),
        "cannot be satisfied",
    )
    .map(|proof| proof.explaining(&["sshd-stopped", "sshd-restart-loop", "config-invalid"]))
}

/// What keeps the client out stands in a Match block.
pub(crate) fn match_block(server: &Server<'_>) -> Option<Proof> {
    let reason = [
        (config::root_login_disabled(server), "permitrootlogin"),
        (user_not_allowed(server), "allowusers"),
        (password_login_disabled(server), "passwordauthentication"),
        (methods_unsatisfiable(server), "authenticationmethods"),
        (public_keys_off(server), "pubkeyauthentication"),
    ]
    .into_iter()
    .find_map(|(proof, keyword)| {
        let line = deciding_line(server, keyword)?;
        line.block.as_ref()?;
        Some((proof?, line))
    });
    let (proof, line) = reason?;
    let block = line.block.as_ref()?;
    let words = format!(
        "it stands in the block \"Match {}\" of line {}",
        block.text, block.line
    );
    Some(
        Proof {
            answer: format!(
                "{} It stands in the block \"Match {}\".",
                proof.answer, block.text
            ),
            ..proof
        }
        .link(words)
        .explaining(&[
            "root-login-disabled",
            "user-not-allowed",
            "password-login-disabled",
            "auth-methods-unsatisfiable",
            "key-not-authorized",
        ]),
    )
}

fn deciding_line<'a>(server: &Server<'a>, keyword: &str) -> Option<&'a ConfigLine> {
    let config = server.config?;
    config.fact.origin(keyword).or_else(|| {
        ["denyusers", "allowgroups", "denygroups"]
            .into_iter()
            .filter(|_| keyword == "allowusers")
            .find_map(|other| config.fact.origin(other))
    })
}

/// `PubkeyAuthentication no`, for an account that has keys.
pub(crate) fn public_keys_off(server: &Server<'_>) -> Option<Proof> {
    if server.setting("pubkeyauthentication") != Some("no") || usable_keys(server) == 0 {
        return None;
    }
    if passwords_work(server) != Some(false) {
        return None;
    }
    let words = "PubkeyAuthentication is no, so that no key counts";
    config::by_setting(
        server,
        "pubkeyauthentication",
        Outcome::LoginRefused,
        &format!("sshd takes no keys: {words}"),
        words.to_owned(),
        "switches keys off",
    )
}

/// `RefuseConnection yes` (OpenSSH 9.9 and later).
pub(crate) fn refused_by_config(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let written = config
        .fact
        .origin("refuseconnection")
        .is_some_and(|line| line.arguments.first().map(Received::as_str) == Some("yes"));
    if server.setting("refuseconnection") != Some("yes") && !written {
        return None;
    }
    config::by_setting(
        server,
        "refuseconnection",
        Outcome::ClosedEarly,
        "sshd is told to refuse this client",
        "RefuseConnection is yes for this client".to_owned(),
        "refuses the client",
    )
}

/// A line that somebody wrote lost against an earlier one.
pub(crate) fn overridden(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let watched = [
        "permitrootlogin",
        "passwordauthentication",
        "pubkeyauthentication",
        "kbdinteractiveauthentication",
        "usepam",
    ];
    let lost = config.fact.lines.iter().find(|line| {
        line.counts == Some(false)
            && line.block.is_none()
            && watched.contains(&line.keyword.as_str())
            && config
                .fact
                .origin(line.keyword.as_str())
                .is_some_and(|winner| winner.block.is_none() && winner.arguments != line.arguments)
    })?;
    let winner = config.fact.origin(lost.keyword.as_str())?;
    let words = format!(
        "{} line {} does not count: {} line {} comes first",
        lost.file, lost.line, winner.file, winner.line
    );
    let decides = [
        ("permitrootlogin", config::root_login_disabled(server)),
        ("passwordauthentication", password_login_disabled(server)),
        ("pubkeyauthentication", public_keys_off(server)),
    ]
    .into_iter()
    .find_map(|(keyword, proof)| proof.filter(|_| keyword == lost.keyword.as_str()));
    let value = winner.arguments.first().map_or("", Received::as_str);
    Some(match decides {
        Some(proof) => Proof {
            answer: format!("{} {}.", proof.answer, begun(&words)),
            ..proof
        }
        .link(words)
        .quoting(quote::config_line(winner, value, "comes first, and counts"))
        .explaining(&[
            "root-login-disabled",
            "password-login-disabled",
            "key-not-authorized",
        ]),
        None => Proof::note(format!("{}.", begun(&words))).by(config.id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sshd() {
        assert!(wildcard("*", "") && wildcard("dep*y", "deploy") && wildcard("?b", "ab"));
        assert!(!wildcard("dep?", "deploy") && !wildcard("", "x"));
        assert!(wildcard(&"*".repeat(60), &"a".repeat(60)));
        assert!(lists_user(
            &["root@198.51.100.0/24"],
            "root",
            Some("198.51.100.7")
        ));
        assert!(!lists_user(
            &["root@198.51.100.0/24"],
            "root",
            Some("203.0.113.7")
        ));
        assert!(!lists_user(&["root@198.51.100.0/24"], "root", None));
    }
}
