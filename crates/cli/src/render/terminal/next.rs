//! What to do next.

use sshdoctor_case::Report;

use super::{
    COLUMNS, Charset,
    page::{Line, Tone, hanging},
    wording,
    wrap::columns,
};

/// At most `most` steps, each command in at most `command_lines` lines (in one, however long, when absent) and each purpose in `purpose_lines`.
pub(super) fn steps(
    report: &Report,
    most: usize,
    command_lines: Option<usize>,
    purpose_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut before = None;
    for step in report.next.iter().take(most) {
        let place = wording::place(report, step.place);
        let summary = charset.show(&step.summary);
        // A summary that is no more than a few words introduces the command; a longer one explains it below.
        let purpose = if summary.eq_ignore_ascii_case(place) {
            ""
        } else {
            summary.as_str()
        };
        let (label, purpose) = match before {
            None => (format!("Next, {place}:"), purpose),
            Some(_) if summary.starts_with("or ") && columns(&summary) <= 28 => {
                (format!("  {summary}:"), "")
            }
            Some(earlier) if earlier == step.place => ("  or there:".to_owned(), purpose),
            Some(_) => (format!("  or, {place}:"), purpose),
        };
        before = Some(step.place);
        let command = charset.show(&step.command);
        lines.extend(one(
            &command,
            purpose,
            &label,
            command_lines,
            purpose_lines,
            charset,
        ));
    }
    lines
}

/// One command after its label, in at most `command_lines` lines, with its purpose below in at most `purpose_lines`.
pub(super) fn one(
    command: &str,
    purpose: &str,
    label: &str,
    command_lines: Option<usize>,
    purpose_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    if command.is_empty() {
        let most = purpose_lines.max(1).saturating_add(1);
        return hanging(&format!("{label} "), Tone::Plain, purpose, most, charset);
    }
    let mut lines = Vec::new();
    if columns(label) + 3 + columns(command) <= COLUMNS {
        lines.push(Line::of(Tone::Plain, format!("{label}   ")).and(Tone::Command, command));
    } else {
        lines.push(Line::of(Tone::Plain, label));
        match self::command_lines(command, COLUMNS - 4, command_lines) {
            Some(parts) => lines.extend(
                parts
                    .into_iter()
                    .map(|part| Line::of(Tone::Plain, "    ").and(Tone::Command, part)),
            ),
            None => lines.push(Line::of(
                Tone::Plain,
                "    a long command, which --verbose shows whole",
            )),
        }
    }
    if purpose_lines > 0 {
        lines.extend(hanging(
            "    ",
            Tone::Faint,
            purpose,
            purpose_lines,
            charset,
        ));
    }
    lines
}

/// A command over several lines that do the same in a shell, or nothing when it does not fit: a command is never cut.
pub(super) fn command_lines(
    command: &str,
    width: usize,
    most: Option<usize>,
) -> Option<Vec<String>> {
    let Some(most) = most else {
        return Some(vec![command.to_owned()]);
    };
    if columns(command) <= width {
        return Some(vec![command.to_owned()]);
    }
    let parts = commands(command)
        .iter()
        .map(|part| continued(part, width))
        .collect::<Option<Vec<_>>>()?
        .concat();
    (parts.len() <= most).then_some(parts)
}

/// The commands of a list. A semicolon inside quotes separates nothing.
fn commands(list: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut command: Vec<String> = Vec::new();
    for word in words(list) {
        match word.strip_suffix(';') {
            Some(last) => {
                command.push(last.to_owned());
                commands.push(std::mem::take(&mut command).join(" "));
            }
            None => command.push(word),
        }
    }
    if !command.is_empty() {
        commands.push(command.join(" "));
    }
    commands
}

/// One command over several lines, or nothing when a word is too wide or a break could change what it does.
fn continued(command: &str, width: usize) -> Option<Vec<String>> {
    if columns(command) <= width {
        return Some(vec![command.to_owned()]);
    }
    if command.contains(['\\', '#']) {
        return None;
    }
    let mut lines: Vec<String> = Vec::new();
    for word in words(command) {
        // Two columns are for the backslash.
        let room = width - 2;
        if columns(&word) > room {
            return None;
        }
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(&word) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    let last = lines.len().saturating_sub(1);
    for line in &mut lines[..last] {
        line.push_str(" \\");
    }
    Some(lines)
}

/// Words as a shell sees them: spaces inside quotes belong to the word.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = None;
    for piece in command.split(' ') {
        match words.last_mut() {
            Some(word) if open.is_some() => {
                word.push(' ');
                word.push_str(piece);
            }
            _ if piece.is_empty() => continue,
            _ => words.push(piece.to_owned()),
        }
        for character in piece.chars() {
            match open {
                None if matches!(character, '\'' | '"') => open = Some(character),
                Some(quote) if quote == character => open = None,
                _ => {}
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_broken_where_a_shell_would_not_notice() {
        assert_eq!(
            command_lines("one; two 'a; b'; three", 12, Some(9)),
            Some(vec!["one".into(), "two 'a; b'".into(), "three".into()])
        );
        assert_eq!(
            command_lines("grep -E 'a  b' file other", 16, Some(9)),
            Some(vec!["grep -E 'a  b' \\".into(), "file other".into()])
        );
        assert_eq!(
            command_lines("echo 'much too wide for it'", 16, Some(9)),
            None
        );
        assert_eq!(command_lines("a b c d e f", 5, Some(2)), None);
        assert_eq!(
            command_lines("a b c d e f", 5, None),
            Some(vec!["a b c d e f".into()])
        );
    }
}
