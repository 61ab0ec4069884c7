//! The whole way of one SYN, and of what answers it.

use std::rc::Rc;

use super::answers::Role;
use super::packet::Ends;
use super::priorities::add_new;
use super::routes;
use super::start::SOME_INTERFACE;
use super::steps;
use super::tracking::crosses_loopback;
use super::walk::{Run, Stopped, Walker};
use super::{Packet, Possible, RouteAnswer, Truth, Version, packet::value_address};
use crate::model::{ChainReference, Family, Hook, interface_name};

/// Walkers and stops, gathered along the way.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    pub(super) through: Vec<Walker>,
    pub(super) forwarded: Vec<Walker>,
    pub(super) stopped: Vec<(Hook, Stopped)>,
}

impl Run<'_> {
    /// A packet that arrives from another host, up to the socket.
    pub(super) fn inbound(&mut self, start: Walker, role: &Role) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let walkers = self.hooks(&[Hook::Ingress], vec![start], role, &mut arrivals);
        let walkers = self.bridges(walkers, Hook::Prerouting, &mut arrivals);
        let walkers = self.bridges(walkers, Hook::Input, &mut arrivals);
        let walkers = self.hooks(&[Hook::Prerouting], walkers, role, &mut arrivals);
        for walker in walkers {
            self.route(walker, role, &mut arrivals);
        }
        arrivals
    }

    /// A packet that this host sends to itself.
    pub(super) fn through_loopback(&mut self, start: Walker, role: &Role, from: Hook) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let walkers = self.leaves(start, role, from, &mut arrivals);
        let walkers = walkers.into_iter().map(crosses_loopback).collect();
        let walkers = self.hooks(
            &[Hook::Ingress, Hook::Prerouting, Hook::Input],
            walkers,
            role,
            &mut arrivals,
        );
        arrivals.through.extend(walkers);
        arrivals
    }

    /// A packet that this host sends to the client.
    pub(super) fn outbound(&mut self, start: Walker, role: &Role, from: Hook) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let walkers = self.leaves(start, role, from, &mut arrivals);
        let walkers = self.bridges(walkers, Hook::Output, &mut arrivals);
        let walkers = self.bridges(walkers, Hook::Postrouting, &mut arrivals);
        arrivals.through.extend(walkers);
        arrivals
    }

    /// An answer from another host to the client of a forwarded packet.
    pub(super) fn passing(&mut self, start: Walker, role: &Role) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let leaves_by = start.packet.output_interface;
        let mut walkers = self.hooks(
            &[Hook::Ingress, Hook::Prerouting],
            vec![start],
            role,
            &mut arrivals,
        );
        for walker in &mut walkers {
            Rc::make_mut(&mut walker.packet).output_interface = leaves_by;
        }
        let walkers = self.hooks(
            &[Hook::Forward, Hook::Postrouting, Hook::Egress],
            walkers,
            role,
            &mut arrivals,
        );
        arrivals.through.extend(walkers);
        arrivals
    }

    /// Up to the device. The answer to a packet that a device rejects is handed to it at once (`nft_reject_netdev.c`).
    fn leaves(
        &mut self,
        start: Walker,
        role: &Role,
        from: Hook,
        arrivals: &mut Arrivals,
    ) -> Vec<Walker> {
        if from == Hook::Ingress {
            return self.hooks(&[Hook::Egress], vec![start], role, arrivals);
        }
        let sent_to = start.packet.ends.destination;
        let mut walkers = self.hooks(&[Hook::Output], vec![start], role, arrivals);
        for walker in &mut walkers {
            // Another destination is routed anew, after the hook (`ip_route_me_harder`).
            if walker.packet.ends.destination != sent_to {
                let leaves_by = self.interface_to(&walker.packet);
                Rc::make_mut(&mut walker.packet).output_interface = leaves_by;
            }
        }
        self.hooks(&[Hook::Postrouting, Hook::Egress], walkers, role, arrivals)
    }

    /// The routing decision: to a socket of this host, or on to another.
    fn route(&mut self, walker: Walker, role: &Role, arrivals: &mut Arrivals) {
        let truth = self.is_for_this_host(&walker.packet);
        if truth != Truth::False {
            let walker = Walker {
                certain: walker.certain && truth == Truth::True,
                ..walker.clone()
            };
            let through = self.hooks(&[Hook::Input], vec![walker], role, arrivals);
            arrivals.through.extend(through);
        }
        if truth != Truth::True {
            let mut walker = walker;
            walker.certain &= truth == Truth::False;
            let leaves_by = self.interface_to(&walker.packet);
            Rc::make_mut(&mut walker.packet).output_interface = leaves_by;
            let through = self.hooks(
                &[Hook::Forward, Hook::Postrouting],
                vec![walker],
                role,
                arrivals,
            );
            arrivals.forwarded.extend(through);
        }
    }

    fn is_for_this_host(&self, packet: &Packet) -> Truth {
        let Ends { destination, .. } = packet.ends;
        if packet.redirected
            || destination == packet.tracking.original.destination
            || packet.tracking.connection == Some(false)
        {
            return Truth::True;
        }
        let Some(value) = destination.exact() else {
            return Truth::Unknown;
        };
        let address = value_address(packet.version, value);
        if address.is_loopback() {
            // Dropped as a martian unless route_localnet is set for the interface (ip-sysctl).
            return Truth::Unknown;
        }
        Truth::of(routes::is_local(address, self.facts))
    }

    /// Several hooks one after the other.
    fn hooks(
        &mut self,
        hooks: &[Hook],
        walkers: Vec<Walker>,
        role: &Role,
        arrivals: &mut Arrivals,
    ) -> Vec<Walker> {
        let mut walkers = walkers;
        for hook in hooks {
            let mut next = Vec::new();
            for walker in walkers {
                for walker in self.at_hook(*hook, walker, role, arrivals) {
                    if !next.contains(&walker) {
                        next.push(walker);
                    }
                }
            }
            walkers = next;
        }
        walkers
    }

    fn at_hook(
        &mut self,
        hook: Hook,
        walker: Walker,
        role: &Role,
        arrivals: &mut Arrivals,
    ) -> Vec<Walker> {
        self.hook = hook;
        let mut walker = walker;
        fit_to_hook(Rc::make_mut(&mut walker.packet), hook);
        let mut walkers = vec![walker];
        let Some(first) = walkers.first() else {
            return walkers;
        };
        for group in steps::at_hook(self.rule_set, self.facts, &first.packet, hook) {
            let mut next = Vec::new();
            for walker in walkers {
                let passage = self.group(&group, walker, role);
                arrivals
                    .stopped
                    .extend(passage.stopped.into_iter().map(|stopped| (hook, stopped)));
                for walker in passage.through {
                    if !next.contains(&walker) {
                        next.push(walker);
                    }
                }
            }
            walkers = next;
        }
        walkers
    }

    /// Chains of the bridge family see the packet if its interface is a bridge.
    fn bridges(
        &mut self,
        walkers: Vec<Walker>,
        hook: Hook,
        arrivals: &mut Arrivals,
    ) -> Vec<Walker> {
        let mut chains: Vec<(i32, ChainReference)> = steps::base_chains(self.rule_set)
            .filter(|(_, family, base)| *family == Family::Bridge && base.hook == Some(hook))
            .map(|(reference, _, base)| (base.priority, reference))
            .collect();
        chains.sort_by_key(|(priority, _)| *priority);
        self.hook = hook;
        let mut walkers = walkers;
        for (_, reference) in chains {
            let mut next = Vec::new();
            for walker in walkers {
                if self.is_no_bridge(&walker.packet) {
                    next.push(walker);
                    continue;
                }
                let passage = self.perhaps(reference, false, walker);
                arrivals
                    .stopped
                    .extend(passage.stopped.into_iter().map(|stopped| (hook, stopped)));
                add_new(&mut next, passage.through);
            }
            walkers = next;
        }
        walkers
    }

    fn is_no_bridge(&self, packet: &Packet) -> bool {
        let interface = [packet.input_interface, packet.output_interface]
            .iter()
            .find_map(|interface| interface.exact().filter(|name| *name != 0));
        interface.is_some_and(|name| {
            name == interface_name("lo")
                || self
                    .facts
                    .interfaces
                    .iter()
                    .any(|(own, known)| interface_name(own) == name && known.bridge == Some(false))
        })
    }

    /// The interface by which a packet leaves.
    pub(super) fn interface_to(&self, packet: &Packet) -> Possible {
        let Some(value) = packet.ends.destination.exact() else {
            return SOME_INTERFACE;
        };
        let address = value_address(packet.version, value);
        if routes::is_local(address, self.facts) == Some(true) {
            return Possible::exactly(interface_name("lo"));
        }
        match routes::route_to(address, self.facts) {
            Some(RouteAnswer::By(interface)) => Possible::exactly(interface_name(interface)),
            _ => SOME_INTERFACE,
        }
    }
}

/// At each hook only some interfaces are told.
fn fit_to_hook(packet: &mut Packet, hook: Hook) {
    let of_this_host = packet.ether_source.is_none();
    if hook == Hook::Egress {
        // By now the frame has its header, with an address of the device.
        packet.ether_source = Some(Possible::with_bits(0, 0, 48));
    }
    match hook {
        Hook::Ingress | Hook::Prerouting | Hook::Input => {
            packet.output_interface = Possible::exactly(0);
        }
        // An IPv6 packet of this host has its own way out noted as the way it came in by (`ip6_output`); not in every kernel.
        Hook::Postrouting | Hook::Egress if of_this_host && packet.version == Version::V6 => {
            packet.input_interface = Possible::ANY;
        }
        Hook::Output | Hook::Postrouting | Hook::Egress if of_this_host => {
            packet.input_interface = Possible::exactly(0);
        }
        _ => {}
    }
}
