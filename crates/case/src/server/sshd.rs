//! The SSH daemon: its program, its configuration, its processes and its keys.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// An sshd on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SshdBinary {
    /// Where it is; absent when none was found in any usual place.
    pub path: Option<Received>,
    /// What `sshd -V` says, or what the package says, as `OpenSSH_9.2p1`.
    pub version: Option<Received>,
    /// It links tcp wrappers (`libwrap`).
    pub tcp_wrappers: Option<bool>,
    /// Programs that it starts for a connection, with whether each is there and executable.
    pub helpers: Vec<(Received, bool)>,
    /// Shared libraries that are missing.
    pub missing_libraries: Vec<Received>,
    /// Other SSH servers that are installed: dropbear, tinysshd.
    pub others: Vec<Received>,
    /// Where `path` is absent: a file in a usual place that nobody may execute.
    pub not_executable: Option<Received>,
}

/// What `sshd -t` says of the configuration on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SshdCheck {
    /// As it was run.
    pub command: Received,
    /// Its exit status; absent when a signal ended it.
    pub status: Option<i32>,
    /// The signal.
    pub signal: Option<i32>,
    /// What it said, at most 32 lines.
    pub said: Vec<Received>,
}

/// How a configuration was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConfigReading {
    /// `sshd -T -C …`, with Match resolved for this client and account, as far as they are named.
    Resolved,
    /// `sshd -G` or `-T` without a client: Match blocks are not in it.
    Global,
    /// Read by this program alone, since sshd could not be run or refuses the files.
    FilesOnly,
}

/// One file of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigFile {
    /// Its path.
    pub path: Received,
    /// The file and line that included it.
    pub included_by: Option<(Received, u32)>,
    /// Bytes.
    pub bytes: u64,
    /// When it was changed last, in milliseconds since the epoch.
    pub changed_at_ms: Option<i64>,
    /// Why it was not read, or not whole.
    pub problem: Option<Received>,
}

/// A condition of a Match block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatchCondition {
    /// File of the `Match`.
    pub file: Received,
    /// As written, without `Match`.
    pub text: Received,
    /// Line of the `Match`.
    pub line: u32,
    /// Whether it holds for this client and account; absent where that cannot be told.
    pub holds: Option<bool>,
}

/// One setting, where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigLine {
    /// Its file; `command-line` for an option that sshd is started with.
    pub file: Received,
    /// Line, from 1; 0 on the command line.
    pub line: u32,
    /// Keyword in small letters, by the name that sshd has for it now.
    pub keyword: Received,
    /// Its arguments, unquoted, one by one.
    pub arguments: Vec<Received>,
    /// As it stands in the file.
    pub text: Received,
    /// The Match block it is in.
    pub block: Option<MatchCondition>,
    /// It counts. Where it does not, an earlier line with the same keyword won, or its block does not match.
    pub counts: Option<bool>,
    /// Why sshd refuses the line whatever else stands in the files, as far as that shows without asking it.
    pub problem: Option<Received>,
}

/// What sshd is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SshdStart {
    /// Where that was read: `process 812`, or the file of the unit.
    pub from: Received,
    /// The words behind the program's name, of the environment's files too.
    pub options: Vec<Received>,
}

/// An address and port that sshd wants to listen on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListenSetting {
    /// The address; absent for a name that does not resolve.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
}

/// The configuration on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SshdConfig {
    /// The main file.
    pub path: Received,
    /// How it was read.
    pub reading: ConfigReading,
    /// Why it was not read better.
    pub problem: Option<Received>,
    /// What sshd is started with, where a running one or its unit tells; options that set something are in `effective`.
    pub start: Option<SshdStart>,
    /// Every keyword in small letters, with its values as sshd prints them: one entry for each line of the dump.
    pub effective: Vec<(Received, Received)>,
    /// What it would listen on.
    pub listen: Vec<ListenSetting>,
    /// The files, in the order of reading.
    pub files: Vec<ConfigFile>,
    /// Every setting that is written, in the order of reading, at most 4096.
    pub lines: Vec<ConfigLine>,
    /// The programs of `Subsystem`, but not those that sshd has in itself.
    #[serde(default)]
    pub subsystems: Vec<SubsystemProgram>,
    /// Where `ChrootDirectory` locks sessions of the account into.
    pub chroot: Option<Chroot>,
}

/// The program of a subsystem, as `sftp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubsystemProgram {
    /// The subsystem.
    pub name: Received,
    /// Its program, inside the chroot where there is one.
    pub program: Received,
    /// There is such a file and it may be executed; absent where that cannot be told, as for one that is looked for in `PATH`.
    pub usable: Option<bool>,
}

/// A directory that is the root of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chroot {
    /// The directory, tokens expanded.
    pub directory: Received,
    /// The account's shell.
    pub shell: Received,
    /// The shell is inside it; absent where that cannot be told.
    pub shell_exists: Option<bool>,
}

impl SshdConfig {
    /// First value of a keyword, given in small letters.
    #[must_use]
    pub fn value<'a>(&'a self, keyword: &'a str) -> Option<&'a str> {
        self.values(keyword).next()
    }

    /// Every value of a keyword, given in small letters.
    pub fn values<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.effective
            .iter()
            .filter(move |(own, _)| own.as_str() == keyword)
            .map(|(_, value)| value.as_str())
    }

    /// The line that set a keyword.
    #[must_use]
    pub fn origin(&self, keyword: &str) -> Option<&ConfigLine> {
        self.lines
            .iter()
            .find(|line| line.keyword.as_str() == keyword && line.counts == Some(true))
    }
}

/// A running sshd that listens, or should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SshdInstance {
    /// Process id.
    pub pid: u32,
    /// Its parent.
    pub parent: u32,
    /// State letter of `proc_pid_stat(5)`.
    pub state: char,
    /// Its command line, word by word.
    pub command: Vec<Received>,
    /// It is a listening master, by its command line and its sockets.
    pub is_master: bool,
    /// The file it runs.
    pub executable: Option<Received>,
    /// That file was replaced or deleted since.
    pub executable_deleted: Option<bool>,
    /// When it was started, in milliseconds since the epoch.
    pub started_at_ms: Option<i64>,
    /// The unit that it belongs to, from its cgroup.
    pub unit: Option<Received>,
    /// It runs in the network namespace of the observer.
    pub same_network: Option<bool>,
    /// How many files it has open, and how many it may have.
    pub open_files: Option<(u64, u64)>,
    /// Connections before login, the number from which it drops some, and the number from which it drops all; a master shows
    /// them in its command line.
    pub startups: Option<(u32, u32, u32)>,
    /// What the kernel holds it in (`/proc/PID/wchan`), when it does not run.
    pub waits_in: Option<Received>,
}

/// A private host key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostKeyFile {
    /// Its path, as configured.
    pub path: Received,
    /// The configuration names it; otherwise it is one of those that sshd looks for by itself.
    pub configured: bool,
    /// It exists.
    pub exists: bool,
    /// Bits of its mode.
    pub mode: Option<u32>,
    /// Its owner.
    pub uid: Option<u32>,
    /// Type of the key, from its public half.
    pub key_type: Option<Received>,
    /// Bits of the key.
    pub bits: Option<u32>,
    /// `SHA256:…`
    pub fingerprint: Option<String>,
    /// When it was made, in milliseconds since the epoch.
    pub changed_at_ms: Option<i64>,
    /// Why it cannot be used.
    pub problem: Option<Received>,
}

/// The directory and account of privilege separation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SshdDirectory {
    /// The directory, for example `/run/sshd`.
    pub path: Received,
    /// It exists and is a directory. Of a system that does not run, what is below `/run` never does.
    pub exists: bool,
    /// Its owner.
    pub uid: Option<u32>,
    /// Bits of its mode.
    pub mode: Option<u32>,
    /// The account `sshd` exists.
    pub account_exists: Option<bool>,
    /// Who makes the directory: the unit that names it, or a tmpfiles line.
    pub made_by: Option<Received>,
}
