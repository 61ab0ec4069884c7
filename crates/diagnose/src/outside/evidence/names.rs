//! What the sources of names said, taken together.

use std::collections::BTreeSet;
use std::net::IpAddr;

use sshdoctor_case::{Case, Fact, NameAnswer, NameSource};

use super::sourced;
use crate::outside::aim::{self, Aim};
use crate::outside::reading::{Names, Reading, Sourced};

#[derive(Default)]
struct Heard<'a> {
    system: Option<&'a NameAnswer>,
    hosts_file: Option<&'a NameAnswer>,
    servers: Vec<&'a NameAnswer>,
    ids: Vec<&'a str>,
}

pub(super) fn read(case: &Case, aim: &Aim, readings: &mut Vec<Sourced>) {
    if aim.jump.is_none()
        && let Some(config) = aim::config(case)
    {
        let typed = &case.destination.host;
        let replaced = !config.host_name.eq_ignore_ascii_case(typed)
            && !config
                .host_name
                .to_ascii_lowercase()
                .starts_with(&format!("{}.", typed.to_ascii_lowercase()));
        readings.push(sourced(Reading::HostNameReplaced(replaced), &[]));
    }
    if aim.jump.is_none() && config_leads_elsewhere(case, aim, readings) {
        return;
    }
    if aim.host.parse::<IpAddr>().is_ok() {
        return;
    }
    let heard = hear(case, &aim.host);
    let unwanted_only = aim.addresses.is_empty() && !aim.other_family.is_empty();
    if unwanted_only {
        readings.push(sourced(
            Reading::Names(Names::NoAddressOfFamily),
            &heard.ids,
        ));
    } else if let Some(names) = judge(&heard) {
        readings.push(sourced(Reading::Names(names), &heard.ids));
    }
}

/// The name that was typed has addresses of its own, and ssh_config leads to none of them.
fn config_leads_elsewhere(case: &Case, aim: &Aim, readings: &mut Vec<Sourced>) -> bool {
    let typed = &case.destination.host;
    if typed.eq_ignore_ascii_case(&aim.host) || typed.parse::<IpAddr>().is_ok() {
        return false;
    }
    let heard = hear(case, typed);
    let own = heard.system.map(addresses).unwrap_or_default();
    let aimed: BTreeSet<IpAddr> = aim.addresses.iter().copied().collect();
    if own.is_empty() || aimed.is_empty() || !disagree(&own, &aimed) {
        return false;
    }
    readings.push(sourced(Reading::Names(Names::ConfigDiffers), &heard.ids));
    true
}

fn hear<'a>(case: &'a Case, host: &str) -> Heard<'a> {
    let mut heard = Heard::default();
    for observation in &case.observations {
        let Fact::Name {
            name,
            origin,
            answer,
        } = &observation.fact
        else {
            continue;
        };
        if name != host {
            continue;
        }
        heard.ids.push(&observation.id);
        match origin {
            NameSource::System if heard.system.is_some_and(|a| !addresses(a).is_empty()) => {}
            NameSource::System => heard.system = Some(answer),
            NameSource::HostsFile { .. } => heard.hosts_file = Some(answer),
            NameSource::NameServer { .. } => heard.servers.push(answer),
        }
    }
    heard
}

fn judge(heard: &Heard<'_>) -> Option<Names> {
    let system = heard.system?;
    match system {
        NameAnswer::NotFound => {
            let known_somewhere = heard.servers.iter().any(|a| !addresses(a).is_empty());
            let all_dead = !heard.servers.is_empty()
                && heard.servers.iter().all(|answer| {
                    matches!(
                        answer,
                        NameAnswer::Silent | NameAnswer::TemporaryFailure { .. }
                    )
                });
            Some(if known_somewhere {
                Names::Split
            } else if all_dead {
                Names::ServersDown
            } else {
                Names::NotFound
            })
        }
        NameAnswer::NoAddress => Some(Names::NoAddressOfFamily),
        NameAnswer::TemporaryFailure { .. } | NameAnswer::Silent => {
            let answered = heard.servers.iter().any(|a| !addresses(a).is_empty());
            Some(if answered {
                Names::Agree
            } else {
                Names::ServersDown
            })
        }
        NameAnswer::NotAsked { .. } => None,
        NameAnswer::Addresses { .. } => Some(compare(heard, &addresses(system))),
    }
}

fn compare(heard: &Heard<'_>, system: &BTreeSet<IpAddr>) -> Names {
    let hosts_file = heard.hosts_file.map(addresses).unwrap_or_default();
    let from_hosts_file = !hosts_file.is_empty() && !hosts_file.is_disjoint(system);
    let answers: Vec<BTreeSet<IpAddr>> = heard
        .servers
        .iter()
        .map(|answer| addresses(answer))
        .filter(|set| !set.is_empty())
        .collect();
    let denied = heard
        .servers
        .iter()
        .any(|answer| matches!(answer, NameAnswer::NotFound));
    if from_hosts_file {
        return if answers.is_empty() {
            Names::HostsFileOnly
        } else if answers.iter().any(|set| !set.is_disjoint(&hosts_file)) {
            Names::Agree
        } else {
            Names::HostsFileDiffers
        };
    }
    if answers.iter().any(|set| disagree(set, system)) {
        Names::Disagree
    } else if denied && !answers.is_empty() {
        Names::Split
    } else {
        Names::Agree
    }
}

/// Two answers disagree when, in a family that both know, they share no address. Round-robin answers overlap.
fn disagree(one: &BTreeSet<IpAddr>, other: &BTreeSet<IpAddr>) -> bool {
    [IpAddr::is_ipv4, IpAddr::is_ipv6].iter().any(|family| {
        let ours: BTreeSet<_> = one.iter().filter(|a| family(a)).collect();
        let theirs: BTreeSet<_> = other.iter().filter(|a| family(a)).collect();
        !ours.is_empty() && !theirs.is_empty() && ours.is_disjoint(&theirs)
    })
}

fn addresses(answer: &NameAnswer) -> BTreeSet<IpAddr> {
    match answer {
        NameAnswer::Addresses { addresses, .. } => addresses.iter().map(|r| r.address).collect(),
        _ => BTreeSet::new(),
    }
}
