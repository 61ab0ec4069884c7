//! Remarks that do not stop this connection.

use sshdoctor_case::{ConfigSource, Fact, HostKeyVerdict, PortRole};

use super::commands::{self, Unit};
use super::{Findings, was_dropped};
use crate::outside::aim;
use crate::outside::attempt::Progress;

/// Remarks, most useful first.
pub(super) fn notes(findings: &Findings<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    other_addresses(findings, &mut notes);
    unit_name(findings, &mut notes);
    if let Some(config) = aim::config(findings.case) {
        if matches!(config.origin, ConfigSource::WithoutSsh) {
            notes.push("There is no ssh on this machine: ssh_config was not considered.".into());
        }
        if let Some(socket) = &config.control_socket {
            notes.push(format!(
                "ssh would first use the control socket {socket}; if ssh hangs while this report says open, try ssh -S none."
            ));
        }
    }
    for observation in &findings.case.observations {
        match &observation.fact {
            Fact::HostKey {
                role: PortRole::Target,
                fingerprint,
                key_type,
                verdict: HostKeyVerdict::Unknown,
                ..
            } => notes.push(format!(
                "known_hosts has no key for this host; it shows {key_type} {fingerprint}."
            )),
            Fact::KnownHosts { problems, .. } => {
                notes.extend(problems.iter().take(3).map(|p| format!("known_hosts: {p}")));
            }
            fact @ Fact::NotObserved { reason, .. } if !was_dropped(fact) => {
                notes.push(format!("Not observed: {reason}"));
            }
            _ => {}
        }
    }
    notes.dedup();
    notes
}

/// The commands of the likeliest cause name a unit, and nothing shows what it is called there.
fn unit_name(findings: &Findings<'_>, notes: &mut Vec<String>) {
    let Some(top) = findings.weighed.first() else {
        return;
    };
    let named = [&top.cause.confirm, &top.cause.remedy.commands]
        .iter()
        .any(|commands| commands.usual.iter().any(|c| c.contains("{unit}")));
    if named && commands::unit(findings) == Unit::Unknown {
        notes.push("Debian and Ubuntu call the service ssh; RHEL, SUSE and Arch, sshd.".into());
    }
}

fn other_addresses(findings: &Findings<'_>, notes: &mut Vec<String>) {
    let Some((decisive, _)) = findings.fates.decisive() else {
        return;
    };
    for (address, attempt) in &findings.fates.each {
        if address == decisive || Some(*address) == findings.focus {
            continue;
        }
        let fate = match attempt.progress() {
            Progress::NotSent => "cannot be reached from this machine",
            Progress::NotAnswered => "does not answer",
            Progress::Refused => "refuses",
            Progress::Accepted => "accepts without SSH",
            Progress::Identified => "answers with SSH but does not finish the key exchange",
            Progress::KeyRejected => "shows another host key than known",
            Progress::Open => "lets SSH in",
        };
        notes.push(format!("The address {address} {fate}."));
    }
}
