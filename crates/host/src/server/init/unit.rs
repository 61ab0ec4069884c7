//! A unit, from what systemd tells of it.

use sshdoctor_case::{Received, SocketUnit, Unit, UnitFailure};

use super::answers::is_ssh;
use super::environment;
use super::now::Now;
use super::properties::{Command, Ended, Properties};
use super::unit_files;
use crate::root::Root;

/// How many values of one list are kept.
const MOST_VALUES: usize = 64;
/// Settings that cut a service or socket off from the network, from homes or from privilege, with the value that does not.
const CONFINING: [(&str, &str); 16] = [
    ("PrivateNetwork", "no"),
    ("NetworkNamespacePath", ""),
    ("PrivateUsers", "no"),
    ("PrivateUsersEx", "no"),
    ("PrivateDevices", "no"),
    ("NoNewPrivileges", "no"),
    ("DynamicUser", "no"),
    ("User", "root"),
    ("RootDirectory", "/"),
    ("RootImage", ""),
    ("ProtectHome", "no"),
    ("ProtectSystem", "no"),
    ("SocketBindDeny", ""),
    ("BindToDevice", ""),
    ("RestrictAddressFamilies", ""),
    ("RestrictNetworkInterfaces", ""),
];
/// The same for settings that are lists.
const CONFINING_LISTS: [&str; 4] = [
    "InaccessiblePaths",
    "ReadOnlyPaths",
    "IPIngressFilterPath",
    "IPEgressFilterPath",
];

/// The unit that has these properties.
pub(super) fn unit(properties: &Properties, root: &Root, now: Now) -> Unit {
    let name = properties.text("Id").unwrap_or_default();
    let text = |property| Received::from_text(properties.text(property).unwrap_or("unknown"));
    let mut wanted_by = received(properties.list("WantedBy"));
    if !name.ends_with(".slice") {
        wanted_by.extend(received(properties.list("RequiredBy")));
    }
    let command: Vec<String> = properties
        .commands("ExecStart")
        .last()
        .map(|command| command.words.clone())
        .unwrap_or_default();
    Unit {
        name: Received::from_text(name),
        aliases: properties
            .list("Names")
            .iter()
            .filter(|other| *other != name)
            .take(MOST_VALUES)
            .map(|other| Received::from_text(other))
            .collect(),
        load_state: text("LoadState"),
        active_state: text("ActiveState"),
        sub_state: text("SubState"),
        enabled: properties.text("UnitFileState").map(Received::from_text),
        wanted_by,
        file: properties
            .text("FragmentPath")
            .or_else(|| properties.text("SourcePath"))
            .map(Received::from_text),
        drop_ins: received(properties.list("DropInPaths")),
        needs_reload: properties.is_true("NeedDaemonReload"),
        main_pid: properties
            .number("MainPID")
            .filter(|pid| *pid != 0)
            .and_then(|pid| pid.try_into().ok()),
        restarts: properties
            .number("NRestarts")
            .and_then(|count| count.try_into().ok()),
        changed_at_ms: changed_at(properties, now),
        failure: failure(properties, root),
        environment: environment::used_by(&command, properties, root),
        command: received(&command),
        address_deny: received(properties.list("IPAddressDeny")),
        address_allow: received(properties.list("IPAddressAllow")),
        confinement: if is_ssh(name) {
            confinement(properties)
        } else {
            Vec::new()
        },
        tasks: properties
            .number("TasksMax")
            .zip(properties.number("TasksCurrent")),
        memory: properties
            .number("MemoryMax")
            .zip(properties.number("MemoryCurrent")),
        memory_limits: if is_ssh(name) {
            memory_limits(properties)
        } else {
            Vec::new()
        },
        socket: name.ends_with(".socket").then(|| socket(properties)),
    }
}

fn changed_at(properties: &Properties, now: Now) -> Option<i64> {
    let microseconds = properties
        .number("StateChangeTimestamp")
        .filter(|microseconds| *microseconds != 0);
    match microseconds {
        Some(microseconds) => i64::try_from(microseconds / 1000).ok(),
        None => properties
            .number("StateChangeTimestampMonotonic")
            .filter(|microseconds| *microseconds != 0)
            .and_then(|microseconds| now.at_monotonic(microseconds)),
    }
}

fn failure(properties: &Properties, root: &Root) -> Option<UnitFailure> {
    let result = properties.text("Result").unwrap_or("success");
    let number = |property| {
        properties
            .number(property)
            .and_then(|number| i32::try_from(number).ok())
    };
    let main = number("ExecMainCode")
        .zip(number("ExecMainStatus"))
        .and_then(|(code, status)| Ended::from_code(code, status));
    let failed_command = ["ExecCondition", "ExecStartPre", "ExecStartPost"]
        .iter()
        .flat_map(|property| properties.commands(property))
        .find_map(failed);
    let failed_conditions = failed_conditions(properties, root);
    let is_failure = result != "success"
        || properties.text("ActiveState") == Some("failed")
        || main.is_some_and(|ended| ended.status() != 0)
        || failed_command.is_some()
        || !failed_conditions.is_empty();
    is_failure.then(|| UnitFailure {
        result: Received::from_text(result),
        exit_status: main.and_then(|ended| match ended {
            Ended::Exited(status) => Some(status),
            Ended::Killed(_) => None,
        }),
        signal: main.and_then(|ended| match ended {
            Ended::Exited(_) => None,
            Ended::Killed(signal) => Some(signal),
        }),
        failed_command,
        failed_conditions,
    })
}

/// Those that did not hold at the last start. A `daemon-reload` makes systemd forget which these were, but not that there was one.
fn failed_conditions(properties: &Properties, root: &Root) -> Vec<Received> {
    let told: Vec<Received> = ["Conditions", "Asserts"]
        .iter()
        .flat_map(|property| received(properties.list(property)))
        .collect();
    let failed = properties.text("ConditionResult") == Some("no")
        && properties.number("ConditionTimestampMonotonic") > Some(0);
    if !failed || !told.is_empty() {
        return told;
    }
    let name = properties.text("Id").unwrap_or_default();
    match unit_files::conditions(root, name).as_slice() {
        [only] => vec![Received::from_text(only)],
        _ => Vec::new(),
    }
}

fn failed(command: &Command) -> Option<(Received, i32)> {
    let status = command.ended?.status();
    (status != 0 && !command.errors_are_ignored)
        .then(|| (Received::from_text(&command.words.join(" ")), status))
}

fn confinement(properties: &Properties) -> Vec<Received> {
    let single = CONFINING.iter().filter_map(|(property, harmless)| {
        let value = properties.text(property)?;
        (value != *harmless).then(|| format!("{property}={value}"))
    });
    let lists = CONFINING_LISTS.iter().filter_map(|property| {
        let values = properties.list(property);
        (!values.is_empty()).then(|| format!("{property}={}", values.join(" ")))
    });
    single
        .chain(lists)
        .map(|text| Received::from_text(&text))
        .collect()
}

/// Those that a process may not go beyond; what is not set is infinite.
fn memory_limits(properties: &Properties) -> Vec<Received> {
    ["LimitAS", "LimitDATA"]
        .iter()
        .filter_map(|name| Some(format!("{name}={}", properties.number(name)?)))
        .map(|text| Received::from_text(&text))
        .collect()
}

fn socket(properties: &Properties) -> SocketUnit {
    SocketUnit {
        listen: received(properties.list("Listen")),
        accept: properties.is_true("Accept"),
        bind_ipv6_only: properties.text("BindIPv6Only").map(Received::from_text),
        triggers: received(properties.list("Triggers")),
        max_connections: properties
            .number("MaxConnections")
            .and_then(|count| count.try_into().ok()),
        connections: properties
            .number("NConnections")
            .and_then(|count| count.try_into().ok()),
    }
}

fn received(texts: &[String]) -> Vec<Received> {
    texts
        .iter()
        .take(MOST_VALUES)
        .map(|text| Received::from_text(text))
        .collect()
}
