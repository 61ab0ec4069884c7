//! The names in each kind of file, with their lines: only of interfaces that are there by themselves, and not of bridges, bonds, VLANs and
//! tunnels, which the configuration makes.

/// Line, from 1, and name.
pub(super) type Named = (u32, String);

/// How options begin that make an interface (`bridge-utils-interfaces(5)`, `vlan-interfaces(5)`, ifenslave, ifupdown2).
const MAKING_OPTIONS: [&str; 9] = [
    "bridge_",
    "bridge-",
    "bond_",
    "bond-",
    "slaves",
    "vlan_",
    "vlan-",
    "vlan-raw-device",
    "pre-up ip link add",
];
/// Methods that make one (`interfaces(5)`, pppoe).
const MAKING_METHODS: [&str; 5] = ["tunnel", "6to4", "v4tunnel", "ppp", "wireguard"];

/// `interfaces(5)`: `auto NAME…`, `allow-hotplug NAME…`, `iface NAME FAMILY METHOD`.
pub(super) fn ifupdown(text: &str) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let mut made: Vec<&str> = Vec::new();
    let mut stanza = "";
    for (number, line) in lines(text) {
        let line = line.trim();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["auto" | "allow-auto" | "allow-hotplug", names @ ..] => {
                found.extend(
                    names
                        .iter()
                        .map(|name| (number, interface(name).to_owned())),
                );
            }
            ["iface", name, options @ ..] => {
                stanza = interface(name);
                found.push((number, stanza.to_owned()));
                if options.iter().any(|option| MAKING_METHODS.contains(option)) {
                    made.push(stanza);
                }
            }
            _ if MAKING_OPTIONS.iter().any(|option| line.starts_with(option)) => made.push(stanza),
            _ => {}
        }
    }
    found.retain(|(_, name)| !made.contains(&name.as_str()) && !name.contains('.'));
    found
}

/// `eth0=home` and `eth0:1` are eth0.
fn interface(name: &str) -> &str {
    name.split(['=', ':']).next().unwrap_or_default()
}

/// netplan: keys of `ethernets:` and `wifis:`, the kinds whose interfaces exist by themselves. An entry with `match:` or `set-name:` names
/// no interface by its key.
pub(super) fn netplan(text: &str) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let mut group: Option<usize> = None;
    let mut entries: Option<usize> = None;
    for (number, line) in lines(text) {
        let indent = line.len() - line.trim_start().len();
        let key = line.trim();
        if matches!(key, "ethernets:" | "wifis:") {
            (group, entries) = (Some(indent), None);
            continue;
        }
        let Some(outer) = group else { continue };
        if indent <= outer {
            group = None;
        } else if *entries.get_or_insert(indent) == indent {
            if let Some((name, _)) = key.split_once(':') {
                found.push((number, name.trim_matches(['"', '\'']).to_owned()));
            }
        } else if key.starts_with("match:") || key.starts_with("set-name:") {
            found.pop();
            // The rest of this entry has no name to take back.
            found.push((number, String::new()));
        }
    }
    found.retain(|(_, name)| !name.is_empty());
    found
}

/// `systemd.network(5)`: `Name=` in `[Match]`.
pub(super) fn networkd(text: &str) -> Vec<Named> {
    in_section(text, "[Match]", "Name")
        .flat_map(|(number, value)| {
            let names: Vec<Named> = value
                .split_whitespace()
                .map(|name| (number, name.to_owned()))
                .collect();
            names
        })
        .collect()
}

/// `nm-settings-keyfile(5)`: `interface-name=` in `[connection]`, of the types that stand for hardware.
pub(super) fn network_manager(text: &str) -> Vec<Named> {
    let mut kinds = in_section(text, "[connection]", "type");
    let hardware = kinds.all(|(_, kind)| {
        matches!(kind.as_str(), "ethernet" | "wifi" | "infiniband") || kind.starts_with("802-")
    });
    if hardware {
        in_section(text, "[connection]", "interface-name").collect()
    } else {
        Vec::new()
    }
}

/// `nm-settings-ifcfg-rh(5)`: `DEVICE=`, of the types that stand for hardware.
pub(super) fn ifcfg(text: &str) -> Vec<Named> {
    let values = |key: &'static str| {
        lines(text).filter_map(move |(number, line)| {
            let value = line.trim().strip_prefix(key)?;
            Some((number, value.trim_matches(['"', '\'']).to_owned()))
        })
    };
    let hardware = values("TYPE=")
        .all(|(_, kind)| matches!(kind.as_str(), "Ethernet" | "Wireless" | "InfiniBand"));
    let is_vlan = values("VLAN=").any(|(_, answer)| answer == "yes");
    if hardware && !is_vlan {
        values("DEVICE=").collect()
    } else {
        Vec::new()
    }
}

/// Values of one key in one section.
pub(super) fn in_section<'t>(
    text: &'t str,
    section: &'t str,
    key: &'t str,
) -> impl Iterator<Item = Named> + 't {
    let mut inside = false;
    lines(text).filter_map(move |(number, line)| {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == section;
        }
        let (name, value) = line.split_once('=')?;
        (inside && name.trim() == key).then(|| (number, value.trim().to_owned()))
    })
}

/// Lines that are no comments.
fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim_start().starts_with(['#', ';']))
        .filter(|(_, line)| !line.trim().is_empty())
}
