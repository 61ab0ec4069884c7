//! What the kernel's routing tables say of a destination (`rtnetlink(7)`, `RTM_GETROUTE`).

use std::io;
use std::net::IpAddr;

use netlink_packet_route::link::{LinkAttribute, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType, RouteVia,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::libc;
use sshdoctor_case::{RouteOutcome, escape};

use super::local_error::local_error;
use super::netlink::{Wanted, ask};

/// The way a packet to `to` would leave this machine. Nothing is sent.
pub(crate) async fn route(to: IpAddr) -> RouteOutcome {
    match look_up(to.to_canonical()) {
        Ok(route) => outcome(&route),
        // The kernel answers for these types of route as `connect` would fail (fib_props, ip6_rt_type_to_error).
        Err(error) => match error.raw_os_error() {
            Some(libc::EINVAL) => RouteOutcome::Blackhole,
            Some(libc::EACCES) => RouteOutcome::Prohibit,
            _ => RouteOutcome::Unreachable {
                error: local_error(&error),
            },
        },
    }
}

/// Whether a packet to `address` stays on this machine. False where the kernel cannot be asked.
pub(crate) fn is_local_address(address: IpAddr) -> bool {
    look_up(address.to_canonical()).is_ok_and(|route| route.header.kind == RouteType::Local)
}

fn look_up(to: IpAddr) -> io::Result<RouteMessage> {
    let mut question = RouteMessage::default();
    let (family, prefix_length, destination) = match to {
        IpAddr::V4(address) => (AddressFamily::Inet, 32, RouteAddress::Inet(address)),
        IpAddr::V6(address) => (AddressFamily::Inet6, 128, RouteAddress::Inet6(address)),
    };
    question.header.address_family = family;
    question.header.destination_prefix_length = prefix_length;
    question
        .attributes
        .push(RouteAttribute::Destination(destination));
    let question = RouteNetlinkMessage::GetRoute(question);
    let answers = ask(NETLINK_ROUTE, question, Wanted::One)?;
    answers
        .into_iter()
        .find_map(|answer| match answer {
            RouteNetlinkMessage::NewRoute(route) => Some(route),
            _ => None,
        })
        .ok_or_else(|| io::Error::from_raw_os_error(libc::ENETUNREACH))
}

fn outcome(route: &RouteMessage) -> RouteOutcome {
    let (mut index, mut source, mut gateway, mut mtu) = (None, None, None, None);
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Oif(number) => index = Some(*number),
            RouteAttribute::PrefSource(address) => source = ip(address),
            RouteAttribute::Gateway(address) => gateway = ip(address),
            RouteAttribute::Via(RouteVia::Inet(address)) => gateway = Some((*address).into()),
            RouteAttribute::Via(RouteVia::Inet6(address)) => gateway = Some((*address).into()),
            RouteAttribute::Metrics(metrics) => {
                mtu = metrics.iter().find_map(|metric| match metric {
                    RouteMetric::Mtu(bytes) => Some(*bytes),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    let link = index.map(link).unwrap_or_default();
    RouteOutcome::Via {
        interface: link.name,
        source,
        gateway,
        local: route.header.kind == RouteType::Local,
        mtu: mtu.or(link.mtu),
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

#[derive(Debug, Default)]
struct Link {
    name: String,
    mtu: Option<u32>,
}

/// Name and MTU of the interface; both missing when it is gone again.
fn link(index: u32) -> Link {
    let mut question = LinkMessage::default();
    question.header.index = index;
    let question = RouteNetlinkMessage::GetLink(question);
    let answers = ask(NETLINK_ROUTE, question, Wanted::One).unwrap_or_default();
    let mut link = Link::default();
    for answer in answers {
        let RouteNetlinkMessage::NewLink(message) = answer else {
            continue;
        };
        for attribute in message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link.name = escape(&name),
                LinkAttribute::Mtu(bytes) => link.mtu = Some(bytes),
                _ => {}
            }
        }
    }
    link
}
