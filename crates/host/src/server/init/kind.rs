//! Which init system starts the services.

use std::path::Path;

use sshdoctor_case::InitKind;

use crate::root::Root;

/// How much of a file in `/proc` is read.
const MOST_BYTES: u64 = 4096;

/// The init system of this host.
pub(super) fn of(root: &Root) -> InitKind {
    if root.is_running() {
        running(root)
    } else {
        installed(root)
    }
}

/// By what runs: `sd_booted(3)` for systemd, the name of process 1 for the others.
fn running(root: &Root) -> InitKind {
    if root.exists("/run/systemd/system") {
        return InitKind::Systemd;
    }
    let first = root
        .read("/proc/1/comm", MOST_BYTES)
        .map(|contents| String::from_utf8_lossy(&contents.bytes).trim().to_owned())
        .unwrap_or_default();
    match first.as_str() {
        "" => InitKind::Unknown,
        "systemd" => InitKind::Systemd,
        "runit" | "runsvdir" => InitKind::Runit,
        "s6-svscan" | "s6-linux-init" => InitKind::S6,
        "openrc-init" => InitKind::OpenRc,
        "init" if root.exists("/run/openrc/softlevel") => InitKind::OpenRc,
        "init" if root.exists("/etc/inittab") => InitKind::SysV,
        "init" => InitKind::Unknown,
        _ => InitKind::None,
    }
}

/// By what `/sbin/init` is, and what lies about it.
fn installed(root: &Root) -> InitKind {
    let init = root
        .read_link("/sbin/init")
        .or_else(|_| root.read_link("/usr/sbin/init"))
        .unwrap_or_default();
    let name = init.file_name().unwrap_or_default().to_string_lossy();
    let any = |paths: &[&str]| paths.iter().any(|path| root.exists(Path::new(path)));
    match name.as_ref() {
        "systemd" => InitKind::Systemd,
        "runit-init" | "runit" => InitKind::Runit,
        "openrc-init" => InitKind::OpenRc,
        _ if any(&["/sbin/openrc", "/usr/bin/openrc", "/usr/sbin/openrc"]) => InitKind::OpenRc,
        _ if name.contains("s6") || any(&["/etc/s6-linux-init"]) => InitKind::S6,
        _ if any(&["/etc/inittab"]) => InitKind::SysV,
        _ if any(&["/usr/lib/systemd/systemd", "/lib/systemd/systemd"]) => InitKind::Systemd,
        _ if any(&["/etc/runit"]) => InitKind::Runit,
        _ if any(&["/sbin/init", "/usr/sbin/init"]) => InitKind::Unknown,
        _ => InitKind::None,
    }
}
