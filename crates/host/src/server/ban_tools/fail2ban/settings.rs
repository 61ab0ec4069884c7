//! Files of fail2ban: where its socket is, and which jails there are (`jail.conf(5)`).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use sshdoctor_case::{Jail, Received};

use super::super::network::covers;
use crate::root::Root;

const DIRECTORY: &str = "/etc/fail2ban";
const USUAL_SOCKET: &str = "/var/run/fail2ban/fail2ban.sock";
const MOST_BYTES: u64 = 128 * 1024;
const MOST_FILES: usize = 64;

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Where it listens.
pub(super) fn socket(root: &Root) -> PathBuf {
    let sections = read(root, "fail2ban");
    let named = sections
        .get("definition")
        .and_then(|section| section.get("socket"))
        .filter(|path| path.starts_with('/'));
    PathBuf::from(named.map_or(USUAL_SOCKET, String::as_str))
}

/// The jails that are switched on in its files.
pub(super) fn jails(root: &Root, from: Option<IpAddr>) -> Vec<Jail> {
    let sections = read(root, "jail");
    let empty = BTreeMap::new();
    let default = sections.get("default").unwrap_or(&empty);
    sections
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "default" | "includes"))
        .filter_map(|(name, own)| {
            let value = |key: &str| {
                own.get(key)
                    .or_else(|| default.get(key))
                    .map(String::as_str)
            };
            let enabled = matches!(
                value("enabled")?.to_ascii_lowercase().as_str(),
                "true" | "yes" | "on" | "1"
            );
            enabled.then(|| Jail {
                name: Received::from_text(name),
                banned: None,
                ban: None,
                ignored: from
                    .zip(value("ignoreip"))
                    .and_then(|(from, list)| ignores(list.split([' ', ',', '\n']), from)),
                max_retry: value("maxretry").and_then(|value| value.trim().parse().ok()),
                find_time_s: value("findtime").and_then(seconds),
                ban_time_s: value("bantime").and_then(seconds),
            })
        })
        .take(64)
        .collect()
}

/// Whether a list of addresses, networks and names holds an address; absent where a name could.
pub(super) fn ignores<T: AsRef<str>>(list: impl Iterator<Item = T>, from: IpAddr) -> Option<bool> {
    let mut names = false;
    for entry in list {
        let entry = entry.as_ref().trim();
        if entry.is_empty() {
            continue;
        }
        match covers(entry, from) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => names = true,
        }
    }
    (!names).then_some(false)
}

/// `600`, `10m`, `1h 30m`, `-1` (`MyTime.str2seconds`).
pub(in crate::server::ban_tools) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after
            .find(|character: char| !character.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        let of_unit: i64 = match unit.to_ascii_lowercase().as_str() {
            "s" | "ss" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "mm" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hh" | "hour" | "hours" => 3600,
            "d" | "dd" | "day" | "days" => 86_400,
            "w" | "ww" | "week" | "weeks" => 604_800,
            "mo" | "mon" | "month" | "months" => 2_629_800,
            "y" | "yy" | "year" | "years" => 31_557_600,
            _ => return None,
        };
        let part = number.parse::<i64>().ok()?.checked_mul(of_unit)?;
        total = total.checked_add(part)?;
        rest = next.trim_start();
    }
    (!text.is_empty()).then_some(total)
}

/// Every file of a kind, in the order in which later ones win.
fn read(root: &Root, kind: &str) -> Sections {
    let mut sections = Sections::new();
    for ending in ["conf", "local"] {
        add(root, &format!("{DIRECTORY}/{kind}.{ending}"), &mut sections);
        let below = format!("{DIRECTORY}/{kind}.d");
        let names = root.names_in(&below, MOST_FILES).unwrap_or_default();
        for name in names
            .iter()
            .filter_map(|name| std::str::from_utf8(name).ok())
        {
            let is_of_kind = name.rsplit_once('.').is_some_and(|(_, own)| own == ending);
            if is_of_kind && !name.starts_with('.') {
                add(root, &format!("{below}/{name}"), &mut sections);
            }
        }
    }
    sections
}

fn add(root: &Root, path: &str, sections: &mut Sections) {
    let Ok(contents) = root.read(path, MOST_BYTES) else {
        return;
    };
    let mut section = String::new();
    let mut key = String::new();
    for (_, line) in contents.lines() {
        let line = String::from_utf8_lossy(line);
        let text = line.split(" #").next().unwrap_or_default().trim_end();
        if text.trim_start().starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
        {
            section = match name.trim() {
                name if name.eq_ignore_ascii_case("default") => "default".to_owned(),
                name if name.eq_ignore_ascii_case("definition") => "definition".to_owned(),
                name => name.to_owned(),
            };
            key.clear();
            continue;
        }
        let values = sections.entry(section.clone()).or_default();
        if text.starts_with([' ', '\t']) && !key.is_empty() {
            if let Some(value) = values.get_mut(&key) {
                value.push('\n');
                value.push_str(text.trim());
            }
        } else if let Some((name, value)) = text.split_once(['=', ':']) {
            key = name.trim().to_ascii_lowercase();
            values.insert(key.clone(), value.trim().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn later_files_win_and_only_jails_that_are_on_count() {
        let disk = tempfile::tempdir().unwrap();
        let below = |name: &str| disk.path().join("etc/fail2ban").join(name);
        fs::create_dir_all(below("jail.d")).unwrap();
        let write = |name: &str, text: &str| fs::write(below(name), text).unwrap();
        write(
            "jail.conf",
            "[DEFAULT]\nbantime = 10m\nmaxretry = 5\nignoreip = 127.0.0.1/8\n\n[sshd]\nport = ssh\n[dovecot]\nenabled=false\n",
        );
        write(
            "jail.d/defaults.conf",
            "[sshd]\nenabled = true\nbantime = 1h 30m\n",
        );
        write(
            "jail.local",
            "[DEFAULT]\nignoreip = 127.0.0.1/8\n  192.0.2.0/24 # office\n[sshd]\nfindtime = -x\n",
        );
        write("fail2ban.local", "[Definition]\nsocket = /run/other.sock\n");
        let root = Root::mounted_at(disk.path()).unwrap();
        let jails = jails(&root, Some("192.0.2.7".parse().unwrap()));
        assert_eq!(jails.len(), 1);
        let sshd = &jails[0];
        assert_eq!(sshd.name.as_str(), "sshd");
        assert_eq!(
            (sshd.ban_time_s, sshd.find_time_s, sshd.max_retry),
            (Some(5400), None, Some(5))
        );
        assert_eq!(sshd.ignored, Some(true));
        assert_eq!(socket(&root), PathBuf::from("/run/other.sock"));
    }
}
