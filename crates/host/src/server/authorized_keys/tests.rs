//! A real sshd decides about each file, and this program must have foretold it.

mod sshd;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use sshdoctor_case::{CheckedPath, FileKind};

use crate::tests::namespace::{in_namespace, run};
use sshd::Sshd;

fn with_addresses(body: impl FnOnce() + Send) {
    in_namespace(|| {
        run("ip address add 192.0.2.1/24 dev lo\nip address add 192.0.2.7/24 dev lo");
        body();
    });
}

#[test]
fn sshd_lets_in_by_the_very_lines_that_are_foretold() {
    with_addresses(|| {
        let sshd = Sshd::start("StrictModes no\nRequiredRSASize 2048");
        let (key, other) = (sshd.public("key"), sshd.public("other"));
        let (rsa, ecdsa) = (sshd.public("rsa"), sshd.public("ecdsa"));
        let private = fs::read_to_string(sshd.at("key")).unwrap();
        let half = &key[..key.len() - 10];
        let utf16: Vec<u8> = format!("\u{feff}{key}\n")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let cases: Vec<(&str, Vec<u8>)> = [
            ("key", format!("{key} me\n")),
            ("key", format!("{other}\n# comment\n\n   {key} me")),
            ("key", format!("{other}\n")),
            ("key", String::new()),
            ("key", format!("{key} me\r\n")),
            ("key", format!("{key}\r\n")),
            ("key", format!("\u{feff}{key} me\n")),
            ("key", format!("\u{feff}# first\n{key} me\n")),
            ("key", private),
            ("key", format!("{half} me\n")),
            ("key", key.replacen(' ', "\n", 1)),
            ("key", key.replacen(' ', "\t", 1)),
            ("key", key.split_once(' ').unwrap().1.to_owned()),
            ("key", key.replacen("ssh-ed25519", "ssh-rsa", 1)),
            ("key", format!("from=\"192.0.2.7\" {key}\n")),
            ("key", format!("from=\"192.0.2.8\" {key}\n")),
            ("key", format!("from=\"192.0.2.0/24,!192.0.2.7\" {key}\n")),
            ("key", format!("from=\"192.0.2.7/24\" {key}\n")),
            ("key", format!("from=\"192.0.*\" {key}\n")),
            ("key", format!("from=\"!192.0.2.8,*\" {key}\n")),
            (
                "key",
                format!("from=\"*.example.net,192.0.2.0/025\" {key}\n"),
            ),
            ("key", format!("FROM=\"192.0.2.?\",no-pty {key}\n")),
            ("key", format!("from=192.0.2.7 {key}\n")),
            ("key", format!("from=\"\" {key}\n")),
            ("key", format!("expiry-time=\"20200101\" {key}\n")),
            ("key", format!("expiry-time=\"20990101Z\" {key}\n")),
            ("key", format!("expiry-time=\"2099\" {key}\n")),
            (
                "key",
                format!("expiry-time=\"20990101\",expiry-time=\"202001011200\" {key}\n"),
            ),
            (
                "key",
                format!("restrict,command=\"echo \\\"a b\\\"\" {key}\n"),
            ),
            ("key", format!("restrict,no-such {key}\n")),
            ("key", format!("restrict, {key}\n")),
            ("key", format!("no-pty ,restrict {key}\n")),
            (
                "key",
                format!("environment=\"A=b\",environment=\"C=d\" {key}\n"),
            ),
            ("key", format!("environment=\"1 x\" {key}\n")),
            (
                "key",
                format!("permitopen=\"localhost:80\",permitlisten=\"8080\" {key}\n"),
            ),
            ("key", format!("permitopen=\"localhost\" {key}\n")),
            ("key", format!("tunnel=\"0\" {key}\n")),
            ("key", format!("tunnel=\"x\" {key}\n")),
            (
                "key",
                format!("permitopen=\"[::1]:22\",permitopen=\"*:*\" {key}\n"),
            ),
            ("key", format!("permitopen=\"host:0\" {key}\n")),
            ("key", format!("permitlisten=\"-1\" {key}\n")),
            ("key", format!("command=\"true\",command=\"true\" {key}\n")),
            ("key", format!("cert-authority {key}\n")),
            ("key", format!("\"quoted {key}\n")),
            ("rsa", format!("{rsa}\n")),
            ("ecdsa", format!("{ecdsa}\n")),
        ]
        .into_iter()
        .map(|(name, text)| (name, text.into_bytes()))
        .chain([("key", utf16)])
        .collect();
        for (name, contents) in cases {
            fs::write(sshd.at("keys/root"), &contents).unwrap();
            let (foretold, file) = sshd.foretold(name);
            let shown = String::from_utf8_lossy(&contents);
            assert_eq!(foretold, sshd.lets_in(name), "{shown}\n{file:#?}");
        }
        fs::remove_file(sshd.at("keys/root")).unwrap();
        assert_eq!(sshd.observed().readable, Some(false));
    });
}

#[test]
fn types_and_sizes_of_keys_are_refused_where_sshd_refuses_them() {
    with_addresses(|| {
        for more in [
            "PubkeyAcceptedAlgorithms ecdsa-*,rsa-sha2-512\nRequiredRSASize 1024",
            "PubkeyAcceptedAlgorithms -ssh-ed25519,ecdsa-sha2-nistp384\nRequiredRSASize 1025",
        ] {
            let sshd = Sshd::start(&format!("StrictModes no\n{more}"));
            for name in ["key", "rsa", "ecdsa"] {
                fs::write(sshd.at("keys/root"), sshd.public(name)).unwrap();
                let (foretold, file) = sshd.foretold(name);
                assert_eq!(foretold, sshd.lets_in(name), "{more}: {name}\n{file:#?}");
            }
        }
    });
}

/// `secure_permissions` of Debian's sshd: writable for a group only if nobody else is in it.
fn is_safe(step: &CheckedPath, expected: FileKind) -> bool {
    let mode = step.mode.unwrap();
    step.kind == expected
        && step.uid == Some(0)
        && mode & 0o002 == 0
        && (mode & 0o020 == 0 || step.private_group == Some(true))
}

#[test]
fn steps_of_a_path_are_seen_as_sshd_sees_them() {
    with_addresses(|| {
        let sshd = Sshd::start("StrictModes yes");
        let file = sshd.at("keys/root");
        fs::write(&file, sshd.public("key")).unwrap();
        let cases = [
            (0o600, 0o700, 0, 0),
            (0o666, 0o700, 0, 0),
            (0o664, 0o700, 0, 0),
            (0o664, 0o700, 0, 1),
            (0o644, 0o777, 0, 0),
            (0o644, 0o1777, 0, 0),
            (0o644, 0o775, 0, 0),
            (0o644, 0o775, 0, 100),
            (0o644, 0o755, 65534, 0),
            (0o644, 0o755, 0, 65534),
        ];
        for (file_mode, directory_mode, uid, gid) in cases {
            let directory = sshd.at("keys");
            std::os::unix::fs::chown(&file, Some(uid), Some(gid)).unwrap();
            std::os::unix::fs::chown(&directory, Some(0), Some(gid)).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(file_mode)).unwrap();
            fs::set_permissions(&directory, Permissions::from_mode(directory_mode)).unwrap();
            let seen = sshd.observed().checked;
            let paths: Vec<_> = seen.iter().map(|step| step.path.as_str()).collect();
            let expected: Vec<_> = file
                .ancestors()
                .map(|step| step.to_str().unwrap())
                .collect();
            assert_eq!(paths, expected);
            let (first, rest) = seen.split_first().unwrap();
            let foretold = is_safe(first, FileKind::File)
                && rest.iter().all(|step| is_safe(step, FileKind::Directory));
            let case = format!("{file_mode:o} {directory_mode:o} {uid} {gid}");
            assert_eq!(foretold, sshd.lets_in("key"), "{case}\n{seen:#?}");
        }
    });
}

#[test]
fn programs_and_files_that_decide_beside_the_keys_are_told_with_why_they_fail() {
    with_addresses(|| {
        let place = tempfile::tempdir_in("/run").unwrap();
        let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
        let config = |account: &str, revoked: &str| {
            format!(
                "StrictModes no\nAuthorizedKeysCommand {} %u\nAuthorizedKeysCommandUser {account}\n{revoked}",
                at("command")
            )
        };
        let sshd = Sshd::start(&config("nobody", ""));
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
        let script = format!("#!/bin/sh\necho '{}'\n", sshd.public("key"));
        let problem = |sshd: &Sshd| {
            let sources = sshd.sources();
            let problem = sources[0].problem.as_ref();
            problem.map(|problem| problem.as_str().to_owned())
        };
        assert_eq!(
            (problem(&sshd).as_deref(), sshd.lets_in("key")),
            (Some("no such file"), false)
        );
        fs::write(at("command"), script).unwrap();
        fs::set_permissions(at("command"), Permissions::from_mode(0o644)).unwrap();
        assert_eq!(
            (problem(&sshd).as_deref(), sshd.lets_in("key")),
            (Some("it is not executable"), false)
        );
        for (mode, safe) in [(0o755, true), (0o757, false)] {
            fs::set_permissions(at("command"), Permissions::from_mode(mode)).unwrap();
            let checked = sshd.sources()[0].checked.clone();
            let (first, rest) = checked.split_first().unwrap();
            let foretold = is_safe(first, FileKind::File)
                && rest.iter().all(|step| is_safe(step, FileKind::Directory));
            assert_eq!((problem(&sshd), foretold), (None, safe));
            assert_eq!(sshd.lets_in("key"), safe, "{mode:o}");
        }
        fs::set_permissions(at("command"), Permissions::from_mode(0o755)).unwrap();
        drop(sshd);

        let sshd = Sshd::start(&config("nobody-here", ""));
        fs::write(
            at("command"),
            format!("#!/bin/sh\necho '{}'\n", sshd.public("key")),
        )
        .unwrap();
        assert_eq!(
            (problem(&sshd).as_deref(), sshd.lets_in("key")),
            (Some("there is no account nobody-here"), false)
        );
        drop(sshd);

        // Without the list of revoked keys no key is taken.
        let more = format!(
            "RevokedKeys {}\nTrustedUserCAKeys {}",
            at("revoked"),
            at("authorities")
        );
        let sshd = Sshd::start(&config("nobody", &more));
        fs::write(
            at("command"),
            format!("#!/bin/sh\necho '{}'\n", sshd.public("key")),
        )
        .unwrap();
        fs::write(
            at("authorities"),
            format!("# ours\n{} ca\n", sshd.public("other")),
        )
        .unwrap();
        let sources = sshd.sources();
        let of = |setting: &str| {
            let mut sources = sources.iter();
            sources
                .find(|source| source.setting.as_str() == setting)
                .unwrap()
        };
        assert!(of("revokedkeys").problem.is_some() && !sshd.lets_in("key"));
        assert_eq!(
            of("trustedusercakeys").fingerprints,
            [sshd.fingerprint("other")]
        );
        fs::write(at("revoked"), "").unwrap();
        assert!(
            sshd.sources().iter().all(|source| source.problem.is_none()) && sshd.lets_in("key")
        );
    });
}
