//! Commands of the catalogue, filled in with what the case knows.

use std::net::IpAddr;

use sshdoctor_case::{BannerOutcome, Fact};

use super::Findings;
use crate::catalogue::Commands;
use crate::outside::aim;

/// What stands for the client's address where the server sees another than the client knows.
const UNKNOWN_FROM: &str = "YOUR-PUBLIC-ADDRESS";

/// Fills in every command.
pub(super) fn expand_all(findings: &Findings<'_>, commands: &Commands) -> Vec<String> {
    commands
        .usual
        .iter()
        .map(|command| expand(findings, command))
        .collect()
}

/// Fills in one command.
pub(super) fn expand(findings: &Findings<'_>, command: &str) -> String {
    let from = from(findings);
    let config = aim::config(findings.case);
    let user = config.map_or("root", |config| config.user.as_str());
    let command = if from.contains(':') {
        for_ipv6(command)
    } else {
        command.to_owned()
    };
    command
        .replace("{unit}", unit(findings))
        .replace("{port}", &findings.port().to_string())
        .replace("{from}", &from)
        .replace("{user}", user)
        .replace("{host}", &findings.case.destination.host)
}

fn for_ipv6(command: &str) -> String {
    command
        .replace("family=ipv4", "family=ipv6")
        .replace("ip saddr", "ip6 saddr")
        .replace("iptables ", "ip6tables ")
        .replace("iptables-legacy ", "ip6tables-legacy ")
        .replace("{from}/32", "{from}/128")
}

/// The client's address as the server sees it.
pub(super) fn from(findings: &Findings<'_>) -> String {
    let to = findings.focus.or_else(|| {
        findings
            .aim
            .as_ref()
            .and_then(|aim| aim.addresses.first().copied())
    });
    let source = to.and_then(|to| aim::source_address(findings.case, to).map(|from| (from, to)));
    match source {
        Some((from, to)) if !is_translated(from, to) => from.to_string(),
        _ => UNKNOWN_FROM.into(),
    }
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

/// Name of the service unit: `ssh` on Debian and its derivatives, `sshd` elsewhere.
pub(super) fn unit(findings: &Findings<'_>) -> &'static str {
    let other_family = findings.case.observations.iter().any(|o| match &o.fact {
        Fact::Banner {
            outcome:
                BannerOutcome::Identified {
                    software, comments, ..
                },
            ..
        } => {
            let says = |word: &str| {
                software.as_str().contains(word)
                    || comments.as_ref().is_some_and(|c| c.as_str().contains(word))
            };
            // Red Hat, SUSE and Arch add nothing; Debian's family signs its banner by default.
            software.as_str().starts_with("OpenSSH")
                && !says("Debian")
                && !says("Ubuntu")
                && !says("Raspbian")
        }
        _ => false,
    });
    if other_family { "sshd" } else { "ssh" }
}
