//! Settings and state of the kernel's network, and the way back to the client.

#[cfg(test)]
mod tests;
mod way;

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::time::Instant;

use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use sshdoctor_case::{Fact, NetworkSettings, Obstacle, Received, RouteOutcome, Sight};

use super::{Host, not_seen};
use crate::kernel_setting::{counter, text, value};
use crate::netlink::list_until;
use crate::network::interface_names;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    if !host.root.is_running() {
        return [Sight::NetworkSettings, Sight::RouteBack]
            .map(|sight| {
                let reason = "the network of a system that does not run";
                not_seen(sight, Obstacle::NotRunning, reason)
            })
            .into();
    }
    let end = Instant::now() + host.patience / 2;
    let mut facts = Vec::new();
    let mut settings = settings();
    let names = interface_names().unwrap_or_default();
    let holder = host
        .question
        .to
        .and_then(|to| holder(to.to_canonical(), end).ok()?);
    settings.way_in = holder
        .and_then(|number| names.get(&number))
        .map(|name| Received::from_text(name));
    let unseen = |obstacle, reason| not_seen(Sight::RouteBack, obstacle, reason);
    match host.question.from.map(|from| from.to_canonical()) {
        None => facts.push(unseen(
            Obstacle::NotAsked,
            "the address of the client is not known",
        )),
        Some(_) if holder.is_some_and(|number| way::vrf_of(number).is_some()) => {
            let reason = "the address belongs to a VRF, whose routes are not looked up";
            facts.push(unseen(Obstacle::Failed, reason));
        }
        Some(from) => {
            let way = way::back(from, host.question.to, &names);
            settings.next_hop = way.next_hop;
            settings.next_hop_neighbour = way.neighbour.map(|state| Received::from_text(&state));
            settings.refusing_route =
                way::refusing(from, &way.outcome, end).map(|route| Received::from_text(&route));
            if let RouteOutcome::Via { interface, .. } = &way.outcome {
                settings.way_back = Some(Received::from_text(interface));
            }
            facts.push(Fact::Route {
                to: from,
                outcome: way.outcome,
            });
        }
    }
    let settings = Box::new(settings);
    facts.push(Fact::NetworkSettings { settings });
    facts
}

fn settings() -> NetworkSettings {
    // Of this thread: /proc/net is that of the process's first one.
    let netstat = text("/proc/thread-self/net/netstat").unwrap_or_default();
    let flag = |path: &str| value::<u8>(path).map(|number| number != 0);
    NetworkSettings {
        default_route: (
            way::has_default(AddressFamily::Inet),
            way::has_default(AddressFamily::Inet6),
        ),
        // A kernel without IPv6 has no such directory.
        ipv6_disabled: flag("/proc/sys/net/ipv6/conf/all/disable_ipv6")
            .or_else(|| (!std::path::Path::new("/proc/sys/net/ipv6").exists()).then_some(true)),
        ipv6_only: flag("/proc/sys/net/ipv6/bindv6only"),
        syn_cookies: value("/proc/sys/net/ipv4/tcp_syncookies"),
        listen_overflows: counter(&netstat, "TcpExt", "ListenOverflows"),
        listen_drops: counter(&netstat, "TcpExt", "ListenDrops"),
        ..NetworkSettings::default()
    }
}

/// Number of the interface that has an address of this host.
fn holder(address: IpAddr, end: Instant) -> io::Result<Option<u32>> {
    let mut question = AddressMessage::default();
    question.header.family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let question = RouteNetlinkMessage::GetAddress(question);
    let answers = list_until(NETLINK_ROUTE, &question, Some(end))?;
    Ok(answers.into_iter().find_map(|answer| {
        let RouteNetlinkMessage::NewAddress(message) = answer else {
            return None;
        };
        // IFA_ADDRESS is the peer's where IFA_LOCAL is there too (linux/if_addr.h).
        let own = message
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                AddressAttribute::Local(own) => Some(*own),
                _ => None,
            });
        let either = message
            .attributes
            .iter()
            .find_map(|attribute| match attribute {
                AddressAttribute::Address(either) => Some(*either),
                _ => None,
            });
        (own.or(either) == Some(address)).then_some(message.header.index)
    }))
}

/// Names of interfaces by their numbers.
type Names = HashMap<u32, String>;
