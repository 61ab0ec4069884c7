//! systemd asked over D-Bus (`org.freedesktop.systemd1(5)`).
//!
//! Only where the bus runs: to connect to its socket would start it. systemd's own socket, which answers root without a bus, is left to
//! `systemctl`: it sends a name of its own as sender, which zbus takes for an error.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use futures_util::future::{join, join_all, join5};
use sshdoctor_case::{Job, Received};
use zbus::connection::Builder;
use zbus::{Connection, Message, OwnedObjectPath, Variant};

use super::answers::{
    Answers, MOST_LISTED, OTHER_UNITS, SLICES, SOCKETS, SSH_INSTANCES, SSH_UNITS, boot_state,
    is_ssh, listens_on,
};
use super::properties::{Command, Ended, Kind, Properties, Value, kind};
use crate::root::Root;

const BUS_SOCKET: &str = "/run/dbus/system_bus_socket";
/// Where the processes of a bus that runs are listed, whichever daemon it is and whichever hierarchy of cgroups there is.
const BUS_CGROUPS: [&str; 4] = [
    "/sys/fs/cgroup/system.slice/dbus.service",
    "/sys/fs/cgroup/system.slice/dbus-broker.service",
    "/sys/fs/cgroup/systemd/system.slice/dbus.service",
    "/sys/fs/cgroup/systemd/system.slice/dbus-broker.service",
];
const DESTINATION: &str = "org.freedesktop.systemd1";
const MANAGER_PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const SOCKET: &str = "org.freedesktop.systemd1.Socket";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum BusError {
    #[error("the bus does not run")]
    NoBus,
    #[error("{0}: {1}")]
    Connect(&'static str, std::io::Error),
    #[error("systemd over D-Bus: {0}")]
    Call(#[from] zbus::Error),
    #[error("systemd over D-Bus: no answer within {} s", .0.as_secs_f32())]
    TooLong(Duration),
    #[error("no thread for D-Bus: {0}")]
    Thread(std::io::Error),
}

/// Asks systemd, and gives up after `patience`.
pub(super) fn ask(root: &Root, port: u16, patience: Duration) -> Result<Answers, BusError> {
    if !BUS_CGROUPS.iter().any(|path| root.exists(path)) {
        return Err(BusError::NoBus);
    }
    let (sender, receiver) = channel();
    thread::Builder::new()
        .name("systemd".to_owned())
        .spawn(move || {
            // Nobody listens any more after the patience.
            let _ = sender.send(answers(port));
        })
        .map_err(BusError::Thread)?;
    receiver
        .recv_timeout(patience)
        .unwrap_or(Err(BusError::TooLong(patience)))
}

fn answers(port: u16) -> Result<Answers, BusError> {
    let stream =
        UnixStream::connect(BUS_SOCKET).map_err(|error| BusError::Connect(BUS_SOCKET, error))?;
    zbus::block_on(async {
        let connection = Builder::unix_stream(stream).build().await?;
        Ok(manager(&connection, port).await?)
    })
}

/// Asks everything at once, and then for the units that there are: every answer that is waited for alone costs two changes between
/// processes more.
async fn manager(connection: &Connection, port: u16) -> zbus::Result<Answers> {
    let names: Vec<&str> = SSH_UNITS
        .iter()
        .chain(&OTHER_UNITS)
        .chain(&SLICES)
        .copied()
        .collect();
    let ((own, jobs, failed, listed, instances), sockets) = join(
        join5(
            properties(connection, MANAGER_PATH, MANAGER),
            jobs(connection),
            by_patterns(connection, &["failed"], &[]),
            list(connection, "ListUnitsByNames", &(names,)),
            by_patterns(connection, &[], &SSH_INSTANCES),
        ),
        by_patterns(connection, &[], &[SOCKETS]),
    )
    .await;
    let body = own?.body();
    let own: HashMap<&str, Variant<'_>> = body.deserialize()?;
    let text = |name| own.get(name).and_then(scalar);
    let mut answers = Answers {
        version: text("Version").map(|version| Received::from_text(&version)),
        state: boot_state(&text("SystemState").unwrap_or_default()),
        jobs: jobs.unwrap_or_default(),
        failed_units: failed?
            .iter()
            .map(|unit| Received::from_text(&unit.name))
            .collect(),
        units: Vec::new(),
    };
    let mut listed = listed?;
    listed.extend(instances?);
    let there = listed
        .iter()
        .filter(|unit| unit.load_state != "not-found" || unit.active_state != "inactive")
        .map(|unit| properties_of(connection, unit));
    let sockets = sockets.unwrap_or_default();
    let others = sockets
        .iter()
        .filter(|unit| !is_ssh(&unit.name))
        .map(|unit| socket_on(connection, unit, port));
    let (there, others) = join(join_all(there), join_all(others)).await;
    for unit in there.into_iter().flatten() {
        answers.add(unit);
    }
    for unit in others.into_iter().flatten() {
        answers.add_socket(unit, port);
    }
    Ok(answers)
}

/// A socket unit that wants the port; of the others one property is asked for.
async fn socket_on(connection: &Connection, unit: &Listed, port: u16) -> Option<Properties> {
    let body = &(SOCKET, "Listen");
    let reply = call(connection, unit.path.as_str(), PROPERTIES, "Get", body).await;
    let body = reply.ok()?.body();
    let value: Variant<'_> = body.deserialize().ok()?;
    match read(Kind::Listen, &value) {
        Some(Value::List(addresses)) if listens_on(&addresses, port) => {
            properties_of(connection, unit).await.ok()
        }
        _ => None,
    }
}

async fn call<B>(
    connection: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    body: &B,
) -> zbus::Result<Message>
where
    B: serde::Serialize + zbus::DynamicType,
{
    connection
        .call_method(Some(DESTINATION), path, Some(interface), method, body)
        .await
}

async fn properties(connection: &Connection, path: &str, of: &str) -> zbus::Result<Message> {
    call(connection, path, PROPERTIES, "GetAll", &(of,)).await
}

async fn jobs(connection: &Connection) -> zbus::Result<Vec<Job>> {
    type Listed = (
        u32,
        String,
        String,
        String,
        OwnedObjectPath,
        OwnedObjectPath,
    );
    let reply = call(connection, MANAGER_PATH, MANAGER, "ListJobs", &()).await?;
    let mut listed: Vec<Listed> = reply.body().deserialize()?;
    // Those that wait do so for one of those that run.
    listed.sort_by_key(|(number, _, _, state, _, _)| (state != "running", *number));
    Ok(listed
        .into_iter()
        .take(MOST_LISTED)
        .map(|(_, unit, kind, state, _, _)| Job {
            unit: Received::from_text(&unit),
            kind: Received::from_text(&kind),
            state: Received::from_text(&state),
        })
        .collect())
}

/// A unit of a list, `(ssssssouso)`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    name: String,
    load_state: String,
    active_state: String,
    path: OwnedObjectPath,
}

/// Units that systemd has loaded, in one of these states and matching one of these patterns; none of either means any.
async fn by_patterns(
    connection: &Connection,
    states: &[&str],
    patterns: &[&str],
) -> zbus::Result<Vec<Listed>> {
    let mut listed = list(connection, "ListUnitsByPatterns", &(states, patterns)).await?;
    listed.sort_by_key(|unit| unit.active_state != "failed");
    listed.truncate(MOST_LISTED);
    Ok(listed)
}

async fn list<B>(connection: &Connection, method: &str, body: &B) -> zbus::Result<Vec<Listed>>
where
    B: serde::Serialize + zbus::DynamicType,
{
    type Row = (
        String,
        String,
        String,
        String,
        String,
        String,
        OwnedObjectPath,
        u32,
        String,
        OwnedObjectPath,
    );
    let reply = call(connection, MANAGER_PATH, MANAGER, method, body).await?;
    let rows: Vec<Row> = reply.body().deserialize()?;
    Ok(rows
        .into_iter()
        .map(
            |(name, _, load_state, active_state, _, _, path, ..)| Listed {
                name,
                load_state,
                active_state,
                path,
            },
        )
        .collect())
}

async fn properties_of(connection: &Connection, listed: &Listed) -> zbus::Result<Properties> {
    let name = listed.name.as_str();
    // An empty name means the properties of all interfaces.
    let (reply, state_on_disk) = join(
        properties(connection, listed.path.as_str(), ""),
        state_on_disk(connection, name),
    )
    .await;
    let body = reply?.body();
    let all: HashMap<&str, Variant<'_>> = body.deserialize()?;
    let mut unit = Properties::default();
    for (name, value) in &all {
        if let Some(value) = kind(name).and_then(|kind| read(kind, value)) {
            unit.add(name, value);
        }
    }
    if let Some(state) = state_on_disk {
        unit.add("UnitFileState", Value::Text(state));
    }
    Ok(unit)
}

/// Whether a unit of SSH is enabled: the property of that name remembers what the files said when it was first asked for.
async fn state_on_disk(connection: &Connection, name: &str) -> Option<String> {
    if !is_ssh(name) {
        return None;
    }
    let body = &(name,);
    let reply = call(connection, MANAGER_PATH, MANAGER, "GetUnitFileState", body).await;
    reply.ok()?.body().deserialize().ok()
}

fn read(kind: Kind, value: &Variant<'_>) -> Option<Value> {
    match kind {
        Kind::Scalar => scalar(value).map(Value::Text),
        Kind::Words => Some(Value::List(words(value))),
        Kind::Commands => Some(Value::Commands(
            structures(value).filter_map(command).collect(),
        )),
        Kind::Conditions => Some(Value::List(
            structures(value).filter_map(failed_condition).collect(),
        )),
        Kind::Listen => Some(Value::List(
            structures(value)
                .filter(|fields| fields.first().and_then(scalar).as_deref() == Some("Stream"))
                .filter_map(|fields| fields.get(1).and_then(scalar))
                .collect(),
        )),
        Kind::Files => Some(Value::List(
            structures(value)
                .filter_map(|fields| fields.first().and_then(scalar))
                .collect(),
        )),
        Kind::Prefixes => Some(Value::List(structures(value).filter_map(prefix).collect())),
        Kind::AllowList => allow_list(value).map(Value::Text),
    }
}

fn scalar(value: &Variant<'_>) -> Option<String> {
    match value {
        Variant::Str(text) => Some(text.as_str().to_owned()),
        Variant::Bool(true) => Some("yes".to_owned()),
        Variant::Bool(false) => Some("no".to_owned()),
        Variant::U8(number) => Some(number.to_string()),
        Variant::U16(number) => Some(number.to_string()),
        Variant::U32(number) => Some(number.to_string()),
        Variant::U64(number) => Some(number.to_string()),
        Variant::I32(number) => Some(number.to_string()),
        Variant::I64(number) => Some(number.to_string()),
        _ => None,
    }
}

fn words(value: &Variant<'_>) -> Vec<String> {
    match value {
        Variant::Array(array) => array.inner().iter().filter_map(scalar).collect(),
        _ => Vec::new(),
    }
}

fn structures<'v>(value: &'v Variant<'v>) -> impl Iterator<Item = &'v [Variant<'v>]> {
    let items = match value {
        Variant::Array(array) => array.inner(),
        _ => &[],
    };
    items.iter().filter_map(|item| match item {
        Variant::Structure(structure) => Some(structure.fields()),
        _ => None,
    })
}

/// `(sasbttttuii)`: path, words, whether errors are ignored, four times, process, `si_code`, status.
fn command(fields: &[Variant<'_>]) -> Option<Command> {
    let number = |index: usize| match fields.get(index)? {
        Variant::I32(number) => Some(*number),
        _ => None,
    };
    Some(Command {
        words: words(fields.get(1)?),
        errors_are_ignored: matches!(fields.get(2), Some(Variant::Bool(true))),
        ended: number(8)
            .zip(number(9))
            .and_then(|(code, status)| Ended::from_code(code, status)),
    })
}

/// `(sbbsi)`: kind, whether one of several is enough, whether it is negated, what is tested, and the result, negative where it failed.
fn failed_condition(fields: &[Variant<'_>]) -> Option<String> {
    let is = |index: usize| matches!(fields.get(index), Some(Variant::Bool(true)));
    match fields.get(4) {
        Some(Variant::I32(result)) if *result < 0 => Some(format!(
            "{}={}{}{}",
            scalar(fields.first()?)?,
            if is(1) { "|" } else { "" },
            if is(2) { "!" } else { "" },
            scalar(fields.get(3)?)?
        )),
        _ => None,
    }
}

/// `(iayu)`: family, bytes of the address, length of the prefix.
fn prefix(fields: &[Variant<'_>]) -> Option<String> {
    let Some(Variant::Array(array)) = fields.get(1) else {
        return None;
    };
    let bytes: Vec<u8> = array
        .inner()
        .iter()
        .filter_map(|byte| match byte {
            Variant::U8(byte) => Some(*byte),
            _ => None,
        })
        .collect();
    let address = match bytes.len() {
        4 => std::net::IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        16 => std::net::IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    Some(format!("{address}/{}", fields.get(2).and_then(scalar)?))
}

/// `(bas)`: whether these are allowed, or all others.
fn allow_list(value: &Variant<'_>) -> Option<String> {
    let Variant::Structure(structure) = value else {
        return None;
    };
    let fields = structure.fields();
    let allowed = matches!(fields.first(), Some(Variant::Bool(true)));
    let words = words(fields.get(1)?).join(" ");
    Some(match (allowed, words.is_empty()) {
        (true, true) => "none".to_owned(),
        (true, false) => words,
        (false, true) => String::new(),
        (false, false) => format!("~{words}"),
    })
}

#[cfg(test)]
mod tests;
