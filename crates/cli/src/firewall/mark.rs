//! The part of a rule's text that says what it does.

/// Words that begin the effect of a rule in nft's syntax.
const EFFECTS: [&str; 17] = [
    "accept",
    "continue",
    "dnat",
    "drop",
    "dup",
    "fwd",
    "goto",
    "jump",
    "masquerade",
    "queue",
    "redirect",
    "reject",
    "return",
    "snat",
    "synproxy",
    "tproxy",
    "vmap",
];

/// The first character of it, and how many there are. The last effect of the text counts; words inside quotes and braces do not.
pub(crate) fn effect(text: &str) -> Option<(usize, usize)> {
    let words = words(text);
    let begin = words.iter().rev().find_map(|word| {
        let is_target = matches!(word.text.as_str(), "-j" | "-g" | "--jump" | "--goto");
        (is_target || EFFECTS.contains(&word.text.as_str())).then_some(word.start)
    })?;
    let end = words
        .iter()
        .filter(|word| word.start > begin)
        .find(|word| word.text == "comment")
        .map_or_else(|| text.chars().count(), |word| word.start);
    let length = text
        .chars()
        .skip(begin)
        .take(end - begin)
        .collect::<String>()
        .trim_end()
        .chars()
        .count();
    Some((begin, length))
}

struct Word {
    start: usize,
    text: String,
}

/// Words outside quotes and braces, with where they begin.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut inside_word = false;
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    for (index, character) in text.chars().enumerate() {
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        let outside = !quoted && depth == 0 && !matches!(character, ' ' | '"' | '}');
        match words.last_mut() {
            Some(word) if outside && inside_word => word.text.push(character),
            _ if outside => words.push(Word {
                start: index,
                text: character.into(),
            }),
            _ => {}
        }
        inside_word = outside;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Option<String> {
        let (start, length) = effect(text)?;
        Some(text.chars().skip(start).take(length).collect())
    }

    #[test]
    fn the_effect_is_found_in_either_syntax() {
        for (text, effect) in [
            ("tcp dport 22 drop", "drop"),
            (
                "tcp dport 22 ip saddr @banned reject with icmp port-unreachable",
                "reject with icmp port-unreachable",
            ),
            (
                "tcp dport 22 counter packets 1 bytes 60 accept comment \"drop me\"",
                "accept",
            ),
            (
                "tcp dport vmap { 22 : drop, 80 : jump web }",
                "vmap { 22 : drop, 80 : jump web }",
            ),
            ("iifname \"drop\" jump é", "jump é"),
            (
                "-A INPUT -m comment --comment \"a \\\" -j DROP\" -j REJECT --reject-with tcp-reset",
                "-j REJECT --reject-with tcp-reset",
            ),
            ("-A INPUT -p tcp -g other", "-g other"),
        ] {
            assert_eq!(marked(text).as_deref(), Some(effect), "{text}");
        }
        assert_eq!(marked("counter packets 0 bytes 0"), None);
        assert_eq!(marked(""), None);
    }

    proptest::proptest! {
        #[test]
        fn a_mark_lies_inside_the_text(text in "[-a-z {}\"\\\\é]{0,40}(drop|-j X|comment)?[ \"é]{0,3}") {
            if let Some((start, length)) = effect(&text) {
                proptest::prop_assert!(start + length <= text.chars().count());
            }
        }
    }
}
