//! fail2ban: its jails, and which of them bans the client.

mod client;
mod settings;

use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sshdoctor_case::{Ban, BanTool, Jail, Received};

use super::super::Host;
use super::super::account::obstacle;
use super::super::authorized_keys::zone;
use super::network::covers;
use super::pickle::Value;
use super::processes::runs;
use super::{Tool, at_boot, nothing_of};
use client::Client;
pub(super) use settings::seconds;

/// How many jails are asked about.
const MOST_JAILS: usize = 64;

/// Asks it, where it is installed or listens.
pub(super) fn look(
    host: &Host,
    processes: Option<&Vec<Vec<u8>>>,
    patience: Duration,
) -> Option<Tool> {
    let socket = settings::socket(&host.root);
    let installed =
        host.root.exists("/etc/fail2ban") || host.programs.find("fail2ban-server").is_some();
    let listens = host.root.is_running() && host.root.exists(&socket);
    if !installed && !listens {
        return None;
    }
    let mut tool = BanTool {
        enabled: at_boot::starts(&host.root, "fail2ban"),
        ..nothing_of("fail2ban")
    };
    if !host.root.is_running() {
        tool.jails = settings::jails(&host.root, host.question.from);
        let why = "bans are in its database, which is not read from a disk";
        tool.problem = Some(Received::from_text(why));
        return Some(Tool::seen(tool));
    }
    let zone = zone(&host.root);
    let asked = ask(&socket, host.question.from, &zone, patience);
    tool.running = asked
        .running
        .or_else(|| runs(processes, &["fail2ban-server"]));
    tool.jails = asked.jails;
    let shown = socket.display();
    let problem = asked
        .problem
        .map(|error| (obstacle(error.kind()), format!("{shown}: {error}")));
    tool.problem = problem.as_ref().map(|(_, why)| Received::from_text(why));
    let not_asked = problem.filter(|_| tool.running != Some(false));
    Some(Tool { tool, not_asked })
}

/// What the server answered.
struct Asked {
    /// Absent where one may not ask.
    running: Option<bool>,
    jails: Vec<Jail>,
    problem: Option<io::Error>,
}

fn ask(socket: &Path, from: Option<IpAddr>, zone: &TimeZone, patience: Duration) -> Asked {
    let ends_at = Instant::now() + patience;
    let mut asked = Asked {
        running: Some(true),
        jails: Vec::new(),
        problem: None,
    };
    let mut client = match Client::connect(socket, ends_at) {
        Ok(client) => client,
        Err(error) => {
            let nobody = matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused
            );
            asked.running = match error.kind() {
                _ if nobody => Some(false),
                ErrorKind::PermissionDenied => None,
                _ => Some(true),
            };
            asked.problem = (!nobody).then_some(error);
            return asked;
        }
    };
    let names = match client.ask(&["status"], names_of_jails) {
        Ok(names) => names,
        Err(error) => {
            asked.problem = Some(error);
            return asked;
        }
    };
    for name in names {
        let one = jail(&mut client, &name, from, zone);
        asked.jails.push(one.unwrap_or_else(|error| {
            asked.problem = Some(error);
            unknown_jail(&name)
        }));
        if asked.problem.is_some() {
            break;
        }
    }
    asked
}

fn names_of_jails(status: Value<'_, '_>) -> Vec<String> {
    let list = status
        .of("Jail list")
        .and_then(Value::text)
        .unwrap_or_default();
    list.split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .take(MOST_JAILS)
        .map(ToOwned::to_owned)
        .collect()
}

fn unknown_jail(name: &str) -> Jail {
    Jail {
        name: Received::from_text(name),
        banned: None,
        ban: None,
        ignored: None,
        max_retry: None,
        find_time_s: None,
        ban_time_s: None,
    }
}

fn jail(
    client: &mut Client,
    name: &str,
    from: Option<IpAddr>,
    zone: &TimeZone,
) -> io::Result<Jail> {
    let mut jail = unknown_jail(name);
    let banned_as = client.ask(&["status", name], |status| {
        let actions = status.of("Actions");
        let count = actions.and_then(|actions| actions.of("Currently banned")?.integer());
        jail.banned = count.and_then(|count| u64::try_from(count).ok());
        let list = actions.and_then(|actions| actions.of("Banned IP list"))?;
        list.items()
            .filter_map(Value::text)
            .find(|banned| from.and_then(|from| covers(banned, from)) == Some(true))
            .map(|banned| banned.into_owned())
    })?;
    // What an older version does not know stays unknown.
    let mut number = |setting| client.ask(&["get", name, setting], integer).ok().flatten();
    jail.max_retry = number("maxretry").and_then(|count| u32::try_from(count).ok());
    jail.find_time_s = number("findtime");
    jail.ban_time_s = number("bantime");
    if let Some(from) = from {
        let ignored = client.ask(&["get", name, "ignoreip"], |list| {
            settings::ignores(list.items().filter_map(Value::text), from)
        });
        jail.ignored = ignored.ok().flatten();
    }
    if let Some(source) = banned_as {
        let (until_ms, for_ever) = client
            .ask(&["get", name, "banip", "--with-time"], |list| {
                let mut lines = list.items().filter_map(Value::text);
                lines.find_map(|line| end_of_ban(&line, &source, zone))
            })
            .ok()
            .flatten()
            .unwrap_or_default();
        jail.ban = Some(Ban {
            source: Received::from_text(&source),
            until_ms,
            forever: for_ever,
            reason: None,
        });
    }
    Ok(jail)
}

fn integer(value: Value<'_, '_>) -> Option<i64> {
    value.integer()
}

/// End of one ban: `198.51.100.7 ␉2026-11-24 12:00:00 + 600 = 2026-11-24 12:10:00`, in the server's own time.
fn end_of_ban(line: &str, source: &str, zone: &TimeZone) -> Option<(Option<i64>, bool)> {
    let (address, rest) = line.split_once([' ', '\t'])?;
    if address != source {
        return None;
    }
    let (_begin, rest) = rest.split_once(" + ")?;
    let (seconds, end) = rest.split_once(" = ")?;
    if seconds.trim().starts_with('-') {
        return Some((None, true));
    }
    let end = end.trim().parse::<DateTime>().ok();
    let end = end.and_then(|end| zone.to_timestamp(end).ok());
    Some((end.map(jiff::Timestamp::as_millisecond), false))
}

#[cfg(test)]
mod tests;
