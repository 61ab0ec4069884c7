//! The server's key against the person's known_hosts.

use std::{
    net::SocketAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use sshdoctor_case::{HostKeyVerdict, KnownKey, Received};
use sshdoctor_wire::known_hosts::{Certificate, DEFAULT_PORT, Entry, Verdict, fingerprint};

use super::{Surroundings, key_exchange::Presented};
use crate::{
    client_config::default_known_hosts,
    known_hosts::{Loaded, known_key},
};

/// The most other names that are told.
const MAX_OTHER_NAMES: usize = 8;

/// A host key and what known_hosts says to it.
#[derive(Debug, Clone)]
pub(crate) struct HostKeySeen {
    /// Key type, for example `ssh-ed25519`.
    pub(crate) key_type: Received,
    /// The plain key in the SSH wire format.
    pub(crate) blob: Vec<u8>,
    /// `SHA256:…`
    pub(crate) fingerprint: String,
    /// Against known_hosts.
    pub(crate) verdict: HostKeyVerdict,
    /// Other names of this key.
    pub(crate) also_known_as: Vec<Received>,
}

/// What `ssh` would look for, and where.
pub(super) struct LookUp {
    /// Host name or HostKeyAlias, and the address when CheckHostIP is on.
    pub(super) names: Vec<String>,
    /// The port; 22 with a HostKeyAlias, which is looked up as it is (sshconnect.c, `get_hostfile_hostname_ipaddr`).
    pub(super) port: u16,
    /// The files, in reading order.
    pub(super) files: Vec<String>,
}

impl LookUp {
    pub(super) fn new(surroundings: &Surroundings<'_>, to: SocketAddr) -> Self {
        let Some(resolved) = surroundings.config.as_deref() else {
            return Self {
                names: vec![surroundings.destination.host.clone()],
                port: to.port(),
                files: default_known_hosts(surroundings.account),
            };
        };
        let config = &resolved.config;
        let files = config.known_hosts_files.clone();
        if let Some(alias) = &config.host_key_alias {
            return Self {
                names: vec![alias.clone()],
                port: DEFAULT_PORT,
                files,
            };
        }
        let mut names = vec![config.host_name.clone()];
        let address = to.ip().to_string();
        if resolved.check_host_ip && address != config.host_name {
            names.push(address);
        }
        Self {
            names,
            port: to.port(),
            files,
        }
    }
}

/// Compares a key.
pub(super) fn judge(presented: Presented, known: &Loaded, look_up: &LookUp) -> HostKeySeen {
    let certificate = Certificate::parse(&presented.blob);
    let (key_type, blob) = match &certificate {
        Some(certificate) => (
            certificate.plain_type.clone(),
            certificate.plain_blob.clone(),
        ),
        None => (presented.key_type.clone(), presented.blob.clone()),
    };
    let names: Vec<&str> = look_up.names.iter().map(String::as_str).collect();
    let keys = |entries: Vec<&Entry>| -> Vec<KnownKey> {
        entries
            .into_iter()
            .map(|entry| known_key(entry, &known.files))
            .collect()
    };
    let verdict = known
        .known
        .verdict(&names, look_up.port, &presented.key_type, &presented.blob);
    let verdict = match verdict {
        Verdict::Match(entry) => HostKeyVerdict::Match {
            entry: known_key(entry, &known.files),
        },
        Verdict::MatchAuthority { entry, certificate } => {
            let entry = known_key(entry, &known.files);
            if is_accepted(&certificate, &look_up.names) {
                HostKeyVerdict::Match { entry }
            } else {
                HostKeyVerdict::OtherTypeOnly { known: vec![entry] }
            }
        }
        Verdict::Unknown => HostKeyVerdict::Unknown,
        Verdict::OtherTypeOnly(entries) => HostKeyVerdict::OtherTypeOnly {
            known: keys(entries),
        },
        Verdict::Mismatch(entries) => HostKeyVerdict::Mismatch {
            known: keys(entries),
        },
        Verdict::Revoked(entry) => HostKeyVerdict::Revoked {
            entry: known_key(entry, &known.files),
        },
    };
    HostKeySeen {
        key_type: Received::from_text(&key_type),
        fingerprint: fingerprint(&blob),
        also_known_as: other_names(known, &blob, look_up),
        blob,
        verdict,
    }
}

/// A host certificate for one of these names that is valid now.
fn is_accepted(certificate: &Certificate, names: &[String]) -> bool {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let names_it = names
        .iter()
        .any(|name| certificate.names(&name.to_ascii_lowercase()));
    certificate.for_host && certificate.is_valid_at(now) && names_it
}

fn other_names(known: &Loaded, blob: &[u8], look_up: &LookUp) -> Vec<Received> {
    let ours: Vec<String> = look_up
        .names
        .iter()
        .map(|name| sshdoctor_wire::known_hosts::lookup_name(name, look_up.port))
        .collect();
    let mut others: Vec<Received> = Vec::new();
    for entry in known.known.holding_key(blob) {
        if ours.iter().any(|name| entry.applies_to(name)) {
            continue;
        }
        let name = entry
            .listed_names()
            .map_or_else(|| Received::from_text("(hashed)"), Received::from_bytes);
        if !others.contains(&name) && others.len() < MAX_OTHER_NAMES {
            others.push(name);
        }
    }
    others
}
