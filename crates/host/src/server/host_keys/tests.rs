//! Keys made by ssh-keygen, spoiled in the ways in which they are found spoiled.

use std::fs::{self, Permissions};
use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;
use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;

struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(disk.path("etc/ssh")).unwrap();
        disk
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.path().join(inside)
    }

    fn make_key(&self, kind: &str, bits: &str, name: &str, more: &[&str]) -> PathBuf {
        let path = self.path("etc/ssh").join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", kind, "-b", bits, "-f"])
            .arg(&path)
            .args(if more.is_empty() { &["-N", ""] } else { more })
            .status();
        assert!(made.unwrap().success());
        path
    }

    fn look(&self, names: &[&str]) -> Vec<HostKeyFile> {
        let effective = names.iter().map(|name| {
            let path = format!("/etc/ssh/{name}");
            (Received::from_text("hostkey"), Received::from_text(&path))
        });
        let config = SshdConfig {
            path: Received::default(),
            reading: sshdoctor_case::ConfigReading::Resolved,
            problem: None,
            start: None,
            effective: effective.collect(),
            listen: Vec::new(),
            files: Vec::new(),
            lines: Vec::new(),
            subsystems: Vec::new(),
            chroot: None,
        };
        let host = Host {
            root: Root::mounted_at(self.0.path()).unwrap(),
            programs: Programs::in_directories([]),
            question: ServerQuestion::default(),
            patience: crate::server::PATIENCE,
        };
        match look(&host, Some(&config)).pop() {
            Some(Fact::HostKeyFiles { keys }) => keys,
            other => panic!("{other:?}"),
        }
    }
}

fn told_by_ssh_keygen(path: &Path) -> (u32, String) {
    let output = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(path)
        .output()
        .unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let mut words = line.split_whitespace();
    (
        words.next().unwrap().parse().unwrap(),
        words.next().unwrap().to_owned(),
    )
}

#[test]
fn type_bits_and_fingerprint_are_what_ssh_keygen_says() {
    let disk = Disk::new();
    for (kind, bits, key_type) in [
        ("rsa", "2048", "ssh-rsa"),
        ("ecdsa", "256", "ecdsa-sha2-nistp256"),
        ("ecdsa", "521", "ecdsa-sha2-nistp521"),
        ("ed25519", "256", "ssh-ed25519"),
    ] {
        let name = format!("{kind}{bits}");
        let path = disk.make_key(kind, bits, &name, &[]);
        let (told_bits, fingerprint) = told_by_ssh_keygen(&path);
        // The private file shows all of it.
        fs::remove_file(path.with_extension("pub")).unwrap();
        let key = &disk.look(&[&name])[0];
        assert_eq!(key.key_type.as_ref().unwrap().as_str(), key_type);
        assert_eq!(key.bits, Some(told_bits));
        assert_eq!(key.fingerprint.as_ref(), Some(&fingerprint));
        assert_eq!(
            (key.exists, key.mode, &key.problem),
            (true, Some(0o600), &None)
        );
    }
}

#[test]
fn a_key_that_cannot_be_used_says_why() {
    let disk = Disk::new();
    let open = disk.make_key("ed25519", "256", "open", &[]);
    fs::set_permissions(&open, Permissions::from_mode(0o644)).unwrap();
    disk.make_key("ed25519", "256", "protected", &["-N", "secret"]);
    disk.make_key("rsa", "2048", "old", &["-N", "", "-m", "PEM"]);
    disk.make_key(
        "rsa",
        "2048",
        "old_protected",
        &["-N", "secret", "-m", "PEM"],
    );
    disk.make_key("rsa", "1024", "short", &[]);
    let cut = disk.make_key("ed25519", "256", "cut", &[]);
    let whole = fs::read(&cut).unwrap();
    fs::write(&cut, &whole[..200]).unwrap();
    let public = disk.make_key("ed25519", "256", "public", &[]);
    fs::copy(public.with_extension("pub"), &public).unwrap();
    let private = |name: &str, text: &[u8]| {
        let path = disk.path("etc/ssh").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    };
    private("empty", b"");
    private("other", b"hello\n");
    private(
        "directory.txt",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    );
    fs::create_dir(disk.path("etc/ssh/directory")).unwrap();
    fs::set_permissions(
        disk.path("etc/ssh/directory"),
        Permissions::from_mode(0o700),
    )
    .unwrap();
    let names = [
        ("open", Some("permissions 0644 are too open")),
        (
            "protected",
            Some("protected by a passphrase, which nobody can type"),
        ),
        ("old", None),
        (
            "old_protected",
            Some("protected by a passphrase, which nobody can type"),
        ),
        ("short", None),
        ("cut", Some("cut off: its last line is missing")),
        ("public", Some("a public key, not a private one")),
        ("empty", Some("empty")),
        ("other", Some("not a private key")),
        ("directory.txt", Some("not a private key")),
        ("directory", Some("not a regular file")),
        ("nowhere", Some("missing")),
    ];
    let keys = disk.look(&names.map(|(name, _)| name));
    for (key, (name, problem)) in keys.iter().zip(names) {
        assert_eq!(
            key.problem.as_ref().map(Received::as_str),
            problem,
            "{name}"
        );
        assert_eq!(key.exists, name != "nowhere");
    }
    // The public file speaks for a private one that does not.
    assert!(keys[2].fingerprint.is_some() && keys[5].fingerprint.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_damaged_key_is_read_or_refused(
        changes in prop::collection::vec((0_usize..400, any::<u8>()), 0..4),
        kept in 0_usize..500,
    ) {
        let mut text = key_of_all_cases();
        for (place, byte) in changes {
            let place = place % text.len();
            text[place] = byte;
        }
        text.truncate(kept);
        if let PrivateFile::OpenSsh { public: Some(public), .. } = key_file::private_file(&text) {
            prop_assert!(public.fingerprint.starts_with("SHA256:"));
        }
        let _ = key_file::public_line(&text);
    }
}

fn key_of_all_cases() -> Vec<u8> {
    static KEY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let make = || {
        let disk = Disk::new();
        fs::read(disk.make_key("ed25519", "256", "key", &[])).unwrap()
    };
    KEY.get_or_init(make).clone()
}
