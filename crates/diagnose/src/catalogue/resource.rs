//! The server has run out of something: memory, disk, processes, time.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::{limit, resource};
use crate::outside::world::{
    Action, Breadth, Exchange, FirstBytes, Listener, Login, Place, Steadiness, World,
};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "conntrack-full",
        stage: Stage::HostFirewall,
        title: "the connection table is full",
        what: "The kernel's table of tracked connections is full, so new connections are dropped \
            while those in it go on.",
        looks: "\"Connection timed out\" now and then, for every service alike; a later try may \
            work.",
        server_looks: "The kernel log has \"nf_conntrack: table full, dropping packet\", and \
            nf_conntrack_count equals nf_conntrack_max.",
        confirm: Commands::everywhere(&[
            "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
            "dmesg | grep 'table full'",
        ]),
        remedy: RemedyText {
            summary: "Double the limit for now (MAX is twice the present one), then look for what \
                fills the table.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "sysctl -w net.netfilter.nf_conntrack_max=MAX",
                "conntrack -L | awk '{print $5}' | sort | uniq -c | sort -n | tail",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not flush the table with conntrack -F: it cuts NATed connections, yours perhaps \
            too. Do not unload the module or flush the firewall.",
        lasting: "Set net.netfilter.nf_conntrack_max in /etc/sysctl.d to what the memory \
            allows, shorten the timeouts, and exempt bulk traffic with notrack.",
        prior: Prior::judged(1.5),
        on_server: Some(resource::conntrack_full),
        worlds: &[World::HEALTHY
            .filtered(Place::Host, Action::Drop, Breadth::AllPorts)
            .steadiness(Steadiness::Intermittent)
            .alone()],
    },
    Cause {
        id: "accept-queue-full",
        stage: Stage::Listener,
        title: "sshd's queue of connections is full",
        what: "sshd does not take connections as fast as they come, because it is stuck or \
            flooded, and the kernel drops new ones once the queue is full.",
        looks: "Some connections open and stay silent, others end in \"Connection timed out\"; it \
            comes and goes.",
        server_looks: "ss -ltn shows Recv-Q above Send-Q for the port, and nstat's \
            TcpExtListenOverflows rises; sshd does not log the connections that the kernel \
            dropped.",
        confirm: Commands::everywhere(&[
            "ss -ltn 'sport = :{port}'",
            "nstat -az TcpExtListenOverflows",
            "ps -o pid,stat,wchan:20,args -C sshd",
        ]),
        remedy: RemedyText {
            summary: "Let the listener run again, and restart it if it stays stuck; a Recv-Q back \
                at 0 shows that it works.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "kill -CONT $(pgrep -xo sshd)",
                "sshd -t && systemctl restart {unit}",
                "ss -ltn 'sport = :{port}'",
            ])
            .or_without_systemd(&[
                "kill -CONT $(pgrep -xo sshd)",
                "sshd -t && service {unit} restart",
                "ss -ltn 'sport = :{port}'",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not raise the queue length: a listener that is stuck fills any queue. Do not \
            open more connections to test it.",
        lasting: "Find what held sshd up; keep floods out by a rate limit in the firewall \
            rather than by a longer queue.",
        prior: Prior::judged(1.0),
        on_server: Some(resource::accept_queue_full),
        worlds: &[World::HEALTHY.listener(Listener::QueueFull).alone()],
    },
    Cause {
        id: "out-of-memory",
        stage: Stage::Listener,
        title: "the server is out of memory",
        what: "Memory ran out. The kernel killed sshd, or sshd cannot start a process for a new \
            connection.",
        looks: "\"Connection refused\" if sshd was killed; a reset, a close or a long silence if \
            it cannot fork. Other services suffer as well.",
        server_looks: "The kernel log has \"Out of memory: Killed process … (sshd)\", or \
            sshd's log has \"fork: Cannot allocate memory\".",
        confirm: Commands::everywhere(&[
            "dmesg | grep -iE 'out of memory|oom'",
            "free -m",
            "ps aux --sort=-rss | head",
        ]),
        remedy: RemedyText {
            summary: "Stop the program that eats the memory (UNIT), then start sshd.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl stop UNIT",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl start {unit}",
            ])
            .or_without_systemd(&[
                "service UNIT stop",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} start",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not reboot at once: the reason goes with it and the memory may fill again. Do \
            not end processes at random; databases need to stop in order.",
        lasting: "Limit the service that grows (MemoryMax=), add some swap, and keep \
            OOMScoreAdjust=-1000 in the unit of sshd.",
        prior: Prior::judged(8.0),
        on_server: Some(resource::out_of_memory),
        worlds: &[
            World::NOTHING_LISTENS.share(0.5),
            World::HEALTHY.says(FirstBytes::Reset).share(0.5),
        ],
    },
    Cause {
        id: "disk-full",
        stage: Stage::Session,
        title: "the disk is full or read-only",
        what: "A file system has no space or no inodes left, or was remounted read-only after an \
            error. sshd may fail to start, or the session cannot write what it needs.",
        looks: "The login is accepted and the session closes at once, or \"Connection refused\" \
            after a restart.",
        server_looks: "df -h or df -i shows 100 %, or mount shows a read-only root; logs may \
            have ended with the space.",
        confirm: Commands::everywhere(&[
            "df -h; df -i",
            "findmnt -O ro",
            "du -xh / 2>/dev/null | sort -h | tail",
        ]),
        remedy: RemedyText {
            summary: "Make some space where nothing is lost; first look at what is large.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "journalctl --vacuum-size=200M",
                "apt-get clean || dnf clean all",
                "systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "du -xk /var/log | sort -n | tail",
                "apk cache clean || apt-get clean",
                "service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &[
                    "journalctl --vacuum-size=200M",
                    "apt-get clean",
                    "apt-get autoremove",
                ],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["journalctl --vacuum-size=200M", "dnf clean all"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["apk cache clean", "du -xm / | sort -n | tail"],
            },
        ],
        avoid: "Do not delete what you have not looked at, nor a log that a program still holds \
            open: that frees nothing. Do not remount read-write before the cause of the error is \
            known.",
        lasting: "Limit the journal (SystemMaxUse=), rotate logs, watch free space and inodes, \
            and keep /var and /home apart from the root.",
        prior: Prior::judged(8.0),
        on_server: Some(resource::disk_full),
        worlds: &[
            World::HEALTHY.login(Login::SessionFails).share(0.7),
            World::NOTHING_LISTENS.share(0.3),
        ],
    },
    Cause {
        id: "process-limit",
        stage: Stage::Listener,
        title: "no more processes or files allowed",
        what: "A limit on processes or open files (TasksMax, nproc, pids, nofile) is reached, so \
            sshd or the user's session cannot start what it needs.",
        looks: "Closed or reset after connecting, or a session that ends with \"Resource \
            temporarily unavailable\".",
        server_looks: "The log has \"fork: Resource temporarily unavailable\" or \"cgroup: \
            fork rejected by pids controller\", or a session ends right after login for one user \
            only.",
        confirm: Commands::everywhere(&[
            "systemctl status {unit}",
            "cat /proc/sys/kernel/pid_max; ps -eL | wc -l",
            "journalctl -u {unit} -n 20 --no-pager | grep -iE 'fork|accept'",
        ])
        .or_without_systemd(&[
            "cat /proc/sys/kernel/pid_max; ps -e | wc -l",
            "grep -iE 'fork|accept' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "See who has so many processes and stop that service (UNIT); only then raise \
                the limit that is too low.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "ps -eo user= | sort | uniq -c | sort -n | tail -n 5",
                "systemctl stop UNIT",
                "systemctl set-property --runtime {unit} TasksMax=4096",
            ])
            .or_without_systemd(&[
                "ps -eo user= | sort | uniq -c | sort -n | tail -n 5",
                "service UNIT stop",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not set limits to infinity: a runaway program then takes the whole machine. Do \
            not reboot before you know which program it was.",
        lasting: "Give greedy services a TasksMax of their own, raise nproc in limits.conf \
            only for the account that needs it, and watch the number of processes.",
        prior: Prior::judged(2.0),
        on_server: Some(limit::process_limit),
        worlds: &[
            World::HEALTHY.says(FirstBytes::Reset).share(0.6),
            World::HEALTHY.says(FirstBytes::Close).share(0.4),
        ],
    },
    Cause {
        id: "overloaded",
        stage: Stage::Banner,
        title: "the server is too busy to answer",
        what: "The processor, the disk or the memory is so loaded that sshd gets to your \
            connection late or not at all before LoginGraceTime ends.",
        looks: "The connection opens, the banner takes many seconds or never comes: \"Connection \
            timed out during banner exchange\". Some tries succeed.",
        server_looks: "Load and pressure (/proc/pressure) are high, and the log has \"Timeout \
            before authentication\" for people who did nothing wrong.",
        confirm: Commands::everywhere(&["uptime", "top -bn1 | head -n 15", "cat /proc/pressure/*"]),
        remedy: RemedyText {
            summary: "Slow down or stop what makes the load (PID); sshd recovers by itself.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "top -bn1 | head -n 15",
                "renice 19 -p PID",
                "kill -STOP PID",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not open several connections at once: each costs more work. Do not force a \
            reset while the disk is busy writing.",
        lasting: "Put heavy jobs into a slice with CPUWeight and IOWeight below sshd's, and \
            give sshd's unit a higher one.",
        prior: Prior::judged(7.0),
        on_server: Some(resource::overloaded),
        worlds: &[
            World::HEALTHY.says(FirstBytes::Silence).share(0.75),
            World::HEALTHY.says(FirstBytes::Trickle).share(0.05),
            World::HEALTHY.exchange(Exchange::Hangs).share(0.2),
        ],
    },
    Cause {
        id: "clock-wrong",
        stage: Stage::Authentication,
        title: "a clock is wrong",
        what: "The clock of the server or the client is off, so certificates look expired or not \
            yet valid, one-time codes do not match and Kerberos refuses.",
        looks: "\"Permission denied\" with a code, certificate or ticket that is right, or \
            \"Certificate invalid: not yet valid\".",
        server_looks: "timedatectl shows another time than a watch, or \"System clock \
            synchronized: no\"; the log refuses certificates as expired or not yet valid.",
        confirm: Commands::everywhere(&["timedatectl", "date -u"])
            .or_without_systemd(&["date -u", "hwclock -r -u"]),
        remedy: RemedyText {
            summary: "Turn time synchronisation on; where there is none, set the clock by hand \
                (TIME in UTC, as YYYY-MM-DD hh:mm:ss).",
            place: Where::Server,
            commands: Commands::everywhere(&["timedatectl set-ntp true", "chronyc makestep"])
                .or_without_systemd(&["date -u -s 'TIME'", "hwclock -w -u"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["timedatectl set-ntp true"],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE",
                commands: &["systemctl enable --now chronyd && chronyc makestep"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["rc-update add chronyd && rc-service chronyd start"],
            },
        ],
        avoid: "Do not lengthen the life of certificates or widen the window for codes instead. A \
            jump of the clock can upset databases and timers.",
        lasting: "Run one time service (chrony, systemd-timesyncd), let UDP 123 out, and for \
            virtual machines use the host's clock at boot.",
        prior: Prior::judged(2.0),
        on_server: Some(resource::clock_wrong),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "pty-unavailable",
        stage: Stage::Session,
        title: "the server has no terminal to give",
        what: "No pseudo-terminal can be opened: /dev/pts is not mounted (containers, chroots) or \
            kernel.pty.max is used up.",
        looks: "The login works, then \"PTY allocation request failed on channel 0\"; a command \
            without a terminal (ssh -T) runs.",
        server_looks: "The log has \"openpty: No such file or directory\" or \
            \"session_pty_req: session 0 alloc failed\"; ls /dev/pts is empty or pty/nr equals \
            pty/max.",
        confirm: Commands::everywhere(&[
            "mount | grep devpts",
            "sysctl kernel.pty.nr kernel.pty.max",
        ]),
        remedy: RemedyText {
            summary: "Mount the file system for terminals if it is not there, or allow more of \
                them.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts",
                "sysctl -w kernel.pty.max=8192",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not mount a second devpts over the first: open terminals would lose their \
            names. Do not end sessions at random; see who holds the terminals.",
        lasting: "Mount devpts in the container's or chroot's start, and find the program that \
            leaves terminals open.",
        prior: Prior::judged(1.0),
        on_server: Some(resource::no_terminal),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
];
