//! The hosts file (`hosts(5)`).

use std::{fs::File, io::Read, net::IpAddr};

use sshdoctor_case::{NameAnswer, Received};

use super::{addresses, literal_address};

/// The most bytes that are read; block lists kept in the hosts file reach a few MiB.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The most addresses kept for one name.
const MAX_ADDRESSES: usize = 64;

/// What a hosts file holds for a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostsLine {
    /// Line of the first match, from 1.
    pub line: Option<u32>,
    /// Addresses of every matching line, in order.
    pub addresses: Vec<IpAddr>,
}

/// Looks a name up in the text of a hosts file. Names compare without case.
#[must_use]
pub fn look_up(text: &str, name: &str) -> HostsLine {
    let name = name.trim_end_matches('.');
    let mut found = HostsLine::default();
    for (index, line) in text.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default();
        let mut columns = content.split_whitespace();
        let Some(address) = columns.next().and_then(literal_address) else {
            continue;
        };
        if !columns.any(|alias| alias.eq_ignore_ascii_case(name)) {
            continue;
        }
        found.line = found.line.or_else(|| u32::try_from(index + 1).ok());
        if !found.addresses.contains(&address) && found.addresses.len() < MAX_ADDRESSES {
            found.addresses.push(address);
        }
    }
    found
}

/// Reads a hosts file and looks a name up in it.
pub(super) fn answer(path: &str, name: &str) -> (Option<u32>, NameAnswer) {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    if let Err(error) = read {
        let reason = Received::from_text(&format!("{path}: {error}"));
        return (None, NameAnswer::NotAsked { reason });
    }
    let found = look_up(&String::from_utf8_lossy(&bytes), name);
    if found.addresses.is_empty() {
        return (None, NameAnswer::NotFound);
    }
    (found.line, addresses(found.addresses))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_name_counts_and_comments_do_not() {
        let text = "# web1\n127.0.0.1 localhost\n192.0.2.7\tother WEB1 # stale\n2001:db8::7 web1\n\
            192.0.2.8 x # web1\nnot-an-address web1\n";
        let found = look_up(text, "web1.");
        assert_eq!(found.line, Some(3));
        assert_eq!(found.addresses.len(), 2);
        assert_eq!(look_up(text, "web"), HostsLine::default());
    }

    #[test]
    fn a_missing_file_is_not_an_answer() {
        assert!(matches!(
            answer("/nonexistent/hosts", "web1"),
            (None, NameAnswer::NotAsked { .. })
        ));
    }
}
