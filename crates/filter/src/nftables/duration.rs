//! Durations as nft writes them (`nft(8)`, "TIME TYPES").

/// The seconds of parts with units, as in `1d2h30m`.
pub(super) fn seconds_of(duration: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = duration;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let (amount, unit) = rest.split_at(digits);
        let length = unit
            .find(|character: char| character.is_ascii_digit())
            .unwrap_or(unit.len());
        let (unit, next) = unit.split_at(length);
        let amount: u64 = amount.parse().ok()?;
        let seconds = match unit {
            "w" => amount.checked_mul(604_800)?,
            "d" => amount.checked_mul(86_400)?,
            "h" => amount.checked_mul(3600)?,
            "m" => amount.checked_mul(60)?,
            "s" => amount,
            "ms" => amount / 1000,
            _ => return None,
        };
        total = total.checked_add(seconds)?;
        rest = next;
    }
    Some(total)
}
