//! The client's memory of host keys (`sshd(8)`, "SSH_KNOWN_HOSTS FILE FORMAT"), read and matched as OpenSSH does.

mod entry;
mod hashed;
mod key;
mod lanes;
mod parse;
mod pattern;
mod recover;
mod verdict;

pub use entry::{Entry, Hosts, Marker};
pub use hashed::HashedName;
pub use key::{Certificate, fingerprint};
pub use pattern::matches_pattern;
pub use recover::{RecoveredPort, Recovery, recover_ports};
pub use verdict::Verdict;

/// The port that is left out of a name in known_hosts.
pub const DEFAULT_PORT: u16 = 22;

/// A line that OpenSSH would skip, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Index of the file, as [`KnownHosts::add_file`] gave it.
    pub file: usize,
    /// Line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub reason: ProblemReason,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProblemReason {
    /// A word that starts with `@` is neither `@cert-authority` nor `@revoked`, or there are two.
    #[error("unknown or repeated marker")]
    Marker,
    /// A name starts with `|` but is not `|1|salt|hash` with 20 bytes each, so that it can match nothing.
    #[error("the hashed name is malformed")]
    HashedName,
    /// Nothing follows the names.
    #[error("the line ends before the key")]
    NoKey,
    /// Nothing follows the key type.
    #[error("the line ends after the key type")]
    NoKeyData,
    /// A key type OpenSSH does not know, or, where a number stands, a key of protocol 1.
    #[error("the key type is unknown")]
    KeyType,
    /// The key is not base64.
    #[error("the key is not base64")]
    KeyEncoding,
    /// The key does not hold what its type asks for, or is of another type.
    #[error("the key is malformed or not of the type that the line names")]
    KeyContent,
}

/// The entries of one or more known_hosts files, in reading order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownHosts {
    entries: Vec<Entry>,
    problems: Vec<Problem>,
    files: usize,
}

impl KnownHosts {
    /// Reads one file. Lines that OpenSSH would skip become [`Self::problems`].
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let mut known = Self::default();
        known.add_file(bytes);
        known
    }

    /// Reads one more file behind the others, as `ssh` reads user and system files into one list. Returns the index
    /// that its entries and problems carry, from 0.
    pub fn add_file(&mut self, bytes: &[u8]) -> usize {
        let file = self.files;
        self.files += 1;
        parse::file(bytes, file, &mut self.entries, &mut self.problems);
        file
    }

    /// Every entry.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every line that was skipped.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Entries that apply to this name and port, marked ones included.
    ///
    /// A HostKeyAlias is looked up without a port: pass 22.
    pub fn matching(&self, name: &str, port: u16) -> impl Iterator<Item = &Entry> {
        let wanted = lookup_name(name, port);
        self.entries
            .iter()
            .filter(move |entry| entry.applies_to(&wanted))
    }

    /// Entries that hold this very key, whatever their names: other machines the person knows, or this one by another
    /// name. Keys marked as revoked or as a certificate authority are left out.
    pub fn holding_key(&self, key_blob: &[u8]) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.marker.is_none() && entry.key_blob == key_blob)
    }
}

/// The name as known_hosts holds it: in lower case, and with `[name]:port` for any port but 22.
#[must_use]
pub fn lookup_name(name: &str, port: u16) -> String {
    let lower = name.to_ascii_lowercase();
    // OpenSSH uses port 0 for "no port".
    if port == DEFAULT_PORT || port == 0 {
        lower
    } else {
        format!("[{lower}]:{port}")
    }
}
