//! Numbers and fixed words.

use sshdoctor_case::{Report, Stage, Where};

/// A probability. Only what is certain is 100%, and nothing listed is 0%.
pub(super) fn percent(probability: f64) -> String {
    let rounded = (probability * 100.0).round();
    if probability >= 1.0 {
        "100%".into()
    } else if rounded >= 100.0 {
        ">99%".into()
    } else if rounded < 1.0 {
        "<1%".into()
    } else {
        format!("{rounded:.0}%")
    }
}

/// A duration with as many digits as it deserves.
pub(super) fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms >= 9_950.0 => format!("{:.0} s", ms / 1000.0),
        ms if ms >= 999.5 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 9.95 => format!("{ms:.0} ms"),
        ms => format!("{ms:.1} ms"),
    }
}

/// A duration in whole milliseconds.
pub(super) fn milliseconds(milliseconds: u64) -> String {
    duration(u32::try_from(milliseconds).map_or(f64::MAX, f64::from))
}

/// A duration in the unit that suits it.
pub(super) fn seconds(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} minutes", seconds / 60),
        7200..=172_799 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A number of things.
pub(super) fn count(many: usize, one: &str, several: &str) -> String {
    let noun = if many == 1 { one } else { several };
    format!("{} {noun}", number(many))
}

/// A number, up to ten in words.
pub(super) fn number(number: usize) -> String {
    const WORDS: [&str; 11] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    WORDS
        .get(number)
        .map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// Where a step of a report is to be done. Whoever looks at a server, or at both ends, may sit at either.
pub(super) fn place(report: &Report, place: Where) -> &'static str {
    match place {
        Where::Client if report.command != "here" && report.both_ends.is_none() => {
            "on this machine"
        }
        Where::Server if report.command == "here" => "on this server",
        other => place_by_name(other),
    }
}

/// The same for somebody who may be anywhere.
pub(super) const fn place_by_name(place: Where) -> &'static str {
    match place {
        Where::Client => "on the client",
        Where::Server => "on the server's console",
        Where::Provider => "at the provider's panel",
        Where::JumpHost => "on the jump host",
    }
}

/// The name of a stage for a person.
pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Client => "your side",
        Stage::Name => "name",
        Stage::Route => "route",
        Stage::NetworkFirewall => "network firewall",
        Stage::HostFirewall => "host firewall",
        Stage::Listener => "listener",
        Stage::Banner => "banner",
        Stage::KeyExchange => "key exchange",
        Stage::HostKey => "host key",
        Stage::Authentication => "login",
        Stage::Session => "session",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certainty_is_a_hundred_percent_and_nothing_is_zero() {
        let shown = [0.0, 0.0001, 0.0149, 0.645, 0.994, 0.996, 0.999_999, 1.0].map(percent);
        assert_eq!(
            shown,
            ["<1%", "<1%", "1%", "65%", "99%", ">99%", ">99%", "100%"]
        );
    }

    #[test]
    fn durations_have_the_digits_they_deserve() {
        let shown = [0.41, 9.96, 31.2, 999.7, 3_120.0, 12_000.0].map(duration);
        assert_eq!(
            shown,
            ["0.4 ms", "10 ms", "31 ms", "1.0 s", "3.1 s", "12 s"]
        );
    }

    #[test]
    fn numbers_agree_with_their_nouns() {
        assert_eq!(count(0, "cause", "causes"), "no causes");
        assert_eq!(count(1, "cause", "causes"), "one cause");
        assert_eq!(count(12, "cause", "causes"), "12 causes");
    }
}
