//! What a reboot brings to light: units not enabled, addresses that come late, a boot that does not finish.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::{boot, instance};
use crate::outside::world::{Elsewhere, HostKey, Login, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "sshd-not-enabled",
        stage: Stage::Listener,
        title: "sshd does not start at boot",
        what: "The service was started by hand once but never enabled, so after the last reboot \
            nothing started it.",
        looks: "\"Connection refused\" since a reboot, while the host answers on other ports or to \
            echo.",
        server_looks: "systemctl is-enabled says disabled and the journal of this boot has no \
            line of sshd at all.",
        confirm: Commands::everywhere(&[
            "systemctl is-enabled {unit} {unit}.socket",
            "systemctl status {unit}",
            "uptime",
        ])
        .or_without_systemd(&[
            "rc-update show | grep sshd || ls /etc/rc?.d/S*ssh",
            "service {unit} status",
        ]),
        remedy: RemedyText {
            summary: "Check the configuration, then enable the service and start it now.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl enable --now {unit}",
            ])
            .or_without_systemd(&[
                "rc-update add sshd || update-rc.d ssh enable",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["systemctl enable --now ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE, Arch",
                commands: &["systemctl enable --now sshd"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["rc-update add sshd default && rc-service sshd start"],
            },
            OnDistribution {
                names: "Devuan",
                commands: &["update-rc.d ssh enable && service ssh start"],
            },
        ],
        avoid: "Do not enable both the service and its socket unit: the second would find the port \
            taken. Do not reboot to test it before you have a console.",
        lasting: "Enable the unit, not only start it, and reboot once while the console is at \
            hand; images should be built with it enabled.",
        prior: Prior::judged(12.0),
        on_server: Some(boot::not_enabled),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "sshd-masked",
        stage: Stage::Listener,
        title: "starting sshd is forbidden",
        what: "The unit is masked, or on Debian the file /etc/ssh/sshd_not_to_be_run exists; both \
            make every start a silent no-op.",
        looks: "\"Connection refused\" at once; from outside the same as a stopped sshd.",
        server_looks: "systemctl says masked, or on Debian the condition \
            ConditionPathExists=!/etc/ssh/sshd_not_to_be_run was not met and the start was skipped \
            without an error.",
        confirm: Commands::everywhere(&[
            "systemctl is-enabled {unit} {unit}.socket",
            "ls -l /etc/ssh/sshd_not_to_be_run",
        ])
        .or_without_systemd(&["ls -l /etc/ssh/sshd_not_to_be_run"]),
        remedy: RemedyText {
            summary: "Find out who forbade it and why; then take the mask or the file away and \
                start.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "rm /etc/ssh/sshd_not_to_be_run",
                "systemctl unmask {unit}",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl start {unit}",
            ])
            .or_without_systemd(&[
                "rm /etc/ssh/sshd_not_to_be_run",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &[
                    "rm -f /etc/ssh/sshd_not_to_be_run; systemctl unmask ssh",
                    "sshd -t; systemctl start ssh",
                ],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE, Arch",
                commands: &["systemctl unmask sshd", "sshd -t && systemctl start sshd"],
            },
        ],
        avoid: "Do not start sshd by hand around the mask: the next reboot locks you out again. Do \
            not delete unit files.",
        lasting: "Write down why it was masked; when it is temporary (an image build, a \
            migration), let the same script take it away again.",
        prior: Prior::judged(2.0),
        on_server: Some(boot::masked),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "listen-address-not-ready-at-boot",
        stage: Stage::Listener,
        title: "sshd started before its address",
        what: "ListenAddress names an address that comes later in the boot, from DHCP, a VPN or a \
            bond. sshd could not bind it and went without, or exited.",
        looks: "\"Connection refused\" after a reboot; a restart of sshd mends it until the next \
            boot.",
        server_looks: "The journal of this boot has \"Bind to port 22 on ADDRESS failed: \
            Cannot assign requested address.\" and perhaps \"Cannot bind any address.\"; a later \
            start by hand works.",
        confirm: Commands::everywhere(&[
            "journalctl -b -u {unit} | grep -i 'bind'",
            "grep -rni '^\\s*ListenAddress' /etc/ssh/sshd_config*",
            "ip -br addr",
        ])
        .or_without_systemd(&[
            "grep -i 'bind to port' /var/log/auth.log /var/log/messages",
            "grep -rni '^\\s*ListenAddress' /etc/ssh/sshd_config*",
            "ip -br addr",
        ]),
        remedy: RemedyText {
            summary: "Start sshd now that the address is there; then let it bind before the \
                address exists (this setting is for IPv4).",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
                "echo net.ipv4.ip_nonlocal_bind=1 > /etc/sysctl.d/60-ssh-bind.conf",
                "sysctl -p /etc/sysctl.d/60-ssh-bind.conf",
            ])
            .or_without_systemd(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
                "echo net.ipv4.ip_nonlocal_bind=1 > /etc/sysctl.d/60-ssh-bind.conf",
                "sysctl -p /etc/sysctl.d/60-ssh-bind.conf",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not open sshd to every address to get round it unless a firewall covers the \
            others. Do not cure it with a sleep in the unit.",
        lasting: "Leave ListenAddress out and limit access with the firewall, or order sshd \
            after the unit that brings the address (After=wg-quick@wg0.service and the like), or \
            allow binding before it exists.",
        prior: Prior::judged(4.0),
        on_server: Some(boot::address_not_ready),
        worlds: &[
            World::NOTHING_LISTENS.share(0.7),
            World::NOTHING_LISTENS
                .elsewhere(Elsewhere::OtherAddress)
                .share(0.3),
        ],
    },
    Cause {
        id: "boot-stuck-on-mount",
        stage: Stage::Route,
        title: "the boot stopped at a mount",
        what: "A file system in /etc/fstab or /etc/crypttab was not found or waits for a \
            passphrase, so the machine sits in emergency mode and never reached sshd.",
        looks: "Timed out, or refused where the network came up before the boot stopped; every \
            other service is silent too, since a reboot.",
        server_looks: "The console shows \"You are in emergency mode\" or \"Dependency failed \
            for /MOUNT\"; systemctl --failed names the mount or the crypt device, and \
            local-fs.target was not reached.",
        confirm: Commands::everywhere(&[
            "systemctl --failed",
            "systemctl list-jobs",
            "journalctl -b -p err --no-pager | tail",
        ])
        .or_without_systemd(&["mount -a", "dmesg | tail"]),
        remedy: RemedyText {
            summary: "On the console, add nofail to the options of the entry that failed, then let \
                the boot go on.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "cp /etc/fstab /root/fstab.before",
                "vi /etc/fstab",
                "systemctl daemon-reload",
                "systemctl default",
            ])
            .or_without_systemd(&[
                "cp /etc/fstab /root/fstab.before",
                "vi /etc/fstab",
                "mount -a",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not run fsck on a mounted file system or format the missing one. Do not keep \
            rebooting: it stops at the same place.",
        lasting: "Give every disk that the system can do without nofail and \
            x-systemd.device-timeout=10s in /etc/fstab, name disks by UUID, and run systemctl \
            daemon-reload and findmnt --verify after each edit.",
        prior: Prior::judged(6.0),
        on_server: Some(boot::stuck_on_mount),
        worlds: &[World::NOTHING_LISTENS.share(0.5), World::NOBODY.share(0.5)],
    },
    Cause {
        id: "boot-failed",
        stage: Stage::Route,
        title: "the machine does not finish booting",
        what: "A kernel panic, a broken initramfs or a boot loader that finds no system: nothing \
            of the operating system runs.",
        looks: "Timed out or \"No route to host\"; no port and no echo answers, since a reboot or \
            an upgrade.",
        server_looks: "Nothing of the system is there to look: the serial or VNC console shows \
            a kernel panic, \"grub rescue>\", \"No bootable device\" or the initramfs prompt. A \
            rescue system that mounts the disk finds the last journal from before the reboot.",
        confirm: Commands::everywhere(&[
            "last -x reboot | head -n 3",
            "journalctl -b -1 -n 20 --no-pager",
        ])
        .or_without_systemd(&["last -x reboot | head -n 3", "dmesg | tail"]),
        remedy: RemedyText {
            summary: "Read the serial or VNC console, then choose the previous kernel in the boot \
                menu; once it is up, rebuild what failed.",
            place: Where::Provider,
            commands: Commands::everywhere(&[
                "update-initramfs -u -k all || dracut -f --regenerate-all",
                "update-grub || grub2-mkconfig -o /boot/grub2/grub.cfg",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["update-initramfs -u -k all && update-grub"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["dracut -f --regenerate-all && grub2-mkconfig -o /boot/grub2/grub.cfg"],
            },
            OnDistribution {
                names: "Arch",
                commands: &["mkinitcpio -P && grub-mkconfig -o /boot/grub/grub.cfg"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["mkinitfs && extlinux --install /boot"],
            },
        ],
        avoid: "Do not reinstall or rebuild the machine before its disk has been looked at from \
            rescue mode. Do not remove old kernels until a new one boots.",
        lasting: "Keep at least one earlier kernel installed, have space in /boot before an \
            upgrade, and reboot after kernel upgrades while somebody can reach the console.",
        prior: Prior::judged(6.0),
        on_server: Some(boot::failed),
        worlds: &[World::NOBODY.alone()],
    },
    Cause {
        id: "logins-disabled-during-boot",
        stage: Stage::Session,
        title: "logins are barred until boot is done",
        what: "The file /run/nologin or /etc/nologin exists: the boot has not finished, often \
            because one job hangs, a shutdown is pending, or someone left the file behind.",
        looks: "\"System is booting up. Unprivileged users are not permitted to log in yet\", then \
            closed after login; root may get in.",
        server_looks: "/run/nologin or /etc/nologin exists; pam_nologin is in the log, and \
            systemctl list-jobs names the job that has kept the boot from finishing.",
        confirm: Commands::everywhere(&[
            "ls -l /run/nologin /etc/nologin",
            "systemctl list-jobs",
            "systemctl is-system-running",
        ])
        .or_without_systemd(&["ls -l /run/nologin /etc/nologin"]),
        remedy: RemedyText {
            summary: "Wait for the job that holds the boot up, or cancel that one (ID from \
                list-jobs); remove the file only if it is left over.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl list-jobs",
                "systemctl cancel ID",
                "rm -f /run/nologin",
            ])
            .or_without_systemd(&["rm -f /run/nologin /etc/nologin"]),
        },
        by_distribution: &[],
        avoid: "Do not take pam_nologin out of the PAM files. Do not reboot while a shutdown or an \
            upgrade is still running.",
        lasting: "Give units that wait for the network or a device a TimeoutStartSec, so that \
            one of them cannot hold up systemd-user-sessions.service; scripts that make \
            /etc/nologin must remove it on every way out.",
        prior: Prior::judged(3.0),
        on_server: Some(boot::logins_disabled),
        worlds: &[
            World::HEALTHY.login(Login::Refused).share(0.5),
            World::HEALTHY.login(Login::SessionFails).share(0.5),
        ],
    },
    Cause {
        id: "interface-renamed",
        stage: Stage::Route,
        title: "the network card has a new name",
        what: "After a kernel, firmware or hardware change the interface is called something else, \
            and the network configuration still speaks of the old name, so it has no address.",
        looks: "Timed out or \"No route to host\" since a reboot; nothing on the host answers.",
        server_looks: "ip link shows an interface without an address under a name that no \
            configuration file speaks of; the kernel log has \"renamed from eth0\".",
        confirm: Commands::everywhere(&[
            "ip -br link; ip -br addr",
            "grep -rnE 'en[ospx]|eth' /etc/netplan /etc/network /etc/NetworkManager",
            "dmesg | grep -i renamed",
        ]),
        remedy: RemedyText {
            summary: "On the console, give the network configuration the present name (NEW), with \
                the one of these that owns it.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "nmcli connection modify NAME connection.interface-name NEW && nmcli connection up NAME",
                "vi /etc/netplan/*.yaml && netplan try",
                "vi /etc/network/interfaces && ifup NEW",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu",
                commands: &["vi /etc/netplan/*.yaml && netplan try"],
            },
            OnDistribution {
                names: "Debian",
                commands: &["vi /etc/network/interfaces && ifup NEW"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &[
                    "nmcli connection modify NAME connection.interface-name NEW && nmcli connection up NAME",
                ],
            },
            OnDistribution {
                names: "SUSE",
                commands: &[
                    "mv /etc/sysconfig/network/ifcfg-OLD /etc/sysconfig/network/ifcfg-NEW && wicked ifup NEW",
                ],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["vi /etc/network/interfaces && ifup NEW"],
            },
        ],
        avoid: "Do not restart all networking on a machine that still has one working link. Do not \
            turn predictable names off to get one boot right.",
        lasting: "Match interfaces by hardware address in netplan, NetworkManager or a systemd \
            .link file, so that a new name cannot matter.",
        prior: Prior::judged(3.0),
        on_server: Some(boot::interface_renamed),
        worlds: &[World::NOBODY.alone()],
    },
    Cause {
        id: "cloud-init-rewrote-host",
        stage: Stage::HostKey,
        title: "cloud-init set this host up afresh",
        what: "cloud-init saw a new instance id (a copied disk, a restored image) and treated the \
            machine as new: it wrote network settings, made new host keys and may have reset \
            users.",
        looks: "A changed host key, a login that is refused, or no answer at all, right after a \
            clone, a restore or a move.",
        server_looks: "/var/log/cloud-init.log has a new instance id since the last boot, and \
            the files in /etc/ssh carry that boot's time.",
        confirm: Commands::everywhere(&[
            "cloud-init status --long",
            "ls -lt /var/lib/cloud/instances",
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        ]),
        remedy: RemedyText {
            summary: "Compare the fingerprints on the console, restore what is missing, then tell \
                cloud-init to keep the keys.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "echo 'ssh_deletekeys: false' > /etc/cloud/cloud.cfg.d/99-keep-keys.cfg",
                "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not run cloud-init clean: at the next boot it does the same again. Do not \
            accept a new host key without comparing it on the console.",
        lasting: "Set ssh_deletekeys: false, and pin what must not be rewritten (network: \
            {config: disabled}) before the disk is copied; bake images with cloud-init clean only \
            when a new identity is wanted.",
        prior: Prior::judged(2.5),
        on_server: Some(instance::new_host_keys),
        worlds: &[
            World::HEALTHY.host_key(HostKey::Changed).share(0.6),
            World::HEALTHY.login(Login::Refused).share(0.2),
            World::NOBODY.share(0.2),
        ],
    },
];
