//! Neighbouring fields compared for inequality: each by itself, or several at once.

use super::reading::{Origin, Reading};
use super::split::place_of;
use super::{UNTOLD_JOINED, is_untold};
use crate::model::Condition;

/// Decides which of them the kernel compares at once, where the fields are told by their places. Such a condition is "all of them, or
/// one of them and joined".
pub(super) fn settle(condition: &mut Condition, reading: &Reading) {
    let Condition::Any(either) = &*condition else {
        return;
    };
    let [Condition::All(all), Condition::All(joined)] = &**either else {
        return;
    };
    if joined
        .last()
        .is_some_and(|last| is_untold(last, UNTOLD_JOINED))
        && let Some(groups) = groups(all, reading)
    {
        *condition = Condition::All(groups.into());
    }
}

/// The same conditions, those together of which the kernel asks only whether not all are equal.
fn groups(all: &[Condition], reading: &Reading) -> Option<Vec<Condition>> {
    let mut groups = Vec::new();
    let mut left = all;
    while !left.is_empty() {
        let lengths = 1..=left.len();
        let length = lengths.into_iter().find(|length| {
            let compared = left.get(..*length).and_then(together);
            compared.is_some_and(|(place, data)| reading.has_unequal(place, &data))
        })?;
        let (group, after) = left.split_at_checked(length)?;
        groups.push(Condition::Any(group.into()));
        left = after;
    }
    Some(groups)
}

/// What is compared with what when all of these are compared at once, if each begins where the one before ends.
fn together(conditions: &[Condition]) -> Option<(Origin, Vec<u8>)> {
    let mut whole: Option<(u32, u32, u32)> = None;
    let mut data = Vec::new();
    for condition in conditions {
        let Condition::In { value, ranges, .. } = condition else {
            return None;
        };
        let Origin::Payload {
            base,
            offset,
            length,
        } = place_of(value)?
        else {
            return None;
        };
        whole = match whole {
            None => Some((base, offset, length)),
            Some((own, first, before)) if own == base && first + before == offset => {
                Some((base, first, before + length))
            }
            Some(_) => return None,
        };
        let bytes = ranges.as_slice().first()?.low.to_be_bytes();
        let begin = bytes.len().checked_sub(usize::try_from(length).ok()?)?;
        data.extend(bytes.get(begin..)?);
    }
    let (base, offset, length) = whole?;
    let place = Origin::Payload {
        base,
        offset,
        length,
    };
    Some((place, data))
}
