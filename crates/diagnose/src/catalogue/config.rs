//! What sshd_config says: an error in it, or a rule that keeps this user or client out.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::{access, config, forwarding, logged, login, session};
use crate::outside::world::{Login, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "config-invalid",
        stage: Stage::Listener,
        title: "sshd_config has an error",
        what: "A line of sshd_config, or of a file that it includes, is misspelt, belongs to \
            another version or has a bad value. sshd refuses to start, and a running one dies at \
            the next reload.",
        looks: "\"Connection refused\" since a restart, a reload, an upgrade or a reboot; until \
            then all was well.",
        server_looks: "sshd -t prints FILE line N and what is wrong; the journal has \
            \"terminating, 1 bad configuration options\" and exit status 255. A sshd that still \
            runs does so with the older settings.",
        confirm: Commands::everywhere(&["sshd -t", "journalctl -u {unit} -n 20 --no-pager"])
            .or_without_systemd(&["sshd -t", "tail -n 20 /var/log/auth.log /var/log/messages"]),
        remedy: RemedyText {
            summary: "Comment out only the line that sshd -t names (N in FILE; the old file is \
                kept beside it), check again, start.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "sshd -t",
                "sed -i.before 'Ns/^/#/' FILE",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "sshd -t",
                "sed -i.before 'Ns/^/#/' FILE",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &[
                    "sshd -t",
                    "sed -i.before 'Ns/^/#/' FILE",
                    "sshd -t && systemctl restart ssh",
                ],
            },
            OnDistribution {
                names: "RHEL, Fedora, SUSE, Arch",
                commands: &[
                    "sshd -t",
                    "sed -i.before 'Ns/^/#/' FILE",
                    "sshd -t && systemctl restart sshd",
                ],
            },
            OnDistribution {
                names: "Alpine",
                commands: &[
                    "sshd -t",
                    "sed -i.before 'Ns/^/#/' FILE",
                    "sshd -t && rc-service sshd restart",
                ],
            },
        ],
        avoid: "Do not put the distribution's default file over yours: your ports, users and keys \
            are in it. Do not close an open session before a new login has worked.",
        lasting: "Run sshd -t after every edit and before every restart or reload, keep your \
            settings in a drop-in of their own, and read the release notes for removed options \
            before an upgrade.",
        prior: Prior::judged(18.0),
        on_server: Some(config::invalid),
        worlds: &[World::NOTHING_LISTENS.alone()],
    },
    Cause {
        id: "config-overridden-by-earlier-file",
        stage: Stage::Authentication,
        title: "an earlier setting wins over yours",
        what: "For most options sshd keeps the first value that it reads, and files in \
            sshd_config.d are read first and in order of name. A file such as 50-cloud-init.conf \
            wins over yours.",
        looks: "\"Permission denied\" with a list of methods other than the one you configured; \
            everything before the login works.",
        server_looks: "sshd -T prints another value than your file has, and grep finds the \
            option in a file that sorts before it, mostly \
            /etc/ssh/sshd_config.d/50-cloud-init.conf or 50-redhat.conf.",
        confirm: Commands::everywhere(&[
            "sshd -T | grep -iE 'passwordauth|permitroot|pubkeyauth'",
            "grep -rniE 'passwordauth|permitroot' /etc/ssh/sshd_config*",
        ]),
        remedy: RemedyText {
            summary: "Put your setting in a file that is read first (OPTION VALUE stands for it), \
                then look at what is in effect.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "echo 'OPTION VALUE' > /etc/ssh/sshd_config.d/00-local.conf",
                "sshd -t && systemctl reload {unit}",
                "sshd -T | grep -i OPTION",
            ])
            .or_without_systemd(&[
                "echo 'OPTION VALUE' > /etc/ssh/sshd_config.d/00-local.conf",
                "sshd -t && service {unit} reload",
                "sshd -T | grep -i OPTION",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not delete the other file: the tool that wrote it will write it again. Do not \
            turn password login on for everyone to get one key working.",
        lasting: "Name your own drop-in 00-… so that it is read first, and check with sshd -T \
            rather than by reading files.",
        prior: Prior::judged(7.0),
        on_server: Some(access::overridden),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "config-match-block",
        stage: Stage::Authentication,
        title: "a Match block treats you differently",
        what: "A Match block in sshd_config changes the rules for this user, group or address \
            alone, so what sshd -T prints without -C is not what you get.",
        looks: "\"Permission denied\", or a session cut short, for this user or from this address, \
            while others get in.",
        server_looks: "sshd -T -C user=USER,addr=ADDRESS,host=NAME,laddr=,lport= differs from \
            plain sshd -T; everything below a Match line belongs to it up to the next Match or the \
            end of the file.",
        confirm: Commands::everywhere(&[
            "sshd -T -C user={user},host={from},addr={from}",
            "grep -rniA8 '^\\s*Match' /etc/ssh/sshd_config*",
        ]),
        remedy: RemedyText {
            summary: "Change only the Match block that applies, check what this login would get, \
                then reload.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "vi FILE",
                "sshd -t && sshd -T -C user={user},host={from},addr={from}",
                "systemctl reload {unit}",
            ])
            .or_without_systemd(&[
                "vi FILE",
                "sshd -t && sshd -T -C user={user},host={from},addr={from}",
                "service {unit} reload",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not append options at the end of a file that ends in a Match block: they would \
            become part of it. Do not remove the block; others may depend on it.",
        lasting: "Keep Match blocks at the end of the last file that is read, close each with \
            Match all, and never append settings to a file that ends in a block.",
        prior: Prior::judged(3.0),
        on_server: Some(access::match_block),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "user-not-allowed",
        stage: Stage::Authentication,
        title: "sshd's user list leaves you out",
        what: "AllowUsers, AllowGroups, DenyUsers or DenyGroups keeps this account out, so sshd \
            refuses it whatever its key or password.",
        looks: "\"Permission denied\" for this user after every method; another user gets in. sshd \
            treats the account as if it did not exist.",
        server_looks: "The log says \"User USER from ADDRESS not allowed because not listed in \
            AllowUsers\" (or DenyUsers, AllowGroups, DenyGroups), followed by attempts of an \
            \"invalid user\".",
        confirm: Commands::everywhere(&[
            "sshd -T | grep -iE '^(allow|deny)(users|groups)'",
            "id {user}",
            "journalctl -u {unit} -n 50 --no-pager | grep 'not allowed'",
        ])
        .or_without_systemd(&[
            "sshd -T | grep -iE '^(allow|deny)(users|groups)'",
            "id {user}",
            "grep 'not allowed' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Add the user to the list that leaves it out, or to the group that is allowed \
                (GROUP), then reload.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "grep -rniE '(allow|deny)(users|groups)' /etc/ssh/sshd_config*",
                "usermod -aG GROUP {user}",
                "sshd -t && systemctl reload {unit}",
            ])
            .or_without_systemd(&[
                "grep -rniE '(allow|deny)(users|groups)' /etc/ssh/sshd_config*",
                "addgroup {user} GROUP",
                "sshd -t && service {unit} reload",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not delete the list: it is there to keep others out. Note that adding a first \
            AllowUsers line shuts out every user it does not name.",
        lasting: "Allow a group rather than single names, and add accounts to it where they \
            are made; remember that a pattern such as me@192.0.2.* fails when your address \
            changes.",
        prior: Prior::judged(9.0),
        on_server: Some(access::user_not_allowed),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "root-login-disabled",
        stage: Stage::Authentication,
        title: "root may not log in this way",
        what: "PermitRootLogin is no, or is prohibit-password (the default), which lets root in \
            with a key but never with a password.",
        looks: "\"Permission denied\" for root only; another account gets in. A password prompt \
            may still appear.",
        server_looks: "The log says \"ROOT LOGIN REFUSED FROM ADDRESS\", or a failed password \
            for root although the password is right.",
        confirm: Commands::everywhere(&[
            "sshd -T | grep -i permitrootlogin",
            "journalctl -u {unit} -n 50 --no-pager | grep -i 'root login'",
        ])
        .or_without_systemd(&[
            "sshd -T | grep -i permitrootlogin",
            "grep -i 'root login' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Log in as another user (NAME) and become root there.",
            place: Where::Client,
            commands: Commands::everywhere(&["ssh -p {port} NAME@{host}", "sudo -i || su -"]),
        },
        by_distribution: &[],
        avoid: "Do not set PermitRootLogin yes: on a public address root passwords are guessed all \
            day. If root must log in directly, prohibit-password with a key is enough.",
        lasting: "Leave it so: have an account of your own with sudo and its key in place, and \
            test that account before root's login is closed.",
        prior: Prior::judged(13.0),
        on_server: Some(config::root_login_disabled),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "password-login-disabled",
        stage: Stage::Authentication,
        title: "password login is off, no key fits",
        what: "PasswordAuthentication is off, as is usual on cloud images, and the server has no \
            key of yours for this account.",
        looks: "\"Permission denied (publickey)\" without a password prompt. The list in brackets \
            has neither password nor keyboard-interactive.",
        server_looks: "sshd -T shows passwordauthentication no and \
            kbdinteractiveauthentication no; an attempt ends at [preauth] without a failed \
            password.",
        confirm: Commands::everywhere(&[
            "sshd -T | grep -iE 'passwordauth|kbdinteractive|pubkeyauth'",
            "ls -l ~{user}/.ssh/authorized_keys",
        ]),
        remedy: RemedyText {
            summary: "On the console, add your public key to this account's authorized_keys (KEY \
                is the one line of your .pub file).",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "install -d -m 700 -o {user} -g $(id -gn {user}) ~{user}/.ssh",
                "echo 'KEY' >> ~{user}/.ssh/authorized_keys",
                "chown {user} ~{user}/.ssh/authorized_keys && chmod 600 ~{user}/.ssh/authorized_keys",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not turn password login on. Do not put a private key on the server, and do not \
            replace the file: other keys are in it.",
        lasting: "Put the public key in place before passwords are switched off (ssh-copy-id), \
            for every account and every computer from which you log in.",
        prior: Prior::judged(19.0),
        on_server: Some(access::password_login_disabled),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "auth-methods-unsatisfiable",
        stage: Stage::Authentication,
        title: "no login method can succeed",
        what: "AuthenticationMethods demands a method that is switched off or unknown, so no login \
            can ever be complete, or sshd refuses to start.",
        looks: "\"Permission denied\" after a method was accepted (\"partial success\"), or \
            \"Connection refused\" if sshd exits at start.",
        server_looks: "sshd -t or the log says \"AuthenticationMethods cannot be satisfied by \
            enabled authentication methods\" or \"Disabled method … in AuthenticationMethods \
            list\".",
        confirm: Commands::everywhere(&[
            "sshd -t",
            "sshd -T -C user={user},host={from},addr={from} | grep -iE 'authentication'",
        ]),
        remedy: RemedyText {
            summary: "Make AuthenticationMethods name only methods that are switched on; publickey \
                alone is a safe list.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "grep -rni authenticationmethods /etc/ssh/sshd_config*",
                "vi FILE",
                "mkdir -p -m 755 /run/sshd && sshd -t && systemctl restart {unit}",
            ])
            .or_without_systemd(&[
                "grep -rni authenticationmethods /etc/ssh/sshd_config*",
                "vi FILE",
                "mkdir -p -m 755 /run/sshd && sshd -t && service {unit} restart",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not switch on weaker methods to satisfy the list. Do not end an open session \
            until a new login has worked.",
        lasting: "Change AuthenticationMethods and the switches of its methods in one edit, \
            look at the result with sshd -T -C for an affected user, and try a second login before \
            the first ends.",
        prior: Prior::judged(1.0),
        on_server: Some(access::methods_unsatisfiable),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "pam-denies",
        stage: Stage::Authentication,
        title: "PAM refuses the login",
        what: "The PAM stack of sshd turns the account away: pam_access, an expired account, a \
            directory rule, a missing module or a broken line in /etc/pam.d.",
        looks: "The right key or password, then \"Connection closed\", or \"Permission denied\" \
            for every method.",
        server_looks: "The log has \"Access denied for user USER by PAM account \
            configuration\" or \"PAM unable to dlopen\", and a pam_…(sshd:…) line just before it \
            names the module.",
        confirm: Commands::everywhere(&[
            "journalctl -u {unit} -n 50 --no-pager | grep -i pam",
            "cat /etc/pam.d/sshd",
            "tail /etc/security/access.conf",
        ])
        .or_without_systemd(&[
            "grep -i pam /var/log/auth.log /var/log/secure",
            "cat /etc/pam.d/sshd",
            "tail /etc/security/access.conf",
        ]),
        remedy: RemedyText {
            summary: "Undo the one change in PAM that the log line names; first see which files \
                differ from their package.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "dpkg -V libpam-runtime libpam-modules openssh-server || rpm -V pam openssh-server",
                "vi /etc/pam.d/sshd",
            ])
            .or_without_systemd(&["vi /etc/pam.d/sshd"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &[
                    "pam-auth-update --package",
                    "dpkg -V libpam-runtime openssh-server",
                ],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &["authselect check", "authselect apply-changes"],
            },
            OnDistribution {
                names: "SUSE",
                commands: &["rpm -V pam pam-config openssh-server", "ls -lt /etc/pam.d"],
            },
        ],
        avoid: "Do not set UsePAM no: it changes other checks as well. Keep a root console open \
            while you edit PAM files: a mistake there shuts the console too.",
        lasting: "Edit PAM with a root shell open, through the distribution's tool, and try a \
            login before that shell is closed; a package that brings a module should not be \
            removed while /etc/pam.d names it.",
        prior: Prior::judged(4.0),
        on_server: Some(login::pam_denies),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "chroot-ownership",
        stage: Stage::Session,
        title: "a chroot directory is not root's",
        what: "Every directory on the way to ChrootDirectory must belong to root and be writable \
            by root alone. One of them does not or is not.",
        looks: "The login is accepted, then the connection closes at once or breaks with \"Broken \
            pipe\". SFTP accounts are hit most.",
        server_looks: "The log says \"bad ownership or modes for chroot directory\" and names \
            the component; the session ends at once after \"Accepted\".",
        confirm: Commands::everywhere(&[
            "journalctl -u {unit} -n 20 --no-pager | grep chroot",
            "sshd -T -C user={user},host={from},addr={from} | grep -i chroot",
            "namei -l DIRECTORY",
        ])
        .or_without_systemd(&[
            "grep chroot /var/log/auth.log /var/log/messages",
            "sshd -T -C user={user},host={from},addr={from} | grep -i chroot",
            "namei -l DIRECTORY",
        ]),
        remedy: RemedyText {
            summary: "Give only the component that the log names (DIRECTORY) to root and take the \
                write permission from others.",
            place: Where::Server,
            commands: Commands::everywhere(&["chown root:root DIRECTORY", "chmod go-w DIRECTORY"]),
        },
        by_distribution: &[],
        avoid: "Do not use chown -R or chmod -R: the user's own files below must stay the user's. \
            Uploads need a writable directory inside the chroot.",
        lasting: "Let the user own a directory inside the chroot, never the chroot itself or \
            anything above it; deployment scripts must not chown -R from there.",
        prior: Prior::judged(3.0),
        on_server: Some(session::chroot_ownership),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "connection-refused-by-config",
        stage: Stage::Authentication,
        title: "a Match block refuses connections",
        what: "RefuseConnection (OpenSSH 9.9 and later) in a Match block that fits this user or \
            address ends the connection before any login, and may add a penalty for the address.",
        looks: "The connection is closed after the key exchange, before any method is tried; after \
            a few tries even the banner stays away.",
        server_looks: "The log says \"administratively prohibited connection for USER from \
            ADDRESS\" (OpenSSH 9.9 and later), and perhaps a penalty for the address.",
        confirm: Commands::everywhere(&[
            "sshd -T -C user={user},host={from},addr={from} | grep -i refuse",
            "journalctl -u {unit} -n 20 --no-pager | grep -i prohibited",
        ])
        .or_without_systemd(&[
            "sshd -T -C user={user},host={from},addr={from} | grep -i refuse",
            "grep -i prohibited /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Narrow the Match line so that it no longer fits this login, then reload.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "grep -rniB8 refuseconnection /etc/ssh/sshd_config*",
                "vi FILE",
                "sshd -t && systemctl reload {unit}",
            ])
            .or_without_systemd(&[
                "grep -rniB8 refuseconnection /etc/ssh/sshd_config*",
                "vi FILE",
                "sshd -t && service {unit} reload",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not retry in a loop: each refusal can lengthen the penalty. Do not remove the \
            rule for everyone.",
        lasting: "Test a RefuseConnection block with sshd -T -C for the accounts and addresses \
            that must get in before it is loaded.",
        prior: Prior::judged(0.4),
        on_server: Some(access::refused_by_config),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "forwarding-forbidden",
        stage: Stage::Route,
        title: "the jump host forbids forwarding",
        what: "The jump host lets you log in but not pass through: AllowTcpForwarding, PermitOpen, \
            DisableForwarding or a restrict option of your key forbids it.",
        looks: "\"channel 0: open failed: administratively prohibited\", then \"stdio forwarding \
            failed\"; a login to the jump host itself works.",
        server_looks: "On the jump host the login succeeds, and its log says \"refused local \
            port forward: originator … target …\" or \"the request was denied\".",
        confirm: Commands::everywhere(&[
            "sshd -T -C user={user},host={from},addr={from} | grep -iE 'forwarding|permitopen'",
            "grep -nE 'restrict|no-port|permitopen' ~{user}/.ssh/authorized_keys",
        ]),
        remedy: RemedyText {
            summary: "Allow this one destination for this one account: in a Match User block, \
                AllowTcpForwarding local and PermitOpen with the target's address and port.",
            place: Where::JumpHost,
            commands: Commands::everywhere(&[
                "vi /etc/ssh/sshd_config",
                "sshd -t && systemctl reload {unit}",
            ])
            .or_without_systemd(&[
                "vi /etc/ssh/sshd_config",
                "sshd -t && service {unit} reload",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not allow forwarding for every account of the jump host. Do not store a private \
            key there to log in a second time by hand.",
        lasting: "Give jump accounts a Match block with exactly the PermitOpen targets they \
            need, and keep it in the same place as the list of hosts behind it.",
        prior: Prior::judged(3.0),
        on_server: Some(forwarding::forbidden),
        worlds: &[World::HEALTHY.alone()],
    },
    Cause {
        id: "second-factor-missing",
        stage: Stage::Authentication,
        title: "a second factor is still required",
        what: "AuthenticationMethods asks for more than one proof; the first was accepted and the \
            next (a code, a password, another key) was not given.",
        looks: "\"Authenticated using publickey with partial success\" under -v, then \"Permission \
            denied\" naming what is still wanted.",
        server_looks: "The log has \"Partial publickey for USER\" and then the close at \
            [preauth], without \"Accepted\".",
        confirm: Commands::everywhere(&[
            "ssh -v -p {port} {user}@{host}",
            "sshd -T -C user={user},host={from},addr={from} | grep -i authenticationmethods",
        ]),
        remedy: RemedyText {
            summary: "Log in from a terminal that can ask, with both methods allowed.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o BatchMode=no -o KbdInteractiveAuthentication=yes -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not take the second factor out of the server's configuration to let one script \
            in. Do not guess codes: failures can lock the account.",
        lasting: "Tell users which methods follow the key, test with -o \
            PreferredAuthentications in that order, and leave automation a Match block with a key \
            alone if policy allows it.",
        prior: Prior::judged(4.0),
        on_server: Some(logged::second_factor_missing),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "sftp-only-account",
        stage: Stage::Session,
        title: "the account is for SFTP only",
        what: "The server runs internal-sftp for this account whatever is asked, so there is no \
            shell to be had, and that is by design.",
        looks: "The login works, then \"This service allows sftp connections only.\" and the \
            connection closes.",
        server_looks: "The log has \"Accepted\" and then \"refusing non-sftp session\"; sshd \
            -T -C user=… shows forcecommand internal-sftp.",
        confirm: Commands::everywhere(&[
            "sshd -T -C user={user},host={from},addr={from} | grep -iE 'forcecommand|chroot'",
        ]),
        remedy: RemedyText {
            summary: "Use it for what it is meant for, or log in with another account.",
            place: Where::Client,
            commands: Commands::everywhere(&["sftp -P {port} {user}@{host}"]),
        },
        by_distribution: &[],
        avoid: "Do not remove ForceCommand to get a shell: the account is shut in on purpose. Do \
            not change its shell; that has no effect here.",
        lasting: "It is meant so. Name such accounts so that it shows, and give people who \
            need a shell an account of their own.",
        prior: Prior::judged(3.0),
        on_server: Some(session::sftp_only),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "subsystem-missing",
        stage: Stage::Session,
        title: "the SFTP subsystem is missing",
        what: "sshd_config names no sftp subsystem, or names a program that is not there; after a \
            move between distributions the path often differs. scp uses SFTP since OpenSSH 9.0.",
        looks: "A shell works; sftp and scp end with \"subsystem request failed on channel 0\".",
        server_looks: "The log says \"subsystem request for sftp by user USER failed, \
            subsystem not found\" or \"cannot stat /path/sftp-server\".",
        confirm: Commands::everywhere(&[
            "sshd -T | grep -i subsystem",
            "ls -l /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server",
        ]),
        remedy: RemedyText {
            summary: "Let sshd serve SFTP itself: make the line read Subsystem sftp internal-sftp, \
                then reload. Meanwhile scp -O works.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "grep -rni subsystem /etc/ssh/sshd_config*",
                "sed -i.before 's/^\\s*Subsystem\\s\\+sftp.*/Subsystem sftp internal-sftp/I' FILE",
                "sshd -t && systemctl reload {unit}",
            ])
            .or_without_systemd(&[
                "grep -rni subsystem /etc/ssh/sshd_config*",
                "sed -i.before 's/^\\s*Subsystem\\s\\+sftp.*/Subsystem sftp internal-sftp/I' FILE",
                "sshd -t && service {unit} reload",
            ]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu",
                commands: &[
                    "grep -rni '^\\s*Subsystem' /etc/ssh/sshd_config*",
                    "ls -l /usr/lib/openssh/sftp-server",
                ],
            },
            OnDistribution {
                names: "RHEL, Fedora",
                commands: &[
                    "grep -rni '^\\s*Subsystem' /etc/ssh/sshd_config*",
                    "ls -l /usr/libexec/openssh/sftp-server",
                ],
            },
            OnDistribution {
                names: "SUSE, Arch, Alpine",
                commands: &[
                    "grep -rni '^\\s*Subsystem' /etc/ssh/sshd_config*",
                    "ls -l /usr/lib/ssh/sftp-server",
                ],
            },
        ],
        avoid: "Do not add a second Subsystem line: older sshd refuses to start with two.",
        lasting: "Use internal-sftp, which has no path to go wrong; it also works in a \
            chroot.",
        prior: Prior::judged(3.0),
        on_server: Some(logged::subsystem_missing),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
];
