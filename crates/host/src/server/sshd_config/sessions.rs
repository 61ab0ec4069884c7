//! What sessions are run in, and whether the programs that they need are there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sshdoctor_case::{Chroot, Received, SshdConfig, SubsystemProgram};

use crate::root::Root;
use crate::server::Host;
use crate::server::local_account::{LocalAccount, local_account};

/// How many subsystems are looked at; sshd itself takes 256 (`MAX_SUBSYSTEMS`, `servconf.h`).
const MOST_SUBSYSTEMS: usize = 32;
/// The program that sshd has in itself (`INTERNAL_SFTP_NAME`, `session.h`).
const INTERNAL: &str = "internal-sftp";

/// The configuration with what its sessions need.
pub(super) fn with_programs(host: &Host, mut config: SshdConfig) -> SshdConfig {
    let account = local_account(host);
    let directory = config
        .value("chrootdirectory")
        .filter(|directory| *directory != "none")
        .map(str::to_owned);
    let directory =
        directory.map(|directory| expanded(&directory, account.as_ref()).ok_or(directory));
    let inside = match &directory {
        None => Some(host.root.clone()),
        Some(Ok(directory)) => inside(&host.root, directory),
        Some(Err(_)) => None,
    };
    config.subsystems = subsystems(&config, inside.as_ref());
    config.chroot = directory.and_then(|directory| {
        let shell = account?.shell;
        Some(Chroot {
            shell_exists: inside.map(|inside| inside.exists(&shell)),
            directory: Received::from_text(&directory.unwrap_or_else(|written| written)),
            shell: Received::from_text(&shell),
        })
    });
    config
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

fn subsystems(config: &SshdConfig, inside: Option<&Root>) -> Vec<SubsystemProgram> {
    config
        .values("subsystem")
        .take(MOST_SUBSYSTEMS)
        .filter_map(|value| {
            let mut words = value.split_whitespace();
            let (name, program) = (words.next()?, words.next()?);
            (program != INTERNAL).then(|| SubsystemProgram {
                name: Received::from_text(name),
                program: Received::from_text(program),
                usable: inside.and_then(|inside| usable(inside, program)),
            })
        })
        .collect()
}

fn usable(inside: &Root, program: &str) -> Option<bool> {
    if !Path::new(program).is_absolute() {
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
