//! Which conditions and statements of nft can stand in one rule.

/// nft takes both in one rule: it refuses two protocols of one layer.
pub(super) fn agree(one: &str, other: &str) -> bool {
    let differ = |names: fn(&str) -> Option<&'static str>| matches!((names(one), names(other)), (Some(one), Some(other)) if one != other);
    !differ(transport_of) && !differ(network_of)
}

fn transport_of(words: &str) -> Option<&'static str> {
    let has = |wanted: &[&str]| wanted.iter().any(|part| words.contains(part));
    if words.contains("l4proto {") || words.contains("protocol {") || words.contains("nexthdr {") {
        // What comes after such a set is compared with one of its members.
        Some("several")
    } else if words.starts_with("icmpv6 ") || has(&["ip protocol icmp"]) {
        Some("icmp6")
    } else if words.starts_with("icmp ") {
        Some("icmp")
    } else if has(&[
        "udp dport",
        "udp sport",
        "protocol udp",
        "l4proto udp",
        "nexthdr udp",
    ]) {
        Some("udp")
    } else if has(&["sctp dport"]) {
        Some("sctp")
    } else if has(&[
        "tcp ",
        "l4proto",
        "protocol ",
        "nexthdr",
        "synproxy",
        "tcp reset",
    ]) && !has(&["ct protocol"])
    {
        Some("tcp")
    } else {
        None
    }
}

fn network_of(words: &str) -> Option<&'static str> {
    let has = |wanted: &[&str]| wanted.iter().any(|part| words.contains(part));
    if has(&["ip6 ", "icmpv6 ", "exthdr", "ipv6"]) {
        Some("ip6")
    } else if words.starts_with("ip ")
        || has(&[
            "icmp ",
            " ip saddr",
            " ip daddr",
            "dnat ip",
            "snat ip",
            "ipv4",
        ])
    {
        Some("ip")
    } else if words.contains("meta protocol") {
        Some("protocol")
    } else {
        None
    }
}
