//! A network namespace for the time of a test.

use std::io::Write;
use std::panic::resume_unwind;
use std::process::{Command, Stdio};
use std::thread;

use nix::sched::{CloneFlags, unshare};

/// Runs `body` in a new network namespace with loopback up, which is gone afterwards. What `body` starts is in it as well.
pub(crate) fn in_namespace<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    let result = thread::scope(|scope| {
        let inside = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNET)
                .expect("this test needs root (CAP_SYS_ADMIN) to make a network namespace");
            run("ip link set lo up");
            body()
        });
        inside.join()
    });
    result.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Runs commands, one a line; each must succeed.
pub(crate) fn run(commands: &str) {
    for line in commands
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let status = command.args(words).status();
        let status = status.unwrap_or_else(|error| panic!("this test needs {line}: {error}"));
        assert!(status.success(), "{line}: {status}");
    }
}

/// What a command prints.
pub(crate) fn output(line: &str) -> String {
    let mut words = line.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("this test needs {line}: {error}"));
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Loads rules in nft's own syntax.
pub(crate) fn nft(rules: &str) {
    let mut child = Command::new("nft")
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("this test needs nft");
    let mut input = child.stdin.take().unwrap();
    input.write_all(rules.as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success(), "nft refused:\n{rules}");
}
