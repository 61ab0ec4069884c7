//! Packet filters between the two machines: the provider's, the office's, a router's.

use sshdoctor_case::{Stage, Where};

use crate::outside::world::{Action, Breadth, HostKey, Occupant, Path, Place, World};

use super::{Cause, Commands, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "cloud-firewall-blocks",
        stage: Stage::NetworkFirewall,
        title: "the provider's firewall blocks you",
        what: "The security group, network security group or VPC firewall of the provider has no \
            rule that lets your address in on this port; often your own address changed and the \
            rule names the old one.",
        looks: "\"Connection timed out\"; echo and other ports are mostly silent as well, and the \
            host's own logs show nothing.",
        server_looks: "Nothing: tcpdump on the server sees no SYN from you, sshd logs nothing, \
            and its own rules would accept. The provider's flow log has the rejected packet.",
        confirm: Commands::everywhere(&[
            "tcpdump -ni any tcp port {port} and host {from}",
            "curl -4 https://checkip.amazonaws.com",
        ]),
        remedy: RemedyText {
            summary: "Add one inbound rule for this port from your own address (with /32, or /128 \
                for IPv6) to the group that the machine's interface really has, in the panel or by \
                its tool.",
            place: Where::Provider,
            commands: Commands::everywhere(&[
                "aws ec2 authorize-security-group-ingress --group-id ID --protocol tcp --port {port} --cidr {from}/32",
                "gcloud compute firewall-rules create ssh-me --allow tcp:{port} --source-ranges {from}/32",
                "hcloud firewall add-rule ID --direction in --protocol tcp --port {port} --source-ips {from}/32",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not open the port to 0.0.0.0/0, not even for a moment. Do not look in the \
            server's own rules first if tcpdump there sees no packet.",
        lasting: "Keep the group's rules in code, name a network that does not change (a VPN, \
            a bastion) rather than today's address at home, and have a console that works without \
            SSH.",
        prior: Prior::judged(62.0),
        on_server: None,
        worlds: &[
            World::HEALTHY
                .filtered(Place::Network, Action::Drop, Breadth::ThisPort)
                .share(0.1),
            World::HEALTHY
                .filtered(Place::Network, Action::Drop, Breadth::UnlistedPorts)
                .share(0.5),
            World::HEALTHY
                .filtered(Place::Network, Action::Drop, Breadth::Everything)
                .share(0.4),
        ],
    },
    Cause {
        id: "cloud-acl-blocks-return",
        stage: Stage::NetworkFirewall,
        title: "a network ACL blocks the answer",
        what: "A stateless access list of the subnet lets the request in but not the answer out, \
            because it needs its own rule for the high ports of clients.",
        looks: "\"Connection timed out\", while tcpdump on the server shows the request coming in \
            and the answer going out.",
        server_looks: "tcpdump sees your SYN arrive and the answer leave, again and again, and \
            no third packet; sshd logs nothing.",
        confirm: Commands::everywhere(&[
            "tcpdump -ni any tcp port {port} and host {from}",
            "aws ec2 describe-network-acls --filters Name=association.subnet-id,Values=SUBNET",
        ]),
        remedy: RemedyText {
            summary: "Allow the answer: outbound TCP to ports 1024-65535 for your address, with a \
                number lower than the denial's.",
            place: Where::Provider,
            commands: Commands::everywhere(&[
                "aws ec2 create-network-acl-entry --network-acl-id ID --egress --rule-number 90 --protocol tcp --rule-action allow --port-range From=1024,To=65535 --cidr-block {from}/32",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not replace the whole list by one that allows everything: it covers every \
            machine in the subnet. Do not change the server's own rules; they let the packet \
            through.",
        lasting: "Leave subnet access lists open and filter in security groups, which know \
            connections; if the list must filter, allow the high ports outward.",
        prior: Prior::judged(3.0),
        on_server: None,
        worlds: &[World::HEALTHY.path(Path::AnswerLost).alone()],
    },
    Cause {
        id: "cloud-forwarding-missing",
        stage: Stage::NetworkFirewall,
        title: "no provider rule leads to the host",
        what: "More than one thing at the provider must agree (a rule on the subnet and on the \
            interface, a load balancer or NAT entry, a public address), and one is missing or has \
            the wrong priority.",
        looks: "\"Connection timed out\", or a reset or a silent accept by the balancer in place \
            of the machine.",
        server_looks: "tcpdump sees nothing on the server, or only the health checks of the \
            load balancer; ss shows sshd listening as it should.",
        confirm: Commands::everywhere(&[
            "tcpdump -ni any tcp port {port}",
            "az network nic list-effective-nsg -g GROUP -n NIC",
        ]),
        remedy: RemedyText {
            summary: "Find the first element between the public address and the machine that does \
                not pass this port, and add the one entry there, in the panel.",
            place: Where::Provider,
            commands: Commands::everywhere(&[
                "aws elbv2 describe-target-health --target-group-arn ARN",
                "gcloud compute forwarding-rules list",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not attach a new public address to get round it: that changes the name and the \
            rules once more. Do not widen every rule at once; you would not learn which one it \
            was.",
        lasting: "Describe the whole way in (public address, balancer, target group, both \
            network rules) in one place, and test it from outside after each change.",
        prior: Prior::judged(5.0),
        on_server: None,
        worlds: &[
            World::HEALTHY
                .filtered(Place::Network, Action::Drop, Breadth::UnlistedPorts)
                .share(0.6),
            World::HEALTHY
                .filtered(Place::Network, Action::Drop, Breadth::Everything)
                .share(0.4),
        ],
    },
    Cause {
        id: "client-network-blocks-ssh",
        stage: Stage::NetworkFirewall,
        title: "your network blocks SSH going out",
        what: "The network you are in (office, hotel, mobile carrier, VPN) does not let SSH out, \
            whichever server you call.",
        looks: "A timeout or a reset from here only; other SSH servers on port 22 fail alike while \
            the web works.",
        server_looks: "Nothing arrives from the network you are in; the same login from \
            another network leaves its usual lines.",
        confirm: Commands::everywhere(&[
            "ssh -T -p 22 git@github.com",
            "ssh -T -p 443 git@ssh.github.com",
        ]),
        remedy: RemedyText {
            summary: "Use another network, such as a telephone's, or your VPN; for good, ask the \
                network's owner or let the server listen on 443 as well.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh -J NAME@JUMPHOST -p {port} {user}@{host}"]),
        },
        by_distribution: &[],
        avoid: "Do not change the server's firewall: it is not at fault. Do not tunnel past an \
            employer's rules without asking.",
        lasting: "Let the server listen on 443 as well, or set up a VPN or a jump host that \
            this network lets through, before you travel.",
        prior: Prior::judged(15.0),
        on_server: None,
        worlds: &[
            World::HEALTHY
                .banned(Place::Network, Action::Drop, Breadth::ThisPort)
                .share(0.55),
            World::HEALTHY
                .banned(Place::Network, Action::Reset, Breadth::ThisPort)
                .share(0.25),
            World::HEALTHY
                .banned(Place::Network, Action::Prohibited, Breadth::ThisPort)
                .share(0.2),
        ],
    },
    Cause {
        id: "path-firewall-rejects",
        stage: Stage::NetworkFirewall,
        title: "a router on the way prohibits it",
        what: "A router or firewall between you and the server rejects the connection and says so. \
            It is neither your machine nor the server.",
        looks: "\"No route to host\" or \"Connection refused\" at once, with an ICMP message whose \
            sender is not the server's address.",
        server_looks: "Nothing arrives; the server's own rules and logs are clean.",
        confirm: Commands::everywhere(&[
            "sshdoctor check -p {port} {host}",
            "traceroute -n -T -p {port} {host}",
        ]),
        remedy: RemedyText {
            summary: "Tell the owner of that router which two addresses and which port; meanwhile \
                go by another network or a jump host.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh -J NAME@JUMPHOST -p {port} {user}@{host}"]),
        },
        by_distribution: &[],
        avoid: "Do not change routes or rules on the server; the packets never get there.",
        lasting: "Ask the owner of that network for a rule and write down whom you asked; keep \
            a jump host in another network for the next time.",
        prior: Prior::judged(6.0),
        on_server: None,
        worlds: &[
            World::HEALTHY
                .filtered(Place::Network, Action::Prohibited, Breadth::UnlistedPorts)
                .share(0.35),
            World::HEALTHY
                .filtered(Place::Network, Action::Prohibited, Breadth::ThisPort)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Network, Action::PortUnreachable, Breadth::ThisPort)
                .share(0.05),
            World::HEALTHY
                .filtered(
                    Place::Network,
                    Action::PortUnreachable,
                    Breadth::UnlistedPorts,
                )
                .share(0.1),
            World::HEALTHY
                .filtered(Place::Network, Action::Reset, Breadth::ThisPort)
                .share(0.15),
            World::HEALTHY
                .filtered(Place::Network, Action::Reset, Breadth::UnlistedPorts)
                .share(0.1),
        ],
    },
    Cause {
        id: "provider-null-route",
        stage: Stage::NetworkFirewall,
        title: "the provider cut the address off",
        what: "The provider discards what goes to this address: an abuse report, an unpaid bill, \
            or protection against an attack that is under way.",
        looks: "\"Connection timed out\" on every port and no echo, for everyone, while the \
            console shows a healthy machine.",
        server_looks: "Nothing arrives from anywhere, not even echo; the console works, the \
            interface is up and its receive counter stands still.",
        confirm: Commands::everywhere(&["traceroute -n {host}", "tcpdump -ni any host {from}"]),
        remedy: RemedyText {
            summary: "Look for a notice in the panel and the mail, and open a ticket that names \
                the address and the time it began.",
            place: Where::Provider,
            commands: Commands::everywhere(&["traceroute -n {host}"]),
        },
        by_distribution: &[],
        avoid: "Do not rebuild or delete the machine. Do not move services to a new address before \
            the reason is known: it may be cut off as well.",
        lasting: "Answer abuse reports in time, keep the contact address of the account \
            current, and take DDoS protection that filters rather than discards.",
        prior: Prior::judged(3.0),
        on_server: None,
        worlds: &[World::HEALTHY.path(Path::Lost).alone()],
    },
    Cause {
        id: "nat-forward-wrong",
        stage: Stage::NetworkFirewall,
        title: "the router's port forward is wrong",
        what: "The router in front of the server forwards this port to nobody, to an old inside \
            address, or cannot at all because the provider shares one public address among \
            customers (CGNAT). From inside the same network it can fail while it works from \
            outside.",
        looks: "Refused, timed out, or another device answers with its own banner or host key.",
        server_looks: "tcpdump on the server sees no SYN from outside, while an attempt from \
            the local network arrives; the server's address is not the one that the router \
            forwards to.",
        confirm: Commands::everywhere(&[
            "ip -br addr; ip route",
            "curl -4 https://checkip.amazonaws.com",
            "tcpdump -ni any tcp port {port}",
        ]),
        remedy: RemedyText {
            summary: "Give the server a fixed inside address and point the router's forward for \
                this port at it (in the router's own pages); under CGNAT use IPv6, a VPN or a \
                tunnel that goes out.",
            place: Where::Server,
            commands: Commands::everywhere(&["ip -br addr", "ss -tlnp 'sport = :{port}'"]),
        },
        by_distribution: &[],
        avoid: "Do not put the server in the router's DMZ: that forwards every port. Do not type a \
            password into a device whose host key you do not know.",
        lasting: "Reserve the server's inside address in the router's DHCP, and check from \
            outside after a new router or firmware; under CGNAT use IPv6 or a tunnel that goes \
            out.",
        prior: Prior::judged(13.0),
        on_server: None,
        worlds: &[
            World::NOTHING_LISTENS
                .occupant(Occupant::AnotherMachine)
                .share(0.4),
            World::HEALTHY
                .occupant(Occupant::AnotherMachine)
                .host_key(HostKey::OfAnotherMachine)
                .share(0.3),
            World::HEALTHY
                .filtered(Place::Network, Action::Drop, Breadth::ThisPort)
                .share(0.3),
        ],
    },
];
