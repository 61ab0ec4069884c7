//! Words that begin a sentence.

/// The words with a capital at their beginning.
pub(crate) fn begun(words: &str) -> String {
    let mut characters = words.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
