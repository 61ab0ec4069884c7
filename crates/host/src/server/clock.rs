//! The clock.

use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use sshdoctor_case::{Clock, Fact, Obstacle, Received, Sight};

use super::init::now::Now;
use super::{Host, not_seen};
use crate::child::output;
use crate::root::Root;

/// Files of the system's own that are written when packages are installed, or the clock is right.
const FILES: [&str; 9] = [
    "/var/lib/dpkg/status",
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
    "/var/lib/rpm/Packages",
    "/lib/apk/db/installed",
    "/var/lib/pacman/local",
    "/var/lib/systemd/timesync/clock",
    "/usr/lib/clock-epoch",
    "/usr/sbin/sshd",
];
/// systemd-timesyncd touches it once the clock is right (`systemd-timesyncd.service(8)`).
const TIMESYNC_DONE: &str = "/run/systemd/timesync/synchronized";
const TIMESYNC: &str = "/run/systemd/timesync";
const CHRONY: [&str; 2] = ["/run/chrony/chronyd.sock", "/var/run/chrony/chronyd.sock"];

pub(super) fn look(host: &Host) -> Vec<Fact> {
    if !host.root.is_running() {
        let reason = "the clock of a system that does not run";
        return vec![not_seen(Sight::Clock, Obstacle::NotRunning, reason)];
    }
    let newest = newest(&host.root);
    vec![Fact::Clock {
        clock: Clock {
            now_ms: Now::read().real_ms(),
            synchronised: synchronised(host),
            not_before_ms: newest.map(|(at, _)| at),
            not_before: newest.map(|(_, path)| Received::from_text(path)),
            jumped_ms: None,
        },
    }]
}

fn newest(root: &Root) -> Option<(i64, &'static str)> {
    FILES
        .iter()
        .filter_map(|path| {
            let changed = root.metadata(path).ok()?.mtime();
            Some((changed.checked_mul(1000)?, *path))
        })
        .max()
}

/// What the program that keeps the time says; none says anything in a container, whose clock is its host's.
fn synchronised(host: &Host) -> Option<bool> {
    if CHRONY.iter().any(|socket| host.root.exists(socket)) {
        return chrony(host);
    }
    host.root
        .exists(TIMESYNC)
        .then(|| host.root.exists(TIMESYNC_DONE))
}

/// The last field of `chronyc -c tracking` is `Leap status`. It is asked over UDP, since for the other way it makes a socket in `/run`.
fn chrony(host: &Host) -> Option<bool> {
    let mut command = Command::new(host.programs.find("chronyc")?);
    command.args(["-h", "127.0.0.1", "-n", "-c", "tracking"]);
    let patience = host.patience.min(Duration::from_millis(300));
    let output = output(&mut command, patience, 4096).ok()?;
    if !output.succeeded() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let leap = text.trim().rsplit(',').next()?;
    (!leap.is_empty()).then(|| leap != "Not synchronised")
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::server::init::mounted_disk::MountedDisk;

    #[test]
    fn the_newest_file_of_the_system_tells_what_now_cannot_be_before() {
        let disk = MountedDisk::with(&[("/usr/sbin/sshd", ""), ("/var/lib/dpkg/status", "")]);
        let root = disk.host().root;
        for (path, seconds) in [
            ("/usr/sbin/sshd", 1_700_000_000),
            ("/var/lib/dpkg/status", 1_800_000_000),
        ] {
            let file = File::options()
                .write(true)
                .open(root.outside(path))
                .unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
                .unwrap();
        }
        assert_eq!(
            newest(&root),
            Some((1_800_000_000_000, "/var/lib/dpkg/status"))
        );
    }
}
