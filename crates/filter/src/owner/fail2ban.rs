//! fail2ban (`/etc/fail2ban/action.d`): chains `f2b-JAIL`, ipsets `f2b-JAIL`, sets `addr-set-JAIL` in a table of its own.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

pub(super) static SIGNS: Signs = Signs {
    tables: &[Name::Is("f2b-table")],
    chains: &[Name::Begins("f2b-"), Name::Begins("fail2ban-")],
    sets: &[
        Name::Begins("addr-set-"),
        Name::Begins("addr6-set-"),
        Name::Begins("f2b-"),
    ],
    comments: &[Name::Begins("by Fail2Ban ")],
    setting,
    ..Signs::of("fail2ban", "fail2ban", ToolKind::BanTool)
};

fn setting(scene: &Scene<'_>) -> Setting {
    if scene.accepts() {
        return Setting::UNKNOWN;
    }
    let Some(jail) = jail(scene) else {
        return Setting::UNKNOWN;
    };
    let change = scene
        .banned()
        .and_then(|banned| command(["fail2ban-client", "set", &jail, "unbanip", &banned]));
    Setting::named(format!("jail {jail}"))
        .changed_by(change)
        .kept("its database: a ban that has not run out is put back when fail2ban starts")
}

fn jail(scene: &Scene<'_>) -> Option<String> {
    let of_set = scene.set_names().into_iter().find_map(|name| {
        let jail = name
            .strip_prefix("addr-set-")
            .or_else(|| name.strip_prefix("addr6-set-"));
        if let Some(jail) = jail {
            return Some(jail.to_owned());
        }
        let jail = name.strip_prefix("f2b-")?;
        // The ipset for IPv6 is named after the jail and "6".
        let jail = if scene.is_version_6() {
            jail.strip_suffix('6').unwrap_or(jail)
        } else {
            jail
        };
        Some(jail.to_owned())
    });
    of_set.or_else(|| {
        let chain = &scene.chain.name;
        let jail = chain
            .strip_prefix("f2b-")
            .or_else(|| chain.strip_prefix("fail2ban-"))?;
        (jail != "chain").then(|| jail.to_owned())
    })
}
