//! The ranked causes, and what is ruled out.

use sshdoctor_case::{Candidate, Report};

use super::{
    COLUMNS, Charset,
    page::{Line, Tone, hanging},
    wording,
    wrap::{columns, shorten, wrap},
};

/// Widest first column; longer causes get lines of their own.
const TITLE_COLUMNS: usize = 36;

/// Less probable causes are counted together, unless nothing else is left.
const LEAST_SHOWN: f64 = 0.005;

/// A reason of more bytes is not repeated line after line.
const LONG_REASON: usize = 34;

/// Causes that are named of those that fall to the same reason.
const NAMED: usize = 3;

/// Indent of the titles: `  100%  `.
const INDENT: usize = 8;

/// At most `most` causes with `because` in at most `because_lines` lines each.
pub(super) fn ranked(
    report: &Report,
    most: usize,
    because_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    let worth_a_line = report
        .causes
        .iter()
        .take_while(|cause| cause.probability >= LEAST_SHOWN)
        .count();
    let shown = &report.causes[..report.causes.len().min(most).min(worth_a_line.max(1))];
    let titles: Vec<String> = shown
        .iter()
        .map(|cause| charset.show(&cause.summary))
        .collect();
    let widest = titles.iter().map(|title| columns(title)).max().unwrap_or(0);
    let in_columns = widest <= TITLE_COLUMNS;
    let mut lines = Vec::new();
    let mut above = "";
    for (cause, title) in shown.iter().zip(&titles) {
        let is_long = cause.because.len() > LONG_REASON;
        let because = if is_long && cause.because == above {
            "as above"
        } else {
            &cause.because
        };
        above = &cause.because;
        if in_columns {
            lines.extend(beside(
                cause,
                because,
                title,
                widest,
                because_lines,
                charset,
            ));
        } else {
            lines.extend(below(cause, because, title, because_lines, charset));
        }
    }
    let rest = &report.causes[shown.len()..];
    if !rest.is_empty() {
        let together: f64 = rest.iter().map(|cause| cause.probability).sum();
        let noun = wording::count(rest.len(), "other cause", "other causes");
        let text = format!(
            "{:>6}  {noun}{}",
            wording::percent(together),
            if rest.len() == 1 { "" } else { " together" }
        );
        lines.push(Line::of(Tone::Faint, text));
    }
    lines
}

fn odds(cause: &Candidate) -> String {
    format!("{:>6}  ", wording::percent(cause.probability))
}

fn beside(
    cause: &Candidate,
    because: &str,
    title: &str,
    widest: usize,
    because_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    let gap = 2;
    let width = COLUMNS - INDENT - widest - gap;
    let padding = " ".repeat(widest - columns(title) + gap);
    let mut because = wrap(&charset.show(because), width, because_lines, charset).into_iter();
    let mut first = Line::of(Tone::Plain, odds(cause)).and(Tone::Strong, title);
    if let Some(text) = because.next() {
        first = first.and(Tone::Plain, padding + &text);
    }
    let hanging = " ".repeat(INDENT + widest + gap);
    std::iter::once(first)
        .chain(because.map(|text| Line::of(Tone::Plain, format!("{hanging}{text}"))))
        .collect()
}

fn below(
    cause: &Candidate,
    because: &str,
    title: &str,
    because_lines: usize,
    charset: Charset,
) -> Vec<Line> {
    let title = shorten(title, COLUMNS - INDENT, charset);
    let mut lines = vec![Line::of(Tone::Plain, odds(cause)).and(Tone::Strong, title)];
    // One line of reasons costs one line more here than beside the title, so the leanest form leaves them out.
    if because_lines > 1 {
        let indent = " ".repeat(INDENT + 2);
        lines.extend(hanging(
            &indent,
            Tone::Plain,
            because,
            because_lines - 1,
            charset,
        ));
    }
    lines
}

/// What the evidence contradicts, in at most `most` lines. Causes that fall to the same reason share it.
pub(super) fn ruled_out(report: &Report, most: usize, charset: Charset) -> Vec<Line> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for cause in &report.ruled_out {
        let words = if cause.summary.is_empty() {
            cause.id.clone()
        } else {
            cause.summary.clone()
        };
        match groups.iter_mut().find(|group| group.0 == cause.because) {
            Some(group) => group.1.push(words),
            None => groups.push((&cause.because, vec![words])),
        }
    }
    let said: Vec<String> = groups
        .into_iter()
        .map(|(because, causes)| {
            let mut text = named(
                &causes,
                if most == usize::MAX {
                    causes.len()
                } else {
                    NAMED
                },
            );
            if !because.is_empty() {
                text += &format!(" ({because})");
            }
            text
        })
        .collect();
    hanging(
        "  ruled out: ",
        Tone::Plain,
        &said.join("; "),
        most,
        charset,
    )
}

/// The first few of the causes, and how many more there are.
fn named(causes: &[String], most: usize) -> String {
    // Saying "one more" takes as much room as its name.
    if causes.len() <= most + 1 {
        return causes.join(", ");
    }
    let more = wording::number(causes.len() - most);
    format!("{} and {more} more", causes[..most].join(", "))
}
