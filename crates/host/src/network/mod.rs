//! Addresses, interfaces and routes of this host, and whom its `recent` lists remember. Needs no privilege but for the last.

mod recent;
mod route;
pub(crate) mod tcp_sockets;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;

use ipnet::IpNet;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use sshdoctor_filter::evaluate::{Facts, HostAddress, InterfaceFacts};

use crate::netlink::list;

/// What is known of the network namespace that this runs in; routes for the addresses in `asked`. What cannot be found out is left out.
#[must_use]
pub fn facts(asked: &[IpAddr]) -> Facts {
    let links = links().unwrap_or_default();
    Facts {
        addresses: addresses(&links).ok(),
        routes: route::routes(asked, &links),
        interfaces: links
            .into_values()
            .map(|link| (link.name, link.facts))
            .collect::<BTreeMap<_, _>>(),
        recent: recent::lists(),
        ..Facts::default()
    }
}

/// An interface.
#[derive(Debug, Default)]
struct Link {
    name: String,
    facts: InterfaceFacts,
}

/// Interfaces by their numbers (`rtnetlink(7)`, `RTM_GETLINK`).
fn links() -> io::Result<HashMap<u32, Link>> {
    let question = RouteNetlinkMessage::GetLink(LinkMessage::default());
    let answers = list(NETLINK_ROUTE, &question)?;
    let links = answers.into_iter().filter_map(|answer| match answer {
        RouteNetlinkMessage::NewLink(message) => Some((message.header.index, link(&message))),
        _ => None,
    });
    Ok(links.collect())
}

/// Names of the interfaces by their numbers.
///
/// # Errors
/// Where the kernel cannot be asked.
pub(crate) fn interface_names() -> io::Result<HashMap<u32, String>> {
    let links = links()?.into_iter();
    Ok(links.map(|(number, link)| (number, link.name)).collect())
}

fn link(message: &LinkMessage) -> Link {
    let mut link = Link::default();
    link.facts.hardware_type = Some(message.header.link_layer_type.into());
    // A device without a kind is hardware, or loopback.
    link.facts.kind = Some(String::new());
    link.facts.bridge = Some(false);
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Group(group) => link.facts.group = Some(*group),
            LinkAttribute::LinkInfo(infos) => {
                for info in infos {
                    if let LinkInfo::Kind(kind) = info {
                        link.facts.kind = Some(kind.to_string());
                        link.facts.bridge = Some(*kind == InfoKind::Bridge);
                    }
                }
            }
            _ => {}
        }
    }
    link
}

/// Addresses in the kernel's order, which decides which one it uses by itself (`RTM_GETADDR`).
fn addresses(links: &HashMap<u32, Link>) -> io::Result<Vec<HostAddress>> {
    let mut addresses = Vec::new();
    for family in [AddressFamily::Inet, AddressFamily::Inet6] {
        let mut question = AddressMessage::default();
        question.header.family = family;
        let answers = list(NETLINK_ROUTE, &RouteNetlinkMessage::GetAddress(question));
        let answers = match answers {
            // A kernel without this protocol has no address of it.
            Err(error) if is_unsupported(&error) => continue,
            answers => answers?,
        };
        for answer in answers {
            let RouteNetlinkMessage::NewAddress(message) = answer else {
                continue;
            };
            addresses.push(host_address(&message, links).ok_or(io::ErrorKind::InvalidData)?);
        }
    }
    Ok(addresses)
}

fn host_address(message: &AddressMessage, links: &HashMap<u32, Link>) -> Option<HostAddress> {
    // IFA_ADDRESS is the peer's where there is one; this host's own is then IFA_LOCAL (linux/if_addr.h).
    let (mut own, mut either) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => own = Some(*address),
            AddressAttribute::Address(address) => either = Some(*address),
            _ => {}
        }
    }
    Some(HostAddress {
        network: IpNet::new(own.or(either)?, message.header.prefix_len).ok()?,
        interface: links.get(&message.header.index)?.name.clone(),
    })
}

pub(crate) fn is_unsupported(error: &io::Error) -> bool {
    use nix::libc::{EAFNOSUPPORT, EOPNOTSUPP};
    matches!(error.raw_os_error(), Some(EAFNOSUPPORT | EOPNOTSUPP))
}
