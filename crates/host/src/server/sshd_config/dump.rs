//! What sshd itself says is in force: `-T`, and since 9.3 `-G` beside it, with which it needs neither root nor host keys. (`-G` alone
//! takes no `-C`, whatever sshd(8) says.)

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use sshdoctor_case::{ConfigReading, Received};

use super::criteria::Client;
use crate::child::Output;
use crate::server::Host;
use crate::server::sshd_program::{SshdCommand, last_words, version_in};
use crate::server::sshd_start::Start;

const MOST_BYTES: u64 = 256 * 1024;
const MOST_LINES: usize = 4096;
/// sshd takes the port for 0 where nobody says it, and then refuses to decide `Match LocalPort`.
const USUAL_PORT: u16 = 22;

/// A configuration as sshd prints it.
pub(super) struct Dump {
    pub(super) reading: ConfigReading,
    /// Why it was not read better.
    pub(super) problem: Option<String>,
    pub(super) effective: Vec<(Received, Received)>,
    /// Where sshd told it by the way.
    pub(super) version: Option<String>,
}

/// Asks sshd for its configuration, for this client and account as far as they are known.
///
/// # Errors
/// In words, when it cannot be run or refuses its configuration.
pub(super) fn ask(
    host: &Host,
    program: &SshdCommand,
    start: &Start,
    client: &Client,
) -> Result<Dump, String> {
    let mut asking = Asking {
        host,
        program,
        start,
        flags: &["-G", "-T"],
        version: None,
    };
    let specification = specification(client);
    let first = asking.run(specification.as_ref().ok().map(String::as_str))?;
    if first.succeeded() {
        return Ok(match specification {
            Ok(_) => asking.dump(&first, ConfigReading::Resolved, None),
            Err(problem) => asking.dump(&first, ConfigReading::Global, problem.map(str::to_owned)),
        });
    }
    let refusal = Asking::refusal(&first);
    // A client cannot be given to it in part (before 8.0), or a Match asks for something that was not given.
    if !refusal.contains("onnection") && !refusal.contains("est mode specification") {
        return Err(refusal);
    }
    let port = client.local_port.unwrap_or(USUAL_PORT);
    for specification in [None, Some(format!("lport={port}"))] {
        let again = asking.run(specification.as_deref())?;
        if again.succeeded() {
            return Ok(asking.dump(&again, ConfigReading::Global, Some(refusal)));
        }
    }
    Err(refusal)
}

struct Asking<'a> {
    host: &'a Host,
    program: &'a SshdCommand,
    start: &'a Start,
    flags: &'static [&'static str],
    version: Option<String>,
}

impl Asking<'_> {
    fn run(&mut self, specification: Option<&str>) -> Result<Output, String> {
        let output = self.run_once(specification)?;
        let said = String::from_utf8_lossy(&output.stderr);
        // `unknown option -- G` or `invalid option -- 'G'`, as the C library has it.
        if self.flags.len() > 1 && !output.succeeded() && said.contains("option -- ") {
            self.version = version_in(&said);
            self.flags = &["-T"];
            return self.run_once(specification);
        }
        Ok(output)
    }

    fn run_once(&self, specification: Option<&str>) -> Result<Output, String> {
        let mut command = self.program.command(self.host)?;
        command.args(self.flags);
        for argument in self.start.arguments_that_set() {
            command.arg(OsStr::from_bytes(&argument));
        }
        if let Some(specification) = specification {
            command.arg("-C").arg(specification);
        }
        crate::child::output(&mut command, self.host.patience, MOST_BYTES)
            .map_err(|failure| format!("sshd -T: {failure}"))
    }

    fn refusal(output: &Output) -> String {
        format!("sshd -T: {}", last_words(output))
    }

    fn dump(&self, output: &Output, reading: ConfigReading, problem: Option<String>) -> Dump {
        Dump {
            reading,
            problem,
            effective: parse(&output.stdout),
            version: self.version.clone(),
        }
    }
}

/// Keywords are in mixed case since 10.5.
fn parse(dump: &[u8]) -> Vec<(Received, Received)> {
    let lines = dump
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let pair = |line: &[u8]| {
        let end = line
            .iter()
            .position(|byte| *byte == b' ')
            .unwrap_or(line.len());
        let value = line.get(end + 1..).unwrap_or_default();
        (
            Received::from_bytes(&line[..end].to_ascii_lowercase()),
            Received::from_bytes(value),
        )
    };
    lines.take(MOST_LINES).map(pair).collect()
}

/// What follows `-C`. An error, with a reason where there is one, when nothing is known of the client.
fn specification(client: &Client) -> Result<String, Option<&'static str>> {
    if client.user.is_none() && client.address.is_none() {
        return Err(None);
    }
    let mut parts = Vec::new();
    if let Some(user) = &client.user {
        if user.contains([',', '\0', '\n']) {
            return Err(Some("sshd cannot be asked for an account of this name"));
        }
        parts.push(format!("user={user}"));
        if client.named_invalid {
            parts.push("invalid-user".to_owned());
        }
    }
    if let Some(address) = client.address {
        let host = client.host.clone().unwrap_or_else(|| address.to_string());
        parts.push(format!("host={host},addr={address}"));
    }
    if let Some(address) = client.local_address {
        parts.push(format!("laddr={address}"));
    }
    parts.push(format!("lport={}", client.local_port.unwrap_or(USUAL_PORT)));
    Ok(parts.join(","))
}
