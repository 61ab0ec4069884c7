//! What sessions are run in, and whether the programs that they need are there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use sshdoctor_case::{Chroot, Received, SshdConfig, SubsystemProgram};

use crate::root::Root;
use crate::server::Host;
use crate::server::local_account::{LocalAccount, local_account};

/// How many subsystems are looked at; sshd itself takes 256 (`MAX_SUBSYSTEMS`, `servconf.h`).
const MOST_SUBSYSTEMS: usize = 32;
/// The program that sshd has in itself (`INTERNAL_SFTP_NAME`, `session.h`).
const INTERNAL: &str = "internal-sftp";

/// The configuration with what its sessions need. A directory on a file system that does not answer is not waited for.
pub(super) fn with_programs(host: &Host, mut config: SshdConfig) -> SshdConfig {
    let account = local_account(host);
    let written = config
        .value("chrootdirectory")
        .filter(|directory| *directory != "none");
    let directory = written.map(|written| expanded(written, account.as_ref()));
    config.chroot = written.and_then(|written| {
        let directory = directory.clone().flatten();
        Some(Chroot {
            directory: Received::from_text(directory.as_deref().unwrap_or(written)),
            shell: Received::from_text(&account.as_ref()?.shell),
            shell_exists: None,
        })
    });
    config.subsystems = subsystems(&config);
    let wanted = Wanted {
        root: host.root.clone(),
        directory,
        shell: account.map(|account| account.shell),
        programs: config
            .subsystems
            .iter()
            .map(|subsystem| subsystem.program.as_str().to_owned())
            .collect(),
    };
    if let Some(found) = wanted.look(host.patience / 5) {
        for (subsystem, usable) in config.subsystems.iter_mut().zip(found.usable) {
            subsystem.usable = usable;
        }
        if let Some(chroot) = &mut config.chroot {
            chroot.shell_exists = found.shell_exists;
        }
    }
    config
}

/// What sessions need.
struct Wanted {
    root: Root,
    /// Their root, where it is another one; nothing inside where that is not known.
    directory: Option<Option<String>>,
    shell: Option<String>,
    programs: Vec<String>,
}

struct Found {
    shell_exists: Option<bool>,
    usable: Vec<Option<bool>>,
}

impl Wanted {
    fn look(self, patience: Duration) -> Option<Found> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("sessions".to_owned())
            .spawn(move || {
                // Nobody listens any more after the patience.
                let _ = sender.send(self.find());
            })
            .ok()
            .and_then(|_| receiver.recv_timeout(patience).ok())
    }

    fn find(self) -> Found {
        let inside = match &self.directory {
            None => Some(self.root),
            Some(directory) => directory
                .as_deref()
                .and_then(|directory| inside(&self.root, directory)),
        };
        Found {
            shell_exists: inside
                .as_ref()
                .zip(self.shell)
                .map(|(inside, shell)| inside.exists(shell)),
            usable: self
                .programs
                .iter()
                .map(|program| usable(inside.as_ref()?, program))
                .collect(),
        }
    }
}

/// With `%h`, `%u`, `%U` and `%%` filled in (`sshd_config(5)`); nothing where that takes an account that is not known.
fn expanded(directory: &str, account: Option<&LocalAccount>) -> Option<String> {
    let mut text = String::with_capacity(directory.len());
    let mut letters = directory.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        match letters.next()? {
            '%' => text.push('%'),
            'h' => text.push_str(&account?.home),
            'u' => text.push_str(&account?.name),
            'U' => text.push_str(&account?.uid.to_string()),
            _ => return None,
        }
    }
    Some(text)
}

/// The files as a session finds them that is locked into a directory.
fn inside(root: &Root, directory: &str) -> Option<Root> {
    let directory = root.canonical(directory).ok()?;
    Root::mounted_at(&root.outside(directory)).ok()
}

fn subsystems(config: &SshdConfig) -> Vec<SubsystemProgram> {
    config
        .values("subsystem")
        .take(MOST_SUBSYSTEMS)
        .filter_map(|value| {
            let mut words = value.split_whitespace();
            let (name, program) = (words.next()?, words.next()?);
            (program != INTERNAL).then(|| SubsystemProgram {
                name: Received::from_text(name),
                program: Received::from_text(program),
                usable: None,
            })
        })
        .collect()
}

fn usable(inside: &Root, program: &str) -> Option<bool> {
    // A shell runs it: what is quoted or looked for in PATH is not taken apart here.
    if !Path::new(program).is_absolute() || program.contains(['"', '\'', '\\', '$', '`', '~']) {
        return None;
    }
    let metadata = inside.metadata(program);
    Some(metadata.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deploy() -> LocalAccount {
        LocalAccount {
            name: "deploy".into(),
            uid: 1000,
            gid: 1000,
            home: "/home/deploy".into(),
            shell: "/bin/bash".into(),
        }
    }

    #[test]
    fn tokens_of_a_chroot_are_filled_in_and_unknown_ones_are_not_guessed() {
        let account = deploy();
        for (written, wanted) in [
            ("/srv/%u-%U", Some("/srv/deploy-1000")),
            ("%h/100%%", Some("/home/deploy/100%")),
            ("/srv/jail", Some("/srv/jail")),
            ("/srv/%x", None),
            ("/srv/%", None),
        ] {
            assert_eq!(expanded(written, Some(&account)).as_deref(), wanted);
        }
        assert_eq!(expanded("/srv/%u", None), None);
    }

    #[test]
    fn a_program_that_only_a_shell_can_tell_is_not_said_to_be_missing() {
        let disk = tempfile::tempdir().unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        for program in [
            "sftp-server",
            "\"/opt/my",
            "/opt/$KIND/sftp",
            "/opt/\\x1b",
            "",
            "~/x",
        ] {
            assert_eq!(usable(&root, program), None, "{program}");
        }
        assert_eq!(usable(&root, "/opt/sftp-server"), Some(false));
    }

    #[test]
    fn a_shell_is_looked_for_as_the_session_would_find_it() {
        let disk = tempfile::tempdir().unwrap();
        let jail = disk.path().join("srv/jail");
        std::fs::create_dir_all(jail.join("bin")).unwrap();
        std::fs::create_dir_all(disk.path().join("bin")).unwrap();
        std::fs::write(disk.path().join("bin/real"), "").unwrap();
        // Outside the jail that link would lead somewhere.
        std::os::unix::fs::symlink("/bin/real", jail.join("bin/bash")).unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        let inside = inside(&root, "/srv/jail").unwrap();
        assert!(!inside.exists("/bin/bash"));
        std::fs::write(jail.join("bin/real"), "").unwrap();
        assert!(inside.exists("/bin/bash"));
    }
}
