//! What conntrack notes about a packet on its way.

use std::rc::Rc;

use super::answers::{self, Role};
use super::fields;
use super::walk::Walker;
use super::{Packet, Possible};
use crate::model::{BitOperation, Field, conntrack_state, conntrack_status};

/// Sent by `lo`, it arrives by `lo`, keeping its mark and its connection, which is confirmed by then (`drivers/net/loopback.c`,
/// `nf_conntrack_confirm`).
pub(super) fn crosses_loopback(mut walker: Walker) -> Walker {
    let packet = Rc::make_mut(&mut walker.packet);
    packet.input_interface = packet.output_interface;
    packet.from_here = false;
    packet.ether_source = None;
    if packet.tracking.connection == Some(true) {
        packet.tracking.status =
            packet
                .tracking
                .status
                .after(BitOperation::Or, conntrack_status::CONFIRMED, 32);
    }
    walker
}

pub(super) fn is_settled(walker: &Walker, destination: bool) -> bool {
    let tracking = &walker.packet.tracking;
    if destination {
        tracking.destination_settled
    } else {
        tracking.source_settled
    }
}

pub(super) fn settle(walker: &mut Walker, destination: bool) {
    let tracking = &mut Rc::make_mut(&mut walker.packet).tracking;
    if destination {
        tracking.destination_settled = true;
    } else {
        tracking.source_settled = true;
    }
}

/// In answers the addresses of the first packet are put back where they were changed: its source before routing, its destination
/// after. An ICMP error may come from another address than the packet was sent to, and keeps it otherwise.
pub(super) fn translate_back(packet: &mut Packet, destination: bool) {
    let arriving = packet.tracking.answer;
    let expected = packet.tracking.original.reversed();
    let ends = &mut packet.ends;
    if destination {
        if (arriving.destination, arriving.destination_port)
            != (expected.destination, expected.destination_port)
        {
            ends.destination = expected.destination;
            ends.destination_port = expected.destination_port;
        }
    } else if (arriving.source, arriving.source_port) != (expected.source, expected.source_port) {
        ends.source = expected.source;
        ends.source_port = expected.source_port;
    }
}

/// What conntrack notes when it sees the packet.
pub(super) fn tracked(mut walker: Walker, role: &Role) -> Walker {
    let state = fields::read(
        &walker.packet,
        Field::ConntrackState,
        &super::Facts::default(),
    );
    let exempt = state.value.exact() == Some(conntrack_state::UNTRACKED);
    let packet = Rc::make_mut(&mut walker.packet);
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
                BitOperation::Or,
                conntrack_status::CONFIRMED | conntrack_status::SEEN_REPLY,
                32,
            ),
            ..**of
        },
        // Of an ICMP error about nothing it knows it leaves the note that it was attached to nothing (`nf_conntrack_handle_icmp`).
        Role::SynAck(None) | Role::Error => super::packet::Tracking {
            answers_untracked: packet.tracking.answers_untracked && packet.icmp.is_some(),
            ..nothing
        },
    };
    walker
}

/// IPS_SRC_NAT_DONE and IPS_DST_NAT_DONE (`linux/netfilter/nf_conntrack_common.h`).
const SETTLED_BITS: u128 = 0x180;
