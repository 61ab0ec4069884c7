//! The directory and the account of privilege separation (`_PATH_PRIVSEP_CHROOT_DIR`, `SSH_PRIVSEP_USER`).

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use sshdoctor_case::{Received, SshdDirectory};

use super::image::Image;
use crate::root::{Root, USUAL_MOST};
use crate::server::sshd_start::service_assignments;

/// Which directories distributions compile in; the first for when none is found in the program.
const DIRECTORIES: [&str; 8] = [
    "/run/sshd",
    "/var/run/sshd",
    "/usr/share/empty.sshd",
    "/var/empty/sshd",
    "/var/lib/sshd",
    "/var/lib/empty",
    "/var/chroot/ssh",
    "/var/empty",
];
const ACCOUNT: &str = "sshd";
const TMPFILES: [&str; 4] = [
    "/etc/tmpfiles.d",
    "/run/tmpfiles.d",
    "/usr/lib/tmpfiles.d",
    "/usr/local/lib/tmpfiles.d",
];
const MOST_FILES: usize = 256;
const MOST_BYTES: u64 = 64 * 1024;

pub(super) fn look(root: &Root, image: Option<&Image>) -> SshdDirectory {
    let compiled_in = |path: &&&str| image.is_some_and(|image| image.has_string(path));
    let path = *DIRECTORIES
        .iter()
        .find(compiled_in)
        .unwrap_or(&DIRECTORIES[0]);
    let metadata = root.metadata(path).ok();
    let metadata = metadata.filter(std::fs::Metadata::is_dir);
    SshdDirectory {
        path: Received::from_text(path),
        exists: metadata.is_some(),
        uid: metadata.as_ref().map(MetadataExt::uid),
        mode: metadata.map(|data| data.permissions().mode() & 0o7777),
        account_exists: account_exists(root),
        made_by: made_by(root, path),
    }
}

/// Where accounts come from elsewhere too, only that it is there can be told.
fn account_exists(root: &Root) -> Option<bool> {
    let accounts = root.read("/etc/passwd", USUAL_MOST).ok()?;
    let begin = format!("{ACCOUNT}:");
    let found = accounts
        .lines()
        .any(|(_, line)| line.starts_with(begin.as_bytes()));
    (found || !accounts.cut).then_some(found)
}

/// What makes a directory that is gone after a boot.
fn made_by(root: &Root, path: &str) -> Option<Received> {
    let name = path
        .strip_prefix("/run/")
        .or_else(|| path.strip_prefix("/var/run/"))?;
    let assignments = service_assignments(root);
    let mut of_unit = None;
    for assignment in assignments
        .iter()
        .filter(|one| one.key == "RuntimeDirectory")
    {
        if assignment.value.is_empty() {
            of_unit = None;
        } else if assignment.value.split_whitespace().any(|own| own == name) {
            of_unit = Some(format!(
                "{}: RuntimeDirectory={}",
                assignment.file, assignment.value
            ));
        }
    }
    of_unit
        .or_else(|| tmpfiles_line(root, name))
        .map(|text| Received::from_text(&text))
}

/// A line of `tmpfiles.d(5)` that makes it.
fn tmpfiles_line(root: &Root, name: &str) -> Option<String> {
    for directory in TMPFILES {
        for file in root.names_in(directory, MOST_FILES).unwrap_or_default() {
            let file = format!("{directory}/{}", String::from_utf8_lossy(&file));
            let Ok(contents) = root.read(&file, MOST_BYTES) else {
                continue;
            };
            for (number, line) in contents.lines() {
                let line = String::from_utf8_lossy(line);
                let mut words = line.split_whitespace();
                let (Some(kind), Some(path)) = (words.next(), words.next()) else {
                    continue;
                };
                let place = path
                    .strip_prefix("/run/")
                    .or_else(|| path.strip_prefix("/var/run/"));
                if kind.starts_with(['d', 'D']) && place == Some(name) {
                    return Some(format!("{file} line {number}"));
                }
            }
        }
    }
    None
}
