//! The daemon itself: stopped, absent, hung, or at odds with its own files.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::service;
use crate::outside::world::{FirstBytes, Listener, Reach, Steadiness, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "sshd-stopped",
        stage: Stage::Listener,
        title: "sshd is not running",
        what: "No sshd process is there to accept connections. It was stopped, it crashed, or it \
            failed to start and systemd gave up.",
        looks: "\"Connection refused\" at once, with a reset from the host itself, while other \
            ports of the host may answer. A firewall that answers with a reset looks the same.",
        server_looks: "systemctl says inactive or failed, ss shows no listener on the port, \
            and the last line in the journal is \"Received signal 15; terminating.\" or the error \
            that ended sshd.",
        confirm: Commands::everywhere(&["systemctl status {unit}", "ss -tlnp 'sport = :{port}'"]).or_without_systemd(&["service {unit} status", "ss -tlnp 'sport = :{port}'"]),
        remedy: RemedyText {
            summary: "Check the configuration, then start sshd.",
            place: Where::Server,
            commands: Commands::everywhere(&["mkdir -p -m 755 /run/sshd && sshd -t && systemctl start {unit}"]).or_without_systemd(&["mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["mkdir -p -m 755 /run/sshd && sshd -t && systemctl start ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE, Arch",
                commands: &["sshd -t && systemctl start sshd"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["sshd -t && rc-service sshd start"],
            },
        ],
        avoid: "Do not reboot in the hope that it helps: if the configuration is at fault it stays \
            at fault, and you may lose the console. Do not edit the configuration unless sshd -t \
            names a line of it.",
        lasting: "Find in the journal who or what stopped it (an upgrade, a script, a failed \
            reload) before you trust the start; put sshd -t in front of every restart in scripts, \
            and let a monitor try the port.",
        prior: Prior::seed(90.0),
        on_server: Some(service::stopped),
        worlds: &[World::NOTHING_LISTENS.share(1.0), World::NOTHING_LISTENS.reach(Reach::ThisAddress).share(0.05)],
    },
    Cause {
        id: "sshd-not-installed",
        stage: Stage::Listener,
        title: "no SSH server is installed",
        what: "The machine has no openssh-server package: desktop, container and minimal images \
            often come without one, and an upgrade or autoremove can take it away.",
        looks: "\"Connection refused\" at once, on every port where SSH could be. From outside it \
            cannot be told from a stopped sshd.",
        server_looks: "There is no /usr/sbin/sshd, and systemctl answers that the unit could \
            not be found. The package log (/var/log/dpkg.log, dnf history) tells when it went.",
        confirm: Commands::everywhere(&["command -v sshd dropbear", "dpkg -s openssh-server || rpm -q openssh-server"]),
        remedy: RemedyText {
            summary: "Install the server from the distribution's own packages and let it start at \
                boot.",
            place: Where::Server,
            commands: Commands::everywhere(&["apt install openssh-server || dnf install openssh-server", "systemctl enable --now {unit}"]).or_without_systemd(&["apk add openssh || apt install openssh-server", "rc-update add sshd || update-rc.d ssh enable", "service {unit} start"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["apt install openssh-server", "systemctl enable --now ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["dnf install openssh-server", "systemctl enable --now sshd"],
            },
            OnDistribution {
                names: "SUSE",
                commands: &["zypper install openssh-server", "systemctl enable --now sshd"],
            },
            OnDistribution {
                names: "Arch",
                commands: &["pacman -S openssh", "systemctl enable --now sshd"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["apk add openssh", "rc-update add sshd && rc-service sshd start"],
            },
        ],
        avoid: "Do not copy an sshd binary from another machine, and do not put telnet or another \
            remote shell in its place.",
        lasting: "Mark the package as wanted so that autoremove leaves it (apt-mark manual openssh-server; \
            dnf mark user, before dnf 5 dnf mark install), and have the image or playbook \
            install it.",
        prior: Prior::judged(11.0),
        on_server: Some(service::not_installed),
        worlds: &[World::NOTHING_LISTENS.not_installed().alone()],
    },
    Cause {
        id: "sshd-restart-loop",
        stage: Stage::Listener,
        title: "sshd keeps failing and restarting",
        what: "sshd exits soon after each start and systemd starts it again, until the start limit \
            stops the attempts. The real reason is in the lines before \"Start request repeated \
            too quickly\".",
        looks: "\"Connection refused\" that now and then gives way to a banner within the same \
            minute, then refused again.",
        server_looks: "systemctl shows \"activating (auto-restart)\" or \"Start request \
            repeated too quickly\", and NRestarts climbs; the reason stands in the sshd lines \
            between two starts.",
        confirm: Commands::everywhere(&["systemctl show {unit} -p Result,NRestarts", "journalctl -u {unit} -n 30 --no-pager"]).or_without_systemd(&["tail -n 30 /var/log/auth.log /var/log/messages"]),
        remedy: RemedyText {
            summary: "Mend what the log names, then clear the start limit and start once.",
            place: Where::Server,
            commands: Commands::everywhere(&["mkdir -p -m 755 /run/sshd && sshd -t", "systemctl reset-failed {unit}", "systemctl start {unit}"]).or_without_systemd(&["mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start"]),
        },
        by_distribution: &[],
        avoid: "Do not raise the start limit or start it in a loop: that hides the reason. \
            \"Repeated too quickly\" is the symptom, not the cause.",
        lasting: "Once it runs, restart it on purpose and reboot at a time when you have the \
            console: what failed in a loop tends to fail again at the next boot.",
        prior: Prior::judged(5.0),
        on_server: Some(service::restart_loop),
        worlds: &[World::HEALTHY.listener(Listener::Flapping).steadiness(Steadiness::Intermittent).alone()],
    },
    Cause {
        id: "sshd-hung",
        stage: Stage::Banner,
        title: "sshd accepts but does not answer",
        what: "The listening process is stopped (SIGSTOP, a debugger) or stuck in the kernel on \
            disk, swap or a network mount. The kernel still completes the TCP handshake for it.",
        looks: "The connection opens, then nothing: no banner, until \"Connection timed out during \
            banner exchange\" or forever without ConnectTimeout.",
        server_looks: "The listener is in the list of sockets, but ps gives its state as T \
            (stopped) or D (waiting in the kernel), and Recv-Q of the socket grows with each \
            attempt. Nothing is logged.",
        confirm: Commands::everywhere(&["ps -o pid,stat,wchan:20,args -C sshd", "cat /proc/pressure/memory /proc/pressure/io", "dmesg | tail"]),
        remedy: RemedyText {
            summary: "Let a stopped process (state T) go on; for one in state D, relieve what it \
                waits for; restart sshd last.",
            place: Where::Server,
            commands: Commands::everywhere(&["kill -CONT $(pgrep -xo sshd)", "sshd -t && systemctl restart {unit}"]).or_without_systemd(&["kill -CONT $(pgrep -xo sshd)", "sshd -t && service {unit} restart"]),
        },
        by_distribution: &[],
        avoid: "Do not kill every sshd: the sessions that still work are processes of that name \
            too. Do not open connection after connection: they pile up in the queue.",
        lasting: "For state D look for the cause beneath it: a dead NFS mount (use soft or a \
            timeout for what sshd touches), a failing disk, or swap without end (limit the service \
            that eats the memory).",
        prior: Prior::judged(5.0),
        on_server: Some(service::hung),
        worlds: &[World::HEALTHY.says(FirstBytes::Silence).alone()],
    },
    Cause {
        id: "sshd-upgraded-not-restarted",
        stage: Stage::Banner,
        title: "sshd was upgraded but not restarted",
        what: "The package was upgraded beneath a running sshd. For each connection the old daemon \
            starts the new binary on disk, and the two versions do not understand each other.",
        looks: "The connection opens and is closed or reset before any banner, for everyone, from \
            the minute of the upgrade. A port that refuses would mean something else.",
        server_looks: "/proc/PID/exe of the listener ends in \"(deleted)\", and each attempt \
            leaves a line such as \"-R not supported here\", \"rexec version mismatch\" or \"does \
            not exist or is not executable\".",
        confirm: Commands::everywhere(&["ls -l /proc/$(pgrep -xo sshd)/exe", "journalctl -u {unit} -n 20 --no-pager", "sshd -t"]).or_without_systemd(&["ls -l /proc/$(pgrep -xo sshd)/exe", "tail -n 20 /var/log/auth.log /var/log/messages"]),
        remedy: RemedyText {
            summary: "Check that the new binary accepts the configuration, then restart the \
                listener; open sessions stay.",
            place: Where::Server,
            commands: Commands::everywhere(&["sshd -t && systemctl restart {unit}"]).or_without_systemd(&["sshd -t && service {unit} restart"]),
        },
        by_distribution: &[],
        avoid: "Do not close the sessions that are still open: until the restart has worked they \
            are the only way in. Do not downgrade the package first.",
        lasting: "Let the package manager restart services itself (needrestart on Debian and \
            Ubuntu, dnf needs-restarting -s on RHEL), and upgrade openssh-server from a session in \
            which a second login is tried before it ends.",
        prior: Prior::judged(4.0),
        on_server: Some(service::upgraded_not_restarted),
        worlds: &[World::HEALTHY.says(FirstBytes::Close).share(0.7), World::HEALTHY.says(FirstBytes::Reset).share(0.3)],
    },
    Cause {
        id: "sshd-library-mismatch",
        stage: Stage::Listener,
        title: "sshd does not fit its libraries",
        what: "A partial upgrade left sshd with an OpenSSL or other library that it was not built \
            for, so it exits before it reads its configuration.",
        looks: "Closed before the banner while the old listener runs; \"Connection refused\" once \
            it has been restarted.",
        server_looks: "sshd -t ends with \"OpenSSL version mismatch. Built against …\" or \
            \"error while loading shared libraries\"; systemctl shows exit status 255 or 127.",
        confirm: Commands::everywhere(&["sshd -t", "ldd $(command -v sshd) | grep -E 'crypto|not found'", "dpkg -l | grep -E 'openssh|libssl' || rpm -qa | grep -E 'openssh|openssl'"]),
        remedy: RemedyText {
            summary: "Finish the upgrade so that sshd and its libraries come from the same \
                release, then restart.",
            place: Where::Server,
            commands: Commands::everywhere(&["apt install --reinstall openssh-server || dnf reinstall openssh-server openssl-libs", "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}"]).or_without_systemd(&["apk fix openssh || apt install --reinstall openssh-server", "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["apt --fix-broken install", "apt install --reinstall openssh-server libssl3", "sshd -t && systemctl restart ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["dnf distro-sync openssh-server openssl-libs", "sshd -t && systemctl restart sshd"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["apk fix openssh-server libcrypto3", "sshd -t && rc-service sshd restart"],
            },
        ],
        avoid: "Do not link one library version to the name of another, and do not restart sshd \
            before sshd -t passes.",
        lasting: "Do not stop an upgrade half way or mix releases in the package sources; keep \
            self-built libraries out of /usr/local/lib where ldconfig puts them first.",
        prior: Prior::judged(1.2),
        on_server: Some(service::library_mismatch),
        worlds: &[World::NOTHING_LISTENS.share(0.6), World::HEALTHY.says(FirstBytes::Close).share(0.4)],
    },
    Cause {
        id: "privsep-dir-missing",
        stage: Stage::Listener,
        title: "the directory /run/sshd is missing",
        what: "sshd needs an empty directory owned by root (/run/sshd on Debian, \
            /usr/share/empty.sshd or /var/empty/sshd on RHEL and Fedora), and it was removed or \
            never made, often in a container. While Debian's service is stopped the directory is \
            absent by design, and sshd -t by hand complains of that alone.",
        looks: "\"Connection refused\" if sshd could not start; closed right after connecting if \
            the directory went away beneath a running sshd.",
        server_looks: "sshd -t and the journal say \"Missing privilege separation directory: \
            /run/sshd\". Where sshd still runs, each attempt ends with a fatal line about chroot \
            or chdir.",
        confirm: Commands::everywhere(&["sshd -t", "ls -ld /run/sshd /usr/share/empty.sshd /var/empty/sshd"]),
        remedy: RemedyText {
            summary: "Make the directory that sshd -t names, with mode 755 and owned by root, then \
                start sshd.",
            place: Where::Server,
            commands: Commands::everywhere(&["mkdir -m 755 /run/sshd", "sshd -t && systemctl start {unit}"]).or_without_systemd(&["mkdir -m 755 /run/sshd", "sshd -t && service {unit} start"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["mkdir -m 755 /run/sshd", "sshd -t && systemctl start ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["mkdir -m 711 /usr/share/empty.sshd", "sshd -t && systemctl start sshd"],
            },
            OnDistribution {
                names: "Alpine, Arch",
                commands: &["mkdir -m 755 -p /var/empty", "sshd -t"],
            },
        ],
        avoid: "Do not make it writable for others: sshd refuses that as well. In a container put \
            the mkdir in the start script, since /run is empty at each start.",
        lasting: "Under systemd the unit's RuntimeDirectory=sshd makes it at each start, so \
            start the unit and not the program; in a container let the entry point make it, and \
            exempt it from cleaners of /run and /var/empty.",
        prior: Prior::judged(4.0),
        on_server: Some(service::privsep_directory_missing),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "privsep-user-missing",
        stage: Stage::Listener,
        title: "the account named sshd is missing",
        what: "sshd gives up its privileges to an account named sshd, which is no longer in \
            /etc/passwd: an edited or restored passwd file, or an image built without it.",
        looks: "\"Connection refused\": sshd exits at start. A running sshd closes each new \
            connection before login.",
        server_looks: "sshd -t says \"Privilege separation user sshd does not exist\"; getent \
            passwd sshd prints nothing.",
        confirm: Commands::everywhere(&["sshd -t", "getent passwd sshd"]),
        remedy: RemedyText {
            summary: "Make the system account again, then start sshd.",
            place: Where::Server,
            commands: Commands::everywhere(&["useradd -r -M -d /run/sshd -s /usr/sbin/nologin sshd", "mkdir -p -m 755 /run/sshd && sshd -t && systemctl start {unit}"]).or_without_systemd(&["adduser -S -D -H -h /var/empty -s /sbin/nologin sshd", "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["useradd -r -M -d /run/sshd -s /usr/sbin/nologin sshd"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["useradd -r -M -d /usr/share/empty.sshd -s /usr/sbin/nologin sshd"],
            },
            OnDistribution {
                names: "Arch, SUSE",
                commands: &["systemd-sysusers"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["adduser -S -D -H -h /var/empty -s /sbin/nologin sshd"],
            },
        ],
        avoid: "Do not give that account a password, a login shell or user id 0.",
        lasting: "Reinstall the server package rather than copying /etc/passwd between \
            machines; where accounts come from a directory, keep system accounts in the local \
            file.",
        prior: Prior::judged(0.6),
        on_server: Some(service::privsep_account_missing),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "sshd-orphans",
        stage: Stage::Banner,
        title: "left-over sshd masters hold the port",
        what: "systemd believes that the service failed, often after a start timeout, while older \
            listening sshd processes live on and keep the port. New starts then fail with \
            \"Address already in use\".",
        looks: "The connection opens and hangs, or an old configuration answers; the same over \
            loopback on the server.",
        server_looks: "ss names an sshd whose parent is process 1 and which is not the unit's \
            MainPID; the journal has \"start operation timed out\" and then \"Address already in \
            use\" for the new start.",
        confirm: Commands::everywhere(&["ss -tlnp | grep ssh", "ps -o pid,ppid,lstart,args -C sshd", "systemctl status {unit}"]).or_without_systemd(&["ss -tlnp | grep ssh", "ps -ef | grep '[s]shd'"]),
        remedy: RemedyText {
            summary: "End only the listening process that ss names, by its number (PID), then \
                start the service.",
            place: Where::Server,
            commands: Commands::everywhere(&["ss -tlnp | grep ssh", "kill PID", "mkdir -p -m 755 /run/sshd && sshd -t && systemctl start {unit}"]).or_without_systemd(&["ss -tlnp | grep ssh", "kill PID", "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start"]),
        },
        by_distribution: &[],
        avoid: "Do not use killall or pkill sshd: that ends your own session and everybody else's.",
        lasting: "Start sshd only by its unit. After a start timeout find out why readiness \
            was never told (a slow name server, a Type=notify unit whose sshd was built without \
            it) and mend that.",
        prior: Prior::judged(0.5),
        on_server: Some(service::orphans),
        worlds: &[World::HEALTHY.says(FirstBytes::Silence).alone()],
    },
    Cause {
        id: "sshd-helper-missing",
        stage: Stage::Banner,
        title: "a helper program of sshd is missing",
        what: "Since OpenSSH 9.8 the listener hands each connection to sshd-session, and since \
            10.0 to sshd-auth as well. One of them is absent, not executable or of another \
            version.",
        looks: "The connection opens and is closed at once, before any banner, for everyone. The \
            port itself is open.",
        server_looks: "Each attempt leaves \"…/sshd-session does not exist or is not \
            executable\" (or sshd-auth); the listener itself runs on without complaint.",
        confirm: Commands::everywhere(&["sshd -t", "ls -l /usr/lib/openssh/sshd-* /usr/libexec/openssh/sshd-*", "journalctl -u {unit} -n 20 --no-pager"]).or_without_systemd(&["sshd -t", "ls -l /usr/lib/ssh/sshd-* /usr/lib/openssh/sshd-*", "tail -n 20 /var/log/auth.log /var/log/messages"]),
        remedy: RemedyText {
            summary: "Put the whole server package back, so that the listener and its helpers are \
                of one version.",
            place: Where::Server,
            commands: Commands::everywhere(&["apt install --reinstall openssh-server || dnf reinstall openssh-server", "sshd -t && systemctl restart {unit}"]).or_without_systemd(&["apk fix openssh-server || apt install --reinstall openssh-server", "sshd -t && service {unit} restart"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["apt install --reinstall openssh-server", "sshd -t && systemctl restart ssh"],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["dnf reinstall openssh-server", "sshd -t && systemctl restart sshd"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["apk fix openssh-server", "sshd -t && rc-service sshd restart"],
            },
        ],
        avoid: "Do not copy a single helper from another machine: the versions must be the same. \
            Keep open sessions open until a new one works.",
        lasting: "Upgrade the server's packages in one go, never a single binary; for a build \
            of your own install all helpers with it and check sshd -t against the path it was \
            built for.",
        prior: Prior::judged(1.0),
        on_server: Some(service::helper_missing),
        worlds: &[World::HEALTHY.says(FirstBytes::Close).share(0.7), World::HEALTHY.says(FirstBytes::Reset).share(0.3)],
    },
];
