//! Accounts of a mounted disk, and of a system whose directory service does not answer.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Instant;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use sshdoctor_case::{FileKind, PasswordState, ServerQuestion};

use super::*;
use crate::programs::Programs;
use crate::server::pam::tests::with_own_pam;
use crate::tests::ordinary_user::{again_as_nobody, is_nobody};

fn host(root: Root, programs: Programs, user: &str) -> Host {
    Host {
        root,
        programs,
        question: ServerQuestion {
            user: Some(user.to_owned()),
            ..ServerQuestion::default()
        },
        patience: Duration::from_secs(2),
    }
}

fn account(facts: &[Fact]) -> &Account {
    match facts.first() {
        Some(Fact::Account { account }) => account,
        other => panic!("{other:?}"),
    }
}

fn write(disk: &Path, name: &str, text: &str) {
    let path = disk.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn disk() -> tempfile::TempDir {
    let disk = tempfile::tempdir().unwrap();
    let at = disk.path();
    write(
        at,
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n\
         bob:x:1001:1001::/srv/bob:/usr/sbin/nologin\ncarol:x:1002:1002::/home/carol:/opt/gone\n\
         # comment\n:::\nbroken:x:a:b\n\u{ff}:x:7:7:::\n",
    );
    write(
        at,
        "etc/shadow",
        "root:*:19000:0:99999:7:::\nalice:!$y$secret:19000:0:5:7:1:19001:\nbob:$y$secret:0:0:99999:7:::\ncarol:!:1::::::\n",
    );
    write(
        at,
        "etc/group",
        "root:x:0:\nalice:x:1000:\nadmin:x:27:bob,alice\nshared:x:50:alice,bob\ncarol:x:1002:bob\n",
    );
    write(at, "etc/shells", "# shells\n/bin/sh\n");
    write(at, "etc/nologin", "closed \u{1b}[31muntil noon\n");
    write(at, "usr/bin/sh", "");
    write(at, "usr/sbin/nologin", "");
    symlink("usr/bin", at.join("bin")).unwrap();
    fs::set_permissions(at.join("usr/sbin/nologin"), Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(at.join("data/alice")).unwrap();
    symlink("/data", at.join("home")).unwrap();
    fs::set_permissions(at.join("data/alice"), Permissions::from_mode(0o775)).unwrap();
    disk
}

#[test]
fn accounts_of_a_mounted_disk_are_read_from_its_files() {
    let disk = disk();
    let root = Root::mounted_at(disk.path()).unwrap();
    let of = |user: &str| look(&host(root.clone(), Programs::in_directories([]), user));
    let facts = of("alice");
    let alice = account(&facts);
    assert_eq!(
        (alice.exists, alice.uid, facts.len()),
        (true, Some(1000), 1)
    );
    assert_eq!(alice.password, Some(PasswordState::Locked));
    assert_eq!(
        (
            alice.locked_without_pam,
            alice.password_expired,
            alice.inactive,
            alice.expires_day
        ),
        (Some(true), Some(true), Some(true), Some(19_001))
    );
    let groups: Vec<_> = alice.groups.iter().map(Received::as_str).collect();
    assert_eq!(groups, ["alice", "admin", "shared"]);
    let shell = alice.shell.as_ref().unwrap();
    assert_eq!(
        (shell.exists, shell.executable, shell.listed, shell.refuses),
        (Some(true), Some(false), Some(true), false)
    );
    let path: Vec<_> = alice
        .home_path
        .iter()
        .map(|step| step.path.as_str())
        .collect();
    assert_eq!(path, ["/", "/data", "/data/alice"]);
    assert_eq!(alice.home_path[2].mode, Some(0o775));
    assert_eq!(alice.nologin.len(), 1);
    assert_eq!(alice.nologin[0].text.as_str(), "closed \\x1b[31muntil noon");
    let saved = serde_json::to_string(&facts).unwrap();
    assert!(!saved.contains("secret"), "{saved}");

    let facts = of("bob");
    let bob = account(&facts);
    assert_eq!(
        (bob.password, bob.password_expired),
        (Some(PasswordState::Set), Some(true))
    );
    let shell = bob.shell.as_ref().unwrap();
    assert_eq!((shell.listed, shell.refuses), (Some(false), true));
    let last = bob.home_path.last().unwrap();
    assert_eq!((last.path.as_str(), last.kind), ("/srv", FileKind::Absent));

    let facts = of("carol");
    let carol = account(&facts);
    assert_eq!(carol.shell.as_ref().unwrap().exists, Some(false));
    assert_eq!(carol.locked_without_pam, Some(true));
    for absent in ["nobody-here", "", "root:x", "../root", "broken", "#"] {
        let facts = of(absent);
        let absent = account(&facts);
        assert!(
            !absent.exists && absent.lookup_problem.is_none(),
            "{absent:?}"
        );
    }
}

#[test]
fn a_group_is_private_only_with_nobody_else_in_it() {
    let disk = disk();
    let root = Root::mounted_at(disk.path()).unwrap();
    let databases = Databases::read(&root);
    let private = |gid, file, account| databases.is_private_group(gid, file, account);
    assert_eq!(private(1000, 1000, 1000), Some(true));
    assert_eq!(private(1000, 1001, 1001), Some(false));
    assert_eq!(private(50, 1000, 1000), Some(false));
    // The account's own, and somebody else beside.
    assert_eq!(private(1002, 1002, 1002), Some(false));
    assert_eq!(private(4242, 1000, 1000), Some(false));
}

/// Runs `body` with this `nsswitch.conf`, in a mount namespace of this thread alone.
fn with_sources(line: &str, body: impl FnOnce(&Path) + Send) {
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("nsswitch.conf");
            fs::write(&file, line).unwrap();
            unshare(CloneFlags::CLONE_NEWNS)
                .expect("this test needs root (CAP_SYS_ADMIN) to make a mount namespace");
            let none: Option<&str> = None;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
            mount(
                Some(&file),
                "/etc/nsswitch.conf",
                none,
                MsFlags::MS_BIND,
                none,
            )
            .unwrap();
            body(directory.path());
        });
        inside.join()
    })
    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

fn program(directory: &Path, name: &str, script: &str) {
    let path = directory.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_directory_service_that_does_not_answer_is_said_to_be_so() {
    with_sources(
        "passwd: files [NOTFOUND=continue] sss\ngroup: files\n",
        |directory| {
            program(directory, "getent", "exec sleep 30");
            let programs = Programs::in_directories([directory.to_path_buf()]);
            let mut asked = host(Root::default(), programs, "nobody-here");
            asked.patience = Duration::from_millis(400);
            let begun = Instant::now();
            let facts = look(&asked);
            assert!(begun.elapsed() < Duration::from_secs(1));
            let problem = account(&facts).lookup_problem.as_ref().unwrap();
            assert_eq!(
                problem.as_str(),
                "sss: getent passwd: not done within 0.2 s"
            );
            assert!(!account(&facts).exists);
            // What the files hold needs nobody else.
            asked.question.user = Some("root".to_owned());
            let facts = look(&asked);
            assert!(account(&facts).exists && account(&facts).lookup_problem.is_none());
            assert_eq!(account(&facts).from, None);
        },
    );
}

#[test]
fn an_account_from_elsewhere_says_where_from_and_an_absent_one_what_is_silent() {
    with_sources("passwd: files systemd sss\ngroup: files\n", |directory| {
        program(
            directory,
            "getent",
            "[ \"$2\" = dora ] && echo 'dora:*:70001:70001::/home/dora:/bin/bash' || exit 2",
        );
        let programs = Programs::in_directories([directory.to_path_buf()]);
        let facts = look(&host(Root::default(), programs.clone(), "dora"));
        let dora = account(&facts);
        assert_eq!((dora.exists, dora.uid), (true, Some(70_001)));
        assert_eq!(dora.from.as_ref().unwrap().as_str(), "sss");
        assert_eq!(dora.home_path.last().unwrap().kind, FileKind::Absent);
        let facts = look(&host(Root::default(), programs, "ernie"));
        let ernie = account(&facts);
        let problem = ernie.lookup_problem.as_ref().unwrap().as_str();
        assert!(!ernie.exists && problem.starts_with("sss: "), "{problem}");
    });
}

#[test]
fn the_account_of_this_system_is_the_one_that_the_c_library_finds() {
    let found = nix::unistd::User::from_name("root").unwrap().unwrap();
    let begun = Instant::now();
    let facts = look(&host(Root::default(), Programs::of_this_process(), "root"));
    let took = begun.elapsed();
    let root = account(&facts);
    assert_eq!(root.uid, Some(found.uid.as_raw()));
    assert_eq!(
        root.home.as_ref().unwrap().as_str(),
        found.dir.to_str().unwrap()
    );
    assert_eq!(
        root.shell.as_ref().unwrap().path.as_str(),
        found.shell.to_str().unwrap()
    );
    assert!(took < Duration::from_millis(200), "{took:?}");
}

fn pamtester(operation: &str) -> String {
    let printed = Command::new("pamtester")
        .args(["sshd", "nobody", operation])
        .stdin(std::process::Stdio::null())
        .output()
        .expect("this test needs pamtester");
    String::from_utf8_lossy(&printed.stderr).into_owned()
        + &String::from_utf8_lossy(&printed.stdout)
}

#[test]
fn pam_unix_closes_the_very_accounts_that_are_foretold() {
    with_own_pam(|| {
        fs::write("/etc/pam.d/sshd", "account required pam_unix.so\n").unwrap();
        let none: Option<&str> = None;
        let file = Path::new("/run/shadow");
        fs::write(file, "").unwrap();
        mount(Some(file), "/etc/shadow", none, MsFlags::MS_BIND, none).unwrap();
        let seconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let today = i64::try_from(seconds / 86_400).unwrap();
        // Days from today on; without a day of the last change, one is asked for.
        for (changed, most, inactive, expires) in [
            (Some(0), "99999", "", None),
            (Some(-10), "99999", "", None),
            (Some(-10), "9", "", None),
            (Some(-10), "10", "", None),
            (Some(-10), "5", "4", None),
            (Some(-10), "5", "5", None),
            (Some(-10), "5", "0", None),
            (Some(-10), "", "1", None),
            (Some(1), "1", "", None),
            (Some(-10), "99999", "", Some(0)),
            (Some(-10), "99999", "", Some(1)),
            (Some(-10), "5", "4", Some(-1)),
            (None, "99999", "", None),
        ] {
            let changed = changed.map_or(0, |days| today + days);
            let expires = expires.map_or(String::new(), |days: i64| (today + days).to_string());
            let line = format!("nobody:*:{changed}:0:{most}:7:{inactive}:{expires}:\n");
            fs::write(file, &line).unwrap();
            let facts = look(&host(
                Root::default(),
                Programs::in_directories([]),
                "nobody",
            ));
            let seen = account(&facts);
            let foretold = if seen.expires_day.is_some_and(|day| day <= today) {
                "account has expired"
            } else if seen.inactive == Some(true) {
                "token expired"
            } else if seen.password_expired == Some(true) {
                "new one required"
            } else {
                "account management done"
            };
            let said = pamtester("acct_mgmt");
            assert!(said.contains(foretold), "{line}{foretold}\n{said}");
        }
    });
}

#[test]
fn failures_that_pam_faillock_counted_are_read() {
    with_own_pam(|| {
        let module = "pam_faillock.so";
        let options = "deny=2 unlock_time=never";
        fs::write(
            "/etc/pam.d/sshd",
            format!(
                "auth required {module} preauth {options}\nauth [success=1 default=ignore] pam_deny.so\n\
                 auth [default=die] {module} authfail {options}\n"
            ),
        )
        .unwrap();
        for failures in 1..=2 {
            pamtester("authenticate");
            let facts = look(&host(
                Root::default(),
                Programs::in_directories([]),
                "nobody",
            ));
            let seen = account(&facts);
            assert_eq!(seen.faillock, Some((failures, 2)));
            assert_eq!(seen.faillock_until_ms, None);
        }
    });
}

#[test]
fn an_ordinary_user_is_told_that_he_may_not_look() {
    if !is_nobody() {
        return again_as_nobody(
            "server::account::tests::an_ordinary_user_is_told_that_he_may_not_look",
        );
    }
    let host = host(Root::default(), Programs::of_this_process(), "root");
    let facts = look(&host);
    let root = account(&facts);
    assert!(root.exists && root.password.is_none() && root.inactive.is_none());
    let Fact::NotSeen {
        obstacle, reason, ..
    } = &facts[1]
    else {
        panic!("{facts:?}");
    };
    assert_eq!(*obstacle, Obstacle::Privilege);
    assert_eq!(
        reason.as_str(),
        "/etc/shadow: Permission denied (os error 13)"
    );
}
