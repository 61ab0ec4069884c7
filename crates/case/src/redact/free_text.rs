//! Messages, commands and other text whose form is not known.

use std::net::{IpAddr, SocketAddr};

use super::pseudonyms::Pseudonyms;

/// Last labels that make a dotted word a file or a unit rather than a host.
const FILE_ENDINGS: [&str; 17] = [
    "c", "conf", "d", "h", "key", "log", "pem", "pid", "pub", "py", "service", "sh", "so",
    "socket", "sock", "target", "txt",
];

/// Domains that appear in the names of algorithms and in version texts.
const ALGORITHM_DOMAINS: [&str; 5] = [
    "libssh.org",
    "lysator.liu.se",
    "openssh.com",
    "putty.projects.tartarus.org",
    "tinyssh.org",
];

/// Programs that ProxyCommands are made of.
const PROGRAMS: [&str; 17] = [
    "aws",
    "bash",
    "cloudflared",
    "connect",
    "corkscrew",
    "env",
    "exec",
    "false",
    "gcloud",
    "nc",
    "ncat",
    "netcat",
    "openssl",
    "sh",
    "socat",
    "ssh",
    "true",
];

impl Pseudonyms {
    /// Replaces addresses, fingerprints, home directories, names known from elsewhere, and whatever looks like a host name.
    pub(super) fn free_text(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let taken = if character == '\\' {
                let length = escape_length(rest);
                out.push_str(&rest[..length]);
                length
            } else if let Some(length) = fingerprint_length(rest) {
                out.push_str(&self.fingerprint(&rest[..length]));
                length
            } else if let Some(lead) = ["/home/", "/Users/"]
                .into_iter()
                .find(|lead| rest.starts_with(lead))
            {
                let length = rest[lead.len()..]
                    .find(|c: char| !is_word(c))
                    .map_or(rest.len(), |end| lead.len() + end);
                let owner = rest[lead.len()..length].trim_end_matches(['.', ':']);
                out.push_str(lead);
                out.push_str(&self.user(owner));
                lead.len() + owner.len()
            } else if is_word(character) {
                let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                out.push_str(&self.text_word(&rest[..length]));
                length
            } else {
                out.push(character);
                character.len_utf8()
            };
            rest = &rest[taken..];
        }
        out
    }

    /// A word of free text: an address, a name, or neither; with a port after a colon or without.
    fn text_word(&mut self, word: &str) -> String {
        let bare = word.trim_end_matches(['.', ':']);
        let tail = &word[bare.len()..];
        if let Ok(address) = bare.parse::<SocketAddr>() {
            return format!("{}{tail}", self.socket_address(address));
        }
        let (unscoped, scope) = bare.split_at(bare.find('%').unwrap_or(bare.len()));
        if let Ok(address) = unscoped.parse::<IpAddr>() {
            return format!("{}{scope}{tail}", self.address(address));
        }
        let parts: Vec<String> = bare.split(':').map(|part| self.name_part(part)).collect();
        parts.join(":") + tail
    }

    fn name_part(&mut self, part: &str) -> String {
        if let Ok(address) = part.parse::<IpAddr>() {
            return self.address(address).to_string();
        }
        if let Some(known) = self.known_host(part) {
            return known.to_owned();
        }
        if let Some(known) = self.known_user(part) {
            return known.to_owned();
        }
        if looks_like_a_host(part) {
            return self.host(part);
        }
        part.to_owned()
    }

    /// A ProxyCommand: only its programs, options, numbers and tokens stay.
    pub(super) fn command(&mut self, command: &str) -> String {
        let words: Vec<String> = command
            .split(' ')
            .map(|word| self.command_word(word))
            .collect();
        words.join(" ")
    }

    fn command_word(&mut self, word: &str) -> String {
        let program = word.rsplit('/').next().unwrap_or(word);
        let stays = word.is_empty()
            || word.starts_with('-') && !word.contains('=')
            || PROGRAMS.contains(&program)
            || word.contains('%')
            || word
                .chars()
                .all(|c| c.is_ascii_digit() || "|&;<>".contains(c));
        if stays {
            return if word.contains('%') {
                self.free_text(word)
            } else {
                word.to_owned()
            };
        }
        let replaced = self.free_text(word);
        if replaced == word {
            self.word(word)
        } else {
            replaced
        }
    }
}

const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | ':' | '-' | '%')
}

/// Bytes of a visible escape as [`crate::Received`] writes them.
fn escape_length(text: &str) -> usize {
    let whole = match text.as_bytes().get(1) {
        Some(b'x') => 4,
        Some(b'u') => text.find('}').map_or(2, |end| end + 1),
        Some(_) => 2,
        None => 1,
    };
    // A forged escape may end early or inside a character.
    (1..=whole.min(text.len()))
        .rev()
        .find(|length| text.is_char_boundary(*length))
        .unwrap_or(1)
}

fn fingerprint_length(text: &str) -> Option<usize> {
    let digest = text.strip_prefix("SHA256:")?;
    let length = digest
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '+' || c == '/'))
        .unwrap_or(digest.len());
    (length >= 40).then_some(length + "SHA256:".len())
}

fn looks_like_a_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    labels.len() >= 2
        && labels
            .iter()
            .all(|label| !label.is_empty() && !label.contains('%'))
        && last.len() >= 2
        && last.chars().all(|c| c.is_ascii_alphabetic())
        && !FILE_ENDINGS.contains(&last.to_ascii_lowercase().as_str())
        && !ALGORITHM_DOMAINS.contains(&word.to_ascii_lowercase().as_str())
}
