//! Mandatory access control: SELinux and AppArmor.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::mandatory_access;
use crate::outside::world::{Login, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "selinux-port-unlabelled",
        stage: Stage::Listener,
        title: "SELinux forbids sshd this port",
        what: "SELinux lets sshd bind only ports labelled ssh_port_t, and the port you gave it is \
            not one of them.",
        looks: "\"Connection refused\" on the new port. If it is the only one, sshd has exited.",
        server_looks: "sshd's log has \"Bind to port N … failed: Permission denied.\" and \
            ausearch -m avc -c sshd shows name_bind denied.",
        confirm: Commands::everywhere(&[
            "journalctl -u {unit} -n 20 --no-pager | grep 'Bind to port'",
            "semanage port -l | grep ssh",
            "ausearch -m avc -ts recent -c sshd",
        ])
        .or_without_systemd(&[
            "semanage port -l | grep ssh",
            "ausearch -m avc -ts recent -c sshd",
        ]),
        remedy: RemedyText {
            summary: "Give this port the label, then restart; use -m in place of -a if the port \
                has another label already.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "semanage port -a -t ssh_port_t -p tcp {port}",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "semanage port -a -t ssh_port_t -p tcp {port}",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &[
                    "dnf install policycoreutils-python-utils",
                    "semanage port -a -t ssh_port_t -p tcp {port}",
                    "systemctl restart sshd",
                ],
            },
            OnDistribution {
                names: "Debian, Ubuntu with SELinux",
                commands: &[
                    "apt install policycoreutils-python-utils",
                    "semanage port -a -t ssh_port_t -p tcp {port}",
                    "systemctl restart ssh",
                ],
            },
        ],
        avoid: "Do not switch SELinux off: the next boot with it on may need a full relabel. Do \
            not build a policy module with audit2allow for this.",
        lasting: "Label the port before sshd_config names it; the label outlives reboots and \
            upgrades.",
        prior: Prior::judged(6.0),
        on_server: Some(mandatory_access::port_unlabelled),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "selinux-file-context",
        stage: Stage::Authentication,
        title: "SELinux labels keep sshd out",
        what: "The account's .ssh directory or the host keys carry a wrong SELinux label, often \
            after they were moved or restored from elsewhere, so sshd may not read them.",
        looks: "\"Permission denied\" though key and file modes are right, or \"Connection \
            refused\" if it is the host keys.",
        server_looks: "ls -Z shows another type than ssh_home_t on .ssh (or sshd_key_t on host \
            keys), ausearch has the denial, and sshd's log says \"Could not open authorized \
            keys\".",
        confirm: Commands::everywhere(&[
            "ls -laZ ~{user}/.ssh",
            "ausearch -m avc -ts recent -c sshd",
            "matchpathcon ~{user}/.ssh /etc/ssh/*",
        ]),
        remedy: RemedyText {
            summary: "Give these paths the label that the policy has for them (homes on NFS need \
                the boolean use_nfs_home_dirs instead).",
            place: Where::Server,
            commands: Commands::everywhere(&["restorecon -Rv ~{user}/.ssh /etc/ssh"]),
        },
        by_distribution: &[],
        avoid: "Do not switch SELinux off, and do not use chcon: the next relabel undoes it.",
        lasting: "Copy files into homes with cp rather than mv, or run restorecon afterwards; \
            name homes outside /home to the policy with semanage fcontext -e /home.",
        prior: Prior::judged(4.0),
        on_server: Some(mandatory_access::file_context),
        worlds: &[
            World::HEALTHY.login(Login::Refused).share(0.7),
            World::NOTHING_LISTENS.share(0.3),
        ],
    },
    Cause {
        id: "apparmor-denies",
        stage: Stage::Listener,
        title: "AppArmor or a sandbox stops sshd",
        what: "An AppArmor profile, or a hardening option in sshd's systemd unit (ProtectHome, \
            PrivateTmp, InaccessiblePaths, IPAddressDeny), denies it a file, a port or an address.",
        looks: "\"Connection refused\", a timeout, \"Permission denied\" or a session without a \
            home directory, according to what is denied.",
        server_looks: "The kernel log has apparmor=\"DENIED\" with the profile of sshd, or the \
            unit's own sandbox lets a path or an address fail that works outside of it.",
        confirm: Commands::everywhere(&[
            "dmesg | grep 'apparmor=\"DENIED\"'",
            "aa-status",
            "systemctl cat {unit}",
        ])
        .or_without_systemd(&["dmesg | grep 'apparmor=\"DENIED\"'", "aa-status"]),
        remedy: RemedyText {
            summary: "Let this one profile report in place of deny while you mend it, or take the \
                one option out of the unit.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "aa-complain /usr/sbin/sshd",
                "systemctl edit {unit}",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "aa-complain /usr/sbin/sshd",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["aa-complain /usr/sbin/sshd", "systemctl cat ssh"],
            },
            OnDistribution {
                names: "SUSE",
                commands: &["aa-complain /usr/sbin/sshd", "systemctl cat sshd"],
            },
        ],
        avoid: "Do not stop AppArmor as a whole: the profiles of all other programs go with it.",
        lasting: "Keep local additions in /etc/apparmor.d/local and unit changes in a drop-in, \
            and try a login before the session ends.",
        prior: Prior::judged(1.0),
        on_server: Some(mandatory_access::apparmor),
        worlds: &[
            World::NOTHING_LISTENS.share(0.6),
            World::HEALTHY.login(Login::Refused).share(0.4),
        ],
    },
];
