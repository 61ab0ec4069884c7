//! How many processes an account may have (`limits.conf(5)`, `pam_limits(8)`).

use std::collections::BTreeSet;
use std::path::Path;

use crate::root::Root;
use crate::server::local_account::LocalAccount;

/// As many files of limits as are read.
const MOST_FILES: usize = 64;

/// How many processes an account may have, and the line that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProcessLimit {
    pub(super) most: u64,
    pub(super) file: String,
    pub(super) line: u32,
}

/// The limit that `pam_limits(8)` sets; nothing where no line is about the account.
pub(super) fn most_processes(root: &Root, account: &LocalAccount) -> Option<ProcessLimit> {
    let groups = groups(root, account);
    let (mut soft, mut hard) = (Limit::default(), Limit::default());
    for path in files(root) {
        let Ok(contents) = root.read(&path, 256 * 1024) else {
            continue;
        };
        for (number, line) in contents.lines() {
            let Some((kind, precedence, most)) = process_limit(line, account, &groups) else {
                continue;
            };
            let limit = ProcessLimit {
                most,
                file: path.clone(),
                line: number,
            };
            if matches!(kind, Kind::Soft | Kind::Both) {
                soft.set(precedence, limit.clone());
            }
            if matches!(kind, Kind::Hard | Kind::Both) {
                hard.set(precedence, limit);
            }
        }
    }
    // A hard limit below the soft one lowers that as well.
    let limits = [soft, hard].into_iter().filter_map(|limit| limit.0);
    limits
        .map(|(_, limit)| limit)
        .min_by_key(|limit| limit.most)
        .filter(|limit| limit.most != UNLIMITED)
}

const UNLIMITED: u64 = u64::MAX;

/// The first word of a line after its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Soft,
    Hard,
    Both,
}

/// The line that counts so far.
#[derive(Debug, Default)]
struct Limit(Option<(Precedence, ProcessLimit)>);

impl Limit {
    /// A line for the account wins over one for its group, and that over one for all; of equals the last one.
    fn set(&mut self, precedence: Precedence, limit: ProcessLimit) {
        let outdone = self
            .0
            .as_ref()
            .is_none_or(|(known, _)| precedence >= *known);
        if outdone {
            self.0 = Some((precedence, limit));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    All,
    Group,
    Account,
}

fn files(root: &Root) -> Vec<String> {
    let directory = "/etc/security/limits.d";
    let names = root.names_in(directory, MOST_FILES).unwrap_or_default();
    let names = names
        .into_iter()
        .filter_map(|name| String::from_utf8(name).ok());
    let more = names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "conf"));
    std::iter::once("/etc/security/limits.conf".to_owned())
        .chain(more.map(|name| format!("{directory}/{name}")))
        .collect()
}

/// Names of the groups that the account is in (`group(5)`).
fn groups(root: &Root, account: &LocalAccount) -> BTreeSet<String> {
    let Ok(contents) = root.read("/etc/group", 16 * 1024 * 1024) else {
        return BTreeSet::new();
    };
    let own = contents.lines().filter_map(|(_, line)| {
        let mut fields = str::from_utf8(line).ok()?.split(':');
        let name = fields.next()?;
        let is_primary = fields.nth(1)?.parse() == Ok(account.gid);
        let mut members = fields.next()?.split(',');
        let is_in = is_primary || members.any(|member| member == account.name);
        is_in.then(|| name.to_owned())
    });
    own.collect()
}

/// A line of `limits.conf(5)` about processes of this account, with the limit that a login gets.
fn process_limit(
    line: &[u8],
    account: &LocalAccount,
    groups: &BTreeSet<String>,
) -> Option<(Kind, Precedence, u64)> {
    let line = str::from_utf8(line).ok()?;
    let line = line.split('#').next()?;
    let mut fields = line.split_ascii_whitespace();
    let domain = fields.next()?;
    let precedence = if domain == account.name {
        Precedence::Account
    } else if account.uid == 0 {
        // Neither a group's limits nor those for all apply to root.
        return None;
    } else if domain
        .strip_prefix('@')
        .is_some_and(|group| groups.contains(group))
    {
        Precedence::Group
    } else if domain == "*" {
        Precedence::All
    } else {
        return None;
    };
    let kind = match fields.next()? {
        "soft" => Kind::Soft,
        "hard" => Kind::Hard,
        "-" => Kind::Both,
        _ => return None,
    };
    (fields.next()? == "nproc").then_some(())?;
    let most = match fields.next()? {
        "unlimited" | "infinity" | "-1" => UNLIMITED,
        number => number.parse().ok()?,
    };
    Some((kind, precedence, most))
}
