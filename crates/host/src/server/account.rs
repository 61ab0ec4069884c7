//! The account that the client wants.

pub(super) mod databases;
mod faillock;
mod home;
pub(super) mod lookup;
pub(super) mod path_check;
mod shadow;
pub(super) mod shell;
mod startup;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sshdoctor_case::{Account, Fact, Nologin, Obstacle, Received, Sight};

use super::{Host, not_seen};
use crate::child::output;
use crate::root::Root;
use databases::{Databases, Entry, is_local};

/// How much of a nologin file is read; sshd shows it to the person.
const NOLOGIN_MOST: u64 = 1024;
/// How many groups are named.
const MOST_GROUPS: usize = 256;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let Some(name) = host.question.user.as_deref() else {
        let why = "no account was named (--user)";
        return vec![not_seen(Sight::Account, Obstacle::NotAsked, why)];
    };
    let databases = Arc::new(Databases::read(&host.root));
    let found = lookup::find(host, &databases, name, host.patience / 2);
    let mut facts = Vec::new();
    let mut account = empty(name);
    account.exists = found.entry.is_some();
    account.lookup_problem = found.problem.as_deref().map(Received::from_text);
    account.from = found.from.as_deref().map(Received::from_text);
    account.nologin = nologin(&host.root);
    if let Some(entry) = &found.entry {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        fill(host, &databases, entry, now, &mut account, &mut facts);
    }
    let account = Box::new(account);
    facts.insert(0, Fact::Account { account });
    facts
}

fn empty(name: &str) -> Account {
    Account {
        name: Received::from_text(name),
        exists: false,
        lookup_problem: None,
        from: None,
        uid: None,
        gid: None,
        groups: Vec::new(),
        home: None,
        shell: None,
        password: None,
        locked_without_pam: None,
        expires_day: None,
        password_expired: None,
        inactive: None,
        nologin: Vec::new(),
        home_path: Vec::new(),
        home_problem: None,
        faillock: None,
        faillock_until_ms: None,
        startup_output: Vec::new(),
        startup_ends: None,
    }
}

fn fill(
    host: &Host,
    databases: &Arc<Databases>,
    entry: &Entry,
    now: Duration,
    account: &mut Account,
    facts: &mut Vec<Fact>,
) {
    account.uid = Some(entry.uid);
    account.gid = Some(entry.gid);
    account.home = Some(Received::from_bytes(entry.home.as_os_str().as_bytes()));
    account.shell = Some(shell::look(&host.root, &entry.shell));
    let startup = startup::look(
        &host.root,
        &entry.home,
        Path::new(OsStr::from_bytes(&entry.shell)),
    );
    account.startup_output = startup.prints.into_iter().collect();
    account.startup_ends = startup.ends;
    account.groups = groups(host, databases, entry);
    let today = i64::try_from(now.as_secs() / 86_400).unwrap_or(i64::MAX);
    match shadow::read(&host.root, entry, today) {
        Ok(shadow) => {
            account.password = shadow.map(|shadow| shadow.password);
            account.locked_without_pam = shadow.map(|shadow| shadow.locked_without_pam);
            account.expires_day = shadow.and_then(|shadow| shadow.expires_day);
            account.password_expired = shadow.map(|shadow| shadow.password_expired);
            account.inactive = shadow.map(|shadow| shadow.inactive);
        }
        Err(error) => facts.push(not_seen(
            Sight::Account,
            obstacle(error.kind()),
            format!("/etc/shadow: {error}"),
        )),
    }
    let home = home::look(
        &host.root,
        databases,
        entry.uid,
        &entry.home,
        host.patience / 5,
    );
    account.home_path = home.path;
    account.home_problem = home.problem.as_deref().map(Received::from_text);
    let tally = faillock::look(&host.root, &entry.name, entry.uid, now.as_secs());
    account.faillock = tally.map(|tally| (tally.failures, tally.deny));
    account.faillock_until_ms = tally
        .and_then(|tally| tally.until)
        .and_then(|until| i64::try_from(until).ok()?.checked_mul(1000));
}

/// What stood in the way, by the kind of an error.
pub(super) const fn obstacle(kind: ErrorKind) -> Obstacle {
    match kind {
        ErrorKind::PermissionDenied => Obstacle::Privilege,
        ErrorKind::NotFound | ErrorKind::NotADirectory => Obstacle::Absent,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Obstacle::TooLong,
        _ => Obstacle::Failed,
    }
}

/// Files that close the system: `pam_nologin(8)` reads the first, sshd without PAM the second.
pub(super) fn nologin(root: &Root) -> Vec<Nologin> {
    let read = |path: &str| {
        let text = match root.read(path, NOLOGIN_MOST) {
            Ok(contents) => Received::from_bytes(contents.bytes.trim_ascii()),
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(_) => root.exists(path).then(Received::default)?,
        };
        let path = Received::from_text(path);
        Some(Nologin { path, text })
    };
    ["/run/nologin", "/etc/nologin"]
        .into_iter()
        .filter_map(read)
        .collect()
}

/// Names of the account's groups: from the files, or from `id` where other sources have groups too.
fn groups(host: &Host, databases: &Databases, entry: &Entry) -> Vec<Received> {
    let elsewhere = databases
        .group_sources
        .iter()
        .any(|source| !is_local(source));
    if elsewhere
        && host.root.is_running()
        && let Some(program) = host.programs.find("id")
        && let Ok(name) = std::str::from_utf8(&entry.name)
        && let Ok(printed) = output(
            Command::new(program).args(["-Gnz", "--", name]),
            host.patience / 5,
            64 * 1024,
        )
        && printed.succeeded()
    {
        return printed
            .stdout
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
            .take(MOST_GROUPS)
            .map(Received::from_bytes)
            .collect();
    }
    databases
        .groups_of(entry)
        .take(MOST_GROUPS)
        .map(|group| Received::from_bytes(&group.name))
        .collect()
}

#[cfg(test)]
mod tests;
