//! What the routing table would say, as far as it is known.

use super::fields::Reading;
use super::packet::{Version, value_address};
use super::scene::Scene;
use super::{Facts, Possible, RouteAnswer, Truth};
use crate::model::{FibQuestion, FibResult, Hook, Range, address_type, interface_name};
use std::net::IpAddr;

/// What kind an address is, if it can be told: one of [`address_type`].
pub(super) fn kind_of(address: IpAddr, facts: &Facts) -> Option<u128> {
    let fixed = match address {
        IpAddr::V4(four) if four.is_multicast() => Some(address_type::MULTICAST),
        IpAddr::V4(four) if four.is_broadcast() => Some(address_type::BROADCAST),
        IpAddr::V6(six) if six.is_multicast() => Some(address_type::MULTICAST),
        _ if address.is_loopback() => Some(address_type::LOCAL),
        _ => None,
    };
    if fixed.is_some() {
        return fixed;
    }
    let addresses = facts.addresses.as_ref()?;
    if addresses.iter().any(|own| own.network.addr() == address) {
        return Some(address_type::LOCAL);
    }
    let edge = addresses
        .iter()
        .any(|own| own.network.broadcast() == address || own.network.network() == address);
    if edge {
        return None;
    }
    match route_to(address, facts)? {
        RouteAnswer::By(_) => Some(address_type::UNICAST),
        RouteAnswer::None => None,
    }
}

/// Whether an address belongs to this host.
pub(super) fn is_local(address: IpAddr, facts: &Facts) -> Option<bool> {
    if address.is_loopback() {
        return Some(true);
    }
    let addresses = facts.addresses.as_ref()?;
    Some(addresses.iter().any(|own| own.network.addr() == address))
}

pub(super) fn route_to(address: IpAddr, facts: &Facts) -> Option<&RouteAnswer> {
    facts
        .routes
        .iter()
        .find(|(asked, _)| *asked == address)
        .map(|(_, answer)| answer)
}

impl Scene<'_> {
    fn exact_address(&self, source: bool) -> Option<IpAddr> {
        let ends = self.packet.ends;
        let value = if source {
            ends.source
        } else {
            ends.destination
        };
        Some(value_address(self.packet.version, value.exact()?))
    }

    /// Answers a `fib` expression.
    pub(super) fn fib(&mut self, question: FibQuestion) -> Reading {
        let answer = match question.result {
            FibResult::AddressType => self.address_type(question),
            FibResult::Interface => self.way_back(question),
            FibResult::Exists => self
                .way_back(question)
                .map(|interface| match interface.exact() {
                    Some(0) => Possible::exactly(0),
                    Some(_) => Possible::exactly(1),
                    None => Possible::with_bits(0, 0, 1),
                }),
        };
        answer.map_or_else(
            || {
                self.because("depends on the routing table");
                Reading::of(match question.result {
                    FibResult::AddressType => Possible::within(Range { low: 0, high: 12 }),
                    FibResult::Exists => Possible::with_bits(0, 0, 1),
                    FibResult::Interface => Possible::ANY,
                })
            },
            Reading::of,
        )
    }

    fn address_type(&self, question: FibQuestion) -> Option<Possible> {
        let address = self.exact_address(question.of_source);
        let bound = question.with_input_interface || question.with_output_interface;
        // The destination of an inbound packet is this host's own: that is what is asked.
        let kind = match address {
            Some(address) => kind_of(address, self.facts),
            None => None,
        };
        let asked = self.packet.tracking.original.destination;
        let ends = self.packet.ends;
        let is_asked = !question.of_source
            && !self.packet.from_here
            && ends.destination == asked
            && asked != Possible::ANY;
        let kind = kind.or_else(|| is_asked.then_some(address_type::LOCAL))?;
        if !bound || kind != address_type::LOCAL {
            return Some(Possible::exactly(kind));
        }
        self.local_on(address?, question).map(Possible::exactly)
    }

    /// An address of another interface counts as unicast (`inet_dev_addr_type`, `net/ipv4/fib_frontend.c`).
    fn local_on(&self, address: IpAddr, question: FibQuestion) -> Option<u128> {
        if self.packet.version == Version::V6 {
            return None;
        }
        let interface = if question.with_input_interface {
            self.packet.input_interface
        } else {
            self.packet.output_interface
        };
        let interface = interface.exact()?;
        let addresses = self.facts.addresses.as_ref()?;
        let there = address.is_loopback() && interface == interface_name("lo")
            || addresses.iter().any(|own| {
                own.network.addr() == address && interface_name(&own.interface) == interface
            });
        Some(if there {
            address_type::LOCAL
        } else {
            address_type::UNICAST
        })
    }

    /// The interface by which packets to an address leave; zero when there is none (`nft_fib_ipv4.c`, `nft_fib_ipv6.c`).
    fn way_back(&self, question: FibQuestion) -> Option<Possible> {
        let marked = question.with_mark && self.packet.mark.exact() != Some(0);
        if marked || question.with_output_interface {
            return None;
        }
        let address = self.exact_address(question.of_source)?;
        let arrives = self.packet.input_interface.exact()?;
        if arrives == interface_name("lo") {
            // At input this differs from kernel to kernel (`nft_fib_can_skip`, `include/net/netfilter/nft_fib.h`).
            return (self.hook == Hook::Prerouting).then_some(Possible::exactly(arrives));
        }
        if kind_of(address, self.facts)? == address_type::LOCAL {
            return Some(Possible::exactly(0));
        }
        match route_to(address, self.facts)? {
            RouteAnswer::None => Some(Possible::exactly(0)),
            RouteAnswer::By(interface) => {
                let leaves = interface_name(interface);
                if !question.with_input_interface || leaves == arrives {
                    return Some(Possible::exactly(leaves));
                }
                // IPv6 looks for a route by that very interface, which there may be.
                (self.packet.version == Version::V4).then_some(Possible::exactly(0))
            }
        }
    }

    /// `rpfilter` (`ipt_rpfilter.c`, `ip6t_rpfilter.c`), before inversion.
    pub(super) fn reverse_path(
        &mut self,
        loose: bool,
        with_mark: bool,
        accept_local: bool,
    ) -> Truth {
        let known = self.passes_reverse_path(loose, with_mark, accept_local);
        if known.is_none() {
            self.because("depends on the routing table");
        }
        Truth::of(known)
    }

    fn passes_reverse_path(
        &self,
        loose: bool,
        with_mark: bool,
        accept_local: bool,
    ) -> Option<bool> {
        let arrives = self.packet.input_interface.exact()?;
        if arrives == interface_name("lo") {
            return Some(true);
        }
        if with_mark && self.packet.mark.exact() != Some(0) {
            return None;
        }
        let address = self.exact_address(true)?;
        if kind_of(address, self.facts)? != address_type::UNICAST {
            return if accept_local { None } else { Some(false) };
        }
        match route_to(address, self.facts)? {
            RouteAnswer::None => Some(false),
            RouteAnswer::By(interface) if interface_name(interface) == arrives => Some(true),
            RouteAnswer::By(_) if loose => Some(true),
            RouteAnswer::By(_) => (self.packet.version == Version::V4).then_some(false),
        }
    }
}
