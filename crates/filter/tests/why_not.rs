//! What would let packets in that the rule sets of real tools deny.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use serde::Deserialize;
use sshdoctor_filter::Interest;
use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::evaluate::{
    Facts, HostAddress, InterfaceFacts, Question, RouteAnswer, Version, decide,
};
use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::why_not::{Insertion, Opening, Place, smallest_insertion};

#[derive(Deserialize)]
struct Expected {
    host: Host,
    packet: Vec<Packet>,
}

#[derive(Deserialize)]
struct Host {
    interface: Vec<Interface>,
}

#[derive(Deserialize)]
struct Interface {
    name: String,
    addresses: Vec<String>,
}

#[derive(Deserialize)]
struct Packet {
    from: IpAddr,
    from_port: u16,
    to: IpAddr,
    port: u16,
    interface: Option<String>,
    outcome: String,
    /// What decides beside the rules, the packets before this one for example.
    needs: Option<String>,
}

fn rule_sets() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rule_sets")
}

fn read(folder: &Path) -> RuleSet {
    let mut rule_set = RuleSet::default();
    let interest = Interest::everything();
    if let Ok(text) = fs::read(folder.join("ipset-save")) {
        sshdoctor_filter::ipset::read("ipset-save", &*text, &interest, &mut rule_set).unwrap();
    }
    if let Ok(text) = fs::read(folder.join("nft.json")) {
        sshdoctor_filter::nftables::read("nft.json", &*text, &interest, &mut rule_set).unwrap();
    }
    for (name, kind) in [
        ("iptables-save", SourceKind::IptablesNft),
        ("ip6tables-save", SourceKind::Ip6tablesNft),
        ("iptables-legacy-save", SourceKind::IptablesLegacy),
        ("ip6tables-legacy-save", SourceKind::Ip6tablesLegacy),
    ] {
        if let Ok(text) = fs::read(folder.join(name)) {
            sshdoctor_filter::xtables::read(name, kind, &*text, &interest, &mut rule_set).unwrap();
        }
    }
    assemble(&mut rule_set);
    rule_set
}

fn expected(folder: &Path) -> Expected {
    toml::from_str(&fs::read_to_string(folder.join("expected.toml")).unwrap()).unwrap()
}

fn facts(host: &Host, packet: &Packet) -> Facts {
    let addresses = host.interface.iter().flat_map(|interface| {
        interface.addresses.iter().map(|network| HostAddress {
            network: network.parse().unwrap(),
            interface: interface.name.clone(),
        })
    });
    Facts {
        addresses: Some(addresses.collect()),
        routes: packet
            .interface
            .iter()
            .map(|name| (packet.from, RouteAnswer::By(name.clone())))
            .collect(),
        interfaces: host
            .interface
            .iter()
            .map(|interface| (interface.name.clone(), InterfaceFacts::default()))
            .collect(),
        ..Facts::default()
    }
}

fn question(packet: &Packet) -> Question {
    Question {
        version: Version::of(packet.from),
        from: Some(IpNet::from(packet.from)),
        from_port: Some(packet.from_port),
        to: Some(packet.to),
        port: packet.port,
        interface: packet.interface.clone(),
        mac: None,
    }
}

fn opening(rule_set: &RuleSet, host: &Host, packet: &Packet) -> Opening {
    smallest_insertion(rule_set, &question(packet), &facts(host, packet))
}

/// Every packet with what would let it in, and whether the decision about it is certain.
fn each(mut check: impl FnMut(&str, &Packet, Opening, bool)) {
    let mut folders: Vec<_> = fs::read_dir(rule_sets())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.toml").exists())
        .collect();
    folders.sort();
    for folder in folders {
        let rule_set = read(&folder);
        let expected = expected(&folder);
        let name = folder.file_name().unwrap().to_str().unwrap();
        for packet in &expected.packet {
            let facts = facts(&expected.host, packet);
            let is_certain = decide(&rule_set, &question(packet), &facts)
                .connect()
                .is_some();
            let opening = opening(&rule_set, &expected.host, packet);
            check(name, packet, opening, is_certain);
        }
    }
}

#[test]
fn whoever_is_denied_can_be_let_in_by_rules_for_one_source_and_port() {
    let mut found = 0;
    let mut not_found = Vec::new();
    each(|name, packet, opening, is_certain| {
        if packet.outcome == "connected" {
            assert!(
                matches!(opening, Opening::NotDenied) || !is_certain || packet.needs.is_some(),
                "{name}: {opening:?}"
            );
            return;
        }
        assert_ne!(opening, Opening::NotDenied, "{name}");
        let (Opening::Alternatives(insertions) | Opening::Several(insertions)) = opening else {
            not_found.push(name.to_owned());
            return;
        };
        found += 1;
        assert!(!insertions.is_empty());
        for insertion in insertions {
            is_narrow(name, packet, &insertion);
        }
    });
    assert!(found > 100, "only {found}, none for {not_found:?}");
    assert!(not_found.len() * 5 < found, "none for {not_found:?}");
}

fn is_narrow(name: &str, packet: &Packet, insertion: &Insertion) {
    let from = packet.from.to_string();
    for command in &insertion.commands {
        assert!(
            command.contains(&from) || insertion.place == Place::Lifted,
            "{name}: {command}"
        );
        assert!(
            !command.contains("flush") && !command.contains(" -P "),
            "{command}"
        );
    }
    if insertion.place != Place::Lifted {
        let accepts = insertion.commands.iter().any(|command| {
            let command = command.to_lowercase();
            command.contains("accept") || command.contains("allow")
        });
        assert!(accepts, "{name}: {insertion:?}");
    }
}

#[test]
fn the_first_words_are_those_of_the_tool_that_denies() {
    for (folder, from, port, words) in [
        (
            "ufw-no-ssh-rule",
            "198.51.100.7",
            22,
            "ufw prepend allow from 198.51.100.7 to any port 22 proto tcp",
        ),
        (
            "fail2ban-two-jails",
            "198.51.100.66",
            22,
            "fail2ban-client set sshd unbanip 198.51.100.66",
        ),
        (
            "firewalld-no-ssh",
            "2001:db8:a::7",
            22,
            "firewall-cmd --zone=public --add-rich-rule='rule priority=\"-1\" family=\"ipv6\" \
             source address=\"2001:db8:a::7\" port port=\"22\" protocol=\"tcp\" accept'",
        ),
        (
            "crowdsec-nftables",
            "198.51.100.66",
            22,
            "cscli decisions delete --ip 198.51.100.66",
        ),
        (
            "nft-drops-legacy-accepts",
            "198.51.100.7",
            443,
            "iptables-legacy -A INPUT -s 198.51.100.7 -p tcp --dport 443 -j ACCEPT",
        ),
    ] {
        let folder = rule_sets().join(folder);
        let expected = expected(&folder);
        let from: IpAddr = from.parse().unwrap();
        let packet = expected
            .packet
            .iter()
            .find(|packet| packet.from == from && packet.port == port)
            .unwrap_or_else(|| panic!("no such packet in {}", folder.display()));
        let Opening::Alternatives(all) = opening(&read(&folder), &expected.host, packet) else {
            panic!("{} has no alternatives", folder.display());
        };
        assert_eq!(all[0].commands[0], words);
    }
}

#[test]
fn where_two_base_chains_deny_no_single_rule_is_offered() {
    let folder = rule_sets().join("iptables-nft-beside-nft");
    let expected = expected(&folder);
    let packet = expected
        .packet
        .iter()
        .find(|packet| packet.from.to_string() == "198.51.100.66" && packet.port == 22)
        .unwrap();
    let Opening::Several(all) = opening(&read(&folder), &expected.host, packet) else {
        panic!("one rule is not enough");
    };
    let commands: Vec<&str> = all
        .iter()
        .flat_map(|insertion| &insertion.commands)
        .map(String::as_str)
        .collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert!(
        commands
            .iter()
            .any(|command| command.starts_with("iptables-nft -I INPUT "))
    );
    assert!(
        commands
            .iter()
            .any(|command| command.starts_with("nft insert rule inet office ssh handle "))
    );
}
