//! Lines of `fstab(5)` that a boot waits for (`systemd.mount(5)`).

use std::collections::HashSet;
use std::path::Path;

use sshdoctor_case::{FileSystemEntry, Received};

use crate::root::{Root, USUAL_MOST};

const FSTAB: &str = "/etc/fstab";
/// How many lines are kept.
const MOST_LINES: usize = 128;
/// Options that let the boot go on without it.
const NOT_WAITED_FOR: [&str; 3] = ["nofail", "noauto", "x-systemd.automount"];
/// What a source may be named by, with the directory of the links (`udev(7)`).
const NAMED_BY: [(&str, &str); 5] = [
    ("UUID=", "/dev/disk/by-uuid"),
    ("LABEL=", "/dev/disk/by-label"),
    ("PARTUUID=", "/dev/disk/by-partuuid"),
    ("PARTLABEL=", "/dev/disk/by-partlabel"),
    ("ID=", "/dev/disk/by-id"),
];

pub(super) fn waited_for(root: &Root) -> Vec<FileSystemEntry> {
    let Ok(contents) = root.read(FSTAB, USUAL_MOST) else {
        return Vec::new();
    };
    let mounted = root.is_running().then(|| mounted(root)).flatten();
    contents
        .lines()
        .filter_map(|(number, line)| entry(root, number, line, mounted.as_ref()))
        .take(MOST_LINES)
        .collect()
}

fn entry(
    root: &Root,
    number: u32,
    line: &[u8],
    mounted: Option<&HashSet<String>>,
) -> Option<FileSystemEntry> {
    let text = String::from_utf8_lossy(line);
    let mut fields = text.split_whitespace().map(unescaped);
    let source = fields.next().filter(|source| !source.starts_with('#'))?;
    let place = fields.next()?;
    let kind = fields.next()?;
    let options = fields.next().unwrap_or_else(|| "defaults".to_owned());
    let options: Vec<&str> = options.split(',').collect();
    let waits = kind != "swap"
        && kind != "ignore"
        && place.starts_with('/')
        && !options.iter().any(|option| NOT_WAITED_FOR.contains(option));
    waits.then(|| FileSystemEntry {
        line: number,
        exists: exists(root, &source, &options),
        mounted: mounted.map(|mounted| mounted.contains(normal(&place))),
        source: Received::from_text(&source),
        place: Received::from_text(&place),
        kind: Received::from_text(&kind),
        options: options.into_iter().map(Received::from_text).collect(),
    })
}

/// `\040` stands for a space, and so on.
fn unescaped(field: &str) -> String {
    let mut text = field.to_owned();
    for (escape, character) in [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ] {
        text = text.replace(escape, character);
    }
    text
}

fn normal(place: &str) -> &str {
    match place.trim_end_matches('/') {
        "" => "/",
        place => place,
    }
}

/// Whether there is such a disk; of the disks of another system nothing is known.
fn exists(root: &Root, source: &str, options: &[&str]) -> Option<bool> {
    if !root.is_running() {
        return None;
    }
    for (prefix, directory) in NAMED_BY {
        if let Some(name) = source.strip_prefix(prefix) {
            let name = name.trim_matches('"');
            // Where nobody makes these links, as in most containers, their absence says nothing.
            return root
                .exists(directory)
                .then(|| root.exists(Path::new(directory).join(encoded(name))));
        }
    }
    let is_path = source.starts_with("/dev/")
        || (source.starts_with('/')
            && options
                .iter()
                .any(|option| matches!(*option, "bind" | "rbind" | "loop")));
    is_path.then(|| root.exists(source))
}

/// As udev writes a label into the name of a link (`encode_devnode_name`).
fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"#+-.:=@_".contains(&byte) || byte >= 0x80 {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("\\x{byte:02x}"));
        }
    }
    encoded
}

/// Places at which something is mounted.
fn mounted(root: &Root) -> Option<HashSet<String>> {
    let contents = root.read("/proc/self/mounts", 4 * 1024 * 1024).ok()?;
    let text = String::from_utf8_lossy(&contents.bytes).into_owned();
    Some(
        text.lines()
            .filter_map(|line| line.split(' ').nth(1))
            .map(unescaped)
            .collect(),
    )
}
