//! `/etc/passwd` and `/etc/group`, and which other sources of accounts there are (`nsswitch.conf(5)`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::root::Root;

/// How much of each file is read: some 100,000 accounts.
const MOST: u64 = 8 * 1024 * 1024;

/// One account of `passwd(5)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Entry {
    pub(in crate::server) name: Vec<u8>,
    pub(in crate::server) password: Vec<u8>,
    pub(in crate::server) uid: u32,
    pub(in crate::server) gid: u32,
    pub(in crate::server) home: PathBuf,
    pub(in crate::server) shell: Vec<u8>,
}

/// One group of `group(5)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Group {
    pub(in crate::server) name: Vec<u8>,
    pub(in crate::server) gid: u32,
    pub(in crate::server) members: Vec<Vec<u8>>,
}

/// The accounts and groups that the files of the system hold.
#[derive(Debug, Default)]
pub(in crate::server) struct Databases {
    pub(in crate::server) entries: Vec<Entry>,
    pub(in crate::server) groups: Vec<Group>,
    /// Sources of accounts, in order.
    pub(in crate::server) account_sources: Vec<String>,
    /// Sources of groups, in order.
    pub(in crate::server) group_sources: Vec<String>,
    /// What could not be read: the file, and why.
    pub(in crate::server) unread: Option<String>,
}

impl Databases {
    pub(in crate::server) fn read(root: &Root) -> Self {
        let mut unread = None;
        let mut lines_of = |path: &str| {
            root.read(path, MOST)
                .map_err(|error| unread = Some(format!("{path}: {error}")))
                .map_or_else(|_| Vec::new(), |contents| contents.bytes)
        };
        let (passwd, group) = (lines_of("/etc/passwd"), lines_of("/etc/group"));
        Self {
            entries: passwd.split(|b| *b == b'\n').filter_map(entry).collect(),
            groups: group
                .split(|b| *b == b'\n')
                .filter_map(group_entry)
                .collect(),
            account_sources: sources(root, "passwd"),
            group_sources: sources(root, "group"),
            unread,
        }
    }

    pub(in crate::server) fn entry(&self, name: &[u8]) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Groups of an account, its own first, as far as the files tell.
    pub(in crate::server) fn groups_of<'a>(
        &'a self,
        entry: &'a Entry,
    ) -> impl Iterator<Item = &'a Group> {
        let own = self.groups.iter().filter(|group| group.gid == entry.gid);
        let others = self
            .groups
            .iter()
            .filter(|group| group.gid != entry.gid && group.members.contains(&entry.name));
        own.take(1).chain(others)
    }

    /// Whether all groups are in the files, so that one that is not there does not exist.
    pub(in crate::server) fn groups_are_complete(&self) -> bool {
        self.unread.is_none() && self.group_sources.iter().all(|source| is_local(source))
    }

    /// Whether sshd of Debian lets `owner`'s file be writable for this group: nobody else is in it (`user-group-modes.patch`,
    /// `secure_permissions`).
    pub(in crate::server) fn is_private_group(
        &self,
        gid: u32,
        file_uid: u32,
        account_uid: u32,
    ) -> Option<bool> {
        let Some(group) = self.groups.iter().find(|group| group.gid == gid) else {
            return self.groups_are_complete().then_some(false);
        };
        let mut own = self.entries.iter().filter(|entry| entry.gid == gid);
        let has_own = own.clone().next().is_some();
        if own.any(|entry| entry.uid != account_uid) {
            return Some(false);
        }
        let owner = self.entries.iter().find(|entry| entry.uid == file_uid);
        Some(match group.members.as_slice() {
            [] => has_own,
            [only] => owner.is_some_and(|owner| owner.name == *only),
            _ => false,
        })
    }
}

/// One that is on this machine and answers at once.
pub(in crate::server) fn is_local(source: &str) -> bool {
    matches!(
        source,
        "files" | "compat" | "db" | "systemd" | "altfiles" | "extrausers"
    )
}

pub(in crate::server) fn entry(line: &[u8]) -> Option<Entry> {
    let mut fields = line.split(|byte| *byte == b':');
    let mut next = || fields.next();
    let (name, password) = (next()?, next()?);
    let (uid, gid) = (number(next()?)?, number(next()?)?);
    let (_comment, home, shell) = (next()?, next()?, next().unwrap_or_default());
    (!name.is_empty() && !name.starts_with(b"#") && !name.starts_with(b"+")).then(|| Entry {
        name: name.to_vec(),
        password: password.to_vec(),
        uid,
        gid,
        home: PathBuf::from(OsStr::from_bytes(home)),
        shell: shell.to_vec(),
    })
}

fn group_entry(line: &[u8]) -> Option<Group> {
    let mut fields = line.split(|byte| *byte == b':');
    let (name, _password) = (fields.next()?, fields.next()?);
    let gid = number(fields.next()?)?;
    let members = fields.next().unwrap_or_default();
    (!name.is_empty() && !name.starts_with(b"#")).then(|| Group {
        name: name.to_vec(),
        gid,
        members: members
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii)
            .filter(|member| !member.is_empty())
            .map(<[u8]>::to_vec)
            .collect(),
    })
}

pub(super) fn number<T: std::str::FromStr>(field: &[u8]) -> Option<T> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}

/// Sources of a database; `files` where nothing is said, as the C libraries do.
fn sources(root: &Root, database: &str) -> Vec<String> {
    let read = ["/etc/nsswitch.conf", "/usr/etc/nsswitch.conf"]
        .iter()
        .find_map(|path| root.read(path, 64 * 1024).ok());
    let text = read.map(|contents| String::from_utf8_lossy(&contents.bytes).into_owned());
    let named: Vec<String> = text
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.split('#').next()?.split_once(':'))
        .find(|(name, _)| name.trim() == database)
        .map(|(_, sources)| without_actions(sources))
        .unwrap_or_default();
    if named.is_empty() {
        vec!["files".to_owned()]
    } else {
        named
    }
}

/// Names of sources, without what is done after their answers: `[NOTFOUND=return]`.
fn without_actions(sources: &str) -> Vec<String> {
    let mut inside = false;
    let mut named = Vec::new();
    for word in sources.split_whitespace().take(16) {
        inside |= word.starts_with('[');
        if !inside {
            named.push(word.to_owned());
        }
        inside &= !word.ends_with(']');
    }
    named
}
