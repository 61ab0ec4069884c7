//! The packet filter of the server itself.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::packet_filter;
use crate::outside::world::{Action, Breadth, Place, Reach, Steadiness, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "host-firewall-rejects",
        stage: Stage::HostFirewall,
        title: "the firewall rejects with ICMP",
        what: "A rule of the server's own packet filter rejects the connection with ICMP port \
            unreachable, which is the default of iptables REJECT. sshd never sees it.",
        looks: "\"Connection refused\", as if sshd were down; but an ICMP message from the host \
            itself came back, not a TCP reset.",
        server_looks: "The rule set has a reject before any accept for the port and its \
            counter rises with each attempt; tcpdump on the interface sees the SYN and the ICMP \
            answer. sshd logs nothing.",
        confirm: Commands::everywhere(&[
            "sshdoctor firewall --from {from} --port {port}",
            "nft list ruleset | grep -n reject",
            "iptables -S | grep -n REJECT",
        ]),
        remedy: RemedyText {
            summary: "Insert one accept for your address and this port before the denial, with the \
                one of these tools that owns the rules.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ufw prepend allow proto tcp from {from} to any port {port}",
                "firewall-cmd --add-rich-rule='rule family=ipv4 priority=-1 source address={from} port port={port} protocol=tcp accept'",
                "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
                "iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu, Debian with ufw",
                commands: &["ufw allow from {from} to any port {port} proto tcp"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE",
                commands: &[
                    "firewall-cmd --add-rich-rule='rule family=ipv4 source address={from} port port={port} protocol=tcp accept'",
                ],
            },
            OnDistribution {
                names: "Debian with nftables",
                commands: &[
                    "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
                ],
            },
            OnDistribution {
                names: "Alpine, iptables",
                commands: &["iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT"],
            },
        ],
        avoid: "Do not flush the rules: with a policy of DROP that shuts out everything, your open \
            session too. Do not turn the firewall off.",
        lasting: "Write the accept into the saved rule set of the tool that owns the rules, \
            and apply changes with an automatic way back (ufw has none: arm an at job that \
            disables it; nft -f with a timer).",
        prior: Prior::seed(35.0),
        on_server: Some(|server| packet_filter::denied(server, "host-firewall-rejects")),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::ThisPort)
                .share(0.5),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::UnlistedPorts)
                .share(0.4),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::Everything)
                .share(0.1),
        ],
    },
    Cause {
        id: "host-firewall-resets",
        stage: Stage::HostFirewall,
        title: "the firewall answers with a reset",
        what: "A rule of the server's own packet filter rejects with a TCP reset, as ufw reject \
            does. To the client it looks like a closed port.",
        looks: "\"Connection refused\" with a reset that looks like that of a closed port; from \
            outside the two can hardly be told apart.",
        server_looks: "The rule set has \"reject with tcp reset\" for the port or as its last \
            rule, and that rule's counter rises. tcpdump sees the SYN arrive although ss shows a \
            listener.",
        confirm: Commands::everywhere(&[
            "sshdoctor firewall --from {from} --port {port}",
            "nft list ruleset | grep -n 'tcp reset'",
            "ufw status numbered",
        ]),
        remedy: RemedyText {
            summary: "Insert one accept for your address and this port before the denial, with the \
                one of these tools that owns the rules.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ufw prepend allow proto tcp from {from} to any port {port}",
                "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
                "iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu, Debian with ufw",
                commands: &["ufw insert 1 allow from {from} to any port {port} proto tcp"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE",
                commands: &[
                    "firewall-cmd --add-rich-rule='rule family=ipv4 source address={from} port port={port} protocol=tcp accept'",
                ],
            },
            OnDistribution {
                names: "Alpine, iptables",
                commands: &["iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT"],
            },
        ],
        avoid: "Do not flush the rules and do not delete the reject: it guards other ports as \
            well. Do not restart sshd for this; sshd is not at fault.",
        lasting: "Let the tool that owns the rules hold the accept, and list it in the \
            machine's description: a reset is easily taken for a stopped sshd next time too.",
        prior: Prior::judged(4.0),
        on_server: Some(|server| packet_filter::denied(server, "host-firewall-resets")),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Reset, Breadth::ThisPort)
                .share(0.6),
            World::HEALTHY
                .filtered(Place::Host, Action::Reset, Breadth::UnlistedPorts)
                .share(0.4),
        ],
    },
    Cause {
        id: "host-firewall-prohibits",
        stage: Stage::HostFirewall,
        title: "the firewall says prohibited",
        what: "The server's own packet filter ends in a reject with admin-prohibited or \
            host-prohibited: firewalld without the ssh service, or the rules of Oracle Cloud and \
            older RHEL images.",
        looks: "\"No route to host\" at once although the host answers echo; over IPv6 it reads \
            \"Permission denied\" before any login.",
        server_looks: "firewall-cmd --list-all lacks ssh in the zone of the interface, or \
            iptables -S ends in \"REJECT --reject-with icmp-host-prohibited\" above your rule.",
        confirm: Commands::everywhere(&[
            "sshdoctor firewall --from {from} --port {port}",
            "firewall-cmd --get-active-zones; firewall-cmd --list-all",
            "iptables -S INPUT",
        ]),
        remedy: RemedyText {
            summary: "Accept your address on this port before the final reject; once a new login \
                works, repeat the firewalld line with --permanent.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "firewall-cmd --add-rich-rule='rule family=ipv4 priority=-1 source address={from} port port={port} protocol=tcp accept'",
                "iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "RHEL, Fedora, SUSE",
                commands: &[
                    "firewall-cmd --add-service=ssh",
                    "firewall-cmd --permanent --add-service=ssh",
                ],
            },
            OnDistribution {
                names: "Oracle Linux images with iptables",
                commands: &[
                    "iptables -I INPUT -p tcp --dport {port} -s {from} -j ACCEPT",
                    "service iptables save",
                ],
            },
        ],
        avoid: "Do not stop firewalld, and do not move the interface to the trusted zone. Do not \
            look for a routing fault: the message misleads.",
        lasting: "Add the service to the permanent configuration of the right zone, and keep \
            appended rules ahead of the final reject (insert, not append, on Oracle images).",
        prior: Prior::judged(9.0),
        on_server: Some(|server| packet_filter::denied(server, "host-firewall-prohibits")),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::UnlistedPorts)
                .share(0.7),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::ThisPort)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::Everything)
                .share(0.05),
        ],
    },
    Cause {
        id: "host-firewall-drops",
        stage: Stage::HostFirewall,
        title: "the firewall drops your packets",
        what: "The server's own packet filter discards the connection without an answer: a default \
            policy of deny, or a rule for this port or address.",
        looks: "\"Connection timed out\" on this port, while echo or another port of the same host \
            answers.",
        server_looks: "The input chain's policy is drop and no rule accepts the port, or a \
            drop rule's counter rises; tcpdump sees SYNs that stay without an answer.",
        confirm: Commands::everywhere(&[
            "sshdoctor firewall --from {from} --port {port}",
            "ufw status verbose",
            "nft list ruleset",
        ]),
        remedy: RemedyText {
            summary: "Insert one accept for your address and this port before the denial, with the \
                one of these tools that owns the rules.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ufw prepend allow proto tcp from {from} to any port {port}",
                "firewall-cmd --add-rich-rule='rule family=ipv4 priority=-1 source address={from} port port={port} protocol=tcp accept'",
                "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
                "iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu, Debian with ufw",
                commands: &["ufw allow from {from} to any port {port} proto tcp"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE",
                commands: &[
                    "firewall-cmd --add-rich-rule='rule family=ipv4 source address={from} port port={port} protocol=tcp accept'",
                ],
            },
            OnDistribution {
                names: "Debian with nftables",
                commands: &[
                    "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
                ],
            },
            OnDistribution {
                names: "Alpine, iptables",
                commands: &["iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT"],
            },
        ],
        avoid: "Do not flush the rules: the policy of DROP stays and then nothing at all gets in. \
            Do not reboot; saved rules come back as they are.",
        lasting: "Put the accept for SSH into the same file as the default deny, load rule \
            sets atomically (nft -f), and try a new connection before the old one ends.",
        prior: Prior::judged(38.0),
        on_server: Some(|server| packet_filter::denied(server, "host-firewall-drops")),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::ThisPort)
                .share(0.4),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .share(0.35),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::AllPorts)
                .share(0.1),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::Everything)
                .share(0.15),
        ],
    },
    Cause {
        id: "host-firewall-rate-limits",
        stage: Stage::HostFirewall,
        title: "the firewall limits your connections",
        what: "A rule counts new connections per address (ufw limit, recent, hashlimit) and denies \
            those above the limit for a while. ufw denies the sixth within thirty seconds.",
        looks: "The first connections work, then \"Connection refused\" or a timeout; after a \
            minute of quiet it works again.",
        server_looks: "ufw status shows LIMIT for the port, or the rules use recent, hashlimit \
            or a limit with a set; your address stands in /proc/net/xt_recent or in that set.",
        confirm: Commands::everywhere(&[
            "ufw status | grep LIMIT",
            "iptables -S | grep -E 'recent|hashlimit'",
            "nft list ruleset | grep -n 'limit rate'",
        ]),
        remedy: RemedyText {
            summary: "Wait a minute without trying; then accept your own address ahead of the \
                limit.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ufw prepend allow proto tcp from {from} to any port {port}",
                "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
                "iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not retry in a loop: each try counts. Do not delete the limit: it keeps \
            guessers away. ControlMaster makes one connection do for many logins.",
        lasting: "Share one connection in scripts (ControlMaster), and accept the \
            administrators' networks before the limit.",
        prior: Prior::judged(5.0),
        on_server: Some(packet_filter::rate_limited),
        worlds: &[
            World::HEALTHY
                .banned(Place::Host, Action::PortUnreachable, Breadth::ThisPort)
                .steadiness(Steadiness::PassesAfterPause)
                .share(0.5),
            World::HEALTHY
                .banned(Place::Host, Action::Drop, Breadth::ThisPort)
                .steadiness(Steadiness::PassesAfterPause)
                .share(0.5),
        ],
    },
    Cause {
        id: "firewall-not-persisted",
        stage: Stage::HostFirewall,
        title: "the firewall rule was not saved",
        what: "The rule that let you in was only in the running rule set, or only in the saved \
            one, and a reboot or reload loaded the other.",
        looks: "It worked, and stopped with a reboot or a reload of the firewall: refused, \"No \
            route to host\" or a timeout, as the firewall answers.",
        server_looks: "The running rules and the saved ones differ: firewall-cmd --list-all \
            against --permanent, nft list ruleset against /etc/nftables.conf, iptables-save \
            against rules.v4.",
        confirm: Commands::everywhere(&[
            "firewall-cmd --list-all; firewall-cmd --permanent --list-all",
            "iptables-save; cat /etc/iptables/rules.v4 /etc/sysconfig/iptables",
            "nft list ruleset; cat /etc/nftables.conf",
        ]),
        remedy: RemedyText {
            summary: "Add the rule to the running set, log in anew, and only then save it, in the \
                words of the tool in use.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "firewall-cmd --add-rich-rule='rule family=ipv4 source address={from} port port={port} protocol=tcp accept'",
                "firewall-cmd --runtime-to-permanent",
                "iptables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
                "netfilter-persistent save",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Ubuntu, Debian with ufw",
                commands: &["ufw reload"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE",
                commands: &["firewall-cmd --runtime-to-permanent"],
            },
            OnDistribution {
                names: "Debian with nftables",
                commands: &["nft list ruleset > /etc/nftables.conf"],
            },
            OnDistribution {
                names: "Debian with iptables",
                commands: &["netfilter-persistent save"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["rc-service iptables save"],
            },
        ],
        avoid: "Do not save a rule set that no new login has come through. Do not reload the \
            firewall to see whether it helps: that discards what still works.",
        lasting: "Save in the same session in which the rule has been tried, and reload once \
            on purpose while that session is open.",
        prior: Prior::judged(7.0),
        on_server: Some(packet_filter::not_persisted),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::ThisPort)
                .share(0.08),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::ThisPort)
                .share(0.05),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::ThisPort)
                .share(0.03),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .share(0.6),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::UnlistedPorts)
                .share(0.2),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::UnlistedPorts)
                .share(0.2),
        ],
    },
    Cause {
        id: "ufw-enabled-without-ssh",
        stage: Stage::HostFirewall,
        title: "ufw is on without a rule for SSH",
        what: "ufw was enabled with its default of denying what comes in, and no rule allows this \
            port; or sshd was moved and the rule is for the old port.",
        looks: "\"Connection timed out\" on this port, while open sessions live on. It began when \
            ufw was enabled or sshd moved.",
        server_looks: "ufw status is active with \"deny (incoming)\" and no line for the port; \
            the kernel log has [UFW BLOCK] with DPT=22 and your address.",
        confirm: Commands::everywhere(&["ufw status numbered", "sshd -T | grep -i '^port'"]),
        remedy: RemedyText {
            summary: "Allow your address to this port; ufw keeps the rule over a reboot.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ufw prepend allow proto tcp from {from} to any port {port}",
                "ufw status numbered",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not run ufw reset or ufw disable: that opens every other port to everyone. Do \
            not close the session that is still open.",
        lasting: "Allow the port before ufw is enabled, and when sshd is moved add the new \
            port first. An application profile (OpenSSH) covers port 22 only.",
        prior: Prior::judged(16.0),
        on_server: Some(|server| packet_filter::denied(server, "ufw-enabled-without-ssh")),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .share(0.85),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::Everything)
                .share(0.1),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::ThisPort)
                .share(0.05),
        ],
    },
    Cause {
        id: "two-firewalls-loaded",
        stage: Stage::HostFirewall,
        title: "two firewalls filter at once",
        what: "Two rule sets are loaded side by side (iptables-legacy and nft, or ufw and \
            firewalld), and a packet must pass both. A rule in one does not help against the \
            other.",
        looks: "Refused or timed out although the firewall that you look at accepts this port.",
        server_looks: "iptables-legacy-save and nft list ruleset both hold rules, or firewalld \
            and ufw are both active; the accept is in one and the denial in the other.",
        confirm: Commands::everywhere(&[
            "sshdoctor firewall --from {from} --port {port}",
            "iptables-legacy-save; iptables-nft-save",
            "systemctl is-active ufw firewalld nftables",
        ])
        .or_without_systemd(&[
            "sshdoctor firewall --from {from} --port {port}",
            "iptables-legacy-save; iptables-nft-save",
        ]),
        remedy: RemedyText {
            summary: "Add the accept to the set that denies; afterwards retire one of the two, \
                once you know which one is meant to stay.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "iptables-legacy -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
                "iptables-nft -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
                "nft insert rule inet filter input ip saddr {from} tcp dport {port} accept",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &[
                    "update-alternatives --display iptables",
                    "systemctl disable --now ufw || systemctl disable --now firewalld",
                ],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["systemctl mask iptables nftables"],
            },
        ],
        avoid: "Do not flush either: its policy may be DROP, and container networking may live in \
            it. Do not remove a firewall package while locked out.",
        lasting: "Keep one tool: disable the other's unit, remove its package, and reboot once \
            to see that only one rule set comes back.",
        prior: Prior::judged(3.0),
        on_server: Some(|server| packet_filter::denied(server, "two-firewalls-loaded")),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::ThisPort)
                .share(0.08),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::ThisPort)
                .share(0.05),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::ThisPort)
                .share(0.03),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .share(0.6),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::UnlistedPorts)
                .share(0.2),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::UnlistedPorts)
                .share(0.2),
        ],
    },
    Cause {
        id: "blocklist-match",
        stage: Stage::HostFirewall,
        title: "your address is on a block list",
        what: "A list of addresses or countries (ipset, CrowdSec, geographic lists, an XDP \
            program) holds your address or network and discards its packets.",
        looks: "A timeout or \"Connection refused\" from your network only, often for every port \
            of the host; from elsewhere it works.",
        server_looks: "Your address, or a network around it, is in a set that a drop rule uses \
            (nft list sets, ipset list, cscli decisions list), or a program is attached by XDP (ip \
            -d link).",
        confirm: Commands::everywhere(&[
            "cscli decisions list --ip {from}",
            "ipset list | grep -F {from}",
            "nft list sets | grep -F {from}; bpftool net",
        ]),
        remedy: RemedyText {
            summary: "Take this one entry out of the list (NAME is the set), with the tool that \
                fills it.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "cscli decisions delete --ip {from}",
                "ipset del NAME {from}",
                "nft delete element inet TABLE NAME '{ {from} }'",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not empty the list. An entry for a whole network or country comes back at the \
            next update: put your address on the tool's allow list.",
        lasting: "Exempt your own networks in the tool that fills the list, ahead of the rule \
            that uses it.",
        prior: Prior::judged(4.0),
        on_server: Some(|server| packet_filter::denied(server, "blocklist-match")),
        worlds: &[
            World::HEALTHY
                .banned(Place::Host, Action::Drop, Breadth::Everything)
                .share(0.6),
            World::HEALTHY
                .banned(Place::Host, Action::Drop, Breadth::AllPorts)
                .share(0.2),
            World::HEALTHY
                .banned(Place::Host, Action::Drop, Breadth::ThisPort)
                .share(0.2),
        ],
    },
    Cause {
        id: "host-firewall-ipv6-differs",
        stage: Stage::HostFirewall,
        title: "IPv6 rules differ from IPv4 rules",
        what: "The packet filter accepts this port over IPv4 but has no such rule for IPv6 (or the \
            reverse), and the name has addresses of both families.",
        looks: "Refused, \"Permission denied\" before any login, or a timeout over one family; ssh \
            -4 or ssh -6 gets through.",
        server_looks: "ip6tables-save or the ip6 rules lack the accept that the IPv4 rules \
            have; the listener is on [::] and its IPv6 counter of dropped packets rises.",
        confirm: Commands::everywhere(&[
            "iptables -S INPUT",
            "ip6tables -S INPUT",
            "nft list ruleset",
        ]),
        remedy: RemedyText {
            summary: "Add the same accept for the family that lacks it (here IPv6, from your IPv6 \
                address).",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ufw prepend allow proto tcp from {from} to any port {port}",
                "nft insert rule inet filter input ip6 saddr {from} tcp dport {port} accept",
                "ip6tables -I INPUT -s {from} -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not switch IPv6 off in the kernel. Do not drop ICMPv6 as a whole: without it \
            IPv6 does not work at all.",
        lasting: "Write rules in the inet family (nftables) or for both families in one place \
            (ufw with IPV6=yes, firewalld), so that they cannot drift apart.",
        prior: Prior::judged(3.0),
        on_server: Some(packet_filter::families_differ),
        worlds: &[
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::ThisPort)
                .reach(Reach::OnlyIpv6)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::Everything)
                .reach(Reach::OnlyIpv6)
                .share(0.15),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::ThisPort)
                .reach(Reach::OnlyIpv6)
                .share(0.08),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::ThisPort)
                .reach(Reach::OnlyIpv6)
                .share(0.08),
            World::HEALTHY
                .filtered(Place::Host, Action::Drop, Breadth::UnlistedPorts)
                .reach(Reach::OnlyIpv6)
                .share(0.6),
            World::HEALTHY
                .filtered(Place::Host, Action::PortUnreachable, Breadth::UnlistedPorts)
                .reach(Reach::OnlyIpv6)
                .share(0.2),
            World::HEALTHY
                .filtered(Place::Host, Action::Prohibited, Breadth::UnlistedPorts)
                .reach(Reach::OnlyIpv6)
                .share(0.2),
        ],
    },
];
