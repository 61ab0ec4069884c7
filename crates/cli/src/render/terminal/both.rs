//! What both ends of a connection saw: the answer, the whole way, what proves or ranks the causes, and where the two ends differ.

use sshdoctor_case::{BothEnds, Report};

use super::{
    Charset, causes, evidence, next,
    page::{Line, Page, Tone, grown, hanging},
    path, quotation, server, wording,
};

const UNLIMITED: usize = usize::MAX;

/// How much room each part is given.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    headline_lines: usize,
    causes: usize,
    links: usize,
    link_lines: usize,
    quotation_lines: usize,
    contradictions: usize,
    contradiction_lines: usize,
    steps: usize,
    command_lines: usize,
    purpose_lines: usize,
    then: usize,
    later: usize,
    notes: usize,
}

/// Fits whatever the report holds.
const LEAN: Allowance = Allowance {
    headline_lines: 2,
    causes: 2,
    links: 1,
    link_lines: 1,
    quotation_lines: 1,
    contradictions: 1,
    contradiction_lines: 1,
    steps: 1,
    command_lines: 2,
    purpose_lines: 0,
    then: 0,
    later: 0,
    notes: 0,
};

/// What is given more room, as long as there is any: the first matters most.
const RAISES: [fn(&mut Allowance); 17] = [
    |allowance| allowance.headline_lines = 3,
    |allowance| allowance.headline_lines = 4,
    |allowance| allowance.contradiction_lines = 2,
    |allowance| allowance.links = 2,
    |allowance| allowance.link_lines = 2,
    |allowance| allowance.then = 1,
    |allowance| allowance.steps = 2,
    |allowance| allowance.purpose_lines = 1,
    |allowance| allowance.contradictions = 2,
    |allowance| allowance.links = 4,
    |allowance| allowance.purpose_lines = 2,
    |allowance| allowance.contradiction_lines = 3,
    |allowance| allowance.causes = 4,
    |allowance| allowance.later = 1,
    |allowance| allowance.command_lines = 4,
    |allowance| allowance.then = 2,
    |allowance| allowance.notes = 2,
];

/// At most [`super::LINES`] lines of [`super::COLUMNS`] columns.
pub(crate) fn short(report: &Report, charset: Charset) -> Page {
    grown(LEAN, &RAISES, |allowance| {
        compose(report, allowance, charset)
    })
}

fn compose(report: &Report, allowance: Allowance, charset: Charset) -> Page {
    let mut page = Page::default();
    page.extend(hanging(
        "",
        Tone::Strong,
        &report.headline,
        allowance.headline_lines,
        charset,
    ));
    let mut way = path::picture(report, charset);
    way.extend(path::addresses(report, charset));
    page.block(way);
    match report.causes.first() {
        Some(cause) if !cause.chain.is_empty() => {
            page.block(server::chain(
                cause,
                allowance.links,
                allowance.link_lines,
                charset,
            ));
            if let Some(line) = &cause.quotation {
                page.block(quotation::of_line(line, allowance.quotation_lines, charset));
            }
        }
        _ => page.block(causes::ranked(report, allowance.causes, 1, charset)),
    }
    page.block(contradictions(
        report,
        allowance.contradictions,
        allowance.contradiction_lines,
        charset,
    ));
    page.block(next::steps(
        report,
        allowance.steps,
        Some(allowance.command_lines),
        allowance.purpose_lines,
        charset,
    ));
    let mut end = server::then(&report.then, allowance.then, charset);
    end.extend(server::later(&report.later, allowance.later, charset));
    end.extend(server::notes(report, allowance.notes, charset));
    end.push(Line::of(Tone::Faint, closing(report)));
    page.block(end);
    page
}

/// What the two ends see differently.
fn contradictions(report: &Report, most: usize, most_lines: usize, charset: Charset) -> Vec<Line> {
    let found = report
        .both_ends
        .as_ref()
        .map_or(&[][..], |both| both.contradictions.as_slice());
    let mut lines: Vec<Line> = found
        .iter()
        .take(most)
        .flat_map(|one| hanging("But:   ", Tone::Doubt, &one.summary, most_lines, charset))
        .collect();
    if found.len() > most {
        let more = wording::count(found.len() - most, "other difference", "other differences");
        lines.push(Line::of(Tone::Faint, format!("       and {more}")));
    }
    lines
}

fn closing(report: &Report) -> String {
    let apart = report.both_ends.as_ref().map(apart).unwrap_or_default();
    let facts = wording::count(report.evidence.len(), "fact", "facts");
    format!("({facts} of both ends{apart}; --verbose shows all)")
}

/// How far apart in time the two ends were looked at.
fn apart(both: &BothEnds) -> String {
    let seconds = both
        .client_at
        .as_millisecond()
        .abs_diff(both.server_at.as_millisecond())
        / 1000;
    let (count, one, many) = match seconds {
        0..120 => return String::new(),
        120..7200 => (seconds / 60, "minute", "minutes"),
        7200..172_800 => (seconds / 3600, "hour", "hours"),
        _ => (seconds / 86_400, "day", "days"),
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    format!(", seen {} apart", wording::count(count, one, many))
}

/// Everything, in lines of [`super::COLUMNS`] columns; only commands are longer where they must be.
pub(crate) fn full(report: &Report, charset: Charset) -> Page {
    let mut page = super::full::opening(report, charset);
    super::full::stages(&mut page, report, charset);
    server::causes_in_full(&mut page, report, charset);
    page.block(causes::ruled_out(report, UNLIMITED, charset));
    page.block(contradictions(report, UNLIMITED, UNLIMITED, charset));
    page.block(next::steps(report, UNLIMITED, None, UNLIMITED, charset));
    let mut end = server::later(&report.later, UNLIMITED, charset);
    end.extend(server::notes(report, UNLIMITED, charset));
    page.block(end);
    evidence::list(&mut page, report, charset);
    page.block(vec![Line::of(Tone::Faint, closing(report))]);
    page
}
