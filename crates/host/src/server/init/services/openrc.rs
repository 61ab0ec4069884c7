//! OpenRC: `/etc/runlevels` names what is started, directories below `/run/openrc` what was (`rc-status`, `librc-misc.c`).

use sshdoctor_case::{Received, Unit};

use super::{Found, SERVICES};
use crate::root::Root;
use crate::server::init::environment::assignments_in;

const MOST_RUNLEVELS: usize = 32;
/// Directories of OpenRC's state, the most telling first, with what being in them means.
const STATES: [(&str, (&str, &str)); 5] = [
    ("failed", ("failed", "failed")),
    ("starting", ("activating", "start")),
    ("stopping", ("deactivating", "stop")),
    ("inactive", ("activating", "inactive")),
    ("started", ("active", "running")),
];

pub(super) fn services(root: &Root) -> Vec<Unit> {
    let runlevels: Vec<String> = root
        .names_in("/etc/runlevels", MOST_RUNLEVELS)
        .unwrap_or_default()
        .iter()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    SERVICES
        .iter()
        .filter(|name| root.exists(format!("/etc/init.d/{name}")))
        .map(|name| service(root, name, &runlevels))
        .collect()
}

fn service(root: &Root, name: &str, runlevels: &[String]) -> Unit {
    let linked = |directory: &str| root.read_link(format!("{directory}/{name}")).is_ok();
    let state = root.is_running().then(|| {
        STATES
            .iter()
            .find(|(directory, _)| linked(&format!("/run/openrc/{directory}")))
            .map_or(("inactive", "dead"), |(_, state)| *state)
    });
    let settings = format!("/etc/conf.d/{name}");
    Found {
        name,
        file: format!("/etc/init.d/{name}"),
        started_by: runlevels
            .iter()
            .filter(|runlevel| linked(&format!("/etc/runlevels/{runlevel}")))
            .cloned()
            .collect(),
        state,
        main_pid: None,
        environment: assignments_in(root, &settings)
            .iter()
            .filter(|assignment| {
                let name = assignment.split('=').next().unwrap_or_default();
                name.starts_with("SSHD_") || name.starts_with("DROPBEAR_") || name == "command_args"
            })
            .take(16)
            .map(|assignment| {
                (
                    Received::from_text(&settings),
                    Received::from_text(assignment),
                )
            })
            .collect(),
    }
    .unit()
}
