//! Two comparisons that nft prints as one range.

use super::reading::{Origin, Pair};
use super::{condition_of, is_unread};
use crate::model::{Condition, Expression, Field, Range, Ranges, Statement};

/// Where fields are that can be told by their place once one of their neighbours is known: header, first byte, bytes (RFC 791,
/// RFC 8200, RFC 9293). Two of a header stand together.
const PLACES: [(Field, Origin); 8] = [
    (Field::Ip4Source, at(1, 12, 4)),
    (Field::Ip4Destination, at(1, 16, 4)),
    (Field::Ip6Source, at(1, 8, 16)),
    (Field::Ip6Destination, at(1, 24, 16)),
    (Field::TcpSourcePort, at(2, 0, 2)),
    (Field::TcpDestinationPort, at(2, 2, 2)),
    (Field::TransportSourcePort, at(2, 0, 2)),
    (Field::TransportDestinationPort, at(2, 2, 2)),
];

const fn at(base: u32, offset: u32, length: u32) -> Origin {
    Origin::Payload {
        base,
        offset,
        length,
    }
}

/// Whether a condition may stand for two comparisons.
pub(super) fn may_be_two(condition: &Condition) -> bool {
    match condition {
        Condition::In { ranges, .. } => {
            matches!(ranges.as_slice(), [range] if range.low < range.high)
        }
        _ => false,
    }
}

/// The same rule with every range reaching down to zero: what is left of it if the lower end belongs to something else.
pub(crate) fn loosened(statements: &[Statement]) -> Vec<Statement> {
    let mut statements = statements.to_vec();
    for statement in &mut statements {
        if let Statement::Condition(Condition::In {
            ranges,
            negated: false,
            ..
        }) = statement
            && let [range] = ranges.as_slice()
        {
            *ranges = Ranges::one(Range::new(0, range.high));
        }
    }
    statements
}

/// Replaces the range that stands for these two comparisons. `None` when neither it nor they are there.
pub(super) fn split(statements: &mut Vec<Statement>, pair: &Pair) -> Option<()> {
    let (low, high) = (pair.first.value()?, pair.second.value()?);
    if pair.is_reversed() {
        split_reversed(statements, pair, low, high);
        return Some(());
    }
    let printed = Ranges::one(Range::new(low, high));
    let is_it = |statement: &Statement| match statement {
        Statement::Condition(Condition::In {
            value,
            ranges,
            negated,
        }) => {
            *ranges == printed
                && *negated == pair.is_outside
                && place_of(value).is_none_or(|place| place == pair.second.origin)
        }
        _ => false,
    };
    let places: Vec<usize> = (0..)
        .zip(&*statements)
        .filter_map(|(index, statement)| is_it(statement).then_some(index))
        .collect();
    if places.is_empty() {
        return is_printed_apart(statements, pair, low).then_some(());
    }
    for index in places.into_iter().rev() {
        let Some(Statement::Condition(Condition::In { value, .. })) = statements.get(index) else {
            continue;
        };
        let both = match (neighbour(value, pair), value) {
            (Some(first), Expression::Field(second)) => {
                exactly(pair, (first, low), (*second, high))
            }
            _ => vec![Condition::Undecidable {
                reason: "nft prints two of its comparisons as one".into(),
            }],
        };
        statements.splice(index..=index, both.into_iter().map(Statement::Condition));
    }
    Some(())
}

/// The same where the lower end is above the upper one, which is read as nothing. Only ports are told by their place alone.
fn split_reversed(statements: &mut Vec<Statement>, pair: &Pair, low: u128, high: u128) {
    let port = |origin: Origin| {
        let mut ports = PLACES.iter().rev().take(2);
        ports
            .find(|(_, place)| *place == origin)
            .map(|(field, _)| *field)
    };
    let (Some(first), Some(second)) = (port(pair.first.origin), port(pair.second.origin)) else {
        return;
    };
    let mut unread = (0..).zip(&*statements).filter_map(|(index, statement)| {
        condition_of(statement)
            .is_some_and(is_unread)
            .then_some(index)
    });
    if let (Some(index), None) = (unread.next(), unread.next()) {
        let both = exactly(pair, (first, low), (second, high));
        statements.splice(index..=index, both.into_iter().map(Statement::Condition));
    }
}

/// Where a field is, as far as it is among the known ones.
pub(super) fn place_of(value: &Expression) -> Option<Origin> {
    let Expression::Field(field) = value else {
        return None;
    };
    let mut places = PLACES.iter();
    places
        .find(|(known, _)| known == field)
        .map(|(_, place)| *place)
}

/// The field of the first comparison, told by that of the second.
fn neighbour(second: &Expression, pair: &Pair) -> Option<Field> {
    let Expression::Field(second) = second else {
        return None;
    };
    let mut together = PLACES.chunks(2);
    let together = together.find(|fields| fields.iter().any(|(field, _)| field == second))?;
    let mut places = together.iter();
    places
        .find(|(_, place)| *place == pair.first.origin)
        .map(|(field, _)| *field)
}

fn exactly(pair: &Pair, first: (Field, u128), second: (Field, u128)) -> Vec<Condition> {
    let ((first, low), (second, high)) = (first, second);
    let (first_range, second_range) = if pair.is_outside {
        let below = low.checked_sub(1).map(|end| Range::new(0, end));
        let highest = pair.second.highest();
        let above = (high < highest).then(|| Range::new(high + 1, highest));
        (below, above)
    } else {
        let up = Range::new(low, pair.first.highest());
        (Some(up), Some(Range::new(0, high)))
    };
    [(first, first_range), (second, second_range)]
        .map(|(field, range)| Condition::In {
            value: Expression::Field(field),
            ranges: Ranges::new(range),
            negated: false,
        })
        .into()
}

/// A version of nft that prints the two as what they are.
fn is_printed_apart(statements: &[Statement], pair: &Pair, low: u128) -> bool {
    statements.iter().any(|statement| match statement {
        Statement::Condition(Condition::In {
            ranges, negated, ..
        }) => match ranges.as_slice() {
            [range] if !*negated && pair.is_outside => {
                range.low == 0 && Some(range.high) == low.checked_sub(1)
            }
            [range] if !*negated => range.low == low && range.high == pair.first.highest(),
            _ => false,
        },
        // Not read at all.
        Statement::Condition(Condition::Undecidable { .. }) | Statement::NotUnderstood { .. } => {
            true
        }
        _ => false,
    })
}
