//! The account that the client wants, where it is one of this system's own.

use super::Host;

/// A hundred thousand accounts.
const LARGEST_LIST: u64 = 16 * 1024 * 1024;

/// What `passwd(5)` has of the account that the client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalAccount {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) home: String,
    /// `/bin/sh` where none is named.
    pub(super) shell: String,
}

/// Accounts from elsewhere than `/etc/passwd` are not asked for: their directory may be what hangs.
pub(super) fn local_account(host: &Host) -> Option<LocalAccount> {
    let wanted = host.question.user.as_deref()?;
    let passwd = host.root.read("/etc/passwd", LARGEST_LIST).ok()?;
    passwd.lines().find_map(|(_, line)| {
        let mut fields = str::from_utf8(line).ok()?.split(':');
        (fields.next()? == wanted).then_some(())?;
        Some(LocalAccount {
            name: wanted.to_owned(),
            uid: fields.nth(1)?.parse().ok()?,
            gid: fields.next()?.parse().ok()?,
            home: fields.nth(1)?.to_owned(),
            shell: match fields.next() {
                None | Some("") => "/bin/sh".to_owned(),
                Some(shell) => shell.to_owned(),
            },
        })
    })
}
