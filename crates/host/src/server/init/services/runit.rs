//! runit: a service is on when its directory is linked where `runsvdir(8)` looks; `supervise/stat` tells its state (`runsv(8)`).

use sshdoctor_case::Unit;

use super::{Found, MOST_BYTES, SERVICES, process_in};
use crate::root::Root;

/// Where services are on, by distribution: Void, Debian, Artix.
const ON: [&str; 4] = [
    "/var/service",
    "/etc/service",
    "/run/runit/service",
    "/etc/runit/runsvdir/default",
];
/// Where they are kept.
const KEPT: [&str; 2] = ["/etc/sv", "/etc/runit/sv"];

pub(super) fn services(root: &Root) -> Vec<Unit> {
    SERVICES
        .iter()
        .filter_map(|name| {
            let directory = KEPT
                .iter()
                .map(|kept| format!("{kept}/{name}"))
                .find(|directory| root.exists(format!("{directory}/run")))?;
            Some(service(root, name, &directory))
        })
        .collect()
}

fn service(root: &Root, name: &str, directory: &str) -> Unit {
    let on: Vec<String> = ON
        .iter()
        .filter(|on| root.exists(format!("{on}/{name}/run")))
        .map(|on| (*on).to_owned())
        .collect();
    let is_down = root.exists(format!("{directory}/down"));
    let state = root
        .read(format!("{directory}/supervise/stat"), MOST_BYTES)
        .map(|contents| String::from_utf8_lossy(&contents.bytes).trim().to_owned());
    let state = match state.as_deref() {
        Ok(state) if state.starts_with("run") => ("active", "running"),
        Ok(state) if state.starts_with("finish") => ("activating", "auto-restart"),
        _ => ("inactive", "dead"),
    };
    Found {
        name,
        file: format!("{directory}/run"),
        started_by: if is_down { Vec::new() } else { on },
        state: root.is_running().then_some(state),
        main_pid: process_in(root, &format!("{directory}/supervise/pid")),
        environment: Vec::new(),
    }
    .unit()
}
