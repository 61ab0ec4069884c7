//! What ends a session that was let in.

use sshdoctor_case::{Outcome, Received, Stage};

use super::{config, quote};
use crate::inside::{Proof, Server};

/// The directory that a session is locked into has the wrong owner or mode.
pub(crate) fn chroot_ownership(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let directory = match &config.fact.chroot {
        Some(chroot) => chroot.directory.as_str(),
        None => server
            .setting("chrootdirectory")
            .filter(|directory| *directory != "none")?,
    };
    let (log, line) = server.logged(&["bad ownership or modes for chroot directory"])?;
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
    let command = server.setting("forcecommand")?;
    if !command.contains("internal-sftp") {
        return None;
    }
    config::by_setting(
        server,
        "forcecommand",
        Outcome::SessionFailed,
        &format!("This account is for sftp only, a shell ends at once: ForceCommand {command}"),
        format!("ForceCommand {command}"),
        "sftp and nothing else",
    )
}

/// Every session of the account runs one command.
pub(crate) fn forced_command(server: &Server<'_>) -> Option<Proof> {
    server.config?;
    let forced = server
        .setting("forcecommand")
        .filter(|command| *command != "none");
    if forced.is_some_and(|command| command.contains("internal-sftp")) {
        return None;
    }
    if let Some(command) = forced {
        return config::by_setting(
            server,
            "forcecommand",
            Outcome::SessionFailed,
            &format!("Every session runs \"{command}\" and nothing else"),
            format!("ForceCommand {command}"),
            "instead of a shell",
        );
    }
    forced_by_every_key(server)
}

/// Each key that may log in runs a command of its own instead of a shell.
fn forced_by_every_key(server: &Server<'_>) -> Option<Proof> {
    let mut first = None;
    for file in &server.key_files {
        for key in &file.fact.keys {
            let command = key
                .options
                .iter()
                .find(|option| option.name.as_str() == "command")?;
            first = first.or(Some((file, key, command)));
        }
    }
    let (file, key, command) = first?;
    let value = command.value.as_ref().map_or("", Received::as_str);
    let words = format!(
        "{} line {} runs \"{value}\" instead of a shell",
        file.fact.path, key.line
    );
    Some(
        Proof::stops(
            Outcome::SessionFailed,
            format!("Every key of this account is for one command only: {words}."),
        )
        .link(words)
        .by(file.id),
    )
}

/// A start-up file of the shell ends it before the command that the client wants.
pub(crate) fn dies_at_startup(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let (file, line) = account.fact.startup_ends.as_ref()?;
    let words = format!("line {line} of {file} ends the shell");
    Some(
        Proof::stops(
            Outcome::SessionFailed,
            format!("The session ends at once: {words}."),
        )
        .link(words)
        .by(account.id),
    )
}

/// A start-up file of the shell prints, which sftp, scp and rsync take for an answer.
pub(crate) fn prints_at_startup(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let (file, line) = account.fact.startup_output.first()?;
    let words = format!("line {line} of {file} prints, whether there is a terminal or not");
    Some(
        Proof::stops(
            Outcome::SessionFailed,
            format!("sftp, scp and rsync fail for this account: {words}."),
        )
        .link(words)
        .by(account.id),
    )
}

/// The account's shell does not exist in the directory that its sessions are locked into.
pub(crate) fn shell_outside_chroot(server: &Server<'_>) -> Option<Proof> {
    let chroot = server.config?.fact.chroot.as_ref()?;
    let forced = server
        .setting("forcecommand")
        .is_some_and(|command| command.contains("internal-sftp"));
    if chroot.shell_exists != Some(false) || forced {
        return None;
    }
    let words = format!(
        "sessions are locked into {}, and {} does not exist in it",
        chroot.directory, chroot.shell
    );
    config::by_setting(
        server,
        "chrootdirectory",
        Outcome::SessionFailed,
        &format!("No shell can be started: {words}"),
        words.clone(),
        "has no such shell",
    )
    .map(|proof| {
        // It is the shell that would run the program.
        proof.at(Stage::Session).explaining(&["subsystem-missing"])
    })
}

/// The program of a subsystem does not exist, so that `sftp`, and `scp` since OpenSSH 9.0, fail where a shell works.
pub(crate) fn subsystem_program_missing(server: &Server<'_>) -> Option<Proof> {
    let config = server.config?;
    let subsystem = config
        .fact
        .subsystems
        .iter()
        .find(|subsystem| subsystem.usable == Some(false))?;
    let words = format!(
        "{}, the program of the subsystem {}, does not exist or cannot be executed",
        subsystem.program, subsystem.name
    );
    config::by_setting(
        server,
        "subsystem",
        Outcome::SessionFailed,
        &format!("{} fails, a shell does not: {words}", subsystem.name),
        words.clone(),
        "cannot be started",
    )
}
