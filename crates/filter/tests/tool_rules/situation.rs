//! Reads the recorded situations.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Deserialize;
use sshdoctor_filter::Interest;
use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::evaluate::{
    Facts, HostAddress, InterfaceFacts, Question, RouteAnswer, Version, decide, packets_of,
};
use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::{ipset, nftables, xtables};

pub(crate) struct Situation {
    pub(crate) name: String,
    folder: PathBuf,
    pub(crate) expected: Expected,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Expected {
    pub(crate) host: Host,
    #[serde(default)]
    pub(crate) packet: Vec<ExpectedPacket>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Host {
    routes: Vec<String>,
    interface: Vec<Interface>,
}

#[derive(Debug, Deserialize)]
struct Interface {
    name: String,
    addresses: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExpectedPacket {
    pub(crate) from: IpAddr,
    from_port: u16,
    pub(crate) to: IpAddr,
    pub(crate) port: u16,
    interface: String,
    mac: Option<String>,
    pub(crate) outcome: String,
    pub(crate) verdict: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) needs: Option<String>,
    pub(crate) made_for: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) chain: Option<String>,
    pub(crate) handle: Option<u64>,
    pub(crate) rule: Option<String>,
}

pub(crate) fn situations() -> Vec<Situation> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule_sets");
    let mut all: Vec<Situation> = fs::read_dir(root)
        .expect("the recorded rule sets")
        .filter_map(|entry| {
            let folder = entry.expect("an entry").path();
            let text = fs::read_to_string(folder.join("expected.toml")).ok()?;
            let name = folder.file_name()?.to_string_lossy().into_owned();
            let expected = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            Some(Situation {
                name,
                folder,
                expected,
            })
        })
        .collect();
    assert!(all.len() >= 35, "{} situations", all.len());
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

impl Situation {
    /// What the readers make of its dumps, for this question.
    pub(crate) fn read(&self, question: &Question, facts: &Facts) -> RuleSet {
        let mut interest = Interest::in_packets(packets_of(question, facts));
        for _ in 0..4 {
            let rule_set = self.read_for(&interest);
            let needed = decide(&rule_set, question, facts).not_read_for;
            if needed.is_empty() {
                return rule_set;
            }
            interest = interest.and(&needed);
        }
        self.read_for(&Interest::everything())
    }

    fn read_for(&self, interest: &Interest) -> RuleSet {
        let mut rule_set = RuleSet {
            interest: interest.clone(),
            ..RuleSet::default()
        };
        let bytes = |name: &str| fs::read(self.folder.join(name)).ok();
        if let Some(text) = bytes("ipset-save") {
            ipset::read("ipset-save", &text[..], interest, &mut rule_set).expect("ipset-save");
        }
        if let Some(text) = bytes("nft.json") {
            nftables::read("nft.json", &text[..], interest, &mut rule_set).expect("nft.json");
        }
        for (name, kind) in [
            ("iptables-save", SourceKind::IptablesNft),
            ("ip6tables-save", SourceKind::Ip6tablesNft),
            ("iptables-legacy-save", SourceKind::IptablesLegacy),
            ("ip6tables-legacy-save", SourceKind::Ip6tablesLegacy),
        ] {
            if let Some(text) = bytes(name) {
                xtables::read(name, kind, &text[..], interest, &mut rule_set).expect(name);
            }
        }
        assemble(&mut rule_set);
        rule_set
    }
}

impl ExpectedPacket {
    /// A packet before it changed a set, and the dumps do not show that.
    pub(crate) fn depends_on_earlier_packets(&self) -> bool {
        self.needs
            .as_deref()
            .is_some_and(|needs| needs.starts_with("that the packet before"))
    }

    pub(crate) fn question(&self) -> Question {
        Question {
            version: Version::of(self.from),
            from: Some(IpNet::from(self.from)),
            from_port: Some(self.from_port),
            to: Some(self.to),
            port: self.port,
            interface: Some(self.interface.clone()),
            mac: self.mac.as_deref().map(|text| {
                let mut bytes = [0; 6];
                for (byte, part) in bytes.iter_mut().zip(text.split(':')) {
                    *byte = u8::from_str_radix(part, 16).expect("a byte");
                }
                bytes
            }),
        }
    }
}

impl Host {
    pub(crate) fn facts(&self, packet: &ExpectedPacket) -> Facts {
        let addresses: Vec<HostAddress> = self
            .interface
            .iter()
            .flat_map(|interface| {
                interface.addresses.iter().map(|network| HostAddress {
                    network: network.parse().expect("an address"),
                    interface: interface.name.clone(),
                })
            })
            .collect();
        let neighbours = addresses
            .iter()
            .flat_map(|own| own.network.hosts().take(130));
        let routes = [packet.from]
            .into_iter()
            .chain(neighbours)
            .map(|address| (address, self.route_to(address)))
            .collect();
        let kind = |name: &str| match name {
            "docker0" => ("bridge", true),
            "lo" => ("", false),
            _ => ("veth", false),
        };
        Facts {
            addresses: Some(addresses),
            routes,
            interfaces: self
                .interface
                .iter()
                .map(|interface| {
                    let (kind, bridge) = kind(&interface.name);
                    let facts = InterfaceFacts {
                        hardware_type: Some(if interface.name == "lo" { 772 } else { 1 }),
                        group: Some(0),
                        kind: Some(kind.to_owned()),
                        bridge: Some(bridge),
                    };
                    (interface.name.clone(), facts)
                })
                .collect(),
            listener_user: Some(0),
            listener_group: Some(0),
            ..Facts::default()
        }
    }

    /// The longest prefix of the routes as `ip route` prints them.
    fn route_to(&self, address: IpAddr) -> RouteAnswer {
        let mut best: Option<(u8, &str)> = None;
        for line in &self.routes {
            let words: Vec<&str> = line.split_whitespace().collect();
            let device = words.iter().position(|word| *word == "dev");
            let Some(device) = device.and_then(|at| words.get(at + 1)) else {
                continue;
            };
            let length = match words.first() {
                Some(&"default") if line.contains(':') == address.is_ipv6() => Some(0),
                Some(first) => first
                    .parse::<IpNet>()
                    .or_else(|_| first.parse::<IpAddr>().map(IpNet::from))
                    .ok()
                    .filter(|network| network.contains(&address))
                    .map(|network| network.prefix_len()),
                None => None,
            };
            if let Some(length) = length
                && best.is_none_or(|(longest, _)| length > longest)
            {
                best = Some((length, device));
            }
        }
        best.map_or(RouteAnswer::None, |(_, device)| {
            RouteAnswer::By(device.to_owned())
        })
    }
}
