//! sshguard (`sshguard(8)`): table `sshguard` with the set `attackers`, the iptables chain `sshguard`, the sets `sshguard4` and `sshguard6`.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use crate::model::{Family, Origin};

pub(super) static SIGNS: Signs = Signs {
    tables: &[Name::Is("sshguard")],
    chains: &[Name::Is("sshguard")],
    sets: &[Name::Is("sshguard4"), Name::Is("sshguard6")],
    setting,
    ..Signs::of("sshguard", "sshguard", ToolKind::BanTool)
};

fn setting(scene: &Scene<'_>) -> Setting {
    if scene.accepts() {
        return Setting::UNKNOWN;
    }
    let setting = match scene.banned() {
        Some(banned) => {
            Setting::named(format!("attacker {banned}")).changed_by(lift(scene, &banned))
        }
        None => Setting::named("attackers"),
    };
    setting.kept("its blacklist file (-b), for attackers above that threshold; other blocks end when sshguard stops")
}

/// sshguard has no command that releases one attacker: what it asks of each back end is asked in its place.
fn lift(scene: &Scene<'_>, banned: &str) -> Option<String> {
    let names = scene.set_names();
    if let Some(set) = names.iter().find(|name| name.starts_with("sshguard")) {
        if scene.table.origin == Origin::Nft && &*scene.table.name == "firewalld" {
            let entry = format!("--remove-entry={banned}");
            return command(["firewall-cmd", &format!("--ipset={set}"), &entry]);
        }
        return command(["ipset", "del", set, banned]);
    }
    if names.iter().any(|name| name == "attackers") {
        let family = scene.table.family.word();
        return Some(format!(
            "nft delete element {family} sshguard attackers {}",
            super::quote::quoted(&format!("{{ {banned} }}"))?
        ));
    }
    let program = match scene.table.family {
        Family::Ip6 => "ip6tables",
        _ => "iptables",
    };
    let holds_chain = &*scene.chain.name == "sshguard" && scene.table.origin != Origin::Nft;
    (holds_chain && scene.words().source_text().is_some())
        .then(|| command([program, "-D", "sshguard", "-s", banned, "-j", "DROP"]))
        .flatten()
}
