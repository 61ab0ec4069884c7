//! The link between the client and its first router: two TUN devices and a thread that carries packets between them, each
//! after a fixed delay, some of them never. It does in user space what a kernel without `netem` cannot.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};

use crate::error::{Doing, LabError};

/// Packets waiting in one direction beyond which more are lost, as in a full queue of a router.
const QUEUE: usize = 4096;

/// What the link does to packets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkSettings {
    /// One way.
    pub(crate) delay: Duration,
    /// From 0 to 1, for each packet.
    pub(crate) loss: f64,
    /// Two links with the same seed lose the same packets of a sequence.
    pub(crate) seed: u64,
}

/// Carries packets between two TUN devices until the process ends.
pub(crate) fn start_link(near: File, far: File, settings: LinkSettings) -> Result<(), LabError> {
    std::thread::Builder::new()
        .name("link".into())
        .spawn(move || carry(near, far, settings))
        .map(drop)
        .doing("start the link")
}

struct Direction {
    from: File,
    to: File,
    waiting: VecDeque<(Instant, Vec<u8>)>,
}

fn carry(near: File, far: File, settings: LinkSettings) {
    let (Ok(near_again), Ok(far_again)) = (near.try_clone(), far.try_clone()) else {
        return;
    };
    let direction = |from, to| Direction {
        from,
        to,
        waiting: VecDeque::new(),
    };
    let mut directions = [direction(near, far), direction(far_again, near_again)];
    let mut chance = Chance(settings.seed);
    let mut buffer = vec![0_u8; 65_536];
    loop {
        let next = directions
            .iter()
            .filter_map(|direction| direction.waiting.front())
            .map(|(due, _)| *due)
            .min();
        let timeout = next.map(|due| due.saturating_duration_since(Instant::now()).into());
        let [out, back] = &directions;
        let mut polled = [
            PollFd::new(out.from.as_fd(), PollFlags::POLLIN),
            PollFd::new(back.from.as_fd(), PollFlags::POLLIN),
        ];
        if ppoll(&mut polled, timeout, None).is_err_and(|error| error != nix::Error::EINTR) {
            return;
        }
        for direction in &mut directions {
            if !direction.take_in(&mut buffer, settings, &mut chance) {
                return;
            }
            direction.give_out();
        }
    }
}

impl Direction {
    /// Reads what has come; false when the device is gone.
    fn take_in(&mut self, buffer: &mut [u8], settings: LinkSettings, chance: &mut Chance) -> bool {
        loop {
            match self.from.read(buffer) {
                Ok(length) => {
                    if !chance.strikes(settings.loss) && self.waiting.len() < QUEUE {
                        let due = Instant::now() + settings.delay;
                        self.waiting.push_back((due, buffer[..length].to_vec()));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    fn give_out(&mut self) {
        let now = Instant::now();
        while self.waiting.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, packet)) = self.waiting.pop_front() {
                // A device that is down refuses packets: on a real link they would be lost as well.
                let _ = self.to.write(&packet);
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): enough for losing packets, and the same on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn strikes(&mut self, probability: f64) -> bool {
        if probability <= 0.0 {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double")]
        let drawn = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_as_frequent_as_asked_and_repeatable() {
        let lost = |seed| {
            let mut chance = Chance(seed);
            (0..100_000).filter(|_| chance.strikes(0.05)).count()
        };
        assert!((4_700..5_300).contains(&lost(1)), "{}", lost(1));
        assert_eq!(lost(7), lost(7));
        assert!(!Chance(1).strikes(0.0));
    }
}
