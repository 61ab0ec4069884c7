//! Texts as people have them, and texts that nobody should have.

use proptest::prelude::*;
use sshdoctor_case::{Outcome, Stage, StageState};

use super::{Explainer, Explanation, Verdict, explain};

fn read(text: &str) -> Explanation {
    explain(text.as_bytes(), "text")
}

fn top(explanation: &Explanation) -> &str {
    explanation
        .report
        .causes
        .first()
        .map_or("", |cause| cause.id.as_str())
}

fn stopped(explanation: &Explanation) -> Option<Stage> {
    let mut stages = explanation.report.stages.iter();
    stages
        .find(|finding| finding.state == StageState::Stopped)
        .map(|finding| finding.stage)
}

#[test]
fn what_logs_and_people_put_around_a_line_does_not_matter() {
    let denied = "me@web1: Permission denied (publickey).";
    for wrapped in [
        format!("{denied}\r\n"),
        format!("> > {denied}\n"),
        format!("\u{1b}[31m{denied}\u{1b}[0m\n"),
        format!("2024-05-01T10:00:00.1234567Z {denied}\n"),
        format!("deploy-1  | {denied}\n"),
        format!("{{\"log\":\"{denied}\\n\",\"stream\":\"stderr\"}}\n"),
        format!(
            "fatal: [web1]: UNREACHABLE! => {{\"msg\": \"Failed to connect to the host via ssh: {denied}\"}}\n"
        ),
        format!("00:00:12.345678 01E {denied}"),
        "me@a-rather-long-name.internal.example.net: Permission\n> denied (publickey).\n"
            .to_owned(),
    ] {
        let explanation = read(&wrapped);
        assert_eq!(explanation.verdict, Verdict::Failed, "{wrapped}");
        assert_eq!(
            stopped(&explanation),
            Some(Stage::Authentication),
            "{wrapped}"
        );
        assert_eq!(
            explanation.report.target.user.as_deref(),
            Some("me"),
            "{wrapped}"
        );
    }
}

#[test]
fn the_words_in_a_sentence_are_no_failure() {
    for prose in [
        "If ssh says `ssh: connect to host web1 port 22: Connection refused`, start sshd.\n",
        "You will then see the line Permission denied (publickey). Do not worry about it.\n",
        "nginx: connect() failed (111: Connection refused) while connecting to upstream\n",
        "error: no matching package named `serde` found\n",
        "ERROR: No matching distribution found for paramiko\n",
        "psql: error: connection to server on port 5432 failed: Connection refused\n",
        "ssh: connect to host %.100s port %s: %s\nConnection closed by %.200s\nBind to port %s on %s failed: %.200s.\n",
        "",
    ] {
        let explanation = read(prose);
        assert_ne!(
            explanation.verdict,
            Verdict::Failed,
            "{prose}: {}",
            top(&explanation)
        );
        assert!(explanation.report.causes.is_empty(), "{prose}");
    }
}

#[test]
fn the_last_of_several_attempts_decides_and_the_others_are_named() {
    let explanation = read(
        "ssh: connect to host web1 port 22: Connection refused\n\
         ssh: connect to host web1 port 22: Connection refused\n\
         me@web1: Permission denied (publickey).\n",
    );
    assert_eq!(stopped(&explanation), Some(Stage::Authentication));
    let note = &explanation.report.notes[0];
    assert!(
        note.starts_with("3 attempts") && note.contains("line 2 (listener"),
        "{note}"
    );
    let open = read(
        "ssh: connect to host web1 port 22: Connection refused\nLast login: Mon Nov 24 10:00:00 2025 from 198.51.100.7\n",
    );
    assert_eq!(open.verdict, Verdict::Fine);
}

#[test]
fn a_hang_shows_by_the_last_line() {
    let text = "OpenSSH_9.9p1, OpenSSL 3.4.0\n\
        debug1: Connecting to web1 [203.0.113.9] port 2222.\ndebug1: Connection established.\n\
        debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1\n\
        debug1: SSH2_MSG_KEXINIT received\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n";
    let explanation = read(text);
    assert_eq!(explanation.report.outcome, Outcome::KeyExchangeHung);
    assert_eq!(top(&explanation), "mtu-black-hole");
    assert_eq!(explanation.report.target.port, 2222);
    let quotation = explanation.report.causes[0].quotation.as_ref();
    assert_eq!(quotation.and_then(|quotation| quotation.line), Some(6));
    assert_eq!(
        explanation.report.next[0].command,
        "sshdoctor check -p 2222 web1"
    );
}

#[test]
fn the_server_knows_the_reason_for_what_the_client_met() {
    let explanation = read(
        "me@web1: Permission denied (publickey).\n\
         Nov 24 10:00:00 web1 sshd[77]: Authentication refused: bad ownership or modes for directory /home/me\n\
         Nov 24 10:00:00 web1 sshd[77]: Connection closed by authenticating user me 198.51.100.7 port 5000 [preauth]\n",
    );
    assert_eq!(top(&explanation), "home-permissions");
    assert!(
        explanation.report.next[0]
            .command
            .contains("here --from 198.51.100.7 --user me"),
        "{:?}",
        explanation.report.next
    );
}

#[test]
fn the_same_words_of_connect_and_of_the_login_are_told_apart() {
    let explanation = read("ssh: connect to host web1 port 22: Permission denied\n");
    assert_ne!(stopped(&explanation), Some(Stage::Authentication));
    let local = read("ssh: connect to host web1 port 22: Verbindungsaufbau abgelehnt\n");
    assert_eq!(local.report.outcome, Outcome::Refused);
}

#[test]
fn a_line_without_end_is_read_in_bounded_memory() {
    let mut explainer = Explainer::new("text");
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        explainer.feed(&piece);
    }
    explainer.feed(b"\nssh: connect to host web1 port 22: Connection refused\n");
    assert!(explainer.lines.carried() <= 64 * 1024);
    let explanation = explainer.finish();
    let quotation = explanation.report.causes[0].quotation.clone().unwrap();
    assert_eq!(quotation.line, Some(2));
}

#[test]
fn many_clients_of_a_server_are_told_by_the_last() {
    let mut log =
        String::from("Nov 24 10:00:00 web1 sshd[1]: Server listening on 0.0.0.0 port 22.\n");
    for number in 0..5000 {
        log += &format!(
            "Nov 24 10:00:00 web1 sshd[{}]: Invalid user admin from 203.0.113.9 port {}\n",
            100 + number,
            1024 + number
        );
    }
    log += "Nov 24 10:00:00 web1 sshd[9]: User me from 198.51.100.7 not allowed because not listed in AllowUsers\n";
    let explanation = read(&log);
    assert_eq!(top(&explanation), "user-not-allowed");
    assert_eq!(
        explanation.report.causes[0]
            .quotation
            .as_ref()
            .and_then(|q| q.line),
        Some(5002)
    );
}

/// Lines that are understood, and bytes that nobody should send.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&'static str> = super::signs::all().map(|sign| sign.words).collect();
    prop_oneof![
        proptest::sample::select(known).prop_map(|words| words.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(b"\n".to_vec()),
        Just(b" port 22: ".to_vec()),
        Just(b"\x1b]0;owned\x07\x1b[2J".to_vec()),
        Just(b"sshd[12]: ".to_vec()),
        Just(b"me@web1: ".to_vec()),
        Just("\u{202e}Verbindungsaufbau abgelehnt".as_bytes().to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn hostile_texts_are_read_to_their_end_and_shown_escaped(
        fragments in proptest::collection::vec(fragment(), 0..60),
        cut in 0_usize..2000,
    ) {
        let text = fragments.concat();
        let whole = explain(&text, "text");
        let mut explainer = Explainer::new("text");
        let (one, other) = text.split_at(cut.min(text.len()));
        explainer.feed(one);
        explainer.feed(other);
        prop_assert_eq!(&explainer.finish(), &whole);
        let report = &whole.report;
        let mut shown = vec![&report.headline, &report.target.given];
        shown.extend(report.stages.iter().map(|stage| &stage.summary));
        shown.extend(report.next.iter().map(|step| &step.command));
        shown.extend(report.evidence.iter().map(|evidence| &evidence.summary));
        shown.extend(&report.notes);
        shown.extend(report.causes.iter().filter_map(|cause| Some(&cause.quotation.as_ref()?.text)));
        let is_safe = shown.iter().all(|text| !text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\n']));
        prop_assert!(is_safe);
        let total: f64 = whole.report.causes.iter().map(|cause| cause.probability).sum();
        prop_assert!(total <= 1.0 + 1e-9);
        if whole.verdict != Verdict::Failed {
            prop_assert!(whole.report.causes.is_empty() && whole.report.ruled_out.is_empty());
        }
    }
}
