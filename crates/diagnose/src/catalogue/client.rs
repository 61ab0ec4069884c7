//! The client's own side: its configuration, its keys, its way to the network.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::logged;
use crate::outside::world::{Action, Breadth, HostKey, Login, Name, Path, Place, World};

use super::{Cause, Commands, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "jump-host-broken",
        stage: Stage::Route,
        title: "the way through the jump host fails",
        what: "ProxyJump or ProxyCommand in your configuration leads over a host or program that \
            is down, refuses you, or is not installed, so the server was never asked.",
        looks: "\"Connection closed by UNKNOWN port 65535\", after a line from the jump itself \
            that holds the real reason.",
        server_looks: "The server has no line of the attempt at all; on the jump host the \
            login, or the line about the forward, tells how far it came.",
        confirm: Commands::everywhere(&["ssh -G {host} | grep -iE '^proxy'", "ssh -v JUMPHOST"]),
        remedy: RemedyText {
            summary: "Log in to the jump host alone (JUMPHOST) and mend what that says; without \
                it, try the server directly.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -v JUMPHOST",
                "ssh -o ProxyJump=none -o ProxyCommand=none -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not change the server: nothing has reached it. Do not copy your private key to \
            the jump host; ProxyJump does not need it there.",
        lasting: "Give important servers a second way in (another jump host, a console), \
            exclude the jump host from its own ProxyJump (Host !jump *), and watch it as you watch \
            the servers.",
        prior: Prior::judged(8.0),
        on_server: None,
        worlds: &[World::HEALTHY.alone()],
    },
    Cause {
        id: "strict-known-hosts",
        stage: Stage::HostKey,
        title: "strict checking finds no known key",
        what: "Your ssh is told never to ask (StrictHostKeyChecking yes, or BatchMode), and \
            known_hosts has no entry for this name and port, or another key.",
        looks: "\"No … host key is known for … and you have requested strict checking.\", then \
            \"Host key verification failed.\"",
        server_looks: "The log has a connection that closed at [preauth] before any \
            authentication; nothing is wrong there.",
        confirm: Commands::everywhere(&[
            "ssh-keygen -F {host} -l",
            "ssh -G {host} | grep -iE 'stricthost|knownhosts'",
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
        ]),
        remedy: RemedyText {
            summary: "Fetch the key, compare its fingerprint with the one on the server's console, \
                and add it only if they are equal. For a known name on a new port, the key should \
                be the one you already have.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh-keyscan -p {port} -t ed25519 {host} > /tmp/hostkey",
                "ssh-keygen -lf /tmp/hostkey",
                "cat /tmp/hostkey >> ~/.ssh/known_hosts",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not set StrictHostKeyChecking no. accept-new is the milder choice for machines \
            that are made often, and still refuses a changed key.",
        lasting: "Distribute known_hosts or a host certificate authority to machines that may \
            not ask (CI, cron), and add the [name]:port entry when a port is moved.",
        prior: Prior::judged(5.0),
        on_server: None,
        worlds: &[
            World::HEALTHY.host_key(HostKey::NotAccepted).share(0.8),
            World::HEALTHY.host_key(HostKey::Changed).share(0.2),
        ],
    },
    Cause {
        id: "too-many-keys-offered",
        stage: Stage::Authentication,
        title: "your agent offers too many keys",
        what: "ssh tries the keys in your agent one after another, and the server ends the \
            connection after MaxAuthTries (6 by default) before the right one comes.",
        looks: "\"Received disconnect: Too many authentication failures\", without a password \
            prompt.",
        server_looks: "The log has \"maximum authentication attempts exceeded for USER\" and \
            \"Too many authentication failures\" with [preauth].",
        confirm: Commands::everywhere(&[
            "ssh-add -l",
            "ssh -v -p {port} {user}@{host} 2>&1 | grep Offering",
        ]),
        remedy: RemedyText {
            summary: "Offer the one right key only (KEY is its file), and write that into \
                ssh_config for this host.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o IdentitiesOnly=yes -i KEY -p {port} {user}@{host}",
                "printf 'Host {host}\\n  IdentitiesOnly yes\\n  IdentityFile KEY\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not raise MaxAuthTries on the server. Do not keep trying: each round counts as \
            several failures for fail2ban and penalties.",
        lasting: "Set IdentitiesOnly yes with one IdentityFile per host in ssh_config, and \
            take old keys out of the agent.",
        prior: Prior::judged(7.0),
        on_server: Some(logged::too_many_keys),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "client-key-unusable",
        stage: Stage::Authentication,
        title: "your private key cannot be used",
        what: "The key file is missing, readable by others, in another program's format, damaged \
            (line ends, a missing last line) or under an unknown passphrase. ssh leaves it out and \
            goes on.",
        looks: "\"UNPROTECTED PRIVATE KEY FILE\", \"Load key …: invalid format\" or \"error in \
            libcrypto\", then \"Permission denied\".",
        server_looks: "The log shows an attempt that offered no key, or another one; with \
            LogLevel VERBOSE the fingerprint of the right key never appears.",
        confirm: Commands::everywhere(&[
            "ls -l ~/.ssh",
            "ssh-keygen -y -f KEY",
            "ssh -v -p {port} {user}@{host} 2>&1 | grep -iE 'identity|load key'",
        ]),
        remedy: RemedyText {
            summary: "Close the file to others; if ssh-keygen -y cannot read it, take it again \
                from where it came (a .ppk file: puttygen converts it).",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "chmod 600 KEY",
                "ssh-keygen -y -f KEY",
                "puttygen KEY.ppk -O private-openssh -o NEWKEY",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not paste the private key anywhere to have it checked. Do not make a new key \
            over the old file: it may be the only one that other servers know.",
        lasting: "Keep keys at mode 600 in ~/.ssh (on Windows: owned by you alone), and store \
            them in CI secrets with their last line end.",
        prior: Prior::judged(10.0),
        on_server: None,
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "client-config-invalid",
        stage: Stage::Client,
        title: "your ssh_config has an error",
        what: "ssh stops at your own configuration: an option it does not know, a bad value, or a \
            file that others may write to.",
        looks: "\"Bad configuration option\", \"Bad owner or permissions on …\" or \"terminating, \
            N bad configuration options\", before anything is sent.",
        server_looks: "Nothing arrives: ssh ended before it sent anything.",
        confirm: Commands::everywhere(&["ssh -G {host}", "ls -l ~/.ssh/config"]),
        remedy: RemedyText {
            summary: "Mend the line that the message names, or close the file to others; -F none \
                tells whether the file is the reason.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "chmod 600 ~/.ssh/config",
                "ssh -F none -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not delete the file. Put IgnoreUnknown and the option's name before an option \
            that only another version knows.",
        lasting: "Put options that only some versions know behind IgnoreUnknown, and run ssh \
            -G HOST after each edit.",
        prior: Prior::judged(5.0),
        on_server: None,
        worlds: &[World::HEALTHY.stopped_at_client().alone()],
    },
    Cause {
        id: "client-route-overlap",
        stage: Stage::Route,
        title: "your computer sends it elsewhere",
        what: "A VPN, container or virtual network on your computer covers the server's address, \
            so packets go there and not to the server.",
        looks: "\"Connection timed out\" or \"No route to host\" from this computer only; with the \
            VPN or containers off it works.",
        server_looks: "Nothing of yours arrives, while others get in.",
        confirm: Commands::everywhere(&[
            "ip route get $(getent ahosts {host} | awk 'NR==1{print $1}')",
            "ip route",
            "docker network ls",
        ]),
        remedy: RemedyText {
            summary: "Send this one address by the right gateway (ADDRESS, GATEWAY, INTERFACE), \
                then change the range of the network that overlaps.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "sudo ip route add ADDRESS/32 via GATEWAY dev INTERFACE",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not delete the VPN's routes: traffic meant to stay inside may then leave in the \
            clear. Do not change the server's address for this.",
        lasting: "Choose private ranges for containers and VPNs that your servers do not use \
            (default-address-pools of Docker), and check ip route get after joining a VPN.",
        prior: Prior::judged(4.0),
        on_server: None,
        worlds: &[World::HEALTHY.path(Path::WrongRouteAtClient).alone()],
    },
    Cause {
        id: "client-firewall-blocks",
        stage: Stage::Client,
        title: "your own computer blocks it",
        what: "A filter on your computer stops the connection: a local firewall, endpoint \
            protection, a sandbox, or on macOS a missing Local Network permission.",
        looks: "\"Operation not permitted\", or \"No route to host\" or a reset at once, without a \
            packet leaving.",
        server_looks: "Nothing arrives; tcpdump on the server sees no packet of yours.",
        confirm: Commands::everywhere(&[
            "sudo nft list ruleset",
            "sudo iptables -S OUTPUT",
            "nc -vz {host} {port}",
        ]),
        remedy: RemedyText {
            summary: "Allow this program or this destination in that filter (on macOS: Privacy & \
                Security, Local Network).",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "sudo ufw allow out to ADDRESS port {port} proto tcp",
                "sudo iptables -I OUTPUT -d ADDRESS -p tcp --dport {port} -j ACCEPT",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not switch the protection off as a whole. On a computer that is managed by \
            others ask them first.",
        lasting: "Allow ssh by name in the filter and keep that exception with the machine's \
            setup; on macOS grant Local Network to the terminal that you use.",
        prior: Prior::judged(3.0),
        on_server: None,
        worlds: &[
            World::HEALTHY
                .filtered(Place::Client, Action::Drop, Breadth::ThisPort)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Client, Action::Drop, Breadth::Everything)
                .share(0.1),
            World::HEALTHY
                .filtered(Place::Client, Action::PortUnreachable, Breadth::ThisPort)
                .share(0.25),
            World::HEALTHY
                .filtered(Place::Client, Action::Prohibited, Breadth::ThisPort)
                .share(0.3),
            World::HEALTHY
                .filtered(Place::Client, Action::Reset, Breadth::ThisPort)
                .share(0.1),
        ],
    },
    Cause {
        id: "stale-control-socket",
        stage: Stage::Client,
        title: "a stale shared connection hangs",
        what: "ssh reuses an earlier connection (ControlMaster) whose master process hangs or \
            whose network is gone.",
        looks: "It hangs without a word, or says \"mux_client_request_session: …\"; a fresh \
            connection works at once.",
        server_looks: "The old session is still in the server's list (who, ss) or ended long \
            ago; no new connection arrives.",
        confirm: Commands::everywhere(&[
            "ssh -O check -p {port} {user}@{host}",
            "ssh -S none -p {port} {user}@{host}",
        ]),
        remedy: RemedyText {
            summary: "End the old master, then connect anew; if it does not answer, remove the \
                socket file that ControlPath names (SOCKET).",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -O exit -p {port} {user}@{host}",
                "ssh -G {host} | grep -i controlpath",
                "rm SOCKET",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not restart sshd on the server: the fault is in your own computer. Do not end \
            all ssh processes; tunnels may hang on them.",
        lasting: "Set ServerAliveInterval 15 with ControlMaster, so that a dead master ends by \
            itself, and keep ControlPersist short.",
        prior: Prior::judged(3.0),
        on_server: None,
        worlds: &[World::HEALTHY.stopped_at_client().alone()],
    },
    Cause {
        id: "dscp-dropped",
        stage: Stage::Session,
        title: "the path drops ssh's marked packets",
        what: "ssh marks its packets with a class of service (IPQoS), and a router, a virtual \
            machine's network or a Wi-Fi link drops those marks once the session begins.",
        looks: "It hangs after the login, or before the first prompt; key exchange and \
            authentication work.",
        server_looks: "\"Accepted\" is in the log, and then nothing moves; ss -ti shows \
            retransmissions on the established connection.",
        confirm: Commands::everywhere(&[
            "ssh -o IPQoS=none -p {port} {user}@{host}",
            "ssh -G {host} | grep -i ipqos",
        ]),
        remedy: RemedyText {
            summary: "Send without marks to this host.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o IPQoS=none -p {port} {user}@{host}",
                "printf 'Host {host}\\n  IPQoS none\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not change MTU or firewall at the same time: you would not learn which change \
            helped.",
        lasting: "Set IPQoS none in ssh_config for this host, and IPQoS in sshd_config as \
            well, since the server marks its own packets.",
        prior: Prior::judged(1.5),
        on_server: None,
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "dns-server-down",
        stage: Stage::Name,
        title: "no name server answers you",
        what: "Your computer cannot reach the name server that it is told to ask, or that server \
            fails: no network, a VPN that went away, a wrong resolv.conf.",
        looks: "\"Could not resolve hostname: Temporary failure in name resolution\", mostly after \
            some seconds; other names fail as well.",
        server_looks: "Nothing arrives; the server is well for those whose resolver answers.",
        confirm: Commands::everywhere(&[
            "getent ahosts {host}",
            "cat /etc/resolv.conf",
            "resolvectl status",
        ]),
        remedy: RemedyText {
            summary: "Connect by the address if you know it (ADDRESS), with the key you already \
                trust; then repair the resolver.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -p {port} -o HostKeyAlias={host} {user}@ADDRESS",
                "sudo systemctl restart systemd-resolved",
            ])
            .or_without_systemd(&["ssh -p {port} -o HostKeyAlias={host} {user}@ADDRESS"]),
        },
        by_distribution: &[],
        avoid: "Do not write the server into /etc/hosts for good: the line will mislead you when \
            the address changes.",
        lasting: "Have two resolvers of different networks in resolv.conf, and in containers \
            give the resolver explicitly.",
        prior: Prior::judged(7.0),
        on_server: None,
        worlds: &[World::HEALTHY.name(Name::ServersDown).alone()],
    },
    Cause {
        id: "client-has-no-route",
        stage: Stage::Route,
        title: "your computer has no route there",
        what: "Your computer knows no way to the address: it is offline, the VPN is down, there is \
            no default route, or the address is IPv6 and you have IPv4 only.",
        looks: "\"Network is unreachable\" at once; nothing leaves the computer.",
        server_looks: "Nothing arrives: no packet of this attempt left your computer.",
        confirm: Commands::everywhere(&[
            "ip route; ip -6 route",
            "ip route get $(getent ahosts {host} | awk 'NR==1{print $1}')",
            "nmcli device status",
        ]),
        remedy: RemedyText {
            summary: "Bring the network or VPN up again (NAME), or use the other address family.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "nmcli connection up NAME",
                "ssh -4 -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not touch the server; no packet has gone to it. Do not add a default route by \
            hand while a VPN is meant to set it.",
        lasting: "Let the VPN reconnect by itself, and have ssh_config prefer IPv4 \
            (AddressFamily inet) on networks that have no IPv6.",
        prior: Prior::judged(7.0),
        on_server: None,
        worlds: &[World::HEALTHY.path(Path::NoRouteAtClient).alone()],
    },
    Cause {
        id: "agent-refuses",
        stage: Stage::Authentication,
        title: "the agent will not sign",
        what: "The agent lists the key but does not sign with it: it is locked, waits for a \
            confirmation, a PIN or a touch, or lost the hardware key behind it.",
        looks: "\"sign_and_send_pubkey: signing failed … agent refused operation\", then \
            \"Permission denied\". The server had accepted the key.",
        server_looks: "The log shows that the key was acceptable (\"Postponed publickey\" or \
            \"Accepted key\" at LogLevel VERBOSE) and no signature followed.",
        confirm: Commands::everywhere(&[
            "ssh-add -l",
            "ssh-add -T KEY.pub",
            "ssh -o IdentityAgent=none -i KEY -p {port} {user}@{host}",
        ]),
        remedy: RemedyText {
            summary: "Unlock the agent or load the key again (KEY is its file); for gpg-agent, \
                tell it which terminal you use.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh-add -d KEY.pub",
                "chmod 600 KEY && ssh-add KEY",
                "GPG_TTY=$(tty) gpg-connect-agent updatestartuptty /bye",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not remove the passphrase from the key. Do not reset a hardware key: that \
            destroys what is on it. Wrong PINs are counted.",
        lasting: "Load the key with a lifetime you can live with (ssh-add -t), start gpg-agent \
            with the right GPG_TTY, and keep a second key for when the hardware is elsewhere.",
        prior: Prior::judged(4.0),
        on_server: None,
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "client-bind-address-missing",
        stage: Stage::Client,
        title: "your source address does not exist",
        what: "BindAddress or BindInterface (-b, -B) names an address or interface that this \
            computer does not have now.",
        looks: "\"bind …: Cannot assign requested address\", then \"connect to host …: failure\"; \
            nothing leaves the computer.",
        server_looks: "Nothing arrives: no packet of this attempt left your computer.",
        confirm: Commands::everywhere(&["ssh -G {host} | grep -i '^bind'", "ip -br addr"]),
        remedy: RemedyText {
            summary: "Leave the option out, or give an address that is there (ADDRESS).",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o BindAddress=ADDRESS -p {port} {user}@{host}",
                "ssh -F none -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not add the missing address to an interface: it may belong to another machine.",
        lasting: "Name an interface (BindInterface) rather than an address that changes, and \
            only in the Host block that needs it.",
        prior: Prior::judged(0.5),
        on_server: None,
        worlds: &[World::HEALTHY.stopped_at_client().alone()],
    },
    Cause {
        id: "client-user-unknown",
        stage: Stage::Client,
        title: "your own account has no name here",
        what: "ssh runs under a user id that the password database does not know, as happens in \
            containers or while a directory service is down.",
        looks: "\"No user exists for uid N\", before anything is sent.",
        server_looks: "Nothing arrives: no packet of this attempt left your computer.",
        confirm: Commands::everywhere(&["id", "getent passwd $(id -u)"]),
        remedy: RemedyText {
            summary: "Run ssh under an account that exists, or give this id an entry; in a \
                container as its root, or better in its image.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "echo \"me:x:$(id -u):$(id -g)::/tmp:/bin/sh\" >> /etc/passwd",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not make /etc/passwd writable for everyone. Do not run the container as root \
            for this alone.",
        lasting: "Build the account into the container image, or run it with a user id that \
            the image knows; cache directory accounts (SSSD) on laptops.",
        prior: Prior::judged(0.7),
        on_server: None,
        worlds: &[World::HEALTHY.stopped_at_client().alone()],
    },
    Cause {
        id: "control-path-too-long",
        stage: Stage::Client,
        title: "the control socket path is too long",
        what: "ControlPath expands to more characters than the name of a Unix socket may have, \
            about a hundred.",
        looks: "\"unix_listener: path … too long for Unix domain socket\", or \"ControlPath too \
            long\"; it goes without sharing or stops.",
        server_looks: "Nothing arrives: no packet of this attempt left your computer.",
        confirm: Commands::everywhere(&["ssh -G {host} | grep -i controlpath"]),
        remedy: RemedyText {
            summary: "Use the short hash %C in ControlPath, or share no connection this time.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -S none -p {port} {user}@{host}",
                "ssh -o ControlPath='~/.ssh/%C' -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not put the socket where others may write, such as /tmp: whoever can open it \
            has your connection.",
        lasting: "Use ControlPath ~/.ssh/c/%C, which stays short whatever host and user are \
            called.",
        prior: Prior::judged(1.0),
        on_server: None,
        worlds: &[World::HEALTHY.stopped_at_client().alone()],
    },
    Cause {
        id: "destination-invalid",
        stage: Stage::Client,
        title: "the destination is not a valid name",
        what: "What was given to ssh as host or user is empty or has a stray quote, space, \
            carriage return or $: mostly a variable in a script that was not set.",
        looks: "\"hostname contains invalid characters\", or a usage message, before anything is \
            sent.",
        server_looks: "Nothing arrives: no packet of this attempt left your computer.",
        confirm: Commands::everywhere(&[
            "printf '%s' \"$HOST\" | od -c",
            "ssh -G {host} | grep -iE '^(hostname|user)'",
        ]),
        remedy: RemedyText {
            summary: "Correct the script or the variable that calls ssh; a file with Windows line \
                ends loses them like this.",
            place: Where::Client,
            commands: Commands::everywhere(&["sed -i.before 's/\\r$//' FILE"]),
        },
        by_distribution: &[],
        avoid: "Do not quote or escape until it passes: a name that ssh refuses could have been \
            run as a command.",
        lasting: "Quote variables in scripts and stop when one is empty (set -u); keep host \
            lists with Unix line ends.",
        prior: Prior::judged(2.0),
        on_server: None,
        worlds: &[World::HEALTHY.stopped_at_client().alone()],
    },
];
