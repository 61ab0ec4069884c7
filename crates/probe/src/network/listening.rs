//! Listening sockets and sshd processes of this machine.

use sshdoctor_case::LocalServices;

pub(crate) fn local_services() -> LocalServices {
    LocalServices::default()
}
