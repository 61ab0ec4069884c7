//! Named sets and maps of nft.

use super::draw::{Draw, View, bits, write_addresses, write_numbers};
use super::nft::Hook;

/// What the elements of a set are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Address,
    Port,
    AddressAndPort,
    Name,
    Mark,
}

/// A named set or verdict map.
#[derive(Debug, Clone)]
pub(super) struct NamedSet {
    name: String,
    kind: Kind,
    map: bool,
    /// Packets may add to it.
    dynamic: bool,
    pub(super) declaration: String,
}

impl NamedSet {
    pub(super) fn is_map(&self) -> bool {
        self.map
    }

    pub(super) fn is_dynamic(&self) -> bool {
        self.dynamic
    }

    /// Rules at this hook can ask for it.
    pub(super) fn fits(&self, hook: Hook) -> bool {
        self.kind != Kind::Name || hook.has_input()
    }

    fn key(&self, view: &View) -> String {
        let header = if view.v6 { "ip6" } else { "ip" };
        let side = if view.answer { "daddr" } else { "saddr" };
        match self.kind {
            Kind::Address => format!("{header} {side}"),
            Kind::Port => "tcp dport".to_owned(),
            Kind::AddressAndPort => format!("{header} saddr . tcp dport"),
            Kind::Name => "iifname".to_owned(),
            Kind::Mark => "meta mark".to_owned(),
        }
    }

    /// `tcp dport @ports`
    pub(super) fn condition(&self, draw: &mut Draw, view: &View) -> String {
        format!("{} {}@{}", self.key(view), draw.negation(), self.name)
    }

    /// `tcp dport vmap @verdicts`
    pub(super) fn decision(&self, view: &View) -> String {
        format!("{} vmap @{}", self.key(view), self.name)
    }

    /// `add @seen { ip saddr }`
    pub(super) fn update(&self, draw: &mut Draw, view: &View) -> String {
        let word = draw.pick(&["add", "update"]);
        format!("{word} @{} {{ {} }}", self.name, self.key(view))
    }
}

/// Sets and maps of a table.
pub(super) fn declare(
    draw: &mut Draw,
    family: &str,
    view: &View,
    chains: &[String],
) -> Vec<NamedSet> {
    if family == "netdev" && draw.percent(60) {
        return Vec::new();
    }
    (0..draw.chance.below(4))
        .map(|_| {
            let kind = draw.chance.choose(&[
                Kind::Address,
                Kind::Address,
                Kind::Port,
                Kind::AddressAndPort,
                Kind::Name,
                Kind::Mark,
            ]);
            let map = draw.percent(30);
            one(draw, view, kind, map, chains)
        })
        .collect()
}

fn one(draw: &mut Draw, view: &View, kind: Kind, map: bool, chains: &[String]) -> NamedSet {
    let name = draw.name(if map { "m" } else { "s" });
    let dynamic = !map && kind == Kind::Address && draw.percent(15);
    let intervals = !dynamic && kind != Kind::Mark && kind != Kind::Name && draw.percent(60);
    let keys = keys(draw, view, kind, intervals);
    let address = if view.v6 { "ipv6_addr" } else { "ipv4_addr" };
    let kind_words = match kind {
        Kind::Address => address.to_owned(),
        Kind::Port => "inet_service".to_owned(),
        Kind::AddressAndPort => format!("{address} . inet_service"),
        Kind::Name => "ifname".to_owned(),
        Kind::Mark => "mark".to_owned(),
    };
    let mut text = if map {
        format!("  map {name} {{\n    type {kind_words} : verdict;\n")
    } else {
        format!("  set {name} {{\n    type {kind_words};\n")
    };
    let timeout = !map && !dynamic && draw.percent(8);
    let mut flags: Vec<&str> = Vec::new();
    if intervals {
        flags.push("interval");
    }
    if dynamic {
        flags.extend(["dynamic", "timeout"]);
    } else if timeout {
        flags.push("timeout");
    }
    if !flags.is_empty() {
        text += &format!("    flags {};\n", flags.join(", "));
    }
    if dynamic {
        text += "    timeout 10m;\n";
    }
    if intervals && !map && kind != Kind::AddressAndPort && draw.percent(20) {
        text += "    auto-merge\n";
    }
    let elements: Vec<String> = keys
        .into_iter()
        .map(|key| {
            if map {
                format!("{key} : {}", verdict(draw, chains))
            } else if timeout {
                format!("{key} timeout 1h")
            } else {
                key
            }
        })
        .collect();
    if !elements.is_empty() {
        text += &format!("    elements = {{ {} }}\n", elements.join(", "));
    }
    text += "  }\n";
    NamedSet {
        name,
        kind,
        map,
        dynamic,
        declaration: text,
    }
}

/// Keys of which no two meet.
fn keys(draw: &mut Draw, view: &View, kind: Kind, intervals: bool) -> Vec<String> {
    if draw.percent(6) {
        return Vec::new();
    }
    match kind {
        Kind::Address => {
            let own = if draw.percent(80) {
                view.source
            } else {
                view.destination
            };
            let spans = draw.address_spans(own, intervals);
            spans
                .into_iter()
                .map(|span| write_addresses(span, view.v6))
                .collect()
        }
        Kind::Port => draw
            .port_spans(view.destination_port, intervals)
            .into_iter()
            .map(write_numbers)
            .collect(),
        Kind::AddressAndPort => {
            let ports = draw.port_spans(view.destination_port, intervals);
            ports
                .into_iter()
                .map(|port| {
                    let address = if intervals {
                        draw.address_span(view.source)
                    } else {
                        let one = bits(draw.address(view.source));
                        (one, one)
                    };
                    format!(
                        "{} . {}",
                        write_addresses(address, view.v6),
                        write_numbers(port)
                    )
                })
                .collect()
        }
        Kind::Name => {
            let lists: [&[&str]; 4] = [
                &["\"eth0\""],
                &["\"eth0\"", "\"lo\""],
                &["\"eth1\"", "\"wg0\""],
                &["\"lo\"", "\"docker0\"", "\"eth0\""],
            ];
            let list = draw.chance.choose(&lists);
            list.iter().map(|name| (*name).to_owned()).collect()
        }
        Kind::Mark => ["0x1, 0x2", "0x0", "0x10, 0xff, 0x3", "0x2"]
            .get(usize::try_from(draw.chance.below(4)).unwrap_or(0))
            .map(|list| list.split(", ").map(str::to_owned).collect())
            .unwrap_or_default(),
    }
}

/// A verdict that a map may hold.
pub(super) fn verdict(draw: &mut Draw, chains: &[String]) -> String {
    match draw.chance.below(10) {
        0..=3 => "accept".to_owned(),
        4 => "drop".to_owned(),
        5 => "continue".to_owned(),
        6 => "return".to_owned(),
        _ if chains.is_empty() => "accept".to_owned(),
        kind => {
            let word = if kind == 9 { "goto" } else { "jump" };
            let names: Vec<&str> = chains.iter().map(String::as_str).collect();
            format!("{word} {}", draw.pick(&names))
        }
    }
}
