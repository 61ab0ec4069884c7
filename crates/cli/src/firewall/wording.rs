//! What a verdict means for the client, in words.

use sshdoctor_case::PacketVerdict;
use sshdoctor_filter::evaluate::Version;
use sshdoctor_filter::model::{IcmpError, Rate, RateKind, RejectWith};

/// With what a packet is rejected, as one word that names the message on the wire.
pub(crate) const fn reject_with(with: RejectWith, version: Version) -> &'static str {
    let RejectWith::Icmp(icmp) = with else {
        return "tcp-reset";
    };
    match (icmp, version) {
        (IcmpError::NetUnreachable, _) | (IcmpError::AnyNoRoute, Version::V4) => {
            "icmp-net-unreachable"
        }
        (IcmpError::HostUnreachable, _) | (IcmpError::AnyHostUnreachable, Version::V4) => {
            "icmp-host-unreachable"
        }
        (IcmpError::ProtocolUnreachable, _) => "icmp-proto-unreachable",
        (IcmpError::PortUnreachable, _) | (IcmpError::AnyPortUnreachable, Version::V4) => {
            "icmp-port-unreachable"
        }
        (IcmpError::NetProhibited, _) => "icmp-net-prohibited",
        (IcmpError::HostProhibited, _) => "icmp-host-prohibited",
        (IcmpError::AdminProhibited, _) | (IcmpError::AnyAdminProhibited, Version::V4) => {
            "icmp-admin-prohibited"
        }
        (IcmpError::NoRoute6, _) | (IcmpError::AnyNoRoute, Version::V6) => "icmpv6-no-route",
        (IcmpError::AdminProhibited6, _) | (IcmpError::AnyAdminProhibited, Version::V6) => {
            "icmpv6-admin-prohibited"
        }
        (IcmpError::AddressUnreachable6, _) | (IcmpError::AnyHostUnreachable, Version::V6) => {
            "icmpv6-addr-unreachable"
        }
        (IcmpError::PortUnreachable6, _) | (IcmpError::AnyPortUnreachable, Version::V6) => {
            "icmpv6-port-unreachable"
        }
        (IcmpError::PolicyFail6, _) => "icmpv6-policy-fail",
        (IcmpError::RejectRoute6, _) => "icmpv6-reject-route",
    }
}

/// The verdict as a participle.
pub(crate) const fn participle(verdict: PacketVerdict) -> &'static str {
    match verdict {
        PacketVerdict::Accept => "accepted",
        PacketVerdict::Drop => "dropped",
        PacketVerdict::Reject => "rejected",
        PacketVerdict::Unknown => "not certain",
    }
}

/// When a rate turns, beginning with "until"; nothing for what does not turn at a number. `counted` says that a rule before
/// has counted this packet already.
pub(crate) fn until(rate: &Rate, counted: bool) -> Option<String> {
    let amount = rate.amount;
    Some(match rate.kind {
        RateKind::Recent => {
            let number = ordinal(amount.max(1) + u64::from(!counted));
            match rate.seconds {
                0 => format!("until the {number} connection"),
                seconds => format!("until the {number} connection in {seconds} s"),
            }
        }
        RateKind::Limit | RateKind::Hashlimit => {
            let burst = match rate.burst {
                0 => String::new(),
                burst => format!(" ({burst} at once)"),
            };
            let time = match rate.seconds {
                0 | 1 => "a second".to_owned(),
                60 => "a minute".to_owned(),
                3600 => "an hour".to_owned(),
                86_400 => "a day".to_owned(),
                seconds => format!("in {seconds} s"),
            };
            format!("until more than {amount} come {time}{burst}")
        }
        RateKind::Connlimit => format!("until more than {amount} connections are open"),
        RateKind::Quota => format!("until {amount} bytes have come"),
        RateKind::Connbytes | RateKind::Statistic => return None,
    })
}

fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// With a capital letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A duration in the unit that suits it.
pub(crate) fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} minutes", seconds / 60),
        7200..=172_799 => format!("{} hours", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_named_as_it_is_on_the_wire() {
        let any = RejectWith::Icmp(IcmpError::AnyNoRoute);
        assert_eq!(reject_with(any, Version::V4), "icmp-net-unreachable");
        assert_eq!(reject_with(any, Version::V6), "icmpv6-no-route");
        assert_eq!(reject_with(RejectWith::TcpReset, Version::V6), "tcp-reset");
    }

    #[test]
    fn a_rate_says_when_it_turns() {
        let rate = |kind, amount, seconds, burst| Rate {
            kind,
            amount,
            seconds,
            burst,
            when_exceeded: true,
            list: None,
        };
        let recent = rate(RateKind::Recent, 6, 30, 0);
        assert_eq!(
            until(&recent, true).unwrap(),
            "until the 6th connection in 30 s"
        );
        assert_eq!(
            until(&recent, false).unwrap(),
            "until the 7th connection in 30 s"
        );
        assert_eq!(
            until(&rate(RateKind::Limit, 3, 60, 5), false).unwrap(),
            "until more than 3 come a minute (5 at once)"
        );
        assert_eq!(
            until(&rate(RateKind::Connlimit, 10, 0, 0), false).unwrap(),
            "until more than 10 connections are open"
        );
        assert_eq!(until(&rate(RateKind::Statistic, 1, 0, 0), false), None);
        assert_eq!(
            [1, 2, 3, 11, 12, 13, 21, 112].map(ordinal),
            ["1st", "2nd", "3rd", "11th", "12th", "13th", "21st", "112th"]
        );
    }
}
