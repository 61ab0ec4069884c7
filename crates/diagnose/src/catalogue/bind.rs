//! The addresses that sshd listens on, which are not the one the client calls.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::bind;
use crate::outside::world::{Elsewhere, Reach, World};

use super::{Cause, Commands, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "bound-to-loopback",
        stage: Stage::Listener,
        title: "sshd listens on loopback only",
        what: "ListenAddress (or the socket unit's ListenStream) is 127.0.0.1 or ::1, so only the \
            server itself can connect.",
        looks: "\"Connection refused\" from everywhere else; from outside the same as a stopped \
            sshd.",
        server_looks: "ss -ltn shows 127.0.0.1:PORT or [::1]:PORT and no other line for it; \
            ssh localhost works on the server.",
        confirm: Commands::everywhere(&[
            "ss -tlnp 'sport = :{port}'",
            "grep -rniE '^\\s*(ListenAddress|Port)' /etc/ssh/sshd_config*",
        ]),
        remedy: RemedyText {
            summary: "Comment out the ListenAddress line in the file that has it (FILE; the old \
                one is kept beside it), then restart. Where a socket unit owns the port, its \
                ListenStream is the line to change.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "sed -i.before 's/^\\s*ListenAddress/#&/I' FILE",
                "sshd -t && systemctl restart {unit}",
                "ss -tlnp 'sport = :{port}'",
            ])
            .or_without_systemd(&[
                "sed -i.before 's/^\\s*ListenAddress/#&/I' FILE",
                "sshd -t && service {unit} restart",
                "ss -tlnp 'sport = :{port}'",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not do this before you know whether it was meant: the server may be reachable \
            only through a VPN or a tunnel on purpose.",
        lasting: "Keep ListenAddress out of the configuration unless you need it, and limit \
            access in the firewall; after a change compare ss -ltn with the address that clients \
            call.",
        prior: Prior::seed(18.0),
        on_server: Some(bind::loopback),
        worlds: &[World::NOTHING_LISTENS
            .elsewhere(Elsewhere::Loopback)
            .alone()],
    },
    Cause {
        id: "bound-to-stale-address",
        stage: Stage::Listener,
        title: "sshd listens on an address it lost",
        what: "ListenAddress names an address that this machine no longer has, after a rebuild, a \
            move or a new lease.",
        looks: "\"Connection refused\" on the present address. After a reboot sshd may have exited \
            with \"Cannot bind any address\".",
        server_looks: "The log has \"Bind to port … on ADDRESS failed: Cannot assign requested \
            address.\" and ip -br addr does not list that address.",
        confirm: Commands::everywhere(&[
            "ss -tlnp | grep -E 'ssh|systemd'",
            "ip -br addr",
            "grep -rni '^\\s*ListenAddress' /etc/ssh/sshd_config*",
        ]),
        remedy: RemedyText {
            summary: "Put the present address (NEW) where the old one (OLD) is in the file that \
                has it (FILE), then restart.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "grep -rni '^\\s*ListenAddress' /etc/ssh/sshd_config*",
                "sed -i.before '/ListenAddress/s/OLD/NEW/' FILE",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "grep -rni '^\\s*ListenAddress' /etc/ssh/sshd_config*",
                "sed -i.before '/ListenAddress/s/OLD/NEW/' FILE",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not add the old address back to the interface: another machine may have it now.",
        lasting: "Bind to the wildcard address where the address can change (DHCP, cloud, \
            restored images), or have the tool that gives the address rewrite the line.",
        prior: Prior::judged(4.0),
        on_server: Some(bind::stale_address),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "bound-to-one-address-family",
        stage: Stage::Listener,
        title: "sshd listens on one family only",
        what: "AddressFamily inet or inet6, or a single ListenAddress, leaves the other family \
            without a listener, and your client chose that other family.",
        looks: "Refused over IPv6 and answered over IPv4, or the reverse; ssh -4 or ssh -6 gets \
            through.",
        server_looks: "ss -ltn shows the port under 0.0.0.0 or under [::] only; sshd -T has \
            addressfamily inet or inet6.",
        confirm: Commands::everywhere(&[
            "ss -tlnp 'sport = :{port}'",
            "sshd -T | grep -iE 'addressfamily|listenaddress'",
        ]),
        remedy: RemedyText {
            summary: "Use the family that answers; to mend it for good set AddressFamily any on \
                the server or take the other record out of DNS.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -4 -p {port} {user}@{host}",
                "ssh -6 -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not open the second family before the server's firewall has rules for it.",
        lasting: "Set AddressFamily any, or publish DNS records only for the family that is \
            served.",
        prior: Prior::judged(3.0),
        on_server: Some(bind::one_family),
        worlds: &[World::NOTHING_LISTENS
            .elsewhere(Elsewhere::OtherAddress)
            .reach(Reach::ThisFamily)
            .alone()],
    },
    Cause {
        id: "bound-in-other-namespace",
        stage: Stage::Listener,
        title: "sshd listens in another namespace",
        what: "sshd runs in a network namespace, a container or a VRF (RDomain) other than the one \
            your packets arrive in. Inside it all looks well.",
        looks: "\"Connection refused\", though ss inside the namespace or container shows a \
            listener on the port.",
        server_looks: "ss on the host shows nothing while ip netns exec NAME ss -ltn, or \
            nsenter into the container, shows sshd listening.",
        confirm: Commands::everywhere(&[
            "ls -l /proc/1/ns/net /proc/$(pgrep -xo sshd)/ns/net",
            "ip netns identify $(pgrep -xo sshd)",
            "ip vrf identify $(pgrep -xo sshd)",
        ]),
        remedy: RemedyText {
            summary: "Start sshd in the network that the client reaches: take the namespace, VRF \
                or RDomain setting out of its unit or configuration.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl cat {unit}",
                "grep -rni rdomain /etc/ssh/sshd_config*",
                "sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "grep -rni rdomain /etc/ssh/sshd_config*",
                "sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not move the interface into sshd's namespace: every other service would lose \
            it.",
        lasting: "Document in the unit which network sshd belongs to (NetworkNamespacePath=, a \
            VRF's ip vrf exec), and reach it from the outside once after each change.",
        prior: Prior::judged(0.6),
        on_server: Some(bind::other_namespace),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
];
