//! Conditions of `Match` lines, for one client (`match_cfg_line`, `servconf.c`).

use std::net::IpAddr;

use super::pattern::{self, Answer};
use crate::root::Root;

/// What is known of the client and the account; absent is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) user: Option<String>,
    /// A Match asks whether the account exists (`invalid-user`, 9.9 and later), and it does not.
    pub(super) named_invalid: bool,
    /// Groups of the account.
    pub(super) groups: Groups,
    pub(super) address: Option<IpAddr>,
    /// Name that sshd has for the client; its address unless UseDNS is on.
    pub(super) host: Option<String>,
    pub(super) local_address: Option<IpAddr>,
    pub(super) local_port: Option<u16>,
    /// Version of sshd, as `OpenSSH_9.2p1`.
    pub(super) version: Option<String>,
}

/// What the files of the system say of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Groups {
    /// The account is in `/etc/passwd`.
    pub(super) account_found: bool,
    /// Names of its groups.
    names: Vec<String>,
    /// There is no other source of accounts and groups, and the files were read whole.
    complete: bool,
}

impl Groups {
    /// Of this account.
    pub(super) fn of(root: &Root, user: &str) -> Self {
        let mut groups = Self {
            complete: only_files(root),
            ..Self::default()
        };
        let mut lines = |path: &str| -> Vec<String> {
            match root.read(path, crate::root::USUAL_MOST) {
                Ok(contents) => {
                    groups.complete &= !contents.cut;
                    let lines = contents.lines();
                    lines
                        .map(|(_, line)| String::from_utf8_lossy(line).into_owned())
                        .collect()
                }
                Err(_) => {
                    groups.complete = false;
                    Vec::new()
                }
            }
        };
        let accounts = lines("/etc/passwd");
        let all_groups = lines("/etc/group");
        let account = accounts
            .iter()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let Some(account) = account
            .into_iter()
            .find(|fields| fields.first() == Some(&user))
        else {
            return groups;
        };
        groups.account_found = true;
        for line in &all_groups {
            let [name, _, number, members] = line.split(':').collect::<Vec<_>>()[..] else {
                continue;
            };
            if Some(&number) == account.get(3) || members.split(',').any(|member| member == user) {
                groups.names.push(name.to_owned());
            }
        }
        groups
    }

    /// The account does not exist; absent when it could come from elsewhere.
    pub(super) fn account_missing(&self) -> Option<bool> {
        match (self.account_found, self.complete) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        }
    }

    fn hold(&self, list: &[u8]) -> Option<bool> {
        let mut found = false;
        for name in &self.names {
            match pattern::list(name.as_bytes(), list) {
                Answer::Negated => return Some(false),
                Answer::Yes => found = true,
                Answer::No => {}
            }
        }
        // A group from elsewhere could be one that is asked for, or one that is excluded.
        (self.complete || (found && !list.contains(&b'!'))).then_some(found)
    }
}

/// Accounts and groups come from nowhere but the files (`nsswitch.conf(5)`).
fn only_files(root: &Root) -> bool {
    let Ok(contents) = root.read("/etc/nsswitch.conf", crate::root::USUAL_MOST) else {
        return true;
    };
    contents.lines().all(|(_, line)| {
        let line = String::from_utf8_lossy(line);
        let line = line.split('#').next().unwrap_or_default();
        let Some((database, sources)) = line.split_once(':') else {
            return true;
        };
        !matches!(database.trim(), "passwd" | "group" | "initgroups")
            || sources.split_whitespace().all(|source| {
                matches!(source, "files" | "compat" | "systemd") || source.starts_with('[')
            })
    })
}

/// Whether conditions hold; absent where that cannot be told. An error when sshd refuses the line.
pub(super) fn hold(arguments: &[Vec<u8>], client: &Client) -> Result<Option<bool>, String> {
    let mut answer = Some(true);
    let mut words = arguments.iter().map(Vec::as_slice);
    let mut count = 0_u32;
    while let Some(word) = words.next() {
        count += 1;
        let (name, attached) = name_and_value(word);
        let holds = match name.as_str() {
            "all" => {
                if count > 1 || words.next().is_some() {
                    return Err("'all' cannot be combined with other Match attributes".to_owned());
                }
                return Ok(Some(true));
            }
            "invalid-user" => client.groups_known().and_then(Groups::account_missing),
            _ => {
                let value = attached.or_else(|| words.next());
                let value = value.filter(|value| !value.is_empty());
                let value = value.ok_or_else(|| format!("Missing Match criteria for {name}"))?;
                client.meets(&name, value)?
            }
        };
        answer = both(answer, holds);
    }
    if count == 0 {
        return Err("One or more attributes required for Match".to_owned());
    }
    Ok(answer)
}

/// Both hold, as far as is known.
pub(super) const fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// A condition that holds for everybody: in force already when sshd starts.
pub(super) fn is_all(arguments: &[Vec<u8>]) -> bool {
    matches!(arguments, [only] if only.eq_ignore_ascii_case(b"all"))
}

fn name_and_value(word: &[u8]) -> (String, Option<&[u8]>) {
    let (name, value) = match word.iter().position(|byte| *byte == b'=') {
        Some(at) => (&word[..at], Some(&word[at + 1..])),
        None => (word, None),
    };
    (String::from_utf8_lossy(name).to_ascii_lowercase(), value)
}

impl Client {
    fn groups_known(&self) -> Option<&Groups> {
        self.user.is_some().then_some(&self.groups)
    }

    fn meets(&self, name: &str, value: &[u8]) -> Result<Option<bool>, String> {
        let text_in_list = |text: &Option<String>| {
            let text = text.as_ref()?;
            Some(pattern::list(text.as_bytes(), value) == Answer::Yes)
        };
        let address_in_list = |address: Option<IpAddr>| -> Result<Option<bool>, String> {
            // Also without an address the list has to be right.
            let tried = address.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
            let answer = pattern::addresses(tried, value)?;
            Ok(address.map(|_| answer == Answer::Yes))
        };
        Ok(match name {
            "user" => text_in_list(&self.user),
            "group" => self.groups_known().and_then(|groups| groups.hold(value)),
            "host" => {
                let host = self.host.as_ref().map(|host| host.to_ascii_lowercase());
                host.map(|host| {
                    pattern::list(host.as_bytes(), &value.to_ascii_lowercase()) == Answer::Yes
                })
            }
            "address" => address_in_list(self.address)?,
            "localaddress" => address_in_list(self.local_address)?,
            "localport" => {
                let port = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse::<u16>().ok());
                match (port, self.local_port) {
                    (Some(wanted), Some(port)) => Some(wanted == port),
                    // A name of `services(5)` is not looked up.
                    _ => None,
                }
            }
            "rdomain" => None,
            "version" => text_in_list(&self.version),
            _ => return Err(format!("Unsupported Match attribute {name}")),
        })
    }
}
