//! Targets of iptables rules.

use super::draw::Draw;
use super::xtables::Spot;
use crate::packet_filter::ground::{SERVER_V4, SERVER_V6};

/// ` -j …` or ` -g …`; empty for a rule that only counts.
pub(super) fn target(draw: &mut Draw, spot: &Spot<'_>, tcp: bool) -> String {
    if !spot.targets.is_empty() && draw.percent(22) {
        let names: Vec<&str> = spot.targets.iter().map(String::as_str).collect();
        let word = if draw.percent(75) { "-j" } else { "-g" };
        return format!(" {word} {}", draw.pick(&names));
    }
    if draw.percent(8) {
        return format!(
            " -j {}",
            draw.pick(&[
                "LOG",
                "LOG --log-prefix \"fw drop: \"",
                "NFLOG --nflog-group 5",
                "RETURN",
                "RETURN"
            ])
        );
    }
    if draw.percent(3) {
        return String::new();
    }
    if draw.percent(4)
        && let Some(set) = spot.sets.first()
    {
        let words = set.words(draw, &spot.view);
        let exists = draw.pick(&["", " --exist"]);
        if !set.has_interface() && !set.name().starts_with("list") {
            return format!(" -j SET --add-set {words}{exists}");
        }
    }
    if draw.undecidable() {
        return format!(
            " -j {}",
            draw.pick(&[
                "NFQUEUE --queue-num 0 --queue-bypass",
                "NFQUEUE --queue-num 0"
            ])
        );
    }
    let words = match spot.table {
        "nat" => nat(draw, spot, tcp),
        "raw" => raw(draw),
        "mangle" => mangle(draw),
        "security" => draw.pick(&["ACCEPT", "ACCEPT", "DROP"]).to_owned(),
        _ => filter(draw, spot, tcp),
    };
    format!(" -j {words}")
}

fn filter(draw: &mut Draw, spot: &Spot<'_>, tcp: bool) -> String {
    let errors: &[&str] = if spot.view.v6 {
        &[
            "icmp6-no-route",
            "icmp6-adm-prohibited",
            "icmp6-addr-unreachable",
            "icmp6-port-unreachable",
            "icmp6-policy-fail",
            "icmp6-reject-route",
        ]
    } else {
        &[
            "icmp-net-unreachable",
            "icmp-host-unreachable",
            "icmp-port-unreachable",
            "icmp-proto-unreachable",
            "icmp-net-prohibited",
            "icmp-host-prohibited",
            "icmp-admin-prohibited",
        ]
    };
    match draw.chance.below(20) {
        0..=8 => "ACCEPT".to_owned(),
        9..=11 => "DROP".to_owned(),
        12 => "REJECT".to_owned(),
        13..=14 if tcp => "REJECT --reject-with tcp-reset".to_owned(),
        13..=17 => format!("REJECT --reject-with {}", draw.pick(errors)),
        18 => mark(draw),
        _ => connection_mark(draw),
    }
}

fn raw(draw: &mut Draw) -> String {
    match draw.chance.below(6) {
        0..=1 => "CT --notrack".to_owned(),
        2 => "NOTRACK".to_owned(),
        3 => "DROP".to_owned(),
        4 => mark(draw),
        _ => "ACCEPT".to_owned(),
    }
}

fn mangle(draw: &mut Draw) -> String {
    match draw.chance.below(12) {
        0..=5 => mark(draw),
        6..=7 => connection_mark(draw),
        8 => draw
            .pick(&["DSCP --set-dscp 0x10", "TOS --set-tos 0x10"])
            .to_owned(),
        9 => "DROP".to_owned(),
        _ => "ACCEPT".to_owned(),
    }
}

fn mark(draw: &mut Draw) -> String {
    let mark = draw.mark();
    let mask = draw.chance.choose(&[0xff_u32, 0x1, 0xffff_ffff, 0xf0]);
    match draw.chance.below(6) {
        0..=1 => format!("MARK --set-mark {mark:#x}"),
        2 => format!("MARK --set-xmark {mark:#x}/{mask:#x}"),
        3 => format!("MARK --set-mark {mark:#x}/{mask:#x}"),
        4 => format!("MARK --or-mark {mark:#x}"),
        _ => format!("MARK --and-mark {mask:#x}"),
    }
}

fn connection_mark(draw: &mut Draw) -> String {
    let mark = draw.mark();
    match draw.chance.below(4) {
        0 => "CONNMARK --save-mark".to_owned(),
        1 => "CONNMARK --restore-mark".to_owned(),
        2 => format!("CONNMARK --set-mark {mark:#x}"),
        _ => format!("CONNMARK --set-xmark {mark:#x}/0xff"),
    }
}

fn nat(draw: &mut Draw, spot: &Spot<'_>, tcp: bool) -> String {
    let own: &[&str] = if spot.view.v6 { &SERVER_V6 } else { &SERVER_V4 };
    let address = draw.pick(own);
    let port = draw.listening();
    match spot.chain {
        Some("PREROUTING" | "OUTPUT") => match draw.chance.below(6) {
            0..=2 if tcp => format!("REDIRECT --to-ports {port}"),
            3 => format!("DNAT --to-destination {address}"),
            4 if tcp && spot.view.v6 => format!("DNAT --to-destination [{address}]:{port}"),
            4 if tcp => format!("DNAT --to-destination {address}:{port}"),
            5 => "REDIRECT".to_owned(),
            _ => "ACCEPT".to_owned(),
        },
        Some("POSTROUTING") if draw.percent(40) => draw.pick(&["MASQUERADE", "ACCEPT"]).to_owned(),
        Some("POSTROUTING" | "INPUT") if draw.percent(40) => format!("SNAT --to-source {address}"),
        _ => "ACCEPT".to_owned(),
    }
}
