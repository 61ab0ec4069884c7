//! The packet that a question is about.

use super::answers;
use super::packet::{Ends, address_value};
use super::routes;
use super::{Facts, Packet, Possible, Question, Version};
use crate::model::{IcmpError, Range, RejectWith, interface_name, protocol, tcp_flag};

/// Lowest port that an ordinary client sends from (RFC 6056, section 3.2).
const LOWEST_CLIENT_PORT: u128 = 1024;

/// An interface that leads to other hosts.
pub(super) const SOME_INTERFACE: Possible = Possible::within(Range {
    low: 1,
    high: u128::MAX,
})
.except(interface_name("lo"));

/// Whether the packet never leaves the host.
pub(super) fn is_to_itself(question: &Question, facts: &Facts) -> bool {
    if question.interface.as_deref() == Some("lo") {
        return true;
    }
    let exact = question
        .from
        .filter(|from| from.prefix_len() == from.max_prefix_len());
    question.interface.is_none()
        && exact.is_some_and(|from| routes::is_local(from.addr(), facts) == Some(true))
}

/// The SYN as it arrives, or as it is sent by this host to itself.
pub(super) fn syn(question: &Question, facts: &Facts) -> Packet {
    let width = match question.version {
        Version::V4 => 32,
        Version::V6 => 128,
    };
    let any = Possible::with_bits(0, 0, width);
    let source = question.from.map_or(any, |from| {
        Possible::within(Range {
            low: address_value(from.network()),
            high: address_value(from.broadcast()),
        })
    });
    let source_port = question.from_port.map_or(
        Possible::within(Range {
            low: LOWEST_CLIENT_PORT,
            high: 0xffff,
        }),
        |port| Possible::exactly(u128::from(port)),
    );
    let ends = Ends {
        source,
        source_port,
        destination: question
            .to
            .map_or(any, |to| Possible::exactly(address_value(to))),
        destination_port: Possible::exactly(u128::from(question.port)),
    };
    let to_itself = is_to_itself(question, facts);
    let lo = Possible::exactly(interface_name("lo"));
    let arrives_by = question
        .interface
        .as_deref()
        .map_or(SOME_INTERFACE, |name| {
            Possible::exactly(interface_name(name))
        });
    let mac = question.mac.map_or(Possible::with_bits(0, 0, 48), |mac| {
        Possible::exactly(
            mac.iter()
                .fold(0, |value, byte| (value << 8) | u128::from(*byte)),
        )
    });
    Packet {
        version: question.version,
        protocol: u8::try_from(protocol::TCP).unwrap_or(u8::MAX),
        ends,
        tcp_flags: Possible::exactly(tcp_flag::SYN),
        icmp: None,
        input_interface: if to_itself {
            Possible::exactly(0)
        } else {
            arrives_by
        },
        output_interface: if to_itself { lo } else { Possible::exactly(0) },
        ether_source: (!to_itself).then_some(mac),
        mark: Possible::exactly(0),
        tracking: answers::nothing_tracked(),
        from_here: to_itself,
        redirected: false,
        changed: Vec::new(),
    }
}

/// The packets that a rule set must be read for to answer a question: the SYN, and what may go back.
#[must_use]
pub fn packets_of(question: &Question, facts: &Facts) -> Vec<Packet> {
    let syn = syn(question, facts);
    let mut arrived = syn.clone();
    arrived.from_here = false;
    let (syn_ack, _) = answers::syn_ack(&arrived);
    let reset = answers::rejection(&arrived, RejectWith::TcpReset);
    let error = answers::rejection(&arrived, RejectWith::Icmp(IcmpError::AnyPortUnreachable));
    let mut any_error = Packet {
        icmp: Some((Possible::ANY, Possible::ANY)),
        ..error
    };
    any_error.ends.source = match question.version {
        Version::V4 => Possible::with_bits(0, 0, 32),
        Version::V6 => Possible::ANY,
    };
    let mut packets = vec![syn, arrived, syn_ack.clone(), reset, any_error];
    if is_to_itself(question, facts) {
        packets.push(Packet {
            from_here: false,
            ..syn_ack
        });
    }
    packets.dedup();
    packets
}
