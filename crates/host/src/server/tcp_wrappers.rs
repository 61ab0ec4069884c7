//! What tcp wrappers do with the client: `hosts.allow` and `hosts.deny`, as the library reads them (`hosts_access(5)`,
//! `hosts_options(5)`; Debian's `libwrap` 7.6.q is what was compared with).

mod lines;
mod options;
mod patterns;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;

use sshdoctor_case::{Fact, Obstacle, Received, Sight, TcpWrappers, WrapperRule};

use super::elf::needed_libraries;
use super::{Host, not_seen};
use crate::root::Root;
use lines::Lines;
use options::{Effect, effect};
use patterns::{Asked, clients_match, daemons_match, split_at};

/// A list of hundreds of thousands of banned addresses.
const LARGEST_TABLE: u64 = 16 * 1024 * 1024;
/// As many lines that cannot be decided as are kept.
const MOST_UNDECIDED: usize = 64;
/// Where distributions install what asks tcp wrappers: sshd itself, or since OpenSSH 9.8 the program for one session.
const PROGRAMS: [&str; 8] = [
    "/usr/sbin/sshd",
    "/usr/local/sbin/sshd",
    "/usr/bin/sshd",
    "/usr/lib/openssh/sshd-session",
    "/usr/libexec/openssh/sshd-session",
    "/usr/libexec/sshd-session",
    "/usr/lib/ssh/sshd-session",
    "/usr/local/libexec/sshd-session",
];

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let linked = linked(&host.root);
    let mut facts = Vec::new();
    let mut wrappers = TcpWrappers {
        linked,
        rule: None,
        undecided: None,
    };
    if let Some(from) = host.question.from {
        let asked = Asked {
            daemon: "sshd",
            client: from.to_canonical(),
            server: host.question.to.map(|to| to.to_canonical()),
        };
        let mut tables = Tables::default();
        tables.decide(&host.root, &asked);
        facts.extend(tables.problems);
        wrappers.rule = tables.rule;
        wrappers.undecided = tables.undecided;
    } else {
        facts.push(not_seen(
            Sight::TcpWrappers,
            Obstacle::NotAsked,
            "the address of the client is not known",
        ));
    }
    let wrappers = Box::new(wrappers);
    facts.insert(0, Fact::TcpWrappers { wrappers });
    facts
}

/// Whether sshd asks them; absent where no sshd could be read.
fn linked(root: &Root) -> Option<bool> {
    let libraries = PROGRAMS
        .iter()
        .filter_map(|path| needed_libraries(root, path).ok());
    let has_them = libraries.map(|names| names.iter().any(|name| name.starts_with("libwrap.so")));
    has_them.reduce(|one, other| one || other)
}

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    Allow,
    Deny,
}

impl Table {
    const fn path(self) -> &'static str {
        match self {
            Self::Allow => "/etc/hosts.allow",
            Self::Deny => "/etc/hosts.deny",
        }
    }
}

/// What becomes of the client.
#[derive(Debug, Default)]
struct Tables {
    rule: Option<WrapperRule>,
    undecided: Option<WrapperRule>,
    problems: Vec<Fact>,
}

impl Tables {
    /// The first line that matches decides; without one the client gets in.
    fn decide(&mut self, root: &Root, asked: &Asked) {
        let mut undecided = Vec::new();
        for table in [Table::Allow, Table::Deny] {
            self.rule = self.first_match(root, table, asked, &mut undecided);
            if self.rule.is_some() {
                break;
            }
        }
        let allows = self.rule.as_ref().is_none_or(|rule| rule.allows);
        // One that would end alike changes nothing.
        self.undecided = undecided.into_iter().find(|rule| rule.allows != allows);
    }

    fn first_match(
        &mut self,
        root: &Root,
        table: Table,
        asked: &Asked,
        undecided: &mut Vec<WrapperRule>,
    ) -> Option<WrapperRule> {
        let contents = match root.read(table.path(), LARGEST_TABLE) {
            Ok(contents) => contents,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                self.cannot_read(table, error.kind(), &error.to_string());
                return None;
            }
        };
        if contents.cut {
            self.cannot_read(table, ErrorKind::FileTooLarge, "too long to be read whole");
        }
        for line in Lines::of(&contents.bytes) {
            let rule = |allows| WrapperRule {
                file: Received::from_text(table.path()),
                line: line.number,
                text: Received::from_bytes(line.text.trim_ascii_end()),
                allows,
            };
            // What follows a line without an end is not read. Then the library plays safe: it lets in nobody by this file, and
            // keeps out everybody by the other.
            if !line.is_whole {
                return (table == Table::Deny && !contents.cut).then(|| rule(false));
            }
            let Some((matches, effect)) = evaluate(&line.text, root, asked) else {
                continue;
            };
            let allows = match effect {
                Effect::Allow => true,
                Effect::Refuse => false,
                Effect::None | Effect::Unknown => table == Table::Allow,
            };
            match matches {
                Some(false) => {}
                Some(true) if effect != Effect::Unknown => return Some(rule(allows)),
                _ if undecided.len() < MOST_UNDECIDED => {
                    undecided.push(rule(allows));
                    if effect == Effect::Unknown {
                        undecided.push(rule(!allows));
                    }
                    // It ends here, whichever way.
                    if matches == Some(true) {
                        return Some(rule(allows));
                    }
                }
                _ => {}
            }
        }
        None
    }

    fn cannot_read(&mut self, table: Table, kind: ErrorKind, reason: &str) {
        let obstacle = match kind {
            ErrorKind::PermissionDenied => Obstacle::Privilege,
            _ => Obstacle::Failed,
        };
        let reason = format!("{}: {reason}", table.path());
        self.problems
            .push(not_seen(Sight::TcpWrappers, obstacle, reason));
    }
}

/// Whether a line matches, and what its options do then; nothing for a line that is no rule.
fn evaluate(line: &[u8], root: &Root, asked: &Asked) -> Option<(Option<bool>, Effect)> {
    let is_blank = line.iter().all(|byte| b" \t\r\n".contains(byte));
    if is_blank || line.starts_with(b"#") {
        return None;
    }
    let line = String::from_utf8_lossy(line);
    let (daemons, rest) = split_at(&line, b':')?;
    let (clients, options) = match split_at(rest, b':') {
        Some((clients, options)) => (clients, Some(options)),
        None => (rest, None),
    };
    let daemon = daemons_match(daemons, asked, root);
    let matches = if daemon == Some(false) {
        Some(false)
    } else {
        patterns::and(daemon, clients_match(clients, asked, root))
    };
    Some((matches, options.map_or(Effect::None, effect)))
}
