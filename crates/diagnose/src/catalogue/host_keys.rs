//! The server's host keys and the directories that it insists on.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::host_keys;
use crate::outside::world::{FirstBytes, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "host-keys-missing",
        stage: Stage::Listener,
        title: "the server has no host keys",
        what: "None of the host key files exists or can be read: a fresh image, a cleaned \
            template, a restored /etc. sshd does not start without one.",
        looks: "\"Connection refused\"; where systemd starts one sshd for each connection it is \
            closed before the banner.",
        server_looks: "sshd -t says \"sshd: no hostkeys available -- exiting.\"; /etc/ssh has \
            no ssh_host_*_key.",
        confirm: Commands::everywhere(&["sshd -t", "ls -l /etc/ssh/ssh_host_*"]),
        remedy: RemedyText {
            summary: "Make the keys that are missing (existing ones stay), then start; tell those \
                who connect the new fingerprint.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ssh-keygen -A",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl start {unit}",
            ])
            .or_without_systemd(&[
                "ssh-keygen -A",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["ssh-keygen -A", "sshd -t && systemctl restart ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &[
                    "systemctl restart sshd-keygen.target",
                    "sshd -t && systemctl restart sshd",
                ],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["ssh-keygen -A", "rc-service sshd restart"],
            },
        ],
        avoid: "Do not copy host keys from another machine; the two could pose as each other. If a \
            backup of these very keys exists, restore it: nobody then sees a changed key.",
        lasting: "Have images make their keys at the first boot, and keep /etc/ssh in the \
            backup of machines that are restored.",
        prior: Prior::judged(5.0),
        on_server: Some(host_keys::missing),
        worlds: &[
            World::NOTHING_LISTENS.share(0.8),
            World::HEALTHY.says(FirstBytes::Close).share(0.2),
        ],
    },
    Cause {
        id: "host-key-permissions",
        stage: Stage::Listener,
        title: "a host key is open to others",
        what: "A private host key is readable by group or others, after a chmod -R or a restore, \
            so sshd refuses to use it.",
        looks: "\"Connection refused\" if no other key is left; else a host key of another type, \
            which may look changed.",
        server_looks: "sshd -t prints the frame \"UNPROTECTED PRIVATE KEY FILE\" and \"bad \
            permissions\" for the key, then that no hostkeys are available.",
        confirm: Commands::everywhere(&["sshd -t", "ls -l /etc/ssh/ssh_host_*_key"]),
        remedy: RemedyText {
            summary: "Close the private keys to others, then restart. RHEL 8 and 9 have them as \
                640 with the group ssh_keys, which is right there.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "chown root:root /etc/ssh/ssh_host_*_key",
                "chmod 600 /etc/ssh/ssh_host_*_key",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "chown root:root /etc/ssh/ssh_host_*_key",
                "chmod 600 /etc/ssh/ssh_host_*_key",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu, SUSE, Arch, Alpine",
                commands: &["chmod 600 /etc/ssh/ssh_host_*_key"],
            },
            OnDistribution {
                names: "RHEL 8 and 9",
                commands: &[
                    "chgrp ssh_keys /etc/ssh/ssh_host_*_key && chmod 640 /etc/ssh/ssh_host_*_key",
                ],
            },
            OnDistribution {
                names: "Fedora 38 and later, RHEL 10",
                commands: &["chmod 600 /etc/ssh/ssh_host_*_key"],
            },
        ],
        avoid: "Do not delete the keys and make new ones: every client would see a changed key. If \
            others could read them for long, plan to replace them later.",
        lasting: "Never chmod -R over /etc; restore with a tool that keeps modes and owners \
            (tar -p, rsync -a as root).",
        prior: Prior::judged(4.0),
        on_server: Some(host_keys::permissions),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "ssh-directory-ownership",
        stage: Stage::Listener,
        title: "an sshd directory is not root's",
        what: "sshd's empty directory (/run/sshd, /var/empty/sshd) or /etc/ssh belongs to someone \
            else or is writable by others, after a chown -R or chmod -R that went too far.",
        looks: "\"Connection refused\" if sshd does not start; each connection closed early if it \
            still runs.",
        server_looks: "sshd -t says \"PATH must be owned by root and not group or \
            world-writable.\"",
        confirm: Commands::everywhere(&[
            "sshd -t",
            "namei -l /etc/ssh/sshd_config",
            "ls -ld /run/sshd /var/empty/sshd /usr/share/empty.sshd",
        ]),
        remedy: RemedyText {
            summary: "Give only the path that sshd -t names (PATH) back to root, then restart.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "chown root:root PATH",
                "chmod go-w PATH",
                "sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "chown root:root PATH",
                "chmod go-w PATH",
                "sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["chown root:root /run/sshd && chmod 755 /run/sshd"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["rpm --restore openssh-server"],
            },
            OnDistribution {
                names: "Alpine, Arch",
                commands: &["chown root:root /var/empty && chmod 755 /var/empty"],
            },
        ],
        avoid: "Do not run another chown -R or chmod -R over /etc, /var or /run: one of those is \
            how this comes about.",
        lasting: "Do not chown or chmod -R from / or /run; the package manager can compare \
            (dpkg -V, rpm -V) and restore what it owns.",
        prior: Prior::judged(2.0),
        on_server: Some(host_keys::directory),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
];
