//! Commands of the catalogue, filled in with what the case knows.

use std::net::IpAddr;

use sshdoctor_case::{BannerOutcome, Fact};

use super::Findings;
use crate::catalogue::Known;
use crate::outside::aim;

/// What stands for the client's address where the server sees another than the client knows.
const UNKNOWN_FROM: &str = "YOUR-PUBLIC-ADDRESS";

/// Fills in every command.
pub(super) fn expand_all(findings: &Findings<'_>, commands: &[&str]) -> Vec<String> {
    commands
        .iter()
        .map(|command| expand(findings, command))
        .collect()
}

/// Fills in one command.
pub(super) fn expand(findings: &Findings<'_>, command: &str) -> String {
    let from = from(findings);
    let config = aim::config(findings.case);
    let user = config.map_or("root", |config| config.user.as_str());
    let name = match unit(findings) {
        Unit::Ssh | Unit::Unknown => "ssh",
        Unit::Sshd => "sshd",
    };
    Known {
        unit: name,
        port: findings.port,
        from: &from,
        user,
        host: &findings.case.destination.host,
    }
    .fill(command)
}

/// The client's address as the server sees it, as it is typed.
pub(super) fn from(findings: &Findings<'_>) -> String {
    seen_by_server(findings).map_or_else(|| UNKNOWN_FROM.to_owned(), |from| from.to_string())
}

/// The client's address as the server sees it; nothing where it is translated on the way or a jump host connects.
pub(super) fn seen_by_server(findings: &Findings<'_>) -> Option<IpAddr> {
    let to = findings.focus.or_else(|| {
        let aim = findings.aim.as_ref()?;
        aim.addresses.first().copied()
    })?;
    let from = aim::source_address(findings.case, to)?;
    (!is_translated(from, to)).then_some(from)
}

/// A private source that reaches a public address has been translated on the way.
fn is_translated(from: IpAddr, to: IpAddr) -> bool {
    is_private(from) && !is_private(to)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// What the service unit is called on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Debian and its derivatives.
    Ssh,
    /// Everyone else.
    Sshd,
    /// Nothing shows which.
    Unknown,
}

/// The unit's name as far as a banner of the host tells.
pub(super) fn unit(findings: &Findings<'_>) -> Unit {
    let banner = findings
        .case
        .observations
        .iter()
        .find_map(|o| match &o.fact {
            Fact::Banner {
                outcome:
                    BannerOutcome::Identified {
                        software, comments, ..
                    },
                ..
            } => Some((
                software.as_str(),
                comments.as_ref().map_or("", |c| c.as_str()),
            )),
            _ => None,
        });
    match banner {
        // Debian's family signs its banner; Red Hat, SUSE and Arch add nothing to it.
        Some((software, comments)) if software.starts_with("OpenSSH") => {
            let signed = ["Debian", "Ubuntu", "Raspbian"];
            if signed.iter().any(|name| comments.contains(name)) {
                Unit::Ssh
            } else {
                Unit::Sshd
            }
        }
        _ => Unit::Unknown,
    }
}
