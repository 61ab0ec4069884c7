//! The short form: the answer, the picture, the causes, the next step.

use sshdoctor_case::{Outcome, Report};

use super::{
    Charset, LINES, causes, next,
    page::{Line, Page, Tone, hanging},
    path, wording,
};

/// How much room each part is given.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    remark_lines: usize,
    causes: usize,
    because_lines: usize,
    ruled_out_lines: usize,
    steps: usize,
    command_lines: usize,
    purpose_lines: usize,
    note_lines: usize,
}

const fn allow(first: [usize; 4], second: [usize; 4]) -> Allowance {
    Allowance {
        remark_lines: first[0],
        causes: first[1],
        because_lines: first[2],
        ruled_out_lines: first[3],
        steps: second[0],
        command_lines: second[1],
        purpose_lines: second[2],
        note_lines: second[3],
    }
}

/// From generous to lean; the last fits whatever the report holds.
const ALLOWANCES: [Allowance; 7] = [
    allow([2, 6, 3, 3], [3, 3, 2, 3]),
    allow([2, 6, 3, 3], [2, 3, 1, 2]),
    allow([2, 6, 2, 3], [2, 3, 1, 1]),
    allow([1, 5, 2, 2], [2, 3, 0, 1]),
    allow([1, 5, 1, 2], [2, 3, 0, 1]),
    allow([1, 4, 1, 2], [1, 3, 0, 0]),
    allow([0, 3, 1, 2], [1, 3, 0, 0]),
];

/// At most [`LINES`] lines of [`super::COLUMNS`] columns.
pub(crate) fn short(report: &Report, charset: Charset) -> Page {
    let mut page = Page::default();
    for allowance in ALLOWANCES {
        page = compose(report, allowance, charset);
        if page.lines() <= LINES {
            break;
        }
    }
    page
}

fn compose(report: &Report, allowance: Allowance, charset: Charset) -> Page {
    let mut page = Page::default();
    page.extend(hanging("", Tone::Strong, &report.headline, 3, charset));

    let mut way = path::picture(report, charset);
    way.extend(path::addresses(report, charset));
    way.extend(path::remarks(report, allowance.remark_lines, charset));
    page.block(way);

    let mut why = causes::ranked(report, allowance.causes, allowance.because_lines, charset);
    why.extend(causes::ruled_out(
        report,
        allowance.ruled_out_lines,
        charset,
    ));
    // Nothing needs ruling out where nothing is wrong.
    if report.outcome != Outcome::Open || !report.causes.is_empty() {
        page.block(why);
    }

    page.block(next::steps(
        report,
        allowance.steps,
        Some(allowance.command_lines),
        allowance.purpose_lines,
        charset,
    ));

    let mut end = notes(report, allowance.note_lines, charset);
    end.push(Line::of(Tone::Faint, closing(report)));
    page.block(end);
    page
}

fn notes(report: &Report, most: usize, charset: Charset) -> Vec<Line> {
    let mut lines = Vec::new();
    for note in &report.notes {
        let left = most - lines.len();
        if left > 0 {
            lines.extend(hanging("Note: ", Tone::Plain, note, left.min(2), charset));
        }
    }
    lines
}

fn closing(report: &Report) -> String {
    let connections = usize::try_from(report.ssh_port_connections).unwrap_or(usize::MAX);
    let made = wording::count(connections, "connection", "connections");
    format!(
        "({made} made to port {}; --verbose shows all evidence)",
        report.target.port
    )
}
