//! Matches of iptables rules.

use std::collections::BTreeSet;

use super::draw::{Draw, address, bits, write_addresses};
use super::xtables::Spot;
use crate::packet_filter::ground::{CLIENT_MAC, SERVER_MAC};

/// The matches of one rule, and whether it is bound to TCP.
pub(super) fn matches(draw: &mut Draw, spot: &Spot<'_>) -> (String, bool) {
    let protocol = match draw.chance.below(20) {
        0..=11 => " -p tcp",
        12 => " ! -p udp",
        13 => draw.pick(&[
            " -p udp",
            " -p all",
            " ! -p tcp",
            if spot.view.v6 {
                " -p ipv6-icmp"
            } else {
                " -p icmp"
            },
        ]),
        _ => "",
    };
    let tcp = protocol == " -p tcp";
    let mut text = String::new();
    let mut taken = BTreeSet::new();
    for _ in 0..draw.chance.choose(&[0, 1, 1, 1, 1, 2, 2, 3]) {
        let (name, words) = one(draw, spot, tcp);
        if !words.is_empty() && taken.insert(name) {
            text += " ";
            text += &words;
        }
    }
    // The protocol comes first: matches on ports are only understood after it.
    (format!("{protocol}{text}"), tcp)
}

/// One match and a name that a rule may bear once.
fn one(draw: &mut Draw, spot: &Spot<'_>, tcp: bool) -> (&'static str, String) {
    if draw.undecidable() {
        return undecidable(draw, spot, tcp);
    }
    match draw.chance.below(100) {
        0..=21 if tcp => ("tcp", ports(draw, spot)),
        22..=29 if tcp => ("multiport", multiport(draw, spot)),
        30..=33 if tcp => ("tcp", flags(draw, spot)),
        34..=44 => ("-s", end(draw, spot, true)),
        45..=49 => ("-d", end(draw, spot, false)),
        50..=57 => interface(draw, spot),
        58..=67 => connection(draw, spot),
        68..=71 => (
            "mark",
            format!("-m mark {}--mark {}", not(draw), masked(draw)),
        ),
        72 => (
            "connmark",
            format!("-m connmark {}--mark {}", not(draw), masked(draw)),
        ),
        73..=77 => ("iprange", iprange(draw, spot)),
        78..=82 => ("addrtype", addrtype(draw, spot)),
        83..=92 => ("set", set(draw, spot)),
        93..=95 => ("mac", mac(draw, spot)),
        96..=97 => (
            "comment",
            format!(
                "-m comment --comment {}",
                draw.pick(&["ssh", "\"allow ssh -j DROP\"", "\"it's \\\"quoted\\\"\""])
            ),
        ),
        98 => ("owner", owner(draw, spot)),
        _ => ("rpfilter", rpfilter(draw, spot)),
    }
}

fn not(draw: &mut Draw) -> &'static str {
    if draw.percent(15) { "! " } else { "" }
}

fn ports(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let (side, own) = if draw.percent(75) == spot.view.answer {
        ("--sport", spot.view.source_port)
    } else {
        ("--dport", spot.view.destination_port)
    };
    let value = if draw.percent(65) {
        draw.port(own).to_string()
    } else {
        range(draw, own)
    };
    // iptables-save prints every port as no port, even where it is negated.
    let every_port = matches!(value.as_str(), ":65535" | "0:" | "0:65535");
    let negation = if every_port { "" } else { not(draw) };
    format!("-m tcp {negation}{side} {value}")
}

fn range(draw: &mut Draw, own: u16) -> String {
    let (low, high) = draw.port_span(own);
    match draw.chance.below(6) {
        0 => format!(":{high}"),
        1 => format!("{low}:"),
        _ => format!("{}:{}", low.min(high), high),
    }
}

fn multiport(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let own = if spot.view.answer {
        spot.view.source_port
    } else {
        spot.view.destination_port
    };
    let side = match (draw.chance.below(6), spot.view.answer) {
        (0, _) => "--ports",
        (1, _) => "--sports",
        (_, true) => "--sports",
        _ => "--dports",
    };
    let spans = draw.port_spans(own, true);
    let list: Vec<String> = spans
        .into_iter()
        .map(|(low, high)| {
            if low == high {
                low.to_string()
            } else {
                format!("{low}:{high}")
            }
        })
        .collect();
    format!("-m multiport {}{side} {}", not(draw), list.join(","))
}

fn flags(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let own = if spot.view.answer { "SYN,ACK" } else { "SYN" };
    match draw.chance.below(6) {
        0..=1 => format!("-m tcp {}--syn", not(draw)),
        2..=3 => format!("-m tcp {}--tcp-flags FIN,SYN,RST,ACK {own}", not(draw)),
        4 => format!(
            "-m tcp {}--tcp-flags {}",
            not(draw),
            draw.pick(&[
                "SYN,ACK SYN",
                "ALL SYN",
                "ALL NONE",
                "SYN SYN",
                "FIN,SYN FIN,SYN",
                "RST RST",
                "ACK ACK"
            ])
        ),
        _ => "-m tcp ! --tcp-flags SYN,RST,ACK SYN".to_owned(),
    }
}

fn end(draw: &mut Draw, spot: &Spot<'_>, source: bool) -> String {
    let own = if source {
        spot.view.source
    } else {
        spot.view.destination
    };
    let side = if source { "-s" } else { "-d" };
    if !spot.view.v6 && draw.percent(8) {
        let mask = draw.pick(&["255.255.255.0", "0.0.0.255", "255.0.255.0"]);
        return format!("{}{side} {}/{mask}", not(draw), draw.address(own));
    }
    let span = draw.address_span(own);
    let written = write_addresses(span, spot.view.v6);
    let value = written.split('-').next().unwrap_or(&written);
    format!("{}{side} {value}", not(draw))
}

fn interface(draw: &mut Draw, spot: &Spot<'_>) -> (&'static str, String) {
    let side = match (spot.has_input(), spot.has_output()) {
        (true, _) => "-i",
        (false, true) => "-o",
        _ if draw.percent(85) => "-i",
        _ => "-o",
    };
    let name = draw.pick(&[
        "eth0", "eth0", "lo", "eth+", "e+", "wg+", "eth1", "docker0", "eth0+", "+",
    ]);
    let not = if name == "+" { "" } else { not(draw) };
    (side, format!("{not}{side} {name}"))
}

fn connection(draw: &mut Draw, spot: &Spot<'_>) -> (&'static str, String) {
    let states = draw.pick(&[
        "NEW",
        "RELATED,ESTABLISHED",
        "ESTABLISHED",
        "INVALID",
        "UNTRACKED",
        "NEW,UNTRACKED",
        "INVALID,NEW",
        "RELATED",
        "NEW,ESTABLISHED",
    ]);
    let packet = draw.packet;
    let words = match draw.chance.below(12) {
        0..=5 => format!("-m conntrack {}--ctstate {states}", not(draw)),
        6..=7 => return ("state", format!("-m state {}--state {states}", not(draw))),
        8 => format!(
            "-m conntrack {}--ctstate {}",
            not(draw),
            draw.pick(&["DNAT", "SNAT", "NEW,DNAT"])
        ),
        9 => format!(
            "-m conntrack {}--ctorigdstport {}",
            not(draw),
            draw.port(packet.port)
        ),
        10 => format!(
            "-m conntrack --ctstatus {}",
            draw.pick(&["NONE", "SEEN_REPLY", "CONFIRMED", "ASSURED", "EXPECTED"])
        ),
        _ => {
            if draw.percent(50) {
                format!("-m conntrack --ctdir {}", draw.pick(&["ORIGINAL", "REPLY"]))
            } else {
                let own = if packet.is_v6() == spot.view.v6 {
                    packet.from
                } else {
                    spot.view.source
                };
                let written = write_addresses(draw.address_span(own), spot.view.v6);
                let value = written.split('-').next().unwrap_or(&written);
                format!("-m conntrack {}--ctorigsrc {value}", not(draw))
            }
        }
    };
    ("conntrack", words)
}

fn masked(draw: &mut Draw) -> String {
    let mark = draw.mark();
    match draw.chance.below(3) {
        0 => format!(
            "{mark:#x}/{:#x}",
            draw.chance
                .choose(&[0xff_u32, 0x1, 0xffff_ffff, 0x8000_0000])
        ),
        _ => format!("{mark:#x}"),
    }
}

fn iprange(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let source = draw.percent(70);
    let own = if source {
        spot.view.source
    } else {
        spot.view.destination
    };
    let side = if source { "--src-range" } else { "--dst-range" };
    let (low, high) = draw.address_span(own);
    format!(
        "-m iprange {}{side} {}-{}",
        not(draw),
        address(low, spot.view.v6),
        address(high, spot.view.v6)
    )
}

fn addrtype(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let types: &[&str] = if spot.view.v6 {
        &["LOCAL", "LOCAL", "UNICAST", "MULTICAST", "LOCAL,UNICAST"]
    } else {
        &[
            "LOCAL",
            "LOCAL",
            "UNICAST",
            "BROADCAST",
            "MULTICAST",
            "LOCAL,UNICAST",
            "BLACKHOLE",
            "ANYCAST",
        ]
    };
    let side = draw.pick(&["--dst-type", "--dst-type", "--src-type"]);
    let limit = match draw.percent(15) {
        true if spot.chain.is_some() && spot.has_input() => " --limit-iface-in",
        true if spot.chain.is_some() && spot.has_output() => " --limit-iface-out",
        _ => "",
    };
    format!(
        "-m addrtype {}{side} {}{limit}",
        not(draw),
        draw.pick(types)
    )
}

fn set(draw: &mut Draw, spot: &Spot<'_>) -> String {
    let fitting: Vec<_> = spot
        .sets
        .iter()
        .filter(|set| !set.has_interface() || spot.has_input())
        .collect();
    if fitting.is_empty() {
        return String::new();
    }
    let set = draw.chance.choose(&fitting);
    let not = not(draw);
    let words = set.words(draw, &spot.view);
    format!("-m set {not}--match-set {words}")
}

fn mac(draw: &mut Draw, spot: &Spot<'_>) -> String {
    if !spot.has_input() || draw.packet.loopback {
        return String::new();
    }
    format!(
        "-m mac {}--mac-source {}",
        not(draw),
        draw.pick(&[CLIENT_MAC, CLIENT_MAC, SERVER_MAC, "02:00:00:00:00:99"])
    )
}

fn owner(draw: &mut Draw, spot: &Spot<'_>) -> String {
    if !matches!(spot.chain, Some("OUTPUT" | "POSTROUTING")) {
        return String::new();
    }
    format!(
        "-m owner {}{}",
        not(draw),
        draw.pick(&[
            "--uid-owner 0",
            "--uid-owner 1000-2000",
            "--gid-owner 0",
            "--socket-exists"
        ])
    )
}

fn rpfilter(draw: &mut Draw, spot: &Spot<'_>) -> String {
    if spot.chain != Some("PREROUTING") || !matches!(spot.table, "raw" | "mangle") {
        return String::new();
    }
    format!(
        "-m rpfilter{}",
        draw.pick(&[
            "",
            " --invert",
            " --loose",
            " --loose --invert",
            " --validmark"
        ])
    )
}

/// Matches that a rule set and a SYN alone do not decide.
fn undecidable(draw: &mut Draw, spot: &Spot<'_>, tcp: bool) -> (&'static str, String) {
    let (own, width) = (bits(spot.view.source), if spot.view.v6 { 128 } else { 32 });
    let words = [
        ("limit", "-m limit --limit 3/min --limit-burst 1".to_owned()),
        ("hashlimit", "-m hashlimit --hashlimit-upto 5/min --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name hl".to_owned()),
        ("hashlimit", "-m hashlimit --hashlimit-above 1/hour --hashlimit-burst 1 --hashlimit-mode srcip,dstport --hashlimit-name ha".to_owned()),
        ("connlimit", format!("-m connlimit --connlimit-above {} --connlimit-mask {width}", draw.chance.below(3))),
        ("connlimit", format!("-m connlimit --connlimit-upto {} --connlimit-mask {width}", draw.chance.below(3))),
        ("recent", "-m recent --name SSH --rcheck --seconds 60".to_owned()),
        ("recent", "-m recent --name SSH --set".to_owned()),
        ("recent", "-m recent --name SSH --update --seconds 60 --hitcount 4".to_owned()),
        ("recent", "-m recent ! --rcheck --name SSH".to_owned()),
        ("quota", format!("-m quota --quota {}", draw.chance.choose(&[10, 100_000]))),
        ("statistic", "-m statistic --mode random --probability 0.5".to_owned()),
        ("statistic", "-m statistic --mode nth --every 2 --packet 0".to_owned()),
        ("time", "-m time --timestart 08:00 --timestop 20:00".to_owned()),
        ("time", "-m time --weekdays Mon,Tue".to_owned()),
        ("string", "-m string --algo bm --string SSH-2.0".to_owned()),
        ("length", "-m length --length 40:80".to_owned()),
        ("physdev", "-m physdev --physdev-in eth0".to_owned()),
        ("policy", "-m policy --dir in --pol none".to_owned()),
        ("policy", "-m policy --dir in --pol ipsec".to_owned()),
        ("u32", "-m u32 --u32 0&0xffff=0:100".to_owned()),
        ("bpf", "-m bpf --bytecode \"1,6 0 0 1\"".to_owned()),
        ("pkttype", "-m pkttype --pkt-type unicast".to_owned()),
        ("ttl", if spot.view.v6 { "-m hl --hl-gt 10" } else { "-m ttl --ttl-gt 10" }.to_owned()),
        ("dscp", "-m dscp --dscp 0".to_owned()),
        ("cpu", "-m cpu --cpu 0".to_owned()),
        ("socket", "-m socket".to_owned()),
        ("connbytes", "-m connbytes --connbytes 0: --connbytes-dir both --connbytes-mode bytes".to_owned()),
        ("helper", "-m helper --helper ftp".to_owned()),
        ("tcp", if tcp { "-m tcp --tcp-option 2" } else { "" }.to_owned()),
        ("tcpmss", if tcp { "-m tcpmss --mss 500:2000" } else { "" }.to_owned()),
    ];
    let place = usize::try_from(draw.chance.below(words.len() as u64)).unwrap_or(0);
    let (name, words) = words[place].clone();
    let misplaced = (name == "socket" && !matches!(spot.chain, Some("PREROUTING" | "INPUT")))
        || (name == "policy" && !spot.has_input())
        || (name == "physdev" && !spot.has_input())
        || own == 0;
    (name, if misplaced { String::new() } else { words })
}
