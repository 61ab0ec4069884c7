//! The client's configuration and the names, before any packet goes to the target.

use std::net::IpAddr;

use sshdoctor_case::{Case, Forced, Question};

use super::Wanted;
use crate::outside::aim::{self, Aim};

/// The configuration, and meanwhile the name as it was typed.
pub(super) fn configuration(case: &Case, wanted: &mut Vec<Wanted>) {
    wanted.push(Wanted::new(
        Question::ClientConfig,
        3000,
        "ssh -G is still reading your configuration; a Match exec command may be slow",
    ));
    // Most destinations are plain names: asking for the address now saves the time that ssh -G takes.
    if aim::config(case).is_none() {
        resolve(&case.destination.host, None, wanted);
    }
    for jump in aim::jumps(case) {
        self::jump(jump, wanted);
    }
}

/// The configuration of a jump host.
pub(super) fn jump(jump: &str, wanted: &mut Vec<Wanted>) {
    wanted.push(Wanted::new(
        Question::JumpConfig { jump: jump.into() },
        3000,
        "ssh -G is still reading the configuration of the jump host",
    ));
}

/// Everything about the name, once it is known.
pub(super) fn names(case: &Case, aim: &Aim, wanted: &mut Vec<Wanted>) {
    if let Some(config) = aim::config(case) {
        let mut names = vec![aim.host.clone()];
        if aim.jump.is_none() {
            names.extend(config.host_key_alias.clone());
            names.push(case.destination.host.clone());
        }
        names.extend(aim.addresses.iter().map(IpAddr::to_string));
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        if !aim.addresses.is_empty() {
            wanted.push(Wanted::new(
                Question::KnownHosts {
                    names,
                    port: aim.port,
                    files: config.known_hosts_files.clone(),
                },
                2500,
                "trying ports against the hashed entries of known_hosts",
            ));
        }
    }
    if aim.host.parse::<IpAddr>().is_ok() {
        return;
    }
    // Both families: the one that the person ruled out is worth a comparison. And the one that they insist on by itself, because
    // the system hides addresses of a family that this machine has not (AI_ADDRCONFIG) unless it is asked for.
    resolve(&aim.host, None, wanted);
    let forced = match aim::config(case).map(|config| config.address_family.as_str()) {
        Some("inet") => Some(Forced::Ipv4),
        Some("inet6") => Some(Forced::Ipv6),
        _ => None,
    };
    if forced.is_some() {
        resolve(&aim.host, forced, wanted);
    }
    wanted.push(Wanted::new(
        Question::HostsFile {
            name: aim.host.clone(),
        },
        1000,
        "reading the hosts file",
    ));
    wanted.push(Wanted::new(
        Question::NameServers {
            name: aim.host.clone(),
        },
        3000,
        format!("asking each name server for {}", aim.host),
    ));
}

fn resolve(name: &str, family: Option<Forced>, wanted: &mut Vec<Wanted>) {
    wanted.push(Wanted::new(
        Question::Resolve {
            name: name.to_owned(),
            family,
        },
        2500,
        format!("no answer yet from the name servers for {name}"),
    ));
}
