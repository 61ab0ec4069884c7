//! What connects containers and virtual machines of one host.

use super::ToolKind;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use super::values::{ports, single};
use super::words::Words;
use crate::model::{Expression, Rule, Statement, Translation, TranslationKind};

/// Docker (`DOCKER-USER` is for the person's own rules: Docker's documentation, "Packet filtering and firewalls").
pub(super) static DOCKER: Signs = Signs {
    tables: &[Name::Is("docker-bridges")],
    chains: &[Name::Is("DOCKER"), Name::Begins("DOCKER-")],
    left_to_the_person: &[Name::Is("DOCKER-USER")],
    sets_policies: true,
    setting: docker,
    ..Signs::of("docker", "Docker", ToolKind::Containers)
};

fn docker(scene: &Scene<'_>) -> Setting {
    let setting = if scene.rule.is_none() {
        Setting::named("policy of forwarding, set while Docker starts (ip-forward-no-drop)")
    } else if &*scene.chain.name == "DOCKER" {
        published(scene)
    } else {
        Setting::named("isolation of networks")
    };
    setting.kept("dockerd makes its rules anew when it starts")
}

/// A port of the host that leads to a container. The rule in the filter table knows the container's side, the one in nat both.
fn published(scene: &Scene<'_>) -> Setting {
    let words = scene.words();
    let Some(port) = words.ports.as_ref().and_then(single) else {
        return Setting::named("a container's port that is not published");
    };
    let outside = scene.rule_set.tables.iter().find_map(|table| {
        let chain = table.chains.iter().find(|chain| &*chain.name == "DOCKER")?;
        chain.rules.iter().find_map(|rule| {
            let (address, to) = destination_of(rule)?;
            let asked = Words::of(rule, table);
            let same_container = scene.rule.is_some_and(|own| std::ptr::eq(own, rule))
                || to == port
                    && words.destination.as_ref().and_then(single) == Some(address)
                    && asked.version == words.version;
            let outside = asked.ports.as_ref().and_then(single)?;
            same_container.then_some((outside, to))
        })
    });
    match outside {
        Some((outside, inside)) => Setting::named(format!(
            "published port {outside} -> container port {inside}"
        ))
        .remarked(format!(
            "docker ps --filter publish={outside} shows the container"
        )),
        None => Setting::named(format!("container port {port}")),
    }
}

/// Where a translation leads: address and port, when they are fixed.
fn destination_of(rule: &Rule) -> Option<(u128, u128)> {
    rule.statements
        .iter()
        .find_map(|statement| match statement {
            Statement::Translate(Translation {
                kind: TranslationKind::Dnat,
                address: Some(Expression::Constant(address)),
                port: Some(Expression::Constant(port)),
                ..
            }) => Some((*address, *port)),
            _ => None,
        })
}

/// Podman with netavark.
pub(super) static PODMAN: Signs = Signs {
    tables: &[Name::Is("netavark")],
    chains: &[Name::Begins("NETAVARK-"), Name::Begins("NETAVARK_")],
    setting: |scene| {
        let words = scene.words();
        let setting = match &words.ports {
            Some(asked) => Setting::named(format!("published port {}", ports(asked, '-'))),
            None => Setting::UNKNOWN,
        };
        setting.kept("made anew when a container starts")
    },
    ..Signs::of("podman", "Podman (netavark)", ToolKind::Containers)
};

/// Network plugins (CNI), of Podman before netavark and of Kubernetes.
pub(super) static CNI: Signs = Signs {
    chains: &[Name::Begins("CNI-")],
    left_to_the_person: &[Name::Is("CNI-ADMIN")],
    setting: |_| Setting::UNKNOWN.kept("made anew when a container starts"),
    ..Signs::of("cni", "CNI plugins", ToolKind::Containers)
};

/// LXD.
pub(super) static LXD: Signs = Signs {
    tables: &[Name::Is("lxd")],
    comments: &[Name::Holds("generated for LXD ")],
    setting: |scene| bridge(scene, "lxc"),
    ..Signs::of("lxd", "LXD", ToolKind::Containers)
};

/// Incus.
pub(super) static INCUS: Signs = Signs {
    tables: &[Name::Is("incus")],
    comments: &[Name::Holds("generated for Incus ")],
    setting: |scene| bridge(scene, "incus"),
    ..Signs::of("incus", "Incus", ToolKind::Containers)
};

/// Chains are named after the direction and the bridge: `in.lxdbr0`.
fn bridge(scene: &Scene<'_>, program: &str) -> Setting {
    let name = scene.chain.name.split_once('.').map(|(_, bridge)| bridge);
    let setting = match name {
        Some(bridge) => {
            let shown = command([program, "network", "show", bridge]);
            let setting = Setting::named(format!("network {bridge}"));
            match shown {
                Some(shown) => setting.remarked(format!("{shown} lists its settings")),
                None => setting,
            }
        }
        None => Setting::UNKNOWN,
    };
    setting.kept("made anew when the network starts")
}

/// libvirt's networks and network filters (`libvirt.org/firewall.html`).
pub(super) static LIBVIRT: Signs = Signs {
    tables: &[Name::Is("libvirt_network")],
    chains: &[
        Name::Begins("LIBVIRT_"),
        Name::Is("libvirt-in"),
        Name::Is("libvirt-out"),
        Name::Is("libvirt-in-post"),
        Name::Is("libvirt-host-in"),
    ],
    setting: |scene| {
        let words = scene.words();
        let bridge = words
            .input_interface_text()
            .or_else(|| words.output_interface_text());
        let setting = match bridge {
            Some(bridge) => Setting::named(format!("network of bridge {bridge}")),
            None => Setting::UNKNOWN,
        };
        setting.kept("made anew when libvirt starts a network")
    },
    ..Signs::of("libvirt", "libvirt", ToolKind::Machines)
};
