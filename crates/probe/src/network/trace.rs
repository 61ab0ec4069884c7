//! A trace with SYNs to the very port that fails, without privilege.
//!
//! Every time to live is tried at once; the kernel repeats each SYN after a second, which makes good for a lost or
//! rate-limited answer. SYN-ACKs are kept from the sockets by a filter, so that tracing a port that is open after all
//! completes no connections; only when nothing else ends the path one more SYN may complete one. Where the kernel refuses
//! ordinary users filters, the first connection ends the sending, and SYNs beyond it that are still on their way are given
//! up at once, so that their SYN-ACKs meet closed sockets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use sshdoctor_case::{ConnectOutcome, Hop, HopAnswer, IcmpError};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};

use super::connect::ConnectOptions;
use super::handshake::{Handshake, Hearing, NotBegun};
use super::segment_filter::{Filters, without_syn};

/// Between two SYNs: routers and hosts limit the ICMP errors they send, most by a bucket that refills with time.
const SPACING: Duration = Duration::from_millis(2);

/// Least time that nearer routers get once the end of the path is known.
const LEAST_GRACE: Duration = Duration::from_millis(50);

/// When the kernel repeats a SYN (RFC 6298, section 2).
const REPEATED_AFTER: Duration = Duration::from_secs(1);

/// When every SYN was certainly sent twice, with slack for the kernel's timer.
const SENT_TWICE: Duration = Duration::from_millis(1_150);

/// Silent hops that are kept after the last one that answered.
const SILENT_TAIL: usize = 2;

/// Traces the way to `to` with times to live from 1 to `max_ttl`, for at most `deadline`.
///
/// The hops end with the first that is not a router's time-exceeded, or else after at most two silent ones. A reset by
/// this machine's own packet filter shows as a reset at hop 1. There are none when no socket could be set up. At most one
/// connection is completed; without filters perhaps another, if this machine is busy for 2 ms at the wrong moment. The flag
/// tells that the local packet filter drops what is sent; it takes a deadline above 1.2 s to see that.
pub(crate) async fn trace(to: SocketAddr, max_ttl: u8, deadline: Duration) -> (Vec<Hop>, bool) {
    trace_with(Filters::here(), to, max_ttl, deadline).await
}

/// [`trace`] with or without filters.
pub(super) async fn trace_with(
    filters: Filters,
    to: SocketAddr,
    max_ttl: u8,
    deadline: Duration,
) -> (Vec<Hop>, bool) {
    let start = Instant::now();
    let until = start + deadline;
    let failed_before = failed_retransmissions();
    let mut path = Path::default();
    path.probe(filters, to, max_ttl, until).await;
    if filters == Filters::Allowed && !path.has_end() && path.sent > 0 {
        path.try_to_connect(to, max_ttl, until).await;
    }
    let failed = failed_retransmissions().saturating_sub(failed_before);
    // Every SYN of ours was dropped, then; a smaller rise comes from other connections of this machine.
    let local_drops = path.is_empty() && failed > 0 && failed * 2 >= path.sent;
    let hops = if path.is_empty() && path.sent == 0 {
        Vec::new()
    } else {
        path.into_hops(max_ttl)
    };
    (hops, local_drops)
}

#[derive(Debug, Default)]
struct Path {
    answers: BTreeMap<u8, HopAnswer>,
    slowest: Duration,
    sent: u64,
    under_way: Vec<(u8, AbortHandle)>,
}

impl Path {
    async fn probe(&mut self, filters: Filters, to: SocketAddr, max_ttl: u8, until: Instant) {
        let filter = without_syn();
        let hearing = match filters {
            Filters::Allowed => Hearing::Filtered(&filter),
            Filters::Refused => Hearing::All,
        };
        let mut waiting = JoinSet::new();
        let mut last_sent = Instant::now();
        for ttl in 1..=max_ttl {
            if ttl > 1 {
                // Answers are read meanwhile, and once the end of the path is known nothing is sent beyond it.
                self.collect(&mut waiting, until.min(last_sent + SPACING))
                    .await;
            }
            if self.has_end() || Instant::now() >= until {
                break;
            }
            last_sent = Instant::now();
            match Handshake::begin(to, &with_ttl(ttl), hearing) {
                Ok(mut handshake) => {
                    self.sent += 1;
                    let task = waiting.spawn(async move {
                        let outcome = handshake.end(until).await;
                        (ttl, outcome, last_sent.elapsed())
                    });
                    self.under_way.push((ttl, task));
                }
                Err(NotBegun::Connecting(error)) => {
                    self.answers.insert(ttl, HopAnswer::Local { error });
                }
                Err(NotBegun::SettingUp(_)) => break,
            }
        }
        loop {
            let patience = if self.has_end() {
                self.slowest.max(LEAST_GRACE)
            } else {
                SENT_TWICE + self.slowest.max(LEAST_GRACE)
            };
            let patient_until = until.min(last_sent + patience);
            if self.is_settled() || !self.collect_one(&mut waiting, patient_until).await {
                return;
            }
        }
    }

    /// Lets one SYN complete a connection, at the first time to live after the last router that answered.
    async fn try_to_connect(&mut self, to: SocketAddr, max_ttl: u8, until: Instant) {
        let last = self.answers.keys().next_back().copied().unwrap_or(0);
        if last >= max_ttl || Instant::now() >= until {
            return;
        }
        let ttl = last + 1;
        let patience = (self.slowest * 2).max(LEAST_GRACE);
        if let Ok(mut handshake) = Handshake::begin(to, &with_ttl(ttl), Hearing::All) {
            let outcome = handshake.end(until.min(Instant::now() + patience)).await;
            self.note(ttl, outcome, Duration::ZERO);
        }
    }

    async fn collect(
        &mut self,
        waiting: &mut JoinSet<(u8, ConnectOutcome, Duration)>,
        until: Instant,
    ) {
        while !self.has_end() && self.collect_one(waiting, until).await {}
        if !self.has_end() {
            sleep(until.saturating_duration_since(Instant::now())).await;
        }
    }

    /// Waits for one more answer; false when none came in time or none is outstanding.
    async fn collect_one(
        &mut self,
        waiting: &mut JoinSet<(u8, ConnectOutcome, Duration)>,
        until: Instant,
    ) -> bool {
        match timeout_at(until, waiting.join_next()).await {
            Ok(Some(Ok((ttl, outcome, took)))) => {
                self.note(ttl, outcome, took);
                true
            }
            Ok(Some(Err(_))) => true,
            Ok(None) | Err(_) => false,
        }
    }

    fn note(&mut self, ttl: u8, outcome: ConnectOutcome, took: Duration) {
        let answer = match outcome {
            ConnectOutcome::Silent => return,
            ConnectOutcome::Connected => HopAnswer::Connected,
            ConnectOutcome::Refused { .. } => HopAnswer::Reset,
            ConnectOutcome::Icmp { error } => by_icmp(error),
            ConnectOutcome::Local { error } => HopAnswer::Local { error },
        };
        // An answer to the repeated SYN took that second besides.
        let round_trip = took.checked_sub(REPEATED_AFTER).unwrap_or(took);
        self.slowest = self.slowest.max(round_trip);
        self.answers.insert(ttl, answer);
        if let Some(end) = self.end() {
            for (_, beyond) in self.under_way.iter().filter(|(ttl, _)| *ttl > end) {
                beyond.abort();
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// The lowest time to live that something other than a router on the way answered.
    fn end(&self) -> Option<u8> {
        self.answers
            .iter()
            .find(|(_, answer)| !matches!(answer, HopAnswer::TimeExceeded { .. }))
            .map(|(ttl, _)| *ttl)
    }

    fn has_end(&self) -> bool {
        self.end().is_some()
    }

    /// Whether the end and everything before it are known.
    fn is_settled(&self) -> bool {
        self.end()
            .is_some_and(|end| (1..end).all(|ttl| self.answers.contains_key(&ttl)))
    }

    fn into_hops(mut self, max_ttl: u8) -> Vec<Hop> {
        let last = self.end().unwrap_or_else(|| {
            let last_answer = self.answers.keys().next_back().copied().unwrap_or(0);
            max_ttl.min(last_answer.saturating_add(SILENT_TAIL as u8))
        });
        (1..=last)
            .map(|ttl| Hop {
                ttl,
                answer: self.answers.remove(&ttl).unwrap_or(HopAnswer::Silent),
            })
            .collect()
    }
}

fn by_icmp(error: IcmpError) -> HopAnswer {
    // RFC 792: time exceeded is type 11; RFC 4443: type 3. Code 0 is "in transit".
    let is_time_exceeded = error.code == 0 && error.kind == if error.v6 { 3 } else { 11 };
    match error.sender {
        Some(sender) if is_time_exceeded => HopAnswer::TimeExceeded { sender },
        _ => HopAnswer::Icmp { error },
    }
}

fn with_ttl(ttl: u8) -> ConnectOptions {
    ConnectOptions {
        ttl: Some(ttl),
        ..ConnectOptions::default()
    }
}

/// `TCPRetransFail` of this network namespace (`/proc/net/netstat`): segments that the local IP layer or packet filter
/// refused when TCP sent them again. 0 where it cannot be read.
fn failed_retransmissions() -> u64 {
    std::fs::read_to_string("/proc/thread-self/net/netstat")
        .ok()
        .and_then(|text| counter(&text, "TcpExt:", "TCPRetransFail"))
        .unwrap_or(0)
}

/// The counter `name` in a table of two lines, names and values, that both begin with `group`.
fn counter(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter(|line| line.starts_with(group));
    let (names, values) = (lines.next()?, lines.next()?);
    names
        .split_whitespace()
        .zip(values.split_whitespace())
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_found_under_its_name() {
        let text = "TcpExt: A B C\nTcpExt: 1 22 3\nIpExt: A B\nIpExt: 7 8\n";
        assert_eq!(counter(text, "TcpExt:", "B"), Some(22));
        assert_eq!(counter(text, "IpExt:", "B"), Some(8));
        assert_eq!(counter(text, "TcpExt:", "D"), None);
        assert_eq!(counter("TcpExt: A\n", "TcpExt:", "A"), None);
    }
}
