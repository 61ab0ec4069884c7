//! Changes of addresses and ports.

use std::rc::Rc;

use std::net::IpAddr;

use super::decision::{Decider, Translated};
use super::fields::Presence;
use super::packet::{Tracking, address_value, value_address};
use super::walk::{Effect, Run, Walker};
use super::{Ends, Possible, Version};
use crate::model::{
    BitOperation, Expression, Family, Hook, Range, RuleReference, Translation, TranslationKind,
    conntrack_status, interface_name,
};

/// A new value, and whether it is sure to be there.
struct NewValue {
    value: Possible,
    presence: Presence,
}

impl Run<'_> {
    /// Carries out a nat statement.
    pub(super) fn translate(
        &mut self,
        at: RuleReference,
        decider: Decider,
        translation: &Translation,
        mut walker: Walker,
    ) -> super::rule::Next {
        let version = walker.packet.version;
        let other_family = match translation.family {
            Some(Family::Ip) => version != Version::V4,
            Some(Family::Ip6) => version != Version::V6,
            _ => false,
        };
        if other_family {
            self.effects.push(Effect::Onward(walker));
            return None;
        }
        let address = self.new_value(at, decider, translation.address.as_ref(), &walker);
        let port = self.new_value(at, decider, translation.port.as_ref(), &walker);
        for part in [&address, &port].into_iter().flatten() {
            match part.presence {
                Presence::Absent => {
                    self.effects.push(Effect::Onward(walker));
                    return None;
                }
                Presence::Maybe => {
                    walker.certain = false;
                    self.effects.push(Effect::Onward(walker.clone()));
                }
                Presence::Here => {}
            }
        }
        let new_port = match (&port, translation.port_range) {
            (Some(port), _) => Some(port.value),
            (None, Some(range)) => Some(Possible::within(range)),
            (None, None) => None,
        };
        let before = walker.packet.ends;
        let source = matches!(
            translation.kind,
            TranslationKind::Snat | TranslationKind::Masquerade
        );
        let new_address = match translation.kind {
            TranslationKind::Redirect => Some(self.own_address(&walker, true)),
            TranslationKind::Masquerade => Some(self.own_address(&walker, false)),
            TranslationKind::Dnat | TranslationKind::Snat => match translation.network {
                Some((network, length)) => {
                    let old = if source {
                        before.source
                    } else {
                        before.destination
                    };
                    Some(into_network(old, network, length))
                }
                None => address.map(|address| address.value),
            },
        };
        let mut after = before;
        let (address, port) = if source {
            (&mut after.source, &mut after.source_port)
        } else {
            (&mut after.destination, &mut after.destination_port)
        };
        *address = new_address.unwrap_or(*address);
        *port = new_port.unwrap_or(*port);
        let packet = Rc::make_mut(&mut walker.packet);
        // What is settled here is how the connection's own packets change; an answer goes the other way.
        if !packet.tracking.reply {
            packet.ends = after;
        }
        packet.redirected |= translation.kind == TranslationKind::Redirect;
        note(&mut packet.tracking, before, after, source);
        if !source && !self.answering && before != after {
            let translated = Translated {
                rule: at,
                from: before,
                to: after,
            };
            if !self.translations.contains(&translated) {
                self.translations.push(translated);
            }
        }
        self.effects.push(Effect::Accept(walker));
        None
    }

    fn new_value(
        &mut self,
        at: RuleReference,
        decider: Decider,
        expression: Option<&Expression>,
        walker: &Walker,
    ) -> Option<NewValue> {
        let expression = expression?;
        let mut scene = self.scene(at.chain, &walker.packet);
        let reading = scene.compute(expression);
        let reasons = scene.reasons;
        if reading.presence == Presence::Maybe {
            self.undecided_because(decider, reasons);
        }
        Some(NewValue {
            value: reading.value,
            presence: reading.presence,
        })
    }

    /// The address that redirect and masquerade take: one of the interface the packet came in by, or leaves by
    /// (`nf_nat_redirect.c`, `nf_nat_masquerade.c`).
    fn own_address(&self, walker: &Walker, incoming: bool) -> Possible {
        let packet = &walker.packet;
        let width = match packet.version {
            Version::V4 => 32,
            Version::V6 => 128,
        };
        if incoming && self.hook == Hook::Output {
            return Possible::exactly(match packet.version {
                Version::V4 => 0x7f00_0001,
                Version::V6 => 1,
            });
        }
        let interface = if incoming {
            packet.input_interface
        } else {
            packet.output_interface
        };
        let unknown = Possible::with_bits(0, 0, width);
        // Masquerading leaves `lo`'s own address alone, and for IPv6 weighs all of the host's (RFC 6724).
        if !incoming
            && (packet.version == Version::V6 || interface.exact() == Some(interface_name("lo")))
        {
            return unknown;
        }
        let (Some(interface), Some(addresses)) = (interface.exact(), &self.facts.addresses) else {
            return unknown;
        };
        let there: Vec<IpAddr> = addresses
            .iter()
            .filter(|own| interface_name(&own.interface) == interface)
            .map(|own| own.network.addr())
            .filter(|address| Version::of(*address) == packet.version)
            .collect();
        let exactly = |address: &IpAddr| Possible::exactly(address_value(*address));
        if incoming {
            let asked = packet.ends.destination.exact();
            let asked = asked.map(|value| value_address(packet.version, value));
            // The first of the list; for IPv6 the first of the same scope.
            return there
                .iter()
                .find(|address| asked.is_some_and(|asked| same_scope(**address, asked)))
                .map_or(unknown, exactly);
        }
        there
            .iter()
            .map(exactly)
            .reduce(Possible::or)
            .unwrap_or(unknown)
    }
}

fn same_scope(one: IpAddr, other: IpAddr) -> bool {
    match (one, other) {
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            one.is_unicast_link_local() == other.is_unicast_link_local()
        }
        _ => true,
    }
}

/// What conntrack notes of a translation of the source or of the destination.
fn note(tracking: &mut Tracking, before: Ends, after: Ends, source: bool) {
    let bit = if source {
        tracking.source_settled = true;
        tracking.answer.destination = after.source;
        tracking.answer.destination_port = after.source_port;
        conntrack_status::SOURCE_NAT
    } else {
        tracking.destination_settled = true;
        tracking.answer.source = after.destination;
        tracking.answer.source_port = after.destination_port;
        conntrack_status::DESTINATION_NAT
    };
    let marked = tracking.status.after(BitOperation::Or, bit, 32);
    tracking.status = match is_changed(before, after) {
        Some(true) => marked,
        Some(false) => tracking.status,
        None => tracking.status.or(marked),
    };
}

/// Whether a translation has changed anything; the new address may be one of several, among them the old one.
fn is_changed(before: Ends, after: Ends) -> Option<bool> {
    if before == after {
        return Some(false);
    }
    let differ = |one: Possible, other: Possible| !one.may_be_in(other.range());
    let sure = differ(before.source, after.source)
        || differ(before.source_port, after.source_port)
        || differ(before.destination, after.destination)
        || differ(before.destination_port, after.destination_port);
    sure.then_some(true)
}

/// The address with its leading bits replaced by those of a network.
fn into_network(address: Possible, network: IpAddr, length: u8) -> Possible {
    let width: u32 = if network.is_ipv4() { 32 } else { 128 };
    let hosts = Range::prefix(address_value(network), u32::from(length), width);
    let host_bits = hosts.high ^ hosts.low;
    let kept = address.after(BitOperation::And, host_bits, width);
    kept.after(BitOperation::Or, hosts.low, width)
}
