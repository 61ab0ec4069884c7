//! Programs that hang, flood, crash and leave children behind.

use std::io::Read;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::child::{Failure, Limits, Running};

const SHORT: Limits = Limits {
    silence: Duration::from_millis(150),
    total: Duration::from_millis(600),
};
const LONG: Limits = Limits {
    silence: Duration::from_secs(20),
    total: Duration::from_secs(20),
};

fn shell(script: &str, limits: Limits) -> Running {
    let mut command = Command::new("/bin/sh");
    Running::start(command.args(["-c", script]), limits).unwrap()
}

fn read_all(script: &str, limits: Limits) -> (String, Result<(), Failure>) {
    let mut running = shell(script, limits);
    let mut text = String::new();
    let read = running.read_to_string(&mut text);
    (text, running.finish(read.map(drop)))
}

fn failure(script: &str, limits: Limits) -> String {
    read_all(script, limits).1.unwrap_err().to_string()
}

#[test]
fn output_is_read_whatever_is_said_beside_it() {
    let flood = "head -c 300000 /dev/zero | tr '\\0' x >&2; echo out; head -c 300000 /dev/zero >&2";
    let (text, end) = read_all(flood, LONG);
    assert_eq!((text.as_str(), end), ("out\n", Ok(())));
}

#[test]
fn a_failure_is_told_in_the_words_of_the_program() {
    assert_eq!(
        failure(
            "echo '# Warning: old' >&2; echo no such table >&2; exit 3",
            LONG
        ),
        "exit status 3: no such table"
    );
    assert_eq!(
        failure("echo half; kill -SEGV $$", LONG),
        "it crashed (SIGSEGV)"
    );
}

#[test]
fn silence_and_endlessness_are_ended_in_time() {
    let began = Instant::now();
    assert_eq!(
        failure("echo once; sleep 60", SHORT),
        "it was ended: no word for 0.15 s"
    );
    assert_eq!(
        failure("while :; do echo again; sleep 0.05; done", SHORT),
        "it was ended: not done within 0.6 s"
    );
    // The output is closed, the program goes on.
    assert_eq!(
        failure("exec >&-; sleep 60", SHORT),
        "it was ended: no word for 0.15 s"
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn of_a_program_that_prints_on_nobody_waits_for_the_end() {
    let began = Instant::now();
    let running = shell("yes", LONG);
    assert_eq!(
        running
            .finish(Ok::<(), String>(()))
            .unwrap_err()
            .to_string(),
        "it goes on printing after the end"
    );
    let running = shell("yes", LONG);
    let refused = running.finish(Err("not JSON")).unwrap_err().to_string();
    assert_eq!(refused, "not JSON");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn nothing_that_it_started_outlives_it() {
    let mut running = shell("sleep 60 & echo $!; exec sleep 60", LONG);
    let mut line = [0; 16];
    let count = running.read(&mut line).unwrap();
    let grandchild = String::from_utf8_lossy(&line[..count]).trim().to_owned();
    drop(running);
    let stat = format!("/proc/{grandchild}/stat");
    for _ in 0..100 {
        let stat = std::fs::read_to_string(&stat);
        if stat.map_or(true, |stat| stat.contains(") Z ")) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("process {grandchild} is still there");
}
