//! The files of sshd's configuration and what comes out of them.
//!
//! What is in force is asked of sshd itself (`-G`, `-T`); the files are read here to say which line set it, and which lines lost.

mod counting;
mod criteria;
mod dump;
mod files;
mod keywords;
mod listen;
mod pattern;
mod placing;
mod sessions;
mod text;
mod unaided;

use std::os::unix::ffi::OsStrExt;

use sshdoctor_case::{
    ConfigLine, ConfigReading, Fact, MatchCondition, Obstacle, Received, Sight, SshdConfig,
};

use super::sshd_program::{SshdCommand, version_number};
use super::sshd_start::{Start, StartOption};
use super::{Host, not_seen};
use criteria::{Client, Groups};
use dump::Dump;
use files::{Files, Line};
use placing::Placed;
pub(super) use unaided::HOST_KEYS as DEFAULT_HOST_KEYS;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let start = Start::of(host);
    let path = start.config();
    let files = Files::read(&host.root, &path, command_line(&start));
    let program = SshdCommand::find(host, &start);
    let mut facts = Vec::new();
    if let Some(problem) = files.files.first().and_then(|file| file.problem.as_ref()) {
        let obstacle = if problem.as_str().contains("Permission denied") {
            Obstacle::Privilege
        } else if host.root.exists(&path) {
            Obstacle::Failed
        } else {
            Obstacle::Absent
        };
        let reason = format!("{}: {}", path.display(), problem.as_str());
        facts.push(not_seen(Sight::SshdConfig, obstacle, reason));
        if obstacle == Obstacle::Absent && program.is_none() {
            return facts;
        }
    }
    let config = Reader {
        host,
        start: &start,
        files: &files,
        program: program.as_ref(),
    }
    .read(Received::from_bytes(path.as_os_str().as_bytes()));
    let config = sessions::with_programs(host, config);
    facts.push(Fact::SshdConfig {
        config: Box::new(config),
    });
    facts
}

struct Reader<'a> {
    host: &'a Host,
    start: &'a Start,
    files: &'a Files,
    program: Option<&'a SshdCommand>,
}

impl Reader<'_> {
    fn read(&self, path: Received) -> SshdConfig {
        let mut client = self.client();
        let placed = placing::place(self.files, &client);
        let uses_dns = unaided::is_on(&placed, "usedns");
        client.named_invalid = client.groups.account_missing() == Some(true)
            && placed.iter().any(asks_for_invalid_user);
        if !uses_dns {
            client.host = client.address.map(|address| address.to_string());
        }
        let dumped = match self.program {
            Some(program) => dump::ask(self.host, program, self.start, &client),
            None => Err("there is no sshd here".to_owned()),
        };
        if let Ok(dumped) = &dumped {
            client.version.clone_from(&dumped.version);
        }
        let mut placed = placing::place(self.files, &client);
        if client.version.is_none() && self.asks_for_version(&placed) {
            client.version = self.program.and_then(|program| program.version(self.host));
            placed = placing::place(self.files, &client);
        }
        let version = client.version.as_deref().and_then(version_number);
        let counts = counting::count(&placed, version);
        let lines = self.lines(&placed, &counts);
        let (reading, problem, effective) = match dumped {
            Ok(Dump {
                reading,
                problem,
                effective,
                ..
            }) => (reading, problem, effective),
            Err(problem) => (
                ConfigReading::FilesOnly,
                Some(problem),
                unaided::effective(&lines),
            ),
        };
        let not_whole = self.files.cut.map(str::to_owned);
        let no_host = uses_dns.then(|| "UseDNS is on, so Match Host cannot be told".to_owned());
        let problems: Vec<_> = [problem, not_whole, no_host]
            .into_iter()
            .flatten()
            .collect();
        SshdConfig {
            path,
            reading,
            problem: (!problems.is_empty()).then(|| Received::from_text(&problems.join("; "))),
            start: self.start.to_fact(),
            listen: listen::of(&effective),
            effective,
            files: self.files.files.clone(),
            lines,
            subsystems: Vec::new(),
            chroot: None,
        }
    }

    fn client(&self) -> Client {
        let question = &self.host.question;
        Client {
            groups: question
                .user
                .as_deref()
                .map(|user| Groups::of(&self.host.root, user))
                .unwrap_or_default(),
            user: question.user.clone(),
            named_invalid: false,
            address: question.from,
            host: None,
            local_address: question.to,
            local_port: question.port,
            version: None,
        }
    }

    /// A line counts or not depending on the version of sshd, or a Match asks for it.
    fn asks_for_version(&self, placed: &[Placed<'_>]) -> bool {
        let mut seen = Vec::new();
        placed.iter().any(|one| match one.keyword {
            Some(keyword) if keyword.name == "match" => one
                .line
                .setting
                .rest
                .to_ascii_lowercase()
                .starts_with(b"version"),
            Some(keyword) if keywords::depends_on_version(keyword.name) => {
                let again = seen.contains(&keyword.name);
                seen.push(keyword.name);
                again
            }
            _ => false,
        })
    }

    fn lines(&self, placed: &[Placed<'_>], counts: &[Option<bool>]) -> Vec<ConfigLine> {
        let lines = placed.iter().zip(counts);
        lines.map(|(one, counts)| self.line(one, *counts)).collect()
    }

    fn line(&self, placed: &Placed<'_>, counts: Option<bool>) -> ConfigLine {
        let line = placed.line;
        let keyword = placed
            .keyword
            .map_or(line.setting.keyword.as_str(), |keyword| keyword.name);
        let arguments = line.setting.arguments.iter();
        ConfigLine {
            file: self.files.name(line.file),
            line: line.number,
            keyword: Received::from_text(keyword),
            arguments: arguments.map(|word| Received::from_bytes(word)).collect(),
            text: line.text.clone(),
            block: placed.block.as_ref().map(|block| MatchCondition {
                file: self.files.name(block.at.0),
                text: block.text.clone(),
                line: block.at.1,
                holds: block.holds,
            }),
            counts,
            problem: placed.problem.as_deref().map(Received::from_text),
        }
    }
}

fn asks_for_invalid_user(placed: &Placed<'_>) -> bool {
    let is_match = placed
        .keyword
        .is_some_and(|keyword| keyword.name == "match");
    let mut words = placed.line.setting.arguments.iter();
    is_match && words.any(|word| word.eq_ignore_ascii_case(b"invalid-user"))
}

/// The options that set something, as lines.
fn command_line(start: &Start) -> Vec<Line> {
    start.options().iter().filter_map(line_of_option).collect()
}

fn line_of_option(option: &StartOption) -> Option<Line> {
    let value = option.value.as_deref().unwrap_or_default();
    let keyword: &[u8] = match option.letter {
        b'4' | b'6' => b"AddressFamily ",
        b'c' => b"HostCertificate ",
        b'g' => b"LoginGraceTime ",
        b'h' => b"HostKey ",
        b'o' => b"",
        b'p' => b"Port ",
        _ => return None,
    };
    let value: &[u8] = match option.letter {
        b'4' => b"inet",
        b'6' => b"inet6",
        _ => value,
    };
    let written = option.value.as_deref().unwrap_or_default();
    let written = [b"-", &[option.letter][..], b" ", written].concat();
    Some(Line {
        file: None,
        number: 0,
        text: Received::from_bytes(written.trim_ascii_end()),
        setting: text::setting(&[keyword, value].concat())?,
    })
}

#[cfg(test)]
mod tests;
