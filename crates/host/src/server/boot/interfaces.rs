//! Interfaces that the network's configuration names.

mod files;

use std::path::Path;

use sshdoctor_case::{ConfiguredInterface, Received};

use crate::root::Root;
use files::Named;

/// How much of one file is read.
const MOST_BYTES: u64 = 64 * 1024;
/// How many files of one directory are read.
const MOST_FILES: usize = 64;
/// How many names are kept.
const MOST_NAMES: usize = 128;

/// How the names in a kind of file are found.
type Reader = fn(&str) -> Vec<Named>;

/// Directories of configuration, the end of the names of their files, and how these are read.
const DIRECTORIES: [(&str, &str, Reader); 10] = [
    ("/etc/network/interfaces.d", "", files::ifupdown),
    ("/etc/netplan", ".yaml", files::netplan),
    ("/run/netplan", ".yaml", files::netplan),
    ("/usr/lib/netplan", ".yaml", files::netplan),
    ("/etc/systemd/network", ".network", files::networkd),
    ("/run/systemd/network", ".network", files::networkd),
    (
        "/etc/NetworkManager/system-connections",
        ".nmconnection",
        files::network_manager,
    ),
    (
        "/run/NetworkManager/system-connections",
        ".nmconnection",
        files::network_manager,
    ),
    ("/etc/sysconfig/network-scripts", "", files::ifcfg),
    ("/etc/sysconfig/network", "", files::ifcfg),
];

pub(super) fn configured(root: &Root) -> Vec<ConfiguredInterface> {
    let mut found = Vec::new();
    read(root, "/etc/network/interfaces", files::ifupdown, &mut found);
    for (directory, end, reader) in DIRECTORIES {
        for name in root.names_in(directory, MOST_FILES).unwrap_or_default() {
            let name = String::from_utf8_lossy(&name).into_owned();
            let is_script_of_another_kind =
                directory.starts_with("/etc/sysconfig") && !name.starts_with("ifcfg-");
            if name.ends_with(end) && !is_script_of_another_kind {
                read(root, &format!("{directory}/{name}"), reader, &mut found);
            }
        }
    }
    let made = made_by_networkd(root);
    found.retain(|interface| !made.iter().any(|name| name == interface.name.as_str()));
    found.truncate(MOST_NAMES);
    found
}

/// `Name=` in `[NetDev]` (`systemd.netdev(5)`).
fn made_by_networkd(root: &Root) -> Vec<String> {
    let directory = "/etc/systemd/network";
    root.names_in(directory, MOST_FILES)
        .unwrap_or_default()
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .filter(|name| name.ends_with(".netdev"))
        .filter_map(|name| root.read(format!("{directory}/{name}"), MOST_BYTES).ok())
        .flat_map(|contents| {
            let text = String::from_utf8_lossy(&contents.bytes).into_owned();
            let names: Vec<String> = files::in_section(&text, "[NetDev]", "Name")
                .map(|(_, name)| name)
                .collect();
            names
        })
        .collect()
}

fn read(root: &Root, path: &str, reader: Reader, found: &mut Vec<ConfiguredInterface>) {
    let Ok(contents) = root.read(path, MOST_BYTES) else {
        return;
    };
    let text = String::from_utf8_lossy(&contents.bytes);
    for (line, name) in reader(&text) {
        let known = found.iter().any(|other| other.name.as_str() == name);
        if is_name(&name) && !known {
            found.push(ConfiguredInterface {
                file: Received::from_text(path),
                line: Some(line),
                exists: root
                    .is_running()
                    .then(|| root.exists(Path::new("/sys/class/net").join(&name))),
                name: Received::from_text(&name),
            });
        }
    }
}

/// What can be the name of one interface, and no pattern (`dev_valid_name`, `net/core/dev.c`).
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 16
        && !matches!(text, "." | ".." | "lo")
        && !text.contains(['/', '*', '?', '[', '!', ':', '%', ' '])
}
