//! Running sshd processes that listen, or should: not those of a connection.

mod process_files;

use std::path::Path;

use sshdoctor_case::{Fact, Obstacle, Received, Sight, SshdInstance};

use super::{Host, not_seen};
use process_files::ProcessFiles;

/// How many are told of.
const MOST: usize = 64;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    if !host.root.is_running() {
        let reason = "only a running system has processes";
        return vec![not_seen(Sight::SshdProcesses, Obstacle::NotRunning, reason)];
    }
    let proc = Path::new("/proc");
    let mut facts = vec![Fact::SshdProcesses {
        processes: instances(proc),
    }];
    if !proc.join("1/stat").exists() {
        let reason = "/proc shows the processes of this account alone (hidepid)";
        facts.push(not_seen(Sight::SshdProcesses, Obstacle::Privilege, reason));
    }
    facts
}

/// Every sshd that is not there for one connection, by ascending id.
pub(super) fn instances(proc: &Path) -> Vec<SshdInstance> {
    let own_network = std::fs::read_link(proc.join("thread-self/ns/net")).ok();
    let booted_at_ms = process_files::booted_at_ms(proc);
    let daemons: Vec<ProcessFiles> = process_files::all(proc)
        .filter(|process| process.name().is_some_and(|name| name.starts_with(b"sshd")))
        .collect();
    let mut instances = Vec::new();
    for process in &daemons {
        let command = process.command_line();
        let Some(title) = Title::of(&command) else {
            continue;
        };
        let Some(status) = process.status() else {
            continue;
        };
        // A child that has not given itself a title yet is there for a connection.
        let is_child = daemons.iter().any(|other| other.pid == status.parent);
        if is_child && !title.is_listener {
            continue;
        }
        let executable = process.executable();
        instances.push(SshdInstance {
            pid: process.pid,
            parent: status.parent,
            state: status.state,
            command: title
                .words
                .iter()
                .map(|word| Received::from_bytes(word))
                .collect(),
            is_master: title.is_listener || !title.serves_one,
            executable_deleted: executable.as_ref().map(|(_, deleted)| *deleted),
            executable: executable.map(|(path, _)| Received::from_bytes(&path)),
            started_at_ms: booted_at_ms.map(|booted| booted.saturating_add(status.since_boot_ms)),
            unit: process.unit(),
            same_network: process
                .network()
                .zip(own_network.as_ref())
                .map(|(network, own)| network == *own),
            open_files: process.open_files(),
            startups: title.startups,
            waits_in: (status.state != 'R').then(|| process.waits_in()).flatten(),
        });
        if instances.len() == MOST {
            break;
        }
    }
    instances
}

/// What an sshd shows as its command line: once it listens, `sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups` (`sshd.c`).
#[derive(Debug, PartialEq, Eq)]
struct Title {
    /// The command it was started with.
    words: Vec<Vec<u8>>,
    is_listener: bool,
    /// `-i`: it was started for one connection.
    serves_one: bool,
    startups: Option<(u32, u32, u32)>,
}

impl Title {
    /// Absent for one that serves a connection, as `sshd: alice [priv]`, and for one that only reads its configuration.
    fn of(command: &[Vec<u8>]) -> Option<Self> {
        let first = command.first()?;
        let Some(title) = title(first) else {
            let program = first.rsplit(|byte| *byte == b'/').next()?;
            let has = |letters: &[u8]| command.iter().skip(1).any(|word| has_flag(word, letters));
            if program != b"sshd" || has(b"tTGV") {
                return None;
            }
            let serves_one = has(b"iR");
            return Some(Self {
                words: command.to_vec(),
                is_listener: false,
                serves_one,
                startups: None,
            });
        };
        let marker = b" [listener] ";
        let at = title
            .windows(marker.len())
            .rposition(|part| part == marker)?;
        let words = title[..at].split(|byte| *byte == b' ');
        Some(Self {
            words: words
                .filter(|word| !word.is_empty())
                .map(<[u8]>::to_vec)
                .collect(),
            is_listener: true,
            serves_one: false,
            startups: startups(&title[at + marker.len()..]),
        })
    }
}

/// What stands behind the name of the program, which need not be `sshd` (`setproctitle(3)`).
fn title(first: &[u8]) -> Option<&[u8]> {
    let at = first.windows(2).position(|two| two == b": ")?;
    let is_name = !first[..at].iter().any(|byte| matches!(byte, b' ' | b'/'));
    is_name.then(|| &first[at + 2..])
}

/// Whether a word is flags without a value, with one of these among them; the `R` of a re-executed one is one.
fn has_flag(word: &[u8], letters: &[u8]) -> bool {
    word.strip_prefix(b"-").is_some_and(|flags| {
        flags.iter().all(|flag| b"46DGQRTVdeiqrt".contains(flag))
            && flags.iter().any(|flag| letters.contains(flag))
    })
}

/// `0 of 10-100 startups`.
fn startups(text: &[u8]) -> Option<(u32, u32, u32)> {
    let text = std::str::from_utf8(text).ok()?;
    let (now, limits) = text
        .trim_end()
        .strip_suffix(" startups")?
        .split_once(" of ")?;
    let (begin, most) = limits.split_once('-')?;
    Some((now.parse().ok()?, begin.parse().ok()?, most.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    struct Processes(tempfile::TempDir);

    impl Processes {
        fn new() -> Self {
            let processes = Self(tempfile::tempdir().unwrap());
            fs::write(
                processes.0.path().join("stat"),
                "cpu 1 2\nbtime 1000\nprocesses 9\n",
            )
            .unwrap();
            fs::create_dir_all(processes.0.path().join("thread-self/ns")).unwrap();
            symlink("net:[1]", processes.0.path().join("thread-self/ns/net")).unwrap();
            processes
        }

        fn add(&self, pid: u32, parent: u32, name: &str, command: &str) {
            let directory = self.0.path().join(pid.to_string());
            fs::create_dir_all(directory.join("ns")).unwrap();
            fs::create_dir_all(directory.join("fd")).unwrap();
            let mut fields = vec!["0"; 50];
            fields[18] = "250";
            let stat = format!("{pid} ({name}) S {parent} {}\n", fields[1..].join(" "));
            fs::write(directory.join("stat"), stat).unwrap();
            fs::write(directory.join("comm"), format!("{name}\n")).unwrap();
            fs::write(directory.join("cmdline"), command).unwrap();
            fs::write(directory.join("cgroup"), "0::/system.slice/ssh.service\n").unwrap();
            fs::write(directory.join("wchan"), "poll_schedule_timeout").unwrap();
            fs::write(
                directory.join("limits"),
                "Limit  Soft  Hard  Units\nMax open files            1024                 524288               files     \n",
            )
            .unwrap();
            symlink("net:[2]", directory.join("ns/net")).unwrap();
            symlink("/usr/sbin/sshd (deleted)", directory.join("exe")).unwrap();
        }
    }

    #[test]
    fn masters_are_told_apart_from_the_processes_of_connections() {
        let processes = Processes::new();
        let listener = "sshd: /usr/sbin/sshd -D -p 2222 [listener] 3 of 10-100 startups\0\0\0";
        processes.add(10, 1, "sshd", listener);
        processes.add(11, 10, "sshd", "sshd: alice [priv]\0");
        processes.add(12, 11, "sshd", "sshd: alice@pts/0\0");
        processes.add(13, 10, "sshd", "/usr/sbin/sshd\0-D\0-p\x002222\0");
        processes.add(14, 10, "sshd-session", "sshd-session: bob [priv]\0");
        processes.add(15, 1, "sshd", "sshd: carol [priv]\0");
        processes.add(16, 1, "sshd", "/usr/sbin/sshd\0-D\0");
        processes.add(17, 1, "sshd", "/usr/sbin/sshd\0-Di\0");
        processes.add(18, 1, "bash", "bash\0");
        let renamed = "sshd-internal: /opt/sshd-internal [listener] 0 of 10-100 startups\0";
        processes.add(20, 1, "sshd-internal", renamed);
        processes.add(21, 20, "sshd-internal", "sshd-internal: [accepted]\0");
        processes.add(22, 1, "sshdoctor", "sshdoctor\0here\0");
        processes.add(19, 1, "sshd", "/usr/sbin/sshd\0-T\0");
        let found = instances(processes.0.path());
        let told: Vec<_> = found.iter().map(|one| (one.pid, one.is_master)).collect();
        assert_eq!(told, [(10, true), (16, true), (17, false), (20, true)]);
        let master = &found[0];
        let words: Vec<_> = master.command.iter().map(Received::as_str).collect();
        assert_eq!(words, ["/usr/sbin/sshd", "-D", "-p", "2222"]);
        assert_eq!(master.startups, Some((3, 10, 100)));
        assert_eq!(
            master.executable.as_ref().unwrap().as_str(),
            "/usr/sbin/sshd"
        );
        assert_eq!(master.executable_deleted, Some(true));
        assert_eq!(master.started_at_ms, Some(1_002_500));
        assert_eq!(master.unit.as_ref().unwrap().as_str(), "ssh.service");
        assert_eq!(master.same_network, Some(false));
        assert_eq!(master.open_files, Some((0, 1024)));
        assert_eq!(
            master.waits_in.as_ref().unwrap().as_str(),
            "poll_schedule_timeout"
        );
    }
}
