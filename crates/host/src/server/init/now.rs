//! Now, by the two clocks that time is told in.

use nix::time::{ClockId, clock_gettime};

/// One moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct Now {
    /// Milliseconds since the epoch.
    real_ms: i64,
    /// Milliseconds since the boot, without the time asleep.
    monotonic_ms: i64,
}

impl Now {
    /// Reads both clocks.
    pub(in crate::server) fn read() -> Self {
        Self {
            real_ms: milliseconds(ClockId::CLOCK_REALTIME),
            monotonic_ms: milliseconds(ClockId::CLOCK_MONOTONIC),
        }
    }

    /// The time since the epoch, in milliseconds, of a moment told in microseconds since the boot.
    pub(in crate::server) fn at_monotonic(self, microseconds: u64) -> Option<i64> {
        let since_boot = i64::try_from(microseconds / 1000).ok()?;
        self.real_ms
            .checked_sub(self.monotonic_ms)?
            .checked_add(since_boot)
    }

    /// Milliseconds since the epoch.
    pub(in crate::server) const fn real_ms(self) -> i64 {
        self.real_ms
    }
}

fn milliseconds(clock: ClockId) -> i64 {
    clock_gettime(clock).map_or(0, |time| {
        time.tv_sec()
            .saturating_mul(1000)
            .saturating_add(time.tv_nsec() / 1_000_000)
    })
}
