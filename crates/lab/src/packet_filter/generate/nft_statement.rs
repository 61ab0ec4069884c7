//! What nft rules do.

use super::draw::{Draw, write_addresses, write_numbers};
use super::nft::{Hook, Place};
use super::nft_set::verdict;
use crate::packet_filter::ground::{SERVER_V4, SERVER_V6};

/// The statements of one rule after its conditions.
pub(super) fn statements(draw: &mut Draw, place: &Place) -> Vec<String> {
    let mut words = Vec::new();
    if draw.percent(15) {
        words.push(
            draw.pick(&[
                "counter",
                "log prefix \"fw: \"",
                "counter packets 5 bytes 300",
                "log level info",
            ])
            .to_owned(),
        );
    }
    if draw.percent(4)
        && let Some(set) = place.sets.iter().find(|set| set.is_dynamic())
    {
        words.push(set.update(draw, &place.view));
    }
    if place.translates && draw.percent(55) {
        words.push(translation(draw, place));
        return words;
    }
    match draw.chance.below(100) {
        0..=31 => words.push("accept".to_owned()),
        32..=37 => words.push("drop".to_owned()),
        38..=53 => words.push(reject(draw, place)),
        54..=64 => words.push(jump(draw, place)),
        65..=69 => words.push("return".to_owned()),
        70..=71 => words.push("continue".to_owned()),
        72..=81 => words.push(map(draw, place)),
        82..=92 => words.push(mark(draw, place)),
        93..=95
            if !place.shared
                && !place.translates
                && matches!(place.hook, Hook::Prerouting | Hook::Output) =>
        {
            words.push("notrack".to_owned());
        }
        96 if draw.undecidable() => words.push(hand_over(draw, place)),
        97 => words.push("meta priority set 1:2".to_owned()),
        _ => {}
    }
    words
}

fn reject(draw: &mut Draw, place: &Place) -> String {
    if !place.allows.reject {
        return draw.pick(&["accept", "counter", "drop"]).to_owned();
    }
    let v4 = [
        "icmp net-unreachable",
        "icmp host-unreachable",
        "icmp prot-unreachable",
        "icmp port-unreachable",
        "icmp net-prohibited",
        "icmp host-prohibited",
        "icmp admin-prohibited",
    ];
    let v6 = [
        "icmpv6 no-route",
        "icmpv6 admin-prohibited",
        "icmpv6 addr-unreachable",
        "icmpv6 port-unreachable",
        "icmpv6 policy-fail",
        "icmpv6 reject-route",
    ];
    let either = [
        "icmpx port-unreachable",
        "icmpx admin-prohibited",
        "icmpx no-route",
        "icmpx host-unreachable",
    ];
    let with = match draw.chance.below(10) {
        0..=1 => return "reject".to_owned(),
        2..=4 => {
            // nft does not print whether a rule with it is for one family only.
            draw.decidable &= matches!(place.family, "ip" | "ip6");
            "tcp reset"
        }
        5..=6 if matches!(place.family, "inet" | "netdev") => draw.pick(&either),
        _ if place.family == "ip6" || (place.family != "ip" && place.view.v6) => draw.pick(&v6),
        _ => draw.pick(&v4),
    };
    format!("reject with {with}")
}

fn jump(draw: &mut Draw, place: &Place) -> String {
    if place.targets.is_empty() {
        return "accept".to_owned();
    }
    let names: Vec<&str> = place.targets.iter().map(String::as_str).collect();
    let word = if draw.percent(70) { "jump" } else { "goto" };
    format!("{word} {}", draw.pick(&names))
}

/// A decision by a verdict map.
fn map(draw: &mut Draw, place: &Place) -> String {
    let view = place.view;
    let named: Vec<_> = place
        .sets
        .iter()
        .filter(|set| set.is_map() && set.fits(place.hook))
        .collect();
    if !named.is_empty() && !place.shared && draw.percent(50) {
        return draw.chance.choose(&named).decision(&view);
    }
    let header = if view.v6 { "ip6" } else { "ip" };
    let entries = |draw: &mut Draw, keys: Vec<String>| {
        let entries: Vec<String> = keys
            .into_iter()
            .map(|key| format!("{key} : {}", verdict(draw, place.targets)))
            .collect();
        entries.join(", ")
    };
    match draw.chance.below(6) {
        0..=1 => {
            let (side, own) = if view.answer {
                ("sport", view.source_port)
            } else {
                ("dport", view.destination_port)
            };
            let intervals = draw.percent(50);
            let keys = draw
                .port_spans(own, intervals)
                .into_iter()
                .map(write_numbers)
                .collect();
            format!("tcp {side} vmap {{ {} }}", entries(draw, keys))
        }
        2 => {
            let (side, own) = if view.answer {
                ("daddr", view.destination)
            } else {
                ("saddr", view.source)
            };
            let intervals = draw.percent(50);
            let spans = draw.address_spans(own, intervals);
            let keys = spans
                .into_iter()
                .map(|span| write_addresses(span, view.v6))
                .collect();
            format!("{header} {side} vmap {{ {} }}", entries(draw, keys))
        }
        3 if place.hook.tracks() => {
            let keys = draw.pick(&[
                "established|related|invalid",
                "new|invalid",
                "new|established",
                "invalid|untracked|new",
            ]);
            let keys = keys.split('|').map(str::to_owned).collect();
            format!("ct state vmap {{ {} }}", entries(draw, keys))
        }
        4 if place.hook.has_input() => {
            let keys = draw.pick(&[
                "\"eth0\"|\"lo\"",
                "\"lo\"|\"wg0\"",
                "\"eth*\"|\"lo\"",
                "\"eth1\"|\"eth0\"",
            ]);
            let keys = keys.split('|').map(str::to_owned).collect();
            format!("iifname vmap {{ {} }}", entries(draw, keys))
        }
        _ => {
            let keys = draw.pick(&["tcp|udp", "tcp", "udp|icmp"]);
            let keys = keys.split('|').map(str::to_owned).collect();
            format!("meta l4proto vmap {{ {} }}", entries(draw, keys))
        }
    }
}

fn mark(draw: &mut Draw, place: &Place) -> String {
    let mark = draw.mark();
    let other = draw.mark();
    if !place.hook.tracks() {
        return format!("meta mark set {mark:#x}");
    }
    let port = place.view.destination_port;
    match draw.chance.below(9) {
        0..=2 => format!("meta mark set {mark:#x}"),
        3 => format!("meta mark set meta mark | {mark:#x}"),
        4 => format!("meta mark set meta mark & {mark:#x}"),
        5 => format!(
            "meta mark set tcp dport map {{ {port} : {mark:#x}, {} : {other:#x} }}",
            port.wrapping_add(1).max(1)
        ),
        6 => format!("ct mark set {mark:#x}"),
        7 => "ct mark set meta mark".to_owned(),
        _ => "meta mark set ct mark".to_owned(),
    }
}

/// Addresses of this host to which a packet may be led.
fn local_address(draw: &mut Draw, v6: bool) -> String {
    let own: &[&str] = if v6 { &SERVER_V6 } else { &SERVER_V4 };
    draw.pick(own).to_owned()
}

fn translation(draw: &mut Draw, place: &Place) -> String {
    let v6 = place.family == "ip6" || (place.family != "ip" && place.view.v6);
    let own_family = if v6 { "ip6" } else { "ip" };
    let family = if place.family == "inet" {
        format!(" {own_family}")
    } else {
        String::new()
    };
    let port = draw.listening();
    let address = local_address(draw, v6);
    let with_port = if v6 {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    };
    if !matches!(place.hook, Hook::Prerouting | Hook::Output) {
        let change = match (place.hook, draw.chance.below(3)) {
            (Hook::Postrouting, 0) => "masquerade".to_owned(),
            (_, 1) => format!("snat{family} to {address}"),
            _ => return "accept".to_owned(),
        };
        return change;
    }
    match draw.chance.below(8) {
        0..=2 => format!("meta l4proto tcp redirect to :{port}"),
        3 => "redirect".to_owned(),
        4 => {
            let own = place.view.destination_port;
            let other = if own == 2222 { 22 } else { 2222 };
            format!(
                "meta l4proto tcp redirect to :tcp dport map {{ {own} : {port}, {other} : 22 }}"
            )
        }
        5 => format!("dnat{family} to {address}"),
        _ => format!("meta l4proto tcp dnat{family} to {with_port}"),
    }
}

/// What leaves the decision to somebody else.
fn hand_over(draw: &mut Draw, place: &Place) -> String {
    match place.hook {
        Hook::Ingress | Hook::Egress => "drop".to_owned(),
        _ => draw
            .pick(&[
                "queue num 0 bypass",
                "queue num 0",
                "synproxy mss 1460 wscale 7",
            ])
            .to_owned(),
    }
}
