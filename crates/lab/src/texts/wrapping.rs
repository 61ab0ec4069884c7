//! What stands around the lines where people find them: a log's prefix, a mail's quoting, a terminal's colours.

use std::fmt::Write;

use serde::Deserialize;

/// One thing that is done to every line, or to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrapping {
    /// RFC 3164, as rsyslog writes files by default.
    Syslog,
    /// RFC 5424's time stamp, as rsyslog writes files on newer distributions.
    SyslogIso,
    /// `journalctl -o short`, with its first line.
    Journal,
    /// `journalctl -o short-precise`.
    JournalPrecise,
    /// `journalctl -o json`.
    JournalJson,
    /// `journalctl -o json` of a message that is not UTF-8: its bytes as numbers.
    JournalJsonBytes,
    /// `journalctl -o verbose`.
    JournalVerbose,
    /// RFC 5424 as it is sent to a log server.
    SyslogStructured,
    /// `logread` of OpenWrt.
    Openwrt,
    /// `key=value`, as collectors of logs export it.
    Logfmt,
    /// `docker logs --timestamps`.
    Docker,
    /// Docker's `json-file` log.
    DockerJson,
    /// A container's log as the Container Runtime Interface has it.
    Kubernetes,
    /// `docker compose logs`.
    Compose,
    /// The log of a job that GitHub Actions ran.
    GithubActions,
    /// The log of a job that GitLab CI ran.
    GitlabCi,
    /// Jenkins with the plug-in for time stamps.
    Jenkins,
    /// Terraform's remote-exec.
    Terraform,
    /// Quoted in a mail.
    MailQuote,
    /// Quoted twice and broken at 72 columns.
    MailBroken,
    /// Quoted in a chat or an issue: fenced, indented.
    Fenced,
    /// Line ends of Windows.
    Crlf,
    /// Line ends of a terminal in raw mode: a carriage return before each.
    RawTerminal,
    /// The colours that a log viewer adds.
    Colours,
    /// Every line is cut off at 72 columns.
    Cut,
    /// A terminal of 64 columns broke the lines.
    Broken,
    /// Numbered by `cat -n`.
    Numbered,
    /// Addresses and names were replaced by hand.
    Redacted,
    /// Only the last two lines.
    LastLines,
    /// In the middle of a great deal that has nothing to do with it.
    AmongOthers,
}

impl Wrapping {
    /// A program wrote it, nobody's terminal.
    fn is_log(self) -> bool {
        !matches!(
            self,
            Self::MailQuote
                | Self::MailBroken
                | Self::Fenced
                | Self::Crlf
                | Self::RawTerminal
                | Self::Colours
                | Self::Cut
                | Self::Broken
                | Self::Numbered
                | Self::Redacted
                | Self::LastLines
        )
    }

    /// As scenario files and texts call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Syslog => "syslog",
            Self::SyslogIso => "syslog-iso",
            Self::Journal => "journal",
            Self::JournalPrecise => "journal-precise",
            Self::JournalJson => "journal-json",
            Self::JournalJsonBytes => "journal-json-bytes",
            Self::JournalVerbose => "journal-verbose",
            Self::SyslogStructured => "syslog-structured",
            Self::Openwrt => "openwrt",
            Self::Logfmt => "logfmt",
            Self::Docker => "docker",
            Self::DockerJson => "docker-json",
            Self::Kubernetes => "kubernetes",
            Self::Compose => "compose",
            Self::GithubActions => "github-actions",
            Self::GitlabCi => "gitlab-ci",
            Self::Jenkins => "jenkins",
            Self::Terraform => "terraform",
            Self::MailQuote => "mail-quote",
            Self::MailBroken => "mail-broken",
            Self::Fenced => "fenced",
            Self::Crlf => "crlf",
            Self::RawTerminal => "raw-terminal",
            Self::Colours => "colours",
            Self::Cut => "cut",
            Self::Broken => "broken",
            Self::Numbered => "numbered",
            Self::Redacted => "redacted",
            Self::LastLines => "last-lines",
            Self::AmongOthers => "among-others",
        }
    }
}

/// A prompt with the command after it, which no log holds.
const PROMPT: &str = "me@laptop:~$ ";

/// Wraps a text in one after the other.
pub(super) fn wrap(text: &str, wrappings: &[Wrapping]) -> Vec<u8> {
    let plain = if wrappings.iter().any(|wrapping| wrapping.is_log()) {
        without_prompts(text)
    } else {
        text.to_owned()
    };
    wrappings
        .iter()
        .fold(plain, |text, wrapping| around(&text, *wrapping))
        .into_bytes()
}

fn without_prompts(text: &str) -> String {
    text.lines()
        .filter(|line| !line.starts_with(PROMPT))
        .fold(String::new(), |mut all, line| {
            all += line;
            all.push('\n');
            all
        })
}

fn around(text: &str, wrapping: Wrapping) -> String {
    match wrapping {
        Wrapping::GithubActions => github_actions(text),
        Wrapping::GitlabCi => gitlab_ci(text),
        Wrapping::Journal => format!(
            "-- Journal begins at Mon 2026-03-02 08:11:40 UTC, ends at Mon 2026-03-02 10:15:59 UTC. --\n{}",
            each_line(text, syslog_line)
        ),
        Wrapping::Fenced => format!("It says\n\n```\n{text}```\n\nWhat can I do?\n"),
        Wrapping::MailBroken => each_line(&broken_at(text, 68), |_, line| format!("> > {line}")),
        Wrapping::Broken => broken_at(text, 64),
        Wrapping::Redacted => redacted(text),
        Wrapping::LastLines => last_lines(text, 2),
        Wrapping::AmongOthers => among_others(text),
        Wrapping::Jenkins => format!(
            "{}Build step 'Execute shell' marked build as failure\nFinished: FAILURE\n",
            each_line(text, |index, line| format!(
                "[{}Z] {line}",
                instant(index, 3)
            ))
        ),
        _ => each_line(text, |index, line| around_line(wrapping, index, line)),
    }
}

fn around_line(wrapping: Wrapping, index: usize, line: &str) -> String {
    match wrapping {
        Wrapping::Syslog => syslog_line(index, line),
        Wrapping::SyslogIso => {
            format!("{}+00:00 server sshd[812]: {line}", instant(index, 6))
        }
        Wrapping::JournalPrecise => format!(
            "Mar 02 {}.{:06} server sshd[812]: {line}",
            clock(index),
            index * 1371 % 1_000_000
        ),
        Wrapping::JournalJson => journal_json(index, line.into()),
        Wrapping::JournalJsonBytes => journal_json(index, line.as_bytes().into()),
        Wrapping::JournalVerbose => journal_verbose(index, line),
        Wrapping::SyslogStructured => {
            format!("<38>1 {}Z server sshd 812 - - {line}", instant(index, 3))
        }
        Wrapping::Openwrt => format!(
            "Mon Mar  2 {} 2026 authpriv.info dropbear[812]: {line}",
            clock(index)
        ),
        Wrapping::Logfmt => {
            let message = serde_json::Value::from(line);
            format!(
                "ts={}Z level=info unit=ssh.service msg={message}",
                instant(index, 3)
            )
        }
        Wrapping::Docker => format!("{}Z {line}", instant(index, 9)),
        Wrapping::DockerJson => {
            let log = serde_json::Value::from(format!("{line}\n"));
            format!(
                "{{\"log\":{log},\"stream\":\"stderr\",\"time\":\"{}Z\"}}",
                instant(index, 9)
            )
        }
        Wrapping::Kubernetes => format!("{}Z stderr F {line}", instant(index, 9)),
        Wrapping::Compose => format!("bastion-1  | {line}"),
        Wrapping::Terraform => format!("null_resource.web (remote-exec): {line}"),
        Wrapping::MailQuote => format!("> {line}"),
        Wrapping::Crlf | Wrapping::RawTerminal => format!("{line}\r"),
        Wrapping::Colours => format!("\u{1b}[31m{line}\u{1b}[0m"),
        Wrapping::Cut => line.chars().take(72).collect(),
        Wrapping::Numbered => format!("{:6}\t{line}", index + 1),
        _ => line.to_owned(),
    }
}

fn each_line(text: &str, around: impl Fn(usize, &str) -> String) -> String {
    text.lines()
        .enumerate()
        .fold(String::new(), |mut all, (index, line)| {
            all += &around(index, line);
            all.push('\n');
            all
        })
}

/// Some lines in each second of one quarter of an hour.
fn clock(index: usize) -> String {
    let seconds = index / 3 % 900;
    format!("10:{:02}:{:02}", 5 + seconds / 60, seconds % 60)
}

fn instant(index: usize, digits: usize) -> String {
    let fraction = format!("{:09}", index * 1_371_337 % 1_000_000_000);
    format!("2026-03-02T{}.{}", clock(index), &fraction[..digits])
}

fn syslog_line(index: usize, line: &str) -> String {
    format!("Mar  2 {} server sshd[812]: {line}", clock(index))
}

fn journal_json(index: usize, message: serde_json::Value) -> String {
    serde_json::json!({
        "__REALTIME_TIMESTAMP": format!("17724459{:08}", index * 1371),
        "_HOSTNAME": "server",
        "_SYSTEMD_UNIT": "ssh.service",
        "SYSLOG_IDENTIFIER": "sshd",
        "SYSLOG_PID": "812",
        "PRIORITY": "6",
        "_TRANSPORT": "syslog",
        "MESSAGE": message,
    })
    .to_string()
}

fn journal_verbose(index: usize, line: &str) -> String {
    format!(
        "Mon 2026-03-02 {}.{:06} UTC [s=c0ffee;i={index:x};b=c0ffee;m={index:x};t={index:x};x={index:x}]\n    \
         PRIORITY=6\n    SYSLOG_IDENTIFIER=sshd\n    SYSLOG_PID=812\n    _SYSTEMD_UNIT=ssh.service\n    \
         MESSAGE={line}\n    _HOSTNAME=server",
        clock(index),
        index * 1371 % 1_000_000
    )
}

fn github_actions(text: &str) -> String {
    let inner = format!(
        "##[group]Run ./deploy.sh\n\u{1b}[36;1m./deploy.sh\u{1b}[0m\nshell: /usr/bin/bash -e {{0}}\n##[endgroup]\n{text}##[error]Process completed with exit code 255.\n"
    );
    each_line(&inner, |index, line| {
        format!("{}Z {line}", instant(index, 7))
    })
}

fn gitlab_ci(text: &str) -> String {
    format!(
        "\u{1b}[0KRunning with gitlab-runner 17.5.3 (12030cf4)\u{1b}[0;m\n\
         section_start:1772445902:step_script\r\u{1b}[0K\u{1b}[0K\u{1b}[36;1mExecuting \"step_script\" stage of the job script\u{1b}[0;m\u{1b}[0;m\n\
         \u{1b}[32;1m$ ./deploy.sh\u{1b}[0;m\n{text}\
         section_end:1772445910:step_script\r\u{1b}[0K\n\u{1b}[31;1mERROR: Job failed: exit code 255\n\u{1b}[0;m\n"
    )
}

fn broken_at(text: &str, width: usize) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let characters: Vec<char> = line.chars().collect();
        if characters.is_empty() {
            all.push('\n');
        }
        for part in characters.chunks(width) {
            all.extend(part);
            all.push('\n');
        }
    }
    all
}

fn redacted(text: &str) -> String {
    [
        ("203.0.113.9", "x.x.x.x"),
        ("203.0.113.20", "y.y.y.y"),
        ("198.51.100.7", "<my ip>"),
        ("server.example.net", "[REDACTED]"),
        ("host server ", "host ****** "),
        ("deploy@server", "user@host"),
        ("/home/me", "/home/XXX"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (private, instead)| {
        text.replace(private, instead)
    })
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..]
        .iter()
        .fold(String::new(), |mut all, line| {
            all += line;
            all.push('\n');
            all
        })
}

/// A build's chatter before and after.
fn among_others(text: &str) -> String {
    let mut all = String::new();
    for number in 0..60 {
        // Writing to a string does not fail.
        let _ = writeln!(
            all,
            "[{number:>3}/127] Building CXX object src/CMakeFiles/app.dir/part{number}.cpp.o"
        );
    }
    all += "curl: (7) Failed to connect to cache.example.net port 8080: Connection refused, using no cache\n";
    all += text;
    all += "make: *** [Makefile:41: deploy] Error 255\nCleaning up project directory and file based variables\n";
    all
}

#[cfg(test)]
mod tests {
    use super::{Wrapping, wrap};

    #[test]
    fn a_line_is_found_again_in_what_is_around_it() {
        let text = "ssh: connect to host server port 22: Connection refused\n";
        for wrapping in [
            Wrapping::Kubernetes,
            Wrapping::GithubActions,
            Wrapping::JournalJson,
        ] {
            let wrapped = String::from_utf8(wrap(text, &[wrapping])).unwrap_or_default();
            assert!(wrapped.contains(text.trim_end()), "{wrapped}");
        }
    }

    #[test]
    fn one_wrapping_lies_around_the_other() {
        let wrapped = wrap("refused\n", &[Wrapping::MailQuote, Wrapping::Crlf]);
        assert_eq!(wrapped, b"> refused\r\n");
    }
}
