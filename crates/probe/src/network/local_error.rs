//! Errors of the local kernel as evidence.

use std::io;

use nix::errno::Errno;
use sshdoctor_case::LocalError;

/// The evidence for an error that a system call gave. An error without a number counts as `EIO`.
pub(super) fn local_error(error: &io::Error) -> LocalError {
    from_errno(error.raw_os_error().unwrap_or(Errno::EIO as i32))
}

/// The evidence for an error number of `errno(3)`.
pub(super) fn from_errno(errno: i32) -> LocalError {
    LocalError {
        errno,
        name: match Errno::from_raw(errno) {
            Errno::UnknownErrno => format!("errno {errno}"),
            known => format!("{known:?}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_by_their_symbol() {
        assert_eq!(from_errno(101).name, "ENETUNREACH");
        assert_eq!(from_errno(113).name, "EHOSTUNREACH");
        assert_eq!(from_errno(9999).name, "errno 9999");
        assert_eq!(local_error(&io::Error::other("no number")).name, "EIO");
    }
}
