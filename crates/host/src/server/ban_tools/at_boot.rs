//! Whether a service starts at boot, whatever starts services.

use crate::root::Root;

/// Where systemd keeps what it starts with a target.
const WANTS: [&str; 4] = [
    "/etc/systemd/system/multi-user.target.wants",
    "/etc/systemd/system/default.target.wants",
    "/etc/systemd/system/graphical.target.wants",
    "/usr/lib/systemd/system/multi-user.target.wants",
];
/// Where OpenRC and runit keep theirs.
const OTHERS: [&str; 4] = [
    "/etc/runlevels/default",
    "/etc/runlevels/boot",
    "/etc/runit/runsvdir/default",
    "/var/service",
];

/// Whether a service of this name starts at boot; absent where nothing is known of what does.
pub(super) fn starts(root: &Root, name: &str) -> Option<bool> {
    let linked = |path: &str| root.read_link(path).is_ok();
    let by_systemd = WANTS
        .iter()
        .any(|wants| linked(&format!("{wants}/{name}.service")));
    let by_others = OTHERS
        .iter()
        .any(|level| linked(&format!("{level}/{name}")));
    if by_systemd || by_others {
        return Some(true);
    }
    if root.exists("/usr/lib/systemd/systemd") || root.exists("/lib/systemd/systemd") {
        return Some(false);
    }
    let of_level = root.names_in("/etc/rc2.d", 1024).ok();
    let of_level = of_level.or_else(|| root.names_in("/etc/rc3.d", 1024).ok());
    let by_number = of_level.map(|names| {
        names.iter().any(|link| {
            // S01fail2ban
            link.first() == Some(&b'S') && link.get(3..) == Some(name.as_bytes())
        })
    });
    let others_exist = OTHERS.iter().any(|level| root.exists(level));
    by_number.or_else(|| others_exist.then_some(false))
}
