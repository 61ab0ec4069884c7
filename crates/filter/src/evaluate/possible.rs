//! What is known of one value.

use crate::model::{BitOperation, Range, Ranges};

/// All values that something may have: those in `range` whose known bits are as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Possible {
    range: Range,
    /// Bits that are the same in all of them, as they are in the lowest.
    known_bits: u128,
    /// A value within the range that it is not.
    except: Option<u128>,
}

impl Possible {
    /// Nothing is known.
    pub const ANY: Self = Self {
        range: Range::ANY,
        known_bits: 0,
        except: None,
    };

    /// Just this value.
    #[must_use]
    pub const fn exactly(value: u128) -> Self {
        Self {
            range: Range::exactly(value),
            known_bits: u128::MAX,
            except: None,
        }
    }

    /// Some value of a range.
    #[must_use]
    pub const fn within(range: Range) -> Self {
        if range.low == range.high {
            return Self::exactly(range.low);
        }
        // Bits above the highest one that differs are the same in the whole range.
        let differing = 128 - (range.low ^ range.high).leading_zeros();
        let known_bits = if differing >= 128 {
            0
        } else {
            u128::MAX << differing
        };
        Self {
            range,
            known_bits,
            except: None,
        }
    }

    /// The same without this value.
    #[must_use]
    pub const fn except(self, value: u128) -> Self {
        Self {
            except: Some(value),
            ..self
        }
    }

    const fn bits(self) -> u128 {
        self.range.low & self.known_bits
    }

    /// Some value of so many bits, of which those in `known_bits` are as in `bits`.
    #[must_use]
    pub const fn with_bits(bits: u128, known_bits: u128, width: u32) -> Self {
        let all = width_mask(width);
        let known_bits = known_bits | !all;
        let bits = bits & known_bits & all;
        if known_bits == u128::MAX {
            return Self::exactly(bits);
        }
        Self {
            range: Range {
                low: bits,
                high: bits | !known_bits,
            },
            known_bits,
            except: None,
        }
    }

    /// The value, if there is only one.
    #[must_use]
    pub const fn exact(self) -> Option<u128> {
        if self.range.low == self.range.high {
            Some(self.range.low)
        } else {
            None
        }
    }

    /// Lowest and highest value.
    #[must_use]
    pub const fn range(self) -> Range {
        self.range
    }

    /// Whether every value of `other` is one of these.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.range.covers(other.range)
            && self.known_bits & !other.known_bits == 0
            && self.bits() == other.bits() & self.known_bits
            && match self.except {
                None => true,
                Some(excepted) => {
                    matches!(other.except, Some(same) if same == excepted)
                        || !other.range.contains(excepted)
                }
            }
    }

    /// All values of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let known_bits = self.known_bits & other.known_bits & !(self.bits() ^ other.bits());
        Self {
            range: Range {
                low: self.range.low.min(other.range.low),
                high: self.range.high.max(other.range.high),
            },
            known_bits,
            except: self.except.filter(|_| self.except == other.except),
        }
    }

    /// Whether it lies in `ranges`: `Some(true)` if every value does, `Some(false)` if none does.
    #[must_use]
    pub fn is_in(self, ranges: &Ranges) -> Option<bool> {
        if let Some(value) = self.exact() {
            return Some(ranges.contains(value));
        }
        if self.parts().all(|part| ranges.covers(part)) {
            return Some(true);
        }
        if ranges
            .as_slice()
            .iter()
            .all(|range| !self.may_be_in(*range))
        {
            return Some(false);
        }
        None
    }

    /// The range, in two parts where a value is excepted.
    fn parts(self) -> impl Iterator<Item = Range> {
        let Range { low, high } = self.range;
        let (first, second) = match self.except {
            Some(value) if self.range.contains(value) => (
                (low < value).then(|| Range::new(low, value - 1)),
                (value < high).then(|| Range::new(value + 1, high)),
            ),
            _ => (Some(self.range), None),
        };
        first.into_iter().chain(second)
    }

    /// Whether any value may lie in `range`; errs towards yes.
    #[must_use]
    pub fn may_be_in(self, range: Range) -> bool {
        if !self.range.meets(range)
            || self
                .except
                .is_some_and(|value| range == Range::exactly(value))
        {
            return false;
        }
        // All values of `range` share their leading bits: they must agree with the known ones.
        let shared = Self::within(range);
        let both = self.known_bits & shared.known_bits;
        self.bits() & both == shared.bits() & both
    }

    /// The same after an operation with a constant, in a value of `width` bits.
    #[must_use]
    pub const fn after(self, operation: BitOperation, operand: u128, width: u32) -> Self {
        let shift = if operand > 127 { 127 } else { operand as u32 };
        let (bits, known) = match operation {
            BitOperation::And => (self.bits() & operand, self.known_bits | !operand),
            BitOperation::Or => (self.bits() | operand, self.known_bits | operand),
            BitOperation::Xor => ((self.bits() ^ operand) & self.known_bits, self.known_bits),
            BitOperation::ShiftLeft => (
                self.bits() << shift,
                (self.known_bits << shift) | ((1u128 << shift) - 1),
            ),
            BitOperation::ShiftRight => (
                self.bits() >> shift,
                (self.known_bits >> shift) | !(u128::MAX >> shift),
            ),
        };
        Self::with_bits(bits, known, width)
    }

    /// The two combined bit by bit with exclusive or.
    #[must_use]
    pub const fn xor(self, other: Self, width: u32) -> Self {
        let known = self.known_bits & other.known_bits;
        Self::with_bits((self.bits() ^ other.bits()) & known, known, width)
    }
}

const fn width_mask(width: u32) -> u128 {
    if width >= 128 {
        u128::MAX
    } else {
        (1u128 << width) - 1
    }
}
