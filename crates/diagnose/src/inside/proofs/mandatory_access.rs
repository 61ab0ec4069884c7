//! SELinux and AppArmor.

use sshdoctor_case::{LogLine, Outcome, SelinuxMode, Stage, Unit};

use super::{quote, service};
use crate::inside::{Proof, Server};

/// SELinux does not let sshd have its port.
pub(crate) fn port_unlabelled(server: &Server<'_>) -> Option<Proof> {
    let selinux = server.selinux?;
    if selinux.fact.mode != SelinuxMode::Enforcing || server.takers().next().is_some() {
        return None;
    }
    let port = server.port();
    let labelled = selinux.fact.port_type.as_ref();
    if labelled.is_some_and(|label| label.as_str() == "ssh_port_t") {
        return None;
    }
    let (log, line) = server.logged(&["failed: Permission denied"])?;
    let of_this_port = format!("Bind to port {port} ");
    if !line.message.as_str().contains(&of_this_port) {
        return None;
    }
    Some(
        Proof::stops(
            Outcome::Refused,
            format!(
                "SELinux does not let sshd have port {port}: the port is not labelled for SSH."
            ),
        )
        .link(format!("sshd logged: {}", line.message))
        .by(selinux.id)
        .by(log)
        .quoting(quote::log_line(line))
        .explaining(&["sshd-stopped", "sshd-restart-loop"])
        .mended_by(format!("semanage port -a -t ssh_port_t -p tcp {port}")),
    )
}

/// A file has a label that SELinux does not let sshd read; it stops the client only if sshd was denied something.
pub(crate) fn file_context(server: &Server<'_>) -> Option<Proof> {
    let selinux = server.selinux?;
    if selinux.fact.mode != SelinuxMode::Enforcing {
        return None;
    }
    let (wrong, expected) = selinux.fact.contexts.iter().find_map(|context| {
        let expected = context.expected.as_ref()?;
        let differs = type_of(expected.as_str()) != type_of(context.label.as_str());
        differs.then_some((context, expected))
    })?;
    let words = format!(
        "{} has the label {}, and {expected} is wanted",
        wrong.path, wrong.label
    );
    let proof = match denied_by_selinux(server, wrong.path.as_str()) {
        Some((log, line)) => Proof::stops(
            Outcome::LoginRefused,
            format!("SELinux keeps sshd from a file: {words}."),
        )
        .by(log)
        .quoting(quote::log_line(line)),
        None => Proof::note(format!("{words}.")),
    };
    Some(
        proof
            .link(words)
            .by(selinux.id)
            .explaining(&["key-not-authorized"])
            .mended_by(format!("restorecon -v {}", wrong.path)),
    )
}

/// Of `user:role:type:level` the policy decides by the type, and `restorecon(8)` sets no other part unless it is forced to.
fn type_of(label: &str) -> &str {
    label.split(':').nth(2).unwrap_or(label)
}

/// The kernel denied sshd something, or sshd says that it may not open that file.
fn denied_by_selinux<'a>(server: &Server<'a>, path: &str) -> Option<(&'a str, &'a LogLine)> {
    server
        .kernel_said(&["avc:  denied"])
        .filter(|(_, line)| line.message.as_str().contains("comm=\"sshd"))
        .or_else(|| {
            let (log, line) = server.logged(&["Permission denied"])?;
            line.message.as_str().contains(path).then_some((log, line))
        })
}

/// AppArmor denied something to sshd.
pub(crate) fn apparmor(server: &Server<'_>) -> Option<Proof> {
    confined(server).or_else(|| denied_by_apparmor(server))
}

/// The unit of sshd is confined so that it cannot do its work.
fn confined(server: &Server<'_>) -> Option<Proof> {
    let unit = server.service()?;
    let confinement: Vec<&str> = unit
        .fact
        .confinement
        .iter()
        .map(sshdoctor_case::Received::as_str)
        .collect();
    if confinement.is_empty() && unit.fact.drop_ins.is_empty() {
        return None;
    }
    let words = if confinement.is_empty() {
        format!("{} takes that right away", unit.fact.name)
    } else {
        format!("{} is confined: {}", unit.fact.name, confinement.join(", "))
    };
    let bind = server.logged(&[
        "failed: Permission denied",
        "failed: Operation not permitted",
        "Address family not supported",
    ]);
    let hides_home = confinement
        .iter()
        .any(|word| word.starts_with("ProtectHome") && !word.ends_with("=no"));
    let home = server
        .account
        .and_then(|account| account.fact.home.as_ref());
    let in_home = home.is_some_and(|home| {
        ["/home/", "/root"]
            .iter()
            .any(|lead| home.as_str().starts_with(lead))
    });
    if let Some(proof) = without_network(server, unit.fact, &confinement) {
        return Some(service::changed_by(proof.link(words), unit.fact).by(unit.id));
    }
    let proof = match bind {
        Some((log, line)) if server.nothing_listens() => Proof::stops(
            Outcome::Refused,
            format!("sshd may not open its port: {words}."),
        )
        .explaining(&["sshd-stopped", "sshd-restart-loop"])
        .by(log)
        .quoting(quote::log_line(line)),
        _ if hides_home && in_home => Proof::stops(
            Outcome::LoginRefused,
            format!("sshd cannot see the home directories: {words}."),
        )
        .at(Stage::Authentication),
        _ => return None,
    };
    Some(service::changed_by(proof.link(words), unit.fact).by(unit.id))
}

/// The unit may have no socket of either family of addresses (`RestrictAddressFamilies=`, `systemd.exec(5)`), and sshd, which says
/// only that it cannot bind any address, failed.
fn without_network(server: &Server<'_>, unit: &Unit, confinement: &[&str]) -> Option<Proof> {
    let families = confinement
        .iter()
        .find_map(|setting| setting.strip_prefix("RestrictAddressFamilies="))?;
    let failed = matches!(unit.active_state.as_str(), "failed" | "activating");
    if !failed || !lacks_internet(families) || !server.nothing_listens() {
        return None;
    }
    let proof = Proof::stops(
        Outcome::Refused,
        format!("sshd may not open a socket of the network: its unit has RestrictAddressFamilies={families}."),
    )
    .explaining(&["sshd-stopped", "sshd-restart-loop"]);
    Some(match server.logged(&["Cannot bind any address"]) {
        Some((log, line)) => proof.by(log).quoting(quote::log_line(line)),
        None => proof,
    })
}

/// `~` stands before those that are forbidden.
fn lacks_internet(families: &str) -> bool {
    let named = |family: &str| {
        let words = families.trim_start_matches('~').split_whitespace();
        words.into_iter().any(|word| word == family)
    };
    if families.starts_with('~') {
        named("AF_INET") && named("AF_INET6")
    } else {
        !named("AF_INET") && !named("AF_INET6")
    }
}

fn denied_by_apparmor(server: &Server<'_>) -> Option<Proof> {
    let (log, line) = server
        .kernel_said(&["apparmor=\"DENIED\""])
        .filter(|(_, line)| line.message.as_str().contains("sshd"))?;
    let proof = if server.nothing_listens() {
        Proof::stops(Outcome::Refused, "AppArmor keeps sshd from what it needs.")
            .explaining(&["sshd-stopped", "sshd-restart-loop"])
    } else {
        Proof::note("AppArmor denied something to sshd.")
    };
    Some(
        proof
            .link(format!("the kernel logged: {}", line.message))
            .by(log)
            .quoting(quote::log_line(line)),
    )
}
