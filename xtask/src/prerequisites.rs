//! What the tests and the lab need of the machine.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::{Context as _, bail};

use crate::process;

/// Program and Debian package.
const PROGRAMS: [(&str, &str); 20] = [
    ("cc", "gcc"),
    ("dbus-daemon", "dbus"),
    ("debootstrap", "debootstrap"),
    ("dnsmasq", "dnsmasq-base"),
    ("fail2ban-server", "fail2ban"),
    ("firewalld", "firewalld"),
    ("ip", "iproute2"),
    ("ipset", "ipset"),
    ("iptables", "iptables"),
    ("nft", "nftables"),
    ("nsenter", "util-linux"),
    ("ssh", "openssh-client"),
    ("ssh-keygen", "openssh-client"),
    ("sshd", "openssh-server"),
    ("sshguard", "sshguard"),
    ("tc", "iproute2"),
    ("tcpdmatch", "tcpd"),
    ("systemd-nspawn", "systemd-container"),
    ("ufw", "ufw"),
    ("unshare", "util-linux"),
];

/// Services of these packages: a firewall that starts during a test run would change who gets into this machine.
const SERVICES: [&str; 4] = [
    "fail2ban.service",
    "firewalld.service",
    "sshguard.service",
    "ufw.service",
];

/// Asked by `invoke-rc.d` before a package starts a service; 101 forbids it (policy-rc.d(8), Debian).
const POLICY: &str = "/usr/sbin/policy-rc.d";

/// Removed when the packages are there.
struct NoServices;

impl NoServices {
    /// Forbids packages to start what they install. A policy that is there already is left as it is.
    fn set() -> anyhow::Result<Option<Self>> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(POLICY);
        let mut file = match file {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error).context(POLICY),
        };
        let policy = Self;
        file.write_all(b"#!/bin/sh\nexit 101\n").context(POLICY)?;
        Ok(Some(policy))
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(POLICY) {
            eprintln!("{POLICY} is to be removed: {error}");
        }
    }
}

/// Keeps the services of packages that were not there before from starting at the next boot.
fn disable(missing: &BTreeSet<&str>) {
    for service in SERVICES {
        let package = service.trim_end_matches(".service");
        if missing.contains(package) && process::is_installed("systemctl") {
            // Without systemd there is nothing that could start it.
            let _ = process::run(&["systemctl", "--quiet", "disable", service]);
        }
    }
}

/// Installs what is missing, as root on Debian or Ubuntu; elsewhere says what is needed.
pub(crate) fn install() -> anyhow::Result<()> {
    let missing: BTreeSet<&str> = PROGRAMS
        .into_iter()
        .filter(|(program, _)| !process::is_installed(program))
        .map(|(_, package)| package)
        .collect();
    if missing.is_empty() {
        println!("every program is there");
        return Ok(());
    }
    let list = missing.iter().copied().collect::<Vec<_>>();
    let by_hand = format!("apt-get install {}", list.join(" "));
    if !nix::unistd::Uid::effective().is_root() || !process::is_installed("apt-get") {
        bail!("missing programs; as root on Debian or Ubuntu: {by_hand}");
    }
    println!("installing {}", list.join(", "));
    process::run(&["apt-get", "update", "-q"])?;
    let mut install =
        process::command(&["apt-get", "install", "-q", "-y", "--no-install-recommends"]);
    install.args(&list).env("DEBIAN_FRONTEND", "noninteractive");
    let policy = NoServices::set()?;
    let installed = process::succeed(&mut install, &by_hand);
    drop(policy);
    disable(&missing);
    installed
}
