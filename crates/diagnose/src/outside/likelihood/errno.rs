//! `P(errno | world)`: what an answer to a SYN becomes on its way through the client's system.

use super::connect;
use crate::{
    outside::{reading::Connect, setting::Setting, world::World},
    text::{Errno, Platform},
};

/// The noise that the model admits.
const FLOOR: f64 = 1e-5;

/// That connect(2) failed with this errno.
pub(super) fn errno(world: &World, setting: &Setting, errno: Errno, platform: Platform) -> f64 {
    let row = connect::target(world, setting);
    let mut answers: Vec<Connect> = row.readings().collect();
    answers.sort_unstable();
    answers.dedup();
    answers
        .into_iter()
        // It stands for a reset that was seen through another host.
        .filter(|answer| *answer != Connect::Refused)
        .map(|answer| row.probability(answer) * becomes(answer, errno, platform))
        .sum::<f64>()
        .max(FLOOR)
}

/// How often an answer becomes this errno (Linux: net/ipv4/icmp.c `icmp_err_convert`, net/ipv6/icmp.c; XNU: `icmp_input`, where
/// prohibited and port unreachable alike refuse).
fn becomes(answer: Connect, errno: Errno, platform: Platform) -> f64 {
    let refuses = platform != Platform::Linux;
    match (answer, errno) {
        (Connect::Reset | Connect::PortUnreachable(_), Errno::Refused) => 0.99,
        (Connect::Reset, Errno::Reset) => 0.01,
        (Connect::Prohibited(_), Errno::Refused) if refuses => 0.7,
        (Connect::Prohibited(_), Errno::HostUnreachable) => 0.85,
        // Over IPv6.
        (Connect::Prohibited(_), Errno::AccessDenied) => 0.1,
        (Connect::Prohibited(_), Errno::NetworkUnreachable) => 0.05,
        (Connect::HostUnreachable(_) | Connect::NoNeighbour, Errno::HostUnreachable) => 0.9,
        (Connect::HostUnreachable(_) | Connect::NoNeighbour, Errno::HostDown) => 0.1,
        (Connect::TimeExceeded, Errno::HostUnreachable) => 0.9,
        (Connect::NetUnreachable(_) | Connect::NoLocalRoute, Errno::NetworkUnreachable) => 0.95,
        (Connect::NetUnreachable(_) | Connect::NoLocalRoute, Errno::HostUnreachable) => 0.04,
        (Connect::Silent, Errno::TimedOut) => 0.98,
        (Connect::Silent, Errno::BadlyMapped) if platform == Platform::Windows => 0.3,
        // Local Network privacy of macOS, since 15.
        (Connect::LocallyForbidden, Errno::HostUnreachable) if platform == Platform::MacOs => 0.5,
        (Connect::LocallyForbidden, Errno::NotPermitted | Errno::AccessDenied) => 0.5,
        (
            Connect::Reset
            | Connect::PortUnreachable(_)
            | Connect::Prohibited(_)
            | Connect::HostUnreachable(_)
            | Connect::NetUnreachable(_)
            | Connect::NoNeighbour
            | Connect::NoLocalRoute,
            Errno::NotConnected,
        ) => 0.9,
        (Connect::OtherLocal, Errno::AddressNotAvailable | Errno::InvalidArgument) => 0.4,
        (Connect::OtherIcmp, Errno::Protocol) => 0.9,
        _ => 0.0,
    }
}
