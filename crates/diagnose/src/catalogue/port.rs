//! The port: SSH has moved to another one, or something else answers on it.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::port;
use crate::outside::world::{Elsewhere, FirstBytes, HostKey, Listener, World};

use super::{Cause, Commands, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "port-changed",
        stage: Stage::Listener,
        title: "sshd listens on another port",
        what: "The port in sshd_config or in the socket unit is not the one you call; it was moved \
            by an administrator, an image or a hardening script.",
        looks: "\"Connection refused\" on the usual port, while another port of the same host \
            gives an SSH banner.",
        server_looks: "sshd -T and ss agree on another port than the one you call; the file \
            that sets it has the date of the change.",
        confirm: Commands::everywhere(&[
            "sshd -T | grep -i '^port'",
            "ss -tlnp | grep -E 'ssh|systemd'",
        ]),
        remedy: RemedyText {
            summary: "Call the port that the server uses (PORT), and write it into your ssh_config \
                once it has worked.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -p PORT {user}@{host}",
                "printf 'Host {host}\\n  Port PORT\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not scan all ports: that is what bans are made for. Do not move sshd back \
            before asking who moved it and why.",
        lasting: "When a port is moved, let sshd listen on both for a while (two Port lines), \
            open the new one in every firewall first, and put it into the ssh_config of those who \
            connect.",
        prior: Prior::seed(60.0),
        on_server: Some(port::changed),
        worlds: &[
            World::NOTHING_LISTENS
                .elsewhere(Elsewhere::LikelyPort)
                .share(0.5),
            World::NOTHING_LISTENS
                .elsewhere(Elsewhere::AnyPort)
                .share(0.5),
        ],
    },
    Cause {
        id: "port-taken-by-other-service",
        stage: Stage::Banner,
        title: "another program answers on the port",
        what: "Something that is not an SSH server (a web server, a proxy, a tunnel) has the port, \
            so sshd could not bind it.",
        looks: "The connection opens, then \"banner line contains invalid characters\", an HTTP \
            error, or silence until it closes.",
        server_looks: "ss -tlnp names another program on the port, and sshd's log has \"Bind \
            to port … failed: Address already in use.\"",
        confirm: Commands::everywhere(&[
            "ss -tlnp 'sport = :{port}'",
            "nc -w 5 localhost {port} < /dev/null",
            "journalctl -b -u {unit} | grep -i 'already in use'",
        ])
        .or_without_systemd(&[
            "ss -tlnp 'sport = :{port}'",
            "nc -w 5 localhost {port} < /dev/null",
            "grep -i 'already in use' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Move the other program (UNIT) off the port or stop it, then start sshd.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl stop UNIT",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "service UNIT stop",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not end the other program before you know what it is: it may be the proxy that \
            everything else comes through.",
        lasting: "Keep the SSH port out of the range that the other service picks, and give \
            both fixed ports; for a multiplexer (sslh, HAProxy) monitor SSH through it.",
        prior: Prior::judged(4.0),
        on_server: Some(port::taken_by_other),
        worlds: &[
            World::HEALTHY
                .listener(Listener::OtherService)
                .says(FirstBytes::OtherProtocol)
                .share(0.7),
            World::HEALTHY
                .listener(Listener::OtherService)
                .says(FirstBytes::Silence)
                .share(0.15),
            World::HEALTHY
                .listener(Listener::OtherService)
                .says(FirstBytes::Trickle)
                .share(0.1),
            World::HEALTHY
                .listener(Listener::OtherService)
                .says(FirstBytes::Close)
                .share(0.05),
        ],
    },
    Cause {
        id: "port-answered-by-other-sshd",
        stage: Stage::HostKey,
        title: "another SSH server has the port",
        what: "A second SSH server holds the port: dropbear, a container, a Git server, an old \
            sshd. It has its own host key and its own accounts.",
        looks: "A banner and a host key that you do not know (\"REMOTE HOST IDENTIFICATION HAS \
            CHANGED\"), or \"Permission denied\" for a login that is right.",
        server_looks: "ss -tlnp shows dropbear, docker-proxy or another sshd on the port; the \
            system's own sshd could not bind or was moved.",
        confirm: Commands::everywhere(&[
            "ss -tlnp 'sport = :{port}'",
            "docker ps",
            "ssh-keyscan -p {port} localhost | ssh-keygen -lf -",
        ]),
        remedy: RemedyText {
            summary: "Give the other server another port or stop it (NAME is its unit; for a \
                container, docker stop), then start the system's own.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl stop NAME || docker stop NAME",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "service NAME stop || docker stop NAME",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not accept the unknown key or type your password into it before you know which \
            server it is.",
        lasting: "Publish containers' SSH on a port of its own, bound to its own address, and \
            remove the second server's unit if it is a leftover.",
        prior: Prior::judged(3.0),
        on_server: Some(port::other_sshd),
        worlds: &[
            World::HEALTHY
                .host_key(HostKey::OfAnotherMachine)
                .share(0.5),
            World::HEALTHY.host_key(HostKey::Changed).share(0.5),
        ],
    },
];
