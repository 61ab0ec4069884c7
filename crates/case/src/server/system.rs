//! The machine itself.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// What the provider's metadata service says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CloudMetadata {
    /// The provider, by the form of the service.
    pub provider: String,
    /// Addresses that the provider translates to this machine, at most 16.
    pub public_addresses: Vec<IpAddr>,
    /// Names of the provider's groups of firewall rules, at most 16; empty where it does not tell.
    pub rule_groups: Vec<Received>,
}

impl CloudMetadata {
    /// The public addresses, as a sentence lists them.
    #[must_use]
    pub fn public_list(&self) -> String {
        let addresses = self.public_addresses.iter().map(ToString::to_string);
        addresses.collect::<Vec<_>>().join(", ")
    }
}

/// What this runs in.
/// What this runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Container {
    /// A machine, real or virtual.
    None,
    /// systemd-nspawn or LXC: a whole system with an init of its own.
    System,
    /// Docker, Podman, Kubernetes: one application.
    Application,
}

/// The distribution and the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperatingSystem {
    /// `ID` of `os-release(5)`, for example `debian`.
    pub id: Received,
    /// `ID_LIKE`, word by word.
    pub like: Vec<Received>,
    /// `VERSION_ID`, for example `12`.
    pub version: Option<Received>,
    /// `PRETTY_NAME`.
    pub name: Received,
    /// Release of the kernel (`uname -r`).
    pub kernel: Received,
    /// Name of the host.
    pub host_name: Received,
    /// Seconds since the boot; absent for a system that does not run.
    pub uptime_s: Option<u64>,
    /// What this runs in.
    pub container: Container,
    /// Effective user id of the observer.
    pub observer_uid: u32,
}
