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

#[cfg(test)]
mod tests {
    use super::{command, quoted};

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        assert_eq!(quoted("sshd").as_deref(), Some("sshd"));
        assert_eq!(quoted("").as_deref(), Some("''"));
        assert_eq!(quoted("$(reboot)").as_deref(), Some("'$(reboot)'"));
        assert_eq!(quoted("it's").as_deref(), Some(r"'it'\''s'"));
        assert_eq!(quoted("a\nreboot"), None);
        assert_eq!(quoted("\u{1b}[2J"), None);
        assert_eq!(
            command(["fail2ban-client", "set", "; reboot", "unbanip"]).as_deref(),
            Some("fail2ban-client set '; reboot' unbanip")
        );
    }
}
