//! Lockouts of whole hosts: Debian with systemd, real daemons and real firewalls, booted for each scenario.
//!
//! A host is a tree made once ([`Image`]) under an overlay in memory, booted by `systemd-nspawn` in a network namespace behind a
//! router; the client is in a third. It is broken by shell scripts, the symptom is confirmed by the real `ssh`, and then
//! `sshdoctor here` is run on it. It must find the cause and leave every file and rule as it was. As with the other
//! scenarios everything is below one process that is pid 1 of its namespaces.

mod broken_host;
mod client;
mod control_group;
mod fingerprint;
mod fixtures;
mod image;
mod judge;
mod machine;
mod measure;
mod network;
mod rule_sets;
mod scenario;
mod trial;

pub use broken_host::open_booted_shell;
pub use control_group::sweep as sweep_control_groups;
pub use fixtures::Fixtures;
pub use image::Image;
pub use judge::InsideVerdict;
pub use measure::{Measured, measure_on_booted};
pub use scenario::{BootedScenario, Release};
pub use trial::{BootedTrial, InsideRun, try_booted_scenario};
