//! What systemd tells of one unit, whichever way it was asked.

use std::collections::HashMap;

/// How a property is written on the bus, and by `systemctl show`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string, a number or a truth value.
    Scalar,
    /// An array of strings.
    Words,
    /// `ExecStart` and the like.
    Commands,
    /// `Conditions` and `Asserts`, of which only those that failed are kept.
    Conditions,
    /// `Listen`: kind of the socket and its address.
    Listen,
    /// `EnvironmentFiles`: path, and whether it may be missing.
    Files,
    /// `IPAddressDeny` and `IPAddressAllow`.
    Prefixes,
    /// Words that are allowed, or all but which are.
    AllowList,
}

/// The properties that are looked at (`org.freedesktop.systemd1(5)`).
pub(super) const WANTED: [(&str, Kind); 65] = [
    ("Id", Kind::Scalar),
    ("Names", Kind::Words),
    ("LoadState", Kind::Scalar),
    ("ActiveState", Kind::Scalar),
    ("SubState", Kind::Scalar),
    ("UnitFileState", Kind::Scalar),
    ("WantedBy", Kind::Words),
    ("RequiredBy", Kind::Words),
    ("FragmentPath", Kind::Scalar),
    ("SourcePath", Kind::Scalar),
    ("DropInPaths", Kind::Words),
    ("NeedDaemonReload", Kind::Scalar),
    ("MainPID", Kind::Scalar),
    ("NRestarts", Kind::Scalar),
    ("StateChangeTimestamp", Kind::Scalar),
    ("StateChangeTimestampMonotonic", Kind::Scalar),
    ("Result", Kind::Scalar),
    ("ExecMainPID", Kind::Scalar),
    ("ExecMainCode", Kind::Scalar),
    ("ExecMainStatus", Kind::Scalar),
    ("ExecCondition", Kind::Commands),
    ("ExecStartPre", Kind::Commands),
    ("ExecStart", Kind::Commands),
    ("ExecStartPost", Kind::Commands),
    ("Conditions", Kind::Conditions),
    ("Asserts", Kind::Conditions),
    ("ConditionResult", Kind::Scalar),
    ("ConditionTimestampMonotonic", Kind::Scalar),
    ("EnvironmentFiles", Kind::Files),
    ("Environment", Kind::Words),
    ("Listen", Kind::Listen),
    ("Accept", Kind::Scalar),
    ("BindIPv6Only", Kind::Scalar),
    ("BindToDevice", Kind::Scalar),
    ("FreeBind", Kind::Scalar),
    ("Triggers", Kind::Words),
    ("MaxConnections", Kind::Scalar),
    ("NConnections", Kind::Scalar),
    ("IPAddressDeny", Kind::Prefixes),
    ("IPAddressAllow", Kind::Prefixes),
    ("IPIngressFilterPath", Kind::Words),
    ("IPEgressFilterPath", Kind::Words),
    ("RestrictAddressFamilies", Kind::AllowList),
    ("RestrictNetworkInterfaces", Kind::AllowList),
    ("PrivateNetwork", Kind::Scalar),
    ("NetworkNamespacePath", Kind::Scalar),
    ("PrivateUsers", Kind::Scalar),
    ("PrivateUsersEx", Kind::Scalar),
    ("PrivateDevices", Kind::Scalar),
    ("NoNewPrivileges", Kind::Scalar),
    ("DynamicUser", Kind::Scalar),
    ("User", Kind::Scalar),
    ("RootDirectory", Kind::Scalar),
    ("RootImage", Kind::Scalar),
    ("ProtectHome", Kind::Scalar),
    ("ProtectSystem", Kind::Scalar),
    ("InaccessiblePaths", Kind::Words),
    ("ReadOnlyPaths", Kind::Words),
    ("SocketBindDeny", Kind::Scalar),
    ("TasksMax", Kind::Scalar),
    ("TasksCurrent", Kind::Scalar),
    ("MemoryMax", Kind::Scalar),
    ("MemoryCurrent", Kind::Scalar),
    ("LimitAS", Kind::Scalar),
    ("LimitDATA", Kind::Scalar),
];

/// The kind of a property that is looked at.
pub(super) fn kind(name: &str) -> Option<Kind> {
    WANTED
        .iter()
        .find(|(wanted, _)| *wanted == name)
        .map(|(_, kind)| *kind)
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
}

impl Ended {
    /// From `si_code` of `sigaction(2)` (`CLD_EXITED`, `CLD_KILLED`, `CLD_DUMPED`) and the status.
    pub(super) const fn from_code(code: i32, status: i32) -> Option<Self> {
        match code {
            1 => Some(Self::Exited(status)),
            2 | 3 => Some(Self::Killed(status)),
            _ => None,
        }
    }

    /// As a shell tells it.
    pub(super) const fn status(self) -> i32 {
        match self {
            Self::Exited(status) => status,
            Self::Killed(signal) => 128_i32.saturating_add(signal),
        }
    }
}

/// One command of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    pub(super) errors_are_ignored: bool,
    pub(super) ended: Option<Ended>,
}

/// One property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
    Commands(Vec<Command>),
}

/// What systemd tells of one unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Properties(HashMap<String, Value>);

impl Properties {
    /// Adds a property, or more values of it.
    pub(super) fn add(&mut self, name: &str, value: Value) {
        match (self.0.get_mut(name), value) {
            (Some(Value::List(list)), Value::List(more)) => list.extend(more),
            (Some(Value::Commands(commands)), Value::Commands(more)) => commands.extend(more),
            (_, value) => {
                self.0.insert(name.to_owned(), value);
            }
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.text(name), Some("yes" | "true"))
    }

    /// A number; `[not set]`, `infinity` and the greatest of all are none.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)
            .and_then(|text| text.parse().ok())
            .filter(|number| *number != u64::MAX)
    }

    pub(super) fn list(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    pub(super) fn commands(&self, name: &str) -> &[Command] {
        match self.0.get(name) {
            Some(Value::Commands(commands)) => commands,
            _ => &[],
        }
    }
}
