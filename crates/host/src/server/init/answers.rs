//! What systemd is asked for, and what it answers.

use sshdoctor_case::{BootState, Job, Received};

use super::properties::Properties;

/// How many jobs, failed units and instances are kept of each.
pub(super) const MOST_LISTED: usize = 32;

/// Units of an SSH server.
pub(super) const SSH_UNITS: [&str; 6] = [
    "ssh.service",
    "sshd.service",
    "ssh.socket",
    "sshd.socket",
    "dropbear.service",
    "dropbear.socket",
];
/// Instances of which each serves one connection.
pub(super) const SSH_INSTANCES: [&str; 3] =
    ["ssh@*.service", "sshd@*.service", "dropbear@*.service"];
/// Whether a unit is one of an SSH server, or serves one connection of it.
pub(super) fn is_ssh(name: &str) -> bool {
    let own = name.split(['.', '@']).next().unwrap_or_default();
    matches!(own, "ssh" | "sshd" | "dropbear")
}

/// Units that the way to it stands on.
pub(super) const OTHER_UNITS: [&str; 12] = [
    "fail2ban.service",
    "ufw.service",
    "firewalld.service",
    "nftables.service",
    "netfilter-persistent.service",
    "iptables.service",
    "ip6tables.service",
    "sshguard.service",
    "crowdsec.service",
    "systemd-networkd.service",
    "NetworkManager.service",
    "networking.service",
];
/// Slices that SSH runs in, told only where they restrict addresses.
pub(super) const SLICES: [&str; 2] = ["-.slice", "system.slice"];

/// Everything that systemd answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) version: Option<Received>,
    pub(super) state: BootState,
    pub(super) jobs: Vec<Job>,
    pub(super) failed_units: Vec<Received>,
    /// Without those that do not exist.
    pub(super) units: Vec<Properties>,
}

/// Sockets of whatever name.
pub(super) const SOCKETS: &str = "*.socket";

/// Whether any of these addresses of a socket unit, as `[::]:22`, has the port.
pub(super) fn listens_on(addresses: &[String], port: u16) -> bool {
    addresses.iter().any(|address| {
        let own = address.rsplit(':').next();
        own.and_then(|own| own.parse().ok()) == Some(port)
    })
}

impl Answers {
    /// Adds a socket of whatever name if it wants the port.
    pub(super) fn add_socket(&mut self, unit: Properties, port: u16) {
        if listens_on(unit.list("Listen"), port) {
            self.add(unit);
        }
    }

    /// Adds a unit unless it is there already, does not exist, serves no connection now, or is a slice that restricts nothing.
    pub(super) fn add(&mut self, unit: Properties) {
        let name = unit.text("Id").unwrap_or_default();
        let known = self
            .units
            .iter()
            .any(|other| other.text("Id") == Some(name));
        let inactive = matches!(unit.text("ActiveState"), None | Some("inactive"));
        let absent = inactive && unit.text("LoadState") == Some("not-found");
        let idle_instance = inactive && name.contains('@');
        let idle_slice = name.ends_with(".slice") && unit.list("IPAddressDeny").is_empty();
        if !known && !absent && !idle_instance && !idle_slice && !name.is_empty() {
            self.units.push(unit);
        }
    }
}

/// From `SystemState` (`systemctl is-system-running`).
pub(super) fn boot_state(text: &str) -> BootState {
    match text {
        "initializing" | "starting" => BootState::Starting,
        "running" => BootState::Running,
        "degraded" => BootState::Degraded,
        "maintenance" => BootState::Maintenance,
        "stopping" => BootState::Stopping,
        _ => BootState::Unknown,
    }
}
