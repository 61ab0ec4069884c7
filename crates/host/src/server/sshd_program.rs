//! The sshd program, its directory and its own check of the configuration.

mod command;
mod image;
mod separation;

use std::path::Path;

use sshdoctor_case::{Fact, Obstacle, Received, Sight, SshdBinary, SshdCheck};

pub(super) use command::{SshdCommand, last_words, version_in, version_number};

use super::sshd_start::Start;
use super::{Host, elf, not_seen};
use crate::child::Ended;
use image::Image;

/// How much of a program is read to see what is compiled into it.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// How much of what it says is kept.
const MOST_LINES: usize = 32;

/// Other servers for SSH, and where they are.
const OTHERS: [&str; 3] = ["dropbear", "tinysshd", "lshd"];
const DIRECTORIES: [&str; 6] = [
    "/usr/sbin",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/sbin",
    "/bin",
];

/// Since this version sshd starts a program of its own for each connection, and since that one another for the login.
const SESSION_SINCE: (u32, u32) = (9, 8);
const AUTH_SINCE: (u32, u32) = (10, 0);
/// Where those are, when the program itself does not say.
const HELPER_DIRECTORIES: [&str; 5] = [
    "/usr/lib/openssh",
    "/usr/libexec/openssh",
    "/usr/lib/ssh",
    "/usr/libexec",
    "/usr/local/libexec",
];

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let start = Start::of(host);
    let program = SshdCommand::find(host, &start);
    let image = program.as_ref().and_then(|program| {
        let contents = host.root.read(&program.path, MOST_BYTES).ok()?;
        Some(Image::new(contents.bytes))
    });
    let mut facts = Vec::new();
    let check = program.as_ref().map(|program| check(host, program, &start));
    let missing_libraries = match &check {
        Some(Ok(check)) => missing_libraries(check),
        _ => Vec::new(),
    };
    facts.push(Fact::SshdProgram {
        program: Box::new(SshdBinary {
            path: program
                .as_ref()
                .map(|program| Received::from_text(&program.path.display().to_string())),
            ..binary(host, program.as_ref(), image.as_ref(), missing_libraries)
        }),
    });
    match check {
        Some(Ok(check)) => facts.push(Fact::SshdCheck {
            check: Box::new(check),
        }),
        Some(Err((obstacle, reason))) => {
            facts.push(not_seen(Sight::SshdProgram, obstacle, reason));
        }
        None => {}
    }
    if program.is_some() {
        facts.push(Fact::SshdDirectory {
            directory: Box::new(separation::look(&host.root, image.as_ref())),
        });
    }
    facts
}

fn binary(
    host: &Host,
    program: Option<&SshdCommand>,
    image: Option<&Image>,
    missing_libraries: Vec<Received>,
) -> SshdBinary {
    let version = image.and_then(Image::version);
    let version = version.or_else(|| program?.version(host));
    let others = OTHERS.iter().filter(|name| {
        let mut places = DIRECTORIES
            .iter()
            .map(|directory| format!("{directory}/{name}"));
        places.any(|path| is_program(host, Path::new(&path)))
    });
    SshdBinary {
        path: None,
        tcp_wrappers: program
            .and_then(|program| elf::needed_libraries(&host.root, &program.path).ok())
            .map(|libraries| {
                libraries
                    .iter()
                    .any(|library| library.starts_with("libwrap.so"))
            }),
        helpers: version
            .as_deref()
            .map(|version| helpers(host, image, version))
            .unwrap_or_default(),
        version: version.as_deref().map(Received::from_text),
        missing_libraries,
        not_executable: program.is_none().then(|| not_executable(host)).flatten(),
        others: others.map(|name| Received::from_text(name)).collect(),
    }
}

/// An sshd that only lacks the permission to be executed.
fn not_executable(host: &Host) -> Option<Received> {
    let mut places = DIRECTORIES
        .iter()
        .map(|directory| format!("{directory}/sshd"));
    let is_file = |path: &String| {
        let metadata = host.root.metadata(path);
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0)
    };
    places.find(is_file).map(|path| Received::from_text(&path))
}

fn is_program(host: &Host, path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let metadata = host.root.metadata(path);
    metadata.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The programs that this version starts for a connection, with whether each is there.
fn helpers(host: &Host, image: Option<&Image>, version: &str) -> Vec<(Received, bool)> {
    let Some(version) = version_number(version) else {
        return Vec::new();
    };
    let wanted = [("sshd-session", SESSION_SINCE), ("sshd-auth", AUTH_SINCE)];
    let wanted = wanted.iter().filter(|(_, since)| version >= *since);
    let place = |(name, _): &(&str, (u32, u32))| {
        let compiled_in = image.and_then(|image| image.path_ending_in(name));
        let path = compiled_in.unwrap_or_else(|| {
            let mut places = HELPER_DIRECTORIES
                .iter()
                .map(|directory| format!("{directory}/{name}"));
            let found = places.find(|path| host.root.exists(path));
            found.unwrap_or_else(|| (*name).to_owned())
        });
        let usable = is_program(host, Path::new(&path));
        (Received::from_text(&path), usable)
    };
    wanted.map(place).collect()
}

/// Runs `sshd -t` with the options that sshd is started with.
fn check(
    host: &Host,
    program: &SshdCommand,
    start: &Start,
) -> Result<SshdCheck, (Obstacle, String)> {
    if !nix::unistd::geteuid().is_root() {
        let reason = "sshd -t: only root may read the host keys that it tries";
        return Err((Obstacle::Privilege, reason.to_owned()));
    }
    let unable = |problem: String| {
        let obstacle = if host.root.is_running() {
            Obstacle::Failed
        } else {
            Obstacle::NotRunning
        };
        (obstacle, problem)
    };
    let mut command = program.command(host).map_err(unable)?;
    command.arg("-t");
    let mut shown = format!("{} -t", program.path.display());
    for argument in start.arguments_that_set() {
        use std::os::unix::ffi::OsStrExt;
        command.arg(std::ffi::OsStr::from_bytes(&argument));
        shown.push(' ');
        shown.push_str(&String::from_utf8_lossy(&argument));
    }
    let output = match crate::child::output(&mut command, host.patience, 0) {
        Ok(output) => output,
        Err(crate::child::Failure::TooLong(reason)) => {
            return Err((Obstacle::TooLong, format!("sshd -t: {reason}")));
        }
        Err(crate::child::Failure::Own(reason)) => {
            return Err((Obstacle::Failed, format!("sshd -t: {reason}")));
        }
    };
    if let Some(problem) = command::outside_problem(host, &output) {
        return Err(unable(problem));
    }
    let lines = output.stderr.split(|byte| *byte == b'\n');
    let lines = lines
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty());
    Ok(SshdCheck {
        command: Received::from_text(&shown),
        status: match output.ended {
            Ended::Exited(status) => Some(status),
            Ended::Killed(_) => None,
        },
        signal: match output.ended {
            Ended::Exited(_) => None,
            Ended::Killed(signal) => Some(signal as i32),
        },
        said: lines.take(MOST_LINES).map(Received::from_bytes).collect(),
    })
}

/// The libraries that the dynamic loader did not find: that of glibc, or that of musl.
fn missing_libraries(check: &SshdCheck) -> Vec<Received> {
    if check.status != Some(127) {
        return Vec::new();
    }
    let beginnings = [
        "error while loading shared libraries: ",
        "Error loading shared library ",
    ];
    let name = |line: &Received| {
        let line = line.as_str();
        let rest = beginnings
            .iter()
            .find_map(|begin| Some(line.split_once(begin)?.1))?;
        Some(Received::from_text(rest.split_once(": ")?.0))
    };
    check.said.iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests;
