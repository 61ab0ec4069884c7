//! File names by pattern, as `glob(3)` finds them for what files include: in the order of their bytes, hidden ones only by name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::root::Root;

/// How many names of one directory are looked at.
const MOST_NAMES: usize = 4096;
/// How many directories are gone through for one pattern.
const MOST_DIRECTORIES: usize = 1024;
/// `PATH_MAX` (`limits.h`).
const LONGEST: usize = 4096;

/// The paths that a pattern stands for, at most `most`.
pub(crate) fn paths(root: &Root, pattern: &[u8], most: usize) -> Vec<PathBuf> {
    if pattern.len() >= LONGEST {
        return Vec::new();
    }
    let mut found = vec![PathBuf::from("/")];
    let mut directories = 0;
    for part in pattern
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
    {
        let wanted = is_pattern(part).then(|| elements(part));
        for parent in std::mem::take(&mut found) {
            match &wanted {
                Some(wanted) if directories < MOST_DIRECTORIES => {
                    directories += 1;
                    let names = root.names_in(&parent, MOST_NAMES).unwrap_or_default();
                    let hidden = part.starts_with(b".");
                    let names = names
                        .into_iter()
                        .filter(|name| hidden || !name.starts_with(b"."));
                    let names = names.filter(|name| holds(wanted, name));
                    found.extend(names.map(|name| parent.join(OsStr::from_bytes(&name))));
                }
                Some(_) => {}
                None => {
                    let path = parent.join(OsStr::from_bytes(&unescaped(part)));
                    if is_there(root, &path) {
                        found.push(path);
                    }
                }
            }
            if found.len() >= most {
                break;
            }
        }
        found.truncate(most);
    }
    found
}

/// A link is there even if it leads nowhere (glibc since 2.27).
fn is_there(root: &Root, path: &Path) -> bool {
    root.exists(path) || root.read_link(path).is_ok()
}

fn is_pattern(part: &[u8]) -> bool {
    part.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

fn unescaped(part: &[u8]) -> Vec<u8> {
    let mut bytes = part.iter().copied();
    let mut plain = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        plain.push(if byte == b'\\' {
            bytes.next().unwrap_or(byte)
        } else {
            byte
        });
    }
    plain
}

/// One element of a pattern for names.
enum Element {
    Any,
    One,
    Byte(u8),
    Class {
        negated: bool,
        ranges: Vec<(u8, u8)>,
    },
}

impl Element {
    fn holds(&self, byte: u8) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Byte(own) => *own == byte,
            Self::Class { negated, ranges } => {
                *negated
                    != ranges
                        .iter()
                        .any(|(low, high)| (*low..=*high).contains(&byte))
            }
        }
    }
}

fn holds(pattern: &[Element], name: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    let mut star = None;
    loop {
        match (pattern.get(in_pattern), name.get(at)) {
            (Some(Element::Any), _) => {
                in_pattern += 1;
                star = Some((in_pattern, at));
                continue;
            }
            (Some(element), Some(byte)) if element.holds(*byte) => {
                (at, in_pattern) = (at + 1, in_pattern + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        match star {
            Some((behind, taken)) if taken < name.len() => {
                star = Some((behind, taken + 1));
                (at, in_pattern) = (taken + 1, behind);
            }
            _ => return false,
        }
    }
}

fn elements(pattern: &[u8]) -> Vec<Element> {
    let mut elements = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        elements.push(match first {
            b'*' => Element::Any,
            b'?' => Element::One,
            b'[' => match class(after) {
                Some((class, behind)) => {
                    rest = behind;
                    class
                }
                None => Element::Byte(b'['),
            },
            b'\\' => {
                let escaped = after.first().copied().unwrap_or(b'\\');
                rest = after.get(1..).unwrap_or_default();
                Element::Byte(escaped)
            }
            byte => Element::Byte(*byte),
        });
    }
    elements
}

/// What stands between brackets, and what is behind them; absent when they are not closed.
fn class(text: &[u8]) -> Option<(Element, &[u8])> {
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let text = if negated { &text[1..] } else { text };
    // A closing bracket in the first place is one of the characters.
    let end = text.iter().skip(1).position(|byte| *byte == b']')? + 1;
    let (inside, behind) = (&text[..end], &text[end + 1..]);
    let mut ranges = Vec::new();
    let mut rest = inside;
    while let Some((low, after)) = rest.split_first() {
        rest = match after {
            [b'-', high, behind @ ..] => {
                ranges.push((*low, *high));
                behind
            }
            _ => {
                ranges.push((*low, *low));
                after
            }
        };
    }
    Some((Element::Class { negated, ranges }, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_as_the_shell_would() {
        for (pattern, name, expected) in [
            ("*.conf", "10-a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("[0-4]?-*", "10-a", true),
            ("[!0-4]*", "10-a", false),
            ("[]x]", "]", true),
            ("[x", "[x", true),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
        ] {
            assert_eq!(
                holds(&elements(pattern.as_bytes()), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn paths_come_in_order_and_only_if_they_are_there() {
        let disk = tempfile::tempdir().unwrap();
        for file in [
            "etc/b.d/1.conf",
            "etc/a.d/2.conf",
            "etc/a.d/1.conf",
            "etc/a.d/1.bak",
            "etc/a.d/.0.conf",
        ] {
            let path = disk.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        std::os::unix::fs::symlink("/nowhere", disk.path().join("etc/a.d/9.conf")).unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        let found = |pattern: &str| -> Vec<String> {
            let found = paths(&root, pattern.as_bytes(), 10).into_iter();
            found.map(|path| path.display().to_string()).collect()
        };
        assert_eq!(
            found("/etc/*.d/*.conf"),
            [
                "/etc/a.d/1.conf",
                "/etc/a.d/2.conf",
                "/etc/a.d/9.conf",
                "/etc/b.d/1.conf"
            ]
        );
        assert_eq!(found("/etc/a.d/.*.conf"), ["/etc/a.d/.0.conf"]);
        assert_eq!(found("/etc/a.d/3.conf"), [""; 0]);
        assert_eq!(found("/etc//b.d/1.conf"), ["/etc/b.d/1.conf"]);
    }
}
