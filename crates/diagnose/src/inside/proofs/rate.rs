//! Rates of the packet filter that the client has used up.

use std::collections::BTreeMap;

use sshdoctor_case::{LogSource, PacketVerdict, TokenBucket};

use crate::inside::{Filtered, Proof, Server};

/// What depends on a rate has turned the client away, or would turn its next packet away.
pub(super) fn is_beyond(server: &Server<'_>, filtered: &Filtered<'_>) -> bool {
    has_turned_away(filtered) || spent(server, filtered).is_some()
}

/// With the connections that used the rate up, where sshd logged them.
pub(super) fn with_connections(
    server: &Server<'_>,
    filtered: &Filtered<'_>,
    proof: Proof,
) -> Proof {
    match spent(server, filtered) {
        Some(spent) => proof.link(spent.words).by(spent.log),
        None => proof,
    }
}

/// It has denied packets before, as the rule's own counter says.
fn has_turned_away(filtered: &Filtered<'_>) -> bool {
    filtered.answer.rate.is_some()
        && filtered.answer.endings.iter().any(|ending| {
            ending.verdict != PacketVerdict::Accept
                && ending
                    .rule
                    .as_ref()
                    .and_then(|rule| rule.counters)
                    .is_some_and(|counters| counters.packets > 0)
        })
}

struct Spent<'a> {
    words: String,
    log: &'a str,
}

/// The client's own connections took every token of the bucket, so that the next packet finds none.
///
/// Each of them met the same rule as the packet in question, and nothing but time gives a token back. Others may have taken more.
fn spent<'a>(server: &Server<'a>, filtered: &Filtered<'_>) -> Option<Spent<'a>> {
    let rate = filtered.answer.rate.as_ref()?;
    let bucket = rate.shared_bucket?;
    let counts_bytes = filtered
        .answer
        .rule
        .as_ref()
        .is_none_or(|rule| rule.text.contains("byte"));
    if rate.within != PacketVerdict::Accept || counts_bytes {
        return None;
    }
    let (log, connections) = connections(server)?;
    let (count, since_ms) = emptied_by(bucket, &connections, server.now_ms)?;
    Some(Spent {
        words: format!(
            "{} came {count} times in the last {} s, and {} at once and then {} in {} s are let in",
            server.client(),
            (server.now_ms - since_ms).max(0) / 1000,
            bucket.burst,
            bucket.amount,
            bucket.seconds
        ),
        log,
    })
}

/// How many of the last connections left less than one token, and when the first of them came.
fn emptied_by(bucket: TokenBucket, connections: &[i64], now_ms: i64) -> Option<(u64, i64)> {
    let mut latest_first = connections.to_vec();
    latest_first.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
    (1..).zip(latest_first).find(|(count, since)| {
        let elapsed = u64::try_from(now_ms.saturating_sub(*since)).unwrap_or(0);
        let period = bucket.seconds.saturating_mul(1000);
        let given_back = u128::from(elapsed) * u128::from(bucket.amount);
        // All of it times the period, so that nothing is rounded.
        let most = (u128::from(bucket.burst) * u128::from(period)).saturating_add(given_back);
        most < (u128::from(*count) + 1) * u128::from(period)
    })
}

/// When each connection of the client came first to sshd's log, with the log; each has a port of its own.
fn connections<'a>(server: &Server<'a>) -> Option<(&'a str, Vec<i64>)> {
    let client = format!("{} port ", server.question.from?);
    server
        .logs
        .iter()
        .filter(|log| match &log.fact.source {
            LogSource::Journal { unit } => unit.as_str() != "kernel",
            LogSource::File { .. } => true,
            LogSource::KernelRing => false,
        })
        .map(|log| {
            let mut first: BTreeMap<u16, i64> = BTreeMap::new();
            for line in &log.fact.lines {
                let port = line
                    .message
                    .as_str()
                    .split_once(&client)
                    .and_then(|(_, rest)| {
                        let end = rest.find(|letter: char| !letter.is_ascii_digit());
                        rest[..end.unwrap_or(rest.len())].parse().ok()
                    });
                if let (Some(port), Some(at)) = (port, line.at_ms) {
                    first.entry(port).or_insert(at);
                }
            }
            (log.id, first.into_values().collect::<Vec<i64>>())
        })
        .max_by_key(|(_, connections)| connections.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_AND_ONE_A_MINUTE: TokenBucket = TokenBucket {
        amount: 1,
        seconds: 60,
        burst: 2,
    };

    #[test]
    fn a_bucket_is_empty_only_when_no_time_can_have_filled_it() {
        let emptied = |connections: &[i64], now| emptied_by(TWO_AND_ONE_A_MINUTE, connections, now);
        assert_eq!(emptied(&[0, 1_000], 10_000), Some((2, 0)));
        // After a minute there is one again.
        assert_eq!(emptied(&[0, 1_000], 60_000), None);
        assert_eq!(emptied(&[0], 10_000), None);
        assert_eq!(emptied(&[], 10_000), None);
        assert_eq!(emptied(&[0, 60_000, 61_000], 62_000), Some((2, 60_000)));
        // The clock went backwards: nothing was given back, for sure.
        assert_eq!(emptied(&[5_000, 5_000], 0), Some((2, 5_000)));
    }

    #[test]
    fn a_fast_rate_is_not_taken_for_used_up() {
        let fast = TokenBucket {
            amount: 10,
            seconds: 1,
            burst: 5,
        };
        assert_eq!(emptied_by(fast, &[0, 100, 200, 300, 400, 500], 1_000), None);
        let greatest = TokenBucket {
            amount: u64::MAX,
            seconds: u64::MAX,
            burst: u64::MAX,
        };
        assert_eq!(emptied_by(greatest, &[i64::MIN, i64::MAX], i64::MAX), None);
    }
}
