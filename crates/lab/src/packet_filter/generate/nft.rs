//! Tables of nft: sets, maps, chains and their rules.

use super::draw::{Draw, View};
use super::nft_match::condition;
use super::nft_set::{self, NamedSet};
use super::nft_statement;
use crate::packet_filter::case::FilterPacket;
use crate::packet_filter::ground::{CLIENT_V4, CLIENT_V6, SERVER_V4, SERVER_V6};

/// Where a base chain can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hook {
    Ingress,
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
    Egress,
}

impl Hook {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
            Self::Egress => "egress",
        }
    }

    /// There is an interface the packet came by.
    pub(super) fn has_input(self) -> bool {
        matches!(
            self,
            Self::Ingress | Self::Prerouting | Self::Input | Self::Forward
        )
    }

    /// There is an interface the packet leaves by.
    pub(super) fn has_output(self) -> bool {
        matches!(
            self,
            Self::Forward | Self::Output | Self::Postrouting | Self::Egress
        )
    }

    /// Connection tracking has seen the packet, or will.
    pub(super) fn tracks(self) -> bool {
        !matches!(self, Self::Ingress | Self::Egress)
    }

    /// A rule may reject here.
    pub(super) fn rejects(self) -> bool {
        matches!(
            self,
            Self::Ingress | Self::Prerouting | Self::Input | Self::Forward | Self::Output
        )
    }
}

/// Where a rule stands, and what it can name.
pub(super) struct Place<'a> {
    pub(super) family: &'static str,
    pub(super) hook: Hook,
    /// The chain translates addresses.
    pub(super) translates: bool,
    pub(super) view: View,
    pub(super) sets: &'a [NamedSet],
    /// Chains to which the rule may jump.
    pub(super) targets: &'a [String],
    /// The packet may reach the rule at several hooks.
    pub(super) shared: bool,
    pub(super) allows: Allowed,
}

impl Place<'_> {
    /// A condition on one of the named sets.
    pub(super) fn named_match(&self, draw: &mut Draw) -> Option<String> {
        let fitting: Vec<&NamedSet> = self
            .sets
            .iter()
            .filter(|set| !set.is_map() && set.fits(self.hook))
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let set = draw.chance.choose(&fitting);
        Some(set.condition(draw, &self.view))
    }
}

/// What the kernel lets a rule say, given every base chain from which it can be reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    pub(super) reject: bool,
    /// `fib` with an interface.
    pub(super) routing_question: bool,
}

impl Allowed {
    fn by<'a>(bases: impl Iterator<Item = &'a Base> + Clone) -> Self {
        Self {
            reject: bases
                .clone()
                .all(|base| base.kind == "filter" && base.hook.rejects()),
            routing_question: bases
                .clone()
                .all(|base| matches!(base.hook, Hook::Prerouting | Hook::Input)),
        }
    }
}

struct Base {
    hook: Hook,
    kind: &'static str,
    line: String,
}

/// The text of one table.
pub(super) fn table(draw: &mut Draw, name: &str, family: &'static str) -> String {
    let own = draw.packet;
    if family == (if own.is_v6() { "ip" } else { "ip6" }) {
        draw.packet = other_family(own);
    }
    let text = table_for_packet(draw, name, family);
    draw.packet = own;
    text
}

/// A packet of the other family: for a table that never sees the real one.
pub(super) fn other_family(packet: FilterPacket) -> FilterPacket {
    let (from, to) = if packet.is_v6() {
        (CLIENT_V4[0], SERVER_V4[0])
    } else {
        (CLIENT_V6[0], SERVER_V6[0])
    };
    FilterPacket {
        from: from.parse().unwrap_or(packet.from),
        to: to.parse().unwrap_or(packet.to),
        ..packet
    }
}

fn table_for_packet(draw: &mut Draw, name: &str, family: &'static str) -> String {
    let inbound = View::inbound(&draw.packet);
    let regular: Vec<String> = (0..draw.chance.below(5)).map(|_| draw.name("c")).collect();
    let sets = nft_set::declare(draw, family, &inbound, &regular);
    let bases: Vec<(String, Base)> = (0..draw.chance.between(1, 5))
        .map(|_| (draw.name("b"), base(draw, family)))
        .collect();
    let mut text = format!("table {family} {name} {{\n");
    // nft 1.0.6 prints it as "flags": "d".
    if draw.percent(1) {
        text += "  flags dormant;\n";
        draw.decidable = false;
    }
    for set in &sets {
        text += &set.declaration;
    }
    // A chain jumps only to those after it, so no jump comes back.
    for (index, chain) in regular.iter().enumerate() {
        let (hook, view) = if family == "netdev" {
            (Hook::Ingress, inbound)
        } else {
            shared_place(draw)
        };
        let place = Place {
            family,
            hook,
            translates: false,
            view,
            sets: &sets,
            targets: &regular[index + 1..],
            shared: true,
            allows: Allowed::by(bases.iter().map(|(_, base)| base)),
        };
        text += &format!("  chain {chain} {{\n{}  }}\n", rules(draw, &place, 4));
    }
    for (chain, base) in &bases {
        let place = Place {
            family,
            hook: base.hook,
            translates: base.kind == "nat",
            view: view_at(draw, base.hook),
            sets: &sets,
            targets: &regular,
            shared: false,
            allows: Allowed {
                routing_question: true,
                ..Allowed::by(std::iter::once(base))
            },
        };
        text += &format!(
            "  chain {chain} {{\n    {}\n{}  }}\n",
            base.line,
            rules(draw, &place, 6)
        );
    }
    text + "}\n"
}

fn shared_place(draw: &mut Draw) -> (Hook, View) {
    if draw.percent(80) {
        (Hook::Input, View::inbound(&draw.packet))
    } else {
        (Hook::Output, View::answer(&draw.packet))
    }
}

/// What rules of a base chain at this hook mostly see. A packet to the host itself also passes out before it comes in.
fn view_at(draw: &mut Draw, hook: Hook) -> View {
    let out = matches!(hook, Hook::Output | Hook::Postrouting | Hook::Egress);
    if out && (!draw.packet.loopback || draw.percent(50)) {
        View::answer(&draw.packet)
    } else {
        View::inbound(&draw.packet)
    }
}

fn base(draw: &mut Draw, family: &'static str) -> Base {
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
            (_, Hook::Input) => 25,
            _ => 7,
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

fn rules(draw: &mut Draw, place: &Place, most: u64) -> String {
    let mut text = String::new();
    for _ in 0..draw.chance.between(0, most) {
        text += "    ";
        text += &rule(draw, place);
        text += "\n";
    }
    text
}

fn rule(draw: &mut Draw, place: &Place) -> String {
    let count = match draw.chance.below(20) {
        0..=1 => 0,
        2..=12 => 1,
        13..=17 => 2,
        _ => 3,
    };
    let mut wanted: Vec<String> = (0..count).map(|_| condition(draw, place)).collect();
    wanted.extend(nft_statement::statements(draw, place));
    let mut words: Vec<String> = Vec::new();
    for word in wanted {
        if words.iter().all(|earlier| agree(earlier, &word))
            && agree(
                if place.family == "ip" {
                    "ip saddr"
                } else if place.family == "ip6" {
                    "ip6 saddr"
                } else {
                    ""
                },
                &word,
            )
        {
            words.push(word);
        }
    }
    if words.is_empty() {
        words.push("counter".to_owned());
    }
    if draw.percent(5) {
        words.push(format!(
            "comment \"{}\"",
            draw.pick(&["drop", "it's { accept }", "a # b", "rule 1"])
        ));
    }
    words.join(" ")
}

/// nft takes both in one rule: it refuses two protocols of one layer.
fn agree(one: &str, other: &str) -> bool {
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

/// One to three tables of nft.
pub(super) fn ruleset(draw: &mut Draw, few: bool) -> String {
    let mut text = String::new();
    let mut taken: Vec<(&str, &str)> = Vec::new();
    let most = if few { 1 } else { 3 };
    for _ in 0..draw.chance.between(1, most) {
        let own = if draw.packet.is_v6() { "ip6" } else { "ip" };
        let family = match draw.chance.below(20) {
            0..=9 => "inet",
            10..=15 => own,
            16 => {
                if own == "ip" {
                    "ip6"
                } else {
                    "ip"
                }
            }
            17 => draw.chance.choose(&["arp", "bridge"]),
            _ => "netdev",
        };
        let name = if matches!(family, "ip" | "ip6") && !draw.percent(5) {
            draw.pick(&["fw", "host", "f2b-table", "nat4"])
        } else {
            draw.pick(&["filter", "firewalld", "fw", "nat", "sets"])
        };
        if taken.contains(&(family, name)) {
            continue;
        }
        taken.push((family, name));
        text += &match family {
            "arp" => format!(
                "table arp {name} {{\n  chain in {{\n    type filter hook input priority 0; policy drop;\n  }}\n}}\n"
            ),
            "bridge" => format!(
                "table bridge {name} {{\n  chain in {{\n    type filter hook input priority 0; policy drop;\n    drop\n  }}\n}}\n"
            ),
            _ => table(draw, name, family_of(family)),
        };
    }
    text
}

fn family_of(word: &str) -> &'static str {
    match word {
        "ip" => "ip",
        "ip6" => "ip6",
        "netdev" => "netdev",
        _ => "inet",
    }
}
