//! Programs that run ssh, and what they add: Ansible, git, rsync, scp, sftp, VS Code Remote, CI runners, and other tools on the same port.

use sshdoctor_case::{Outcome, Stage};

use crate::text::sign::{Meaning, Phase, SUMMARY, SYMPTOM, Sign, stop};

#[rustfmt::skip]
pub(super) const SIGNS: &[Sign] = &[
    Sign::client("fatal: Could not read from remote repository", Meaning::Noise),
    Sign::client("Please make sure you have the correct access rights", Meaning::Noise),
    Sign::client("fatal: The remote end hung up unexpectedly", Meaning::Noise),
    Sign::client("lost connection", Meaning::Noise),
    Sign::client("rsync: connection unexpectedly closed", Meaning::Noise),
    Sign::client("rsync error: unexplained error (code 255)", Meaning::Noise),
    Sign::client("scp: Connection closed", Meaning::CopyEnded),
    Sign::client("Connection closed.", Meaning::CopyEnded),
    Sign::client("Failure initializing sftp session", Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, &["subsystem-missing"]))).within(),
    Sign::client("Unable to request SFTP subsystem", Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, &["subsystem-missing"]))).within(),
    Sign::client("paramiko.ssh_exception.SSHException: Channel closed", Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, &["subsystem-missing", "session-dies-after-login"]))),
    Sign::client("Timeout (12s) waiting for privilege escalation prompt", Meaning::Noise),
    Sign::client("Data could not be sent to remote host \"", Meaning::Stops(stop(Stage::Route, Outcome::Unreachable, &["host-down", "idle-connection-dropped"]).weight(SUMMARY))).within(),
    Sign::client("Host key checking is enabled, and SSH needs to add a host key", Meaning::Stops(stop(Stage::HostKey, Outcome::HostKeyMismatch, &["strict-known-hosts"]).weight(SYMPTOM))).within(),
    Sign::client("Using a SSH password instead of a key is not possible because Host Key checking is enabled", Meaning::Stops(stop(Stage::HostKey, Outcome::HostKeyMismatch, &["strict-known-hosts"]))).within(),
    Sign::client("Invalid/incorrect password: Permission denied", Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, &["wrong-password"]))).within(),
    Sign::client("You've successfully authenticated", Meaning::Succeeds(Phase::InSession)).within(),
    Sign::client("mosh: Could not connect to ", Meaning::ConnectFailed).within().with(&["last tried"]),
    Sign::client("Timeout waiting for SSH", Meaning::Stops(stop(Stage::Route, Outcome::TimedOut, &["cloud-firewall-blocks", "key-not-authorized", "host-firewall-drops", "host-down"]).weight(SUMMARY))).within(),
    Sign::client("[exception] cannot connect to ", Meaning::ConnectFailed).with(&[" port "]),
    Sign::client("curl: (7) Failed to connect to ", Meaning::ConnectFailed).with(&[" port 22 ", " port 2222 "]),
    Sign::client("curl: (6) Could not resolve host: ", Meaning::Stops(stop(Stage::Name, Outcome::NameNotFound, &["name-not-found", "dns-server-down"]))).in_context(),
    Sign::client("curl: (28) Failed to connect to ", Meaning::ConnectFailed).with(&[" port 22 ", " port 2222 "]),
    Sign::client("curl: (28) Connection timed out after ", Meaning::ConnectFailed).in_context(),
    Sign::client("* connect to ", Meaning::ConnectFailed).with(&[" port 22 failed: ", " port 2222 failed: "]),
    Sign::client("nc: connect to ", Meaning::ConnectFailed).with(&[" port 22 ", " port 2222 "]),
    Sign::client("/dev/tcp/", Meaning::ConnectFailed).within().with(&["/22: ", "/2222: "]),
];
