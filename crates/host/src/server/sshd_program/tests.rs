//! The sshd that is installed here, and disks where it is not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use sshdoctor_case::{ServerQuestion, SshdDirectory};

use super::*;
use crate::programs::Programs;
use crate::root::Root;

fn host(root: Root, programs: &[&Path]) -> Host {
    Host {
        root,
        programs: Programs::in_directories(programs.iter().map(|path| path.to_path_buf())),
        question: ServerQuestion::default(),
        patience: crate::server::PATIENCE,
    }
}

#[derive(Default)]
struct Seen {
    program: Option<SshdBinary>,
    check: Option<SshdCheck>,
    directory: Option<SshdDirectory>,
    not_seen: Vec<(Obstacle, String)>,
}

fn seen(host: &Host) -> Seen {
    let mut seen = Seen::default();
    for fact in look(host) {
        match fact {
            Fact::SshdProgram { program } => seen.program = Some(*program),
            Fact::SshdCheck { check } => seen.check = Some(*check),
            Fact::SshdDirectory { directory } => seen.directory = Some(*directory),
            Fact::NotSeen {
                obstacle, reason, ..
            } => seen.not_seen.push((obstacle, reason.as_str().to_owned())),
            other => panic!("{other:?}"),
        }
    }
    seen
}

#[test]
fn the_installed_sshd_is_known_by_its_file() {
    let seen = seen(&host(Root::default(), &[Path::new("/usr/sbin")]));
    let program = seen.program.unwrap();
    assert_eq!(program.path.unwrap().as_str(), "/usr/sbin/sshd");
    let version = program.version.unwrap();
    assert!(
        version_number(version.as_str()).is_some_and(|version| version >= (8, 0)),
        "{version}"
    );
    assert!(version.as_str()[8..].contains('p'));
    assert!(program.missing_libraries.is_empty());
    let check = seen.check.unwrap();
    assert_eq!(check.command.as_str(), "/usr/sbin/sshd -t");
    assert!(check.status.is_some());
    let directory = seen.directory.unwrap();
    assert!(directory.path.as_str().contains("ss") || directory.path.as_str().contains("empty"));
    assert_eq!(directory.account_exists, Some(true));
}

/// A program that says what the dynamic loader says, and ends as it does.
fn failing(directory: &Path, said: &str) -> PathBuf {
    let path = directory.join("sshd");
    fs::write(&path, format!("#!/bin/sh\necho '{said}' >&2\nexit 127\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn libraries_that_the_loader_does_not_find_are_named() {
    for (said, library) in [
        (
            "/usr/sbin/sshd: error while loading shared libraries: libcrypto.so.3: cannot open shared object file: No such file or directory",
            "libcrypto.so.3",
        ),
        (
            "Error loading shared library libz.so.1: No such file or directory (needed by /usr/sbin/sshd)",
            "libz.so.1",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        failing(directory.path(), said);
        let host = host(Root::default(), &[directory.path()]);
        let command = SshdCommand::find(&host, &Start::default()).unwrap();
        let check = check(&host, &command, &Start::default()).unwrap();
        let missing = missing_libraries(&check);
        assert_eq!(
            missing.iter().map(Received::as_str).collect::<Vec<_>>(),
            [library]
        );
    }
}

#[test]
fn an_sshd_that_hangs_is_left_and_said_to_hang() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sshd");
    fs::write(&path, "#!/bin/sh\nsleep 60\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut host = host(Root::default(), &[directory.path()]);
    host.patience = std::time::Duration::from_millis(100);
    let command = SshdCommand::find(&host, &Start::default()).unwrap();
    let checked = check(&host, &command, &Start::default());
    assert_eq!(
        checked.map_err(|(obstacle, _)| obstacle),
        Err(Obstacle::TooLong)
    );
}

fn put(disk: &Path, path: &str, text: &[u8], mode: u32) {
    let path = disk.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn on_a_mounted_disk_the_helpers_and_the_directory_are_those_compiled_in() {
    let disk = tempfile::tempdir().unwrap();
    let text = b"\x7fELF\0OpenSSH_7.4*,OpenSSH_6.6.1*\0OpenSSH_10.0\0OpenSSH_10.0p2 Debian-7\0/usr/libexec/x/sshd-session\0/usr/lib/y/sshd-auth\0/usr/share/empty.sshd\0";
    put(disk.path(), "usr/sbin/sshd", text, 0o755);
    put(disk.path(), "usr/libexec/x/sshd-session", b"", 0o755);
    put(disk.path(), "usr/lib/y/sshd-auth", b"", 0o644);
    put(disk.path(), "usr/sbin/dropbear", b"", 0o755);
    put(
        disk.path(),
        "etc/passwd",
        b"root:x:0:0::/root:/bin/sh\n",
        0o644,
    );
    let seen = seen(&host(Root::mounted_at(disk.path()).unwrap(), &[]));
    let program = seen.program.unwrap();
    assert_eq!(program.version.unwrap().as_str(), "OpenSSH_10.0p2");
    let helpers: Vec<_> = program
        .helpers
        .iter()
        .map(|(path, there)| (path.as_str(), *there))
        .collect();
    assert_eq!(
        helpers,
        [
            ("/usr/libexec/x/sshd-session", true),
            ("/usr/lib/y/sshd-auth", false)
        ]
    );
    assert_eq!(program.others[0].as_str(), "dropbear");
    let directory = seen.directory.unwrap();
    assert_eq!(directory.path.as_str(), "/usr/share/empty.sshd");
    assert_eq!(
        (directory.exists, directory.account_exists),
        (false, Some(false))
    );
    assert!(seen.check.is_none());
    assert_eq!(seen.not_seen[0].0, Obstacle::NotRunning);
}

#[test]
fn what_makes_the_directory_at_boot_is_named() {
    let disk = tempfile::tempdir().unwrap();
    put(
        disk.path(),
        "usr/sbin/sshd",
        b"OpenSSH_9.2p1 x\0/run/sshd\0",
        0o755,
    );
    let made_by = |disk: &Path| {
        let seen = seen(&host(Root::mounted_at(disk).unwrap(), &[]));
        seen.directory
            .unwrap()
            .made_by
            .map(|text| text.as_str().to_owned())
    };
    assert_eq!(made_by(disk.path()), None);
    put(
        disk.path(),
        "usr/lib/tmpfiles.d/sshd.conf",
        b"# it\nd /var/run/sshd 0755 root root\n",
        0o644,
    );
    assert_eq!(
        made_by(disk.path()).unwrap(),
        "/usr/lib/tmpfiles.d/sshd.conf line 2"
    );
    let unit = b"[Service]\nRuntimeDirectory=sshd\nExecStart=/usr/sbin/sshd -D\n";
    put(
        disk.path(),
        "usr/lib/systemd/system/ssh.service",
        unit,
        0o644,
    );
    assert_eq!(
        made_by(disk.path()).unwrap(),
        "/usr/lib/systemd/system/ssh.service: RuntimeDirectory=sshd"
    );
}
