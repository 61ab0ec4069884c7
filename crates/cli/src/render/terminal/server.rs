//! What stops a client on the server: the answer, the picture, the chain of reasons, the line that proves it, and what mends it.

use sshdoctor_case::{Candidate, Later, Report};

use super::{
    Charset, evidence, next,
    page::{Line, Page, Tone, grown, hanging},
    path, quotation, wording,
};

const UNLIMITED: usize = usize::MAX;

/// How much room each part is given.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    links: usize,
    link_lines: usize,
    quotation_lines: usize,
    command_lines: usize,
    purpose_lines: usize,
    then: usize,
    later: usize,
    notes: usize,
}

/// Fits whatever the report holds.
const LEAN: Allowance = Allowance {
    links: 2,
    link_lines: 1,
    quotation_lines: 1,
    command_lines: 2,
    purpose_lines: 0,
    then: 0,
    later: 0,
    notes: 0,
};

/// What is given more room, as long as there is any: the first matters most.
const RAISES: [fn(&mut Allowance); 15] = [
    |allowance| allowance.link_lines = 2,
    |allowance| allowance.then = 1,
    |allowance| allowance.later = 1,
    |allowance| allowance.purpose_lines = 1,
    |allowance| allowance.command_lines = 3,
    |allowance| allowance.purpose_lines = 2,
    |allowance| allowance.links = 3,
    |allowance| allowance.later = 2,
    |allowance| allowance.command_lines = 5,
    |allowance| allowance.then = 2,
    |allowance| allowance.links = 5,
    |allowance| allowance.quotation_lines = 2,
    |allowance| allowance.notes = 2,
    |allowance| allowance.later = 4,
    |allowance| allowance.then = 4,
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
    page.block(path::picture_of_server(report, charset));
    if let Some(cause) = report.causes.first() {
        page.block(chain(cause, allowance.links, allowance.link_lines, charset));
        if let Some(line) = &cause.quotation {
            page.block(quotation::of_line(line, allowance.quotation_lines, charset));
        }
    }
    page.block(mend(
        report,
        allowance.command_lines,
        allowance.purpose_lines,
        charset,
    ));
    let mut end = then(&report.then, allowance.then, charset);
    end.extend(later(&report.later, allowance.later, charset));
    end.extend(notes(report, allowance.notes, charset));
    end.push(Line::of(Tone::Faint, closing(report)));
    page.block(end);
    page
}

/// From what the client meets to the last reason.
pub(super) fn chain(
    cause: &Candidate,
    most: usize,
    lines_each: usize,
    charset: Charset,
) -> Vec<Line> {
    let arrow = match charset {
        Charset::Unicode => "   ← ",
        Charset::Ascii => "   <- ",
    };
    let left_out = cause.chain.len().saturating_sub(most);
    let mut lines = Vec::new();
    for (index, link) in cause.chain.iter().enumerate() {
        // The first and the last ones say most.
        if index > 0 && index <= left_out {
            continue;
        }
        let label = if index == 0 { "  " } else { arrow };
        lines.extend(hanging(label, Tone::Plain, link, lines_each, charset));
    }
    lines
}

/// What to type.
fn mend(
    report: &Report,
    command_lines: usize,
    purpose_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    let Some(step) = report.next.first() else {
        return Vec::new();
    };
    let label = if report.causes.is_empty() {
        format!("Next, {}:", wording::place(report, step.place))
    } else {
        "Mend it:".to_owned()
    };
    let command = charset.show(&step.command);
    next::one(
        &command,
        &step.summary,
        &label,
        Some(command_lines),
        purpose_lines,
        charset,
    )
}

/// What would stop the client after that.
pub(super) fn then(causes: &[Candidate], most: usize, charset: Charset) -> Vec<Line> {
    let mut lines: Vec<Line> = causes
        .iter()
        .take(most)
        .flat_map(|cause| {
            let words = match cause.chain.last() {
                Some(link) => format!("{}: {link}", cause.summary),
                None => cause.summary.clone(),
            };
            hanging("Then:  ", Tone::Plain, &words, 2, charset)
        })
        .collect();
    if causes.len() > most {
        let more = wording::count(causes.len() - most, "other stop", "other stops");
        lines.push(Line::of(Tone::Faint, format!("       and {more}")));
    }
    lines
}

/// What will not survive the next restart or reboot.
pub(super) fn later(list: &[Later], most: usize, charset: Charset) -> Vec<Line> {
    let mut lines: Vec<Line> = list
        .iter()
        .take(most)
        .flat_map(|later| {
            let words = if later.command.is_empty() {
                later.summary.clone()
            } else {
                format!("{} Type: {}", later.summary, later.command)
            };
            hanging("Later: ", Tone::Plain, &words, 2, charset)
        })
        .collect();
    if list.len() > most {
        let more = wording::count(list.len() - most, "other thing", "other things");
        lines.push(Line::of(
            Tone::Faint,
            format!("       and {more} that will not survive a restart"),
        ));
    }
    lines
}

pub(super) fn notes(report: &Report, most: usize, charset: Charset) -> Vec<Line> {
    report
        .notes
        .iter()
        .take(most)
        .flat_map(|note| hanging("Note:  ", Tone::Plain, note, 2, charset))
        .collect()
}

fn closing(report: &Report) -> String {
    let facts = wording::count(report.evidence.len(), "fact", "facts");
    format!("({facts} seen, nothing changed; --verbose shows all)")
}

/// Everything, in lines of [`super::COLUMNS`] columns; only commands are longer where they must be.
pub(crate) fn full(report: &Report, charset: Charset) -> Page {
    let mut page = Page::default();
    page.extend(hanging(
        "",
        Tone::Strong,
        &report.headline,
        UNLIMITED,
        charset,
    ));
    page.block(path::picture_of_server(report, charset));
    super::full::stages(&mut page, report, charset);
    causes_in_full(&mut page, report, charset);
    page.block(next::steps(report, UNLIMITED, None, UNLIMITED, charset));
    let mut end = later(&report.later, UNLIMITED, charset);
    end.extend(notes(report, UNLIMITED, charset));
    page.block(end);
    evidence::list(&mut page, report, charset);
    page
}

/// Every cause with its chain, what proves it, and how to confirm and mend it.
pub(super) fn causes_in_full(page: &mut Page, report: &Report, charset: Charset) {
    for cause in report.causes.iter().chain(&report.then) {
        page.block(chain(cause, UNLIMITED, UNLIMITED, charset));
        if let Some(line) = &cause.quotation {
            page.block(quotation::of_line(line, UNLIMITED, charset));
        }
        page.block(super::full::candidate(cause, charset));
    }
}
