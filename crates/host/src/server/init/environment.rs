//! What the environment files of a service set that its command uses.

use sshdoctor_case::Received;

use super::properties::Properties;
use crate::root::Root;

/// How much of an environment file is read.
const MOST_BYTES: u64 = 64 * 1024;
/// How many assignments are kept.
const MOST_ASSIGNMENTS: usize = 32;

/// Assignments that reach the command, each with its file; those of `Environment=` stand under that name. Later ones win.
pub(super) fn used_by(
    command: &[String],
    properties: &Properties,
    root: &Root,
) -> Vec<(Received, Received)> {
    let variables = variables(command);
    if variables.is_empty() {
        return Vec::new();
    }
    let own = properties
        .list("Environment")
        .iter()
        .map(|assignment| ("Environment".to_owned(), assignment.clone()));
    let from_files = properties
        .list("EnvironmentFiles")
        .iter()
        .take(MOST_ASSIGNMENTS)
        .flat_map(|path| {
            assignments_in(root, path)
                .into_iter()
                .map(|assignment| (path.clone(), assignment))
        });
    own.chain(from_files)
        .filter(|(_, assignment)| {
            let name = assignment.split('=').next().unwrap_or_default();
            variables.iter().any(|variable| variable == name)
        })
        .take(MOST_ASSIGNMENTS)
        .map(|(origin, assignment)| {
            (
                Received::from_text(&origin),
                Received::from_text(&assignment),
            )
        })
        .collect()
}

/// Names of the variables in `$NAME` and `${NAME}` (`systemd.service(5)`, command lines).
fn variables(command: &[String]) -> Vec<String> {
    command
        .iter()
        .flat_map(|word| word.split('$').skip(1))
        .map(|after| {
            after
                .trim_start_matches('{')
                .chars()
                .take_while(|character| character.is_ascii_alphanumeric() || *character == '_')
                .collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// Assignments of an environment file, quotes around a value removed, as `NAME=value`.
pub(super) fn assignments_in(root: &Root, path: &str) -> Vec<String> {
    let Ok(contents) = root.read(path, MOST_BYTES) else {
        return Vec::new();
    };
    String::from_utf8_lossy(&contents.bytes)
        .lines()
        .map(|line| {
            let line = line.trim();
            line.strip_prefix("export ").unwrap_or(line).trim_start()
        })
        .filter(|line| !line.starts_with(['#', ';']))
        .filter_map(|line| line.split_once('='))
        .filter(|(name, value)| is_name(name.trim_end()) && !value.trim().is_empty())
        .map(|(name, value)| format!("{}={}", name.trim_end(), unquoted(value.trim())))
        .collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(value)
}
