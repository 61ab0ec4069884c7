//! Firewalls that a script or a system's own configuration writes.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

/// Advanced Policy Firewall: lists of trusted and denied hosts in chains of their own.
pub(super) static APF: Signs = Signs {
    chains: &[
        Name::Is("TALLOW"),
        Name::Is("TDENY"),
        Name::Is("TGALLOW"),
        Name::Is("TGDENY"),
        Name::Is("IN_SANITY"),
        Name::Is("OUT_SANITY"),
        Name::Is("RABPSCAN"),
    ],
    marks: &[Name::Is("TGALLOW"), Name::Is("TGDENY")],
    sets_policies: true,
    setting: |scene| match &*scene.chain.name {
        "TDENY" => {
            let banned = scene.banned();
            let lift = banned
                .as_deref()
                .and_then(|banned| command(["apf", "-u", banned]));
            Setting::named("deny_hosts.rules")
                .changed_by(lift)
                .kept("/etc/apf/deny_hosts.rules")
        }
        "TGDENY" => Setting::named("glob_deny.rules"),
        "TALLOW" => Setting::named("allow_hosts.rules"),
        "TGALLOW" => Setting::named("glob_allow.rules"),
        _ => Setting::UNKNOWN.kept("/etc/apf, read when apf starts"),
    },
    ..Signs::of("apf", "APF (Advanced Policy Firewall)", ToolKind::Firewall)
};

/// Arno's iptables firewall.
pub(super) static ARNO: Signs = Signs {
    chains: &[
        Name::Is("EXT_INPUT_CHAIN"),
        Name::Is("INT_INPUT_CHAIN"),
        Name::Is("HOST_BLOCK_DROP"),
        Name::Is("HOST_BLOCK_SRC"),
    ],
    marks: &[Name::Is("EXT_INPUT_CHAIN")],
    sets_policies: true,
    setting: |scene| match &*scene.chain.name {
        "HOST_BLOCK_DROP" | "HOST_BLOCK_SRC" => Setting::named("blocked hosts (BLOCK_HOSTS)"),
        _ => Setting::UNKNOWN.kept("/etc/arno-iptables-firewall, read when it starts"),
    },
    ..Signs::of(
        "arno-iptables-firewall",
        "Arno's iptables firewall",
        ToolKind::Firewall,
    )
};

/// NixOS.
pub(super) static NIXOS: Signs = Signs {
    tables: &[Name::Is("nixos-fw")],
    chains: &[Name::Is("nixos-fw"), Name::Begins("nixos-fw-")],
    setting: |scene| {
        let setting = if scene.accepts() {
            Setting::UNKNOWN
        } else {
            Setting::named("networking.firewall: the port is not among allowedTCPPorts")
        };
        setting.kept("the system's configuration")
    },
    ..Signs::of("nixos", "NixOS firewall", ToolKind::Firewall)
};

/// SuSEfirewall2.
pub(super) static SUSE: Signs = Signs {
    chains: &[
        Name::Is("input_ext"),
        Name::Is("input_int"),
        Name::Is("input_dmz"),
        Name::Is("reject_func"),
    ],
    marks: &[Name::Is("input_ext")],
    sets_policies: true,
    setting: |scene| {
        let zone = scene.chain.name.strip_prefix("input_");
        let setting = match zone {
            Some(zone) => Setting::named(format!("zone {}", zone.to_uppercase())),
            None => Setting::UNKNOWN,
        };
        setting.kept("/etc/sysconfig/SuSEfirewall2")
    },
    ..Signs::of("susefirewall2", "SuSEfirewall2", ToolKind::Firewall)
};

/// system-config-firewall and its forerunners.
pub(super) static RED_HAT: Signs = Signs {
    chains: &[Name::Begins("RH-Firewall-")],
    setting: |_| Setting::UNKNOWN.kept("/etc/sysconfig/iptables"),
    ..Signs::of(
        "system-config-firewall",
        "system-config-firewall",
        ToolKind::Firewall,
    )
};

/// Synology DSM.
pub(super) static SYNOLOGY: Signs = Signs {
    chains: &[
        Name::Is("DOS_PROTECT"),
        Name::Is("DEFAULT_INPUT"),
        Name::Is("DEFAULT_FORWARD"),
        Name::Is("FORWARD_FIREWALL"),
        Name::Is("INPUT_FIREWALL"),
    ],
    setting: |scene| match &*scene.chain.name {
        "DOS_PROTECT" => Setting::named("protection against denial of service"),
        _ => Setting::UNKNOWN,
    },
    ..Signs::of("synology", "Synology DSM", ToolKind::Firewall)
};

/// VyOS.
pub(super) static VYOS: Signs = Signs {
    tables: &[Name::Begins("vyos_")],
    chains: &[Name::Begins("VYOS_")],
    setting: |scene| vyos(scene).kept("config.boot, once saved"),
    ..Signs::of("vyos", "VyOS firewall", ToolKind::Firewall)
};

/// Chains of rule sets are named `NAME_…` after them; rules keep their place in a comment.
fn vyos(scene: &Scene<'_>) -> Setting {
    if let Some(comment) = scene.rule.and_then(|rule| rule.comment.as_deref())
        && !comment.is_empty()
    {
        return Setting::named(comment);
    }
    match scene.chain.name.strip_prefix("NAME_") {
        Some(name) => Setting::named(format!("firewall name {name}")),
        None => Setting::UNKNOWN,
    }
}
