//! What ends a session that was let in.

use sshdoctor_case::Outcome;

use super::{config, quote};
use crate::inside::{Proof, Server};

/// The directory that a session is locked into has the wrong owner or mode.
pub(crate) fn chroot_ownership(server: &Server<'_>) -> Option<Proof> {
    let directory = server
        .setting("chrootdirectory")
        .filter(|directory| *directory != "none")?;
    let (log, line) = server.logged(&["bad ownership or modes for chroot directory"])?;
    let config = server.config?;
    let proof = Proof::stops(
        Outcome::SessionFailed,
        format!("sshd refuses the chroot directory {directory}: it and all above it have to belong to root and be writable for nobody else."),
    )
    .link(format!("sshd logged: {}", line.message))
    .by(log)
    .by(config.id)
    .quoting(quote::log_line(line));
    Some(proof)
}

/// The account is for file transfer only.
pub(crate) fn sftp_only(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let command = server.setting("forcecommand")?;
    if !command.contains("internal-sftp") {
        return None;
    }
    Some(
        Proof::note(format!(
            "This account is for sftp only: ForceCommand {command}{}.",
            config::at(server, "forcecommand")
        ))
        .by(config.id),
    )
}

/// Every session of the account runs one command.
pub(crate) fn forced_command(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let command = server
        .setting("forcecommand")
        .filter(|command| *command != "none" && !command.contains("internal-sftp"))?;
    Some(
        Proof::note(format!(
            "Every session runs \"{command}\" and nothing else{}.",
            config::at(server, "forcecommand")
        ))
        .by(config.id),
    )
}
