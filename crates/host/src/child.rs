//! Programs run for what they print, bounded in time, in what they say and in what they leave behind.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::children;

/// How much of standard error is kept.
const STDERR_KEPT: usize = 4096;
/// How much may follow what its reader takes for the end of the output.
const REST: u64 = 64 * 1024;
/// How often a program that has closed its output is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(1);
/// How long a killed process may take to go before it is left behind.
const KILLED_WAIT: Duration = Duration::from_millis(200);

/// How long a program may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Without printing anything.
    pub silence: Duration,
    /// From its start to its end.
    pub total: Duration,
}

impl Default for Limits {
    /// 100,000 rules take nft about 11 s on a slow machine, the first of them without a word.
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            total: Duration::from_secs(120),
        }
    }
}

/// A running program in a process group of its own; reading reads its standard output. The group is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    group: Pid,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    said: Vec<u8>,
    limits: Limits,
    ends_at: Instant,
    output_ended: bool,
    gave_up: bool,
}

/// How a program failed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// By itself.
    Own(String),
    /// It took too long and was ended.
    TooLong(String),
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(words) | Self::TooLong(words) => formatter.write_str(words),
        }
    }
}

impl Running {
    /// Starts `command` without standard input, in the C locale.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(command: &mut Command, limits: Limits) -> io::Result<Self> {
        command
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (mut child, group) = children::start(command)?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            stderr: child.stderr.take(),
            child,
            group,
            stdout,
            said: Vec::new(),
            limits,
            ends_at: Instant::now() + limits.total,
            output_ended: false,
            gave_up: false,
        })
    }

    /// Waits for the end of the program, once its output was read as `read` says.
    ///
    /// # Errors
    /// When it did not end by itself, successfully and in time, or its output could not be read.
    pub(crate) fn finish<E: Display>(mut self, read: Result<(), E>) -> Result<(), Failure> {
        let read = read.map_err(|error| error.to_string()).and_then(|()| {
            let rest = io::copy(&mut (&mut self).take(REST), &mut io::sink());
            rest.map_err(|error| error.to_string())
        });
        if !self.output_ended && !self.gave_up {
            // Of a program that still prints, only what was read of it tells anything.
            return Err(Failure::Own(
                read.err()
                    .unwrap_or_else(|| "it goes on printing after the end".to_owned()),
            ));
        }
        let status = self.wait();
        if let Some(stderr) = self.stderr.take() {
            self.listen_once(stderr);
        }
        match status {
            _ if self.gave_up => Err(Failure::TooLong(format!(
                "it was ended: {}",
                if self.ends_at <= Instant::now() {
                    format!("not done within {} s", self.limits.total.as_secs_f32())
                } else {
                    format!("no word for {} s", self.limits.silence.as_secs_f32())
                }
            ))),
            Ok(WaitStatus::Exited(_, 0)) => read.map(drop).map_err(Failure::Own),
            Ok(WaitStatus::Exited(_, code)) => Err(Failure::Own(format!(
                "exit status {code}{}",
                self.last_word()
            ))),
            Ok(WaitStatus::Signaled(_, signal, _)) => Err(Failure::Own(format!(
                "it crashed ({}){}",
                signal.as_str(),
                self.last_word()
            ))),
            Ok(other) => Err(Failure::Own(format!("it did not end: {other:?}"))),
            Err(errno) => Err(Failure::Own(errno.desc().to_owned())),
        }
    }

    /// Waits until the process has ended, and leaves it unreaped, so that its group keeps its number until it is killed.
    fn wait(&mut self) -> nix::Result<WaitStatus> {
        let deadline = self.deadline();
        loop {
            match ended(self.group)? {
                WaitStatus::StillAlive if self.gave_up => return Ok(WaitStatus::StillAlive),
                WaitStatus::StillAlive if Instant::now() >= deadline => self.gave_up = true,
                WaitStatus::StillAlive => std::thread::sleep(END_POLL),
                status => return Ok(status),
            }
        }
    }

    fn deadline(&self) -> Instant {
        self.ends_at.min(Instant::now() + self.limits.silence)
    }

    /// Takes what standard error holds now; keeps the pipe unless it has ended.
    fn listen_once(&mut self, mut stderr: ChildStderr) {
        let mut buffer = [0; STDERR_KEPT];
        let ready = {
            let mut descriptors = [PollFd::new(stderr.as_fd(), PollFlags::POLLIN)];
            poll(&mut descriptors, PollTimeout::ZERO)
        };
        if !matches!(ready, Ok(1..)) {
            self.stderr = Some(stderr);
            return;
        }
        if let Ok(count @ 1..) = stderr.read(&mut buffer) {
            let room = STDERR_KEPT.saturating_sub(self.said.len()).min(count);
            self.said
                .extend_from_slice(buffer.get(..room).unwrap_or_default());
            self.stderr = Some(stderr);
        }
    }

    /// The first line of standard error that is no mere warning.
    fn last_word(&self) -> String {
        String::from_utf8_lossy(&self.said)
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| format!(": {}", line.chars().take(200).collect::<String>()))
            .unwrap_or_default()
    }
}

impl Read for Running {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let deadline = self.deadline();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.gave_up {
                self.gave_up = true;
                return Err(io::ErrorKind::TimedOut.into());
            }
            // Rounded up, so that what is left is not polled away in turns of nothing.
            let timeout =
                PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
            let stdout_ready = {
                let mut descriptors = vec![PollFd::new(self.stdout.as_fd(), PollFlags::POLLIN)];
                if let Some(stderr) = &self.stderr {
                    descriptors.push(PollFd::new(stderr.as_fd(), PollFlags::POLLIN));
                }
                match poll(&mut descriptors, timeout) {
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(errno) => return Err(errno.into()),
                }
                descriptors
                    .first()
                    .and_then(PollFd::any)
                    .unwrap_or_default()
            };
            if stdout_ready {
                let count = self.stdout.read(buffer)?;
                self.output_ended |= count == 0;
                return Ok(count);
            }
            if let Some(stderr) = self.stderr.take() {
                self.listen_once(stderr);
            }
        }
    }
}

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// Exit status, or the signal that ended it.
    pub(crate) ended: Ended,
    /// At most the bytes that were asked for.
    pub(crate) stdout: Vec<u8>,
    /// At most 4096 bytes.
    pub(crate) stderr: Vec<u8>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(Signal),
}

impl Output {
    /// It ended with status 0.
    pub(crate) fn succeeded(&self) -> bool {
        self.ended == Ended::Exited(0)
    }
}

/// Runs a program and keeps at most `most` bytes of what it prints; the rest is read and forgotten.
///
/// # Errors
/// When it cannot be started, or is not done within `patience`.
pub(crate) fn output(
    command: &mut Command,
    patience: Duration,
    most: u64,
) -> Result<Output, Failure> {
    let limits = Limits {
        silence: patience,
        total: patience,
    };
    let own = |error: io::Error| Failure::Own(error.to_string());
    let mut running = Running::start(command, limits).map_err(own)?;
    let mut stdout = Vec::new();
    let read = (&mut running)
        .take(most)
        .read_to_end(&mut stdout)
        .and_then(|_| io::copy(&mut running, &mut io::sink()));
    let status = running.wait();
    if let Some(stderr) = running.stderr.take() {
        running.listen_once(stderr);
    }
    if running.gave_up {
        return Err(Failure::TooLong(format!(
            "not done within {} s",
            patience.as_secs_f32()
        )));
    }
    read.map_err(own)?;
    let ended = match status {
        Ok(WaitStatus::Exited(_, code)) => Ended::Exited(code),
        Ok(WaitStatus::Signaled(_, signal, _)) => Ended::Killed(signal),
        Ok(other) => return Err(Failure::Own(format!("it did not end: {other:?}"))),
        Err(errno) => return Err(Failure::Own(errno.desc().to_owned())),
    };
    Ok(Output {
        ended,
        stdout,
        stderr: std::mem::take(&mut running.said),
    })
}

fn ended(process: Pid) -> nix::Result<WaitStatus> {
    waitid(
        Id::Pid(process),
        WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT,
    )
}

impl Drop for Running {
    fn drop(&mut self) {
        children::end(self.group);
        let gone_by = Instant::now() + KILLED_WAIT;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < gone_by {
            std::thread::sleep(END_POLL);
        }
    }
}
