//! The time to live with which a port's answer to a SYN arrives.
//!
//! No privilege is needed: a filter on our own connecting socket decides by the time to live (IPv6: the hop limit) whether
//! the socket hears the answer. For each bit of the value one socket hears only answers
//! in which it is set and another only those in which it is clear, so one of each pair ends after one round trip, a lost
//! answer is never taken for a bit, and answers that took paths of different length mostly contradict each other.
//!
//! A port that is open completes the handshake with every socket that hears it (half of them). So ask a closed port, and
//! never the SSH port: its completed connections are budgeted. Every socket is closed as soon as the value is known.

use std::net::SocketAddr;
use std::time::Duration;

use sshdoctor_case::ConnectOutcome;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connect::ConnectOptions;
use super::handshake::Handshake;
use super::segment_filter::Hears;

/// The value with which answers from `to` arrive, read with 16 SYNs in one round trip. `None` when an answer did not come
/// before `deadline`, was not TCP, or when the answers contradict each other.
pub(crate) async fn answer_ttl(to: SocketAddr, deadline: Duration) -> Option<u8> {
    let bits = (0..u8::BITS).map(|bit| 1_u8 << bit);
    let mut answers = ask(
        to,
        bits.flat_map(|bit| [Hears::Set(bit), Hears::Clear(bit)]),
        deadline,
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

/// Whether the answer from `to` arrives with the time to live `expected`, by the first answer to two SYNs. At most one
/// connection is completed if the port is open, unless answers take paths of different length. `None` when no TCP answer
/// came before `deadline`.
pub(crate) async fn ttl_equals(to: SocketAddr, expected: u8, deadline: Duration) -> Option<bool> {
    let both = [Hears::Equal(expected), Hears::Other(expected)];
    let mut answers = ask(to, both, deadline)?;
    Some(next(&mut answers).await? == Hears::Equal(expected))
}

fn ask(
    to: SocketAddr,
    sockets: impl IntoIterator<Item = Hears>,
    deadline: Duration,
) -> Option<JoinSet<(Hears, ConnectOutcome)>> {
    let until = Instant::now() + deadline;
    let is_ipv6 = to.ip().to_canonical().is_ipv6();
    let mut answers = JoinSet::new();
    for hears in sockets {
        let filter = hears.filter(is_ipv6);
        let mut handshake = Handshake::begin(to, &ConnectOptions::default(), &filter).ok()?;
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
