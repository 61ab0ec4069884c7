//! Ports that ssh_config names for the same machine under another alias.
//!
//! Only a light reading of the text, because what it finds is merely worth trying: `ssh` itself resolves the
//! configuration that is used.

use std::{
    collections::HashSet,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use sshdoctor_case::{ClientConfig, RememberedPort, RememberedWhere};

use crate::home::Account;

/// How much is read.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Bytes of one file.
    file_bytes: u64,
    /// Files in all, included ones counted.
    files: usize,
    /// Levels of `Include`; `ssh` itself stops at 16 (readconf.c).
    depth: usize,
    /// Aliases that are looked at.
    aliases: usize,
}

const LIMITS: Limits = Limits {
    file_bytes: 256 * 1024,
    files: 64,
    depth: 16,
    aliases: 64,
};

/// One `Host` block.
#[derive(Debug, Default)]
struct Block {
    aliases: Vec<String>,
    host_name: Option<String>,
    port: Option<u16>,
}

/// Reads the person's and the system's configuration.
pub(super) fn find(
    config_file: Option<&str>,
    account: &Account,
    alias: &str,
    config: &ClientConfig,
) -> Vec<RememberedPort> {
    let files: Vec<PathBuf> = match config_file {
        Some("none") => Vec::new(),
        Some(file) => vec![account.expand(file).into()],
        None => vec![
            account.home.join(".ssh/config"),
            PathBuf::from("/etc/ssh/ssh_config"),
        ],
    };
    let mut reader = Reader {
        account,
        text: String::new(),
        seen: HashSet::new(),
    };
    for file in files {
        reader.append(&file, 0);
    }
    ports_in_config_text(&reader.text, alias, &config.host_name, config.port, LIMITS)
}

struct Reader<'a> {
    account: &'a Account,
    text: String,
    seen: HashSet<PathBuf>,
}

impl Reader<'_> {
    fn append(&mut self, file: &Path, depth: usize) {
        if depth > LIMITS.depth || self.seen.len() >= LIMITS.files {
            return;
        }
        if !self.seen.insert(file.to_owned()) {
            return;
        }
        // A fifo or device would block or never end.
        if !std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file()) {
            return;
        }
        let mut bytes = Vec::new();
        let Ok(opened) = File::open(file) else { return };
        if opened
            .take(LIMITS.file_bytes)
            .read_to_end(&mut bytes)
            .is_err()
        {
            return;
        }
        for line in String::from_utf8_lossy(&bytes).lines() {
            match keyword_and_value(line) {
                Some((keyword, value)) if keyword.eq_ignore_ascii_case("include") => {
                    for pattern in words(value) {
                        for included in self.expand_include(&pattern, file) {
                            self.append(&included, depth + 1);
                        }
                    }
                }
                _ => {
                    self.text.push_str(line);
                    self.text.push('\n');
                }
            }
        }
    }

    /// Relative names are looked up in `~/.ssh`, or in `/etc/ssh` for the system's file (`ssh_config(5)`). Wildcards are
    /// understood in the last component only.
    fn expand_include(&self, pattern: &str, includer: &Path) -> Vec<PathBuf> {
        let base = if includer.starts_with("/etc/ssh") {
            PathBuf::from("/etc/ssh")
        } else {
            self.account.home.join(".ssh")
        };
        let path = base.join(self.account.expand(pattern));
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Vec::new();
        };
        let name = name.to_string_lossy().into_owned();
        if !name.contains(['*', '?']) {
            return vec![path];
        }
        let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
            .into_iter()
            .flatten()
            .take(1024)
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|candidate| {
                candidate
                    .file_name()
                    .is_some_and(|file| matches_wildcards(&name, &file.to_string_lossy()))
            })
            .collect();
        found.sort();
        found
    }
}

/// Ports other than `port` that `Host` blocks of an ssh_config text set for `host_name` or `alias`.
fn ports_in_config_text(
    text: &str,
    alias: &str,
    host_name: &str,
    port: u16,
    limits: Limits,
) -> Vec<RememberedPort> {
    let is_ours =
        |name: &str| name.eq_ignore_ascii_case(host_name) || name.eq_ignore_ascii_case(alias);
    let mut found: Vec<RememberedPort> = Vec::new();
    for block in blocks(text, limits.aliases) {
        let (Some(other), Some(first)) = (block.port, block.aliases.first()) else {
            continue;
        };
        let ours = match &block.host_name {
            Some(name) => is_ours(name),
            None => block.aliases.iter().any(|alias| is_ours(alias)),
        };
        let known = found.iter().any(|remembered| remembered.port == other);
        if ours && other != port && !known {
            found.push(RememberedPort {
                port: other,
                place: RememberedWhere::SshConfig {
                    alias: sshdoctor_case::escape(first),
                },
            });
        }
    }
    found
}

fn blocks(text: &str, max_aliases: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    let mut aliases = 0;
    for (keyword, value) in text.lines().filter_map(keyword_and_value) {
        match keyword.to_ascii_lowercase().as_str() {
            "host" => {
                let plain: Vec<String> = words(value)
                    .into_iter()
                    .filter(|word| !word.contains(['*', '?', '!']))
                    .take(max_aliases.saturating_sub(aliases))
                    .collect();
                aliases += plain.len();
                open = !plain.is_empty();
                if open {
                    blocks.push(Block {
                        aliases: plain,
                        ..Block::default()
                    });
                }
            }
            "match" => open = false,
            "hostname" if open => {
                if let Some(block) = blocks.last_mut() {
                    block.host_name = block
                        .host_name
                        .take()
                        .or_else(|| words(value).into_iter().next());
                }
            }
            "port" if open => {
                if let Some(block) = blocks.last_mut() {
                    let number = value.trim().trim_matches('"').parse().ok();
                    block.port = block.port.or(number.filter(|port| *port > 0));
                }
            }
            _ => {}
        }
    }
    blocks
}

/// `Keyword value`, `Keyword=value`; nothing for comments and empty lines.
fn keyword_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let (keyword, value) = line.split_once(|c: char| c.is_whitespace() || c == '=')?;
    Some((
        keyword,
        value.trim_start_matches(|c: char| c.is_whitespace() || c == '='),
    ))
}

/// Words at white space, double quotes around words with spaces, a comment at the end cut off.
fn words(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for character in value.chars() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted && word.is_empty() => break,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `*` and `?` as in `glob(7)`, in time linear in both lengths for each `*`.
fn matches_wildcards(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    p = star + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(text: &str) -> Vec<(u16, String)> {
        ports_in_config_text(text, "web1", "web1.example.net", 22, LIMITS)
            .into_iter()
            .map(|found| match found.place {
                RememberedWhere::SshConfig { alias } => (found.port, alias),
                RememberedWhere::KnownHosts { .. } => unreachable!("only ssh_config is read"),
            })
            .collect()
    }

    #[test]
    fn ports_of_the_same_machine_under_other_aliases_are_found() {
        let text = "Port 1\nHost web1-old old # x\n  HostName=WEB1.example.net\n  Port = 2222\n\
            Host db\n HostName db.example.net\n Port 3333\n\
            Host *\n Port 4444\nHost web1\nPort 5555\nPort 6666\nMatch all\nPort 7\nHost \"w 1\"\nport 22\nhostname web1\n";
        assert_eq!(
            ports(text),
            [(2222, "web1-old".into()), (5555, "web1".into())]
        );
    }

    #[test]
    fn wildcards_match_as_glob_does() {
        assert!(matches_wildcards("*.conf", "a.conf"));
        assert!(matches_wildcards("a?c*", "abcdef"));
        assert!(!matches_wildcards("*.conf", "a.conf~"));
        assert!(!matches_wildcards("a?c", "ac"));
    }

    #[test]
    fn included_files_are_read_once_even_when_they_include_each_other() {
        let directory =
            std::env::temp_dir().join(format!("sshdoctor-include-{}", std::process::id()));
        std::fs::create_dir_all(directory.join(".ssh/d")).unwrap();
        std::fs::write(directory.join(".ssh/config"), "Include d/*.conf\n").unwrap();
        std::fs::write(
            directory.join(".ssh/d/a.conf"),
            "Include ~/.ssh/config\nHost w\nHostName web1.example.net\nPort 2200\n",
        )
        .unwrap();
        let account = Account {
            name: "me".into(),
            home: directory.clone(),
        };
        let mut reader = Reader {
            account: &account,
            text: String::new(),
            seen: HashSet::new(),
        };
        reader.append(&directory.join(".ssh/config"), 0);
        std::fs::remove_dir_all(&directory).unwrap();
        assert_eq!(ports(&reader.text), [(2200, "w".into())]);
    }
}
