//! The table of `pam_access(8)` (`access.conf(5)`), as far as it needs no resolver and no netgroup.

use std::net::IpAddr;

use ipnet::IpNet;

use super::refusal::Login;
use super::stack::Rule;

const MOST_BYTES: u64 = 512 * 1024;
/// How many files of the directory are read.
const MOST_FILES: usize = 32;
const USUAL_FILE: &str = "/etc/security/access.conf";
/// Files that are read after the usual one, in the order of their names.
const DIRECTORY: &str = "/etc/security/access.d";

/// Whether one of several holds, where some may be unknown.
pub(super) fn any(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    for one in each {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

/// The line that refuses an account; absent where none does, or that cannot be told.
pub(super) fn refuses(rule: &Rule, login: &Login<'_>) -> Option<String> {
    // Other separators change what a line says.
    if rule.argument("fieldsep").is_some() || rule.argument("listsep").is_some() {
        return None;
    }
    let own = rule.argument("accessfile");
    let mut files = vec![own.unwrap_or(USUAL_FILE).to_owned()];
    if own.is_none() {
        let names = login
            .root
            .names_in(DIRECTORY, MOST_FILES)
            .unwrap_or_default();
        let more = names
            .iter()
            .filter_map(|name| std::str::from_utf8(name).ok())
            .filter(|name| name.ends_with(".conf"));
        files.extend(more.map(|name| format!("{DIRECTORY}/{name}")));
    }
    let groups_by_name = !rule.arguments.iter().any(|word| word == "nodefgroup");
    for file in files {
        let Ok(contents) = login.root.read(&file, MOST_BYTES) else {
            continue;
        };
        for (number, line) in contents.lines() {
            let line = String::from_utf8_lossy(line);
            let Some(entry) = Entry::read(&line) else {
                continue;
            };
            match entry.matches(login, groups_by_name) {
                Some(false) => {}
                Some(true) if entry.denies => {
                    return Some(format!("{file} line {number}: {}", line.trim()));
                }
                // Let in by this line; or what follows does not count for sure.
                Some(true) | None => return None,
            }
        }
        if contents.cut {
            return None;
        }
    }
    None
}

struct Entry<'a> {
    denies: bool,
    users: &'a str,
    origins: &'a str,
}

impl<'a> Entry<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let mut fields = line.splitn(3, ':');
        let denies = match fields.next()?.trim() {
            "-" => true,
            "+" => false,
            _ => return None,
        };
        let (users, origins) = (fields.next()?.trim(), fields.next()?.trim());
        (!users.is_empty() && !origins.is_empty()).then_some(Self {
            denies,
            users,
            origins,
        })
    }

    fn matches(&self, login: &Login<'_>, groups_by_name: bool) -> Option<bool> {
        let user = in_list(self.users, |word| user(word, login, groups_by_name));
        if user == Some(false) {
            return Some(false);
        }
        let origin = in_list(self.origins, |word| origin(word, login.from));
        match (user, origin) {
            (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }
}

/// A list matches when one of its words does and none after `EXCEPT`.
fn in_list(list: &str, matches: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    let words: Vec<&str> = list
        .split([' ', '\t', ','])
        .filter(|word| !word.is_empty())
        .take(1024)
        .collect();
    let mut parts = words
        .split(|word| word.eq_ignore_ascii_case("EXCEPT"))
        .take(8);
    let named = any(parts.next()?.iter().map(|word| matches(word)));
    let mut excepted = Some(false);
    // `a EXCEPT b EXCEPT c`: from the last one on.
    let rest: Vec<&[&str]> = parts.collect();
    for part in rest.iter().rev() {
        let here = any(part.iter().map(|word| matches(word)));
        excepted = both(here, excepted.map(|excepted| !excepted));
    }
    both(named, excepted.map(|excepted| !excepted))
}

const fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn user(word: &str, login: &Login<'_>, groups_by_name: bool) -> Option<bool> {
    if word.eq_ignore_ascii_case("ALL") {
        return Some(true);
    }
    if let Some(group) = word
        .strip_prefix('(')
        .and_then(|word| word.strip_suffix(')'))
    {
        return login.is_in(group);
    }
    if word.starts_with('@') || word.contains('@') {
        return None;
    }
    if word.eq_ignore_ascii_case(login.name()) {
        return Some(true);
    }
    if groups_by_name {
        login.is_in(word)
    } else {
        Some(false)
    }
}

fn origin(word: &str, from: Option<IpAddr>) -> Option<bool> {
    if word.eq_ignore_ascii_case("ALL") {
        return Some(true);
    }
    let from = from?;
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(address == from);
    }
    if word.contains('/') {
        let network = network(word)?;
        return Some(network.contains(&from));
    }
    if let Some(prefix) = word.strip_suffix('.')
        && prefix.split('.').all(|part| part.parse::<u8>().is_ok())
    {
        return Some(from.to_string().starts_with(word));
    }
    // A terminal, `cron`, a name of a host, a netgroup, `LOCAL`: a terminal is never the origin of sshd's clients.
    (word.starts_with("tty") || matches!(word, "cron" | "crond")).then_some(false)
}

/// `192.0.2.0/24` or `192.0.2.0/255.255.255.0`.
fn network(word: &str) -> Option<IpNet> {
    if let Ok(network) = word.parse() {
        return Some(network);
    }
    let (address, mask) = word.split_once('/')?;
    IpNet::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_with_exceptions_are_read_from_the_last_one_on() {
        let words = |wanted: &'static str| move |word: &str| Some(word == "ALL" || word == wanted);
        assert_eq!(in_list("ALL EXCEPT root", words("root")), Some(false));
        assert_eq!(in_list("ALL EXCEPT root", words("alice")), Some(true));
        assert_eq!(
            in_list("ALL EXCEPT ALL EXCEPT alice", words("alice")),
            Some(true)
        );
        assert_eq!(in_list("bob, carol", words("alice")), Some(false));
        assert_eq!(in_list("EXCEPT EXCEPT", words("alice")), Some(false));
    }

    #[test]
    fn origins_are_addresses_networks_or_unknown() {
        let from = |word| origin(word, Some("192.0.2.7".parse().unwrap()));
        assert_eq!(from("192.0.2.0/24"), Some(true));
        assert_eq!(from("192.0.2.0/255.255.255.0"), Some(true));
        assert_eq!(from("192.0.2."), Some(true));
        assert_eq!(from("198.51.100.7"), Some(false));
        assert_eq!(from("2001:db8::/32"), Some(false));
        assert_eq!(from("tty1"), Some(false));
        assert_eq!(from(".example.net"), None);
        assert_eq!(from("LOCAL"), None);
        assert_eq!(origin("192.0.2.7", None), None);
        assert_eq!(origin("ALL", None), Some(true));
    }
}
