//! What `ssh -G` says when it refuses, sorted by cause.

use sshdoctor_case::{ConfigProblem, Received};

/// Bytes of a socket path without its terminating NUL (`unix(7)`).
pub(super) const MAX_SOCKET_PATH: usize = 107;

/// Words of a message and the cause they stand for; the first that occurs decides.
const CAUSES: &[(&str, &str)] = &[
    ("No user exists for uid", "client-user-unknown"),
    ("You don't exist, go away!", "client-user-unknown"),
    (
        "hostname contains invalid characters",
        "destination-invalid",
    ),
    (
        "remote username contains invalid characters",
        "destination-invalid",
    ),
    ("is an unrecognised address", "destination-invalid"),
    ("ControlPath too long", "control-path-too-long"),
    ("too long for Unix domain socket", "control-path-too-long"),
    (
        "Cannot assign requested address",
        "client-bind-address-missing",
    ),
    ("UNPROTECTED PRIVATE KEY FILE", "client-key-unusable"),
];

/// The problem that `ssh`'s standard error describes. What names no other cause is a configuration that is not valid.
pub(super) fn classify(stderr: &str) -> ConfigProblem {
    let lines: Vec<&str> = stderr
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && !is_remark(line))
        .collect();
    let cause = CAUSES
        .iter()
        .find(|(words, _)| lines.iter().any(|line| line.contains(words)))
        .map_or("client-config-invalid", |(_, cause)| cause);
    let decisive = lines
        .iter()
        .find(|line| place(line).is_some() || CAUSES.iter().any(|(words, _)| line.contains(words)))
        .or(lines.first())
        .copied()
        .unwrap_or("ssh -G failed and said nothing");
    let place = place(decisive);
    ConfigProblem {
        cause: cause.into(),
        file: place.map(|(file, _)| Received::from_text(file)),
        line: place.and_then(|(_, line)| line),
        message: Received::from_text(decisive),
    }
}

/// Lines that are printed without being the reason.
fn is_remark(line: &str) -> bool {
    line.starts_with("Pseudo-terminal will not")
        || line.starts_with("Warning: Identity file")
        || line.starts_with("debug")
        || line.contains(": terminating, ")
}

/// The file and line a message names: `FILE: line N: …`, `FILE line N: …`, `Bad owner or permissions on FILE`,
/// `Can't open user config file FILE: …`.
fn place(message: &str) -> Option<(&str, Option<u32>)> {
    if let Some(file) = message.strip_prefix("Bad owner or permissions on ") {
        return Some((file, None));
    }
    if let Some(rest) = message.strip_prefix("Can't open user config file ") {
        return Some((rest.rsplit_once(": ").map_or(rest, |(file, _)| file), None));
    }
    let at = message.find(" line ")?;
    let number = message[at + " line ".len()..].split(':').next()?;
    let line: u32 = number.trim().parse().ok()?;
    let file = message[..at].trim_end_matches(':');
    let named = file != "command-line" && !file.is_empty();
    named.then_some((file, (line > 0).then_some(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_sorted_by_cause_and_place() {
        let cases = [
            (
                "/h/.ssh/config: line 2: Bad configuration option: foo\n/h/.ssh/config: terminating, 1 bad configuration options\n",
                "client-config-invalid",
                Some("/h/.ssh/config"),
                Some(2),
            ),
            (
                "/h/a b line 12: no argument after keyword \"port\"\n",
                "client-config-invalid",
                Some("/h/a b"),
                Some(12),
            ),
            (
                "command-line line 0: Bad port '99999'.\n",
                "client-config-invalid",
                None,
                None,
            ),
            (
                "Bad owner or permissions on /h/.ssh/config\n",
                "client-config-invalid",
                Some("/h/.ssh/config"),
                None,
            ),
            (
                "Can't open user config file /x: No such file or directory\n",
                "client-config-invalid",
                Some("/x"),
                None,
            ),
            (
                "hostname contains invalid characters\n",
                "destination-invalid",
                None,
                None,
            ),
            (
                "No user exists for uid 1234\n",
                "client-user-unknown",
                None,
                None,
            ),
            ("", "client-config-invalid", None, None),
        ];
        for (stderr, cause, file, line) in cases {
            let problem = classify(stderr);
            assert_eq!(problem.cause, cause, "{stderr}");
            assert_eq!(
                problem.file.as_ref().map(Received::as_str),
                file,
                "{stderr}"
            );
            assert_eq!(problem.line, line, "{stderr}");
        }
    }
}
