//! The short form: the answer, the picture, the causes, the next step.

use sshdoctor_case::{Outcome, Report};

use super::{
    Charset, causes, next,
    page::{Line, Page, Tone, grown, hanging},
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

/// Fits whatever the report holds.
const LEAN: Allowance = Allowance {
    remark_lines: 0,
    causes: 3,
    because_lines: 1,
    ruled_out_lines: 1,
    steps: 1,
    command_lines: 3,
    purpose_lines: 0,
    note_lines: 0,
};

/// What is given more room, as long as there is any: the first matters most.
const RAISES: [fn(&mut Allowance); 17] = [
    |allowance| allowance.remark_lines = 1,
    |allowance| allowance.ruled_out_lines = 2,
    |allowance| allowance.steps = 2,
    |allowance| allowance.command_lines = 5,
    |allowance| allowance.because_lines = 2,
    |allowance| allowance.causes = 4,
    |allowance| allowance.note_lines = 1,
    |allowance| allowance.purpose_lines = 1,
    |allowance| allowance.causes = 5,
    |allowance| allowance.remark_lines = 2,
    |allowance| allowance.purpose_lines = 2,
    |allowance| allowance.note_lines = 2,
    |allowance| allowance.because_lines = 3,
    |allowance| allowance.causes = 6,
    |allowance| allowance.ruled_out_lines = 3,
    |allowance| allowance.steps = 3,
    |allowance| allowance.note_lines = 4,
];

/// At most [`super::LINES`] lines of [`super::COLUMNS`] columns.
pub(crate) fn short(report: &Report, charset: Charset) -> Page {
    grown(LEAN, &RAISES, |allowance| {
        compose(report, allowance, charset)
    })
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
    if report.command == "explain" {
        return "(from the text alone; --verbose shows every cause and the lines behind it)".into();
    }
    let connections = usize::try_from(report.ssh_port_connections).unwrap_or(usize::MAX);
    let made = wording::count(connections, "connection", "connections");
    format!(
        "({made} made to port {}; --verbose shows all evidence)",
        report.target.port
    )
}
