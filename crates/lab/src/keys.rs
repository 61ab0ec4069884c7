//! Key pairs, all made anew for each scenario.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Doing, LabError};
use crate::namespace::find_tool;
use crate::sandbox::ROOM;

/// Host keys, made when they are first asked for.
#[derive(Default)]
pub(crate) struct HostKeys {
    public: BTreeMap<(String, String), String>,
}

impl HostKeys {
    /// Path of the private key of this type that belongs to `owner`.
    pub(crate) fn private(&mut self, owner: &str, kind: &str) -> Result<PathBuf, LabError> {
        let path = Path::new(ROOM).join("keys").join(format!("{owner}.{kind}"));
        let Entry::Vacant(slot) = self.public.entry((owner.to_owned(), kind.to_owned())) else {
            return Ok(path);
        };
        make_key(&path, kind, owner)?;
        let public = std::fs::read_to_string(path.with_extension(format!("{kind}.pub")))
            .doing("read a public key")?;
        slot.insert(public.split(' ').take(2).collect::<Vec<_>>().join(" "));
        Ok(path)
    }

    /// Replaces each `{owner.type}` by that public key, type and base64.
    pub(crate) fn fill_in(&mut self, line: &str) -> Result<String, LabError> {
        let mut filled = String::new();
        let mut rest = line;
        while let Some((before, (inside, after))) = rest
            .split_once('{')
            .and_then(|(before, more)| Some((before, more.split_once('}')?)))
        {
            filled += before;
            match inside.split_once('.') {
                Some((owner, kind)) => {
                    self.private(owner, kind)?;
                    filled += &self.public[&(owner.to_owned(), kind.to_owned())];
                }
                None => filled += inside,
            }
            rest = after;
        }
        Ok(filled + rest)
    }
}

/// Makes a key pair without a passphrase.
pub(crate) fn make_key(path: &Path, kind: &str, comment: &str) -> Result<(), LabError> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).doing("make a directory for keys")?;
    }
    let mut arguments = vec!["-q", "-t", kind, "-N", "", "-C", comment];
    if kind == "rsa" {
        arguments.extend(["-b", "2048"]);
    }
    keygen(
        Command::new(find_tool("ssh-keygen", "openssh-client")?)
            .args(arguments)
            .arg("-f")
            .arg(path),
    )
}

/// Runs a command of `ssh-keygen`.
pub(crate) fn keygen(command: &mut Command) -> Result<(), LabError> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .doing("run ssh-keygen")?;
    if output.status.success() {
        return Ok(());
    }
    Err(LabError::Tool {
        tool: "ssh-keygen".into(),
        host: "client".into(),
        message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
