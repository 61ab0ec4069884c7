//! Bans and throttles: something counted this client and shut it out for a time.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::{ban, packet_filter};
use crate::outside::world::{Action, Breadth, FirstBytes, Login, Place, Steadiness, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "fail2ban-ban",
        stage: Stage::HostFirewall,
        title: "fail2ban has banned your address",
        what: "fail2ban counted failed logins from your address, perhaps by a script or an agent \
            with many keys, and added a firewall rule against it for a while.",
        looks: "\"Connection refused\" from your address only, as if sshd were down, by an ICMP \
            message from the host; from elsewhere it works.",
        server_looks: "fail2ban-client status sshd lists your address, its log has \"Ban \
            ADDRESS\", and a rule or set entry with it stands before the accept.",
        confirm: Commands::everywhere(&["fail2ban-client status sshd", "fail2ban-client banned {from}", "tail /var/log/fail2ban.log"]),
        remedy: RemedyText {
            summary: "Lift this one ban, and leave your address out of the count until fail2ban \
                restarts.",
            place: Where::Server,
            commands: Commands::everywhere(&["fail2ban-client set sshd unbanip {from}", "fail2ban-client set sshd addignoreip {from}"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &["fail2ban-client set sshd unbanip {from}", "printf '[DEFAULT]\\nignoreip = 127.0.0.1/8 ::1 {from}\\n' > /etc/fail2ban/jail.d/ignore.local", "systemctl reload fail2ban"],
            },
            OnDistribution {
                names: "RHEL, Fedora with firewalld",
                commands: &["fail2ban-client set sshd unbanip {from}", "firewall-cmd --list-rich-rules"],
            },
        ],
        avoid: "Do not keep trying: where bans grow, each round prolongs them. Do not stop \
            fail2ban or lift all bans, and do not delete its chains by hand.",
        lasting: "Put your own networks into ignoreip in /etc/fail2ban/jail.local, and stop \
            what fails: scripts with an old password, agents with many keys (IdentitiesOnly \
            yes).",
        prior: Prior::judged(25.0),
        on_server: Some(|server| packet_filter::denied(server, "fail2ban-ban")),
        worlds: &[World::HEALTHY.banned(Place::Host, Action::PortUnreachable, Breadth::ThisPort).share(0.85), World::HEALTHY.banned(Place::Host, Action::PortUnreachable, Breadth::AllPorts).share(0.1), World::HEALTHY.banned(Place::Host, Action::Drop, Breadth::ThisPort).share(0.05)],
    },
    Cause {
        id: "other-ban-tool",
        stage: Stage::HostFirewall,
        title: "another tool has banned you",
        what: "sshguard, CSF, DenyHosts or a similar tool counted failed logins from your address \
            and shut it out, by a firewall rule or a line in hosts.deny.",
        looks: "A timeout, or a connection closed before the banner, from your address only; from \
            elsewhere it works.",
        server_looks: "The tool's own list has your address (csf -g, the sshguard table of \
            nft, a dated line in /etc/hosts.deny), and its log tells which attempts earned it.",
        confirm: Commands::everywhere(&["csf -g {from}", "nft list table ip sshguard", "grep -nF {from} /etc/hosts.deny"]),
        remedy: RemedyText {
            summary: "Take out only the entry for your address, with the tool that made it.",
            place: Where::Server,
            commands: Commands::everywhere(&["csf -dr {from}; csf -tr {from}", "nft delete element ip sshguard attackers '{ {from} }'", "sed -i.before '/{from}/d' /etc/hosts.deny"]),
        },
        by_distribution: &[],
        avoid: "Do not keep trying: each failure prolongs the ban. DenyHosts remembers: clear your \
            address in its data as well, or the line comes back.",
        lasting: "Whitelist your networks in the tool (csf.allow and csf.ignore, sshguard's \
            whitelist, allowed-hosts of DenyHosts), and find the program that fails to log in.",
        prior: Prior::judged(6.0),
        on_server: Some(|server| packet_filter::denied(server, "other-ban-tool")),
        worlds: &[World::HEALTHY.banned(Place::Host, Action::Drop, Breadth::AllPorts).share(0.5), World::HEALTHY.banned(Place::Host, Action::Drop, Breadth::ThisPort).share(0.2), World::HEALTHY.banned(Place::Host, Action::Drop, Breadth::Everything).share(0.15), World::HEALTHY.says(FirstBytes::Close).share(0.15)],
    },
    Cause {
        id: "per-source-penalty",
        stage: Stage::Banner,
        title: "sshd itself penalises your address",
        what: "Since OpenSSH 9.8 sshd counts failed and abandoned logins per address and refuses \
            that address for seconds to minutes (PerSourcePenalties). A monitor, a script or many \
            keys in an agent are enough.",
        looks: "The connection opens and is closed or reset before the banner; a client that reads \
            first may see \"Not allowed at this time\". It passes after a quiet while.",
        server_looks: "The log has \"drop connection … from [ADDRESS] … penalty: failed \
            authentication\" or \"srclimit_penalise\"; other addresses get in, and a restart of \
            sshd clears it.",
        confirm: Commands::everywhere(&["journalctl -u {unit} -n 50 --no-pager | grep penalty", "sshd -T | grep -i persource"]).or_without_systemd(&["grep penalty /var/log/auth.log /var/log/messages", "sshd -T | grep -i persource"]),
        remedy: RemedyText {
            summary: "Wait ten minutes without connecting, or restart sshd, which forgets \
                penalties; exempt your address if you must (mind an existing line).",
            place: Where::Server,
            commands: Commands::everywhere(&["echo 'PerSourcePenaltyExemptList {from}' > /etc/ssh/sshd_config.d/00-exempt.conf", "sshd -t && systemctl restart {unit}"]).or_without_systemd(&["echo 'PerSourcePenaltyExemptList {from}' > /etc/ssh/sshd_config.d/00-exempt.conf", "sshd -t && service {unit} restart"]),
        },
        by_distribution: &[],
        avoid: "Do not retry in a loop: every attempt adds to the penalty. Do not turn \
            PerSourcePenalties off for everyone.",
        lasting: "Make monitors complete a handshake or check less often, mend the job that \
            fails, and exempt the networks that you trust with PerSourcePenaltyExemptList.",
        prior: Prior::judged(8.0),
        on_server: Some(ban::per_source_penalty),
        worlds: &[World::HEALTHY.says(FirstBytes::Penalty).steadiness(Steadiness::PassesAfterPause).alone()],
    },
    Cause {
        id: "max-startups",
        stage: Stage::Banner,
        title: "too many logins are under way",
        what: "sshd accepts only so many connections that have not logged in yet (MaxStartups, \
            10:30:100 by default) and drops others at random; guessing bots or parallel jobs fill \
            the places.",
        looks: "The connection opens and is closed or reset before the banner, now and then and \
            for everyone; a later try gets through. Some versions say \"Exceeded MaxStartups\".",
        server_looks: "The log has \"drop connection #N … Maxstartups\" or \"beginning \
            MaxStartups throttling\"; ss shows many connections to the port that no sshd session \
            has logged in.",
        confirm: Commands::everywhere(&["journalctl -u {unit} -n 50 --no-pager | grep -i maxstartups", "ss -tn state established 'sport = :{port}' | wc -l", "sshd -T | grep -iE 'maxstartups|logingracetime'"]).or_without_systemd(&["grep -i maxstartups /var/log/auth.log /var/log/messages", "ss -tn state established 'sport = :{port}' | wc -l", "sshd -T | grep -iE 'maxstartups|logingracetime'"]),
        remedy: RemedyText {
            summary: "Give up idle attempts sooner and allow more at once, then reload.",
            place: Where::Server,
            commands: Commands::everywhere(&["printf 'LoginGraceTime 30\\nMaxStartups 50:30:200\\n' > /etc/ssh/sshd_config.d/00-startups.conf", "sshd -t && systemctl reload {unit}"]).or_without_systemd(&["printf 'LoginGraceTime 30\\nMaxStartups 50:30:200\\n' > /etc/ssh/sshd_config.d/00-startups.conf", "sshd -t && service {unit} reload"]),
        },
        by_distribution: &[],
        avoid: "Do not start more attempts in parallel: they take the places that you need. Do not \
            set LoginGraceTime 0: dead attempts would then hold their place for good.",
        lasting: "Keep guessing bots out with a firewall or fail2ban, stagger parallel jobs or \
            share connections (ControlMaster), and set MaxStartups to what the machine can bear.",
        prior: Prior::judged(6.0),
        on_server: Some(ban::max_startups),
        worlds: &[World::HEALTHY.says(FirstBytes::TooManyStartups).steadiness(Steadiness::Intermittent).alone()],
    },
    Cause {
        id: "tcp-wrappers-deny",
        stage: Stage::Banner,
        title: "hosts.deny refuses your address",
        what: "The sshd of Debian and Ubuntu still reads /etc/hosts.allow and /etc/hosts.deny, and \
            a line there refuses your address or everyone. RHEL 8 and later and Fedora do not read \
            them.",
        looks: "The connection opens and closes, sometimes after a few seconds, before any banner; \
            from an allowed address it works.",
        server_looks: "The log has \"refused connect from ADDRESS\"; a line in /etc/hosts.deny \
            or a deny in hosts.allow fits.",
        confirm: Commands::everywhere(&["grep -v '^#' /etc/hosts.allow /etc/hosts.deny", "journalctl -u {unit} -n 50 --no-pager | grep 'refused connect'"]).or_without_systemd(&["grep -v '^#' /etc/hosts.allow /etc/hosts.deny", "grep 'refused connect' /var/log/auth.log"]),
        remedy: RemedyText {
            summary: "Add one line for your address to hosts.allow, which is read first; no \
                restart is needed (write an IPv6 address in square brackets).",
            place: Where::Server,
            commands: Commands::everywhere(&["echo 'sshd: {from}' >> /etc/hosts.allow"]),
        },
        by_distribution: &[],
        avoid: "Do not empty hosts.deny. Do not write ALL: ALL into hosts.allow: other services \
            read it too.",
        lasting: "Put your networks into /etc/hosts.allow, which is read first, or leave tcp \
            wrappers empty and filter in the firewall.",
        prior: Prior::judged(2.0),
        on_server: Some(ban::tcp_wrappers),
        worlds: &[World::HEALTHY.says(FirstBytes::Close).alone()],
    },
    Cause {
        id: "account-locked-by-faillock",
        stage: Stage::Authentication,
        title: "too many failures locked the account",
        what: "pam_faillock (or the older pam_tally2) locked this account after several wrong \
            passwords, yours or a stranger's. It opens by itself after the unlock time, ten \
            minutes by default.",
        looks: "\"Permission denied\" though the password is right. A key may still work or may be \
            refused alike, depending on the PAM stack.",
        server_looks: "faillock --user USER lists recent failures, and the log has \
            \"Consecutive login failures for user USER account temporarily locked\" from \
            pam_faillock.",
        confirm: Commands::everywhere(&["faillock --user {user}", "grep -vE '^#|^$' /etc/security/faillock.conf", "journalctl -u {unit} -n 50 --no-pager | grep faillock"]).or_without_systemd(&["faillock --user {user}", "grep faillock /var/log/auth.log /var/log/secure"]),
        remedy: RemedyText {
            summary: "Clear the count for this one account.",
            place: Where::Server,
            commands: Commands::everywhere(&["faillock --user {user} --reset"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "RHEL, Fedora, SUSE, Debian 11 and later, Ubuntu 22.04 and later",
                commands: &["faillock --user {user} --reset"],
            },
            OnDistribution {
                names: "RHEL 7, Debian 10, Ubuntu 20.04",
                commands: &["pam_tally2 --user {user} --reset"],
            },
        ],
        avoid: "Do not try further passwords: more failures can keep it locked. Do not remove \
            pam_faillock from the PAM files.",
        lasting: "Use keys, so that guessed passwords do not count against you, and keep \
            even_deny_root out of faillock.conf unless there is another way in.",
        prior: Prior::judged(5.0),
        on_server: Some(ban::faillock),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
];
