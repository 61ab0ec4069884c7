//! `sshdoctor firewall` on the rules of its own host: a network namespace, which only root can make.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod harness;

use std::{
    fs,
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    panic::resume_unwind,
    process::{Command, Stdio},
    thread,
};

use harness::{sshdoctor, text};
use nix::sched::{CloneFlags, unshare};

const RULES: &str = "
    table inet own {
        set banned { type ipv4_addr; elements = { 198.51.100.7 }; }
        chain input {
            type filter hook input priority 0; policy accept;
            ip saddr @banned tcp dport 22 counter drop
            tcp dport 22 accept
        }
    }";

/// Owns nothing that matters: the overflow user of Linux.
const NOBODY: u32 = 65_534;

/// Runs `body` in a new network namespace with [`RULES`], which is gone afterwards. What `body` starts is in it as well.
fn behind_rules(body: impl FnOnce() + Send + 'static) {
    let inside = thread::spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET)
            .expect("this test needs root (CAP_SYS_ADMIN) to make a network namespace");
        let mut nft = Command::new("nft")
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("this test needs nft");
        let mut input = nft.stdin.take().unwrap();
        input.write_all(RULES.as_bytes()).unwrap();
        drop(input);
        assert!(nft.wait().unwrap().success(), "nft refused:\n{RULES}");
        body();
    });
    inside.join().unwrap_or_else(|panic| resume_unwind(panic));
}

fn listed() -> String {
    let output = Command::new("nft")
        .args(["-a", "list", "ruleset"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

/// What the program answers about a packet from this address: its exit status and the first line.
fn answered(from: &str) -> (Option<i32>, String) {
    let output = sshdoctor(&["firewall", "--from", from, "--port", "22"])
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    (
        output.status.code(),
        page.lines().next().unwrap().to_owned(),
    )
}

#[test]
fn the_rules_of_this_host_decide_and_stay_as_they_are() {
    behind_rules(|| {
        let before = listed();
        let (status, headline) = answered("198.51.100.7");
        let dropped =
            "Dropped: the client waits until it times out. Rule 1 of chain input (inet own)";
        assert_eq!((status, &*headline), (Some(1), dropped));
        let (status, headline) = answered("198.51.100.8");
        assert_eq!(status, Some(0), "{headline}");
        assert!(headline.starts_with("Accepted."), "{headline}");
        assert_eq!(listed(), before);
    });
}

#[test]
fn an_ordinary_user_is_told_what_it_takes() {
    behind_rules(|| {
        // Everyone may run this copy.
        let directory = tempfile::tempdir().unwrap();
        let everyone = fs::Permissions::from_mode(0o755);
        fs::set_permissions(directory.path(), everyone).unwrap();
        let program = directory.path().join("sshdoctor");
        // Written by another process: what this one has open for writing may be inherited by what the other test starts, and
        // cannot be run as long.
        let copied = Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_sshdoctor"))
            .arg(&program)
            .status()
            .unwrap();
        assert!(copied.success());
        let output = Command::new(&program)
            .args(["firewall", "--from", "198.51.100.7", "--port", "22"])
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let errors = text(&output.stderr);
        let remedy = "sudo sshdoctor firewall --from 198.51.100.7 --port 22";
        assert!(errors.contains(remedy), "{errors}");
    });
}
