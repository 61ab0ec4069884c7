//! Conditions of nft rules on headers of the packet.

use super::draw::{Draw, View, write_addresses, write_numbers};
use super::nft::Place;

/// Without `>` and `<=`: nft 1.0.6 prints neighbours such as `sport >= 1 dport <= 9` as one range of the second.
const COMPARISONS: [&str; 2] = ["<", ">="];

/// A port.
pub(super) fn port(draw: &mut Draw, view: &View) -> String {
    let (side, own) = if draw.percent(75) == view.answer {
        ("sport", view.source_port)
    } else {
        ("dport", view.destination_port)
    };
    let header = draw.pick(&[
        "tcp", "tcp", "tcp", "tcp", "tcp", "tcp", "tcp", "tcp", "tcp", "th", "udp",
    ]);
    // Without a transport protocol before it, `th` would also be compared in ICMP errors: what it finds there is told by no rule.
    let header = if header == "th" {
        "meta l4proto tcp th"
    } else {
        header
    };
    let what = format!("{header} {side}");
    match draw.chance.below(10) {
        0..=3 => format!("{what} {}{}", draw.negation(), draw.port(own)),
        4 => {
            let span = draw.port_span(own);
            format!("{what} {}{}", draw.negation(), write_numbers(span))
        }
        5 => {
            let comparison = draw.pick(&COMPARISONS);
            format!("{what} {comparison} {}", draw.port(own).clamp(2, 65_533))
        }
        6 => {
            let mask = draw.chance.choose(&[0x1_u32, 0x2, 0xff, 0xfff0, 0x8000]);
            let value = u32::from(draw.port(own)) & mask;
            format!("{what} & {mask} {}{value}", draw.pick(&["== ", "!= "]))
        }
        _ => {
            let intervals = draw.percent(60);
            let spans = draw.port_spans(own, intervals);
            let elements: Vec<String> = spans.into_iter().map(write_numbers).collect();
            format!("{what} {}{{ {} }}", draw.negation(), elements.join(", "))
        }
    }
}

/// An address.
pub(super) fn address(draw: &mut Draw, place: &Place) -> String {
    let view = place.view;
    let (side, own) = if draw.percent(75) == view.answer {
        ("daddr", view.destination)
    } else {
        ("saddr", view.source)
    };
    let header = if view.v6 { "ip6" } else { "ip" };
    let what = format!("{header} {side}");
    match draw.chance.below(10) {
        0..=5 => {
            let span = draw.address_span(own);
            format!(
                "{what} {}{}",
                draw.negation(),
                write_addresses(span, view.v6)
            )
        }
        6 if !view.v6 => {
            let mask = draw.pick(&["255.255.255.0", "0.0.0.255", "255.0.255.0", "0.0.0.1"]);
            format!(
                "{what} & {mask} {}{}",
                draw.pick(&["== ", "!= "]),
                mask_address(draw, own, mask)
            )
        }
        7 => {
            let comparison = draw.pick(&COMPARISONS);
            let edge = draw.address(own);
            format!("{what} {comparison} {edge}")
        }
        _ => {
            let intervals = draw.percent(60);
            let spans = draw.address_spans(own, intervals);
            let elements: Vec<String> = spans
                .into_iter()
                .map(|span| write_addresses(span, view.v6))
                .collect();
            format!("{what} {}{{ {} }}", draw.negation(), elements.join(", "))
        }
    }
}

fn mask_address(draw: &mut Draw, own: std::net::IpAddr, mask: &str) -> String {
    let mask: std::net::IpAddr = mask.parse().unwrap_or(own);
    let value = super::draw::bits(draw.address(own)) & super::draw::bits(mask);
    super::draw::address(value, false).to_string()
}

/// A match on several fields at once.
pub(super) fn concatenation(draw: &mut Draw, place: &Place) -> String {
    let view = place.view;
    let header = if view.v6 { "ip6" } else { "ip" };
    let count = draw.chance.between(1, 4);
    let kind = draw.chance.below(4);
    let intervals = draw.percent(40);
    let elements: Vec<String> = (0..count)
        .map(|number| {
            let addresses = |draw: &mut Draw, own| {
                let span = if intervals {
                    draw.address_span(own)
                } else {
                    let one = super::draw::bits(draw.address(own));
                    (one, one)
                };
                write_addresses(span, view.v6)
            };
            let source = addresses(draw, view.source);
            let destination = addresses(draw, view.destination);
            // Elements that meet are refused: the ports of no two of them do.
            let port = if number == 0 {
                draw.port(view.destination_port).to_string()
            } else {
                (20_000 + number * 7).to_string()
            };
            match kind {
                0 => format!("{source} . {port}"),
                1 => format!("{source} . {destination} . {port}"),
                2 => format!("{} . {port}", draw.pick(&["tcp", "tcp", "udp"])),
                _ => {
                    let name = draw.pick(&["eth0", "eth0", "lo", "eth1"]);
                    format!("\"{name}\" . {source} . {port}")
                }
            }
        })
        .collect();
    let fields = match kind {
        0 => format!("{header} saddr . tcp dport"),
        1 => format!("{header} saddr . {header} daddr . tcp dport"),
        2 => "meta l4proto . th dport".to_owned(),
        _ => {
            let name = if view.answer { "oifname" } else { "iifname" };
            format!("{name} . {header} saddr . tcp dport")
        }
    };
    if kind == 2 && !intervals && draw.percent(30) {
        return format!(
            "{header} saddr . {header} daddr {}{{ {} . {} }}",
            draw.negation(),
            view.source,
            view.destination
        );
    }
    format!("{fields} {}{{ {} }}", draw.negation(), elements.join(", "))
}

/// TCP flags.
pub(super) fn flags(draw: &mut Draw, view: &View) -> String {
    let (own, other) = if view.answer {
        ("syn,ack", "syn")
    } else {
        ("syn", "syn,ack")
    };
    let word = if draw.percent(70) { own } else { other };
    let bars = word.replace(',', " | ");
    match draw.chance.below(9) {
        0 => format!("tcp flags {word}"),
        1 => format!("tcp flags == {bars}"),
        2 => format!("tcp flags != {word}"),
        3 => format!("tcp flags & (fin | syn | rst | ack) == {bars}"),
        4 => format!("tcp flags & (fin | syn | rst | ack) != {bars}"),
        5 => format!(
            "tcp flags & {} {} 0",
            draw.pick(&["syn", "ack", "(syn | ack)", "rst"]),
            draw.pick(&["==", "!="])
        ),
        6 => format!(
            "tcp flags {{ {} }}",
            draw.pick(&["syn, ack", "syn, syn | ack", "ack, fin", "syn | ack"])
        ),
        7 => format!(
            "tcp flags {word} / {}",
            draw.pick(&["fin,syn,rst,ack", "syn,ack", "fin,syn"])
        ),
        _ => format!(
            "tcp flags != {word} / {}",
            draw.pick(&["fin,syn,rst,ack", "syn,ack"])
        ),
    }
}

/// The protocol of some layer.
pub(super) fn protocol(draw: &mut Draw, place: &Place) -> String {
    let v6 = place.view.v6;
    match draw.chance.below(7) {
        0..=1 => format!(
            "meta l4proto {}{}",
            draw.negation(),
            draw.pick(&["tcp", "udp", "{ tcp, udp }", "{ udp, sctp }", "6"])
        ),
        2 if place.family == "inet" => format!(
            "meta nfproto {}{}",
            draw.negation(),
            draw.pick(&["ipv4", "ipv6"])
        ),
        3 => format!(
            "meta protocol {}{}",
            draw.negation(),
            draw.pick(&["ip", "ip6", "{ ip, ip6 }"])
        ),
        4 if v6 => format!(
            "ip6 nexthdr {}{}",
            draw.negation(),
            draw.pick(&["tcp", "udp", "{ tcp, udp }"])
        ),
        5 if v6 => "ip6 version 6".to_owned(),
        4 => format!(
            "ip protocol {}{}",
            draw.negation(),
            draw.pick(&["tcp", "udp", "{ tcp, udp }"])
        ),
        5 => format!(
            "ip {}",
            draw.pick(&["version 4", "hdrlength 5", "hdrlength > 5"])
        ),
        _ => "meta l4proto tcp".to_owned(),
    }
}
