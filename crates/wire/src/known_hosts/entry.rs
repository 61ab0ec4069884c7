use super::{fingerprint, hashed::HashedName, pattern};

/// What a marker at the start of a line makes of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Marker {
    /// `@cert-authority`: the key signs host certificates.
    CertAuthority,
    /// `@revoked`: the key must never be accepted.
    Revoked,
}

impl Marker {
    /// The word, without the `@`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CertAuthority => "cert-authority",
            Self::Revoked => "revoked",
        }
    }
}

/// Which names an entry applies to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hosts {
    /// A comma-separated list of names and patterns, as it stands in the file.
    Listed(Vec<u8>),
    /// One hashed name.
    Hashed(HashedName),
}

/// One line that holds a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Index of the file, as [`super::KnownHosts::add_file`] gave it.
    pub file: usize,
    /// Line, from 1.
    pub line: u32,
    /// The marker.
    pub marker: Option<Marker>,
    /// The names.
    pub hosts: Hosts,
    /// The key type as the line names it, for example `ssh-ed25519`.
    pub key_type: String,
    /// The key in the SSH wire format (RFC 4253, section 6.6).
    pub key_blob: Vec<u8>,
    /// What follows the key, as it stands in the file.
    pub comment: Vec<u8>,
}

impl Entry {
    /// Whether the entry applies to a name as [`super::lookup_name`] writes it.
    #[must_use]
    pub fn applies_to(&self, lookup_name: &str) -> bool {
        match &self.hosts {
            Hosts::Listed(list) => pattern::list_applies(lookup_name.as_bytes(), list),
            Hosts::Hashed(hashed) => hashed.is_of(lookup_name.as_bytes()),
        }
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key_blob)
    }

    /// The names as they stand in the file, unless they are hashed.
    #[must_use]
    pub fn listed_names(&self) -> Option<&[u8]> {
        match &self.hosts {
            Hosts::Listed(list) => Some(list),
            Hosts::Hashed(_) => None,
        }
    }
}
