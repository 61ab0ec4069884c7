//! s6: the scan directory names what is supervised (`s6-svscan`), the bundles of s6-rc what is started.

use sshdoctor_case::Unit;

use super::{Found, SERVICES};
use crate::root::Root;

/// Scan directories.
const SUPERVISED: [&str; 3] = ["/run/service", "/etc/service", "/var/service"];
/// Sources of s6-rc, and the bundle that a boot starts.
const KEPT: [&str; 3] = ["/etc/s6/sv", "/etc/s6-overlay/s6-rc.d", "/etc/s6-rc/source"];
const BUNDLES: [&str; 3] = [
    "/etc/s6/adminsv/default/contents.d",
    "/etc/s6-overlay/s6-rc.d/user/contents.d",
    "/etc/s6-rc/source/default/contents.d",
];

pub(super) fn services(root: &Root) -> Vec<Unit> {
    SERVICES
        .iter()
        .filter_map(|name| service(root, name))
        .collect()
}

fn service(root: &Root, name: &str) -> Option<Unit> {
    let supervised = SUPERVISED
        .iter()
        .map(|directory| format!("{directory}/{name}"))
        .find(|directory| root.exists(format!("{directory}/run")));
    let kept = KEPT
        .iter()
        .flat_map(|directory| {
            [
                format!("{directory}/{name}"),
                format!("{directory}/{name}-srv"),
            ]
        })
        .find(|directory| root.exists(format!("{directory}/run")));
    let directory = supervised.clone().or(kept)?;
    let is_down = root.exists(format!("{directory}/down"));
    let started_by = BUNDLES
        .iter()
        .map(|bundle| format!("{bundle}/{name}"))
        .filter(|entry| root.exists(entry))
        .chain(supervised.filter(|_| !is_down))
        .collect();
    Some(
        Found {
            name,
            file: format!("{directory}/run"),
            started_by,
            // `supervise/status` is binary and s6's own: the processes tell whether it runs.
            state: None,
            main_pid: None,
            environment: Vec::new(),
        }
        .unit(),
    )
}
