//! What connects networks: VPNs, and the managers of interfaces.

use super::ToolKind;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};

/// Tailscale.
pub(super) static TAILSCALE: Signs = Signs {
    chains: &[
        Name::Is("ts-input"),
        Name::Is("ts-forward"),
        Name::Is("ts-postrouting"),
    ],
    setting: |scene| {
        let setting = match scene.words().source_text() {
            Some(network) if !scene.accepts() => Setting::named(format!(
                "packets from {network} must come through its own interface (netfilter-mode)"
            )),
            _ => Setting::UNKNOWN,
        };
        setting.kept("made anew when tailscaled starts")
    },
    ..Signs::of("tailscale", "Tailscale", ToolKind::Network)
};

/// `wg-quick(8)`.
pub(super) static WG_QUICK: Signs = Signs {
    tables: &[Name::Begins("wg-quick-")],
    comments: &[Name::Begins("wg-quick(8) rule for ")],
    setting: |scene| {
        let comment = scene.rule.and_then(|rule| rule.comment.as_deref());
        let interface = scene
            .table
            .name
            .strip_prefix("wg-quick-")
            .or_else(|| comment?.strip_prefix("wg-quick(8) rule for "));
        let setting = match interface {
            Some(interface) => Setting::named(format!(
                "tunnel {interface}: packets to its address must come through it"
            )),
            None => Setting::UNKNOWN,
        };
        setting.kept("made anew when the tunnel is brought up")
    },
    ..Signs::of("wg-quick", "wg-quick", ToolKind::Network)
};

/// NetworkManager, for connections shared with others.
pub(super) static NETWORK_MANAGER: Signs = Signs {
    tables: &[Name::Begins("nm-shared-")],
    chains: &[
        Name::Begins("nm-sh-in-"),
        Name::Begins("nm-sh-fw-"),
        Name::Begins("sh-in-"),
        Name::Begins("sh-fw-"),
    ],
    comments: &[Name::Begins("nm-shared-")],
    setting: |scene| {
        let interface = scene.table.name.strip_prefix("nm-shared-");
        let setting = match interface {
            Some(interface) => Setting::named(format!("connection shared through {interface}")),
            None => Setting::named("a shared connection"),
        };
        setting.kept("made anew when the connection is activated")
    },
    ..Signs::of("network-manager", "NetworkManager", ToolKind::Network)
};

/// systemd-networkd and systemd-nspawn.
pub(super) static SYSTEMD: Signs = Signs {
    tables: &[Name::Is("io.systemd.nat")],
    setting: |scene| {
        masquerade_or_port(scene).kept("made anew by systemd-networkd or systemd-nspawn")
    },
    ..Signs::of("systemd", "systemd (networkd, nspawn)", ToolKind::Network)
};

fn masquerade_or_port(scene: &Scene<'_>) -> Setting {
    match &*scene.chain.name {
        "prerouting" | "output" => {
            Setting::named("a port of a container (Port= of systemd-nspawn)")
        }
        "postrouting" => Setting::named("IPMasquerade="),
        _ => Setting::UNKNOWN,
    }
}

/// Mullvad's client.
pub(super) static MULLVAD: Signs = Signs {
    tables: &[
        Name::Is("mullvad"),
        Name::Begins("mullvad_"),
        Name::Begins("mullvadmangle"),
    ],
    setting: |_| Setting::UNKNOWN.kept("made anew when mullvad-daemon starts"),
    ..Signs::of("mullvad", "Mullvad VPN", ToolKind::Network)
};

/// NordVPN's client.
pub(super) static NORDVPN: Signs = Signs {
    tables: &[Name::Is("nordvpn")],
    comments: &[Name::Is("nordvpn"), Name::Begins("nordvpn-")],
    setting: |_| Setting::UNKNOWN.kept("made anew when nordvpnd starts"),
    ..Signs::of("nordvpn", "NordVPN", ToolKind::Network)
};
