//! SysV: links in `/etc/rc?.d` name what a runlevel starts, `/run/*.pid` what runs (`init(8)`, `inittab(5)`).

use sshdoctor_case::Unit;

use super::{Found, MOST_BYTES, SERVICES, process_in};
use crate::root::Root;

const MOST_LINKS: usize = 1024;

pub(super) fn services(root: &Root) -> Vec<Unit> {
    let runlevels = ["S", default_runlevel(root).as_str()].map(|runlevel| {
        let directory = format!("/etc/rc{runlevel}.d");
        let links = root.names_in(&directory, MOST_LINKS).unwrap_or_default();
        (directory, links)
    });
    SERVICES
        .iter()
        .filter(|name| root.exists(format!("/etc/init.d/{name}")))
        .map(|name| {
            let started_by = runlevels
                .iter()
                .filter(|(_, links)| links.iter().any(|link| starts(link, name)))
                .map(|(directory, _)| directory.clone())
                .collect();
            let daemon = if *name == "ssh" { "sshd" } else { name };
            let main_pid = process_in(root, &format!("/run/{daemon}.pid"));
            let state = if main_pid.is_some() {
                ("active", "running")
            } else {
                ("inactive", "dead")
            };
            Found {
                name,
                file: format!("/etc/init.d/{name}"),
                started_by,
                state: root.is_running().then_some(state),
                main_pid,
                environment: Vec::new(),
            }
            .unit()
        })
        .collect()
}

/// `S01ssh` starts `ssh`.
fn starts(link: &[u8], name: &str) -> bool {
    matches!(link, [b'S', b'0'..=b'9', b'0'..=b'9', rest @ ..] if rest == name.as_bytes())
}

/// From `id:2:initdefault:`.
fn default_runlevel(root: &Root) -> String {
    let inittab = root.read("/etc/inittab", MOST_BYTES);
    inittab
        .ok()
        .and_then(|contents| {
            let text = String::from_utf8_lossy(&contents.bytes).into_owned();
            let fields: Vec<String> = text
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'))
                .map(|line| line.split(':').map(str::to_owned).collect::<Vec<_>>())
                .find(|fields| fields.get(2).is_some_and(|action| action == "initdefault"))?;
            fields.get(1).cloned()
        })
        .filter(|runlevel| runlevel.len() == 1)
        .unwrap_or_else(|| "2".to_owned())
}
