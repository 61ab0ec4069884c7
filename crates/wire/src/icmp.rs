//! What ICMP and ICMPv6 errors mean (RFC 792, RFC 1812, RFC 4443), and what Linux makes of them.
//!
//! Everywhere `v6` tells ICMPv6 from ICMP, `kind` is the message type and `code` the code within it.

const V4_UNREACHABLE: u8 = 3;
const V4_SOURCE_QUENCH: u8 = 4;
const V4_REDIRECT: u8 = 5;
const V4_TIME_EXCEEDED: u8 = 11;
const V4_PARAMETER_PROBLEM: u8 = 12;
const V6_UNREACHABLE: u8 = 1;
const V6_TOO_BIG: u8 = 2;
const V6_TIME_EXCEEDED: u8 = 3;
const V6_PARAMETER_PROBLEM: u8 = 4;

/// The error in plain words.
#[must_use]
pub fn words(v6: bool, kind: u8, code: u8) -> &'static str {
    if v6 {
        words_v6(kind, code)
    } else {
        words_v4(kind, code)
    }
}

fn words_v4(kind: u8, code: u8) -> &'static str {
    match (kind, code) {
        (V4_UNREACHABLE, 0) => "network unreachable",
        (V4_UNREACHABLE, 1) => "host unreachable",
        (V4_UNREACHABLE, 2) => "protocol unreachable",
        (V4_UNREACHABLE, 3) => "port unreachable",
        (V4_UNREACHABLE, 4) => "packet too big and must not be fragmented",
        (V4_UNREACHABLE, 5) => "source route failed",
        (V4_UNREACHABLE, 6) => "network unknown",
        (V4_UNREACHABLE, 7) => "host unknown",
        (V4_UNREACHABLE, 8) => "source host isolated",
        (V4_UNREACHABLE, 9) => "network administratively prohibited",
        (V4_UNREACHABLE, 10) => "host administratively prohibited",
        (V4_UNREACHABLE, 11) => "network unreachable for this type of service",
        (V4_UNREACHABLE, 12) => "host unreachable for this type of service",
        (V4_UNREACHABLE, 13) => "administratively prohibited",
        (V4_UNREACHABLE, 14) => "host precedence violation",
        (V4_UNREACHABLE, 15) => "precedence cut off",
        (V4_UNREACHABLE, _) => "destination unreachable",
        (V4_SOURCE_QUENCH, _) => "source quench",
        (V4_REDIRECT, _) => "redirect",
        (V4_TIME_EXCEEDED, 0) => "time to live exceeded on the way",
        (V4_TIME_EXCEEDED, 1) => "fragments did not arrive in time",
        (V4_TIME_EXCEEDED, _) => "time exceeded",
        (V4_PARAMETER_PROBLEM, _) => "bad packet header",
        _ => "unknown ICMP message",
    }
}

fn words_v6(kind: u8, code: u8) -> &'static str {
    match (kind, code) {
        (V6_UNREACHABLE, 0) => "no route to destination",
        (V6_UNREACHABLE, 1) => "administratively prohibited",
        (V6_UNREACHABLE, 2) => "beyond the scope of the source address",
        (V6_UNREACHABLE, 3) => "address unreachable",
        (V6_UNREACHABLE, 4) => "port unreachable",
        (V6_UNREACHABLE, 5) => "source address failed the ingress or egress policy",
        (V6_UNREACHABLE, 6) => "route to destination rejected",
        (V6_UNREACHABLE, 7) => "error in the source routing header",
        (V6_UNREACHABLE, _) => "destination unreachable",
        (V6_TOO_BIG, _) => "packet too big",
        (V6_TIME_EXCEEDED, 0) => "hop limit exceeded on the way",
        (V6_TIME_EXCEEDED, 1) => "fragments did not arrive in time",
        (V6_TIME_EXCEEDED, _) => "time exceeded",
        (V6_PARAMETER_PROBLEM, _) => "bad packet header",
        _ => "unknown ICMPv6 message",
    }
}

/// Whether `connect` says "Connection refused" on Linux: port unreachable.
#[must_use]
pub fn is_refusal(v6: bool, kind: u8, code: u8) -> bool {
    matches!(
        (v6, kind, code),
        (false, V4_UNREACHABLE, 3) | (true, V6_UNREACHABLE, 4)
    )
}

/// Whether the sender says that a rule forbids it.
#[must_use]
pub fn says_prohibited(v6: bool, kind: u8, code: u8) -> bool {
    matches!(
        (v6, kind, code),
        (false, V4_UNREACHABLE, 9 | 10 | 13) | (true, V6_UNREACHABLE, 1 | 5 | 6)
    )
}

/// Whether the sender says that it knows no way to the network.
#[must_use]
pub fn says_no_route(v6: bool, kind: u8, code: u8) -> bool {
    matches!(
        (v6, kind, code),
        (false, V4_UNREACHABLE, 0 | 6 | 11) | (true, V6_UNREACHABLE, 0)
    )
}

/// Whether the sender says that the host itself does not answer on its link.
#[must_use]
pub fn says_host_unreachable(v6: bool, kind: u8, code: u8) -> bool {
    matches!(
        (v6, kind, code),
        (false, V4_UNREACHABLE, 1 | 7 | 12) | (true, V6_UNREACHABLE, 3)
    )
}

/// Whether the sender says that a packet was too big for a link.
#[must_use]
pub fn says_too_big(v6: bool, kind: u8, code: u8) -> bool {
    matches!(
        (v6, kind, code),
        (false, V4_UNREACHABLE, 4) | (true, V6_TOO_BIG, _)
    )
}

/// Whether the packet's time to live ran out at the sender.
#[must_use]
pub fn says_time_exceeded(v6: bool, kind: u8) -> bool {
    matches!(
        (v6, kind),
        (false, V4_TIME_EXCEEDED) | (true, V6_TIME_EXCEEDED)
    )
}

/// The error with which `connect` fails on Linux, for example `ECONNREFUSED`; `None` for messages that do not end a
/// connection attempt (`net/ipv4/icmp.c`, `net/ipv4/tcp_ipv4.c`, `net/ipv6/icmp.c`, `net/ipv6/tcp_ipv6.c`).
#[must_use]
pub fn linux_errno(v6: bool, kind: u8, code: u8) -> Option<&'static str> {
    if v6 {
        return match (kind, code) {
            (V6_UNREACHABLE, 0) => Some("ENETUNREACH"),
            (V6_UNREACHABLE, 1 | 5 | 6) => Some("EACCES"),
            (V6_UNREACHABLE, 2 | 3) | (V6_TIME_EXCEEDED, _) => Some("EHOSTUNREACH"),
            (V6_UNREACHABLE, 4) => Some("ECONNREFUSED"),
            (V6_UNREACHABLE | V6_PARAMETER_PROBLEM, _) => Some("EPROTO"),
            _ => None,
        };
    }
    match (kind, code) {
        (V4_UNREACHABLE, 0 | 6 | 9 | 11) => Some("ENETUNREACH"),
        (V4_UNREACHABLE, 1 | 10 | 12..=15) | (V4_TIME_EXCEEDED, _) => Some("EHOSTUNREACH"),
        (V4_UNREACHABLE, 2) => Some("ENOPROTOOPT"),
        (V4_UNREACHABLE, 3) => Some("ECONNREFUSED"),
        (V4_UNREACHABLE, 5) => Some("EOPNOTSUPP"),
        (V4_UNREACHABLE, 7) => Some("EHOSTDOWN"),
        (V4_UNREACHABLE, 8) => Some("ENONET"),
        (V4_PARAMETER_PROBLEM, _) => Some("EPROTO"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_says_what_was_measured() {
        for (v6, code, errno) in [
            (false, 0, "ENETUNREACH"),
            (false, 1, "EHOSTUNREACH"),
            (false, 2, "ENOPROTOOPT"),
            (false, 3, "ECONNREFUSED"),
            (false, 6, "ENETUNREACH"),
            (false, 9, "ENETUNREACH"),
            (false, 10, "EHOSTUNREACH"),
            (false, 13, "EHOSTUNREACH"),
            (true, 0, "ENETUNREACH"),
            (true, 1, "EACCES"),
            (true, 3, "EHOSTUNREACH"),
            (true, 4, "ECONNREFUSED"),
        ] {
            let kind = if v6 { 1 } else { 3 };
            assert_eq!(linux_errno(v6, kind, code), Some(errno), "{v6} {code}");
        }
        assert_eq!(linux_errno(false, 3, 4), None, "a smaller MTU is no error");
        assert_eq!(linux_errno(false, 3, 16), None);
        assert_eq!(linux_errno(true, 2, 0), None);
    }

    #[test]
    fn no_message_says_two_things() {
        for v6 in [false, true] {
            for kind in 0..=u8::MAX {
                for code in 0..=u8::MAX {
                    let said = [
                        is_refusal(v6, kind, code),
                        says_prohibited(v6, kind, code),
                        says_no_route(v6, kind, code),
                        says_host_unreachable(v6, kind, code),
                        says_too_big(v6, kind, code),
                        says_time_exceeded(v6, kind),
                    ];
                    assert!(said.iter().filter(|&&said| said).count() <= 1);
                    assert_eq!(
                        is_refusal(v6, kind, code),
                        linux_errno(v6, kind, code) == Some("ECONNREFUSED")
                    );
                    assert!(!words(v6, kind, code).is_empty());
                }
            }
        }
    }
}
