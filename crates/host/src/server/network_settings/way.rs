//! Where packets to the client leave (`rtnetlink(7)`, `RTM_GETROUTE`, `RTM_GETNEIGH`). Nothing is sent to any network.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use ipnet::IpNet;
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteMetric, RouteType, RouteVia,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;
use nix::libc;
use sshdoctor_case::{LocalError, RouteOutcome, escape};

use super::Names;
use crate::netlink::{ask, list_alike_until};

/// Nothing special, so that a default route leads there: a root name server (`a.root-servers.net`), and an address for documentation.
const ANYWHERE: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(198, 41, 0, 4)),
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0xffff, 0, 0, 0, 1)),
];
/// A VPN may cover the default route with two halves of everything.
const LONGEST_DEFAULT: u8 = 1;

/// The way to the client.
pub(super) struct Way {
    pub(super) outcome: RouteOutcome,
    /// Absent for an address of this host itself.
    pub(super) next_hop: Option<IpAddr>,
    /// State of its neighbour entry, where there is one.
    pub(super) neighbour: Option<String>,
}

/// The way of the answers to `from`, which leave with the address that the client connects to.
pub(super) fn back(from: IpAddr, to: Option<IpAddr>, names: &Names) -> Way {
    let source = to
        .map(|to| to.to_canonical())
        .filter(|to| to.is_ipv4() == from.is_ipv4());
    let flags = RouteFlags::empty();
    // A source that is no address of this host is an error of its own.
    let found = source
        .and_then(|source| look_up(from, Some(source), flags).ok())
        .map_or_else(|| look_up(from, None, flags), Ok);
    match found {
        Ok(route) => along(&route, from, names),
        Err(error) => Way {
            outcome: nowhere(&error),
            next_hop: None,
            neighbour: None,
        },
    }
}

/// The kernel answers for these types of route as `connect` would fail (fib_props, ip6_rt_type_to_error).
fn nowhere(error: &io::Error) -> RouteOutcome {
    let errno = error.raw_os_error().unwrap_or(libc::EIO);
    match errno {
        libc::EINVAL => RouteOutcome::Blackhole,
        libc::EACCES => RouteOutcome::Prohibit,
        _ => RouteOutcome::Unreachable {
            error: LocalError {
                errno,
                name: format!("{:?}", Errno::from_raw(errno)),
            },
        },
    }
}

fn along(route: &RouteMessage, from: IpAddr, names: &Names) -> Way {
    let (mut number, mut source, mut gateway, mut mtu) = (None, None, None, None);
    for attribute in &route.attributes {
        match attribute {
            RouteAttribute::Oif(index) => number = Some(*index),
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
    let local = route.header.kind == RouteType::Local;
    let next_hop = (!local).then(|| gateway.unwrap_or(from));
    let name = number.and_then(|number| names.get(&number));
    Way {
        neighbour: next_hop
            .zip(number)
            .and_then(|(hop, number)| neighbour(hop, number).ok()),
        outcome: RouteOutcome::Via {
            interface: name.map(|name| escape(name)).unwrap_or_default(),
            source,
            gateway,
            local,
            mtu: mtu.or_else(|| number.and_then(link_mtu)),
        },
        next_hop,
    }
}

/// The route that gave no way, as `ip route` writes it: `blackhole 198.51.100.0/24`.
pub(super) fn refusing(from: IpAddr, outcome: &RouteOutcome, end: Instant) -> Option<String> {
    let (kind, word) = match outcome {
        RouteOutcome::Blackhole => (RouteType::BlackHole, "blackhole"),
        RouteOutcome::Prohibit => (RouteType::Prohibit, "prohibit"),
        RouteOutcome::Unreachable { error } if error.errno == libc::EHOSTUNREACH => {
            (RouteType::Unreachable, "unreachable")
        }
        RouteOutcome::Unreachable { .. } | RouteOutcome::Via { .. } => return None,
    };
    let mut question = RouteMessage::default();
    question.header.address_family = if from.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    question.header.kind = kind;
    let question = RouteNetlinkMessage::GetRoute(question);
    let routes = list_alike_until(NETLINK_ROUTE, &question, Some(end)).ok()?;
    let networks = routes.iter().filter_map(|answer| match answer {
        // A kernel before 4.20 lists all of them.
        RouteNetlinkMessage::NewRoute(route) if route.header.kind == kind => {
            network(route, from.is_ipv4())
        }
        _ => None,
    });
    let nearest = networks
        .filter(|network| network.contains(&from))
        .max_by_key(IpNet::prefix_len)?;
    Some(match nearest.prefix_len() {
        0 => format!("{word} default"),
        _ => format!("{word} {nearest}"),
    })
}

/// What a route leads to; a default one names no destination.
fn network(route: &RouteMessage, is_ipv4: bool) -> Option<IpNet> {
    let named = route.attributes.iter().find_map(|one| match one {
        RouteAttribute::Destination(address) => ip(address),
        _ => None,
    });
    let nowhere = if is_ipv4 {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    } else {
        IpAddr::V6(Ipv6Addr::UNSPECIFIED)
    };
    IpNet::new(
        named.unwrap_or(nowhere),
        route.header.destination_prefix_length,
    )
    .ok()
}

/// Whether the routing tables of a family have a default route; absent where that cannot be told.
///
/// Asked through two destinations instead of a listing: a router's table may hold a million routes.
pub(super) fn has_default(family: AddressFamily) -> Option<bool> {
    let is_of_family = |address: &&IpAddr| address.is_ipv4() == (family == AddressFamily::Inet);
    let mut nowhere = 0;
    let mut longer = 0;
    for address in ANYWHERE.iter().filter(is_of_family) {
        match look_up(*address, None, RouteFlags::FibMatch) {
            Ok(route) if route.header.destination_prefix_length <= LONGEST_DEFAULT => {
                return Some(true);
            }
            Ok(_) => longer += 1,
            Err(error) => match error.raw_os_error() {
                // There is none that leads there: a default would.
                Some(libc::ENETUNREACH) => return Some(false),
                Some(libc::EHOSTUNREACH | libc::EINVAL | libc::EACCES) => nowhere += 1,
                Some(libc::EAFNOSUPPORT | libc::EOPNOTSUPP) => return Some(false),
                _ => return None,
            },
        }
    }
    // Routes that refuse everything, as a default route of type `unreachable` does.
    (nowhere > 0 && longer == 0).then_some(false)
}

fn look_up(to: IpAddr, source: Option<IpAddr>, flags: RouteFlags) -> io::Result<RouteMessage> {
    let mut question = RouteMessage::default();
    let (family, length) = match to {
        IpAddr::V4(_) => (AddressFamily::Inet, 32),
        IpAddr::V6(_) => (AddressFamily::Inet6, 128),
    };
    question.header.address_family = family;
    question.header.destination_prefix_length = length;
    question.header.flags = flags;
    question.attributes = vec![RouteAttribute::Destination(route_address(to))];
    if let Some(source) = source {
        question.header.source_prefix_length = length;
        question
            .attributes
            .push(RouteAttribute::Source(route_address(source)));
    }
    match ask(NETLINK_ROUTE, RouteNetlinkMessage::GetRoute(question))? {
        RouteNetlinkMessage::NewRoute(route) => Ok(route),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

const fn route_address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some((*address).into()),
        RouteAddress::Inet6(address) => Some((*address).into()),
        _ => None,
    }
}

/// One entry of the neighbour table; before Linux 5.0 it cannot be asked for alone.
fn neighbour(hop: IpAddr, interface: u32) -> io::Result<String> {
    let mut question = NeighbourMessage::default();
    let (family, address) = match hop {
        IpAddr::V4(address) => (AddressFamily::Inet, NeighbourAddress::Inet(address)),
        IpAddr::V6(address) => (AddressFamily::Inet6, NeighbourAddress::Inet6(address)),
    };
    question.header.family = family;
    question.header.ifindex = interface;
    question.attributes = vec![NeighbourAttribute::Destination(address)];
    match ask(NETLINK_ROUTE, RouteNetlinkMessage::GetNeighbour(question))? {
        RouteNetlinkMessage::NewNeighbour(entry) => Ok(entry.header.state.to_string()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn link_mtu(number: u32) -> Option<u32> {
    let mut attributes = link(number)?.attributes.into_iter();
    attributes.find_map(|attribute| match attribute {
        LinkAttribute::Mtu(bytes) => Some(bytes),
        _ => None,
    })
}

/// The VRF that an interface belongs to, which has routes of its own.
pub(super) fn vrf_of(number: u32) -> Option<u32> {
    let mut attributes = link(number)?.attributes.into_iter();
    let controller = attributes.find_map(|attribute| match attribute {
        LinkAttribute::Controller(number) => Some(number),
        _ => None,
    })?;
    let mut attributes = link(controller)?.attributes.into_iter();
    let is_vrf = attributes.any(|attribute| match attribute {
        LinkAttribute::LinkInfo(infos) => infos.contains(&LinkInfo::Kind(InfoKind::Vrf)),
        _ => false,
    });
    is_vrf.then_some(controller)
}

fn link(number: u32) -> Option<LinkMessage> {
    let mut question = LinkMessage::default();
    question.header.index = number;
    match ask(NETLINK_ROUTE, RouteNetlinkMessage::GetLink(question)) {
        Ok(RouteNetlinkMessage::NewLink(link)) => Some(link),
        _ => None,
    }
}
