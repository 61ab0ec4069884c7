//! Base chains of nft: where they are, when they run, and how they end.

use super::draw::Draw;
use super::nft::Hook;

/// What makes a chain a base chain.
pub(super) struct Base {
    pub(super) hook: Hook,
    pub(super) kind: &'static str,
    pub(super) line: String,
}

/// One that this family allows.
pub(super) fn base(draw: &mut Draw, family: &'static str) -> Base {
    let device = draw.packet.interface();
    let device = if draw.percent(90) { device } else { "eth1" };
    if family == "netdev" || (family == "inet" && draw.percent(5)) {
        let hook = if family == "netdev" && draw.percent(15) {
            Hook::Egress
        } else {
            Hook::Ingress
        };
        let priority = draw.chance.choose(&[-500_i32, -10, 0, 0, 5, 100]);
        let policy = policy(draw, 6);
        let line = format!(
            "type filter hook {} device {device} priority {priority}; policy {policy};",
            hook.word()
        );
        return Base {
            hook,
            kind: "filter",
            line,
        };
    }
    let hook = match draw.chance.below(20) {
        0..=8 => Hook::Input,
        9..=13 => Hook::Prerouting,
        14..=16 => Hook::Output,
        17..=18 => Hook::Postrouting,
        _ => Hook::Forward,
    };
    let nat = hook != Hook::Forward && draw.percent(if hook == Hook::Prerouting { 40 } else { 10 });
    let route = hook == Hook::Output && !nat && draw.percent(10);
    let kind = match (nat, route) {
        (true, _) => "nat",
        (_, true) => "route",
        _ => "filter",
    };
    let policy = policy(
        draw,
        match (nat, hook) {
            (true, _) => 2,
            (_, Hook::Input) => 14,
            _ => 4,
        },
    );
    let line = format!(
        "type {kind} hook {} priority {}; policy {policy};",
        hook.word(),
        priority(draw, hook, nat)
    );
    Base { hook, kind, line }
}

fn policy(draw: &mut Draw, drops: u64) -> &'static str {
    if draw.percent(drops) {
        "drop"
    } else {
        "accept"
    }
}

fn priority(draw: &mut Draw, hook: Hook, nat: bool) -> String {
    if nat {
        let name = match hook {
            Hook::Prerouting => "dstnat",
            Hook::Postrouting => "srcnat",
            _ => "0",
        };
        let numbers = ["-150", "-100", "0", "10", "100", "-199"];
        return if draw.percent(60) {
            name
        } else {
            draw.pick(&numbers)
        }
        .to_owned();
    }
    match draw.chance.below(10) {
        0..=4 => "filter".to_owned(),
        5 => format!(
            "filter {} {}",
            draw.pick(&["+", "-"]),
            draw.pick(&["1", "5", "10"])
        ),
        6 => draw.pick(&["mangle", "raw", "security"]).to_owned(),
        7 if hook == Hook::Prerouting => draw
            .pick(&["dstnat + 5", "dstnat - 10", "raw - 5"])
            .to_owned(),
        _ => draw
            .pick(&[
                "-300", "-201", "-200", "-199", "-150", "-100", "-1", "0", "1", "10", "50", "100",
                "-450",
            ])
            .to_owned(),
    }
}
