//! Which machine a name or an address stands for, and whether its key says the same.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::network;
use crate::outside::world::{
    Action, Breadth, HostKey, Name, Occupant, Place, Reach, Steadiness, World,
};

use super::{Cause, Commands, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "dns-wrong-address",
        stage: Stage::Name,
        title: "the name points to a wrong address",
        what: "DNS gives an address that is not this server's: an old record, a cached answer, a \
            wildcard, or a proxy (such as a CDN) that does not carry SSH.",
        looks: "Timed out, refused, or a stranger's host key: whatever the machine at that address \
            does.",
        server_looks: "Nothing from you is in the server's log; ip -br addr or the provider's \
            panel shows another address than the name gives.",
        confirm: Commands::everywhere(&[
            "dig +short {host} A; dig +short {host} AAAA",
            "dig +short {host} @1.1.1.1",
            "curl -4 https://checkip.amazonaws.com",
        ]),
        remedy: RemedyText {
            summary: "Connect by the address that the server's console shows (ADDRESS), checking \
                its key; then correct the record, and wait for its TTL.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -p {port} -o HostKeyAlias={host} {user}@ADDRESS",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not remove the known_hosts entry: it is what tells you that a wrong machine \
            answered. Do not type a password into a host whose key you do not know.",
        lasting: "Give the server a fixed address, lower the record's TTL before a move, and \
            do not put an SSH name behind a proxy that speaks HTTP only.",
        prior: Prior::seed(25.0),
        on_server: None,
        worlds: &[
            World::NOBODY.name(Name::StaleRecord).share(0.45),
            World::NOTHING_LISTENS
                .occupant(Occupant::AnotherMachine)
                .name(Name::StaleRecord)
                .share(0.2),
            World::HEALTHY
                .occupant(Occupant::AnotherMachine)
                .host_key(HostKey::OfAnotherMachine)
                .name(Name::StaleRecord)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .name(Name::StaleRecord)
                .share(0.1),
            World::NOBODY
                .name(Name::StaleRecord)
                .reach(Reach::ThisAddress)
                .share(0.2),
            World::NOTHING_LISTENS
                .occupant(Occupant::AnotherMachine)
                .name(Name::StaleRecord)
                .reach(Reach::ThisAddress)
                .share(0.1),
        ],
    },
    Cause {
        id: "client-override-wrong-address",
        stage: Stage::Name,
        title: "your own files name a wrong address",
        what: "A line in /etc/hosts, or HostName in your ssh_config, sends this name to an address \
            that no longer holds.",
        looks: "Timed out, refused or a strange host key from this computer only; another computer \
            reaches the server by the same name.",
        server_looks: "Nothing from you arrives; the server is where the DNS record says it \
            is.",
        confirm: Commands::everywhere(&[
            "ssh -G {host} | grep -iE '^(hostname|port|proxy)'",
            "getent ahosts {host}",
            "grep -n {host} /etc/hosts ~/.ssh/config",
        ]),
        remedy: RemedyText {
            summary: "Try the address that is right (ADDRESS), keeping the known key; then correct \
                that one line.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -p {port} -o HostName=ADDRESS -o HostKeyAlias={host} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not delete the whole file, and do not change DNS: it is not asked while the \
            line is there.",
        lasting: "Take lines for tests out of /etc/hosts again, and write names rather than \
            addresses into HostName.",
        prior: Prior::judged(7.0),
        on_server: None,
        worlds: &[
            World::NOBODY.name(Name::Overridden).share(0.45),
            World::NOTHING_LISTENS
                .occupant(Occupant::AnotherMachine)
                .name(Name::Overridden)
                .share(0.2),
            World::HEALTHY
                .occupant(Occupant::AnotherMachine)
                .host_key(HostKey::OfAnotherMachine)
                .name(Name::Overridden)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .name(Name::Overridden)
                .share(0.1),
        ],
    },
    Cause {
        id: "address-changed",
        stage: Stage::Name,
        title: "the server has a new address",
        what: "The machine got another public address when it was stopped and started, rebuilt or \
            moved, or its lease changed. The old one belongs to nobody or to a stranger.",
        looks: "Timed out, or another machine answers with another host key, from the day of the \
            restart.",
        server_looks: "The server's own address differs from the one you call, and its logs \
            show no attempt of yours since the change.",
        confirm: Commands::everywhere(&["curl -4 https://checkip.amazonaws.com", "ip -br addr"]),
        remedy: RemedyText {
            summary: "Read the present address in the panel, connect to it, checking the host key; \
                then update the DNS record and reserve a fixed address.",
            place: Where::Provider,
            commands: Commands::everywhere(&[
                "ssh -p {port} -o HostKeyAlias={host} {user}@ADDRESS",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not log in to whatever answers at the old address. Do not stop and start the \
            machine again: it may change once more.",
        lasting: "Reserve the address (elastic, static, floating), or let the machine update \
            its DNS record at each boot.",
        prior: Prior::judged(19.0),
        on_server: Some(network::address_changed),
        worlds: &[
            World::NOBODY.share(0.6),
            World::HEALTHY
                .occupant(Occupant::AnotherMachine)
                .host_key(HostKey::OfAnotherMachine)
                .share(0.3),
            World::NOTHING_LISTENS
                .occupant(Occupant::AnotherMachine)
                .share(0.1),
        ],
    },
    Cause {
        id: "host-key-changed",
        stage: Stage::HostKey,
        title: "the server's host key has changed",
        what: "The server shows another host key than the one you stored. A reinstall or a new \
            machine at the same address does that; so does someone in between.",
        looks: "\"REMOTE HOST IDENTIFICATION HAS CHANGED\", then \"Host key verification failed.\"",
        server_looks: "ssh-keygen -lf on /etc/ssh/ssh_host_ed25519_key.pub shows the \
            fingerprint that you were shown, and the file's date is that of a reinstall or of \
            cloud-init's run. If it shows another one, you did not reach this server.",
        confirm: Commands::everywhere(&[
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            "ssh-keygen -F {host} -l",
        ]),
        remedy: RemedyText {
            summary: "Compare the fingerprint you were shown with the first command's on the \
                server's own console. Only if they are equal remove the old entry, and then accept \
                the new key. For a port other than 22 the entry reads [host]:port.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh-keygen -R {host}",
                "ssh-keygen -R '[{host}]:{port}'",
                "ssh -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not turn StrictHostKeyChecking off and do not delete known_hosts. Do not fetch \
            the fingerprint with ssh-keyscan: it asks the same machine over the same path.",
        lasting: "Keep /etc/ssh/ssh_host_* when a machine is rebuilt, or sign host keys with a \
            certificate authority (@cert-authority in known_hosts), so that a new key needs no \
            exception.",
        prior: Prior::judged(23.0),
        on_server: None,
        worlds: &[World::HEALTHY.host_key(HostKey::Changed).alone()],
    },
    Cause {
        id: "duplicate-address",
        stage: Stage::Route,
        title: "two machines share one address",
        what: "Another machine in the network uses the server's address, so packets reach now one \
            and now the other.",
        looks: "It works and fails in turn, with two host keys or resets that come and go.",
        server_looks: "The kernel log or arping -D shows another hardware address for the \
            server's own IP address; some of your packets never arrive.",
        confirm: Commands::everywhere(&[
            "arping -D -I INTERFACE -c 3 ADDRESS",
            "ip neigh",
            "dmesg | grep -i duplicate",
        ]),
        remedy: RemedyText {
            summary: "Find the other machine by the hardware address that arping shows and take \
                the address from it (or give this one another); then let the neighbours learn.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ip -br link",
                "arping -D -I INTERFACE -c 3 ADDRESS",
                "arping -U -I INTERFACE -c 3 ADDRESS",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not accept the second host key. Do not send gratuitous ARP in a loop to win: \
            the other machine is cut off with it.",
        lasting: "Reserve addresses in DHCP, keep static ones out of its range, and give \
            copied virtual machines a new address before their first boot.",
        prior: Prior::judged(1.5),
        on_server: Some(network::duplicate_address),
        worlds: &[World::HEALTHY
            .host_key(HostKey::OfAnotherMachine)
            .steadiness(Steadiness::Intermittent)
            .share(1.0)],
    },
    Cause {
        id: "name-not-found",
        stage: Stage::Name,
        title: "the name does not exist",
        what: "No name server knows this name: a typing mistake, an alias that exists in another \
            computer's ssh_config only, an internal name while the VPN is off, or a record that \
            was removed.",
        looks: "\"Could not resolve hostname: Name or service not known\" at once; no packet went \
            to the server.",
        server_looks: "Nothing arrives at the server; in the zone the record is missing or \
            stands under another name.",
        confirm: Commands::everywhere(&[
            "getent ahosts {host}",
            "ssh -G {host} | grep -i '^hostname'",
            "cat /etc/resolv.conf",
        ]),
        remedy: RemedyText {
            summary: "Correct the name or turn on the VPN that knows it. If you know the address, \
                write the alias into your ssh_config.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -p {port} {user}@ADDRESS",
                "printf 'Host {host}\\n  HostName ADDRESS\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not change anything on the server; it was never asked. Do not guess at similar \
            names: they may be someone else's.",
        lasting: "Keep aliases in an ssh_config that you take along, and check the record from \
            outside before you rely on it.",
        prior: Prior::judged(13.0),
        on_server: None,
        worlds: &[World::HEALTHY.name(Name::Missing).alone()],
    },
    Cause {
        id: "address-family-mismatch",
        stage: Stage::Name,
        title: "the name has no address of that kind",
        what: "You asked for IPv4 only or IPv6 only (-4, -6 or AddressFamily), and the name has an \
            address of the other kind alone.",
        looks: "\"Could not resolve hostname: No address associated with hostname\" or \"Address \
            family for hostname not supported\", at once.",
        server_looks: "Nothing arrives; the zone has only A or only AAAA for the name.",
        confirm: Commands::everywhere(&[
            "ssh -G {host} | grep -i addressfamily",
            "getent ahostsv4 {host}; getent ahostsv6 {host}",
        ]),
        remedy: RemedyText {
            summary: "Leave the restriction out, or have the missing record added to DNS.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh -o AddressFamily=any -p {port} {user}@{host}"]),
        },
        by_distribution: &[],
        avoid: "Do not invent an address for the missing family in /etc/hosts.",
        lasting: "Leave AddressFamily at any in ssh_config, and publish both records where the \
            server has both.",
        prior: Prior::judged(2.0),
        on_server: None,
        worlds: &[World::HEALTHY.name(Name::NoAddressOfFamily).alone()],
    },
    Cause {
        id: "host-key-revoked",
        stage: Stage::HostKey,
        title: "the server's host key is revoked",
        what: "The key is marked @revoked in known_hosts or listed in RevokedHostKeys. Someone \
            decided that it must not be trusted, mostly because it leaked.",
        looks: "\"REVOKED HOST KEY DETECTED\" or \"host key … revoked by file\", then \"Host key \
            verification failed.\"",
        server_looks: "The fingerprint of the server's key is in your organisation's list of \
            revoked keys; the server itself knows nothing of it and logs only that you left before \
            authentication.",
        confirm: Commands::everywhere(&[
            "grep -n '@revoked' ~/.ssh/known_hosts /etc/ssh/ssh_known_hosts",
            "ssh -G {host} | grep -i revoked",
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        ]),
        remedy: RemedyText {
            summary: "On the console, set the revoked key aside, make a new one of that type, \
                check and restart; hand the new fingerprint to those who connect.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mv /etc/ssh/ssh_host_ed25519_key /root/revoked_host_key",
                "mv /etc/ssh/ssh_host_ed25519_key.pub /root/revoked_host_key.pub",
                "ssh-keygen -A && mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "mv /etc/ssh/ssh_host_ed25519_key /root/revoked_host_key",
                "mv /etc/ssh/ssh_host_ed25519_key.pub /root/revoked_host_key.pub",
                "ssh-keygen -A && mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not remove the revocation to get in: whoever has the old key can pose as the \
            server. Ask who revoked it.",
        lasting: "Replace the host key as soon as it is revoked, everywhere it was copied to \
            (images, backups), and hand out the new fingerprint.",
        prior: Prior::judged(0.4),
        on_server: None,
        worlds: &[World::HEALTHY.host_key(HostKey::Revoked).alone()],
    },
];
