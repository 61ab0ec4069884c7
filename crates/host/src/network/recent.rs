//! Lists of the `recent` match (`iptables-extensions(8)`; `xt_recent.c`): `/proc/net/xt_recent/NAME`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::net::IpAddr;

/// Of this thread: `/proc/net` is that of the process's first one.
const DIRECTORY: &str = "/proc/thread-self/net/xt_recent";
/// Larger than 65,535 sources of 255 hits each are printed.
const LONGEST_LIST: u64 = 512 * 1024 * 1024;
/// Far beyond what stands before the first processor's clock.
const LONGEST_TIMER_LIST: u64 = 16 * 1024 * 1024;
/// Frequencies of the tick (`kernel/Kconfig.hz`, and what some architectures choose beside it).
const FREQUENCIES: [u64; 10] = [24, 32, 48, 64, 100, 128, 250, 300, 1000, 1024];
/// The kernel's count of ticks starts so many seconds before 2³² (`INITIAL_JIFFIES`, `linux/jiffies.h`).
const HEAD_START_S: u64 = 300;

/// Sources, each with the seconds since each hit, newest first.
type Hits = Vec<(IpAddr, Vec<u64>)>;

/// The lists that could be read, by name. One that holds hits is left out where the age of the hits cannot be told.
pub(super) fn lists() -> BTreeMap<String, Hits> {
    let Ok(files) = fs::read_dir(DIRECTORY) else {
        return BTreeMap::new();
    };
    let mut clock = None;
    files
        .filter_map(|file| {
            let file = file.ok()?;
            let name = file.file_name().into_string().ok()?;
            let stamps = parse(BufReader::new(
                File::open(file.path()).ok()?.take(LONGEST_LIST),
            ))?;
            if stamps.is_empty() {
                return Some((name, Vec::new()));
            }
            // Read after the hits, none of which is then in its future.
            let clock = clock.get_or_insert_with(Clock::read).as_ref()?;
            let hits = stamps.into_iter();
            let hits = hits.map(|(source, stamps)| (source, clock.ages(stamps)));
            Some((name, hits.collect()))
        })
        .collect()
}

/// One source a line: `src=192.0.2.1 ttl: 64 last_seen: 4295 oldest_pkt: 2 4290, 4295`. `None` when a line is not like that.
fn parse(list: impl BufRead) -> Option<Vec<(IpAddr, Vec<u64>)>> {
    list.lines()
        .map(|line| {
            let line = line.ok()?;
            let (source, rest) = line.strip_prefix("src=")?.split_once(" ttl: ")?;
            let (_, rest) = rest.split_once(" oldest_pkt: ")?;
            let (_, stamps) = rest.split_once(' ')?;
            let stamps = stamps.split(',').map(|stamp| stamp.trim().parse().ok());
            Some((source.parse().ok()?, stamps.collect::<Option<Vec<_>>>()?))
        })
        .collect()
}

/// The kernel's count of ticks, and how many there are in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clock {
    ticks: u64,
    frequency: u64,
}

impl Clock {
    /// As `/proc/timer_list` has it, which only root may read.
    fn read() -> Option<Self> {
        let file = File::open("/proc/timer_list").ok()?;
        Self::parse(BufReader::new(file.take(LONGEST_TIMER_LIST))).ok()?
    }

    /// Both the time since the start and the ticks are there; only one of the usual frequencies explains both.
    fn parse(timer_list: impl BufRead) -> io::Result<Option<Self>> {
        let mut running_ns = None;
        for line in timer_list.lines() {
            let line = line?;
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix("now at ") {
                running_ns = rest.split(' ').next().and_then(|word| word.parse().ok());
            } else if let Some(rest) = line.strip_prefix("jiffies: ") {
                let ticks = rest.trim().parse().ok();
                return Ok(running_ns
                    .zip(ticks)
                    .and_then(|(running_ns, ticks)| Self::of(running_ns, ticks)));
            }
        }
        Ok(None)
    }

    fn of(running_ns: u64, ticks: u64) -> Option<Self> {
        let explains = |frequency: &u64| {
            let start = (1 << 32) - HEAD_START_S * frequency;
            let since = u128::from(running_ns) * u128::from(*frequency) / 1_000_000_000;
            let expected = u128::from(start) + since;
            expected.abs_diff(u128::from(ticks)) <= u128::from(*frequency)
        };
        let mut fitting = FREQUENCIES.into_iter().filter(explains);
        let frequency = fitting.next()?;
        fitting
            .next()
            .is_none()
            .then_some(Self { ticks, frequency })
    }

    fn ages(self, stamps: Vec<u64>) -> Vec<u64> {
        let ages = stamps.into_iter();
        let mut ages: Vec<_> = ages
            .map(|stamp| self.ticks.saturating_sub(stamp) / self.frequency)
            .collect();
        ages.sort_unstable();
        ages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_their_hits_are_read_in_both_families() {
        let list = "src=192.0.2.1 ttl: 64 last_seen: 4297782118 oldest_pkt: 2 4297781118, 4297782118\n\
                    src=2001:0db8:0000:0000:0000:0000:0000:0001 ttl: 63 last_seen: 9 oldest_pkt: 1 9\n";
        let expected: Vec<(IpAddr, Vec<u64>)> = vec![
            (
                "192.0.2.1".parse().unwrap(),
                vec![4_297_781_118, 4_297_782_118],
            ),
            ("2001:db8::1".parse().unwrap(), vec![9]),
        ];
        assert_eq!(parse(list.as_bytes()), Some(expected));
        assert_eq!(parse(&b""[..]), Some(vec![]));
    }

    #[test]
    fn a_line_that_is_not_understood_spoils_its_list() {
        for line in [
            "src=192.0.2.1",
            "src=192.0.2 ttl: 64 last_seen: 1 oldest_pkt: 1 1",
            "src=192.0.2.1 ttl: 64 last_seen: 1 oldest_pkt: 1 x",
            "\u{0}",
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn ticks_are_told_from_the_time_since_the_start() {
        let text = "Timer List Version: v0.10\nnow at 11559537565008 nsecs\n\ncpu: 0\njiffies: 4297782118\n";
        let clock = Clock::parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!(clock.frequency, 250);
        assert_eq!(
            clock.ages(vec![4_297_782_118 - 2500, 4_297_782_118 - 250]),
            [1, 10]
        );
    }

    #[test]
    fn five_minutes_after_the_start_no_frequency_can_be_told() {
        assert_eq!(Clock::of(300_000_000_000, 1 << 32), None);
        assert_eq!(Clock::of(11_559_537_565_008, 5), None);
    }
}
