//! The whole way of one SYN, and of what answers it.

use super::answers::{self, Role};
use super::decision::{Decider, Fate};
use super::fields;
use super::packet::Ends;
use super::routes;
use super::steps::{self, Step};
use super::walk::{Passage, Run, Stopped, Walker};
use super::{Packet, Possible, RouteAnswer, Truth, packet::value_address};
use crate::model::{
    ChainReference, Family, Field, Hook, Range, conntrack_state, conntrack_status, interface_name,
};

/// Chains at one priority of which every order is tried; with more the answer is left open.
const MOST_AT_ONE_PRIORITY: usize = 4;

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
    pub(super) fn through_loopback(&mut self, start: Walker, role: &Role) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let walkers = self.hooks(
            &[Hook::Output, Hook::Postrouting, Hook::Egress],
            vec![start],
            role,
            &mut arrivals,
        );
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
    pub(super) fn outbound(&mut self, start: Walker, role: &Role) -> Arrivals {
        let mut arrivals = Arrivals::default();
        let walkers = self.hooks(
            &[Hook::Output, Hook::Postrouting],
            vec![start],
            role,
            &mut arrivals,
        );
        let walkers = self.bridges(walkers, Hook::Output, &mut arrivals);
        let walkers = self.bridges(walkers, Hook::Postrouting, &mut arrivals);
        let walkers = self.hooks(&[Hook::Egress], walkers, role, &mut arrivals);
        arrivals.through.extend(walkers);
        arrivals
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
            walker.packet.output_interface = Possible::ANY;
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
        if destination == packet.tracking.original.destination
            || packet.tracking.connection == Some(false)
        {
            return Truth::True;
        }
        let Some(value) = destination.exact() else {
            // Of several addresses, redirect takes one of the host's own.
            return if self.all_own(destination) {
                Truth::True
            } else {
                Truth::Unknown
            };
        };
        let address = value_address(packet.version, value);
        if address.is_loopback() {
            // Dropped as a martian unless route_localnet is set for the interface (ip-sysctl).
            return Truth::Unknown;
        }
        Truth::of(routes::is_local(address, self.facts))
    }

    fn all_own(&self, destination: Possible) -> bool {
        let Some(addresses) = &self.facts.addresses else {
            return false;
        };
        let Range { low, high } = destination.range();
        [low, high].iter().all(|end| {
            addresses
                .iter()
                .any(|own| super::address_value(own.network.addr()) == *end)
        })
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
        fit_to_hook(&mut walker.packet, hook);
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

    /// What stands at one priority, in every order.
    fn group(&mut self, group: &[Step], walker: Walker, role: &Role) -> Passage {
        if let [only] = group {
            return self.step(only, walker, role);
        }
        let meaningful = group
            .iter()
            .filter(|step| !matches!(step, Step::Nat(chains) if chains.is_empty()))
            .count();
        let mut all = Passage::default();
        if meaningful > MOST_AT_ONE_PRIORITY {
            return self.too_many(group, walker);
        }
        for order in orders(group.len()) {
            let mut walkers = vec![walker.clone()];
            for index in order {
                let mut next = Vec::new();
                for walker in walkers {
                    let passage = self.step(&group[index], walker, role);
                    next.extend(passage.through);
                    add_new(&mut all.stopped, passage.stopped);
                }
                walkers = next;
            }
            add_new(&mut all.through, walkers);
        }
        all
    }

    fn too_many(&mut self, group: &[Step], walker: Walker) -> Passage {
        let mut passage = Passage::default();
        let decider = group
            .iter()
            .find_map(|step| match step {
                Step::Chain { reference, .. } => Some(Decider::Policy {
                    chain: *reference,
                    hook: self.hook,
                }),
                _ => None,
            })
            .unwrap_or(Decider::NoChain);
        self.undecided(
            decider,
            "too many chains stand at one priority, in an order that is not told",
        );
        self.stop(&mut passage, walker, Fate::Unknown, decider);
        passage
    }

    fn step(&mut self, step: &Step, walker: Walker, role: &Role) -> Passage {
        match step {
            Step::Conntrack => Passage {
                through: vec![tracked(walker, role)],
                stopped: Vec::new(),
            },
            Step::Nat(chains) => self.nat(chains, walker, role),
            Step::Chain { reference, sure } => self.perhaps(*reference, *sure, walker),
        }
    }

    fn perhaps(&mut self, reference: ChainReference, sure: bool, walker: Walker) -> Passage {
        if sure {
            return self.base_chain(reference, walker);
        }
        let unsure = Walker {
            certain: false,
            ..walker
        };
        let decider = Decider::Policy {
            chain: reference,
            hook: self.hook,
        };
        let mut passage = self.base_chain(reference, unsure.clone());
        if passage.stopped.is_empty() && passage.through.len() == 1 {
            return passage;
        }
        self.undecided(
            decider,
            "depends on which interfaces the packet passes, and on which of them this chain is bound to",
        );
        add_new(&mut passage.through, vec![unsure]);
        passage
    }

    fn nat(&mut self, chains: &[(i32, ChainReference)], walker: Walker, role: &Role) -> Passage {
        let destination = matches!(self.hook, Hook::Prerouting | Hook::Output);
        let mut walker = walker;
        if walker.packet.tracking.connection != Some(true) {
            return Passage {
                through: vec![walker],
                stopped: Vec::new(),
            };
        }
        let asks = match role {
            Role::Syn => true,
            // A reset belongs to a connection whose source may not be settled yet: nat chains are asked as for a first packet. An ICMP
            // error is translated by what is settled (`nf_nat_ipv4_fn`, `net/netfilter/nf_nat_proto.c`).
            Role::Error => walker.packet.icmp.is_none(),
            Role::SynAck(_) => false,
        };
        let mut passage = Passage::default();
        if asks && !is_settled(&walker, destination) {
            let mut groups: Vec<Vec<ChainReference>> = Vec::new();
            let mut last = None;
            for (priority, reference) in chains {
                match groups.last_mut() {
                    Some(group) if last == Some(*priority) => group.push(*reference),
                    _ => groups.push(vec![*reference]),
                }
                last = Some(*priority);
            }
            let mut walkers = vec![walker];
            for group in groups {
                let mut next = Vec::new();
                for walker in walkers {
                    self.nat_group(&group, walker, destination, &mut next, &mut passage.stopped);
                }
                walkers = next;
            }
            for mut walker in walkers {
                settle(&mut walker, destination);
                add_new(&mut passage.through, vec![walker]);
            }
        } else {
            settle(&mut walker, destination);
            passage.through.push(walker);
        }
        if !matches!(role, Role::Syn) {
            for walker in &mut passage.through {
                translate_back(&mut walker.packet, destination);
            }
        }
        passage
    }

    fn nat_group(
        &mut self,
        group: &[ChainReference],
        walker: Walker,
        destination: bool,
        next: &mut Vec<Walker>,
        stopped: &mut Vec<Stopped>,
    ) {
        for order in orders(group.len().min(MOST_AT_ONE_PRIORITY)) {
            let mut walkers = vec![walker.clone()];
            for index in order {
                let mut after = Vec::new();
                for walker in walkers {
                    if is_settled(&walker, destination) {
                        after.push(walker);
                        continue;
                    }
                    let passage = self.base_chain(group[index], walker);
                    add_new(stopped, passage.stopped);
                    after.extend(passage.through);
                }
                walkers = after;
            }
            add_new(next, walkers);
        }
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

    /// The interface by which packets to the client leave.
    pub(super) fn interface_to_client(&self, packet: &Packet) -> Possible {
        let Some(value) = packet.ends.destination.exact() else {
            return Possible::within(Range {
                low: 1,
                high: u128::MAX,
            });
        };
        let address = value_address(packet.version, value);
        match routes::route_to(address, self.facts) {
            Some(RouteAnswer::By(interface)) => Possible::exactly(interface_name(interface)),
            _ => Possible::within(Range {
                low: 1,
                high: u128::MAX,
            }),
        }
    }
}

fn add_new<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..count)
                    .filter(|index| !order.contains(index))
                    .map(|index| {
                        let mut longer = order.clone();
                        longer.push(index);
                        longer
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

/// At each hook only some interfaces are told.
fn fit_to_hook(packet: &mut Packet, hook: Hook) {
    match hook {
        Hook::Ingress | Hook::Prerouting | Hook::Input => {
            packet.output_interface = Possible::exactly(0);
        }
        Hook::Output | Hook::Postrouting | Hook::Egress if packet.ether_source.is_none() => {
            packet.input_interface = Possible::exactly(0);
        }
        _ => {}
    }
}

/// Sent by `lo`, it arrives by `lo`, keeping its mark and its connection (`drivers/net/loopback.c`).
fn crosses_loopback(mut walker: Walker) -> Walker {
    let packet = &mut walker.packet;
    packet.input_interface = packet.output_interface;
    packet.from_here = false;
    walker
}

const fn is_settled(walker: &Walker, destination: bool) -> bool {
    let tracking = &walker.packet.tracking;
    if destination {
        tracking.destination_settled
    } else {
        tracking.source_settled
    }
}

const fn settle(walker: &mut Walker, destination: bool) {
    let tracking = &mut walker.packet.tracking;
    if destination {
        tracking.destination_settled = true;
    } else {
        tracking.source_settled = true;
    }
}

/// In answers the addresses of the first packet are put back: its source before routing, its destination after.
fn translate_back(packet: &mut Packet, destination: bool) {
    let original = packet.tracking.original;
    if destination {
        packet.ends.destination = original.source;
        packet.ends.destination_port = original.source_port;
    } else {
        packet.ends.source = original.destination;
        packet.ends.source_port = original.destination_port;
    }
}

/// What conntrack notes when it sees the packet.
fn tracked(mut walker: Walker, role: &Role) -> Walker {
    let state = fields::read(
        &walker.packet,
        Field::ConntrackState,
        &super::Facts::default(),
    );
    let exempt = state.value.exact() == Some(conntrack_state::UNTRACKED);
    let packet = &mut walker.packet;
    if exempt || packet.tracking.connection == Some(true) {
        return walker;
    }
    let nothing = answers::nothing_tracked();
    packet.tracking = match role {
        Role::Syn => super::packet::Tracking {
            state: Possible::exactly(conntrack_state::NEW),
            connection: Some(true),
            // Whether translations are settled shows in two more bits.
            status: Possible::with_bits(0, !SETTLED_BITS, 32),
            mark: Possible::exactly(0),
            original: packet.ends,
            answer: packet.ends.reversed(),
            ..nothing
        },
        Role::SynAck(Some(of)) => super::packet::Tracking {
            state: Possible::exactly(conntrack_state::ESTABLISHED),
            reply: true,
            status: of.status.after(
                crate::model::BitOperation::Or,
                conntrack_status::CONFIRMED | conntrack_status::SEEN_REPLY,
                32,
            ),
            ..**of
        },
        Role::SynAck(None) | Role::Error => nothing,
    };
    walker
}

/// IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE (`linux/netfilter/nf_conntrack_common.h`).
const SETTLED_BITS: u128 = 0x180;
