//! Shorewall (`shorewall(8)`): a chain for each pair of zones, `net-fw`, in older versions `net2fw`.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use crate::model::Family;

pub(super) static SIGNS: Signs = Signs {
    chains: &[
        Name::Is("shorewall"),
        Name::Begins("sha-lh-"),
        Name::Begins("sha-rh-"),
    ],
    marks: &[Name::Is("shorewall"), Name::Begins("sha-lh-")],
    sets_policies: true,
    setting,
    ..Signs::of("shorewall", "Shorewall", ToolKind::Firewall)
};

fn setting(scene: &Scene<'_>) -> Setting {
    let (program, folder) = match scene.table.family {
        Family::Ip6 => ("shorewall6", "/etc/shorewall6"),
        _ => ("shorewall", "/etc/shorewall"),
    };
    let chain = &*scene.chain.name;
    let setting = match chain {
        "dynamic" => {
            let banned = scene.banned();
            let lift = banned
                .as_deref()
                .and_then(|banned| command([program, "allow", banned]));
            let words = banned.map_or_else(
                || "dynamic blacklist".to_owned(),
                |banned| format!("dynamic blacklist: {banned}"),
            );
            return Setting::named(words).changed_by(lift);
        }
        "tcpflags" | "logflags" => {
            Setting::named(format!("option tcpflags in {folder}/interfaces"))
        }
        "smurfs" | "smurflog" => Setting::named(format!("option nosmurfs in {folder}/interfaces")),
        "INPUT" | "FORWARD" | "OUTPUT" => Setting::named(format!("policy ({folder}/policy)")),
        _ => match zones(chain) {
            Some((from, to)) => Setting::named(zone_words(scene, from, to, folder)),
            None => Setting::UNKNOWN,
        },
    };
    setting.kept(format!("{folder}, read when Shorewall starts"))
}

fn zone_words(scene: &Scene<'_>, from: &str, to: &str, folder: &str) -> String {
    if scene.words().is_unconditional() {
        format!("policy from zone {from} to zone {to} ({folder}/policy)")
    } else {
        format!("a rule from zone {from} to zone {to} ({folder}/rules)")
    }
}

fn zones(chain: &str) -> Option<(&str, &str)> {
    let (from, to) = chain.split_once('-').or_else(|| chain.split_once('2'))?;
    (!from.is_empty() && !to.is_empty()).then_some((from, to))
}
