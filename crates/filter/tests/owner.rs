//! Owners and settings of the rules that decided real packets, in the rule sets that the tools themselves wrote.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use serde::Deserialize;
use sshdoctor_filter::Interest;
use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::evaluate::{Decider, Facts, Question, Version, packets_of};
use sshdoctor_filter::model::{
    ChainReference, Family, Hook, Origin, RuleReference, RuleSet, SourceKind,
};
use sshdoctor_filter::owner::{Owner, owner_of};

#[derive(Deserialize)]
struct Expected {
    packet: Vec<Packet>,
}

#[derive(Deserialize)]
struct Packet {
    from: std::net::IpAddr,
    from_port: Option<u16>,
    to: std::net::IpAddr,
    port: u16,
    interface: Option<String>,
    hook: Option<String>,
    source: Option<String>,
    family: Option<String>,
    table: Option<String>,
    chain: Option<String>,
    handle: Option<u64>,
    rule: Option<String>,
    owner: Option<String>,
    setting: Option<String>,
    made_for: Option<String>,
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule_sets");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.toml").exists())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn read(folder: &Path, interest: &Interest) -> RuleSet {
    let mut rule_set = RuleSet::default();
    if let Ok(text) = fs::read(folder.join("ipset-save")) {
        sshdoctor_filter::ipset::read("ipset-save", &*text, interest, &mut rule_set).unwrap();
    }
    if let Ok(text) = fs::read(folder.join("nft.json")) {
        sshdoctor_filter::nftables::read("nft.json", &*text, interest, &mut rule_set).unwrap();
    }
    for (name, kind) in [
        ("iptables-save", SourceKind::IptablesNft),
        ("ip6tables-save", SourceKind::Ip6tablesNft),
        ("iptables-legacy-save", SourceKind::IptablesLegacy),
        ("ip6tables-legacy-save", SourceKind::Ip6tablesLegacy),
    ] {
        if let Ok(text) = fs::read(folder.join(name)) {
            sshdoctor_filter::xtables::read(name, kind, &*text, interest, &mut rule_set).unwrap();
        }
    }
    assemble(&mut rule_set);
    rule_set
}

fn question(packet: &Packet) -> Question {
    Question {
        version: Version::of(packet.from),
        from: Some(IpNet::from(packet.from)),
        from_port: packet.from_port,
        to: Some(packet.to),
        port: packet.port,
        interface: packet.interface.clone(),
        mac: None,
    }
}

/// The rule or policy that the kernel named.
fn decider(rule_set: &RuleSet, packet: &Packet) -> Option<Decider> {
    let source = packet.source.as_deref()?;
    let is_legacy = source.ends_with("-legacy");
    let family = match packet.family.as_deref() {
        Some(word) => Family::from_word(word).unwrap(),
        None if source.starts_with("ip6") => Family::Ip6,
        None => Family::Ip,
    };
    let hook = Hook::from_word(packet.hook.as_deref().unwrap_or("input")).unwrap();
    let table = rule_set.tables.iter().position(|table| {
        (table.origin == Origin::IptablesLegacy) == is_legacy
            && table.family == family
            && Some(&*table.name) == packet.table.as_deref()
    })?;
    let chains = &rule_set.tables[table].chains;
    let chain = chains
        .iter()
        .position(|chain| Some(&*chain.name) == packet.chain.as_deref())?;
    let place = ChainReference {
        table: u32::try_from(table).unwrap(),
        chain: u32::try_from(chain).unwrap(),
    };
    let wanted = packet.rule.as_deref()?;
    if wanted.starts_with("policy ") {
        return Some(Decider::Policy { chain: place, hook });
    }
    // A table may be read from nft's listing although iptables wrote it: then handles tell, and otherwise the text does.
    let rule = chains[chain]
        .rules
        .iter()
        .position(|rule| match rule.place.handle {
            Some(handle) => Some(handle) == packet.handle,
            None => rule.text.trim_end().ends_with(wanted),
        })?;
    Some(Decider::Rule {
        rule: RuleReference {
            chain: place,
            rule: u32::try_from(rule).unwrap(),
        },
        hook,
    })
}

/// A setting without what no rule of the kernel tells: how a rich rule names a port, its log and priority, and without what ours adds.
fn comparable(setting: &str) -> String {
    let mut text = setting
        .replace("service name=\"ssh\"", "port port=\"22\" protocol=\"tcp\"")
        .replace(" reject type=\"icmp-port-unreachable\"", " reject")
        .replace(" reject type=\"icmp6-port-unreachable\"", " reject")
        .replace("to any app ", "")
        .replace("/etc/ufw/", "");
    for part in [" log prefix=\"", " level=\"", " priority=\""] {
        while let Some(start) = text.find(part) {
            let value = start + part.len();
            let end = value + text[value..].find('"').unwrap() + 1;
            text.replace_range(start..end, "");
        }
    }
    if let Some(rich) = text.find("rich rule: ") {
        return text.split_off(rich);
    }
    match text.rfind(" (") {
        Some(end) if text.starts_with("zone ") => text[..end].to_owned(),
        _ => text,
    }
}

fn agrees(expected: &str, setting: &str) -> bool {
    let (wanted, found) = (comparable(expected), comparable(setting));
    wanted == found
        // A ban in csf.deny and a temporary one are the same rule; so are allowances.
        || found.contains(&wanted)
        // The set that binds a zone is said behind its target.
        || expected.split_once(", source ").is_some_and(|(zone, binding)| {
            setting.starts_with(zone) && setting.contains(binding)
        })
        // sshguard's own word for all that it blocks.
        || expected == "blacklist" && setting.starts_with("attacker ")
}

/// Every packet of every situation whose deciding rule is known, with its owner.
fn each(mut check: impl FnMut(&str, &Packet, Owner)) {
    for folder in folders() {
        let rule_set = read(&folder, &Interest::everything());
        let text = fs::read_to_string(folder.join("expected.toml")).unwrap();
        let expected: Expected = toml::from_str(&text).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        for packet in &expected.packet {
            if packet.source.is_none() {
                continue;
            }
            let decider = decider(&rule_set, packet)
                .unwrap_or_else(|| panic!("{name}: {:?} is not in the model", packet.rule));
            check(
                name,
                packet,
                owner_of(&rule_set, decider, &question(packet)),
            );
        }
    }
}

#[test]
fn the_tool_is_the_one_that_wrote_the_rule() {
    let mut checked = 0;
    each(|name, packet, owner| {
        let Some(expected) = packet.owner.as_deref() else {
            return;
        };
        // With nftables behind it a direct rule of firewalld is an iptables rule like any other.
        if name == "firewalld-direct" && owner.tool.id == "hand-written" {
            assert!(owner.evidence.contains("--direct"), "{owner:?}");
            return;
        }
        let for_whom = packet.made_for.as_deref().unwrap_or_default();
        assert!(
            owner.tool.id == expected || for_whom.starts_with(owner.tool.id),
            "{name}: {:?} is {expected}'s, not {owner:?}",
            packet.rule
        );
        checked += 1;
    });
    assert!(checked > 200, "only {checked}");
}

#[test]
fn the_setting_is_the_one_that_made_the_rule() {
    let mut checked = 0;
    each(|name, packet, owner| {
        let Some(expected) = packet.setting.as_deref() else {
            return;
        };
        if owner.tool.id == "hand-written" || packet.owner.as_deref() != Some(owner.tool.id) {
            return;
        }
        let setting = owner
            .setting
            .as_deref()
            .unwrap_or_else(|| panic!("{name}: no setting for {:?}", packet.rule));
        assert!(
            agrees(expected, setting),
            "{name}: {:?} is made by\n{expected:?}, not\n{setting:?}",
            packet.rule
        );
        checked += 1;
    });
    assert!(checked > 150, "only {checked}");
}

#[test]
fn every_ban_comes_with_the_command_that_lifts_it() {
    each(|name, packet, owner| {
        let denies = packet
            .rule
            .as_deref()
            .is_some_and(|rule| !rule.to_lowercase().contains("accept"));
        if !denies {
            assert_eq!(owner.change, Vec::<String>::new(), "{name}");
            return;
        }
        let from = packet.from.to_string();
        let lifts = match owner.tool.id {
            "fail2ban" => {
                let setting = packet.setting.as_deref().unwrap();
                let jail = setting.strip_prefix("jail ").unwrap();
                format!("fail2ban-client set {jail} unbanip {from}")
            }
            "crowdsec" => format!("cscli decisions delete --ip {from}"),
            _ => return,
        };
        assert_eq!(owner.change, [lifts], "{name}");
    });
}

#[test]
fn a_reading_for_one_packet_tells_the_same_or_less() {
    let (mut checked, mut left_out) = (0, 0);
    for folder in folders() {
        let all = read(&folder, &Interest::everything());
        let text = fs::read_to_string(folder.join("expected.toml")).unwrap();
        let expected: Expected = toml::from_str(&text).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        for packet in expected
            .packet
            .iter()
            .filter(|packet| packet.source.is_some())
        {
            let question = question(packet);
            let interest = Interest::in_packets(packets_of(&question, &Facts::default()));
            let some = read(&folder, &interest);
            let of_all = decider(&all, packet).unwrap();
            // After a translation the rules must be read again for the packet as it is then.
            let Some(of_some) = decider(&some, packet) else {
                left_out += 1;
                continue;
            };
            checked += 1;
            let full = owner_of(&all, of_all, &question);
            let narrow = owner_of(&some, of_some, &question);
            assert_eq!(full.tool, narrow.tool, "{name}: {:?}", packet.rule);
            assert!(
                narrow.change.is_empty() || narrow.change == full.change,
                "{name}: {:?} and {:?}",
                full.change,
                narrow.change
            );
            if full.change == narrow.change {
                assert_eq!(full.setting, narrow.setting, "{name}: {:?}", packet.rule);
            }
        }
    }
    assert!(
        checked > 200 && left_out * 10 < checked,
        "{checked} and {left_out}"
    );
}
