use proptest::prelude::*;

use super::*;

fn clock() -> LogClock {
    LogClock {
        zone: TimeZone::UTC,
        now: "2026-01-02T10:00:00Z".parse().unwrap(),
    }
}

#[test]
fn lines_of_every_logger_are_understood() {
    let clock = clock();
    let read = |line: &str| {
        clock.line(line.as_bytes()).map(|line| {
            let at = line
                .at_ms
                .map(|at| Timestamp::from_millisecond(at).unwrap().to_string());
            (
                at.unwrap_or_default(),
                line.pid,
                line.identifier.as_str().to_owned(),
                line.message.as_str().to_owned(),
                line.times,
            )
        })
    };
    let expected = |at: &str, pid: u32, name: &str, message: &str, times: u32| {
        Some((
            at.to_owned(),
            Some(pid),
            name.to_owned(),
            message.to_owned(),
            times,
        ))
    };
    assert_eq!(
        read("Jan  2 09:59:01 web1 sshd[77]: Server listening on :: port 22."),
        expected(
            "2026-01-02T09:59:01Z",
            77,
            "sshd",
            "Server listening on :: port 22.",
            1
        )
    );
    // Of last year, since it would be in the future.
    assert_eq!(
        read(
            "Dec 31 23:00:00 web1 auth.info sshd-session[78]: Connection closed by 192.0.2.1 port 5"
        ),
        expected(
            "2025-12-31T23:00:00Z",
            78,
            "sshd-session",
            "Connection closed by 192.0.2.1 port 5",
            1
        )
    );
    assert_eq!(
        read(
            "2026-01-02T09:00:00.250000+01:00 web1 sshd[79]: message repeated 3 times: [ Failed password for root from 192.0.2.1 port 5 ssh2]"
        ),
        expected(
            "2026-01-02T08:00:00.25Z",
            79,
            "sshd",
            "Failed password for root from 192.0.2.1 port 5 ssh2",
            3
        )
    );
    for broken in [
        "",
        "-- MARK --",
        "Jan  2 09:59:01",
        "Jan  2 09:59:01 web1 last message",
        "9 h x[: y",
    ] {
        assert!(
            read(broken).is_none_or(|(_, pid, ..)| pid.is_none()),
            "{broken:?}"
        );
    }
}

proptest! {
    #[test]
    fn nothing_in_a_log_can_stop_it(text in "[A-Za-z0-9 :\\[\\].T+-]{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        clock().line(text.as_bytes());
        clock().line(&bytes);
        clock().line(format!("Jan  2 09:59:01 h {text}").as_bytes());
    }
}
