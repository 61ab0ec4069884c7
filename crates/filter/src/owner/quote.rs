//! Words of a shell command.

/// One word as a POSIX shell reads it back (`sh(1)`, "Quoting"); `None` if it holds control characters, which nobody should paste.
#[must_use]
pub fn quoted(word: &str) -> Option<String> {
    if word.chars().any(char::is_control) {
        return None;
    }
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "_@%+=:,./-".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return Some(word.to_owned());
    }
    Some(format!("'{}'", word.replace('\'', r"'\''")))
}

/// A command of these words.
pub(super) fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let words: Option<Vec<String>> = words.into_iter().map(quoted).collect();
    Some(words?.join(" "))
}
