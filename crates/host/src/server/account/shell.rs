//! The shell of an account, as sshd asks about it (`allowed_user`, `auth.c`).

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use std::ffi::OsStr;
use std::io::ErrorKind;

use sshdoctor_case::{LoginShell, Received};

use crate::root::Root;

/// Programs that end at once, whatever they are asked.
const REFUSING: [&[u8]; 6] = [b"nologin", b"false", b"true", b"sync", b"halt", b"shutdown"];

pub(super) fn look(root: &Root, named: &[u8]) -> LoginShell {
    let path = if named.is_empty() { b"/bin/sh" } else { named };
    let metadata = root.metadata(OsStr::from_bytes(path));
    let known = match &metadata {
        Ok(metadata) => Some(Some(metadata)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Some(None)
        }
        Err(_) => None,
    };
    let name = Path::new(OsStr::from_bytes(path)).file_name();
    LoginShell {
        path: Received::from_bytes(path),
        exists: known.map(|metadata| metadata.is_some_and(std::fs::Metadata::is_file)),
        executable: known.map(|metadata| {
            metadata.is_some_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
        }),
        listed: listed(root, path),
        refuses: name.is_some_and(|name| REFUSING.contains(&name.as_bytes())),
    }
}

/// Whether `shells(5)` lists it.
pub(in crate::server) fn listed(root: &Root, path: &[u8]) -> Option<bool> {
    let contents = [
        "/etc/shells",
        "/usr/etc/shells",
        "/usr/share/defaults/etc/shells",
    ]
    .iter()
    .find_map(|file| root.read(file, 64 * 1024).ok())?;
    Some(contents.lines().any(|(_, line)| line.trim_ascii() == path))
}
