//! Units as the files of the disk describe them, whether or not systemd runs (`systemd.unit(5)`).

mod enablement;
mod settings;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use sshdoctor_case::{Received, SocketUnit, Unit};

use super::answers::{OTHER_UNITS, SSH_UNITS, is_ssh};
use super::environment;
use super::properties::{Command, Properties, Value};
use crate::root::Root;
pub(in crate::server) use enablement::Enablement;
use settings::Settings;

/// Where unit files are, the first one found counts (`systemd.unit(5)`, unit file load path).
const DIRECTORIES: [&str; 11] = [
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
];
/// How many drop-ins of one unit are read.
const MOST_DROP_INS: usize = 64;
/// How many entries of one directory are looked at.
pub(super) const MOST_NAMES: usize = 4096;

/// What there is of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) enum UnitFile {
    /// No file.
    Absent,
    /// A link to `/dev/null`, or an empty file.
    Masked(PathBuf),
    /// A file.
    At(PathBuf),
}

/// Finds the file of a unit.
pub(in crate::server) fn find(root: &Root, name: &str) -> UnitFile {
    for directory in DIRECTORIES {
        let path = Path::new(directory).join(name);
        if root
            .read_link(&path)
            .is_ok_and(|target| target == Path::new("/dev/null"))
        {
            return UnitFile::Masked(path);
        }
        if let Ok(metadata) = root.metadata(&path)
            && metadata.is_file()
        {
            return if metadata.len() == 0 {
                UnitFile::Masked(path)
            } else {
                UnitFile::At(path)
            };
        }
    }
    UnitFile::Absent
}

/// Every unit of SSH, and of what it stands on, that has a file. Whether it is active cannot be told.
pub(super) fn units(root: &Root) -> Vec<Unit> {
    let enablement = Enablement::read(root);
    let mut units: Vec<Unit> = Vec::new();
    for name in SSH_UNITS.iter().chain(&OTHER_UNITS) {
        let is_alias = units
            .iter()
            .any(|unit| unit.aliases.iter().any(|alias| alias.as_str() == *name));
        if is_alias {
            continue;
        }
        match find(root, name) {
            UnitFile::Absent => {}
            UnitFile::Masked(path) => units.push(masked(name, &path)),
            UnitFile::At(path) => units.push(loaded(root, name, &path, &enablement)),
        }
    }
    units
}

/// `Condition…=` lines of a unit, as written.
pub(super) fn conditions(root: &Root, name: &str) -> Vec<String> {
    let UnitFile::At(path) = find(root, name) else {
        return Vec::new();
    };
    let mut settings = Settings::default();
    settings.read(root, &path);
    for drop_in in drop_ins(root, name) {
        settings.read(root, &drop_in);
    }
    settings.beginning_with("Unit", "Condition").collect()
}

/// What a unit runs when it starts, as written.
pub(in crate::server) fn start_commands(root: &Root, name: &str) -> Vec<String> {
    let UnitFile::At(path) = find(root, name) else {
        return Vec::new();
    };
    let mut settings = Settings::default();
    settings.read(root, &path);
    for drop_in in drop_ins(root, name) {
        settings.read(root, &drop_in);
    }
    let commands = settings.values("Service", "ExecStart");
    commands.map(str::to_owned).collect()
}

fn masked(name: &str, path: &Path) -> Unit {
    Unit {
        load_state: Received::from_text("masked"),
        enabled: Some(Received::from_text("masked")),
        file: Some(received_path(path)),
        ..empty(name)
    }
}

fn loaded(root: &Root, name: &str, path: &Path, enablement: &Enablement) -> Unit {
    let drop_ins = drop_ins(root, name);
    let mut settings = Settings::default();
    for file in std::iter::once(path).chain(drop_ins.iter().map(PathBuf::as_path)) {
        settings.read(root, file);
    }
    let command: Vec<String> = settings
        .values("Service", "ExecStart")
        .last()
        .map(|line| {
            let program = line.trim_start_matches(['-', '@', ':', '+', '!', '|']);
            program.split_whitespace().map(str::to_owned).collect()
        })
        .unwrap_or_default();
    let section = if name.ends_with(".socket") {
        "Socket"
    } else {
        "Service"
    };
    let prefixes = |key| -> Vec<Received> {
        settings
            .values(section, key)
            .flat_map(str::split_whitespace)
            .flat_map(prefixes)
            .map(|prefix| Received::from_text(&prefix))
            .collect()
    };
    Unit {
        load_state: Received::from_text("loaded"),
        aliases: enablement.aliases(name).map(Received::from_text).collect(),
        enabled: Some(Received::from_text(
            enablement.state(name, settings.has_section("Install")),
        )),
        wanted_by: enablement.wanters(name).map(Received::from_text).collect(),
        file: Some(received_path(path)),
        drop_ins: drop_ins.iter().map(|path| received_path(path)).collect(),
        environment: environment::used_by(&command, &environment_of(&settings), root),
        command: command
            .iter()
            .map(|word| Received::from_text(word))
            .collect(),
        address_deny: prefixes("IPAddressDeny"),
        address_allow: prefixes("IPAddressAllow"),
        confinement: if is_ssh(name) {
            confinement(&settings, section)
        } else {
            Vec::new()
        },
        socket: name.ends_with(".socket").then(|| socket(name, &settings)),
        ..empty(name)
    }
}

/// The same properties that systemd tells of a running service.
fn environment_of(settings: &Settings) -> Properties {
    let values = |key| {
        settings
            .values("Service", key)
            .map(|value| value.trim_start_matches('-').to_owned())
            .collect()
    };
    let mut properties = Properties::default();
    properties.add("EnvironmentFiles", Value::List(values("EnvironmentFile")));
    properties.add("Environment", Value::List(values("Environment")));
    properties.add("ExecStart", Value::Commands(Vec::<Command>::new()));
    properties
}

fn confinement(settings: &Settings, section: &str) -> Vec<Received> {
    [
        "PrivateNetwork",
        "NetworkNamespacePath",
        "RestrictAddressFamilies",
        "RestrictNetworkInterfaces",
        "PrivateUsers",
        "DynamicUser",
        "NoNewPrivileges",
        "User",
        "RootDirectory",
        "ProtectHome",
        "InaccessiblePaths",
        "SocketBindDeny",
        "BindToDevice",
    ]
    .iter()
    .flat_map(|key| {
        settings
            .values(section, key)
            .filter(|value| !matches!(*value, "no" | "false" | "off" | "0"))
            .map(move |value| Received::from_text(&format!("{key}={value}")))
    })
    .collect()
}

fn socket(name: &str, settings: &Settings) -> SocketUnit {
    let last = |key| settings.values("Socket", key).last();
    let accept = last("Accept").is_some_and(|value| matches!(value, "yes" | "true" | "on" | "1"));
    let own = name.trim_end_matches(".socket");
    let service = match last("Service") {
        Some(service) => service.to_owned(),
        None if accept => format!("{own}@.service"),
        None => format!("{own}.service"),
    };
    SocketUnit {
        listen: settings
            .values("Socket", "ListenStream")
            .map(|address| Received::from_text(&listening(address)))
            .collect(),
        accept,
        bind_ipv6_only: last("BindIPv6Only").map(Received::from_text),
        triggers: vec![Received::from_text(&service)],
        max_connections: last("MaxConnections").and_then(|count| count.parse().ok()),
        connections: None,
    }
}

/// What the names for sets of addresses stand for, and a single address with its length (`systemd.resource-control(5)`).
fn prefixes(word: &str) -> Vec<String> {
    let named: &[&str] = match word {
        "any" => &["0.0.0.0/0", "::/0"],
        "localhost" => &["127.0.0.0/8", "::1/128"],
        "link-local" => &["169.254.0.0/16", "fe80::/64"],
        "multicast" => &["224.0.0.0/4", "ff00::/8"],
        _ => &[],
    };
    match word.parse::<IpAddr>() {
        Ok(address) => vec![IpNet::from(address).to_string()],
        Err(_) if named.is_empty() => vec![word.to_owned()],
        Err(_) => named.iter().map(|prefix| (*prefix).to_owned()).collect(),
    }
}

/// A bare port is `[::]:PORT`, as systemd shows it.
fn listening(address: &str) -> String {
    match address.parse::<u16>() {
        Ok(port) => format!("[::]:{port}"),
        Err(_) => address.to_owned(),
    }
}

/// The drop-ins of a unit in the order in which they are read: by name, and of one name only the first in the load path.
fn drop_ins(root: &Root, name: &str) -> Vec<PathBuf> {
    let kind = name.rsplit('.').next().unwrap_or_default();
    let mut found: Vec<(Vec<u8>, PathBuf)> = Vec::new();
    for folder in [format!("{name}.d"), format!("{kind}.d")] {
        for directory in DIRECTORIES {
            let directory = Path::new(directory).join(&folder);
            for file in root.names_in(&directory, MOST_DROP_INS).unwrap_or_default() {
                let known = found.iter().any(|(other, _)| *other == file);
                if file.ends_with(b".conf") && !known {
                    let path = directory.join(String::from_utf8_lossy(&file).as_ref());
                    found.push((file, path));
                }
            }
        }
    }
    found.sort();
    found
        .into_iter()
        .take(MOST_DROP_INS)
        .map(|(_, path)| path)
        // One that is masked says nothing.
        .filter(|path| root.metadata(path).is_ok_and(|metadata| metadata.is_file()))
        .collect()
}

fn received_path(path: &Path) -> Received {
    Received::from_text(&path.to_string_lossy())
}

/// A unit of which nothing is known but its name.
pub(super) fn empty(name: &str) -> Unit {
    let unknown = || Received::from_text("unknown");
    Unit {
        name: Received::from_text(name),
        aliases: Vec::new(),
        load_state: unknown(),
        active_state: unknown(),
        sub_state: unknown(),
        enabled: None,
        wanted_by: Vec::new(),
        file: None,
        drop_ins: Vec::new(),
        needs_reload: false,
        main_pid: None,
        restarts: None,
        changed_at_ms: None,
        failure: None,
        command: Vec::new(),
        environment: Vec::new(),
        address_deny: Vec::new(),
        address_allow: Vec::new(),
        confinement: Vec::new(),
        tasks: None,
        memory: None,
        memory_limits: Vec::new(),
        socket: None,
    }
}
