use super::*;
use crate::server::init::mounted_disk::MountedDisk;

fn entry(unit: &str, message_id: &str, message: &str) -> Entry {
    Entry {
        unit: unit.to_owned(),
        message_id: message_id.to_owned(),
        line: LogLine {
            at_ms: None,
            pid: None,
            identifier: Received::from_text("sshd"),
            message: Received::from_text(message),
            times: 1,
        },
    }
}

/// Unit or file, messages with how often they came, and whether earlier ones were left out.
type Shown = (String, Vec<(String, u32)>, bool);

fn logs(facts: &[Fact]) -> Vec<Shown> {
    facts
        .iter()
        .map(|fact| match fact {
            Fact::Log { log } => {
                let name = match &log.source {
                    LogSource::Journal { unit } => unit.as_str(),
                    LogSource::File { path } => path.as_str(),
                    LogSource::KernelRing => "ring",
                };
                let lines = log
                    .lines
                    .iter()
                    .map(|line| (line.message.as_str().to_owned(), line.times))
                    .collect();
                (name.to_owned(), lines, log.cut)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn each_unit_has_its_lines_since_its_own_last_start() {
    let facts = by_unit(
        vec![
            entry("ssh.socket", "", "Failed to create listening socket"),
            entry("ssh.socket", UNIT_STARTED, "Listening on ssh.socket"),
            entry("ssh.service", UNIT_STARTING, "Starting ssh.service"),
            entry(
                "ssh.service",
                "",
                "error: Bind to port 22 on 0.0.0.0 failed",
            ),
            entry("ssh.service", UNIT_STARTING, "Starting ssh.service"),
            entry("ssh@1-a.service", UNIT_STARTING, "Starting ssh@1"),
            entry("ssh@2-b.service", UNIT_STARTING, "Starting ssh@2"),
            entry("ssh.service", "", "drop connection"),
            entry("ssh.service", "", "drop connection"),
            entry("session-3.scope", "", "Disconnected"),
        ],
        false,
    );
    let line = |text: &str, times| (text.to_owned(), times);
    let expected = [
        ("ssh.socket", vec![line("Listening on ssh.socket", 1)], true),
        (
            "ssh.service",
            vec![line("Starting ssh.service", 1), line("drop connection", 2)],
            true,
        ),
        (
            "ssh@.service",
            vec![line("Starting ssh@1", 1), line("Starting ssh@2", 1)],
            false,
        ),
        ("session-*.scope", vec![line("Disconnected", 1)], false),
    ]
    .map(|(name, lines, cut)| (name.to_owned(), lines, cut));
    assert_eq!(logs(&facts), expected);
}

#[test]
fn last_words_without_a_unit_are_those_of_the_service() {
    let facts = by_unit(
        vec![
            entry("sshd.service", UNIT_STARTING, "Starting sshd.service"),
            entry("sshd@1-a.service", "", "Connection closed"),
            entry("", "", "Unable to negotiate with 192.0.2.1 port 9"),
        ],
        false,
    );
    let logs = logs(&facts);
    assert_eq!(logs[0].0, "sshd.service");
    assert_eq!(logs[0].1[1].0, "Unable to negotiate with 192.0.2.1 port 9");
    assert_eq!(logs.len(), 2);
}

#[test]
fn a_file_is_read_from_the_last_start_that_came_to_listen() {
    let disk = MountedDisk::with(&[(
        "/var/log/auth.log",
        "Nov 24 12:00:00 web1 sshd[5]: Server listening on 0.0.0.0 port 22.\n\
         Nov 24 12:00:01 web1 sshd[6]: Failed password for root from 192.0.2.1 port 9 ssh2\n\
         Nov 24 12:00:02 web1 sshd[7]: Server listening on 0.0.0.0 port 22.\n\
         Nov 24 12:00:02 web1 sshd[7]: Server listening on :: port 22.\n\
         Nov 24 12:00:03 web1 cron[8]: sshd[9]: Server listening on :: port 22.\n\
         Nov 24 12:00:04 web1 sshd-session[9]: Invalid user \x1b[31mx from 192.0.2.1 port 9\n",
    )]);
    let facts = look(&disk.host());
    let lines = [
        ("Server listening on 0.0.0.0 port 22.", 1),
        ("Server listening on :: port 22.", 1),
        ("Invalid user \\x1b[31mx from 192.0.2.1 port 9", 1),
    ]
    .map(|(text, times)| (text.to_owned(), times))
    .to_vec();
    assert_eq!(
        logs(&facts),
        [("/var/log/auth.log".to_owned(), lines, true)]
    );
}

#[test]
fn a_disk_without_any_log_says_so() {
    let facts = look(&MountedDisk::with(&[]).host());
    assert!(matches!(
        facts.as_slice(),
        [Fact::NotSeen {
            sight: Sight::SshdLog,
            obstacle: Obstacle::Absent,
            ..
        }]
    ));
}
