//! What to do next.

use sshdoctor_case::{NextStep, Report};

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
        let label = match before {
            None => format!("Next, {}:", wording::place(step.place)),
            Some(place) if place == step.place => "  or there:".to_owned(),
            Some(_) => format!("  or, {}:", wording::place(step.place)),
        };
        before = Some(step.place);
        lines.extend(one(step, &label, command_lines, purpose_lines, charset));
    }
    lines
}

fn one(
    step: &NextStep,
    label: &str,
    command_lines: Option<usize>,
    purpose_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    let command = charset.show(&step.command);
    if command.is_empty() {
        return hanging(
            &format!("{label} "),
            Tone::Plain,
            &step.summary,
            purpose_lines.max(1).saturating_add(1),
            charset,
        );
    }
    let mut lines = Vec::new();
    if columns(label) + 3 + columns(&command) <= COLUMNS {
        lines.push(Line::of(Tone::Plain, format!("{label}   ")).and(Tone::Command, command));
    } else {
        lines.push(Line::of(Tone::Plain, label));
        match continued(&command, COLUMNS - 4, command_lines, charset) {
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
            &step.summary,
            purpose_lines,
            charset,
        ));
    }
    lines
}

/// A command over several lines as a shell reads them, or nothing when it does not fit: a command is never cut.
fn continued(
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
    // A break inside quotes or inside runs of spaces would change what the command does.
    let breakable = !command.contains(['\'', '"', '\\', '#']) && !command.contains("  ");
    let widest = command.split(' ').map(columns).max().unwrap_or(0);
    if !breakable || widest > width - 2 {
        return None;
    }
    let mut parts = wrap(command, width - 2, usize::MAX, charset);
    if parts.len() > most {
        return None;
    }
    let last = parts.len() - 1;
    for part in &mut parts[..last] {
        part.push_str(" \\");
    }
    Some(parts)
}
