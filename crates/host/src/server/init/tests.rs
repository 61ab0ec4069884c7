use proptest::prelude::*;
use sshdoctor_case::{Received, Unit};

use super::mounted_disk::MountedDisk;
use super::*;

fn seen(disk: &MountedDisk) -> (InitKind, Vec<Unit>) {
    let facts = look(&disk.host());
    let kind = facts.iter().find_map(|fact| match fact {
        Fact::InitSystem { init } => Some(init.kind),
        _ => None,
    });
    let units = facts.iter().filter_map(|fact| match fact {
        Fact::Unit { unit } => Some((**unit).clone()),
        _ => None,
    });
    (kind.unwrap(), units.collect())
}

fn texts(received: &[Received]) -> Vec<&str> {
    received.iter().map(Received::as_str).collect()
}

const SERVICE: &str = "\
[Unit]
Description=OpenBSD Secure Shell server
ConditionPathExists=!/etc/ssh/sshd_not_to_be_run
[Service]
EnvironmentFile=-/etc/default/ssh
ExecStartPre=/usr/sbin/sshd -t
ExecStart=/usr/sbin/sshd -D \\
# not the end
  $SSHD_OPTS
[Install]
WantedBy=multi-user.target
Alias=sshd.service
";

#[test]
fn units_of_a_mounted_disk_are_told_by_their_files() {
    let disk = MountedDisk::with(&[
        ("/lib/systemd/system/ssh.service", SERVICE),
        (
            "/etc/default/ssh",
            "# old\nSSHD_OPTS=\"-p 2222\"\nOTHER=x\n",
        ),
        (
            "/etc/systemd/system/ssh.service.d/20-deny.conf",
            "[Service]\nIPAddressDeny=any\nPrivateNetwork=yes\n",
        ),
        (
            "/lib/systemd/system/ssh.socket",
            "[Socket]\nListenStream=22\nAccept=no\n[Install]\nWantedBy=sockets.target\n",
        ),
        (
            "/etc/systemd/system/ssh.socket.d/port.conf",
            "[Socket]\nListenStream=\nListenStream=0.0.0.0:2222\n",
        ),
        (
            "/lib/systemd/system/nftables.service",
            "[Install]\nWantedBy=sysinit.target\n",
        ),
        ("/lib/systemd/systemd", ""),
    ])
    .and_links(&[
        ("/sbin/init", "/lib/systemd/systemd"),
        (
            "/etc/systemd/system/sshd.service",
            "/lib/systemd/system/ssh.service",
        ),
        (
            "/etc/systemd/system/multi-user.target.wants/ssh.service",
            "/lib/systemd/system/ssh.service",
        ),
        ("/etc/systemd/system/ufw.service", "/dev/null"),
    ]);
    let (kind, units) = seen(&disk);
    assert_eq!(kind, InitKind::Systemd);
    let states: Vec<_> = units
        .iter()
        .map(|unit| {
            let enabled = unit.enabled.as_ref().map(Received::as_str);
            (unit.name.as_str(), unit.load_state.as_str(), enabled)
        })
        .collect();
    assert_eq!(
        states,
        [
            ("ssh.service", "loaded", Some("enabled")),
            ("ssh.socket", "loaded", Some("disabled")),
            ("ufw.service", "masked", Some("masked")),
            ("nftables.service", "loaded", Some("disabled")),
        ]
    );
    let (service, socket) = (&units[0], &units[1]);
    assert_eq!(texts(&service.aliases), ["sshd.service"]);
    assert_eq!(texts(&service.wanted_by), ["multi-user.target"]);
    assert_eq!(
        texts(&service.command),
        ["/usr/sbin/sshd", "-D", "$SSHD_OPTS"]
    );
    assert_eq!(
        service.environment,
        [(
            Received::from_text("/etc/default/ssh"),
            Received::from_text("SSHD_OPTS=-p 2222")
        )]
    );
    assert_eq!(
        texts(&service.drop_ins),
        ["/etc/systemd/system/ssh.service.d/20-deny.conf"]
    );
    assert_eq!(texts(&service.address_deny), ["0.0.0.0/0", "::/0"]);
    assert_eq!(texts(&service.confinement), ["PrivateNetwork=yes"]);
    let socket = socket.socket.as_ref().unwrap();
    assert_eq!(texts(&socket.listen), ["0.0.0.0:2222"]);
    assert_eq!(texts(&socket.triggers), ["ssh.service"]);
}

#[test]
fn services_of_other_init_systems_are_told_by_their_files() {
    let enabled = |unit: &Unit| {
        let state = unit
            .enabled
            .as_ref()
            .map(Received::as_str)
            .unwrap()
            .to_owned();
        (
            unit.name.as_str().to_owned(),
            state,
            texts(&unit.wanted_by).join(" "),
        )
    };
    let expected =
        |name: &str, state: &str, by: &str| (name.to_owned(), state.to_owned(), by.to_owned());
    let openrc = MountedDisk::with(&[
        ("/sbin/openrc", ""),
        ("/etc/init.d/sshd", ""),
        ("/etc/init.d/nftables", ""),
        ("/etc/conf.d/sshd", "SSHD_OPTS='-p 2222'\nrc_need=net\n"),
    ])
    .and_links(&[("/etc/runlevels/default/sshd", "/etc/init.d/sshd")]);
    let (kind, units) = seen(&openrc);
    assert_eq!(kind, InitKind::OpenRc);
    let states: Vec<_> = units.iter().map(enabled).collect();
    assert_eq!(
        states,
        [
            expected("sshd", "enabled", "default"),
            expected("nftables", "disabled", "")
        ]
    );
    assert_eq!(
        units[0].environment,
        [(
            Received::from_text("/etc/conf.d/sshd"),
            Received::from_text("SSHD_OPTS=-p 2222")
        )]
    );

    let runit = MountedDisk::with(&[("/etc/sv/sshd/run", ""), ("/etc/sv/nftables/run", "")])
        .and_links(&[
            ("/sbin/init", "runit-init"),
            ("/var/service/sshd", "/etc/sv/sshd"),
        ]);
    let (kind, units) = seen(&runit);
    assert_eq!(kind, InitKind::Runit);
    let states: Vec<_> = units.iter().map(enabled).collect();
    assert_eq!(
        states,
        [
            expected("sshd", "enabled", "/var/service"),
            expected("nftables", "disabled", "")
        ]
    );

    let sysv = MountedDisk::with(&[
        ("/sbin/init", ""),
        ("/etc/inittab", "# id:5:initdefault:\nid:3:initdefault:\n"),
        ("/etc/init.d/ssh", ""),
        ("/etc/init.d/ufw", ""),
    ])
    .and_links(&[
        ("/etc/rc2.d/S01ufw", "../init.d/ufw"),
        ("/etc/rc3.d/S01ssh", "../init.d/ssh"),
        ("/etc/rc3.d/K01ufw", "../init.d/ufw"),
    ]);
    let (kind, units) = seen(&sysv);
    assert_eq!(kind, InitKind::SysV);
    let states: Vec<_> = units.iter().map(enabled).collect();
    assert_eq!(
        states,
        [
            expected("ssh", "enabled", "/etc/rc3.d"),
            expected("ufw", "disabled", "")
        ]
    );
}

#[test]
fn a_disk_without_an_init_system_has_no_services() {
    let disk = MountedDisk::with(&[("/etc/init.d/ssh", ""), ("/usr/bin/app", "")]);
    assert_eq!(seen(&disk), (InitKind::None, Vec::new()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_unit_file_can_stop_it(text in "[a-zA-Z=\\[\\]$ \n\\\\{}/0-9-]{0,300}") {
        let unit = format!("[Socket]\n{text}\n[Service]\nExecStart={text}\nEnvironmentFile=/etc/default/ssh\n");
        let disk = MountedDisk::with(&[
            ("/lib/systemd/systemd", ""),
            ("/lib/systemd/system/ssh.service", &unit),
            ("/lib/systemd/system/ssh.socket", &unit),
            ("/etc/default/ssh", &text),
        ]);
        let (kind, units) = seen(&disk);
        prop_assert_eq!((kind, units.len()), (InitKind::Systemd, 2));
    }
}
