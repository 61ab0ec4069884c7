//! Text in a width.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Charset;

/// Columns that a text occupies.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks at spaces, and inside words that are wider than a line, into lines of at most `width` columns. When more than
/// `most` lines are needed, the last of them ends in an ellipsis. `width` must hold an ellipsis and one wide character.
pub(super) fn wrap(text: &str, width: usize, most: usize, charset: Charset) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if lines.len() > most {
            break;
        }
        let gap = usize::from(!line.is_empty());
        if used + gap + columns(word) <= width {
            line.push_str(&" "[..gap]);
            line.push_str(word);
            used += gap + columns(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for character in word.chars() {
            let more = character.width().unwrap_or(0);
            if used + more > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(character);
            used += more;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = with_ellipsis(last, width, charset);
        }
    }
    lines
}

/// The text in pieces of at most `width` columns that together are the text: broken after a space where there is one.
pub(super) fn split_at_columns(text: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while columns(rest) > width {
        let mut used = 0;
        let mut end = 0;
        let mut after_space = None;
        for (index, character) in rest.char_indices() {
            used += character.width().unwrap_or(0);
            // A space that does not fit is no loss at the end of a line.
            if used > width && character != ' ' {
                break;
            }
            end = index + character.len_utf8();
            if character == ' ' {
                after_space = Some(end);
            }
            if used > width {
                break;
            }
        }
        // Something must go, also where not even one character fits.
        let least = rest.chars().next().map_or(0, char::len_utf8);
        let (piece, others) = rest.split_at(after_space.unwrap_or(end).max(least));
        pieces.push(piece);
        rest = others;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The text, cut to `width` columns with an ellipsis when it is longer.
pub(super) fn shorten(text: &str, width: usize, charset: Charset) -> String {
    if columns(text) <= width {
        text.to_owned()
    } else {
        with_ellipsis(text, width, charset)
    }
}

fn with_ellipsis(text: &str, width: usize, charset: Charset) -> String {
    let room = width - columns(charset.ellipsis());
    let mut kept = String::new();
    let mut used = 0;
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept.truncate(kept.trim_end_matches([' ', ',', ';']).len());
    kept + charset.ellipsis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay_whole_and_the_rest_is_marked() {
        assert_eq!(
            wrap("one two three four", 9, 9, Charset::Unicode),
            ["one two", "three", "four"]
        );
        assert_eq!(
            wrap("one two three four", 9, 2, Charset::Unicode),
            ["one two", "three…"]
        );
        assert_eq!(
            wrap("abcdefghij", 4, 9, Charset::Unicode),
            ["abcd", "efgh", "ij"]
        );
        assert_eq!(shorten("日本語日本語", 7, Charset::Unicode), "日本語…");
    }

    #[test]
    fn a_text_is_split_after_spaces_and_nothing_is_lost() {
        assert_eq!(split_at_columns("one two three", 8), ["one two ", "three"]);
        assert_eq!(split_at_columns("one two three", 7), ["one two ", "three"]);
        assert_eq!(split_at_columns("abcdef", 4), ["abcd", "ef"]);
        assert!(split_at_columns("", 4).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_fit_and_are_the_text(text in "\\PC{0,200}", width in 5_usize..90) {
            let shown = Charset::Unicode.show(&text);
            let pieces = split_at_columns(&shown, width);
            prop_assert_eq!(pieces.concat(), shown.clone());
            prop_assert!(pieces.iter().all(|piece| columns(piece.trim_end_matches(' ')) <= width));
        }

        #[test]
        fn no_line_is_wider_and_there_are_no_more(text in "\\PC{0,200}", width in 5_usize..90, most in 1_usize..5) {
            for charset in [Charset::Unicode, Charset::Ascii] {
                let lines = wrap(&charset.show(&text), width, most, charset);
                prop_assert!(lines.len() <= most);
                prop_assert!(lines.iter().all(|line| columns(line) <= width));
                prop_assert!(columns(&shorten(&charset.show(&text), width, charset)) <= width);
            }
        }
    }
}
