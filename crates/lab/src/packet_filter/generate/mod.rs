//! Random cases from a grammar. The same seed gives the same case.

use super::case::{FilterCase, FilterPacket, Load, LoadKind};
use super::chance::Chance;

/// The case of a seed.
pub(crate) fn case(seed: u64) -> FilterCase {
    let mut chance = Chance::new(seed);
    let v6 = chance.percent(40);
    let (from, to) = if v6 {
        ("2001:db8:0:1::7", "2001:db8:0:1::1")
    } else {
        ("198.51.100.7", "198.51.100.1")
    };
    let packet = FilterPacket {
        from: from.parse().unwrap_or([127, 0, 0, 1].into()),
        from_port: u16::try_from(chance.between(1024, 65_535)).unwrap_or(50_000),
        to: to.parse().unwrap_or([127, 0, 0, 1].into()),
        port: 22,
        loopback: false,
    };
    let verdict = chance.pick(&[
        "accept",
        "drop",
        "reject",
        "reject with tcp reset",
        "reject with icmpx admin-prohibited",
    ]);
    FilterCase {
        seed,
        decidable: true,
        packet,
        loads: vec![
            Load {
                kind: LoadKind::Nft,
                text: format!(
                    "table inet t {{\n chain i {{\n type filter hook input priority 0; policy accept;\n tcp dport 22 {verdict}\n }}\n}}\n"
                ),
            },
            Load {
                kind: LoadKind::IptablesNft,
                text: "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 23 -j DROP\nCOMMIT\n"
                    .into(),
            },
            Load {
                kind: LoadKind::IptablesLegacy,
                text: "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 23 -j DROP\nCOMMIT\n"
                    .into(),
            },
        ],
    }
}
