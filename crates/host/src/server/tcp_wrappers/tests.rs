use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;

/// A disk with these tables.
fn disk(allow: &[u8], deny: &[u8]) -> tempfile::TempDir {
    let disk = tempfile::tempdir().unwrap();
    fs::create_dir(disk.path().join("etc")).unwrap();
    fs::write(disk.path().join("etc/hosts.allow"), allow).unwrap();
    fs::write(disk.path().join("etc/hosts.deny"), deny).unwrap();
    disk
}

fn seen(disk: &Path, from: &str, to: Option<&str>) -> TcpWrappers {
    let host = Host {
        root: Root::mounted_at(disk).unwrap(),
        programs: Programs::of_this_process(),
        question: ServerQuestion {
            from: Some(from.parse().unwrap()),
            to: to.map(|to| to.parse().unwrap()),
            ..ServerQuestion::default()
        },
        patience: Duration::from_secs(2),
    };
    match look(&host).swap_remove(0) {
        Fact::TcpWrappers { wrappers } => *wrappers,
        other => panic!("{other:?}"),
    }
}

/// Whether the client gets in; absent where that could not be decided.
fn allowed(wrappers: &TcpWrappers) -> Option<bool> {
    let allows = wrappers.rule.as_ref().is_none_or(|rule| rule.allows);
    wrappers.undecided.is_none().then_some(allows)
}

/// What the library itself does with a client without a name.
fn library_allows(disk: &Path, from: &str) -> bool {
    let output = Command::new("tcpdmatch")
        .args(["-d", "-i", "/dev/null", "sshd", from])
        .current_dir(disk.join("etc"))
        .stderr(Stdio::null())
        .output()
        .expect("this test needs tcpdmatch of Debian's package tcpd");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let access = said.lines().find_map(|line| line.strip_prefix("access:"));
    match access.map(str::trim) {
        Some("granted") => true,
        // "delegated": by `twist`.
        Some("denied" | "delegated") => false,
        // A mistake in the options ends it without a verdict.
        other => {
            assert_eq!(other, None, "{said}");
            false
        }
    }
}

#[test]
fn the_deciding_line_is_told() {
    let allow =
        b"# trusted\nsshd: 192.0.2.0/24 \\\n  EXCEPT 192.0.2.66\n\nsshd: [2001:db8::]/32 : deny\n";
    let disk = disk(allow, b"ALL: ALL\n");
    let rule = |from: &str| {
        let wrappers = seen(disk.path(), from, None);
        assert_eq!((wrappers.linked, &wrappers.undecided), (None, &None));
        let rule = wrappers.rule.unwrap();
        (rule.file.as_str().to_owned(), rule.line, rule.allows)
    };
    assert_eq!(rule("192.0.2.7"), ("/etc/hosts.allow".to_owned(), 2, true));
    assert_eq!(
        rule("::ffff:192.0.2.7"),
        ("/etc/hosts.allow".to_owned(), 2, true)
    );
    assert_eq!(rule("192.0.2.66"), ("/etc/hosts.deny".to_owned(), 1, false));
    assert_eq!(
        rule("2001:db8::7"),
        ("/etc/hosts.allow".to_owned(), 5, false)
    );
}

#[test]
fn what_depends_on_a_name_is_not_decided() {
    let cases: [(&[u8], &[u8], Option<bool>); 9] = [
        (b"sshd: .example.com\n", b"ALL: ALL\n", None),
        // Either way the client gets in.
        (b"sshd: .example.com\n", b"", Some(true)),
        (b"", b"ALL: PARANOID\n", None),
        (b"", b"ALL: @banned\n", None),
        (b"sshd: ALL EXCEPT LOCAL\n", b"ALL: ALL\n", None),
        (b"sshd: bob@192.0.2.7\n", b"ALL: ALL\n", None),
        (b"sshd: bob@192.0.2.8\n", b"ALL: ALL\n", Some(false)),
        (b"sshd: ALL: aclexec /bin/test\n", b"", None),
        (b"sshd@203.0.113.1: ALL\n", b"ALL: ALL\n", None),
    ];
    for (allow, deny, expected) in cases {
        let disk = disk(allow, deny);
        let wrappers = seen(disk.path(), "192.0.2.7", None);
        assert_eq!(allowed(&wrappers), expected, "{wrappers:?}");
    }
    let disk = disk(b"sshd@203.0.113.1: ALL\n", b"ALL: ALL\n");
    assert_eq!(
        allowed(&seen(disk.path(), "192.0.2.7", Some("203.0.113.1"))),
        Some(true)
    );
    assert_eq!(
        allowed(&seen(disk.path(), "192.0.2.7", Some("203.0.113.2"))),
        Some(false)
    );
}

#[test]
fn patterns_may_be_in_files() {
    let disk = disk(b"", b"sshd: /etc/banned\n");
    let allowed = || allowed(&seen(disk.path(), "192.0.2.7", None));
    assert_eq!(allowed(), Some(true));
    fs::write(disk.path().join("etc/banned"), "198.51.100.1\n192.0.2.\n").unwrap();
    assert_eq!(allowed(), Some(false));
    fs::write(disk.path().join("etc/banned"), "/etc/banned\n").unwrap();
    assert_eq!(allowed(), None);
}

#[test]
fn a_real_sshd_tells_whether_it_asks() {
    // Debian's does; others may not, but a program that was found can be read.
    assert!(linked(&Root::default()).is_some());
}

/// Words of rules, both good and broken.
fn word() -> impl Strategy<Value = String> {
    let address = prop::sample::select(vec![
        "ALL",
        "192.0.2.7",
        "192.0.2.",
        "192.",
        ".2.7",
        ".7",
        "192.0.2.*",
        "*.7",
        "192.0.?.7",
        "*",
        "192.0.2.0/24",
        "192.0.2.0/255.255.255.0",
        "192.0.0.0/0xff.0xff.0.0",
        "0300.0.02.0/24",
        "192.0.2.7/24",
        "192.0.2.7/32",
        "0.0.0.0/0",
        "0.0.0.0/0.0.0.0",
        "192.0.2.6/31x",
        "192.0.2/24",
        "192.0.2.7/255.255.255.255",
        "[192.0.2.7]",
        "[2001:db8::7]",
        "[2001:db8::]/32",
        "[2001:db8::9]/120",
        "[::]/0",
        "[2001:db8::]/x",
        "[2001:db8::]/129",
        "[2001:DB8:0::7]",
        "[2001:db8::/32]",
        "2001:db8::7",
        "198.51.100.1",
        "EXCEPT",
        "except",
        "ALL@192.0.2.7",
        "ALL@ALL",
        "KNOWN",
        "UNKNOWN",
        "LOCAL",
        ".example.com",
        "/nonexistent",
        "[::ffff:192.0.2.7]",
        "@group",
        "a@",
        "@",
        "/",
        ".",
        "[]",
        "[x:y]",
    ]);
    let raw = "[A-Z0-9.:*?/@\\[\\]]{1,12}".prop_map(|text| text);
    prop_oneof![
        12 => address.prop_map(str::to_owned),
        1 => raw,
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let daemons = prop::sample::select(vec![
        "sshd",
        "ALL",
        "SSHD",
        "s*",
        "ss?d",
        "ftpd",
        "ftpd, sshd",
        "ALL EXCEPT sshd",
        "ALL EXCEPT ftpd",
        " sshd ",
        "sshd@ALL",
        "# sshd",
        "#sshd",
        "KNOWN",
        "UNKNOWN",
        "[sshd]",
        "",
        ".hd",
        "ss.",
    ]);
    let options = prop::sample::select(vec![
        "",
        "",
        "",
        "",
        ": allow",
        ": deny",
        ": ALLOW",
        ":",
        ": ",
        ": bogus",
        ": allow : deny",
        ": severity auth.info",
        ": severity authpriv.info",
        ": severity local3.err : allow",
        ": umask 022",
        ": umask 9",
        ": nice",
        ": nice 5x",
        ": linger 3",
        ": keepalive : deny",
        ": keepalive x",
        ": spawn /bin/true",
        ": spawn",
        ": setenv A b",
        ": rfc931 0",
        ": banners /nonexistent",
        ": spawn echo a\\:b : deny",
        ": = allow",
        ": allow =",
        ":severity=info:allow",
        ": twist /bin/echo",
    ]);
    let ends = prop::sample::select(vec![
        "\n", "\n", "\n", "\n", "\n", "\r\n", "\\\n", " \\\n \n", "\n\n", "",
    ]);
    let clients = prop::collection::vec(word(), 0..5).prop_map(|words| words.join(" "));
    let colon = prop::sample::select(vec![":", ": ", " : ", ":", ""]);
    (daemons, colon, clients, options, ends).prop_map(|(daemons, colon, clients, options, end)| {
        format!("{daemons}{colon}{clients} {options}{end}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn the_library_decides_alike(
        allow in prop::collection::vec(rule(), 0..4),
        deny in prop::collection::vec(rule(), 0..4),
        from in prop::sample::select(vec!["192.0.2.7", "2001:db8::7", "198.51.100.1"]),
    ) {
        let disk = disk(allow.concat().as_bytes(), deny.concat().as_bytes());
        let wrappers = seen(disk.path(), from, Some("203.0.113.1"));
        let allowed = allowed(&wrappers);
        prop_assume!(allowed.is_some());
        prop_assert_eq!(allowed, Some(library_allows(disk.path(), from)), "{:?}", wrappers);
    }

    #[test]
    fn any_bytes_are_read(
        allow in prop::collection::vec(any::<u8>(), 0..3000),
        deny in "(ALL|sshd|[:\\[\\]@/\\\\.*? \n\u{0}é]){0,200}",
    ) {
        let disk = disk(&allow, deny.as_bytes());
        let wrappers = seen(disk.path(), "192.0.2.7", None);
        prop_assert!(wrappers.rule.is_none_or(|rule| rule.line >= 1));
    }
}
