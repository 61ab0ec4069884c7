//! Running sshd for what it says: on this system, or inside the disk of another by `chroot(8)`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{DIRECTORIES, is_program};
use crate::child::{Ended, Output};
use crate::server::Host;
use crate::server::sshd_start::Start;

/// Class, byte order and machine of an ELF file lie in its first 20 bytes (`elf(5)`).
const ELF_HEAD: usize = 20;

/// The sshd of the system that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct SshdCommand {
    /// Its path on that system.
    pub(super) path: PathBuf,
}

impl SshdCommand {
    /// The one that is started, or the first in the usual places.
    pub(in crate::server) fn find(host: &Host, start: &Start) -> Option<Self> {
        let started = start.program().filter(|path| is_program(host, path));
        let path = started.map(Path::to_owned).or_else(|| {
            if host.root.is_running() {
                return host.programs.find("sshd");
            }
            let mut places = DIRECTORIES
                .iter()
                .map(|directory| Path::new(directory).join("sshd"));
            places.find(|path| is_program(host, path))
        })?;
        Some(Self { path })
    }

    /// A command that runs it.
    ///
    /// # Errors
    /// In words, when it cannot be run from here.
    pub(in crate::server) fn command(&self, host: &Host) -> Result<Command, String> {
        if host.root.is_running() {
            return Ok(Command::new(&self.path));
        }
        if !nix::unistd::geteuid().is_root() {
            return Err("only root may run the sshd of a mounted disk".to_owned());
        }
        if self.machine(host) != own_machine() {
            return Err("the sshd of the disk is for another kind of machine".to_owned());
        }
        let chroot = host
            .programs
            .find("chroot")
            .ok_or("there is no chroot here")?;
        let mut command = Command::new(chroot);
        command.arg(host.root.directory()).arg(&self.path);
        Ok(command)
    }

    fn machine(&self, host: &Host) -> Option<[u8; 4]> {
        let contents = host.root.read(&self.path, ELF_HEAD as u64).ok()?;
        machine(&contents.bytes)
    }

    /// As `OpenSSH_9.2p1`: `-V` says it, and in versions without `-V` the usage that it brings.
    pub(in crate::server) fn version(&self, host: &Host) -> Option<String> {
        let mut command = self.command(host).ok()?;
        let output = crate::child::output(command.arg("-V"), host.patience, 4096).ok()?;
        let said = [output.stdout, output.stderr].concat();
        version_in(&String::from_utf8_lossy(&said))
    }
}

fn own_machine() -> Option<[u8; 4]> {
    let mut head = [0; ELF_HEAD];
    File::open("/proc/self/exe")
        .ok()?
        .read_exact(&mut head)
        .ok()?;
    machine(&head)
}

fn machine(head: &[u8]) -> Option<[u8; 4]> {
    let head = head.strip_prefix(b"\x7fELF")?;
    Some([
        *head.first()?,
        *head.get(1)?,
        *head.get(14)?,
        *head.get(15)?,
    ])
}

/// The first version in a text, as `OpenSSH_9.2p1`.
pub(in crate::server) fn version_in(text: &str) -> Option<String> {
    let begin = text.find("OpenSSH_")?;
    let end = text[begin..].find(|character: char| {
        !character.is_ascii_alphanumeric() && !matches!(character, '_' | '.')
    });
    let version = end.map_or(&text[begin..], |end| &text[begin..begin + end]);
    version_number(version).map(|_| version.to_owned())
}

/// Major and minor number of `OpenSSH_9.2p1`.
pub(in crate::server) fn version_number(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.strip_prefix("OpenSSH_")?.split_once('.')?;
    let minor = rest
        .split(|character: char| !character.is_ascii_digit())
        .next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// What goes wrong when it is run inside a mounted disk and says nothing of the system there: `/dev` and `/run` are empty on a disk.
pub(super) fn outside_problem(host: &Host, output: &Output) -> Option<String> {
    if host.root.is_running() || output.succeeded() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let is_of_outside = |line: &&str| {
        line.starts_with("chroot:")
            || line.contains("/dev/null")
            || ["/run/", "/var/run/"].iter().any(|place| {
                line.contains(&format!("Missing privilege separation directory: {place}"))
            })
    };
    let line = said.lines().find(is_of_outside)?;
    Some(format!("sshd -t inside the mounted disk: {}", line.trim()))
}

/// How it ended and what it said of that, in one line.
pub(in crate::server) fn last_words(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let ended = match output.ended {
        Ended::Exited(status) => format!("exit status {status}"),
        Ended::Killed(signal) => format!("ended by {}", signal.as_str()),
    };
    let said = lines.iter().take(4).copied().collect::<Vec<_>>().join("; ");
    if said.is_empty() {
        ended
    } else {
        format!("{ended}: {said}")
    }
}
