//! CrowdSec's firewall bouncer: tables `crowdsec` and `crowdsec6`, sets `crowdsec-blacklists…`.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

pub(super) static SIGNS: Signs = Signs {
    tables: &[Name::Is("crowdsec"), Name::Is("crowdsec6")],
    chains: &[
        Name::Is("CROWDSEC_CHAIN"),
        Name::Begins("CROWDSEC"),
        Name::Begins("crowdsec-chain"),
        Name::Begins("crowdsec6-chain"),
    ],
    sets: &[
        Name::Is("crowdsec-blacklists"),
        Name::Is("crowdsec6-blacklists"),
        Name::Begins("crowdsec-blacklists-"),
        Name::Begins("crowdsec6-blacklists-"),
    ],
    comments: &[Name::Begins("CrowdSec: ")],
    setting,
    ..Signs::of("crowdsec", "CrowdSec", ToolKind::BanTool)
};

fn setting(scene: &Scene<'_>) -> Setting {
    if scene.accepts() {
        return Setting::UNKNOWN;
    }
    let setting = match scene.banned() {
        Some(banned) => {
            let option = if banned.contains('/') {
                "--range"
            } else {
                "--ip"
            };
            let change = command(["cscli", "decisions", "delete", option, &banned]);
            Setting::named(format!("decision on {banned}")).changed_by(change)
        }
        None => Setting::named("a decision"),
    };
    setting
        .kept("its database: the bouncer puts decisions that have not run out back when it starts")
}
