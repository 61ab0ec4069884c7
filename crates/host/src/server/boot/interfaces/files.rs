//! The names in each kind of file, with their lines.

/// Line, from 1, and name.
pub(super) type Named = (u32, String);

/// `interfaces(5)`: `auto NAME…`, `allow-hotplug NAME…`, `iface NAME …`.
pub(super) fn ifupdown(text: &str) -> Vec<Named> {
    lines(text)
        .flat_map(|(number, line)| {
            let mut words = line.split_whitespace();
            let names: Vec<&str> = match words.next() {
                Some("auto" | "allow-auto" | "allow-hotplug") => words.collect(),
                Some("iface") => words.take(1).collect(),
                _ => Vec::new(),
            };
            names
                .into_iter()
                // `eth0=home` and `eth0:1` are eth0.
                .filter_map(|name| name.split(['=', ':']).next())
                .map(|name| (number, name.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// netplan: keys of `ethernets:` and `wifis:`, the kinds whose interfaces exist by themselves. An entry with `match:` or `set-name:` names no interface
/// by its key.
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

/// `nm-settings-keyfile(5)`: `interface-name=` in `[connection]`.
pub(super) fn network_manager(text: &str) -> Vec<Named> {
    in_section(text, "[connection]", "interface-name").collect()
}

/// `nm-settings-ifcfg-rh(5)`: `DEVICE=`.
pub(super) fn ifcfg(text: &str) -> Vec<Named> {
    lines(text)
        .filter_map(|(number, line)| {
            let name = line.trim().strip_prefix("DEVICE=")?;
            Some((number, name.trim_matches(['"', '\'']).to_owned()))
        })
        .collect()
}

fn in_section<'t>(
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
