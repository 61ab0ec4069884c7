//! The packets that go back: the SYN-ACK, and the error or reset of a rejection.

use super::packet::Tracking;
use super::{Connect, Packet, Possible, Version};
use crate::model::{IcmpError, RejectWith, conntrack_state, protocol, tcp_flag};

/// What conntrack will make of a packet when it reaches it.
#[derive(Debug, Clone)]
pub(super) enum Role {
    /// Begins a connection.
    Syn,
    /// Answers one, if the SYN was tracked.
    SynAck(Option<Box<Tracking>>),
    /// A reset or error made by the kernel.
    Error,
}

/// The SYN-ACK to an accepted SYN.
pub(super) fn syn_ack(accepted: &Packet) -> (Packet, Role) {
    let tracked = (accepted.tracking.connection == Some(true)).then(|| Box::new(accepted.tracking));
    let packet = Packet {
        ends: accepted.ends.reversed(),
        tcp_flags: Possible::exactly(tcp_flag::SYN | tcp_flag::ACK),
        from_here: true,
        ..answer_to(accepted)
    };
    (packet, Role::SynAck(tracked))
}

/// The SYN-ACK of another host to a SYN that was passed on to it.
pub(super) fn forwarded_syn_ack(forwarded: &Packet) -> (Packet, Role) {
    let (packet, role) = syn_ack(forwarded);
    let packet = Packet {
        input_interface: forwarded.output_interface,
        output_interface: forwarded.input_interface,
        ether_source: Some(Possible::with_bits(0, 0, 48)),
        from_here: false,
        ..packet
    };
    (packet, role)
}

/// The reset or error to a rejected packet.
pub(super) fn rejection(rejected: &Packet, with: RejectWith) -> Packet {
    let mut answer = answer_to(rejected);
    if let Some(tracking) = attached(&rejected.tracking) {
        answer.tracking = tracking;
    }
    answer.tracking.answers_untracked =
        rejected.tracking.state.exact() == Some(conntrack_state::UNTRACKED);
    match with {
        RejectWith::TcpReset => Packet {
            ends: rejected.ends.reversed(),
            tcp_flags: Possible::exactly(tcp_flag::RST | tcp_flag::ACK),
            ..answer
        },
        RejectWith::Icmp(error) => {
            let (kind, code) = numbers(error, rejected.version);
            let icmp = match rejected.version {
                Version::V4 => protocol::ICMP,
                Version::V6 => protocol::ICMPV6,
            };
            Packet {
                ends: rejected.ends.reversed(),
                protocol: u8::try_from(icmp).unwrap_or(u8::MAX),
                tcp_flags: Possible::exactly(0),
                icmp: Some((Possible::exactly(kind), Possible::exactly(code))),
                ..answer
            }
        }
    }
}

/// A reset or error takes over the connection of the packet it answers (`nf_conntrack_attach`, `net/netfilter/nf_conntrack_core.c`).
fn attached(tracking: &Tracking) -> Option<Tracking> {
    (tracking.connection == Some(true)).then(|| Tracking {
        state: Possible::exactly(conntrack_state::RELATED),
        reply: !tracking.reply,
        ..*tracking
    })
}

fn answer_to(packet: &Packet) -> Packet {
    Packet {
        input_interface: Possible::exactly(0),
        output_interface: Possible::ANY,
        ether_source: None,
        mark: Possible::exactly(0),
        tracking: nothing_tracked(),
        from_here: false,
        redirected: false,
        changed: Vec::new(),
        ..packet.clone()
    }
}

/// What a packet has before conntrack sees it.
pub(super) const fn nothing_tracked() -> Tracking {
    Tracking {
        state: Possible::exactly(conntrack_state::INVALID),
        connection: Some(false),
        reply: false,
        status: Possible::ANY,
        mark: Possible::ANY,
        original: super::packet::UNKNOWN_ENDS,
        answer: super::packet::UNKNOWN_ENDS,
        answers_untracked: false,
        destination_settled: false,
        source_settled: false,
    }
}

/// Type and code (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).
fn numbers(error: IcmpError, version: Version) -> (u128, u128) {
    let v4 = version == Version::V4;
    let either = |four, six| if v4 { (3, four) } else { (1, six) };
    match error {
        IcmpError::NetUnreachable => (3, 0),
        IcmpError::HostUnreachable => (3, 1),
        IcmpError::ProtocolUnreachable => (3, 2),
        IcmpError::PortUnreachable => (3, 3),
        IcmpError::NetProhibited => (3, 9),
        IcmpError::HostProhibited => (3, 10),
        IcmpError::AdminProhibited => (3, 13),
        IcmpError::NoRoute6 => (1, 0),
        IcmpError::AdminProhibited6 => (1, 1),
        IcmpError::AddressUnreachable6 => (1, 3),
        IcmpError::PortUnreachable6 => (1, 4),
        IcmpError::PolicyFail6 => (1, 5),
        IcmpError::RejectRoute6 => (1, 6),
        IcmpError::AnyPortUnreachable => either(3, 4),
        IcmpError::AnyAdminProhibited => either(13, 1),
        IcmpError::AnyNoRoute => either(0, 0),
        IcmpError::AnyHostUnreachable => either(1, 3),
    }
}

/// How the client's `connect` ends when the rejection arrives.
pub(super) fn connect_error(with: RejectWith, version: Version) -> Connect {
    let RejectWith::Icmp(error) = with else {
        return Connect::Refused;
    };
    match (version, numbers(error, version)) {
        (Version::V4, (_, 3)) | (Version::V6, (_, 4)) => Connect::Refused,
        (Version::V4, (_, 2)) => Connect::ProtocolNotAvailable,
        (Version::V4, (_, 0 | 9)) | (Version::V6, (_, 0)) => Connect::NetUnreachable,
        (Version::V6, (_, 1 | 5 | 6)) => Connect::PermissionDenied,
        _ => Connect::HostUnreachable,
    }
}
