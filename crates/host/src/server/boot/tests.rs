use proptest::prelude::*;

use super::interfaces::configured;
use super::*;
use crate::server::init::mounted_disk::MountedDisk;

const FSTAB: &str = "\
# <file system> <mount point> <type> <options>
UUID=11-22 / ext4 errors=remount-ro 0 1
UUID=33-44 /srv/my\\040data ext4 defaults 0 2
UUID=55-66 /backup ext4 defaults,nofail 0 2
/dev/sdz1 none swap sw 0 0
nas:/export /mnt nfs noauto 0 0
";
const NETPLAN: &str = "\
network:
  version: 2
  ethernets:
    ens3:
      dhcp4: true
    \"eth9\":
      addresses: [192.0.2.1/24]
    any:
      match: {macaddress: \"52:54:00:00:00:01\"}
      set-name: lan0
  bridges:
    br0:
      interfaces: [ens3]
";

fn boot(disk: &MountedDisk) -> Boot {
    match look(&disk.host()).as_slice() {
        [Fact::Boot { boot }] => (**boot).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mounted_disk_tells_what_would_stop_its_boot_or_close_its_port() {
    let disk = MountedDisk::with(&[
        ("/etc/fstab", FSTAB),
        ("/etc/ssh/sshd_not_to_be_run", ""),
        (
            "/usr/lib/systemd/system/nftables.service",
            "[Install]\nWantedBy=sysinit.target\n",
        ),
        ("/etc/nftables.conf", "flush ruleset\n"),
        (
            "/lib/systemd/system/ufw.service",
            "[Install]\nWantedBy=multi-user.target\n",
        ),
        ("/etc/ufw/ufw.conf", "# yes\nENABLED=no\n"),
        ("/usr/bin/cloud-init", ""),
    ])
    .and_links(&[
        (
            "/etc/systemd/system/default.target",
            "/lib/systemd/system/rescue.target",
        ),
        (
            "/etc/systemd/system/sysinit.target.wants/nftables.service",
            "/lib/systemd/system/nftables.service",
        ),
        (
            "/etc/systemd/system/multi-user.target.wants/ufw.service",
            "/lib/systemd/system/ufw.service",
        ),
    ]);
    let boot = boot(&disk);
    assert_eq!(boot.not_to_be_run, Some(true));
    assert_eq!(
        boot.default_target,
        Some(Received::from_text("rescue.target"))
    );
    assert_eq!(boot.cloud_init, Some(true));
    let waited_for: Vec<_> = boot
        .file_systems
        .iter()
        .map(|entry| {
            (
                entry.line,
                entry.place.as_str(),
                entry.exists,
                entry.mounted,
            )
        })
        .collect();
    // No disk of this machine has these names, where it tells names at all.
    let exists = Path::new("/dev/disk/by-uuid").exists().then_some(false);
    assert_eq!(
        waited_for,
        [(2, "/", exists, None), (3, "/srv/my data", exists, None)]
    );
    let rules: Vec<_> = boot
        .saved_rules
        .iter()
        .map(|rules| (rules.tool.as_str(), rules.enabled, rules.active))
        .collect();
    assert_eq!(
        rules,
        [("nftables", Some(true), None), ("ufw", Some(false), None)]
    );
}

const NFTABLES: &str =
    "[Service]\nExecStart=/usr/sbin/nft -f /etc/own.nft\n[Install]\nWantedBy=sysinit.target\n";

#[test]
fn what_a_boot_loads_is_the_file_that_the_unit_names() {
    let disk = |unit: &str| {
        MountedDisk::with(&[
            ("/usr/lib/systemd/system/nftables.service", unit),
            ("/etc/nftables.conf", "table inet other\n"),
            ("/etc/own.nft", "table inet own\n"),
        ])
        .and_links(&[(
            "/etc/systemd/system/sysinit.target.wants/nftables.service",
            "/usr/lib/systemd/system/nftables.service",
        )])
    };
    let plain = disk(NFTABLES);
    let found = rules_at_boot(&plain.host().root);
    let [("nftables", Some(rules))] = found.as_slice() else {
        panic!("{found:?}");
    };
    let rules = rules
        .read(&sshdoctor_filter::Interest::everything())
        .unwrap();
    assert_eq!(&*rules.tables[0].name, "own");
    let more = NFTABLES.replace("[Install]", "ExecStart=/usr/local/bin/more\n[Install]");
    let found = rules_at_boot(&disk(&more).host().root);
    assert!(
        matches!(found.as_slice(), [("nftables", None)]),
        "{found:?}"
    );
}

#[test]
fn both_services_of_iptables_are_one_tool() {
    let unit = "[Install]\nWantedBy=basic.target\n";
    let disk = MountedDisk::with(&[
        ("/usr/lib/systemd/system/iptables.service", unit),
        ("/usr/lib/systemd/system/ip6tables.service", unit),
        ("/etc/sysconfig/iptables", "*filter\n:INPUT DROP\nCOMMIT\n"),
        (
            "/etc/sysconfig/ip6tables",
            "*filter\n:INPUT ACCEPT\nCOMMIT\n",
        ),
    ])
    .and_links(&[
        (
            "/etc/systemd/system/basic.target.wants/iptables.service",
            "/usr/lib/systemd/system/iptables.service",
        ),
        (
            "/etc/systemd/system/basic.target.wants/ip6tables.service",
            "/usr/lib/systemd/system/ip6tables.service",
        ),
    ]);
    let found = rules_at_boot(&disk.host().root);
    let [("iptables", Some(rules))] = found.as_slice() else {
        panic!("{found:?}");
    };
    let rules = rules
        .read(&sshdoctor_filter::Interest::everything())
        .unwrap();
    assert_eq!(rules.tables.len(), 2);
}

#[test]
fn a_file_is_missing_only_where_no_other_file_system_can_hold_it() {
    const FSTAB: &str = "\
/srv/here.img /a ext4 loop 0 2
/srv/gone.img /b ext4 ro,loop 0 2
/data/gone.img /c ext4 loop 0 2
nas:/export /data nfs noauto 0 0
/mnt/disk/gone.img /d ext4 loop 0 2
/srv/gone /e none bind 0 0
/dev/sdb1 /f ext4 defaults 0 2
";
    let files = [
        ("/etc/fstab", FSTAB),
        ("/srv/here.img", ""),
        ("/etc/systemd/system/mnt-disk.mount", "[Mount]\n"),
    ];
    let exists = |disk: &MountedDisk| -> Vec<Option<bool>> {
        let entries = boot(disk).file_systems.into_iter();
        entries.map(|entry| entry.exists).collect()
    };
    assert_eq!(
        exists(&MountedDisk::with(&files)),
        [Some(true), Some(false), None, None, None, None]
    );
    let with_zfs = [&files[..], &[("/etc/zfs/zpool.cache", "")]].concat();
    assert_eq!(
        exists(&MountedDisk::with(&with_zfs))[..2],
        [Some(true), None]
    );
}

#[test]
fn an_instance_is_new_only_after_another_one() {
    let seen = |now: &str, before: &str| {
        let disk = MountedDisk::with(&[
            ("/var/lib/cloud/data/instance-id", now),
            ("/var/lib/cloud/data/previous-instance-id", before),
        ]);
        boot(&disk)
            .new_instance
            .map(|new| new.id.as_str().to_owned())
    };
    assert_eq!(seen("i-2\n", "i-1\n").as_deref(), Some("i-2"));
    assert_eq!(seen("i-2\x1b\n", "i-1\n").as_deref(), Some("i-2\\x1b"));
    for (now, before) in [
        ("i-2\n", "i-2\n"),
        ("i-2\n", "NO_PREVIOUS_INSTANCE_ID\n"),
        ("i-2\n", ""),
        ("", "i-1\n"),
    ] {
        assert_eq!(seen(now, before), None, "{now:?} {before:?}");
    }
}

#[test]
fn interfaces_that_are_there_by_themselves_are_found_in_every_kind_of_file() {
    let disk = MountedDisk::with(&[
        (
            "/etc/network/interfaces",
            "auto lo eth0:1\niface lo inet loopback\niface eth0 inet dhcp\nauto br0\niface br0 inet dhcp\n  bridge_ports eth0\niface eth0.5 inet dhcp\n",
        ),
        ("/etc/netplan/50-cloud-init.yaml", NETPLAN),
        (
            "/etc/systemd/network/br.netdev",
            "[NetDev]\nName=br9\nKind=bridge\n",
        ),
        (
            "/etc/NetworkManager/system-connections/b.nmconnection",
            "[connection]\ntype=bridge\ninterface-name=br8\n",
        ),
        (
            "/etc/sysconfig/network-scripts/ifcfg-br7",
            "DEVICE=br7\nTYPE=Bridge\n",
        ),
        (
            "/etc/systemd/network/lan.network",
            "[Match]\nName=en* enp1s0 br9\n[Network]\nName=no\n",
        ),
        (
            "/etc/NetworkManager/system-connections/a.nmconnection",
            "[connection]\ninterface-name=wlp2s0\n",
        ),
        (
            "/etc/sysconfig/network-scripts/ifcfg-old",
            "DEVICE=\"em1\"\n",
        ),
    ]);
    let boot = boot(&disk);
    let named: Vec<_> = boot
        .configured_interfaces
        .iter()
        .map(|interface| (interface.name.as_str(), interface.line, interface.exists))
        .collect();
    assert_eq!(
        named,
        [
            ("eth0", Some(1), None),
            ("ens3", Some(4), None),
            ("eth9", Some(6), None),
            ("enp1s0", Some(2), None),
            ("wlp2s0", Some(2), None),
            ("em1", Some(1), None),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_file_of_the_network_or_of_mounts_can_stop_it(text in "[a-z0-9:=\\[\\]#\" \n\\\\-]{0,200}") {
        let disk = MountedDisk::with(&[
            ("/etc/fstab", &text),
            ("/etc/network/interfaces", &text),
            ("/etc/netplan/a.yaml", &text),
            ("/etc/systemd/network/a.network", &text),
        ]);
        let boot = boot(&disk);
        prop_assert!(boot.file_systems.iter().all(|entry| entry.place.as_str().starts_with('/')));
        prop_assert_eq!(configured(&disk.host().root), boot.configured_interfaces);
    }
}
