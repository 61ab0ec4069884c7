//! Conditions as matches need them.

use crate::model::{BitOperation, Condition, Expression, Field, Range, Ranges};

/// A field lies in a range, or not; where it is absent it fails either way.
pub(super) fn within(field: Field, range: Range, negated: bool) -> Condition {
    among(field, Ranges::one(range), negated)
}

/// A field lies in some range, or in none.
pub(super) fn among(field: Field, ranges: Ranges, negated: bool) -> Condition {
    Condition::In {
        value: Expression::Field(field),
        ranges,
        negated,
    }
}

/// A field is this value, or not.
pub(super) fn equals(field: Field, value: u128, negated: bool) -> Condition {
    within(field, Range::exactly(value), negated)
}

/// `field & mask`.
pub(super) fn bits(field: Field, mask: u128, width: u32) -> Expression {
    Expression::Bits {
        value: Box::new(Expression::Field(field)),
        operation: BitOperation::And,
        operand: mask,
        width,
    }
}

/// `field & mask == value`, or not.
pub(super) fn masked(
    field: Field,
    mask: u128,
    value: u128,
    width: u32,
    negated: bool,
) -> Condition {
    let all = if width >= 128 {
        u128::MAX
    } else {
        (1 << width) - 1
    };
    if mask & all == all {
        return equals(field, value, negated);
    }
    Condition::In {
        value: bits(field, mask, width),
        ranges: Ranges::exactly(value),
        negated,
    }
}

/// `field & mask != 0`, or not.
pub(super) fn any_bit(field: Field, mask: u128, width: u32, negated: bool) -> Condition {
    Condition::In {
        value: bits(field, mask, width),
        ranges: Ranges::exactly(0),
        negated: !negated,
    }
}

/// The opposite, also where a value was absent.
pub(super) fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

/// The condition, or its opposite.
pub(super) fn not_if(negated: bool, condition: Condition) -> Condition {
    if negated { not(condition) } else { condition }
}

/// All of them.
pub(super) fn all(conditions: impl Into<Box<[Condition]>>) -> Condition {
    Condition::All(conditions.into())
}

/// At least one of them.
pub(super) fn any(conditions: impl Into<Box<[Condition]>>) -> Condition {
    Condition::Any(conditions.into())
}

/// Cannot be decided, and why.
pub(super) fn undecidable(reason: impl Into<Box<str>>) -> Condition {
    Condition::Undecidable {
        reason: reason.into(),
    }
}
