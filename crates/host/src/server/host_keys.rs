//! The host keys, as configured, and whether sshd could use them.

mod key_file;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use sshdoctor_case::{Fact, HostKeyFile, Obstacle, Received, Sight, SshdConfig};

use super::sshd_config::DEFAULT_HOST_KEYS;
use super::{Host, not_seen};
use crate::root::{Root, USUAL_MOST};
use key_file::{PrivateFile, PublicHalf};

/// How many are looked at (`MAX_HOSTKEYS` of older versions).
const MOST_KEYS: usize = 256;
/// A key of 16384 bits takes 12 KiB.
const MOST_BYTES: u64 = 64 * 1024;
/// The group that may read host keys on Fedora and its relatives.
const KEY_GROUP: &str = "ssh_keys";

pub(super) fn look(host: &Host, config: Option<&SshdConfig>) -> Vec<Fact> {
    let configured = config.is_some_and(|config| config.origin("hostkey").is_some());
    let mut paths: Vec<String> = match config {
        Some(config) => config.values("hostkey").map(str::to_owned).collect(),
        None => DEFAULT_HOST_KEYS.map(str::to_owned).to_vec(),
    };
    paths.truncate(MOST_KEYS);
    let rules = Rules {
        key_group: group_number(&host.root, KEY_GROUP),
        shortest_rsa: config
            .and_then(|config| config.value("requiredrsasize"))
            .and_then(|bits| bits.parse().ok())
            .unwrap_or(1024),
        has_agent: config
            .and_then(|config| config.value("hostkeyagent"))
            .is_some_and(|agent| agent != "none"),
    };
    let mut facts = Vec::new();
    let mut keys = Vec::new();
    for path in &paths {
        match rules.look(&host.root, path, configured) {
            Ok(key) => keys.push(key),
            Err(reason) => facts.push(not_seen(Sight::HostKeys, Obstacle::Privilege, reason)),
        }
    }
    facts.push(Fact::HostKeyFiles { keys });
    facts
}

/// What a key is judged by.
struct Rules {
    key_group: Option<u32>,
    shortest_rsa: u32,
    has_agent: bool,
}

impl Rules {
    /// An error when it cannot even be told whether the file is there.
    fn look(&self, root: &Root, path: &str, configured: bool) -> Result<HostKeyFile, String> {
        let public = public_file(root, path);
        let mut key = HostKeyFile {
            path: Received::from_text(path),
            configured,
            exists: false,
            mode: None,
            uid: None,
            key_type: None,
            bits: None,
            fingerprint: None,
            changed_at_ms: None,
            problem: None,
        };
        let metadata = match root.metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return Err(format!("{path}: {error}"));
            }
            Err(_) => {
                key.tell(public.as_ref());
                let held_by_agent = self.has_agent && public.is_some();
                key.problem = (!held_by_agent).then(|| Received::from_text("missing"));
                return Ok(key);
            }
        };
        let modified = metadata.modified().ok();
        let since_epoch = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        key.exists = true;
        key.mode = Some(metadata.permissions().mode() & 0o7777);
        key.uid = Some(metadata.uid());
        key.changed_at_ms = since_epoch.and_then(|time| i64::try_from(time.as_millis()).ok());
        let (own, problem) = private_file(root, path);
        key.tell(own.as_ref().or(public.as_ref()));
        // A right mode would not make a key of what is none.
        key.problem = problem
            .or_else(|| self.permissions(&key, metadata.gid()))
            .or_else(|| self.length(&key))
            .map(|problem| Received::from_text(&problem));
        Ok(key)
    }

    /// Only a file of the account that reads it is judged (`sshkey_perm_ok`, `authfile.c`), and sshd runs as root.
    fn permissions(&self, key: &HostKeyFile, group: u32) -> Option<String> {
        let mode = key.mode?;
        let for_key_group = self.key_group == Some(group) && mode & 0o037 == 0;
        (key.uid == Some(0) && mode & 0o077 != 0 && !for_key_group)
            .then(|| format!("permissions 0{:03o} are too open", mode & 0o777))
    }

    /// `RequiredRSASize`.
    fn length(&self, key: &HostKeyFile) -> Option<String> {
        let is_rsa = key.key_type.as_ref()?.as_str() == "ssh-rsa";
        let bits = key
            .bits
            .filter(|bits| is_rsa && *bits < self.shortest_rsa)?;
        Some(format!(
            "its {bits} bits are fewer than RequiredRSASize {}",
            self.shortest_rsa
        ))
    }
}

trait Tell {
    fn tell(&mut self, public: Option<&PublicHalf>);
}

impl Tell for HostKeyFile {
    fn tell(&mut self, public: Option<&PublicHalf>) {
        self.key_type = public.map(|public| Received::from_text(&public.key_type));
        self.bits = public.and_then(|public| public.bits);
        self.fingerprint = public.map(|public| public.fingerprint.clone());
    }
}

/// The public half that a private file shows in clear, and why it cannot be used.
fn private_file(root: &Root, path: &str) -> (Option<PublicHalf>, Option<String>) {
    let contents = match root.read(path, MOST_BYTES) {
        Ok(contents) => contents,
        // To root nothing is denied by its mode.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return (None, None),
        Err(error) => return (None, Some(error.to_string())),
    };
    let text = contents.bytes.as_slice();
    match key_file::private_file(text) {
        _ if text.is_empty() => (None, Some("empty".to_owned())),
        PrivateFile::OpenSsh { public, encrypted } => (
            public,
            encrypted.then(|| "protected by a passphrase, which nobody can type".to_owned()),
        ),
        PrivateFile::Pem { encrypted } => (
            None,
            encrypted.then(|| "protected by a passphrase, which nobody can type".to_owned()),
        ),
        PrivateFile::Public(public) => (
            Some(public),
            Some("a public key, not a private one".to_owned()),
        ),
        PrivateFile::Damaged(problem) => (None, Some(problem.to_owned())),
    }
}

fn public_file(root: &Root, path: &str) -> Option<PublicHalf> {
    let contents = root
        .read(Path::new(&format!("{path}.pub")), MOST_BYTES)
        .ok()?;
    key_file::public_line(&contents.bytes)
}

fn group_number(root: &Root, name: &str) -> Option<u32> {
    let contents = root.read("/etc/group", USUAL_MOST).ok()?;
    contents.lines().find_map(|(_, line)| {
        let line = std::str::from_utf8(line).ok()?;
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests;
