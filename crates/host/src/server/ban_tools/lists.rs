//! Tools that write whom they ban into a file: sshguard, csf, denyhosts.

use std::net::IpAddr;

use sshdoctor_case::{Ban, BanTool, Received};

use super::super::Host;
use super::network::covers;
use super::processes::runs;
use super::{Tool, at_boot, nothing_of};
use crate::root::Root;

/// How much of a list is read, from its end.
const MOST: u64 = 8 * 1024 * 1024;

type Names = Vec<Vec<u8>>;

/// A ban with the place where it is written.
type Found = (Ban, (Received, Option<u32>));

/// sshguard: its blacklist. What it blocks for a while is in the packet filter alone.
pub(super) fn sshguard(host: &Host, processes: Option<&Names>) -> Option<Tool> {
    let files = [
        "/etc/sshguard/sshguard.conf",
        "/etc/sshguard.conf",
        "/usr/local/etc/sshguard.conf",
    ];
    let running = runs(processes, &["sshguard", "sshg-blocker"]);
    let settings = files.iter().find_map(|file| setting_file(&host.root, file));
    let installed = settings.is_some() || host.programs.find("sshguard").is_some();
    if !installed && running != Some(true) {
        return None;
    }
    // BLACKLIST_FILE=90:/var/lib/sshguard/enemies
    let blacklist = settings
        .and_then(|text| value(&text, "BLACKLIST_FILE"))
        .and_then(|named| Some(named.split_once(':')?.1.to_owned()));
    let found = blacklist.zip(host.question.from).and_then(|(file, from)| {
        // time|service|kind|address
        find(&host.root, &file, |line| {
            let address = line.split('|').nth(3)?.trim();
            covers(address, from)?.then(|| ban(address, None, None))
        })
    });
    Some(tool("sshguard", "sshguard", host, running, found))
}

/// ConfigServer Firewall and its login failure daemon.
pub(super) fn csf(host: &Host, processes: Option<&Names>) -> Option<Tool> {
    let running = runs(processes, &["lfd - sleeping", "lfd"]);
    if !host.root.exists("/etc/csf/csf.conf") {
        return None;
    }
    let from = host.question.from;
    let permanent = from.and_then(|from| {
        find(&host.root, "/etc/csf/csf.deny", |line| {
            let (written, comment) = line.split_once('#').unwrap_or((line, ""));
            let address = csf_source(written.trim(), host.question.port)?;
            let reason = Some(comment.trim()).filter(|comment| !comment.is_empty());
            covers(address, from)?.then(|| ban(address, None, reason))
        })
    });
    let found = permanent.or_else(|| {
        find(&host.root, "/var/lib/csf/csf.tempban", |line| {
            temporary(line, from?)
        })
    });
    Some(tool("csf", "lfd", host, running, found))
}

/// `192.0.2.7`, or `tcp|in|d=22|s=192.0.2.7` where it is about the port.
fn csf_source(written: &str, port: Option<u16>) -> Option<&str> {
    if !written.contains('|') {
        return Some(written).filter(|written| !written.is_empty());
    }
    let part = |name: &str| {
        let mut parts = written.split('|');
        parts.find_map(|part| part.trim().strip_prefix(name))
    };
    let of_port = match (part("d="), port) {
        (None, _) => true,
        (Some(ports), Some(port)) => ports.split(',').any(|own| own.parse() == Ok(port)),
        (Some(_), None) => false,
    };
    part("s=").filter(|_| of_port && !written.contains("|out|"))
}

/// `time|address|port|direction|seconds|message`
fn temporary(line: &str, from: IpAddr) -> Option<Ban> {
    let fields: Vec<&str> = line.splitn(6, '|').collect();
    let [time, address, _port, _direction, seconds, rest @ ..] = fields.as_slice() else {
        return None;
    };
    let time: i64 = time.trim().parse().ok()?;
    let until = time.checked_add(seconds.trim().parse().ok()?)?;
    let reason = rest.first().map(|reason| reason.trim());
    let is_it = covers(address.trim(), from)? && until > now();
    is_it.then(|| ban(address.trim(), Some(until.saturating_mul(1000)), reason))
}

/// DenyHosts, which writes `hosts.deny` and says so in a comment above each line.
pub(super) fn denyhosts(host: &Host, processes: Option<&Names>) -> Option<Tool> {
    let running = runs(processes, &["denyhosts", "denyhosts.py"]);
    let settings = setting_file(&host.root, "/etc/denyhosts.conf");
    if settings.is_none() && running != Some(true) {
        return None;
    }
    let named = settings.and_then(|text| value(&text, "HOSTS_DENY"));
    let file = named.unwrap_or_else(|| "/etc/hosts.deny".to_owned());
    let found = host.question.from.and_then(|from| {
        find(&host.root, &file, |line| {
            // # DenyHosts: Tue Nov 24 12:00:00 2026 | sshd: 192.0.2.7
            let (_, entry) = line.strip_prefix("# DenyHosts:")?.split_once('|')?;
            let address = entry.rsplit_once(' ')?.1.trim();
            covers(address, from)?.then(|| ban(address, None, None))
        })
    });
    Some(tool("denyhosts", "denyhosts", host, running, found))
}

fn tool(
    name: &str,
    service: &str,
    host: &Host,
    running: Option<bool>,
    found: Option<Found>,
) -> Tool {
    let (ban, file) = found.unzip();
    Tool::seen(BanTool {
        running,
        enabled: at_boot::starts(&host.root, service),
        ban,
        file,
        ..nothing_of(name)
    })
}

fn ban(source: &str, until_ms: Option<i64>, reason: Option<&str>) -> Ban {
    Ban {
        source: Received::from_text(source),
        until_ms,
        forever: until_ms.is_none(),
        reason: reason.map(Received::from_text),
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The last line of a file that bans, with its number where the file was read from its beginning.
fn find(root: &Root, file: &str, of_line: impl Fn(&str) -> Option<Ban>) -> Option<Found> {
    let contents = root.read_end(file, MOST).ok()?;
    let mut found = None;
    for (number, line) in contents.lines() {
        if let Some(ban) = std::str::from_utf8(line).ok().and_then(&of_line) {
            let number = (!contents.cut).then_some(number);
            found = Some((ban, (Received::from_text(file), number)));
        }
    }
    found
}

fn setting_file(root: &Root, path: &str) -> Option<String> {
    let contents = root.read(path, 64 * 1024).ok()?;
    Some(String::from_utf8_lossy(&contents.bytes).into_owned())
}

/// `NAME=value` or `NAME = "value"`.
fn value(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (own, value) = line.trim().split_once('=')?;
        (own.trim() == name).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sshdoctor_case::ServerQuestion;

    use super::*;
    use crate::programs::Programs;

    #[test]
    fn lists_of_a_disk_name_the_line_that_bans() {
        let disk = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = disk.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "etc/sshguard/sshguard.conf",
            "THRESHOLD=30\nBLACKLIST_FILE=90:/var/lib/sshguard/enemies\n",
        );
        write(
            "var/lib/sshguard/enemies",
            "1700000000|100|4|192.0.2.9\n1700000001|100|4|198.51.100.0/24\n\u{7f}|||\n",
        );
        write("etc/csf/csf.conf", "TESTING = \"0\"\n");
        write(
            "etc/csf/csf.deny",
            "# comment\ntcp|in|d=25|s=198.51.100.7\n198.51.100.7 # lfd: (sshd) Failed SSH login\n",
        );
        write(
            "var/lib/csf/csf.tempban",
            "99999999999|198.51.100.7|22|in|3600|x\n",
        );
        write("etc/denyhosts.conf", "HOSTS_DENY = /etc/hosts.deny\n");
        write(
            "etc/hosts.deny",
            "# DenyHosts: Tue Nov 24 12:00:00 2026 | sshd: 198.51.100.7\nsshd: 198.51.100.7\n",
        );
        let host = Host {
            root: Root::mounted_at(disk.path()).unwrap(),
            programs: Programs::in_directories([]),
            question: ServerQuestion {
                from: "198.51.100.7".parse().ok(),
                port: Some(22),
                ..ServerQuestion::default()
            },
            patience: std::time::Duration::from_secs(1),
        };
        let line = |tool: Option<Tool>| {
            let tool = tool.unwrap().tool;
            let (file, line) = tool.file.unwrap();
            (file.as_str().to_owned(), line, tool.ban.unwrap())
        };
        let (file, number, ban) = line(sshguard(&host, None));
        assert_eq!(
            (file.as_str(), number),
            ("/var/lib/sshguard/enemies", Some(2))
        );
        assert_eq!(ban.source.as_str(), "198.51.100.0/24");
        let (file, number, ban) = line(csf(&host, None));
        assert_eq!((file.as_str(), number), ("/etc/csf/csf.deny", Some(3)));
        assert_eq!(ban.reason.unwrap().as_str(), "lfd: (sshd) Failed SSH login");
        let (file, number, _) = line(denyhosts(&host, None));
        assert_eq!((file.as_str(), number), ("/etc/hosts.deny", Some(1)));
        write("etc/csf/csf.deny", "");
        let (file, _, ban) = line(csf(&host, None));
        assert_eq!(file, "/var/lib/csf/csf.tempban");
        assert_eq!(ban.until_ms, Some(100_000_003_599_000));
    }
}
