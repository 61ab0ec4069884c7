//! The table of tracked connections.

use sshdoctor_case::Conntrack;

use crate::kernel_setting::{text, value};

/// Nothing where the kernel does not track connections.
pub(super) fn look() -> Option<Conntrack> {
    Some(Conntrack {
        count: value("/proc/sys/net/netfilter/nf_conntrack_count")?,
        max: value("/proc/sys/net/netfilter/nf_conntrack_max")?,
        // Of this thread: /proc/net is that of the process's first one.
        dropped: text("/proc/thread-self/net/stat/nf_conntrack").and_then(|text| dropped(&text)),
    })
}

/// Sum over the processors: a line of names, then for each a line of hexadecimal numbers.
fn dropped(table: &str) -> Option<u64> {
    let mut lines = table.lines();
    let place = lines
        .next()?
        .split_ascii_whitespace()
        .position(|name| name == "drop")?;
    let numbers = lines.map(|line| {
        let word = line.split_ascii_whitespace().nth(place)?;
        u64::from_str_radix(word, 16).ok()
    });
    numbers.sum::<Option<u64>>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_of_all_processors_are_added() {
        let table =
            "entries  drop early_drop\n00000002 00000010 00000000\n00000002 00000001 00000007\n";
        assert_eq!(dropped(table), Some(17));
        for broken in [
            "",
            "entries early_drop\n1 2\n",
            "entries drop\n1\n",
            "drop\nx\n",
        ] {
            assert_eq!(dropped(broken), None, "{broken}");
        }
    }
}
