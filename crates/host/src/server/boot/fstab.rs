//! Lines of `fstab(5)` that a boot waits for (`systemd.mount(5)`).

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use sshdoctor_case::{FileSystemEntry, Received};

use crate::root::{Root, USUAL_MOST};
use crate::server::init::unit_files::{UnitFile, find};

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
    let places = contents
        .lines()
        .filter_map(|(_, line)| place(line))
        .collect();
    contents
        .lines()
        .filter_map(|(number, line)| entry(root, number, line, &places, mounted.as_ref()))
        .take(MOST_LINES)
        .collect()
}

/// Where a line mounts something, whether a boot waits for it or not.
fn place(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let mut fields = text.split_whitespace().map(unescaped);
    let place = fields.nth(1)?;
    place.starts_with('/').then(|| normal(&place).to_owned())
}

fn entry(
    root: &Root,
    number: u32,
    line: &[u8],
    places: &HashSet<String>,
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
        exists: exists(root, &source, &options, places),
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

/// Whether there is such a disk, or such a file on a disk that is mounted.
///
/// Of a system that does not run, disks are known by what is written on them, which this machine's own links tell; what its kernel
/// would call them is not known, nor what lies on another file system that it would have mounted before.
fn exists(root: &Root, source: &str, options: &[&str], places: &HashSet<String>) -> Option<bool> {
    let devices = Root::default();
    for (prefix, directory) in NAMED_BY {
        let name = source.strip_prefix(prefix).map(|name| {
            let name = name.trim_matches('"');
            Path::new(directory).join(encoded(name))
        });
        let linked = || source.starts_with(&format!("{directory}/"));
        if let Some(link) = name.or_else(|| linked().then(|| PathBuf::from(source))) {
            // Where nobody makes these links, as in most containers, their absence says nothing.
            return devices.exists(directory).then(|| devices.exists(link));
        }
    }
    if source.starts_with("/dev/") {
        return root.is_running().then(|| root.exists(source));
    }
    // systemd makes the directory of a bind mount itself.
    let is_file = source.starts_with('/') && options.contains(&"loop");
    if !is_file {
        return None;
    }
    let exists = root.exists(source);
    let known = exists || root.is_running() || !is_elsewhere(root, Path::new(source), places);
    known.then_some(exists)
}

/// Whether a file may lie on a file system that the boot mounts, and that is not this disk: by another line, a unit, or as one of ZFS.
fn is_elsewhere(root: &Root, file: &Path, places: &HashSet<String>) -> bool {
    let by_line = places
        .iter()
        .any(|place| place != "/" && file.starts_with(place));
    let by_unit = || {
        file.ancestors().skip(1).any(|directory| {
            let directory = directory.to_string_lossy();
            let name = directory.trim_matches('/').replace('/', "-");
            find(root, &format!("{name}.mount")) != UnitFile::Absent
        })
    };
    by_line || by_unit() || root.exists("/etc/zfs/zpool.cache")
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
