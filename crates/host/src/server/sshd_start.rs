//! With which options sshd is started: as a running one shows them, or as its unit says.

mod unit_file;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use sshdoctor_case::{Received, SshdInstance, SshdStart};

use super::Host;
use super::sshd_processes;
pub(super) use unit_file::service as service_assignments;

/// What sshd reads when nothing else is said.
pub(super) const USUAL_CONFIG: &str = "/etc/ssh/sshd_config";

/// Options with a value, and flags (`sshd(8)`); `-b`, `-k` and `-Q` mean nothing any more.
const WITH_VALUE: &[u8] = b"CEbcfghkopu";

/// What sshd is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// Where that was read; absent when nothing tells.
    from: Option<Received>,
    /// The program, where its path is given.
    program: Option<PathBuf>,
    words: Vec<Vec<u8>>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StartOption {
    pub(super) letter: u8,
    pub(super) value: Option<Vec<u8>>,
}

impl Start {
    /// Of the master in this network, or of the unit when none runs.
    pub(super) fn of(host: &Host) -> Self {
        let running = if host.root.is_running() {
            sshd_processes::instances(Path::new("/proc"))
        } else {
            Vec::new()
        };
        let usable = running
            .iter()
            .filter(|one| one.is_master && one.same_network != Some(false));
        let master = usable.min_by_key(|one| unlikeliness(one));
        let of_master = master.map(|master| {
            let words = master.command.iter();
            let words = words.map(|word| word.as_str().as_bytes().to_vec());
            (format!("process {}", master.pid), words.collect())
        });
        let certain =
            master.is_some_and(|master| is_own(master) || master.same_network == Some(true));
        let told = if certain {
            of_master
        } else {
            // Of other accounts' processes it is not known whether they belong to a container.
            unit_file::start_command(&host.root).or(of_master)
        };
        let Some((from, command)) = told else {
            return Self::default();
        };
        Self::with_command(&from, command)
    }

    fn with_command(from: &str, mut words: Vec<Vec<u8>>) -> Self {
        let program =
            (!words.is_empty()).then(|| PathBuf::from(OsString::from_vec(words.remove(0))));
        Self {
            from: Some(Received::from_text(from)),
            program: program.filter(|path| path.is_absolute()),
            words,
        }
    }

    /// The program that is started, where its path is known.
    pub(super) fn program(&self) -> Option<&Path> {
        self.program.as_deref()
    }

    pub(super) fn to_fact(&self) -> Option<SshdStart> {
        Some(SshdStart {
            from: self.from.clone()?,
            options: self
                .words
                .iter()
                .map(|word| Received::from_bytes(word))
                .collect(),
        })
    }

    /// The options, one by one, as `getopt(3)` reads them.
    pub(super) fn options(&self) -> Vec<StartOption> {
        let mut options = Vec::new();
        let mut words = self.words.iter().peekable();
        while let Some(word) = words.next() {
            let Some(letters) = word
                .strip_prefix(b"-")
                .filter(|letters| !letters.is_empty())
            else {
                continue;
            };
            for (at, letter) in letters.iter().enumerate() {
                if !WITH_VALUE.contains(letter) {
                    options.push(StartOption {
                        letter: *letter,
                        value: None,
                    });
                    continue;
                }
                let attached = &letters[at + 1..];
                let mut value = if attached.is_empty() {
                    words.next().cloned().unwrap_or_default()
                } else {
                    attached.to_vec()
                };
                if *letter == b'o' && !value.contains(&b'=') {
                    // A title does not show that `-o "Keyword value"` was one word.
                    while let Some(next) = words.next_if(|next| !next.starts_with(b"-")) {
                        value.push(b' ');
                        value.extend_from_slice(next);
                    }
                }
                options.push(StartOption {
                    letter: *letter,
                    value: Some(value),
                });
                break;
            }
        }
        options
    }

    /// The main file of the configuration.
    pub(super) fn config(&self) -> PathBuf {
        let options = self.options();
        let given = options.iter().rev().find(|option| option.letter == b'f');
        let given = given.and_then(|option| option.value.as_deref());
        given.map_or_else(
            || PathBuf::from(USUAL_CONFIG),
            |path| PathBuf::from(OsStr::from_bytes(path)),
        )
    }

    /// The options that set something, as arguments for sshd.
    pub(super) fn arguments_that_set(&self) -> Vec<Vec<u8>> {
        let mut arguments = Vec::new();
        for option in self.options() {
            if b"46cfghop".contains(&option.letter) {
                arguments.push(vec![b'-', option.letter]);
                arguments.extend(option.value);
            }
        }
        arguments
    }
}

/// The system's own service started it.
fn is_own(master: &SshdInstance) -> bool {
    let unit = master.unit.as_ref().map(Received::as_str);
    unit.is_some_and(|unit| unit_file::NAMES.contains(&unit))
}

/// Of several that run, the system's own comes first, then one that reads the usual file.
fn unlikeliness(master: &SshdInstance) -> u8 {
    let other_file = |word: &Received| word.as_str().starts_with("-f");
    match master.command.iter().any(other_file) {
        _ if is_own(master) => 0,
        false => 1,
        true => 2,
    }
}

#[cfg(test)]
impl Start {
    pub(super) fn with(words: &[&str]) -> Self {
        let words = ["/usr/sbin/sshd"].iter().chain(words);
        Self::with_command(
            "a test",
            words.map(|word| word.as_bytes().to_vec()).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_getopt_does() {
        let start = Start::with(&[
            "-D4p",
            "2222",
            "-oPort=1",
            "-o",
            "Banner",
            "/x",
            "-f/etc/other",
            "-e",
        ]);
        let arguments = start.arguments_that_set();
        let arguments: Vec<_> = arguments
            .iter()
            .map(|word| String::from_utf8_lossy(word))
            .collect();
        assert_eq!(
            arguments,
            [
                "-4",
                "-p",
                "2222",
                "-o",
                "Port=1",
                "-o",
                "Banner /x",
                "-f",
                "/etc/other"
            ]
        );
        assert_eq!(start.config(), Path::new("/etc/other"));
        assert_eq!(Start::default().config(), Path::new(USUAL_CONFIG));
    }
}
