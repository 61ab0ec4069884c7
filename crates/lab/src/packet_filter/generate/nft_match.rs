//! Conditions of nft rules.

use super::draw::{Draw, write_addresses};
use super::nft::{Hook, Place};
use super::nft_header::{address, concatenation, flags, port, protocol};
use crate::packet_filter::ground::{CLIENT_MAC, SERVER_MAC};

/// One condition that may stand at this place.
pub(super) fn condition(draw: &mut Draw, place: &Place) -> String {
    if draw.undecidable() {
        return undecidable(draw, place);
    }
    let view = place.view;
    match draw.chance.below(100) {
        0..=21 => port(draw, &view),
        22..=39 => address(draw, place),
        40..=47 => concatenation(draw, place),
        48..=55 => interface(draw, place),
        56..=65 => connection(draw, place),
        66..=71 => flags(draw, &view),
        72..=77 => protocol(draw, place),
        78..=81 => mark(draw),
        82..=86 => fib(draw, place),
        87..=90 => place.named_match(draw).unwrap_or_else(|| port(draw, &view)),
        91..=93 => hardware(draw, place),
        94..=96 => other(draw, place),
        _ => never(draw, place),
    }
}

fn interface(draw: &mut Draw, place: &Place) -> String {
    let other_side = draw.percent(10);
    let incoming = place.hook.has_input() && (!place.hook.has_output() || !other_side);
    let side = if incoming { "iif" } else { "oif" };
    if place.hook == Hook::Ingress && !incoming {
        return "meta l4proto tcp".to_owned();
    }
    match draw.chance.below(8) {
        0..=1 => format!(
            "{side} {}\"{}\"",
            draw.negation(),
            draw.pick(&["eth0", "eth0", "lo", "eth1"])
        ),
        2..=3 => format!(
            "{side}name {}\"{}\"",
            draw.negation(),
            draw.pick(&["eth0", "lo", "eth1", "wg0", "docker0"])
        ),
        4 => format!(
            "{side}name {}\"{}\"",
            draw.negation(),
            draw.pick(&["eth*", "e*", "l*", "wg*", "eth0*", "eth00*"])
        ),
        5 => {
            let set = draw.pick(&[
                "\"eth0\", \"lo\"",
                "\"eth1\", \"wg0\"",
                "\"eth0\"",
                "\"lo\", \"eth1\"",
                "\"eth*\", \"lo\"",
                "\"wg*\", \"br*\"",
            ]);
            format!("{side}name {}{{ {set} }}", draw.negation())
        }
        // In a table of both families nft 1.0.6 does not print it in front of an address.
        6 if matches!(place.family, "ip" | "ip6") => format!("{side}type ether"),
        _ => format!(
            "{side}group {}{}",
            draw.negation(),
            draw.pick(&["default", "0", "5"])
        ),
    }
}

fn connection(draw: &mut Draw, place: &Place) -> String {
    if matches!(place.hook, Hook::Ingress | Hook::Egress) {
        return port(draw, &place.view);
    }
    let own_original = draw.packet;
    let header = if place.view.v6 { "ip6" } else { "ip" };
    match draw.chance.below(14) {
        0..=5 => {
            let states = draw.pick(&[
                "new",
                "established,related",
                "established",
                "invalid",
                "untracked",
                "new,untracked",
                "related",
                "{ new, invalid }",
                "{ established, related }",
                "invalid,untracked",
                "established,related,new",
            ]);
            let not = if states.starts_with('{') || draw.percent(80) {
                ""
            } else {
                draw.pick(&["!= ", "! "])
            };
            let operator = if not == "! " { "" } else { not };
            format!("ct state {operator}{states}")
        }
        6 => format!(
            "ct status {}{}",
            draw.negation(),
            draw.pick(&[
                "dnat",
                "snat",
                "seen-reply",
                "assured",
                "confirmed",
                "expected"
            ])
        ),
        7 => format!("ct direction {}", draw.pick(&["original", "reply"])),
        8 => {
            let mark = draw.mark();
            format!("ct mark {}{mark:#x}", draw.negation())
        }
        9 => {
            let port = draw.port(own_original.port);
            format!(
                "meta l4proto tcp ct original proto-dst {}{port}",
                draw.negation()
            )
        }
        10 => {
            let span = draw.address_span(own_original.from);
            format!(
                "ct original {header} saddr {}{}",
                draw.negation(),
                write_addresses(span, place.view.v6)
            )
        }
        11 => {
            let span = draw.address_span(own_original.to);
            format!(
                "ct original {header} daddr {}{}",
                draw.negation(),
                write_addresses(span, place.view.v6)
            )
        }
        // Not `ct l3proto` and `ct protocol`: nft 1.0.6 takes them for what the next match implies, and does not print them.
        _ => "ct direction original".to_owned(),
    }
}

fn mark(draw: &mut Draw) -> String {
    let mark = draw.mark();
    match draw.chance.below(4) {
        0..=1 => format!("meta mark {}{mark:#x}", draw.negation()),
        2 => format!(
            "meta mark & {:#x} {} {:#x}",
            0xff,
            draw.pick(&["==", "!="]),
            mark & 0xff
        ),
        _ => format!("meta mark {{ {mark:#x}, 0x77 }}"),
    }
}

fn fib(draw: &mut Draw, place: &Place) -> String {
    let types = ["local", "unicast", "broadcast", "multicast", "blackhole"];
    match place.hook {
        _ if !place.allows.routing_question => port(draw, &place.view),
        Hook::Prerouting | Hook::Input => match draw.chance.below(7) {
            0 => format!("fib saddr . iif oif {}", draw.pick(&["missing", "exists"])),
            1 => format!(
                "fib saddr oif {}",
                draw.pick(&["missing", "exists", "\"eth0\"", "\"eth1\""])
            ),
            2..=3 => format!("fib daddr type {}{}", draw.negation(), draw.pick(&types)),
            4 => format!("fib saddr type {}{}", draw.negation(), draw.pick(&types)),
            5 => format!(
                "fib daddr . iif type {}{}",
                draw.negation(),
                draw.pick(&types)
            ),
            _ => format!(
                "fib saddr oifname {}\"{}\"",
                draw.negation(),
                draw.pick(&["eth0", "eth1", "lo"])
            ),
        },
        Hook::Output | Hook::Postrouting => match draw.chance.below(2) {
            0 => format!("fib daddr type {}{}", draw.negation(), draw.pick(&types)),
            _ => format!("fib saddr type {}{}", draw.negation(), draw.pick(&types)),
        },
        _ => port(draw, &place.view),
    }
}

fn hardware(draw: &mut Draw, place: &Place) -> String {
    if draw.packet.loopback || !place.hook.has_input() || place.view.answer {
        return address(draw, place);
    }
    match draw.chance.below(3) {
        0..=1 => format!(
            "ether saddr {}{}",
            draw.negation(),
            draw.pick(&[CLIENT_MAC, CLIENT_MAC, SERVER_MAC, "02:00:00:00:00:99"])
        ),
        _ => format!("ether saddr {{ {CLIENT_MAC}, 02:00:00:00:00:98 }}"),
    }
}

fn other(draw: &mut Draw, place: &Place) -> String {
    match place.hook {
        Hook::Output if draw.percent(50) => format!("meta skuid {}", draw.pick(&["0", "1000"])),
        Hook::Prerouting | Hook::Input => format!(
            "meta pkttype {}",
            draw.pick(&["host", "broadcast", "multicast"])
        ),
        _ => mark(draw),
    }
}

/// Conditions on what a SYN never is.
fn never(draw: &mut Draw, place: &Place) -> String {
    if place.view.v6 {
        draw.pick(&[
            "icmpv6 type echo-request",
            "icmpv6 type { nd-neighbor-solicit, echo-reply }",
            "udp dport 53",
            "udp sport 67",
            "ip saddr 198.51.100.7",
            "exthdr frag exists",
        ])
        .to_owned()
    } else {
        draw.pick(&[
            "icmp type echo-request",
            "icmp type { echo-reply, destination-unreachable }",
            "udp dport { 53, 123 }",
            "ip6 saddr ::1",
            "sctp dport 22",
            "ip protocol icmp",
        ])
        .to_owned()
    }
}

/// Conditions that a rule set and a SYN alone do not decide.
fn undecidable(draw: &mut Draw, place: &Place) -> String {
    let shared = [
        "limit rate 5/second",
        "limit rate over 3/minute burst 2 packets",
        "limit rate 10 bytes/second",
        "quota over 10 bytes",
        "quota 1 mbytes",
        "numgen random mod 2 0",
        "numgen inc mod 2 1",
        "meta length >= 50",
        "meta length < 50",
        "tcp window >= 100",
        "tcp doff 10",
        "tcp option maxseg size >= 500",
        "tcp sequence >= 5",
        "meta time >= \"2020-01-01 00:00:00\"",
        "meta hour \"08:00\"-\"20:00\"",
        "meta day \"Monday\"",
        "meta cpu 0",
        "meta random < 2147483648",
        "jhash ip saddr mod 2 seed 0x1 == 0",
    ];
    let word = draw.pick(&shared);
    if word.starts_with("jhash") {
        let header = if place.view.v6 { "ip6" } else { "ip" };
        return format!("jhash {header} saddr mod 2 seed 0x1 == 0");
    }
    match draw.chance.below(6) {
        0 if place.hook.tracks() => draw
            .pick(&["ct count over 1", "ct count 1", "ct count over 0"])
            .to_owned(),
        1 => (if place.view.v6 {
            "ip6 hoplimit >= 10"
        } else {
            "ip ttl >= 10"
        })
        .to_owned(),
        2 if !place.view.v6 => draw
            .pick(&[
                "ip dscp 0",
                "ip length 60",
                "ip id 0",
                "ip frag-off & 0x1fff == 0",
            ])
            .to_owned(),
        _ => word.to_owned(),
    }
}
