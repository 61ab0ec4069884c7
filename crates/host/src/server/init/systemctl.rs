//! systemd asked by `systemctl`, where it does not answer over D-Bus.

use std::process::Command as Process;
use std::thread;
use std::time::{Duration, Instant};

use sshdoctor_case::{Job, Received};

use super::answers::{
    Answers, MOST_LISTED, OTHER_UNITS, SLICES, SOCKETS, SSH_INSTANCES, SSH_UNITS, boot_state,
    is_ssh,
};
use super::properties::{Command, Ended, Kind, Properties, Value, WANTED, kind};
use crate::child::{Failure, output};
use crate::programs::Programs;

/// How much of its output is read.
const MOST_BYTES: u64 = 1024 * 1024;

/// Asks systemd, and gives up after `patience`.
pub(super) fn ask(programs: &Programs, port: u16, patience: Duration) -> Result<Answers, Failure> {
    let Some(systemctl) = programs.find("systemctl") else {
        return Err(Failure::Own("there is no systemctl".to_owned()));
    };
    let ends_at = Instant::now() + patience;
    let run = |arguments: &[&str]| -> Result<String, Failure> {
        let mut command = Process::new(&systemctl);
        command.arg("--no-pager").args(arguments);
        let left = ends_at.saturating_duration_since(Instant::now());
        let output = output(&mut command, left, MOST_BYTES)?;
        if output.succeeded() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(Failure::Own(said.trim().to_owned()))
        }
    };
    let names: Vec<&str> = WANTED.iter().map(|(name, _)| *name).collect();
    let wanted = format!("--property={}", names.join(","));
    let mut arguments = vec!["show", &wanted, "--"];
    arguments.extend(SSH_UNITS);
    arguments.extend(OTHER_UNITS);
    arguments.extend(SLICES);
    arguments.extend(SSH_INSTANCES);
    arguments.push(SOCKETS);
    let lists: [&[&str]; 3] = [
        &["show", "--property=Version,SystemState"],
        &["list-jobs", "--full", "--no-legend"],
        &["list-units", "--failed", "--full", "--plain", "--no-legend"],
    ];
    let (shown, [manager, listed_jobs, failed]) = thread::scope(|scope| {
        let lists = lists.map(|arguments| scope.spawn(|| run(arguments).unwrap_or_default()));
        let shown = run(&arguments);
        (shown, lists.map(|list| list.join().unwrap_or_default()))
    });
    let shown = shown?;
    let value = |name| manager.lines().find_map(|line| value_of(line, name));
    let mut answers = Answers {
        version: value("Version").map(Received::from_text),
        state: boot_state(value("SystemState").unwrap_or_default()),
        jobs: jobs(&listed_jobs),
        failed_units: first_words(&failed),
        units: Vec::new(),
    };
    for unit in units(&shown) {
        let name = unit.text("Id").unwrap_or_default();
        if name.ends_with(".socket") && !is_ssh(name) {
            answers.add_socket(unit, port);
        } else {
            answers.add(unit);
        }
    }
    Ok(answers)
}

fn value_of<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.strip_prefix(name)?.strip_prefix('=')
}

/// Lines of `NUMBER UNIT KIND STATE`.
fn jobs(text: &str) -> Vec<Job> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            Some(Job {
                unit: Received::from_text(words.next()?),
                kind: Received::from_text(words.next()?),
                state: Received::from_text(words.next()?),
            })
        })
        .take(MOST_LISTED)
        .collect()
}

fn first_words(text: &str) -> Vec<Received> {
    text.lines()
        .filter_map(|line| line.split_whitespace().next())
        .take(MOST_LISTED)
        .map(Received::from_text)
        .collect()
}

/// The units of `systemctl show`: lines of `NAME=VALUE`, an empty line between two units.
fn units(text: &str) -> Vec<Properties> {
    let mut units = vec![Properties::default()];
    for line in text.lines() {
        if line.is_empty() {
            units.push(Properties::default());
        } else if let (Some(unit), Some((name, value))) = (units.last_mut(), line.split_once('='))
            && let Some(value) = kind(name).and_then(|kind| read(kind, value))
        {
            unit.add(name, value);
        }
    }
    units
}

fn read(kind: Kind, text: &str) -> Option<Value> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    match kind {
        Kind::Scalar => Some(Value::Text(text.to_owned())),
        // All but none.
        Kind::AllowList if text == "~" => None,
        Kind::AllowList => Some(Value::Text(text.to_owned())),
        Kind::Words | Kind::Prefixes => Some(Value::List(words(text))),
        Kind::Commands => command(text).map(|command| Value::Commands(vec![command])),
        Kind::Listen => text
            .strip_suffix(" (Stream)")
            .map(|address| Value::List(vec![address.to_owned()])),
        Kind::Files => {
            let path = text.split(" (ignore_errors=").next().unwrap_or_default();
            Some(Value::List(vec![path.to_owned()]))
        }
        // It is not printed.
        Kind::Conditions => None,
    }
}

/// `{ path=… ; argv[]=… ; ignore_errors=no ; … ; code=exited ; status=255/EXCEPTION }`
fn command(text: &str) -> Option<Command> {
    let inside = text.strip_prefix("{ ")?.strip_suffix(" }")?;
    let field = |name: &str| {
        inside
            .split(" ; ")
            .find_map(|field| value_of(field.trim(), name))
    };
    let status = field("status").and_then(|status| status.split('/').next()?.parse().ok());
    let code = match field("code") {
        Some("exited") => 1,
        Some("killed") => 2,
        Some("dumped") => 3,
        _ => 0,
    };
    Some(Command {
        words: field("argv[]")?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        errors_are_ignored: field("ignore_errors") == Some("yes"),
        ended: status.and_then(|status| Ended::from_code(code, status)),
    })
}

#[cfg(test)]
mod tests;
