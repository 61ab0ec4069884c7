//! What the boot did, and what the next one will do.

use sshdoctor_case::{Boot, BootState, FileSystemEntry, Outcome, Quotation, Stage, Unit};

use super::{quote, service};
use crate::inside::{Proof, Server};

fn starts_at_boot(unit: &Unit) -> bool {
    matches!(
        unit.enabled.as_ref().map(sshdoctor_case::Received::as_str),
        Some("enabled" | "enabled-runtime" | "static" | "generated" | "alias" | "indirect")
    )
}

/// The system boots into a target in which no service is wanted.
fn boots_elsewhere(boot: &Boot) -> bool {
    boot.default_target
        .as_ref()
        .is_some_and(|target| matches!(target.as_str(), "rescue.target" | "emergency.target"))
}

/// Nothing starts sshd at boot.
pub(crate) fn not_enabled(server: &Server<'_>) -> Option<Proof> {
    let unit = server.service()?;
    if unit.fact.load_state.as_str() == "masked" {
        return None;
    }
    if let Some(boot) = server.boot.filter(|boot| boots_elsewhere(boot.fact))
        && server.takers().next().is_none()
    {
        let target = boot
            .fact
            .default_target
            .as_ref()
            .map_or("rescue.target", sshdoctor_case::Received::as_str);
        let words = format!("the system boots into {target}, which does not start sshd");
        return Some(
            Proof::stops(Outcome::Refused, format!("sshd is not running: {words}."))
                .link(words)
                .by(boot.id)
                .explaining(&["sshd-stopped", "boot-failed"])
                .mended_by(
                    "systemctl set-default multi-user.target; systemctl isolate multi-user.target",
                ),
        );
    }
    let known = unit.fact.enabled.is_some();
    let by_socket = server
        .socket()
        .is_some_and(|socket| starts_at_boot(socket.fact));
    if !known || starts_at_boot(unit.fact) || by_socket {
        return None;
    }
    let name = &unit.fact.name;
    let command = format!("systemctl enable {}", server.service_name());
    let running = server.takers().next().is_some();
    if server.question.root.is_some() {
        let words = format!("{name} is not enabled, so that no boot starts sshd");
        return Some(
            Proof::stops(Outcome::Refused, format!("{words}."))
                .link(words)
                .by(unit.id)
                .mended_by(command),
        );
    }
    if running || server.listeners.is_none() {
        return Some(
            Proof::later(format!(
                "{name} is not enabled: it will not start after a reboot."
            ))
            .by(unit.id)
            .mended_by(command),
        );
    }
    let never_started =
        unit.fact.active_state.as_str() == "inactive" && unit.fact.changed_at_ms.is_none();
    let later = Proof::later(format!(
        "{name} is not enabled: it will not start after a reboot."
    ))
    .by(unit.id)
    .mended_by(command.clone());
    if !never_started {
        return Some(later);
    }
    Some(
        Proof::stops(
            Outcome::Refused,
            format!("sshd was not started at the boot: {name} is not enabled."),
        )
        .link(format!("{name} is not enabled"))
        .by(unit.id)
        .explaining(&["sshd-stopped"])
        .mended_by(format!("systemctl enable --now {}", server.service_name())),
    )
}

/// The service is forbidden to start.
pub(crate) fn masked(server: &Server<'_>) -> Option<Proof> {
    let unit = ["ssh.service", "sshd.service"]
        .into_iter()
        .filter_map(|name| server.unit(name))
        .find(|unit| unit.fact.load_state.as_str() == "masked");
    let marker = server
        .boot
        .filter(|boot| boot.fact.not_to_be_run == Some(true));
    let (words, id, command) = match (unit, marker) {
        (Some(unit), _) => (
            format!("{} is masked", unit.fact.name),
            unit.id,
            format!(
                "systemctl unmask {0}; systemctl start {0}",
                unit.fact.name.as_str().trim_end_matches(".service")
            ),
        ),
        (None, Some(boot)) => (
            "/etc/ssh/sshd_not_to_be_run exists, which forbids the start".to_owned(),
            boot.id,
            format!(
                "rm /etc/ssh/sshd_not_to_be_run; systemctl start {}",
                server.service_name()
            ),
        ),
        (None, None) => return None,
    };
    let proof = service::stops_or_later(
        server,
        if server.takers().next().is_some() {
            format!("sshd will not start again: {words}.")
        } else {
            format!("sshd is not running: {words}.")
        },
    );
    Some(
        proof
            .link(words)
            .by(id)
            .explaining(&["sshd-stopped", "sshd-not-enabled"])
            .mended_by(command),
    )
}

/// sshd started before the address it wants was there.
pub(crate) fn address_not_ready(server: &Server<'_>) -> Option<Proof> {
    if !server.nothing_listens() {
        return None;
    }
    let (log, line) = server.logged(&["Cannot assign requested address"])?;
    let address = line
        .message
        .as_str()
        .split(" on ")
        .nth(1)
        .and_then(|rest| rest.split(" failed").next())
        .unwrap_or("its address");
    let is_here = address
        .parse()
        .is_ok_and(|wanted: std::net::IpAddr| server.own_addresses().any(|own| own == wanted));
    if !is_here {
        return None;
    }
    Some(
        Proof::stops(
            Outcome::Refused,
            format!("sshd started before its address {address} was there, and gave up."),
        )
        .link(format!("sshd logged: {}", line.message))
        .by(log)
        .quoting(quote::log_line(line))
        .explaining(&[
            "sshd-stopped",
            "sshd-restart-loop",
            "bound-to-stale-address",
        ]),
    )
}

/// The boot waits for a file system that is not there.
pub(crate) fn stuck_on_mount(server: &Server<'_>) -> Option<Proof> {
    let boot = server.boot?;
    let failed_mount = |entry: &FileSystemEntry| {
        let unit = mount_unit(entry.place.as_str());
        server.init.is_some_and(|init| {
            init.fact
                .failed_units
                .iter()
                .any(|failed| failed.as_str() == unit)
        })
    };
    let entry = boot.fact.file_systems.iter().find(|entry| {
        entry.mounted != Some(true) && (entry.exists == Some(false) || failed_mount(entry))
    })?;
    let stuck = failed_mount(entry)
        || server
            .init
            .is_some_and(|init| matches!(init.fact.state, BootState::Maintenance));
    let rescue = server.question.root.is_some();
    let is_file = entry.source.as_str().starts_with('/') && !is_device(entry);
    let missing = if rescue && !is_file {
        "no disk of this machine is that"
    } else {
        "it is not there"
    };
    let words = format!(
        "/etc/fstab line {} mounts {} at {}, and {missing}",
        entry.line, entry.source, entry.place
    );
    // The disk may be one of several that another machine has.
    let on_disk = rescue && is_file && entry.exists == Some(false);
    let proof = if on_disk || (stuck && server.nothing_listens()) {
        let when = if on_disk { "stops" } else { "stopped" };
        Proof::stops(
            Outcome::Refused,
            format!("The boot {when} before sshd: {words}."),
        )
        .at(Stage::Listener)
        .explaining(&["sshd-stopped", "boot-failed"])
    } else {
        let when = if rescue {
            "The boot will stop where no disk has that name"
        } else {
            "The next boot will stop"
        };
        Proof::later(format!("{when}: {words}.")).mended_by("lsblk -o NAME,UUID,LABEL,MOUNTPOINT")
    };
    Some(proof.link(words).by(boot.id).quoting(fstab_line(entry)))
}

fn is_device(entry: &FileSystemEntry) -> bool {
    entry.source.as_str().starts_with("/dev/")
}

/// The unit of a mount point: `/srv/data` is `srv-data.mount` (`systemd.mount(5)`), as far as plain names go.
fn mount_unit(place: &str) -> String {
    format!("{}.mount", place.trim_matches('/').replace('/', "-"))
}

fn fstab_line(entry: &FileSystemEntry) -> Quotation {
    let options: Vec<&str> = entry
        .options
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .collect();
    let text = format!(
        "{} {} {} {}",
        entry.source,
        entry.place,
        entry.kind,
        options.join(",")
    );
    Quotation {
        source: "/etc/fstab".into(),
        line: Some(entry.line),
        mark: quote::mark(&text, entry.source.as_str()),
        text,
        label: "is not there, and nofail is not among the options".into(),
    }
}

/// The boot ended in rescue or emergency mode.
pub(crate) fn failed(server: &Server<'_>) -> Option<Proof> {
    let init = server.init?;
    let wanted = server.boot.is_some_and(|boot| boots_elsewhere(boot.fact));
    if init.fact.state != BootState::Maintenance || server.takers().next().is_some() || wanted {
        return None;
    }
    let failed: Vec<&str> = init
        .fact
        .failed_units
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .take(3)
        .collect();
    let words = if failed.is_empty() {
        "the system is in rescue or emergency mode".to_owned()
    } else {
        format!(
            "the system is in rescue or emergency mode; failed: {}",
            failed.join(", ")
        )
    };
    Some(
        Proof::stops(Outcome::Refused, format!("The boot did not end: {words}."))
            .link(words)
            .at(Stage::Listener)
            .by(init.id)
            .explaining(&["sshd-stopped"]),
    )
}

/// A file closes the system for everybody but root.
pub(crate) fn logins_disabled(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let nologin = account.fact.nologin.first()?;
    if account.fact.uid == Some(0) || account.fact.name.as_str() == "root" {
        return None;
    }
    let obeyed = server.pam.is_none_or(|pam| {
        pam.fact
            .rules
            .iter()
            .any(|rule| rule.module.as_str().contains("pam_nologin"))
    });
    let without_pam = server.setting("usepam") == Some("no");
    if !obeyed && !without_pam {
        return None;
    }
    let path = &nologin.path;
    let proof = Proof::stops(
        Outcome::LoginRefused,
        format!("Only root may log in now: {path} closes the system for everybody else."),
    )
    .link(format!("{path} exists"));
    let running: Vec<&str> = server
        .init
        .map(|init| {
            let jobs = init.fact.jobs.iter();
            jobs.filter(|job| job.state.as_str() == "running")
                .map(|job| job.unit.as_str())
                .collect()
        })
        .unwrap_or_default();
    let proof = if running.is_empty() {
        proof
    } else {
        proof.link(format!(
            "the boot has not ended: it waits for {}",
            running.join(", ")
        ))
    };
    Some(
        proof
            .by(account.id)
            .explaining(&["pam-denies"])
            .quoting(Quotation {
                source: path.to_string(),
                line: None,
                text: nologin.text.to_string(),
                mark: None,
                label: String::new(),
            })
            .mended_by(format!("rm {path}")),
    )
}

/// The network's configuration names an interface that is not there.
pub(crate) fn interface_renamed(server: &Server<'_>) -> Option<Proof> {
    let boot = server.boot?;
    let missing = boot
        .fact
        .configured_interfaces
        .iter()
        .find(|interface| interface.exists == Some(false))?;
    let has_address = server.own_addresses().any(|own| !own.is_loopback());
    if has_address || server.interfaces.is_none() {
        return None;
    }
    let words = format!(
        "{} configures {}, and there is no such interface",
        missing.file, missing.name
    );
    Some(
        Proof::stops(
            Outcome::TimedOut,
            format!("This host has no address: {words}."),
        )
        .link(words)
        .by(boot.id)
        .explaining(&["address-changed", "host-has-no-route"]),
    )
}
