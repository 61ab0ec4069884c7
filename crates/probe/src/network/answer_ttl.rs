//! The time to live with which a port's answer to a SYN arrives.
//!
//! A filter on our own connecting socket decides by the time to live (IPv6: the hop limit) whether the socket hears the
//! answer. For each bit of the value one socket hears only answers in which it is set and another only those in which it
//! is clear, so one of each pair ends after one round trip, a lost answer is never taken for a bit, and answers that took
//! paths of different length mostly contradict each other. Where the kernel refuses ordinary users filters, thresholds
//! take their place ([`super::ttl_thresholds`]).
//!
//! A port that is open completes the handshake with every socket that hears it (half of them, or as many as there are
//! thresholds below the value). So ask a closed port, and never the SSH port: its completed connections are budgeted.
//! Every socket is closed as soon as the value is known.

use std::net::SocketAddr;
use std::time::Duration;

use sshdoctor_case::ConnectOutcome;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect::ConnectOptions;
use super::handshake::{Handshake, Hearing};
use super::segment_filter::{Filters, Hears};
use super::ttl_thresholds;

/// The value with which answers from `to` arrive. With filters it takes 16 SYNs and one round trip; without, rounds of at
/// most 32 SYNs, mostly one. `None` when an answer did not come before `deadline`, was not TCP, or when the
/// answers contradict each other.
pub(crate) async fn answer_ttl(to: SocketAddr, deadline: Duration) -> Option<u8> {
    answer_ttl_with(Filters::here(), to, deadline).await
}

/// [`answer_ttl`] with or without filters.
pub(super) async fn answer_ttl_with(
    filters: Filters,
    to: SocketAddr,
    deadline: Duration,
) -> Option<u8> {
    let until = Instant::now() + deadline;
    match filters {
        Filters::Allowed => read_bits(to, until).await,
        Filters::Refused => ttl_thresholds::answer_ttl(to, until).await,
    }
}

/// Whether the answer from `to` arrives with the time to live `expected`. With filters two SYNs, the first answer decides,
/// and an open port completes one connection unless answers take paths of different length; without, three SYNs, all of
/// which an open port may complete. `None` when no TCP answer came before `deadline`.
pub(crate) async fn ttl_equals(to: SocketAddr, expected: u8, deadline: Duration) -> Option<bool> {
    ttl_equals_with(Filters::here(), to, expected, deadline).await
}

/// [`ttl_equals`] with or without filters.
pub(super) async fn ttl_equals_with(
    filters: Filters,
    to: SocketAddr,
    expected: u8,
    deadline: Duration,
) -> Option<bool> {
    let until = Instant::now() + deadline;
    if filters == Filters::Refused {
        return ttl_thresholds::ttl_equals(to, expected, until).await;
    }
    let both = [Hears::Equal(expected), Hears::Other(expected)];
    let mut answers = ask(to, both, until)?;
    Some(next(&mut answers).await? == Hears::Equal(expected))
}

async fn read_bits(to: SocketAddr, until: Instant) -> Option<u8> {
    let bits = (0..u8::BITS).map(|bit| 1_u8 << bit);
    let mut answers = ask(
        to,
        bits.flat_map(|bit| [Hears::Set(bit), Hears::Clear(bit)]),
        until,
    )?;
    let (mut set, mut clear) = (0_u8, 0_u8);
    while set | clear != u8::MAX {
        match next(&mut answers).await? {
            Hears::Set(bit) => set |= bit,
            Hears::Clear(bit) => clear |= bit,
            Hears::Equal(_) | Hears::Other(_) => return None,
        }
    }
    (set & clear == 0).then_some(set)
}

fn ask(
    to: SocketAddr,
    sockets: impl IntoIterator<Item = Hears>,
    until: Instant,
) -> Option<JoinSet<(Hears, ConnectOutcome)>> {
    let is_ipv6 = to.ip().to_canonical().is_ipv6();
    let mut answers = JoinSet::new();
    for hears in sockets {
        let filter = hears.filter(is_ipv6);
        let mut handshake =
            Handshake::begin(to, &ConnectOptions::default(), Hearing::Filtered(&filter)).ok()?;
        answers.spawn(async move { (hears, handshake.end(until).await) });
    }
    Some(answers)
}

/// The next socket that heard a SYN-ACK or a reset.
async fn next(answers: &mut JoinSet<(Hears, ConnectOutcome)>) -> Option<Hears> {
    while let Some(ended) = answers.join_next().await {
        match ended.ok()? {
            (hears, ConnectOutcome::Connected | ConnectOutcome::Refused { .. }) => {
                return Some(hears);
            }
            (_, ConnectOutcome::Silent) => {}
            (_, ConnectOutcome::Icmp { .. } | ConnectOutcome::Local { .. }) => return None,
        }
    }
    None
}
