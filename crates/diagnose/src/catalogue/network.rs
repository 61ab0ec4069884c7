//! The path between the two machines.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::network;
use crate::outside::world::{Exchange, Login, Path, Reach, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "host-down",
        stage: Stage::Route,
        title: "the machine is off or unreachable",
        what: "The server or its virtual machine is powered off, paused, stuck in a boot, or cut \
            from its network.",
        looks: "\"Connection timed out\", or after about three seconds \"No route to host\"; no \
            port and no echo answers, for anyone.",
        server_looks: "The provider's panel or the hypervisor says off, paused or crashed; \
            after the start the journal shows when the last boot ended and whether it ended \
            cleanly.",
        confirm: Commands::everywhere(&["ping -c 3 {host}", "virsh list --all || qm list"]),
        remedy: RemedyText {
            summary: "Look at the machine's state and its console in the panel, and start it if it \
                is off.",
            place: Where::Provider,
            commands: Commands::everywhere(&[
                "virsh start NAME || qm start ID",
                "aws ec2 start-instances --instance-ids ID",
                "gcloud compute instances start NAME",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not force a reset while the console shows a file system check or an upgrade. Do \
            not rebuild the machine: that erases its disk.",
        lasting: "Let the hypervisor start the machine at boot, find out why it went down \
            (journalctl -b -1 -e), and watch it from outside.",
        prior: Prior::judged(32.0),
        on_server: None,
        worlds: &[
            World::NOBODY.share(1.0),
            World::NOBODY.reach(Reach::ThisAddress).share(0.15),
        ],
    },
    Cause {
        id: "host-has-no-route",
        stage: Stage::Route,
        title: "the server has no way back",
        what: "The server has lost its default route or its lease, or has a wrong gateway, so it \
            cannot answer anyone beyond its own network.",
        looks: "\"Connection timed out\" from afar, while machines in the same network get \
            through.",
        server_looks: "ip route has no default line, or one by a gateway that ip neigh calls \
            FAILED; on the console nothing outside answers.",
        confirm: Commands::everywhere(&[
            "ip route; ip -6 route",
            "ip -br addr",
            "ip route get {from}",
        ]),
        remedy: RemedyText {
            summary: "On the console, add the route for now (GATEWAY, INTERFACE), log in, then \
                correct the network configuration, which a reboot would otherwise bring back.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ip route add default via GATEWAY dev INTERFACE",
                "netplan try || nmcli connection up NAME",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu",
                commands: &["vi /etc/netplan/*.yaml && netplan try"],
            },
            OnDistribution {
                names: "Debian",
                commands: &["vi /etc/network/interfaces && ifdown INTERFACE; ifup INTERFACE"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &[
                    "nmcli connection modify NAME ipv4.gateway GATEWAY && nmcli connection up NAME",
                ],
            },
            OnDistribution {
                names: "SUSE",
                commands: &["vi /etc/sysconfig/network/ifroute-INTERFACE && wicked ifup INTERFACE"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["vi /etc/network/interfaces && rc-service networking restart"],
            },
        ],
        avoid: "Do not restart all networking from an SSH session. Do not reboot before the \
            configuration on disk is right.",
        lasting: "Write address and gateway into the network configuration and reboot once \
            with the console at hand; use netplan try or a timer that takes a change back.",
        prior: Prior::judged(5.0),
        on_server: Some(network::no_route_back),
        worlds: &[World::HEALTHY.path(Path::AnswerLost).alone()],
    },
    Cause {
        id: "asymmetric-route",
        stage: Stage::Route,
        title: "the answers take another way",
        what: "The server has several interfaces or a VPN, and its answer leaves by another one \
            than the request came in by. A filter on the way, or rp_filter on the server, discards \
            it.",
        looks: "\"Connection timed out\", while tcpdump on the server sees the request arrive.",
        server_looks: "tcpdump -ni any shows your SYN come in by one interface and the answer \
            leave by another, or no answer at all while \"martian source\" is in the kernel log.",
        confirm: Commands::everywhere(&[
            "ip route get {from}",
            "tcpdump -ni any tcp port {port} and host {from}",
            "sysctl net.ipv4.conf.all.rp_filter; ip rule",
        ]),
        remedy: RemedyText {
            summary: "Send what comes from the called address (ADDRESS) back through its own \
                interface, by a routing table of its own; this lasts until a reboot.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ip route add default via GATEWAY dev INTERFACE table 100",
                "ip rule add from ADDRESS table 100",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu",
                commands: &["vi /etc/netplan/*.yaml && netplan try"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &[
                    "nmcli connection modify NAME ipv4.routing-rules 'priority 100 from ADDRESS table 100'",
                ],
            },
            OnDistribution {
                names: "Debian",
                commands: &["vi /etc/network/interfaces"],
            },
        ],
        avoid: "Do not replace the default route: other connections hang on it, perhaps yours. Do \
            not turn rp_filter off everywhere.",
        lasting: "Keep a rule and a routing table for each interface in the network \
            configuration; set rp_filter to 2 where several interfaces are meant.",
        prior: Prior::judged(3.0),
        on_server: Some(network::asymmetric),
        worlds: &[World::HEALTHY.path(Path::AnswerLost).alone()],
    },
    Cause {
        id: "mtu-black-hole",
        stage: Stage::KeyExchange,
        title: "large packets vanish on the way",
        what: "Somewhere on the path (VPN, PPPoE, tunnel) large packets do not fit, and the ICMP \
            message that would say so is filtered. Small packets pass, large ones are lost.",
        looks: "The banner arrives, then it hangs at \"expecting SSH2_MSG_KEX_ECDH_REPLY\". \
            Post-quantum key exchange, with its larger packets, shows it more often.",
        server_looks: "The log has a connection that stays in [preauth] until \"Timeout before \
            authentication\"; ss -ti shows large segments retransmitted without end.",
        confirm: Commands::everywhere(&[
            "tracepath -n {host}",
            "ping -M do -s 1400 -c 3 {host}",
            "ssh -v -o KexAlgorithms=curve25519-sha256 -p {port} {user}@{host}",
        ]),
        remedy: RemedyText {
            summary: "Lower the size on your side for now (INTERFACE is the one towards the \
                server); for good, let ICMP \"fragmentation needed\" through or clamp the MSS at \
                the tunnel.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "sudo ip link set dev INTERFACE mtu 1280",
                "ssh -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not lower the MTU of the server's only interface over the connection that hangs \
            on it. Do not settle on a weaker key exchange as the remedy: large transfers would \
            hang later.",
        lasting: "Let ICMP \"fragmentation needed\" and \"packet too big\" through every \
            firewall of yours, and clamp the MSS to the path's MTU where a tunnel begins.",
        prior: Prior::judged(5.0),
        on_server: None,
        worlds: &[World::HEALTHY.exchange(Exchange::LargePacketsLost).alone()],
    },
    Cause {
        id: "ipv6-broken",
        stage: Stage::Route,
        title: "IPv6 to the server is broken",
        what: "The name has an IPv6 address, but the way to it or the server's own IPv6 does not \
            work. ssh tries it first and the message may speak of it alone.",
        looks: "A long wait, a timeout or \"Network is unreachable\" over IPv6, and a quick \
            connection with ssh -4.",
        server_looks: "ip -6 route has no default, or the address in the AAAA record is not on \
            the machine; IPv4 logins go on as ever.",
        confirm: Commands::everywhere(&[
            "ssh -v -p {port} {user}@{host}",
            "getent ahostsv6 {host}",
            "ip -6 route get 2000::1",
        ]),
        remedy: RemedyText {
            summary: "Use IPv4 for this host; then mend its IPv6 or take the AAAA record out of \
                DNS.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -4 -p {port} {user}@{host}",
                "printf 'Host {host}\\n  AddressFamily inet\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not switch IPv6 off on the server while someone is logged in over it.",
        lasting: "Publish an AAAA record only for machines whose IPv6 is watched as IPv4 is.",
        prior: Prior::judged(6.0),
        on_server: None,
        worlds: &[
            World::HEALTHY
                .path(Path::Lost)
                .reach(Reach::OnlyIpv6)
                .share(0.5),
            World::NOBODY.reach(Reach::OnlyIpv6).share(0.2),
            World::HEALTHY
                .path(Path::NoRouteAtRouter)
                .reach(Reach::OnlyIpv6)
                .share(0.15),
            World::HEALTHY
                .path(Path::NoRouteAtClient)
                .reach(Reach::OnlyIpv6)
                .share(0.15),
        ],
    },
    Cause {
        id: "path-has-no-route",
        stage: Stage::Route,
        title: "a router on the way has no route",
        what: "A router between you and the server does not know where the address is: the network \
            is down or not announced, the address is wrong, or two routers send it in a circle.",
        looks: "\"Network is unreachable\" or \"No route to host\", with an ICMP message from a \
            router and not from the server.",
        server_looks: "Nothing arrives, or the answers do not find their way back; the server \
            itself reaches other places.",
        confirm: Commands::everywhere(&["traceroute -n {host}", "getent ahosts {host}"]),
        remedy: RemedyText {
            summary: "Make sure that the address is the right one, then tell the owner of the last \
                router that answers; a jump host elsewhere may still get through.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh -J NAME@JUMPHOST -p {port} {user}@{host}"]),
        },
        by_distribution: &[],
        avoid: "Do not add static routes on your own machine to force it: the gap is further out.",
        lasting: "Let the network's owner watch the prefix from outside, and keep a jump host \
            in another network.",
        prior: Prior::judged(4.0),
        on_server: None,
        worlds: &[
            World::HEALTHY.path(Path::NoRouteAtRouter).share(0.8),
            World::HEALTHY.path(Path::Loop).share(0.2),
        ],
    },
    Cause {
        id: "idle-connection-dropped",
        stage: Stage::Session,
        title: "idle connections are cut on the way",
        what: "A NAT, firewall or load balancer between you forgets connections that carry nothing \
            for a few minutes.",
        looks: "The login works; after a pause the session freezes or ends with \"client_loop: \
            send disconnect: Broken pipe\".",
        server_looks: "The log has \"Connection reset by\" or \"Timeout, client not \
            responding\" long after the last activity, or the session lingers until it is ended by \
            hand.",
        confirm: Commands::everywhere(&[
            "ssh -G {host} | grep -i serveralive",
            "sshd -T | grep -i clientalive",
        ]),
        remedy: RemedyText {
            summary: "Send a small message once in a while so that the entry is not forgotten.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o ServerAliveInterval=30 -p {port} {user}@{host}",
                "printf 'Host {host}\\n  ServerAliveInterval 30\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not raise sshd's timeouts: it is not sshd that forgets. Run long work in tmux \
            or screen, so that a cut does not end it.",
        lasting: "Set ServerAliveInterval 60 on clients or ClientAliveInterval 60 on the \
            server, and run long jobs in tmux or as a service.",
        prior: Prior::judged(8.0),
        on_server: None,
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "packets-corrupted",
        stage: Stage::KeyExchange,
        title: "packets arrive corrupted",
        what: "Bytes change on the way (failing hardware, a faulty network card offload, a \
            middlebox that edits packets), or one side has a known fault in a MAC algorithm.",
        looks: "\"Corrupted MAC on input\", \"Bad packet length\" or \"message authentication code \
            incorrect\", during or after the key exchange.",
        server_looks: "The log has \"Corrupted MAC on input\", \"Bad packet length\" or \
            \"message authentication code incorrect\" with [preauth] or later.",
        confirm: Commands::everywhere(&[
            "ssh -v -m hmac-sha2-512 -p {port} {user}@{host}",
            "ethtool -S INTERFACE | grep -iE 'err|crc'",
            "ssh -V",
        ]),
        remedy: RemedyText {
            summary: "Try another MAC. If that helps, upgrade the older side; if not, go by \
                another network, or turn offloads off one at a time.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -m hmac-sha2-512 -p {port} {user}@{host}",
                "sudo ethtool -K INTERFACE tso off gso off gro off",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not choose a weak cipher to silence the message: it is what noticed the damage.",
        lasting: "Upgrade the side with the known fault (OpenSSH for Windows up to 9.5 with \
            umac-128-etm), replace the failing card or cable, and keep offloads off where they \
            were at fault.",
        prior: Prior::judged(0.8),
        on_server: None,
        worlds: &[World::HEALTHY.exchange(Exchange::Breaks).alone()],
    },
];
