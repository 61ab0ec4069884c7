//! What `/proc/PID` shows of a process (`proc(5)`).

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use sshdoctor_case::Received;

/// How many processes are gone through.
const MOST_PROCESSES: usize = 100_000;
/// A title is never longer than the command line and environment it took the place of.
const MOST_BYTES: u64 = 16 * 1024;
/// Ticks of `proc_pid_stat(5)` in a second, the same on every machine that Rust knows.
const TICKS: i64 = 100;

/// The directory of one process.
pub(super) struct ProcessFiles {
    pub(super) pid: u32,
    directory: PathBuf,
}

/// What `stat` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) parent: u32,
    pub(super) state: char,
    pub(super) since_boot_ms: i64,
}

/// Every process, by ascending id.
pub(super) fn all(proc: &Path) -> impl Iterator<Item = ProcessFiles> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut pids: Vec<u32> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .take(MOST_PROCESSES)
        .collect();
    pids.sort_unstable();
    pids.into_iter().map(move |pid| ProcessFiles {
        pid,
        directory: proc.join(pid.to_string()),
    })
}

/// When the system was booted, in milliseconds since the epoch.
pub(super) fn booted_at_ms(proc: &Path) -> Option<i64> {
    let lines = BufReader::new(File::open(proc.join("stat")).ok()?).lines();
    let mut lines = lines.map_while(Result::ok).take(100_000);
    let seconds: i64 = lines.find_map(|line| line.strip_prefix("btime ")?.trim().parse().ok())?;
    seconds.checked_mul(1000)
}

impl ProcessFiles {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = File::open(self.directory.join(name)).ok()?;
        file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn read_text(&self, name: &str) -> Option<String> {
        self.read(name)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Its name, at most 15 bytes.
    pub(super) fn name(&self) -> Option<Vec<u8>> {
        Some(self.read("comm")?.trim_ascii_end().to_vec())
    }

    /// Its words.
    pub(super) fn command_line(&self) -> Vec<Vec<u8>> {
        let bytes = self.read("cmdline").unwrap_or_default();
        // Behind a title are the remains of what was there before.
        let end = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        let words = bytes[..end].split(|byte| *byte == 0);
        words
            .filter(|word| !word.is_empty())
            .map(<[u8]>::to_vec)
            .collect()
    }

    pub(super) fn status(&self) -> Option<Status> {
        let text = self.read_text("stat")?;
        // The name may hold spaces and parentheses.
        let mut fields = text[text.rfind(')')? + 1..].split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let started: i64 = fields.nth(17)?.parse().ok()?;
        Some(Status {
            parent,
            state,
            since_boot_ms: started.checked_mul(1000)? / TICKS,
        })
    }

    /// The file it runs, and whether that was deleted since.
    pub(super) fn executable(&self) -> Option<(Vec<u8>, bool)> {
        let path = fs::read_link(self.directory.join("exe"))
            .ok()?
            .into_os_string()
            .into_vec();
        Some(match path.strip_suffix(b" (deleted)") {
            Some(before) => (before.to_vec(), true),
            None => (path, false),
        })
    }

    /// The unit that its cgroup belongs to.
    pub(super) fn unit(&self) -> Option<Received> {
        let text = self.read_text("cgroup")?;
        let of_systemd = |line: &&str| line.starts_with("0::") || line.contains(":name=systemd:");
        let path = text.lines().find(of_systemd)?.splitn(3, ':').nth(2)?;
        let is_unit = |part: &&str| {
            [".service", ".scope", ".socket"]
                .iter()
                .any(|kind| part.ends_with(kind))
        };
        path.rsplit('/').find(is_unit).map(Received::from_text)
    }

    pub(super) fn network(&self) -> Option<PathBuf> {
        fs::read_link(self.directory.join("ns/net")).ok()
    }

    /// How many files it has open, and how many it may have.
    pub(super) fn open_files(&self) -> Option<(u64, u64)> {
        let limits = self.read_text("limits")?;
        let limit = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max open files"))?;
        let limit = match limit.split_ascii_whitespace().next()? {
            "unlimited" => u64::MAX,
            number => number.parse().ok()?,
        };
        let open = fs::read_dir(self.directory.join("fd"))
            .ok()?
            .take(MOST_PROCESSES)
            .count();
        Some((open as u64, limit))
    }

    /// What the kernel holds it in.
    pub(super) fn waits_in(&self) -> Option<Received> {
        let function = self.read("wchan")?;
        let function = function.trim_ascii();
        (!function.is_empty() && function != b"0").then(|| Received::from_bytes(function))
    }
}
