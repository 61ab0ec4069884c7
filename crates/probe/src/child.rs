//! Child processes that cannot outlive the question they were started for.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::{timeout, timeout_at},
};

/// How long a pipe that a grandchild still holds open is drained after the child has ended.
const DRAIN: Duration = Duration::from_millis(50);

/// A child in a process group of its own; the whole group is killed when this is dropped.
pub(crate) struct Child {
    /// The process and its pipes.
    pub(crate) process: tokio::process::Child,
    group: Option<Pid>,
}

impl Child {
    /// Starts `command` in a new process group.
    ///
    /// # Errors
    /// When the program cannot be started; `NotFound` when it does not exist.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let process = command.process_group(0).kill_on_drop(true).spawn()?;
        let group = process
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .map(Pid::from_raw);
        Ok(Self { process, group })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // ESRCH: every process of the group has already ended.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

/// What a child left behind.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    /// Absent when the deadline ended it.
    pub(crate) status: Option<ExitStatus>,
    /// Standard output, cut at the limit.
    pub(crate) stdout: Vec<u8>,
    /// Standard error, cut at the limit.
    pub(crate) stderr: Vec<u8>,
}

/// Runs `command` without standard input until it ends or the deadline passes, keeping at most `limit` bytes of each of
/// its outputs.
///
/// # Errors
/// When the program cannot be started or waited for.
pub(crate) async fn run(
    command: &mut Command,
    limit: usize,
    deadline: Instant,
) -> io::Result<Finished> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Child::start(command)?;
    let (stdout, stderr) = (child.process.stdout.take(), child.process.stderr.take());
    let mut finished = Finished::default();
    {
        let pipes = async {
            tokio::join!(
                collect(stdout, &mut finished.stdout, limit),
                collect(stderr, &mut finished.stderr, limit),
            );
        };
        tokio::pin!(pipes);
        let ended = async {
            tokio::select! {
                status = child.process.wait() => {
                    let _ = timeout(DRAIN, &mut pipes).await;
                    status
                }
                () = &mut pipes => child.process.wait().await,
            }
        };
        if let Ok(status) = timeout_at(deadline.into(), ended).await {
            finished.status = Some(status?);
        }
    }
    Ok(finished)
}

/// Reads a pipe to its end into `kept`; what goes beyond `limit` is read and forgotten, so that the writer never blocks.
pub(crate) async fn collect(
    pipe: Option<impl AsyncRead + Unpin>,
    kept: &mut Vec<u8>,
    limit: usize,
) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let room = limit.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&buffer[..room]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn soon(milliseconds: u64) -> Instant {
        Instant::now() + Duration::from_millis(milliseconds)
    }

    #[tokio::test]
    async fn both_outputs_and_the_status_are_kept() {
        let finished = run(
            &mut shell("echo out; echo err >&2; exit 3"),
            1024,
            soon(2000),
        )
        .await
        .unwrap();
        assert_eq!(finished.status.unwrap().code(), Some(3));
        assert_eq!(finished.stdout, b"out\n");
        assert_eq!(finished.stderr, b"err\n");
    }

    #[tokio::test]
    async fn a_flood_is_cut_and_a_hang_is_ended_with_its_grandchildren() {
        let finished = run(
            &mut shell("sleep 60 & echo $!; yes & wait"),
            1000,
            soon(200),
        )
        .await
        .unwrap();
        assert!(finished.status.is_none());
        assert_eq!(finished.stdout.len(), 1000);
        let text = String::from_utf8_lossy(&finished.stdout).into_owned();
        let grandchild: i32 = text.lines().next().unwrap().parse().unwrap();
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{grandchild}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z "))
        };
        for _ in 0..50 {
            if gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("process {grandchild} is still there");
    }

    #[tokio::test]
    async fn a_grandchild_that_keeps_the_pipe_open_does_not_hold_the_answer_up() {
        let began = Instant::now();
        let finished = run(&mut shell("sleep 60 & echo done"), 1000, soon(5000))
            .await
            .unwrap();
        assert!(finished.status.unwrap().success());
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}
