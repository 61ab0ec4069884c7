//! A rule, quoted with its place, what stands around it, and a line under the part that matters.

use sshdoctor_case::{FilterRule, NeighbouringRule, Quotation, RuleContext};

use super::{
    COLUMNS, Charset,
    page::{Line, Tone, hanging},
    wrap::{columns, shorten, split_at_columns},
};

/// How much of it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// The rules before and after.
    pub(super) neighbours: bool,
    /// Lines of the rule itself.
    pub(super) lines: usize,
}

/// Columns of a label beside its mark that are worth having; a narrower one goes below.
const LEAST_LABEL: usize = 16;

/// The quotation.
pub(super) fn quotation(
    rule: &FilterRule,
    context: Option<&RuleContext>,
    extent: Extent,
    charset: Charset,
) -> Vec<Line> {
    let mut lines = place(rule, charset);
    let before = context.and_then(|context| context.before.as_ref());
    let after = context.and_then(|context| context.after.as_ref());
    let numbers = [
        number(rule.line, rule.handle, rule.number),
        before.map(of_neighbour).unwrap_or_default(),
        after.map(of_neighbour).unwrap_or_default(),
    ];
    let gutter = numbers.iter().map(String::len).max().unwrap_or_default();
    if extent.neighbours {
        lines.extend(before.map(|rule| neighbour(rule, gutter, charset)));
    }
    let quoted = Quoted {
        text: &rule.text,
        mark: context.and_then(|context| context.mark),
        label: context.map_or("", |context| context.label.as_str()),
    };
    lines.extend(marked(quoted, &numbers[0], gutter, extent.lines, charset));
    if extent.neighbours {
        lines.extend(after.map(|rule| neighbour(rule, gutter, charset)));
    }
    lines
}

/// A line of a file or a log with its place, in at most `most` lines of its own text.
pub(super) fn of_line(quotation: &Quotation, most: usize, charset: Charset) -> Vec<Line> {
    let number = number(quotation.line, None, None);
    let place = if number.is_empty() {
        quotation.source.clone()
    } else {
        format!("{}:{number}", quotation.source)
    };
    let mut lines = hanging("  ", Tone::Faint, &place, 1, charset);
    let quoted = Quoted {
        text: &quotation.text,
        mark: quotation.mark,
        label: &quotation.label,
    };
    lines.extend(marked(quoted, &number, number.len(), most, charset));
    lines
}

/// What is quoted, and which characters of it are marked with what.
#[derive(Debug, Clone, Copy)]
struct Quoted<'a> {
    text: &'a str,
    mark: Option<(usize, usize)>,
    label: &'a str,
}

/// Where it stands: the source, the table, the chain, and its number or handle.
fn place(rule: &FilterRule, charset: Charset) -> Vec<Line> {
    let mut text = match rule.line {
        Some(line) => format!("{}:{line}", rule.source),
        None => rule.source.clone(),
    };
    text.push_str(&format!(", table {}, chain {}", rule.table, rule.chain));
    if rule.policy {
        text.push_str(", policy");
    }
    if let Some(number) = rule.number {
        text.push_str(&format!(", rule {number}"));
    }
    if let Some(handle) = rule.handle {
        text.push_str(&format!(", handle {handle}"));
    }
    hanging("  ", Tone::Faint, &text, 2, charset)
}

fn number(line: Option<u32>, handle: Option<u64>, number: Option<u32>) -> String {
    line.map(|line| line.to_string())
        .or_else(|| handle.map(|handle| handle.to_string()))
        .or_else(|| number.map(|number| number.to_string()))
        .unwrap_or_default()
}

fn of_neighbour(rule: &NeighbouringRule) -> String {
    number(rule.line, rule.handle, Some(rule.number))
}

fn lead(number: &str, gutter: usize, charset: Charset) -> String {
    let bar = match charset {
        Charset::Unicode => '│',
        Charset::Ascii => '|',
    };
    format!("  {number:>gutter$} {bar} ")
}

fn neighbour(rule: &NeighbouringRule, gutter: usize, charset: Charset) -> Line {
    let lead = lead(&of_neighbour(rule), gutter, charset);
    let room = COLUMNS - columns(&lead);
    let text = shorten(&charset.show(&rule.text), room, charset);
    Line::of(Tone::Faint, lead).and(Tone::Faint, text)
}

/// One line of the rule's text, and the columns of it that are marked.
struct Piece {
    text: String,
    marked: Option<(usize, usize)>,
}

fn marked(
    quoted: Quoted<'_>,
    number: &str,
    gutter: usize,
    most: usize,
    charset: Charset,
) -> Vec<Line> {
    let first_lead = lead(number, gutter, charset);
    let other_lead = lead("", gutter, charset);
    let room = COLUMNS - columns(&first_lead);
    let pieces = kept(
        pieces(quoted.text, quoted.mark, room, charset),
        most,
        room,
        charset,
    );
    let last_marked = pieces.iter().rposition(|piece| piece.marked.is_some());
    let mut lines = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let lead = if index == 0 { &first_lead } else { &other_lead };
        lines.push(Line::of(Tone::Faint, lead.clone()).and(Tone::Plain, piece.text));
        if let Some(mark) = piece.marked {
            let label = if Some(index) == last_marked {
                quoted.label
            } else {
                ""
            };
            lines.extend(underline(mark, label, &other_lead, charset));
        }
    }
    lines
}

/// The text over lines of at most `room` columns.
fn pieces(text: &str, mark: Option<(usize, usize)>, room: usize, charset: Charset) -> Vec<Piece> {
    let (start, length) = mark.unwrap_or_default();
    let part = |from: usize, count: usize| -> String {
        charset.show(&text.chars().skip(from).take(count).collect::<String>())
    };
    let before = part(0, start);
    let inside = part(start, length);
    let whole = format!("{before}{inside}{}", part(start + length, usize::MAX));
    let marked = before.len()..before.len() + inside.len();
    let mut pieces = Vec::new();
    let mut offset = 0;
    for line in split_at_columns(&whole, room) {
        let begin = marked.start.clamp(offset, offset + line.len()) - offset;
        let end = marked.end.clamp(offset, offset + line.len()) - offset;
        let line_text = line.trim_end_matches(' ');
        let end = end.min(line_text.len());
        pieces.push(Piece {
            marked: (begin < end).then(|| {
                (
                    columns(&line_text[..begin]),
                    columns(&line_text[begin..end]),
                )
            }),
            text: line_text.to_owned(),
        });
        offset += line.len();
    }
    pieces
}

/// At most `most` lines: the first ones, and the first of those that are marked.
fn kept(mut pieces: Vec<Piece>, most: usize, room: usize, charset: Charset) -> Vec<Piece> {
    if pieces.len() <= most {
        return pieces;
    }
    let marked = pieces.iter().position(|piece| piece.marked.is_some());
    match marked {
        Some(marked) if marked >= most => {
            let kept = pieces.swap_remove(marked);
            pieces.truncate(most.saturating_sub(1));
            cut(&mut pieces, room, charset);
            pieces.push(kept);
        }
        _ => {
            pieces.truncate(most);
            cut(&mut pieces, room, charset);
        }
    }
    pieces
}

/// Shows that something is left out after the last line.
fn cut(pieces: &mut [Piece], room: usize, charset: Charset) {
    if let Some(last) = pieces.last_mut() {
        let ellipsis = charset.ellipsis();
        let wanted = room - columns(ellipsis) - 1;
        let text = shorten(&last.text, wanted, charset);
        last.text = match text.strip_suffix(ellipsis) {
            Some(_) => text,
            None => format!("{text} {ellipsis}"),
        };
        let end = columns(&last.text);
        last.marked = last
            .marked
            .filter(|(start, _)| *start < end)
            .map(|(start, length)| (start, length.min(end - start)));
    }
}

fn underline(
    (start, length): (usize, usize),
    label: &str,
    lead: &str,
    charset: Charset,
) -> Vec<Line> {
    let carets = "^".repeat(length);
    let used = columns(lead) + start + length + 1;
    let label = charset.show(label);
    let line = Line::of(Tone::Faint, lead).and(Tone::Bad, format!("{}{carets}", " ".repeat(start)));
    if label.is_empty() {
        return vec![line];
    }
    if used + columns(&label).max(LEAST_LABEL).min(columns(&label)) <= COLUMNS {
        return vec![line.and(Tone::Plain, format!(" {label}"))];
    }
    // No room beside the mark: below it, as far to the right as the label allows.
    let room = COLUMNS - columns(lead);
    let label = shorten(&label, room, charset);
    let indent = start.min(room - columns(&label));
    vec![
        line,
        Line::of(Tone::Faint, lead).and(Tone::Plain, format!("{}{label}", " ".repeat(indent))),
    ]
}
