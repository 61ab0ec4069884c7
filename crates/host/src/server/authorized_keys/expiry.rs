//! `expiry-time=` (`parse_absolute_time`, `misc.c`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::root::Root;

/// A time written as `YYYYMMDD[HHMM[SS]]`, with `Z` or `UTC` in universal time, otherwise in that of the system.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let universal = match text.strip_prefix(digits)?.to_ascii_uppercase().as_str() {
        "" => false,
        "Z" | "UTC" => true,
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 8 | 12 | 14) {
        return None;
    }
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .map_or(Some(0), |part| part.parse::<i8>().ok())
    };
    let year: i16 = digits.get(..4)?.parse().ok()?;
    let time = DateTime::new(
        year,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?,
        0,
    )
    .ok()?;
    let zone = if universal {
        TimeZone::UTC
    } else {
        zone.clone()
    };
    zone.to_timestamp(time).ok()
}

/// The time zone of the system that is looked at (`localtime(5)`).
pub(in crate::server) fn zone(root: &Root) -> TimeZone {
    root.read("/etc/localtime", 256 * 1024)
        .ok()
        .and_then(|contents| TimeZone::tzif("/etc/localtime", &contents.bytes).ok())
        .unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_sshd_reads_them() {
        let cases = [
            ("20260102", Some("2026-01-02T00:00:00Z")),
            ("20260102Z", Some("2026-01-02T00:00:00Z")),
            ("202601021530", Some("2026-01-02T15:30:00Z")),
            ("20260102153045UTC", Some("2026-01-02T15:30:45Z")),
            ("20260102utc", Some("2026-01-02T00:00:00Z")),
            ("20260102ZZ", None),
            ("2026010", None),
            ("20261302", None),
            ("2026-01-02", None),
            ("20260102٣", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|time| time.parse::<Timestamp>().unwrap());
            assert_eq!(moment(text, &TimeZone::UTC), expected, "{text}");
        }
    }
}
