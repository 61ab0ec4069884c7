//! Settings and counters of the running kernel, in `/proc` (`proc_sys(5)`).

use std::fs::File;
use std::io::Read;
use std::str::FromStr;

/// Far larger than any of them.
const LARGEST: u64 = 256 * 1024;

/// The text of a file in `/proc`; absent where it is not there or cannot be read.
pub(crate) fn text(path: &str) -> Option<String> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// A file that holds one value.
pub(crate) fn value<T: FromStr>(path: &str) -> Option<T> {
    text(path)?.trim().parse().ok()
}

/// A counter of `/proc/net/netstat`: a line with names follows another with the numbers, each line beginning with its group.
pub(crate) fn counter(netstat: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = netstat
        .lines()
        .filter_map(|line| line.strip_prefix(group)?.strip_prefix(": "));
    let (names, numbers) = (lines.next()?, lines.next()?);
    let place = names.split(' ').position(|one| one == name)?;
    numbers.split(' ').nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_by_group_and_name() {
        let netstat = "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 4 18446744073709551615\nIpExt: InNoRoutes\nIpExt: 7\n";
        assert_eq!(
            counter(netstat, "TcpExt", "ListenOverflows"),
            Some(u64::MAX)
        );
        assert_eq!(counter(netstat, "IpExt", "InNoRoutes"), Some(7));
        for broken in [
            "",
            "TcpExt: ListenOverflows",
            "TcpExt: ListenOverflows\nTcpExt: \n",
        ] {
            assert_eq!(counter(broken, "TcpExt", "ListenOverflows"), None);
        }
        let real = text("/proc/net/netstat").unwrap();
        assert!(counter(&real, "TcpExt", "ListenDrops").is_some());
    }
}
