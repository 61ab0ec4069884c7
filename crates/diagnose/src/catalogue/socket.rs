//! Socket activation: systemd owns the listening socket in place of sshd.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::socket;
use crate::outside::world::{Elsewhere, FirstBytes, Listener, Reach, Steadiness, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "socket-unit-ignores-port",
        stage: Stage::Listener,
        title: "systemd's socket ignores Port",
        what: "ssh.socket owns the port (the default on Ubuntu since 22.10), so a new Port in \
            sshd_config has no effect until the socket unit is regenerated and restarted, and on \
            some releases none at all.",
        looks: "\"Connection refused\" on the new port, while the old one (mostly 22) still gives \
            a banner.",
        server_looks: "ssh.socket is active and ss shows systemd, not sshd, as the owner of \
            the old port; sshd -T prints the new one.",
        confirm: Commands::everywhere(&[
            "systemctl is-active {unit}.socket",
            "systemctl cat {unit}.socket",
            "ss -tlnp",
        ])
        .or_without_systemd(&["ss -tlnp"]),
        remedy: RemedyText {
            summary: "Let systemd read the port again and restart the socket; open sessions stay.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mkdir -p -m 755 /run/sshd && sshd -t",
                "systemctl daemon-reload",
                "systemctl restart {unit}.socket",
            ])
            .or_without_systemd(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu 24.04 and later",
                commands: &["systemctl daemon-reload && systemctl restart ssh.socket"],
            },
            OnDistribution {
                names: "Ubuntu 22.10 to 23.10",
                commands: &[
                    "mkdir -p /etc/systemd/system/ssh.socket.d && printf '[Socket]\\nListenStream=\\nListenStream={port}\\n' > /etc/systemd/system/ssh.socket.d/listen.conf",
                    "systemctl daemon-reload && systemctl restart ssh.socket",
                ],
            },
            OnDistribution {
                names: "Debian, without the socket",
                commands: &["systemctl disable --now ssh.socket && systemctl enable --now ssh"],
            },
        ],
        avoid: "Do not close the old port in the firewall before the new one has let you in. Do \
            not stop the socket unit without starting something in its place.",
        lasting: "After each change of Port or ListenAddress do daemon-reload and restart the \
            socket, or leave the socket unit for the plain service. On Ubuntu 22.10 to 23.10 the \
            socket's own drop-in is the only place that counts.",
        prior: Prior::judged(9.0),
        on_server: Some(socket::ignores_port),
        worlds: &[
            World::NOTHING_LISTENS
                .elsewhere(Elsewhere::LikelyPort)
                .share(0.8),
            World::NOTHING_LISTENS
                .elsewhere(Elsewhere::AnyPort)
                .share(0.2),
        ],
    },
    Cause {
        id: "socket-unit-changed-while-running",
        stage: Stage::Listener,
        title: "the socket unit lost its socket",
        what: "The socket unit was changed while it ran, and after the reload systemd holds no \
            open socket for it, though it may look loaded.",
        looks: "\"Connection refused\" on the old port and on the new one, from the minute of a \
            daemon-reload or upgrade.",
        server_looks: "The journal says \"Socket unit configuration has changed while unit has \
            been running, no open socket file descriptor left\"; ss shows nobody on the port.",
        confirm: Commands::everywhere(&[
            "systemctl status {unit}.socket",
            "journalctl -u {unit}.socket -n 10 --no-pager",
            "ss -tlnp",
        ])
        .or_without_systemd(&["ss -tlnp"]),
        remedy: RemedyText {
            summary: "Restart the socket unit so that it opens its sockets again.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mkdir -p -m 755 /run/sshd && sshd -t",
                "systemctl daemon-reload",
                "systemctl restart {unit}.socket",
            ])
            .or_without_systemd(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not end your open session until a new one works. Do not edit the generated \
            files beneath /run/systemd/generator.",
        lasting: "Restart the socket in the same command as daemon-reload, from a session that \
            stays open until a new login has worked.",
        prior: Prior::judged(2.0),
        on_server: Some(socket::changed_while_running),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "socket-and-service-clash",
        stage: Stage::Listener,
        title: "socket and service want one port",
        what: "The socket unit and a service that binds the port by itself are both enabled. \
            Whichever comes second fails with \"Address already in use\".",
        looks: "\"Connection refused\", or refused and answered in turn after restarts.",
        server_looks: "Both units are enabled, and the one that lost says \"Address already in \
            use\" or \"Socket service ssh.service already active, refusing.\"",
        confirm: Commands::everywhere(&[
            "systemctl is-enabled {unit} {unit}.socket",
            "systemctl status {unit} {unit}.socket",
            "ss -tlnp",
        ])
        .or_without_systemd(&["ss -tlnp"]),
        remedy: RemedyText {
            summary: "Keep one of the two: here the service, started right after the socket is \
                given up.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mkdir -p -m 755 /run/sshd && sshd -t",
                "systemctl disable --now {unit}.socket && systemctl enable --now {unit}",
            ])
            .or_without_systemd(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not disable the socket over your only SSH session without starting the service \
            in the same breath. Do not move either to another port to end the clash.",
        lasting: "Decide for one and disable the other; package upgrades that bring the socket \
            back are named in the release notes of Ubuntu 22.10.",
        prior: Prior::judged(3.0),
        on_server: Some(socket::clash),
        worlds: &[
            World::NOTHING_LISTENS.share(0.7),
            World::HEALTHY
                .listener(Listener::Flapping)
                .steadiness(Steadiness::Intermittent)
                .share(0.3),
        ],
    },
    Cause {
        id: "socket-unit-ignores-address-family",
        stage: Stage::Listener,
        title: "the socket has the wrong family",
        what: "The socket unit, or the generator that writes it, did not take AddressFamily or \
            ListenAddress into account, so systemd listens on IPv4 only or IPv6 only.",
        looks: "Refused over one family and answered over the other: ssh -4 and ssh -6 differ.",
        server_looks: "ss -ltn shows the port under one family only, owned by systemd; the \
            drop-in under /run/systemd/generator/ssh.socket.d lacks the other.",
        confirm: Commands::everywhere(&[
            "ss -tlnp",
            "systemctl cat {unit}.socket",
            "sshd -T | grep -iE 'addressfamily|listenaddress'",
        ])
        .or_without_systemd(&[
            "ss -tlnp",
            "sshd -T | grep -iE 'addressfamily|listenaddress'",
        ]),
        remedy: RemedyText {
            summary: "Name both families in a drop-in of the socket unit: under [Socket] an empty \
                ListenStream=, then one ListenStream= line for 0.0.0.0 and one for [::], each with \
                the port.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl edit {unit}.socket",
                "systemctl daemon-reload",
                "systemctl restart {unit}.socket",
            ])
            .or_without_systemd(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not edit the files beneath /run/systemd/generator: they are written again. Do \
            not switch IPv6 off in the kernel to hide it.",
        lasting: "Keep addresses and families in the socket unit's own drop-in while the \
            socket is in use, and check ss -ltn for both families after a change.",
        prior: Prior::judged(0.6),
        on_server: Some(socket::ignores_family),
        worlds: &[World::NOTHING_LISTENS
            .elsewhere(Elsewhere::OtherAddress)
            .reach(Reach::ThisFamily)
            .alone()],
    },
    Cause {
        id: "socket-unit-trigger-limit",
        stage: Stage::Listener,
        title: "the socket hit its trigger limit",
        what: "systemd closes a socket unit that is triggered too often in a short time: a flood \
            of connections, or a service that fails each time it is started.",
        looks: "It works, then resets or refuses under load, and stays \"Connection refused\" \
            until the unit is started again.",
        server_looks: "systemctl status of the socket shows \"trigger-limit-hit\" or \"Failed \
            with result\"; the port has no listener until somebody starts it.",
        confirm: Commands::everywhere(&[
            "systemctl status {unit}.socket",
            "journalctl -u {unit}.socket -n 10 --no-pager",
            "sshd -t",
        ])
        .or_without_systemd(&["sshd -t", "tail /var/log/auth.log /var/log/messages"]),
        remedy: RemedyText {
            summary: "Make sure that sshd itself starts, then clear the failure and start the \
                socket.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mkdir -p -m 755 /run/sshd && sshd -t",
                "systemctl reset-failed {unit}.socket {unit}",
                "systemctl start {unit}.socket",
            ])
            .or_without_systemd(&[
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not turn the limit off: it protects the machine from a start loop. Do not retry \
            the connection in a loop.",
        lasting: "Use the plain service on machines that are scanned from the internet, or \
            raise TriggerLimitBurst= in the socket unit; make sure that sshd -t passes, since a \
            failing service triggers it as well.",
        prior: Prior::judged(0.6),
        on_server: Some(socket::trigger_limit),
        worlds: &[
            World::NOTHING_LISTENS.share(0.7),
            World::HEALTHY
                .says(FirstBytes::Reset)
                .steadiness(Steadiness::Intermittent)
                .share(0.3),
        ],
    },
];
