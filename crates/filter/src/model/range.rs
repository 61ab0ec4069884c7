//! Sets of values of one field: every value is a number of at most 128 bits.

/// An inclusive range of values. Addresses, ports, marks and interface names are all numbers here: an IPv4
/// address its 32 bits, a MAC address its 48 bits, an interface name its bytes padded with zeros to 16
/// (`IFNAMSIZ`, `linux/if.h`), first byte highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// Lowest value.
    pub low: u128,
    /// Highest value; never below `low`.
    pub high: u128,
}

impl Range {
    /// Every value there is.
    pub const ANY: Self = Self {
        low: 0,
        high: u128::MAX,
    };

    /// The range of one value.
    #[must_use]
    pub const fn exactly(value: u128) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// From `low` to `high`, in either order.
    #[must_use]
    pub const fn new(low: u128, high: u128) -> Self {
        if low <= high {
            Self { low, high }
        } else {
            Self {
                low: high,
                high: low,
            }
        }
    }

    /// The values whose first `length` of `width` bits are those of `value`; `length` beyond `width` counts as `width`.
    #[must_use]
    pub const fn prefix(value: u128, length: u32, width: u32) -> Self {
        let free = width.saturating_sub(length);
        let host = if free >= 128 {
            u128::MAX
        } else {
            (1u128 << free) - 1
        };
        Self {
            low: value & !host,
            high: value | host,
        }
    }

    /// Whether `value` lies in it.
    #[must_use]
    pub const fn contains(&self, value: u128) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether all of `other` lies in it.
    #[must_use]
    pub const fn covers(&self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    /// Whether they share a value.
    #[must_use]
    pub const fn meets(&self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// Any number of ranges of one field, sorted, disjoint and not touching.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ranges(Box<[Range]>);

impl Ranges {
    /// Sorts and joins what overlaps or touches.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = Range>) -> Self {
        let mut all: Vec<Range> = ranges.into_iter().collect();
        all.sort_unstable();
        let mut joined: Vec<Range> = Vec::with_capacity(all.len());
        for range in all {
            match joined.last_mut() {
                Some(last) if range.low <= last.high.saturating_add(1) => {
                    last.high = last.high.max(range.high);
                }
                _ => joined.push(range),
            }
        }
        Self(joined.into_boxed_slice())
    }

    /// The set of one value.
    #[must_use]
    pub fn exactly(value: u128) -> Self {
        Self(Box::new([Range::exactly(value)]))
    }

    /// The set of one range.
    #[must_use]
    pub fn one(range: Range) -> Self {
        Self(Box::new([range]))
    }

    /// The ranges, lowest first.
    #[must_use]
    pub fn as_slice(&self) -> &[Range] {
        &self.0
    }

    /// Whether `value` is in one of them.
    #[must_use]
    pub fn contains(&self, value: u128) -> bool {
        self.at_or_above(value)
            .is_some_and(|range| range.contains(value))
    }

    /// Whether all of `range` is in one of them.
    #[must_use]
    pub fn covers(&self, range: Range) -> bool {
        self.at_or_above(range.low)
            .is_some_and(|own| own.covers(range))
    }

    /// Whether any value of `range` is in one of them.
    #[must_use]
    pub fn meets(&self, range: Range) -> bool {
        self.at_or_above(range.low)
            .is_some_and(|own| own.meets(range))
    }

    /// The first range that does not end below `value`.
    fn at_or_above(&self, value: u128) -> Option<Range> {
        let index = self.0.partition_point(|range| range.high < value);
        self.0.get(index).copied()
    }
}

/// An interface name as a value: at most 15 bytes count (`IFNAMSIZ` less the final zero).
#[must_use]
pub const fn interface_name(name: &str) -> u128 {
    let mut bytes = [0u8; 16];
    let mut index = 0;
    while index < name.len() && index < 15 {
        bytes[index] = name.as_bytes()[index];
        index += 1;
    }
    u128::from_be_bytes(bytes)
}

/// All interface names that begin with `stem` (`eth*` in nftables, `eth+` in iptables, without its last character).
#[must_use]
pub fn interface_prefix(stem: &str) -> Range {
    let taken = stem.len().min(15);
    let bits = u32::try_from(taken * 8).unwrap_or(128);
    Range::prefix(interface_name(stem), bits, 128)
}
