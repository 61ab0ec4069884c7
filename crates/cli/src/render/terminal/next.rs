//! What to do next.

use sshdoctor_case::Report;

use super::{
    COLUMNS, Charset,
    page::{Line, Tone, hanging},
    wording,
    wrap::{columns, wrap},
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
        let place = wording::place(step.place);
        let summary = charset.show(&step.summary);
        // A summary that is no more than a few words introduces the command; a longer one explains it below.
        let (label, purpose) = match before {
            None if summary.eq_ignore_ascii_case(place) => (format!("Next, {place}:"), ""),
            None => (format!("Next, {place}:"), summary.as_str()),
            Some(_) if summary.starts_with("or ") && columns(&summary) <= 28 => {
                (format!("  {summary}:"), "")
            }
            Some(earlier) if earlier == step.place => ("  or there:".to_owned(), summary.as_str()),
            Some(_) => (format!("  or, {place}:"), summary.as_str()),
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

fn one(
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
        match broken(command, COLUMNS - 4, command_lines, charset) {
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
fn broken(
    command: &str,
    width: usize,
    most: Option<usize>,
    charset: Charset,
) -> Option<Vec<String>> {
    let Some(most) = most else {
        return Some(vec![command.to_owned()]);
    };
    if columns(command) <= width {
        return Some(vec![command.to_owned()]);
    }
    sequence(command, width)
        .or_else(|| continued(command, width, charset))
        .filter(|parts| parts.len() <= most)
}

/// One line for each command of a list.
fn sequence(command: &str, width: usize) -> Option<Vec<String>> {
    let parts: Vec<String> = command.split("; ").map(str::to_owned).collect();
    let whole = |part: &String| {
        columns(part) <= width
            && ['\'', '"']
                .into_iter()
                .all(|quote| part.matches(quote).count() % 2 == 0)
    };
    (parts.len() > 1 && parts.iter().all(whole)).then_some(parts)
}

/// One command over several lines. A break inside quotes or inside runs of spaces would change what it does.
fn continued(command: &str, width: usize, charset: Charset) -> Option<Vec<String>> {
    let breakable = !command.contains(['\'', '"', '\\', '#']) && !command.contains("  ");
    let widest = command.split(' ').map(columns).max().unwrap_or(0);
    if !breakable || widest > width - 2 {
        return None;
    }
    let mut parts = wrap(command, width - 2, usize::MAX, charset);
    let last = parts.len() - 1;
    for part in &mut parts[..last] {
        part.push_str(" \\");
    }
    Some(parts)
}
