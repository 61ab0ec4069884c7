use std::fs;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;
use crate::root::Root;
use crate::server::local_account::LocalAccount;

fn host(root: Root, user: Option<&str>) -> Host {
    Host {
        root,
        programs: Programs::of_this_process(),
        question: ServerQuestion {
            user: user.map(str::to_owned),
            ..ServerQuestion::default()
        },
        patience: Duration::from_secs(2),
    }
}

fn seen(host: &Host) -> (Resources, Vec<Fact>) {
    let mut facts = look(host);
    match facts.remove(0) {
        Fact::Resources { resources } => (*resources, facts),
        other => panic!("{other:?}"),
    }
}

#[test]
fn this_system_has_all_of_it() {
    let (resources, problems) = seen(&host(Root::default(), Some("root")));
    assert_eq!(problems, []);
    let memory = resources.memory.unwrap();
    assert!(memory.total > memory.available && memory.available > 0);
    assert!(resources.load.unwrap().1 >= 1);
    let root = &resources.file_systems[0];
    assert_eq!(root.place.as_str(), "/");
    assert!(root.used_for.iter().any(|used| used.as_str() == "/etc"));
    assert!(root.bytes > root.bytes_free && !root.read_only);
    let processes = resources.processes;
    assert!(processes.threads.unwrap() > 1);
    assert!(processes.threads.unwrap() < processes.threads_max.unwrap());
    let (open, most) = processes.open_files.unwrap();
    assert!(open > 0 && open < most);
    let (terminals, most) = processes.terminals.unwrap();
    assert!(terminals <= most);
}

#[test]
fn a_mounted_disk_tells_its_room_alone() {
    let disk = tempfile::tempdir().unwrap();
    fs::create_dir_all(disk.path().join("etc")).unwrap();
    fs::create_dir_all(disk.path().join("home/alice")).unwrap();
    let passwd = "alice:x:1000:1000::/home/alice:/bin/sh\n";
    fs::write(disk.path().join("etc/passwd"), passwd).unwrap();
    fs::write(disk.path().join("etc/fstab"), "/dev/vda1 / ext4 ro 0 1\n").unwrap();
    let root = Root::mounted_at(disk.path()).unwrap();
    let (resources, problems) = seen(&host(root, Some("alice")));
    assert_eq!(problems.len(), 1);
    assert_eq!(resources.memory, None);
    let [file_system] = resources.file_systems.as_slice() else {
        panic!("{resources:?}");
    };
    assert_eq!(file_system.place.as_str(), "/");
    let used_for: Vec<_> = file_system
        .used_for
        .iter()
        .map(|used| used.as_str())
        .collect();
    assert_eq!(used_for, ["/", "/etc", "/home/alice"]);
    assert_eq!(file_system.read_only_wanted, Some(true));
    assert!(!file_system.read_only);
}

#[test]
fn a_file_system_that_never_answers_costs_its_own_place_only() {
    let disk = tempfile::tempdir().unwrap();
    let home = disk.path().join("home/alice");
    fs::create_dir_all(&home).unwrap();
    fs::create_dir_all(disk.path().join("etc")).unwrap();
    let passwd = "alice:x:1000:1000::/home/alice:/bin/sh\n";
    fs::write(disk.path().join("etc/passwd"), passwd).unwrap();
    let looking = std::thread::spawn(move || {
        // Only this thread, and those that it starts, see the mount.
        unshare(CloneFlags::CLONE_NEWNS).expect("this test needs root (CAP_SYS_ADMIN)");
        let none = None::<&str>;
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(none, "/", none, private, none).unwrap();
        // Its server is this test, which never reads a question (fuse(4)).
        let server = fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/fuse")
            .unwrap();
        let options = format!(
            "fd={},rootmode=40000,user_id=0,group_id=0",
            server.as_raw_fd()
        );
        let flags = MsFlags::empty();
        mount(
            Some("silent"),
            &home,
            Some("fuse"),
            flags,
            Some(options.as_str()),
        )
        .unwrap();
        let started = Instant::now();
        let root = Root::mounted_at(disk.path()).unwrap();
        let (resources, problems) = seen(&host(root, Some("alice")));
        let took = started.elapsed();
        // Without a server every question ends, and the thread that waits with it.
        drop(server);
        umount2(&home, MntFlags::MNT_DETACH).unwrap();
        (resources, problems, took)
    });
    let (resources, problems, took) = looking.join().unwrap();
    assert!(took < Duration::from_millis(900), "{took:?}");
    assert_eq!(resources.file_systems[0].place.as_str(), "/");
    let Fact::NotSeen {
        obstacle: Obstacle::TooLong,
        reason,
        ..
    } = &problems[0]
    else {
        panic!("{problems:?}");
    };
    let expected = "/home/alice: its file system does not answer (fuse from silent)";
    assert_eq!(reason.as_str(), expected);
}

#[test]
fn the_limit_of_the_account_is_the_one_that_a_login_gets() {
    let disk = tempfile::tempdir().unwrap();
    let directory = disk.path().join("etc/security/limits.d");
    fs::create_dir_all(&directory).unwrap();
    let write = |path: &Path, text: &str| fs::write(path, text).unwrap();
    let etc = disk.path().join("etc");
    write(&etc.join("group"), "staff:x:50:bob,alice\nalice:x:1000:\n");
    let account = LocalAccount {
        name: "alice".to_owned(),
        uid: 1000,
        gid: 1000,
        home: "/home/alice".to_owned(),
        shell: "/bin/sh".to_owned(),
    };
    let root = Root::mounted_at(disk.path()).unwrap();
    let most = |account: &LocalAccount, limits: &str, later: &str| {
        write(&etc.join("security/limits.conf"), limits);
        write(&directory.join("90.conf"), later);
        account_limit::most_processes(&root, account).map(|limit| limit.most)
    };
    assert_eq!(most(&account, "* hard nproc 10 # all\n", ""), Some(10));
    assert_eq!(
        most(&account, "@staff - nproc 7\n", "* - nproc 10\n"),
        Some(7)
    );
    assert_eq!(
        most(&account, "@alice - nproc 7\n", "@staff - nproc 8\n"),
        Some(8)
    );
    assert_eq!(
        most(&account, "alice - nproc unlimited\n", "* - nproc 10\n"),
        None
    );
    let both = "alice soft nproc 5\nalice hard nproc 9\n";
    assert_eq!(most(&account, both, ""), Some(5));
    for other in [
        "bob - nproc 1",
        "* - nofile 1",
        "@wheel - nproc 1",
        "* nproc",
        "\u{fffd}",
        "*",
    ] {
        assert_eq!(most(&account, other, ""), None, "{other}");
    }
    let root_account = LocalAccount {
        name: "root".to_owned(),
        uid: 0,
        gid: 0,
        home: "/root".to_owned(),
        shell: "/bin/sh".to_owned(),
    };
    assert_eq!(
        most(&root_account, "* - nproc 1\n", "root - nproc 9\n"),
        Some(9)
    );
}

#[test]
fn numbers_that_are_none_are_left_out() {
    assert_eq!(memory("MemTotal: 1 kB\n"), None);
    assert_eq!(
        memory("MemTotal: 99999999999999999999 kB\nMemFree: 1 kB"),
        None
    );
    assert_eq!(stalled("some avg10=1.25 avg60=0.00\n", "some"), Some(1.25));
    for broken in [
        "",
        "some\n",
        "some avg10=\n",
        "some avg10=inf\n",
        "full avg10=1\n",
    ] {
        assert_eq!(stalled(broken, "some"), None, "{broken}");
    }
}
