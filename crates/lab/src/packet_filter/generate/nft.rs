//! Tables of nft: sets, maps, chains and their rules.

use super::draw::{Draw, View};
use super::nft_agree::agree;
use super::nft_base::{Base, base};
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
