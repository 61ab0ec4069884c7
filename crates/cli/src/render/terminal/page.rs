//! Lines of toned text.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{Charset, LINES, wrap::columns};

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Ordinary text.
    Plain,
    /// The answer.
    Strong,
    /// Something passed.
    Good,
    /// Something stopped.
    Bad,
    /// Something is not known.
    Doubt,
    /// Less important.
    Faint,
    /// Something to type.
    Command,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Doubt => AnsiColor::Yellow.on_default(),
            Self::Faint => Style::new().dimmed(),
            Self::Command => AnsiColor::Cyan.on_default(),
        }
    }
}

/// One line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Vec<(Tone, String)>);

impl Line {
    /// A line of one tone.
    pub(super) fn of(tone: Tone, text: impl Into<String>) -> Self {
        Self::default().and(tone, text)
    }

    /// The line with more text.
    pub(super) fn and(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.0.push((tone, text.into()));
        self
    }

    /// Columns it occupies.
    pub(super) fn columns(&self) -> usize {
        self.0.iter().map(|(_, text)| columns(text)).sum()
    }
}

/// What is printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page(Vec<Line>);

impl Page {
    /// Adds a line.
    pub(super) fn push(&mut self, line: Line) {
        self.0.push(line);
    }

    /// Adds lines.
    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.0.extend(lines);
    }

    /// Adds a block of lines with an empty line before it, unless the block is empty.
    pub(super) fn block(&mut self, lines: Vec<Line>) {
        if !lines.is_empty() {
            if !self.0.is_empty() {
                self.0.push(Line::default());
            }
            self.0.extend(lines);
        }
    }

    /// Adds `text` after `label`, wrapped to at most `most` lines with a hanging indent as wide as the label.
    pub(super) fn hanging(&mut self, label: &str, text: &str, most: usize, charset: Charset) {
        self.extend(hanging(label, Tone::Plain, text, most, charset));
    }

    /// The number of lines.
    pub(super) fn lines(&self) -> usize {
        self.0.len()
    }

    /// The text with ANSI styles; whoever prints it strips them where they are not wanted.
    pub(crate) fn styled(&self) -> String {
        let mut text = String::new();
        for line in &self.0 {
            for (tone, part) in &line.0 {
                let style = tone.style();
                // Writing to a String cannot fail.
                let _ = write!(text, "{style}{part}{style:#}");
            }
            text.push('\n');
        }
        text
    }

    /// The text without styles.
    #[cfg(test)]
    pub(crate) fn plain(&self) -> String {
        let mut text = String::new();
        for line in &self.0 {
            for (_, part) in &line.0 {
                text.push_str(part);
            }
            text.push('\n');
        }
        text
    }
}

/// The page with as much room for its parts as [`LINES`] lines allow: each raise is kept that still fits.
pub(super) fn grown<Allowance: Copy>(
    lean: Allowance,
    raises: &[fn(&mut Allowance)],
    compose: impl Fn(Allowance) -> Page,
) -> Page {
    let mut allowance = lean;
    let mut page = compose(allowance);
    for raise in raises {
        let mut raised = allowance;
        raise(&mut raised);
        let larger = compose(raised);
        if larger.lines() <= LINES {
            (allowance, page) = (raised, larger);
        }
    }
    page
}

/// `text` after `label`, wrapped to at most `most` lines with a hanging indent as wide as the label.
pub(super) fn hanging(
    label: &str,
    tone: Tone,
    text: &str,
    most: usize,
    charset: Charset,
) -> Vec<Line> {
    let indent = columns(label);
    super::wrap::wrap(&charset.show(text), super::COLUMNS - indent, most, charset)
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let lead = if index == 0 {
                label.to_owned()
            } else {
                " ".repeat(indent)
            };
            Line::of(Tone::Plain, lead).and(tone, line)
        })
        .collect()
}
