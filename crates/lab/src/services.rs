//! Real daemons on hosts: sshd and dnsmasq.

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::error::{Doing, LabError};
use crate::files::write;
use crate::keys::HostKeys;
use crate::namespace::{Host, find_tool};
use crate::sandbox::{ROOM, is_rootless};
use crate::scenario::{NameServerSettings, SshdSettings};
use crate::system::Identity;

/// Longest time that a daemon may take until it listens.
const START_DEADLINE: Duration = Duration::from_secs(10);

/// Starts one sshd, waits until it listens, and stops it when it is to hang.
pub(crate) fn start_sshd(
    host: &Host,
    index: usize,
    settings: &SshdSettings,
    keys: &mut HostKeys,
) -> Result<Child, LabError> {
    let place = Path::new(ROOM).join(&host.name);
    let config = place.join(format!("sshd_config.{index}"));
    write(&config, &sshd_config(host, index, settings, keys)?, 0o644)?;
    let log =
        File::create(place.join(format!("sshd.{index}.log"))).doing("make the log of sshd")?;
    let identity = if is_rootless() {
        // With one user mapped there is no user for privilege separation; as an ordinary user sshd does without.
        Identity::Nested
    } else {
        Identity::Root
    };
    let child = host
        .command(&find_tool("sshd", "openssh-server")?, identity)?
        .args(["-D", "-e", "-f"])
        .arg(&config)
        .stderr(log)
        .spawn()
        .doing(format!("start sshd on {}", host.name))?;
    let first = settings
        .listen
        .first()
        .map_or(settings.ports[0], |address| {
            port_of(address).unwrap_or(settings.ports[0])
        });
    if let Err(error) = wait_for_listener(host, first) {
        let log = std::fs::read_to_string(place.join(format!("sshd.{index}.log")));
        return Err(LabError::Tool {
            tool: "sshd".into(),
            host: host.name.clone(),
            message: format!("{error}: {}", log.unwrap_or_default().trim()),
        });
    }
    if settings.paused {
        let pid = Pid::from_raw(child.id().cast_signed());
        kill(pid, Signal::SIGSTOP).doing("stop sshd")?;
    }
    Ok(child)
}

fn port_of(address: &str) -> Option<u16> {
    let (before, port) = address.rsplit_once(':')?;
    if before.contains(':') && !before.ends_with(']') {
        return None;
    }
    port.parse().ok()
}

fn sshd_config(
    host: &Host,
    index: usize,
    settings: &SshdSettings,
    keys: &mut HostKeys,
) -> Result<String, LabError> {
    let owner = if settings.identity.is_empty() {
        &host.name
    } else {
        &settings.identity
    };
    // The scenario's own lines come first: the first value of an option wins.
    let mut text: String = settings
        .config
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    for port in &settings.ports {
        let _ = writeln!(text, "Port {port}");
    }
    for address in &settings.listen {
        let _ = writeln!(text, "ListenAddress {address}");
    }
    for kind in &settings.keys {
        let _ = writeln!(text, "HostKey {}", keys.private(owner, kind)?.display());
    }
    let _ = writeln!(text, "PidFile {ROOM}/{}/sshd.{index}.pid", host.name);
    text += "UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\n";
    Ok(text)
}

/// Starts a name server on every address of the host.
pub(crate) fn start_name_server(
    host: &Host,
    settings: &NameServerSettings,
) -> Result<Child, LabError> {
    let log = File::create(Path::new(ROOM).join(&host.name).join("dnsmasq.log"))
        .doing("make the log of dnsmasq")?;
    let mut command = host.command(&find_tool("dnsmasq", "dnsmasq-base")?, Identity::Root)?;
    command
        .args([
            "--no-daemon",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
        ])
        .args(["--no-ping", "--local-ttl=300", "--port=53"])
        .stderr(log);
    if !settings.refuses {
        command.arg("--address=/#/");
    }
    for record in &settings.records {
        let joined = record.split_whitespace().collect::<Vec<_>>().join(",");
        command.arg(format!("--host-record={joined}"));
    }
    let child = command
        .spawn()
        .doing(format!("start dnsmasq on {}", host.name))?;
    wait_for_listener(host, 53)?;
    Ok(child)
}

/// Waits until something listens on a TCP port of the host.
pub(crate) fn wait_for_listener(host: &Host, port: u16) -> Result<(), LabError> {
    host.run("wait for a listener", || {
        let begun = Instant::now();
        while begun.elapsed() < START_DEADLINE {
            if ["tcp", "tcp6"].iter().any(|table| listens(table, port)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(3));
        }
        Err(std::io::Error::other(format!(
            "nothing listens on port {port}"
        )))
    })
}

/// Reads `/proc/net/tcp` of the calling thread's namespace; state 0A is LISTEN (`proc_pid_net(5)`).
fn listens(table: &str, port: u16) -> bool {
    let suffix = format!(":{port:04X}");
    std::fs::read_to_string(format!("/proc/thread-self/net/{table}")).is_ok_and(|text| {
        text.lines().any(|line| {
            let mut fields = line.split_whitespace();
            fields.nth(1).is_some_and(|local| local.ends_with(&suffix))
                && fields.nth(1) == Some("0A")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_only_where_one_is_written() {
        assert_eq!(port_of("127.0.0.1:2222"), Some(2222));
        assert_eq!(port_of("[::1]:2222"), Some(2222));
        assert_eq!(port_of("::1"), None);
        assert_eq!(port_of("127.0.0.1"), None);
    }
}
