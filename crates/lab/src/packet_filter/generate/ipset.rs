//! Sets of ipset, and how rules ask for them.

use super::draw::{Draw, View, bits, write_addresses, write_numbers};

/// One set.
#[derive(Debug, Clone)]
pub(super) struct IpSet {
    name: String,
    /// Number of dimensions: address, then port or interface.
    fields: &'static [Field],
    v6: bool,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Address,
    Port,
    Interface,
}

impl IpSet {
    /// It has addresses of this family, or none at all.
    pub(super) fn fits(&self, v6: bool) -> bool {
        self.fields == [Field::Port] || self.v6 == v6
    }

    /// Rules need an input interface to ask for it.
    pub(super) fn has_interface(&self) -> bool {
        self.fields.contains(&Field::Interface)
    }

    /// What follows `--match-set`.
    pub(super) fn words(&self, draw: &mut Draw, view: &View) -> String {
        let sides: Vec<&str> = self
            .fields
            .iter()
            .map(|field| match field {
                Field::Interface => "src",
                Field::Address if view.answer => draw.pick(&["dst", "dst", "src"]),
                Field::Address => draw.pick(&["src", "src", "src", "dst"]),
                Field::Port if view.answer => draw.pick(&["src", "src", "dst"]),
                Field::Port => draw.pick(&["dst", "dst", "dst", "src"]),
            })
            .collect();
        format!("{} {}", self.name, sides.join(","))
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

/// Some sets, in the words of `ipset restore`.
pub(super) fn declare(draw: &mut Draw, v6: bool) -> (Vec<IpSet>, String) {
    let view = View::inbound(&draw.packet);
    let count = draw.chance.between(1, 3);
    let sets: Vec<IpSet> = (0..count).map(|_| one(draw, &view, v6)).collect();
    let mut text: String = sets.iter().map(|set| set.text.as_str()).collect();
    if sets.len() > 1 && draw.percent(25) {
        let name = draw.name("list");
        text += &format!("create {name} list:set size 8\n");
        let addresses: Vec<&IpSet> = sets
            .iter()
            .filter(|set| set.fields == [Field::Address])
            .collect();
        for set in &addresses {
            text += &format!("add {name} {}\n", set.name);
        }
        if !addresses.is_empty() {
            let mut all = sets.clone();
            all.push(IpSet {
                name,
                fields: &[Field::Address],
                v6,
                text: String::new(),
            });
            return (all, text);
        }
    }
    (sets, text)
}

fn one(draw: &mut Draw, view: &View, v6: bool) -> IpSet {
    let name = draw.name("set");
    let family = if v6 { "inet6" } else { "inet" };
    let (kind, fields): (&str, &'static [Field]) = match draw.chance.below(8) {
        0..=1 => ("hash:ip", &[Field::Address]),
        2..=3 => ("hash:net", &[Field::Address]),
        4 => ("hash:ip,port", &[Field::Address, Field::Port]),
        5 => ("hash:net,port", &[Field::Address, Field::Port]),
        6 => ("bitmap:port", &[Field::Port]),
        _ => ("hash:net,iface", &[Field::Address, Field::Interface]),
    };
    let mut text = match kind {
        "bitmap:port" => format!("create {name} {kind} range 0-65535"),
        _ => format!("create {name} {kind} family {family} hashsize 1024 maxelem 65536"),
    };
    let timeout = draw.percent(15);
    if timeout {
        text += " timeout 600";
    }
    if draw.percent(10) {
        text += " counters";
    }
    text += "\n";
    let networks = kind.starts_with("hash:net");
    for _ in 0..draw.chance.between(0, 4) {
        let own = if draw.percent(75) {
            view.source
        } else {
            view.destination
        };
        let span = if networks {
            loop_to_prefix(draw, own)
        } else {
            let one = bits(draw.address(own));
            (one, one)
        };
        let address = write_addresses(span, v6);
        let port = if draw.percent(70) {
            draw.port(view.destination_port).to_string()
        } else {
            write_numbers(draw.port_span(view.destination_port))
        };
        let element = match (kind, fields) {
            (_, [Field::Address]) => address,
            (_, [Field::Port]) => port,
            (_, [_, Field::Port]) => {
                let protocol = draw.pick(&["tcp:", "tcp:", "tcp:", "udp:", ""]);
                format!("{address},{protocol}{port}")
            }
            _ => format!("{address},{}", draw.pick(&["eth0", "eth0", "lo", "eth1"])),
        };
        let exception = networks && draw.percent(12);
        let nomatch = if exception { " nomatch" } else { "" };
        text += &format!("add {name} {element}{nomatch}\n");
    }
    IpSet {
        name,
        fields,
        v6,
        text,
    }
}

/// A prefix that is not everything: `hash:net` refuses /0, and has no ranges in IPv6.
fn loop_to_prefix(draw: &mut Draw, own: std::net::IpAddr) -> (u128, u128) {
    for _ in 0..8 {
        let span = draw.address_span(own);
        if !write_addresses(span, own.is_ipv6()).contains('-') {
            return span;
        }
    }
    (bits(own), bits(own))
}
