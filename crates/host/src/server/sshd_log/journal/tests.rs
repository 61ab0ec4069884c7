use proptest::prelude::*;

use super::*;

/// As `journalctl --output=json` of systemd 252 printed them, shortened.
const PRINTED: &str = r#"{"MESSAGE":"Starting ssh.service - OpenBSD Secure Shell server...","UNIT":"ssh.service","_SYSTEMD_UNIT":"init.scope","MESSAGE_ID":"7d4958e842da4a758f6c1cdc7b36dcc5","_PID":"1","SYSLOG_IDENTIFIER":"systemd","__REALTIME_TIMESTAMP":"1795522000123456"}
{"MESSAGE":[73,110,118,97,108,105,100,32,117,115,101,114,32,27,91,51,49,109],"_SYSTEMD_UNIT":"ssh.service","_PID":"77","SYSLOG_IDENTIFIER":"sshd-session","__REALTIME_TIMESTAMP":"1795522001000000"}
{"MESSAGE":null,"_SYSTEMD_UNIT":["session-3.scope","forged.service"],"_PID":"78","SYSLOG_IDENTIFIER":null,"_COMM":"sshd"}
{"MESSAGE":"cut in the mid"#;

#[test]
fn entries_keep_their_unit_and_hostile_bytes_are_escaped() {
    let entries = entries(PRINTED.as_bytes());
    let shown: Vec<_> = entries
        .iter()
        .map(|entry| {
            let line = &entry.line;
            (
                entry.unit.as_str(),
                line.at_ms,
                line.pid,
                line.identifier.as_str(),
                line.message.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                "ssh.service",
                Some(1_795_522_000_123),
                Some(1),
                "systemd",
                "Starting ssh.service - OpenBSD Secure Shell server..."
            ),
            (
                "ssh.service",
                Some(1_795_522_001_000),
                Some(77),
                "sshd-session",
                "Invalid user \\x1b[31m"
            ),
            ("session-3.scope", None, Some(78), "…", "…"),
        ]
    );
}

proptest! {
    #[test]
    fn nothing_that_a_journal_prints_can_stop_it(text in ".{0,400}", bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        entries(text.as_bytes());
        entries(&bytes);
        let quoted = format!("{{\"MESSAGE\":{},\"_PID\":[[1,300],-4]}}", serde_json::to_string(&text).unwrap());
        prop_assert_eq!(entries(quoted.as_bytes()).len(), 1);
    }
}
