//! Interfaces and addresses (`rtnetlink(7)`).

#[cfg(test)]
mod tests;
mod traffic_control;

use std::collections::HashMap;
use std::io;
use std::time::Instant;

use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage,
};
use netlink_packet_route::link::{
    InfoKind, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, LinkXdp, State,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use sshdoctor_case::{Fact, HostInterface, InterfaceAddress, LinkState, Obstacle, Received, Sight};

use super::{Host, not_seen};
use crate::kernel_setting;
use crate::netlink::list_until;
use crate::network::is_unsupported;

/// As many as are kept: more than a host with a thousand containers has.
const MOST_INTERFACES: usize = 2048;

pub(super) fn look(host: &Host) -> Vec<Fact> {
    if !host.root.is_running() {
        return vec![not_seen(
            Sight::Interfaces,
            Obstacle::NotRunning,
            "interfaces of a system that does not run",
        )];
    }
    match interfaces(Instant::now() + host.patience / 2) {
        Ok((interfaces, 0)) => vec![Fact::Interfaces { interfaces }],
        Ok((interfaces, left_out)) => vec![
            Fact::Interfaces { interfaces },
            not_seen(
                Sight::Interfaces,
                Obstacle::Failed,
                format!("{left_out} more interfaces are left out"),
            ),
        ],
        Err(error) => vec![not_seen(
            Sight::Interfaces,
            Obstacle::Failed,
            format!("netlink: {error}"),
        )],
    }
}

/// Those that are kept, and how many are not.
fn interfaces(end: Instant) -> io::Result<(Vec<HostInterface>, usize)> {
    let mut links = links(end)?;
    let left_out = links.len().saturating_sub(MOST_INTERFACES);
    links.truncate(MOST_INTERFACES);
    let mut addresses = addresses(end)?;
    let mut filters = traffic_control::programs(end);
    let for_all = reverse_path_filter("all");
    let vrfs: HashMap<u32, String> = links
        .iter()
        .filter(|link| link.is_vrf)
        .map(|link| (link.number, link.name.clone()))
        .collect();
    let described = links.into_iter().map(|link| {
        let mut programs = link.programs;
        programs.extend(filters.remove(&link.number).unwrap_or_default());
        HostInterface {
            reverse_path_filter: reverse_path_filter(&link.name).max(for_all),
            name: Received::from_text(&link.name),
            state: link.state,
            mtu: link.mtu,
            addresses: addresses.remove(&link.number).unwrap_or_default(),
            vrf: link
                .controller
                .and_then(|number| vrfs.get(&number))
                .map(|name| Received::from_text(name)),
            programs,
        }
    });
    Ok((described.collect(), left_out))
}

/// Read from this thread's namespace, as all of `/proc/sys/net` is.
fn reverse_path_filter(interface: &str) -> Option<u8> {
    if interface.contains('/') || interface.starts_with('.') {
        return None;
    }
    kernel_setting::value(&format!("/proc/sys/net/ipv4/conf/{interface}/rp_filter"))
}

/// An interface without its addresses.
struct Link {
    number: u32,
    name: String,
    state: LinkState,
    mtu: Option<u32>,
    controller: Option<u32>,
    is_vrf: bool,
    programs: Vec<Received>,
}

/// `RTM_GETLINK`, in the kernel's order.
fn links(end: Instant) -> io::Result<Vec<Link>> {
    let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = list_until(NETLINK_ROUTE, &question, Some(end))?;
    let links = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(message) => Some(link(&message)),
        _ => None,
    });
    Ok(links.collect())
}

fn link(message: &LinkMessage) -> Link {
    let mut link = Link {
        number: message.header.index,
        name: String::new(),
        state: LinkState::Up,
        mtu: None,
        controller: None,
        is_vrf: false,
        programs: Vec::new(),
    };
    let mut has_carrier = true;
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Mtu(bytes) => link.mtu = Some(*bytes),
            LinkAttribute::Controller(number) => link.controller = Some(*number),
            LinkAttribute::Carrier(0) => has_carrier = false,
            // Loopback and tunnels have no notion of a carrier, and are in an unknown state (RFC 2863, ifOperStatus).
            LinkAttribute::OperState(state) => {
                has_carrier &= matches!(state, State::Up | State::Unknown);
            }
            LinkAttribute::LinkInfo(infos) => {
                link.is_vrf = infos.contains(&LinkInfo::Kind(InfoKind::Vrf));
            }
            LinkAttribute::Xdp(attributes) => link.programs.extend(express_program(attributes)),
            _ => {}
        }
    }
    if !message.header.flags.contains(LinkFlags::Up) {
        link.state = LinkState::Down;
    } else if !has_carrier {
        link.state = LinkState::NoCarrier;
    }
    link
}

/// A program at XDP, by its number (`bpftool prog show id N`).
fn express_program(attributes: &[LinkXdp]) -> Option<Received> {
    attributes.iter().find_map(|attribute| match attribute {
        LinkXdp::ProgId(number)
        | LinkXdp::DrvProgId(number)
        | LinkXdp::SkbProgId(number)
        | LinkXdp::HwProgId(number) => Some(Received::from_text(&format!("XDP program {number}"))),
        _ => None,
    })
}

/// `RTM_GETADDR`, by the number of the interface.
fn addresses(end: Instant) -> io::Result<HashMap<u32, Vec<InterfaceAddress>>> {
    let mut addresses: HashMap<u32, Vec<InterfaceAddress>> = HashMap::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut question = AddressMessage::default();
        question.header.family = family;
        let question = RouteNetlinkMessage::GetAddress(question);
        let answers = match list_until(NETLINK_ROUTE, &question, Some(end)) {
            // A kernel without this protocol has no address of it.
            Err(error) if is_unsupported(&error) => continue,
            answers => answers?,
        };
        for answer in answers {
            if let RouteNetlinkMessage::NewAddress(message) = answer
                && let Some(address) = address(&message)
            {
                addresses
                    .entry(message.header.index)
                    .or_default()
                    .push(address);
            }
        }
    }
    Ok(addresses)
}

fn address(message: &AddressMessage) -> Option<InterfaceAddress> {
    // IFA_ADDRESS is the peer's where there is one; this host's own is then IFA_LOCAL (linux/if_addr.h).
    let (mut own, mut either) = (None, None);
    let header = message.header.flags;
    let mut tentative = header.contains(AddressHeaderFlags::Tentative);
    let mut optimistic = header.contains(AddressHeaderFlags::Optimistic);
    let mut duplicate = header.contains(AddressHeaderFlags::Dadfailed);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => own = Some(*address),
            AddressAttribute::Address(address) => either = Some(*address),
            AddressAttribute::Flags(flags) => {
                tentative |= flags.contains(AddressFlags::Tentative);
                optimistic |= flags.contains(AddressFlags::Optimistic);
                duplicate |= flags.contains(AddressFlags::Dadfailed);
            }
            _ => {}
        }
    }
    Some(InterfaceAddress {
        address: own.or(either)?,
        prefix: message.header.prefix_len,
        // An optimistic one is used while its detection goes on (RFC 4429).
        tentative: tentative && !optimistic,
        duplicate,
    })
}
