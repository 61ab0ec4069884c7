//! SELinux, AppArmor and system-wide crypto policies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// What SELinux does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SelinuxMode {
    /// It is not there.
    Disabled,
    /// It only logs.
    Permissive,
    /// It denies.
    Enforcing,
}

/// The label of a file, and what the policy wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileContext {
    /// The file.
    pub path: Received,
    /// Its label.
    pub label: Received,
    /// What the policy gives it (`matchpathcon`).
    pub expected: Option<Received>,
}

/// SELinux.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selinux {
    /// What it does.
    pub mode: SelinuxMode,
    /// What the configuration says it will do after a boot.
    pub configured: Option<Received>,
    /// The port's type, where the policy was asked: `ssh_port_t` is needed.
    pub port_type: Option<Received>,
    /// Files with labels.
    pub contexts: Vec<FileContext>,
}

/// AppArmor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppArmor {
    /// It is on.
    pub enabled: bool,
    /// Profile and mode of the running sshd, as `unconfined` or `/usr/sbin/sshd (enforce)`.
    pub sshd_profile: Option<Received>,
    /// Profiles for sshd that are loaded, in the same form, at most 8.
    pub loaded: Vec<Received>,
}

/// The system-wide crypto policy of Red Hat's distributions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CryptoPolicy {
    /// Its name, for example `DEFAULT:SHA1`.
    pub name: Received,
    /// When it was changed last, in milliseconds since the epoch.
    pub changed_at_ms: Option<i64>,
}
