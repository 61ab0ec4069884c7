//! Rules that no tool signed.

use super::cloud::is_oracle_refusal;
use super::quote::command;
use super::recognise::{left_to_the_person, owner};
use super::scene::Scene;
use super::signs::Setting;
use super::{Owner, Tool, ToolKind};
use crate::model::{Family, Hook, Origin, Policy};

pub(super) const HAND_WRITTEN: Tool = Tool {
    id: "hand-written",
    name: "a rule written by hand or by a script",
    kind: ToolKind::Person,
};

pub(super) fn owner_by_hand(scene: &Scene<'_>) -> Owner {
    owner(HAND_WRITTEN, setting(scene), sign(scene), scene)
}

fn sign(scene: &Scene<'_>) -> String {
    let chain = &scene.chain.name;
    if left_to_the_person(scene) {
        return format!("{chain} is there for rules of your own");
    }
    if is_oracle_refusal(scene) {
        return "images of Oracle Cloud, whose chain InstanceServices is here, bring such a rule along".to_owned();
    }
    let firewalld = scene
        .rule_set
        .tables
        .iter()
        .any(|table| table.origin == Origin::Nft && &*table.name == "firewalld");
    let of_iptables = scene.table.origin != Origin::Nft
        || matches!(scene.table.family, Family::Ip | Family::Ip6) && &*scene.table.name == "filter";
    if firewalld && of_iptables && scene.hook == Hook::Input {
        return "no tool names anything so; with nftables behind it firewalld's direct rules look like this too (firewall-cmd --direct --get-all-rules)".to_owned();
    }
    "no tool that is known names a table, chain, set or comment like this".to_owned()
}

fn setting(scene: &Scene<'_>) -> Setting {
    if is_oracle_refusal(scene) {
        return Setting::UNKNOWN
            .kept("/etc/iptables/rules.v4 on Ubuntu images, by netfilter-persistent");
    }
    let (None, Some(policy)) = (scene.rule, scene.policy()) else {
        return Setting::UNKNOWN.changed_by(delete(scene));
    };
    match policy {
        Policy::Drop => Setting::named(format!("policy drop of {}", scene.chain.name)),
        Policy::Accept => Setting::named(format!("policy accept of {}", scene.chain.name)),
        Policy::Unknown => Setting::UNKNOWN,
    }
}

/// Takes a rule away that denies some source or port; never one that denies all the rest.
fn delete(scene: &Scene<'_>) -> Option<String> {
    let rule = scene.rule?;
    let words = scene.words();
    let is_narrow =
        words.source.is_some() || words.ports.is_some() || !scene.set_names().is_empty();
    if !is_narrow {
        return None;
    }
    if scene.table.origin == Origin::Nft {
        let handle = rule.place.handle?.to_string();
        return command([
            "nft",
            "delete",
            "rule",
            scene.table.family.word(),
            &scene.table.name,
            &scene.chain.name,
            "handle",
            &handle,
        ]);
    }
    let program = program(scene.table.origin, scene.table.family);
    let number = rule.place.number.to_string();
    command([
        program,
        "-t",
        &scene.table.name,
        "-D",
        &scene.chain.name,
        &number,
    ])
}

/// The program of iptables that keeps a table.
const fn program(origin: Origin, family: Family) -> &'static str {
    match (origin, family) {
        (Origin::IptablesLegacy, Family::Ip6) => "ip6tables-legacy",
        (Origin::IptablesLegacy, _) => "iptables-legacy",
        (_, Family::Ip6) => "ip6tables-nft",
        (_, _) => "iptables-nft",
    }
}
