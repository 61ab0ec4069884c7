//! Lines of files and logs, quoted.

use sshdoctor_case::{ConfigLine, LogLine, Quotation};

/// A line of sshd's configuration with one of its words marked; the whole keyword where the word does not stand in it.
pub(crate) fn config_line(line: &ConfigLine, word: &str, label: &str) -> Quotation {
    let text = line.text.as_str();
    Quotation {
        source: line.file.to_string(),
        line: Some(line.line),
        text: text.to_owned(),
        mark: mark(text, word).or_else(|| mark(text, text.split_whitespace().next()?)),
        label: label.to_owned(),
    }
}

/// A line of a log.
pub(crate) fn log_line(line: &LogLine) -> Quotation {
    Quotation {
        source: format!("log of {}", line.identifier),
        line: None,
        text: line.message.to_string(),
        mark: None,
        label: String::new(),
    }
}

/// Where a word stands in a text, in characters, whatever its case.
pub(crate) fn mark(text: &str, word: &str) -> Option<(usize, usize)> {
    if word.is_empty() {
        return None;
    }
    let (small_text, small_word) = (text.to_ascii_lowercase(), word.to_ascii_lowercase());
    let start = small_text.find(&small_word)?;
    Some((text[..start].chars().count(), word.chars().count()))
}
