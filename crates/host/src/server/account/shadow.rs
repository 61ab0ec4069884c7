//! Password and ageing of an account (`shadow(5)`). Nothing of the password is kept.

use std::io;

use sshdoctor_case::PasswordState;

use super::databases::{Entry, number};
use crate::root::Root;

const MOST: u64 = 8 * 1024 * 1024;

/// What `shadow(5)` says of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shadow {
    pub(super) password: PasswordState,
    pub(super) locked_without_pam: bool,
    pub(super) expires_day: Option<i64>,
    pub(super) password_expired: bool,
    pub(super) inactive: bool,
}

/// Reads the line of an account, on the given day since 1970-01-01.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read(root: &Root, entry: &Entry, today: i64) -> io::Result<Option<Shadow>> {
    // `x` alone sends the reader to shadow(5).
    if entry.password != b"x" && !entry.password.starts_with(b"##") {
        return Ok(Some(without_ageing(&entry.password)));
    }
    let contents = root.read("/etc/shadow", MOST)?;
    let line = contents
        .bytes
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(&*entry.name)?.strip_prefix(b":"));
    Ok(line.map(|line| of_line(line, today)))
}

fn without_ageing(password: &[u8]) -> Shadow {
    Shadow {
        password: state(password),
        locked_without_pam: password.starts_with(b"!"),
        expires_day: None,
        password_expired: false,
        inactive: false,
    }
}

/// As `check_shadow_expiry` of `pam_unix` and `auth_shadow_pwexpired` of sshd see it; the line without the name.
fn of_line(line: &[u8], today: i64) -> Shadow {
    let mut fields = line.split(|byte| *byte == b':');
    let password = fields.next().unwrap_or_default();
    let mut days = || {
        fields
            .next()
            .and_then(number::<i64>)
            .filter(|days| *days >= 0)
    };
    let (changed, _least, most, _warn, inactive, expires) =
        (days(), days(), days(), days(), days(), days());
    let age = changed.map(|changed| today.saturating_sub(changed));
    let past = |limit: Option<i64>| matches!((age, limit), (Some(age), Some(limit)) if age > limit);
    let closed_after = most
        .zip(inactive)
        .map(|(most, inactive)| most.saturating_add(inactive));
    Shadow {
        expires_day: expires,
        password_expired: changed == Some(0) || past(most),
        // Day 0 asks for a change, whatever the ages say.
        inactive: changed != Some(0) && past(closed_after),
        ..without_ageing(password)
    }
}

fn state(password: &[u8]) -> PasswordState {
    match password {
        b"" => PasswordState::Empty,
        b"*" | b"!" | b"!!" | b"!*" | b"*LK*" | b"*NP*" => PasswordState::None,
        [b'!', ..] => PasswordState::Locked,
        [b'*', ..] => PasswordState::None,
        _ => PasswordState::Set,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days and answers as `pam_unix` gives them: 20000 is today.
    #[test]
    fn ageing_is_read_as_pam_unix_reads_it() {
        let cases = [
            ("$y$x:19990:0:99999:7:::", PasswordState::Set, false, false),
            ("$y$x:0:0:99999:7:::", PasswordState::Set, true, false),
            ("$y$x:19990:0:9:7:::", PasswordState::Set, true, false),
            ("$y$x:19990:0:10:7:::", PasswordState::Set, false, false),
            ("$y$x:19990:0:5:7:3::", PasswordState::Set, true, true),
            ("$y$x:19990:0:5:7:5::", PasswordState::Set, true, false),
            ("$y$x::0:5:7:5::", PasswordState::Set, false, false),
            ("!$y$x:20001:0:5:7:::", PasswordState::Locked, false, false),
            ("!:19990::::::", PasswordState::None, false, false),
            ("*:19990:0:99999:7:::", PasswordState::None, false, false),
            (":19990", PasswordState::Empty, false, false),
            (
                "x:-9223372036854775808:a:99999999999999999999",
                PasswordState::Set,
                false,
                false,
            ),
        ];
        for (line, password, password_expired, inactive) in cases {
            let read = of_line(line.as_bytes(), 20_000);
            assert_eq!(
                (read.password, read.password_expired, read.inactive),
                (password, password_expired, inactive),
                "{line}"
            );
        }
        assert_eq!(
            of_line(b"x:1:0:9:7::19000:", 20_000).expires_day,
            Some(19_000)
        );
        assert!(of_line(b"!:1::::::", 20_000).locked_without_pam);
        assert!(!of_line(b"*:1::::::", 20_000).locked_without_pam);
    }
}
