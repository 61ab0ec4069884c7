//! Whether the machine that the client reached is the server that was looked at.

use std::net::IpAddr;

use sshdoctor_case::{BannerOutcome, Case, Contradiction, Fact, HostKeyFile, PortRole};

use crate::inside::Server;

/// What tells the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Machine {
    /// The client saw a host key of this server.
    This {
        /// The key, as `SHA256:…`
        fingerprint: String,
        evidence: Vec<String>,
    },
    /// The client saw a host key that this server does not have.
    Other {
        /// The key, as `SHA256:…`
        fingerprint: String,
        evidence: Vec<String>,
    },
    /// No host key was seen, or not all of the server's are known.
    Untold,
}

/// Compares the host key that the client was shown with those of the server.
pub(super) fn of(client: &Case, server: &Server<'_>) -> Machine {
    let Some(seen) = server.host_keys else {
        return Machine::Untold;
    };
    let shown: Vec<(&str, &str)> = client
        .observations
        .iter()
        .filter_map(|observation| match &observation.fact {
            Fact::HostKey {
                role: PortRole::Target,
                fingerprint,
                ..
            } => Some((fingerprint.as_str(), observation.id.as_str())),
            _ => None,
        })
        .collect();
    let Some((fingerprint, id)) = shown.first() else {
        return Machine::Untold;
    };
    let fingerprint = (*fingerprint).to_owned();
    let evidence = vec![(*id).to_owned(), seen.id.to_owned()];
    let is_known = |key: &HostKeyFile| key.fingerprint.as_deref() == Some(fingerprint.as_str());
    if seen.fact.iter().any(is_known) {
        return Machine::This {
            fingerprint,
            evidence,
        };
    }
    if all_keys_are_known(server, seen.fact) {
        return Machine::Other {
            fingerprint,
            evidence,
        };
    }
    Machine::Untold
}

/// The running sshd can show no key but these: each was read, and none was made after it started.
fn all_keys_are_known(server: &Server<'_>, keys: &[HostKeyFile]) -> bool {
    let started = server
        .masters()
        .filter_map(|master| master.started_at_ms)
        .min();
    let alone = server.elsewhere.is_none_or(|seen| seen.fact.is_empty());
    let settled = |key: &HostKeyFile| {
        key.fingerprint.is_some()
            && match (key.changed_at_ms, started) {
                (Some(changed), Some(started)) => changed < started,
                _ => false,
            }
    };
    alone && keys.iter().any(|key| key.exists) && keys.iter().filter(|key| key.exists).all(settled)
}

/// What else the two ends see differently of the machine itself.
pub(super) fn differences(client: &Case, server: &Server<'_>) -> Vec<Contradiction> {
    address(client, server)
        .into_iter()
        .chain(greeting(client, server))
        .collect()
}

/// The address that the client goes to is none of this host's: right only where something before it translates.
fn address(client: &Case, server: &Server<'_>) -> Option<Contradiction> {
    let interfaces = server.interfaces?;
    let tried: Vec<(IpAddr, &str)> = client
        .observations
        .iter()
        .filter_map(|observation| match &observation.fact {
            Fact::TcpConnect {
                to,
                role: PortRole::Target,
                ..
            } => Some((to.ip().to_canonical(), observation.id.as_str())),
            _ => None,
        })
        .collect();
    let (first, id) = tried.first()?;
    if tried
        .iter()
        .any(|(address, _)| server.is_reached_by(*address))
    {
        return None;
    }
    if let Some(cloud) = server.cloud {
        return Some(Contradiction {
            summary: format!(
                "The client goes to {first}; {} translates {} to this server.",
                cloud.fact.provider,
                cloud.fact.public_list()
            ),
            evidence: vec![(*id).to_owned(), cloud.id.to_owned()],
        });
    }
    Some(Contradiction {
        summary: format!(
            "The client goes to {first}, which no interface of this server has: right only where a router or the provider \
             translates it."
        ),
        evidence: vec![(*id).to_owned(), interfaces.id.to_owned()],
    })
}

/// The client was greeted by another program than the one that is installed here.
fn greeting(client: &Case, server: &Server<'_>) -> Option<Contradiction> {
    let program = server.program?;
    let version = program.fact.version.as_ref()?.as_str();
    let replaced = server
        .masters()
        .any(|master| master.executable_deleted == Some(true));
    let (greeting, id) = client.observations.iter().find_map(|observation| {
        let Fact::Banner {
            role: PortRole::Target,
            outcome: BannerOutcome::Identified { software, .. },
            ..
        } = &observation.fact
        else {
            return None;
        };
        Some((software.as_str(), observation.id.as_str()))
    })?;
    if replaced || greeting.starts_with(version) {
        return None;
    }
    Some(Contradiction {
        summary: format!("The client was greeted by {greeting}; the sshd here is {version}."),
        evidence: vec![id.to_owned(), program.id.to_owned()],
    })
}
