//! Where packets to an address leave (`rtnetlink(7)`, `RTM_GETROUTE`), where that does not depend on more than the address.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;

use netlink_packet_route::route::{RouteAddress, RouteAttribute, RouteFlags, RouteMessage};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleFlags, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::libc;
use sshdoctor_filter::evaluate::RouteAnswer;

use super::{Link, is_unsupported};
use crate::netlink::{ask, list};

/// Main, default and local (`linux/rtnetlink.h`).
const CUSTOMARY_TABLES: std::ops::RangeInclusive<u8> = 253..=255;
/// No prefix is suppressed.
const NOT_SUPPRESSED: u32 = u32::MAX;

/// What is certain of the ways to these addresses.
pub(super) fn routes(asked: &[IpAddr], links: &HashMap<u32, Link>) -> Vec<(IpAddr, RouteAnswer)> {
    let plain = [AddressFamily::Inet, AddressFamily::Inet6].map(routes_by_address_alone);
    asked
        .iter()
        .filter(|address| plain[usize::from(address.is_ipv6())])
        .filter_map(|address| Some((*address, route(*address, links)?)))
        .collect()
}

/// Whether the routing policy (`ip-rule(8)`) is the one that the kernel starts with: another one may choose by mark, source or interface.
fn routes_by_address_alone(family: AddressFamily) -> bool {
    let mut question = RuleMessage::default();
    question.header.family = family;
    match list(NETLINK_ROUTE, &RouteNetlinkMessage::GetRule(question)) {
        Ok(rules) => rules.iter().all(|rule| match rule {
            RouteNetlinkMessage::NewRule(rule) => asks_a_customary_table(rule),
            _ => false,
        }),
        Err(error) => is_unsupported(&error),
    }
}

fn asks_a_customary_table(rule: &RuleMessage) -> bool {
    let header = &rule.header;
    header.action == RuleAction::ToTable
        && header.src_len == 0
        && header.dst_len == 0
        && header.tos == 0
        && !header.flags.contains(RuleFlags::Invert)
        && CUSTOMARY_TABLES.contains(&header.table)
        && rule.attributes.iter().all(|attribute| {
            matches!(
                attribute,
                RuleAttribute::Priority(_)
                    | RuleAttribute::Table(_)
                    | RuleAttribute::Protocol(_)
                    | RuleAttribute::SuppressPrefixLen(NOT_SUPPRESSED)
            )
        })
}

/// `None` when it cannot be told, or several ways share the packets.
fn route(to: IpAddr, links: &HashMap<u32, Link>) -> Option<RouteAnswer> {
    let entry = match look_up(to, RouteFlags::FibMatch) {
        Ok(entry) => entry,
        Err(error) => {
            // As fib_props and ip6_rt_type_to_error answer for unreachable, blackhole and prohibit, and for nothing found.
            let leads_nowhere = [
                libc::ENETUNREACH,
                libc::EHOSTUNREACH,
                libc::EINVAL,
                libc::EACCES,
            ];
            return error
                .raw_os_error()
                .is_some_and(|number| leads_nowhere.contains(&number))
                .then_some(RouteAnswer::None);
        }
    };
    let is_shared = |attribute: &RouteAttribute| matches!(attribute, RouteAttribute::MultiPath(_));
    if entry.attributes.iter().any(is_shared) {
        return None;
    }
    let found = look_up(to, RouteFlags::empty()).ok()?;
    found
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            RouteAttribute::Oif(index) => Some(RouteAnswer::By(links.get(index)?.name.clone())),
            _ => None,
        })
}

fn look_up(to: IpAddr, flags: RouteFlags) -> io::Result<RouteMessage> {
    let mut question = RouteMessage::default();
    let (family, length, destination) = match to {
        IpAddr::V4(address) => (AddressFamily::Inet, 32, RouteAddress::Inet(address)),
        IpAddr::V6(address) => (AddressFamily::Inet6, 128, RouteAddress::Inet6(address)),
    };
    question.header.address_family = family;
    question.header.destination_prefix_length = length;
    question.header.flags = flags;
    question.attributes = vec![RouteAttribute::Destination(destination)];
    match ask(NETLINK_ROUTE, RouteNetlinkMessage::GetRoute(question))? {
        RouteNetlinkMessage::NewRoute(route) => Ok(route),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
