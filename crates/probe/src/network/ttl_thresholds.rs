//! The time to live of an answer, for those whom the kernel refuses filters.
//!
//! Everyone may set a least time to live ([`Hearing::AtLeast`]). SYNs with different thresholds are sent back to back, last
//! one that hears every answer or certainly hears its own: its answer tells how long the others may take. The value is the
//! highest threshold that hears an answer.

use std::net::SocketAddr;
use std::time::Duration;

use sshdoctor_case::ConnectOutcome;
use tokio::time::{Instant, sleep_until};

use super::connect::ConnectOptions;
use super::handshake::{Handshake, Hearing, Prepared};

/// The thresholds of the first round, highest first. Most systems begin at 64 (RFC 1700), and few paths pass more than 24
/// routers; other values fall between two thresholds that a second round can resolve.
const FIRST_ROUND: [u8; 31] = [
    224, 192, 129, 97, // 128 or 255 at first
    65, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42,
    41, 40, // 64 at first
    8,
];

/// Into so many parts a later round divides what is left.
const PARTS: u16 = 32;

/// Answers come in the order of the SYNs, nearly: least time for those that the last one's answer overtook.
const LEAST_SLACK: Duration = Duration::from_millis(8);

/// The value with which answers from `to` arrive. One round trip and its slack for values from 40 to 64, two for most
/// others. Where an answer was lost there is one more that repeats the two SYNs on which the result rests, if `until`
/// leaves time; when the only one lost is that of the highest threshold, nothing shows it, and the value is too low by one.
/// `None` when nothing answers, when the answer is not TCP, or when answers contradict each other.
pub(super) async fn answer_ttl(to: SocketAddr, until: Instant) -> Option<u8> {
    let (mut least, mut above) = (1_u16, 256_u16);
    let mut thresholds = FIRST_ROUND.to_vec();
    let mut lossy = None;
    while above - least > 1 {
        let round = Round::send(to, &thresholds, 0)?.finish(until).await?;
        if round.contradicts_itself() {
            return None;
        }
        if let Some(heard) = round.highest_heard() {
            least = least.max(u16::from(heard));
        }
        if let Some(silent) = round.lowest_silent_above(least) {
            above = above.min(silent);
        }
        if round.missing() > 0 {
            lossy = Some(round.round_trip);
        }
        thresholds = between(least, above);
    }
    let ttl = u8::try_from(least).ok()?;
    match lossy {
        Some(round_trip) => confirm(to, ttl, round_trip, until).await,
        None => Some(ttl),
    }
}

/// Whether the answer from `to` arrives with the time to live `expected`: three SYNs, one round trip and its slack. A value
/// that seems lower is asked for once more if `until` leaves time, as a lost answer looks the same.
pub(super) async fn ttl_equals(to: SocketAddr, expected: u8, until: Instant) -> Option<bool> {
    let mut thresholds = vec![expected];
    thresholds.extend(expected.checked_add(1));
    let round = Round::send(to, &thresholds, 0)?.finish(until).await?;
    match round.highest_heard() {
        Some(heard) => Some(heard == expected),
        None if !is_time_for(round.round_trip, until) => Some(false),
        None => {
            let again = Round::send(to, &thresholds, 0)?.finish(until).await;
            Some(again.and_then(|round| round.highest_heard()) == Some(expected))
        }
    }
}

/// Repeats that `ttl` is heard and the next value is not: an answer lost at the highest threshold makes the value too low.
async fn confirm(to: SocketAddr, mut ttl: u8, round_trip: Duration, until: Instant) -> Option<u8> {
    let found = ttl;
    while is_time_for(round_trip, until) {
        let higher = ttl.checked_add(1);
        let round = Round::send(to, higher.as_slice(), ttl)?;
        let patient_until = until.min(Instant::now() + round_trip * 2 + LEAST_SLACK);
        if round.finish(patient_until).await?.highest_heard().is_none() {
            return Some(ttl);
        }
        ttl = higher?;
    }
    (ttl == found).then_some(ttl)
}

/// Thresholds that divide the values from `least` to below `above` evenly, highest first.
fn between(least: u16, above: u16) -> Vec<u8> {
    let step = (above - least).div_ceil(PARTS);
    (1..PARTS)
        .rev()
        .map(|part| least + part * step)
        .filter(|threshold| *threshold < above)
        .filter_map(|threshold| u8::try_from(threshold).ok())
        .collect()
}

fn is_time_for(round_trip: Duration, until: Instant) -> bool {
    Instant::now() + round_trip + slack(round_trip) < until
}

fn slack(round_trip: Duration) -> Duration {
    LEAST_SLACK.max(round_trip * 15 / 100)
}

/// SYNs sent back to back.
struct Round {
    sockets: Vec<(u8, Handshake)>,
    clock: Handshake,
    sent: Instant,
}

/// What a round heard.
struct Heard {
    /// Each threshold and whether it heard an answer.
    answers: Vec<(u8, bool)>,
    round_trip: Duration,
}

impl Round {
    /// One SYN for each of the thresholds and then one for `clock`. `None` when the kernel refuses one.
    fn send(to: SocketAddr, thresholds: &[u8], clock: u8) -> Option<Self> {
        let prepare = |threshold| {
            let options = ConnectOptions::default();
            Prepared::new(to, &options, Hearing::AtLeast(threshold)).ok()
        };
        let clock = prepare(clock)?;
        let prepared: Option<Vec<_>> = thresholds
            .iter()
            .map(|threshold| Some((*threshold, prepare(*threshold)?)))
            .collect();
        let sockets: Option<Vec<_>> = prepared?
            .into_iter()
            .map(|(threshold, prepared)| Some((threshold, prepared.send().ok()?)))
            .collect();
        let sent = Instant::now();
        Some(Self {
            sockets: sockets?,
            clock: clock.send().ok()?,
            sent,
        })
    }

    /// Waits for the clock's answer, at most until `until`, and a little longer for the others. `None` when it was silent
    /// or answered otherwise than by TCP.
    async fn finish(mut self, until: Instant) -> Option<Heard> {
        if !is_tcp(&self.clock.end(until).await) {
            return None;
        }
        let round_trip = self.sent.elapsed();
        sleep_until(until.min(Instant::now() + slack(round_trip))).await;
        let answers = self
            .sockets
            .iter_mut()
            .map(|(threshold, socket)| {
                let heard = socket.settled().is_some_and(|outcome| is_tcp(&outcome));
                (*threshold, heard)
            })
            .collect();
        Some(Heard {
            answers,
            round_trip,
        })
    }
}

impl Heard {
    fn highest_heard(&self) -> Option<u8> {
        let heard = self.answers.iter().filter(|(_, heard)| *heard);
        heard.map(|(threshold, _)| *threshold).max()
    }

    fn lowest_silent_above(&self, least: u16) -> Option<u16> {
        let thresholds = self.answers.iter().map(|(threshold, _)| *threshold);
        thresholds.map(u16::from).filter(|it| *it > least).min()
    }

    /// Silent thresholds below the highest that heard an answer.
    fn missing(&self) -> usize {
        let highest = self.highest_heard();
        let silent = self.answers.iter().filter(|(_, heard)| !heard);
        silent.filter(|(it, _)| Some(*it) < highest).count()
    }

    /// Whether more answers are missing than are lost by chance: paths of different length, or a limit on answers.
    fn contradicts_itself(&self) -> bool {
        let heard = self.answers.iter().filter(|(_, heard)| *heard).count();
        self.missing() > 1 && self.missing() * 4 > heard
    }
}

const fn is_tcp(outcome: &ConnectOutcome) -> bool {
    matches!(
        outcome,
        ConnectOutcome::Connected | ConnectOutcome::Refused { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_round_resolves_what_the_first_leaves_open() {
        assert_eq!(between(224, 256), (225..=255).rev().collect::<Vec<_>>());
        assert_eq!(between(97, 129), (98..=128).rev().collect::<Vec<_>>());
        assert_eq!(between(1, 8), (2..=7).rev().collect::<Vec<_>>());
        assert!(between(40, 41).is_empty());
        let wide = between(129, 192);
        assert_eq!((wide.len(), wide[0], wide[1]), (31, 191, 189));
    }

    #[test]
    fn one_missing_answer_is_a_loss_and_several_are_a_contradiction() {
        let heard = |silent: &[u8]| Heard {
            answers: (40..=65)
                .map(|it| (it, it < 60 && !silent.contains(&it)))
                .collect(),
            round_trip: Duration::ZERO,
        };
        assert_eq!(heard(&[]).highest_heard(), Some(59));
        assert_eq!(heard(&[]).lowest_silent_above(59), Some(60));
        assert_eq!(heard(&[]).missing(), 0);
        assert_eq!(heard(&[50]).missing(), 1);
        assert!(!heard(&[50]).contradicts_itself());
        assert!(heard(&[50, 51, 53, 55, 56]).contradicts_itself());
    }
}
