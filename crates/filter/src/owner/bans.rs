//! Other tools that ban single sources, or keep lists of them.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

/// `psad(8)`.
pub(super) static PSAD: Signs = Signs {
    chains: &[Name::Begins("PSAD_BLOCK_")],
    setting: |scene| {
        let lift = |banned: &str| command(["psad", "--fw-rm-block-ip", banned]);
        banned(scene, lift)
    },
    ..Signs::of("psad", "psad", ToolKind::BanTool)
};

/// Imunify360.
pub(super) static IMUNIFY: Signs = Signs {
    chains: &[Name::Holds("imunify360"), Name::Begins("IMUNIFY360")],
    sets: &[Name::Begins("i360.")],
    setting: |scene| {
        let list = scene.set_names().into_iter().find_map(|name| {
            name.strip_prefix("i360.")
                .map(|list| format!("list {list}"))
        });
        list.map_or_else(|| banned(scene, |_| None), Setting::named)
    },
    ..Signs::of("imunify360", "Imunify360", ToolKind::BanTool)
};

/// IPBan.
pub(super) static IPBAN: Signs = Signs {
    sets: &[Name::Begins("IPBan_")],
    setting: |scene| banned(scene, |_| None),
    ..Signs::of("ipban", "IPBan", ToolKind::BanTool)
};

/// Lists that FireHOL's `update-ipsets` keeps.
pub(super) static FIREHOL_LISTS: Signs = Signs {
    sets: &[Name::Begins("firehol_")],
    setting: |scene| {
        let list = scene.set_names().into_iter().next();
        list.map_or(Setting::UNKNOWN, |list| {
            Setting::named(format!("list {list}"))
        })
    },
    ..Signs::of(
        "update-ipsets",
        "FireHOL's update-ipsets",
        ToolKind::BanTool,
    )
};

/// banIP of OpenWrt.
pub(super) static OPENWRT_BANIP: Signs = Signs {
    tables: &[Name::Is("banIP")],
    setting: |scene| {
        let list = scene.set_names().into_iter().next();
        list.map_or_else(
            || banned(scene, |_| None),
            |list| Setting::named(format!("feed {list}")),
        )
    },
    ..Signs::of("banip", "banIP", ToolKind::BanTool)
};

fn banned(scene: &Scene<'_>, lift: impl Fn(&str) -> Option<String>) -> Setting {
    if scene.accepts() {
        return Setting::UNKNOWN;
    }
    match scene.banned() {
        Some(banned) => {
            let change = lift(&banned);
            Setting::named(format!("{banned} is blocked")).changed_by(change)
        }
        None => Setting::UNKNOWN,
    }
}
