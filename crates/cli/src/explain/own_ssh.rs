//! `ssh`: the person's own ssh, unchanged, and underneath what its words mean if it fails.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    process::{ChildStderr, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use anyhow::Context as _;
use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use sshdoctor_diagnose::text::{Explainer, Explanation, Verdict};
use tokio::signal::unix::{SignalKind, signal};

use crate::{output, render::terminal::Charset};

/// The status of ssh when it could not do what was asked (ssh(1)); others are the remote command's.
const SSH_FAILED: i32 = 255;

/// The status that a shell gives to a program that cannot be run.
const NOT_RUN: u8 = 127;

/// Says how many of these run inside each other: a `ssh` in PATH that is this very program would run itself for ever.
const DEPTH: &str = "SSHDOCTOR_SSH_DEPTH";

/// Jump hosts in a row whose ProxyCommand may run it.
const DEEPEST: u8 = 8;

/// How long the last words are waited for once ssh has ended; one that went into the background keeps the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs `ssh`.
///
/// # Errors
/// When it cannot be waited for.
pub(super) fn run(arguments: &[OsString]) -> anyhow::Result<u8> {
    let depth = std::env::var(DEPTH)
        .ok()
        .and_then(|depth| depth.parse::<u8>().ok())
        .unwrap_or(0);
    if depth >= DEEPEST {
        output::complain("the ssh in PATH is this program again");
        return Ok(NOT_RUN);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot wait for ssh")?;
    runtime.block_on(beside(arguments, depth))
}

async fn beside(arguments: &[OsString], depth: u8) -> anyhow::Result<u8> {
    // A handler, unlike an ignored signal, is not inherited: ssh meets these signals as if it were alone.
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut ended = signal(SignalKind::terminate())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let spawned = Command::new("ssh")
        .args(arguments)
        .env(DEPTH, (depth + 1).to_string())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => {
            output::complain(&format!("cannot run ssh: {error}"));
            return Ok(NOT_RUN);
        }
    };
    let process = Pid::from_raw(i32::try_from(child.id()).context("a process without a number")?);
    let words = child.stderr.take().map(listen);
    let mut waiting = tokio::task::spawn_blocking(move || wait(process));
    let status = loop {
        tokio::select! {
            status = &mut waiting => break status??,
            // The terminal sends these two to ssh as well.
            _ = interrupted.recv() => {}
            _ = quit.recv() => {}
            _ = ended.recv() => pass_on(process, Signal::SIGTERM),
            _ = hung_up.recv() => pass_on(process, Signal::SIGHUP),
        }
    };
    // Its last words may still be on their way.
    let explanation = words.and_then(|words| words.recv_timeout(LAST_WORDS).ok());
    if status == SSH_FAILED
        && let Some(explanation) = explanation
    {
        say(&explanation);
    }
    Ok(u8::try_from(status).unwrap_or(u8::MAX))
}

fn pass_on(process: Pid, signal: Signal) {
    // It may have ended by itself meanwhile.
    let _ = kill(process, signal);
}

/// The exit status, as a shell gives it. Where ssh stops (`~^Z`), this program stops too, and goes on with it.
fn wait(process: Pid) -> anyhow::Result<i32> {
    loop {
        match waitpid(process, Some(WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(_, status)) => return Ok(status),
            Ok(WaitStatus::Signaled(_, signal, _)) => return Ok(128 + signal as i32),
            Ok(WaitStatus::Stopped(..)) => {
                kill(Pid::this(), Signal::SIGSTOP).context("cannot stop with ssh")?;
            }
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error).context("cannot wait for ssh"),
        }
    }
}

/// Passes on every byte of standard error at once, and reads along.
fn listen(mut words: ChildStderr) -> mpsc::Receiver<Explanation> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut explainer = Explainer::new("ssh");
        let mut piece = vec![0; 16 * 1024];
        loop {
            match words.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => {
                    // Whoever closed it does not want to read on; ssh is not to notice.
                    let _ = io::stderr().write_all(&piece[..length]);
                    explainer.feed(&piece[..length]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Nobody listens any more where ssh ended well.
        let _ = sender.send(explainer.finish());
    });
    receiver
}

/// At most three lines.
fn say(explanation: &Explanation) {
    if explanation.verdict != Verdict::Failed {
        return;
    }
    let charset = Charset::from_environment(|name| std::env::var(name).ok());
    let report = &explanation.report;
    output::complain(&charset.show(&report.headline));
    if let Some(step) = report.next.iter().find(|step| !step.command.is_empty()) {
        output::complain(&charset.show(&format!("next: {}", step.command)));
    }
    if let Some(cause) = report.causes.first() {
        output::complain(&format!("more: sshdoctor explain {}", cause.id));
    }
}
