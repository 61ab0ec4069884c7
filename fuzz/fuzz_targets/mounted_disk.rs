//! The disk of a system, mounted by a rescue system: whatever its files hold, they are read within bounds, diagnosed, and redacted.
//!
//! The input is files, each ended by a NUL: the first byte chooses the path, the rest is what it holds.

#![no_main]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use sshdoctor_case::{Case, Destination, ServerQuestion, Settings, SshOptions};
use sshdoctor_host::server::{self, Host};
use sshdoctor_host::{Programs, Root};

const FILES: [&str; 24] = [
    "etc/ssh/sshd_config",
    "etc/ssh/sshd_config.d/50-own.conf",
    "etc/passwd",
    "etc/shadow",
    "etc/group",
    "etc/shells",
    "home/user/.ssh/authorized_keys",
    "etc/pam.d/sshd",
    "etc/pam.d/common-auth",
    "etc/security/access.conf",
    "etc/hosts.allow",
    "etc/hosts.deny",
    "etc/fstab",
    "etc/os-release",
    "etc/systemd/system/ssh.service",
    "etc/systemd/system/ssh.service.d/own.conf",
    "etc/systemd/system/ssh.socket",
    "etc/ssh/ssh_host_ed25519_key",
    "etc/ssh/ssh_host_ed25519_key.pub",
    "etc/nftables.conf",
    "etc/iptables/rules.v4",
    "etc/ufw/user.rules",
    "var/log/auth.log",
    "etc/crypto-policies/config",
];

/// Longer than any of these may take, so that what hangs shows.
const PATIENCE: Duration = Duration::from_secs(5);

fuzz_target!(|input: &[u8]| {
    let Ok(disk) = tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    for file in input.split(|&byte| byte == 0) {
        if let Some((&which, content)) = file.split_first() {
            let path = disk.path().join(FILES[usize::from(which) % FILES.len()]);
            let directory = path.parent().unwrap_or(disk.path());
            let _ = fs::create_dir_all(directory).and_then(|()| fs::write(&path, content));
        }
    }
    diagnose(disk.path());
});

fn diagnose(disk: &Path) {
    let Ok(root) = Root::mounted_at(disk) else {
        return;
    };
    let question = ServerQuestion {
        from: "198.51.100.7".parse().ok(),
        user: Some("user".into()),
        root: Some("/disk".into()),
        ..ServerQuestion::default()
    };
    let host = Arc::new(Host {
        root,
        // None: what is on the disk is read, and no program is run.
        programs: Programs::in_directories([]),
        question: question.clone(),
        patience: PATIENCE,
    });
    let Ok(destination) = Destination::parse("localhost") else {
        return;
    };
    let now = jiff::Timestamp::UNIX_EPOCH;
    let mut case = Case::new(
        now,
        destination,
        SshOptions::default(),
        Settings::default(),
    );
    case.server = Some(question);
    server::observe(&host, Instant::now(), |observation| case.add(observation));
    let report = sshdoctor_diagnose::diagnose(&case);
    let again = sshdoctor_diagnose::diagnose(&case);
    assert_eq!(report.headline, again.headline);
    let _ = sshdoctor_diagnose::diagnose(&case.redacted());
}
