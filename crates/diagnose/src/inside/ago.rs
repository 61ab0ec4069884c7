//! How long ago something was.

/// A time before now in words, as `12 minutes ago`; both in milliseconds since the epoch.
pub(super) fn ago(then_ms: i64, now_ms: i64) -> String {
    let seconds = now_ms.saturating_sub(then_ms) / 1000;
    if seconds < 0 {
        return "at a time that is still to come".to_owned();
    }
    let (count, unit) = match seconds {
        0..=1 => return "just now".to_owned(),
        2..=99 => (seconds, "second"),
        100..=5999 => (seconds / 60, "minute"),
        6000..=172_799 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::ago;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let told = |seconds: i64| ago(0, seconds * 1000);
        assert_eq!(told(1), "just now");
        assert_eq!(told(90), "90 seconds ago");
        assert_eq!(told(720), "12 minutes ago");
        assert_eq!(told(7200), "2 hours ago");
        assert_eq!(told(259_200), "3 days ago");
        assert_eq!(ago(5000, 0), "at a time that is still to come");
    }
}
