//! The person's own ProxyCommand.

use std::{
    io,
    process::Stdio,
    time::{Duration, Instant},
};

use sshdoctor_case::{Fact, ProxyOutcome, Received};
use tokio::{io::AsyncReadExt, process::Command, time::timeout_at};

use crate::{
    answering::Answering,
    child::{Child, collect},
};

/// The most bytes of standard error that are kept.
const MAX_STDERR: usize = 8 * 1024;

/// A first line longer than this is cut (RFC 4253, section 4.2 allows 255).
const MAX_LINE: usize = 1024;

/// What the tokens of a ProxyCommand stand for (`ssh_config(5)`, TOKENS).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenValues<'a> {
    /// `%h`: the resolved host name.
    pub host: &'a str,
    /// `%n`: the host as typed.
    pub typed: &'a str,
    /// `%p`: the port.
    pub port: u16,
    /// `%r`: the remote user.
    pub user: &'a str,
}

/// Replaces `%%`, `%h`, `%n`, `%p` and `%r`; any other token stays as it is.
#[must_use]
pub fn expand_tokens(command: &str, values: &TokenValues<'_>) -> String {
    let mut expanded = String::with_capacity(command.len());
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            expanded.push(character);
            continue;
        }
        match characters.next() {
            Some('%') => expanded.push('%'),
            Some('h') => expanded.push_str(values.host),
            Some('n') => expanded.push_str(values.typed),
            Some('p') => expanded.push_str(&values.port.to_string()),
            Some('r') => expanded.push_str(values.user),
            Some(other) => expanded.extend(['%', other]),
            None => expanded.push('%'),
        }
    }
    expanded
}

/// Runs the command, tokens already expanded, and waits for the first line.
pub(crate) async fn answer(answering: &Answering, command: &str) {
    let shell = std::env::var_os("SHELL")
        .filter(|shell| !shell.is_empty())
        .unwrap_or_else(|| "/bin/sh".into());
    let mut child_command = Command::new(shell);
    child_command.arg("-c").arg(format!("exec {command}"));
    let outcome = match run(&mut child_command, answering.deadline()).await {
        Ok(outcome) => outcome,
        Err(error) => ProxyOutcome::NotFound {
            message: Received::from_text(&error.to_string()),
        },
    };
    let fact = Fact::ProxyCommand {
        command: sshdoctor_case::escape(command),
        outcome,
    };
    answering.saw(answering.began(), fact);
}

async fn run(command: &mut Command, deadline: Instant) -> io::Result<ProxyOutcome> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = Child::start(command)?;
    // Held open: some proxies end when their standard input does.
    let _stdin = child.process.stdin.take();
    let stderr = child.process.stderr.take();
    let mut words = Vec::new();
    let outcome = {
        let reading = collect(stderr, &mut words, MAX_STDERR);
        tokio::pin!(reading);
        let first = first_line(child.process.stdout.take());
        tokio::pin!(first);
        let mut stderr_open = true;
        let line = timeout_at(deadline.into(), async {
            loop {
                tokio::select! {
                    line = &mut first => break line,
                    () = &mut reading, if stderr_open => stderr_open = false,
                }
            }
        })
        .await;
        match line {
            Err(_) => Some(ProxyOutcome::Silent),
            Ok(Some(line)) => Some(ProxyOutcome::Answered {
                first_line: Received::from_bytes(&line),
            }),
            Ok(None) => {
                if stderr_open {
                    let _ = tokio::time::timeout(Duration::from_millis(50), &mut reading).await;
                }
                None
            }
        }
    };
    if let Some(outcome) = outcome {
        return Ok(outcome);
    }
    let Ok(status) = timeout_at(deadline.into(), child.process.wait()).await else {
        return Ok(ProxyOutcome::Silent);
    };
    Ok(classify_end(status?.code(), &words))
}

/// The first line, or what came of it before the end; absent when nothing came.
pub(crate) async fn first_line(pipe: Option<tokio::process::ChildStdout>) -> Option<Vec<u8>> {
    let mut pipe = pipe?;
    let mut line = Vec::new();
    let mut buffer = [0; 512];
    while line.len() < MAX_LINE {
        let Ok(count @ 1..) = pipe.read(&mut buffer).await else {
            break;
        };
        line.extend_from_slice(&buffer[..count]);
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Some(line);
        }
    }
    (!line.is_empty()).then_some(line)
}

/// 126 and 127 are the shell's own: not executable, not found.
fn classify_end(status: Option<i32>, stderr: &[u8]) -> ProxyOutcome {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let message = Received::from_text(&lines[lines.len().saturating_sub(4)..].join("\n"));
    match status {
        Some(126 | 127) => ProxyOutcome::NotFound { message },
        status => ProxyOutcome::Exited { status, message },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(script: &str, milliseconds: u64) -> ProxyOutcome {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(format!("exec {script}"));
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        run(&mut command, deadline).await.unwrap()
    }

    #[test]
    fn tokens_are_expanded_once() {
        let values = TokenValues {
            host: "web1%p",
            typed: "w",
            port: 2222,
            user: "me",
        };
        assert_eq!(
            expand_tokens("nc %h %p %r@%n 100%% %C %", &values),
            "nc web1%p 2222 me@w 100% %C %"
        );
    }

    #[tokio::test]
    async fn every_ending_is_told_apart() {
        assert_eq!(
            outcome("printf 'SSH-2.0-x\\r\\nrest'", 2000).await,
            ProxyOutcome::Answered {
                first_line: Received::from_text("SSH-2.0-x")
            }
        );
        assert!(matches!(
            outcome("sshdoctor-no-such-program", 2000).await,
            ProxyOutcome::NotFound { .. }
        ));
        assert_eq!(
            outcome("sh -c 'echo no route >&2; exit 4'", 2000).await,
            ProxyOutcome::Exited {
                status: Some(4),
                message: Received::from_text("no route")
            }
        );
        assert_eq!(outcome("sleep 60", 100).await, ProxyOutcome::Silent);
    }
}
