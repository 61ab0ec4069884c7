//! The real libpam decides, in a mount namespace with a stack of the test, and this program must have foretold it.

use std::fs;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use proptest::prelude::*;
use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;
use crate::root::Root;

const CLIENT: &str = "192.0.2.7";

/// Runs `body` where `/etc/pam.d`, `/etc/security` and `/run` are its own.
pub(in crate::server) fn with_own_pam(body: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let inside = scope.spawn(|| {
            unshare(CloneFlags::CLONE_NEWNS)
                .expect("this test needs root (CAP_SYS_ADMIN) to make a mount namespace");
            let none: Option<&str> = None;
            mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
            for directory in ["/etc/pam.d", "/etc/security", "/run"] {
                mount(
                    Some("test"),
                    directory,
                    Some("tmpfs"),
                    MsFlags::empty(),
                    none,
                )
                .unwrap();
            }
            fs::write(
                "/etc/pam.d/other",
                "auth required pam_deny.so\naccount required pam_deny.so\n",
            )
            .unwrap();
            body();
        });
        inside.join()
    })
    .unwrap_or_else(|panic| resume_unwind(panic));
}

fn host(root: Root, user: &str) -> Host {
    Host {
        root,
        programs: Programs::of_this_process(),
        question: ServerQuestion {
            user: Some(user.to_owned()),
            from: CLIENT.parse().ok(),
            ..ServerQuestion::default()
        },
        patience: Duration::from_secs(2),
    }
}

fn stack(host: &Host) -> PamService {
    let facts = look(host, None);
    match facts.last() {
        Some(Fact::Pam { pam }) => (**pam).clone(),
        other => panic!("{other:?}"),
    }
}

fn lets_in(user: &str) -> bool {
    let status = Command::new("pamtester")
        .args(["-I", &format!("rhost={CLIENT}"), "sshd", user, "acct_mgmt"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.expect("this test needs pamtester").success()
}

fn check(user: &str, rules: &str) {
    fs::write("/etc/pam.d/sshd", rules).unwrap();
    let pam = stack(&host(Root::default(), user));
    let why: Vec<_> = pam
        .rules
        .iter()
        .filter_map(|rule| rule.refuses.as_ref())
        .collect();
    assert_eq!(why.is_empty(), lets_in(user), "{user}: {rules}\n{pam:#?}");
}

#[test]
fn libpam_refuses_whom_it_is_foretold_to_refuse() {
    with_own_pam(|| {
        let permit = "account required pam_permit.so\n";
        fs::write("/etc/security/list", "daemon\n").unwrap();
        let listed =
            "account required pam_listfile.so onerr=fail item=user file=/etc/security/list";
        for user in ["root", "nobody", "daemon"] {
            for rules in [
                "account required pam_permit.so",
                "account requisite pam_deny.so",
                "account [default=die] pam_deny.so",
                "account [success=1 default=ignore] pam_permit.so\naccount requisite pam_deny.so\n",
                "account sufficient pam_permit.so\naccount required pam_deny.so",
                "account optional pam_deny.so\naccount required pam_permit.so",
                "account \\\n  required \\\n pam_deny.so # why not",
                "account required pam_shells.so",
                "account required pam_nologin.so",
                "account required pam_succeed_if.so quiet uid >= 1000",
                "account required pam_succeed_if.so uid < 65534 user != daemon",
                "account required pam_succeed_if.so user ingroup daemon:root",
                "account required pam_succeed_if.so user in root:nobody quiet",
                "account required pam_succeed_if.so shell = /bin/bash",
                "account required pam_gone.so",
                "-account required pam_gone.so",
                "account optional pam_gone.so",
                "account [default=bad success=ok module_unknown=ignore] pam_gone.so",
                &format!("{listed} sense=allow"),
                &format!("{listed} sense=deny"),
                "account required pam_listfile.so onerr=fail item=user sense=deny file=/gone",
                "account required pam_listfile.so onerr=succeed item=user sense=allow file=/gone",
            ] {
                check(user, &format!("{rules}\n{permit}"));
            }
        }
        fs::write("/run/nologin", "closed").unwrap();
        for user in ["root", "nobody"] {
            check(
                user,
                "account required pam_nologin.so\naccount required pam_permit.so\n",
            );
        }
    });
}

#[test]
fn tables_of_pam_access_are_followed_as_pam_access_follows_them() {
    with_own_pam(|| {
        let rules = "account required pam_access.so nodefgroup\naccount required pam_permit.so\n";
        for table in [
            "",
            "-:ALL:ALL",
            "+:root:ALL\n-:ALL:ALL",
            "# none\n+ : nobody daemon : 192.0.2.0/24\n- : ALL : ALL",
            "-:ALL EXCEPT root:ALL",
            "-:nobody:198.51.100.0/24 192.0.2.7",
            "-:nobody:ALL EXCEPT 192.0.2.0/24",
            "-:ALL EXCEPT nobody EXCEPT daemon:ALL",
            "-:(daemon):ALL",
            "-:ALL:192.0.2.",
            "-:ALL:2001:db8::/32",
            "-:ALL:tty1 tty2\n+:root:192.0.2.7\n-:ALL EXCEPT daemon:ALL",
            "nonsense\n-:only-two\n-:root:ALL",
        ] {
            fs::write("/etc/security/access.conf", format!("{table}\n")).unwrap();
            for user in ["root", "nobody", "daemon"] {
                check(user, rules);
            }
        }
    });
}

fn write(disk: &Path, name: &str, text: &str) {
    let path = disk.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn stacks_of_a_disk_are_read_with_what_they_include_and_miss() {
    let disk = tempfile::tempdir().unwrap();
    let at = disk.path();
    write(
        at,
        "etc/pam.d/sshd",
        "@include common\nauth include both\naccount substack both\n@include gone\n\
         session [success=ok ignore=ignore\\\n default=bad] pam_limits.so conf=/a b\\]\nauth\n",
    );
    write(
        at,
        "etc/pam.d/common",
        "auth required pam_unix.so nullok\n@include sshd\n",
    );
    write(
        at,
        "usr/lib/pam.d/both",
        "auth required pam_env.so\naccount required pam_gone.so\n",
    );
    write(at, "usr/lib/x86_64-linux-gnu/security/pam_unix.so", "");
    write(at, "etc/passwd", "alice:x:1000:1000::/:/bin/sh\n");
    let facts = look(&host(Root::mounted_at(at).unwrap(), "alice"), None);
    // The loop ends, is bounded, and is said to be there.
    assert!(facts.iter().any(
        |fact| matches!(fact, Fact::NotSeen { reason, .. } if reason.as_str().contains("too deep"))
    ));
    let Some(Fact::Pam { pam }) = facts.last() else {
        panic!("{facts:?}");
    };
    assert!(pam.exists && pam.rules.len() <= 512);
    let first = &pam.rules[0];
    assert_eq!(
        (first.file.as_str(), first.line, first.module_exists),
        ("/etc/pam.d/common", 1, Some(true))
    );
    let last = pam.rules.last().unwrap();
    assert_eq!(
        last.control.as_str(),
        "[success=ok ignore=ignore  default=bad]"
    );
    assert_eq!(last.line, 5);
    let missing = &pam.missing[0];
    assert_eq!(
        (missing.0.as_str(), missing.1.as_str(), missing.2),
        ("gone", "/etc/pam.d/sshd", 4)
    );
    let account: Vec<_> = pam
        .rules
        .iter()
        .filter(|rule| rule.kind.as_str() == "account")
        .collect();
    assert!(
        account
            .iter()
            .all(|rule| rule.module.as_str() == "pam_gone.so" && rule.module_exists == Some(false))
    );
    assert!(!account.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_file_makes_the_reader_fall(
        stack in "(@include |account |-auth |required |include |sshd|other|common|pam_access.so |\\[|\\]|=1 |\\\\|#|\n|é| ){0,60}",
        table in "([+:\\-]|ALL|EXCEPT|root|\\(|\\)|@|192.0.2.|/|\n| |,){0,60}",
    ) {
        let disk = tempfile::tempdir().unwrap();
        write(disk.path(), "etc/pam.d/sshd", &stack);
        write(disk.path(), "etc/pam.d/common", "@include sshd\naccount required pam_access.so\n");
        write(disk.path(), "etc/security/access.conf", &table);
        write(disk.path(), "etc/passwd", "root:x:0:0::/:\n");
        write(disk.path(), "usr/lib/security/pam_access.so", "");
        let host = host(Root::mounted_at(disk.path()).unwrap(), "root");
        for fact in look(&host, None) {
            if let Fact::Pam { pam } = fact {
                prop_assert!(pam.rules.len() <= 512 && pam.missing.len() <= 32);
            }
        }
    }
}
