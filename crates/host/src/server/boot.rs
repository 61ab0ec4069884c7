//! What the next boot would do.

mod fstab;
mod interfaces;
mod saved_rules;

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sshdoctor_case::{Boot, Fact, NewInstance, Received};

use super::Host;
use super::init::unit_files::{Enablement, UnitFile, find};
use crate::packet_filter::AtBoot;
use crate::root::Root;

/// Directories of units in which `default.target` is looked for (`bootup(7)`).
const TARGET_DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// The tools that load rules of a packet filter when this system boots, each with its rules where they can be read.
#[must_use]
pub fn rules_at_boot(root: &Root) -> Vec<(&'static str, Option<AtBoot>)> {
    saved_rules::enabled(root)
}

pub(super) fn look(host: &Host) -> Vec<Fact> {
    let root = &host.root;
    let boot = Boot {
        not_to_be_run: Some(root.exists("/etc/ssh/sshd_not_to_be_run")),
        default_target: default_target(root),
        file_systems: fstab::waited_for(root),
        saved_rules: saved_rules::all(root, &Enablement::read(root)),
        cloud_init: Some(cloud_init(root)),
        new_instance: new_instance(root),
        configured_interfaces: interfaces::configured(root),
    };
    vec![Fact::Boot {
        boot: Box::new(boot),
    }]
}

/// The target that the link leads to, `graphical.target` for example.
fn default_target(root: &Root) -> Option<Received> {
    TARGET_DIRECTORIES.iter().find_map(|directory| {
        let target = root
            .read_link(Path::new(directory).join("default.target"))
            .ok()?;
        Some(Received::from_text(&target.file_name()?.to_string_lossy()))
    })
}

/// It is installed, and neither its file nor the kernel's command line turns it off (cloud-init, "Disable cloud-init").
fn cloud_init(root: &Root) -> bool {
    let installed = root.exists("/usr/bin/cloud-init")
        && !matches!(find(root, "cloud-init.target"), UnitFile::Masked(_));
    let off = root.exists("/etc/cloud/cloud-init.disabled")
        || (root.is_running()
            && root.read("/proc/cmdline", 4096).is_ok_and(|line| {
                String::from_utf8_lossy(&line.bytes).contains("cloud-init=disabled")
            }));
    installed && !off
}

/// What cloud-init writes down of its instances, and what it writes where there was none before (`cloudinit/cmd/main.py`).
const INSTANCE: &str = "/var/lib/cloud/data/instance-id";
const PREVIOUS_INSTANCE: &str = "/var/lib/cloud/data/previous-instance-id";
const NO_INSTANCE: &str = "NO_PREVIOUS_INSTANCE_ID";

/// Another instance than before, as a disk has that was copied or restored, or whose provider gave it a new id.
fn new_instance(root: &Root) -> Option<NewInstance> {
    let read = |path| {
        let contents = root.read(path, 256).ok()?;
        let id = contents.bytes.trim_ascii().to_vec();
        (!id.is_empty()).then_some(id)
    };
    let (id, previous) = (read(INSTANCE)?, read(PREVIOUS_INSTANCE)?);
    if id == previous || previous == NO_INSTANCE.as_bytes() {
        return None;
    }
    let changed = root.metadata(INSTANCE).ok();
    Some(NewInstance {
        id: Received::from_bytes(&id),
        previous: Received::from_bytes(&previous),
        since_ms: changed.and_then(|data| data.mtime().checked_mul(1000)),
    })
}

#[cfg(test)]
mod tests;
