//! Rule sets in the save format of iptables and ip6tables.

use super::draw::{Draw, View};
use super::ipset::IpSet;
use super::nft::other_family;
use super::{xtables_match, xtables_target};
use crate::packet_filter::case::LoadKind;

/// Where a rule stands, and what it can name.
pub(super) struct Spot<'a> {
    pub(super) table: &'static str,
    /// The built-in chain; none in a chain that several may call.
    pub(super) chain: Option<&'static str>,
    pub(super) view: View,
    pub(super) sets: &'a [IpSet],
    /// Chains to which the rule may jump.
    pub(super) targets: &'a [String],
}

impl Spot<'_> {
    /// Packets that meet the rule came by an interface.
    pub(super) fn has_input(&self) -> bool {
        self.chain
            .is_some_and(|chain| matches!(chain, "PREROUTING" | "INPUT" | "FORWARD"))
    }

    /// Packets that meet the rule leave by an interface.
    pub(super) fn has_output(&self) -> bool {
        self.chain
            .is_some_and(|chain| matches!(chain, "OUTPUT" | "POSTROUTING" | "FORWARD"))
    }
}

/// Tables and their built-in chains.
const TABLES: [(&str, &[&str]); 5] = [
    ("raw", &["PREROUTING", "OUTPUT"]),
    (
        "mangle",
        &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    ),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("security", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// A whole rule set for this program.
pub(super) fn ruleset(draw: &mut Draw, kind: LoadKind, sets: &[IpSet]) -> String {
    let v6 = matches!(kind, LoadKind::Ip6tablesNft | LoadKind::Ip6tablesLegacy);
    let fitting: Vec<IpSet> = sets.iter().filter(|set| set.fits(v6)).cloned().collect();
    let own = draw.packet;
    if v6 != own.is_v6() {
        draw.packet = other_family(own);
    }
    let mut text = String::new();
    for (table, chains) in TABLES {
        let share = match table {
            "filter" => 90,
            "nat" => 35,
            "mangle" | "raw" => 25,
            _ => 10,
        };
        if draw.percent(share) {
            text += &one_table(draw, table, chains, &fitting);
        }
    }
    if text.is_empty() {
        text = one_table(draw, "filter", TABLES[3].1, &fitting);
    }
    draw.packet = own;
    text
}

fn one_table(
    draw: &mut Draw,
    table: &'static str,
    chains: &[&'static str],
    sets: &[IpSet],
) -> String {
    let own: Vec<String> = (0..draw.chance.below(4))
        .map(|_| {
            let prefix = draw.pick(&["f2b-ssh", "UC-", "ufw-user-"]);
            draw.name(prefix)
        })
        .collect();
    let mut text = format!("*{table}\n");
    for chain in chains {
        let share = match (table, *chain) {
            ("nat", _) => 0,
            ("filter", "INPUT") => 25,
            ("filter", "FORWARD") => 70,
            _ => 3,
        };
        let policy = if draw.percent(share) {
            "DROP"
        } else {
            "ACCEPT"
        };
        text += &format!(":{chain} {policy} [0:0]\n");
    }
    for chain in &own {
        text += &format!(":{chain} - [0:0]\n");
    }
    for chain in chains {
        let most = match *chain {
            "INPUT" | "PREROUTING" => 6,
            "FORWARD" => 1,
            _ => 3,
        };
        let out = matches!(*chain, "OUTPUT" | "POSTROUTING");
        let view = if out && (!draw.packet.loopback || draw.percent(50)) {
            View::answer(&draw.packet)
        } else {
            View::inbound(&draw.packet)
        };
        let spot = Spot {
            table,
            chain: Some(chain),
            view,
            sets,
            targets: &own,
        };
        for _ in 0..draw.chance.between(0, most) {
            text += &format!("-A {chain}{}\n", rule(draw, &spot));
        }
    }
    for (index, chain) in own.iter().enumerate() {
        let spot = Spot {
            table,
            chain: None,
            view: View::inbound(&draw.packet),
            sets,
            targets: &own[index + 1..],
        };
        for _ in 0..draw.chance.between(0, 4) {
            text += &format!("-A {chain}{}\n", rule(draw, &spot));
        }
    }
    text + "COMMIT\n"
}

fn rule(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let (mut text, tcp) = xtables_match::matches(draw, spot);
    text += &xtables_target::target(draw, spot, tcp);
    text
}
