//! The account, its key or password, and the session after login.

use sshdoctor_case::{Stage, Where};

use crate::inside::proofs::{logged, login, session};
use crate::outside::world::{Login, World};

use super::{Cause, Commands, OnDistribution, Prior, RemedyText};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "wrong-user",
        stage: Stage::Authentication,
        title: "the user name is wrong",
        what: "The account that you ask for does not exist on the server. Without -l or ssh_config \
            ssh uses your local name; cloud images have names of their own (ubuntu, debian, admin, \
            ec2-user, rocky, opc, azureuser).",
        looks: "\"Permission denied\" whatever the key or password; sshd does not tell that the \
            account is unknown.",
        server_looks: "The log has \"Invalid user NAME from ADDRESS\".",
        confirm: Commands::everywhere(&[
            "ssh -G {host} | grep -i '^user '",
            "getent passwd {user}",
            "journalctl -u {unit} -n 50 --no-pager | grep 'Invalid user'",
        ])
        .or_without_systemd(&[
            "ssh -G {host} | grep -i '^user '",
            "getent passwd {user}",
            "grep 'Invalid user' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Use the name that the server has (NAME), and write it into ssh_config.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -p {port} NAME@{host}",
                "printf 'Host {host}\\n  User NAME\\n' >> ~/.ssh/config",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not try a list of names: every unknown one counts towards a ban. Do not make \
            the account on the server only to fit.",
        lasting: "Write User into ssh_config for the host, so that no local name is sent by \
            accident.",
        prior: Prior::judged(17.0),
        on_server: Some(login::wrong_user),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "home-permissions",
        stage: Stage::Authentication,
        title: "the home directory is open to others",
        what: "The home directory, .ssh or authorized_keys belongs to someone else or is writable \
            by group or others, so sshd does not trust the keys in it (StrictModes).",
        looks: "\"Permission denied (publickey)\" although the key is in the file; other accounts \
            get in.",
        server_looks: "The log has \"Authentication refused: bad ownership or modes for \
            directory /home/USER\" (or for a file), once for each key.",
        confirm: Commands::everywhere(&[
            "namei -l ~{user}/.ssh/authorized_keys",
            "journalctl -u {unit} -n 50 --no-pager | grep 'bad ownership'",
        ])
        .or_without_systemd(&[
            "namei -l ~{user}/.ssh/authorized_keys",
            "grep 'bad ownership' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Take the write permission from others on these three paths only, and give \
                them to the account.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "chmod go-w ~{user} ~{user}/.ssh ~{user}/.ssh/authorized_keys",
                "chown {user} ~{user} ~{user}/.ssh ~{user}/.ssh/authorized_keys",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not set StrictModes no, and do not use chmod -R or 777: too open is the very \
            fault.",
        lasting: "Keep homes at 755 or tighter, and .ssh at 700; scripts that share files \
            should use a group directory outside the home.",
        prior: Prior::judged(10.0),
        on_server: Some(login::home_permissions),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "key-not-authorized",
        stage: Stage::Authentication,
        title: "the server does not have your key",
        what: "The key you offer is not in this account's authorized_keys, or its line is broken \
            over two lines, has expired (expiry-time), or is limited to other addresses (from=). \
            AuthorizedKeysFile may also point elsewhere.",
        looks: "\"Permission denied (publickey)\" after \"Offering public key\" under -v, without \
            \"Server accepts key\".",
        server_looks: "At LogLevel INFO a refused key leaves only \"Connection closed by \
            authenticating user … [preauth]\"; VERBOSE shows \"Failed publickey\" with the \
            fingerprint. A key tried from elsewhere than from= allows has a line of its own.",
        confirm: Commands::everywhere(&[
            "ssh-keygen -lf ~{user}/.ssh/authorized_keys",
            "sshd -T -C user={user},host={from},addr={from} | grep -i authorizedkeys",
            "ssh -v -p {port} {user}@{host} 2>&1 | grep -iE 'offering|accepts'",
        ]),
        remedy: RemedyText {
            summary: "On the console, add your public key on one line of its own (KEY is the \
                content of your .pub file); the modes matter.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "install -d -m 700 -o {user} -g $(id -gn {user}) ~{user}/.ssh",
                "echo 'KEY' >> ~{user}/.ssh/authorized_keys",
                "chown {user} ~{user}/.ssh/authorized_keys && chmod 600 ~{user}/.ssh/authorized_keys",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not replace the file: other people's keys are in it. Do not turn password login \
            on instead, and never copy a private key to the server.",
        lasting: "Deploy authorized_keys from one source, one key per line, and compare with \
            ssh-keygen -lf; note expiry-time and from= where the keys are listed.",
        prior: Prior::judged(38.0),
        on_server: Some(login::key_not_authorized),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "key-lookup-down",
        stage: Stage::Authentication,
        title: "the directory of accounts is down",
        what: "Accounts or keys come from a directory (SSSD, LDAP, OS Login, \
            AuthorizedKeysCommand) that does not answer, so sshd cannot find the user or the key.",
        looks: "A pause of several seconds, then \"Permission denied\", for every account of the \
            directory; local ones get in.",
        server_looks: "getent passwd USER hangs or finds nothing; the log has \
            \"AuthorizedKeysCommand … failed, status\", \"Unsafe AuthorizedKeysCommand\" or errors \
            of sssd.",
        confirm: Commands::everywhere(&[
            "getent passwd {user}",
            "sssctl domain-status $(sssctl domain-list | head -n 1)",
            "sshd -T | grep -i authorizedkeyscommand",
        ]),
        remedy: RemedyText {
            summary: "Restart the service that asks the directory, or let a local administrator in \
                with a key of its own.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "systemctl restart sssd",
                "getent passwd {user}",
                "journalctl -u {unit} -n 30 --no-pager",
            ])
            .or_without_systemd(&["service sssd restart", "getent passwd {user}"]),
        },
        by_distribution: &[],
        avoid: "Do not delete SSSD's cache while the directory is down: it may be all that still \
            lets anyone in. Do not take PAM modules out.",
        lasting: "Cache accounts and keys locally (SSSD's offline cache), and keep one local \
            administrator with a key in a file.",
        prior: Prior::judged(4.0),
        on_server: Some(login::lookup_down),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "account-locked-or-expired",
        stage: Stage::Authentication,
        title: "the account is locked or expired",
        what: "The account has expired, its password has expired and must be changed, or it was \
            locked by hand. With UsePAM a locked password alone does not stop a key.",
        looks: "\"Permission denied\", or \"Your account has expired\" or \"password has \
            expired\", then closed.",
        server_looks: "The log has \"User account has expired\", \"password has expired\", \
            \"not allowed because account is locked\" or pam_unix(sshd:account); chage -l shows \
            the date.",
        confirm: Commands::everywhere(&[
            "chage -l {user}",
            "passwd -S {user}",
            "journalctl -u {unit} -n 50 --no-pager | grep -iE 'expired|locked'",
        ])
        .or_without_systemd(&[
            "chage -l {user}",
            "passwd -S {user}",
            "grep -iE 'expired|locked' /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Once it is clear that the account is meant to live: extend it (DATE as \
                YYYY-MM-DD), unlock it or set a new password.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "chage -E DATE {user}",
                "passwd -u {user}",
                "passwd {user}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not unlock an account before you know who locked it and why. Do not set all \
            ages to never to get one login.",
        lasting: "Give service accounts no expiry (chage -E -1 -M -1) and people a warning in \
            time (PASS_WARN_AGE).",
        prior: Prior::judged(7.0),
        on_server: Some(login::locked_or_expired),
        worlds: &[
            World::HEALTHY.login(Login::Refused).share(0.8),
            World::HEALTHY.login(Login::SessionFails).share(0.2),
        ],
    },
    Cause {
        id: "login-shell-invalid",
        stage: Stage::Session,
        title: "the login shell is missing or barred",
        what: "The account's shell is a program that is not there (a removed zsh or fish, a \
            mistake in chsh), or nologin, which ends every session.",
        looks: "\"Permission denied\" if the shell does not exist; \"This account is currently not \
            available\" and a close if it is nologin.",
        server_looks: "The log has \"User USER not allowed because shell /PATH does not \
            exist\", or \"Accepted\" and a session of no length; getent passwd shows the shell.",
        confirm: Commands::everywhere(&[
            "getent passwd {user}",
            "ls -l $(getent passwd {user} | cut -d: -f7)",
            "journalctl -u {unit} -n 50 --no-pager | grep shell",
        ])
        .or_without_systemd(&[
            "getent passwd {user}",
            "ls -l $(getent passwd {user} | cut -d: -f7)",
            "grep shell /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Give the account a shell that exists.",
            place: Where::Server,
            commands: Commands::everywhere(&["usermod -s /bin/bash {user}"])
                .or_without_systemd(&["sed -i.before '/^{user}:/s|:[^:]*$|:/bin/sh|' /etc/passwd"]),
        },
        by_distribution: &[
            OnDistribution {
                names: "Debian, Ubuntu, RHEL, Fedora, SUSE, Arch",
                commands: &["usermod -s /bin/bash {user}"],
            },
            OnDistribution {
                names: "Alpine",
                commands: &["sed -i.before '/^{user}:/s#[^:]*$#/bin/ash#' /etc/passwd"],
            },
        ],
        avoid: "Do not give a service account a shell because a login failed: nologin is right for \
            those.",
        lasting: "Change the shells of accounts before a shell's package is removed, and check \
            with chsh, which takes only what /etc/shells lists.",
        prior: Prior::judged(4.0),
        on_server: Some(login::shell_invalid),
        worlds: &[
            World::HEALTHY.login(Login::SessionFails).share(0.8),
            World::HEALTHY.login(Login::Refused).share(0.2),
        ],
    },
    Cause {
        id: "home-unavailable",
        stage: Stage::Session,
        title: "the home directory is not there",
        what: "The home directory is on a network share, an encrypted volume or a disk that is not \
            mounted, or was never made, so sshd finds no authorized_keys in it or hangs on it.",
        looks: "\"Permission denied (publickey)\" or a hang; with a password the login works and \
            says \"Could not chdir to home directory\".",
        server_looks: "The log or the session has \"Could not chdir to home directory\"; \
            findmnt does not show the home's file system, or ls on it hangs.",
        confirm: Commands::everywhere(&[
            "ls -ld ~{user}",
            "findmnt -T ~{user}",
            "ps -eo pid,stat,wchan:20,args | grep ' D'",
        ]),
        remedy: RemedyText {
            summary: "Mount it; if the account never had one, make it with the right owner.",
            place: Where::Server,
            commands: Commands::everywhere(&["mount -a", "mkhomedir_helper {user}"]),
        },
        by_distribution: &[],
        avoid: "Do not put keys into the empty mount point: they vanish beneath the mount, and \
            come to light when it fails. Do not unmount a hung share by force while people work on \
            it.",
        lasting: "Mount homes with a timeout, order sshd after remote-fs.target, and let \
            pam_mkhomedir make homes that may be missing; keep keys outside encrypted homes \
            (AuthorizedKeysFile /etc/ssh/keys/%u).",
        prior: Prior::judged(2.0),
        on_server: Some(login::home_unavailable),
        worlds: &[
            World::HEALTHY.login(Login::Refused).share(0.5),
            World::HEALTHY.login(Login::SessionFails).share(0.5),
        ],
    },
    Cause {
        id: "certificate-invalid",
        stage: Stage::Authentication,
        title: "the user certificate is not accepted",
        what: "Your SSH certificate has expired, is not valid yet, does not name this account \
            among its principals, is revoked, or was signed by an authority that the server does \
            not trust.",
        looks: "\"Permission denied (publickey)\"; under -v the certificate is offered and not \
            accepted.",
        server_looks: "The log has \"Certificate invalid: expired\" (or not yet valid, or name \
            is not a listed principal) and \"Refusing certificate ID\".",
        confirm: Commands::everywhere(&[
            "ssh-keygen -Lf ~/.ssh/id_ed25519-cert.pub",
            "journalctl -u {unit} -n 50 --no-pager | grep -i certificate",
            "sshd -T | grep -iE 'trustedusercakeys|principals|revokedkeys'",
        ])
        .or_without_systemd(&[
            "ssh-keygen -Lf ~/.ssh/id_ed25519-cert.pub",
            "grep -i certificate /var/log/auth.log /var/log/messages",
            "sshd -T | grep -iE 'trustedusercakeys|principals|revokedkeys'",
        ]),
        remedy: RemedyText {
            summary: "Have the authority sign the key again for this account (where the CA key is, \
                ID being a name for the log).",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh-keygen -s CA -I ID -n {user} -V +8h ~/.ssh/id_ed25519.pub",
                "ssh-keygen -Lf ~/.ssh/id_ed25519-cert.pub",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not issue certificates without principals or without an end. Do not set the \
            clock back to make one valid.",
        lasting: "Renew certificates well before they end, keep clocks right on both sides, \
            and put the principals that the servers expect into the signing script.",
        prior: Prior::judged(2.0),
        on_server: Some(logged::certificate_invalid),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
    Cause {
        id: "session-dies-after-login",
        stage: Stage::Session,
        title: "the session ends right after login",
        what: "Something that runs at the start of a session ends it: a PAM session module, a \
            limit, an exit or exec in a shell start-up file, a forced command that fails.",
        looks: "The login is accepted, perhaps with the greeting, then \"Connection to … closed.\"",
        server_looks: "\"Accepted\" and \"session opened\" are followed at once by \"session \
            closed\"; an error of pam_open_session, or the command's own, stands between them.",
        confirm: Commands::everywhere(&[
            "ssh -v -p {port} {user}@{host} 2>&1 | grep -i 'exit status'",
            "ssh -t -p {port} {user}@{host} /bin/sh",
            "journalctl -u {unit} -n 30 --no-pager",
        ])
        .or_without_systemd(&[
            "ssh -v -p {port} {user}@{host} 2>&1 | grep -i 'exit status'",
            "ssh -t -p {port} {user}@{host} /bin/sh",
            "tail -n 30 /var/log/auth.log /var/log/messages",
        ]),
        remedy: RemedyText {
            summary: "Start a shell without its start-up files and set aside the one that ends the \
                session.",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -t -p {port} {user}@{host} 'bash --noprofile --norc'",
                "mv ~/.bashrc ~/.bashrc.before",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not delete the files. Do not set UsePAM no or remove session modules to see \
            what happens: other logins depend on them.",
        lasting: "Keep exit, exec and set -e out of start-up files, and test changes to them \
            and to PAM with a second login before the first ends.",
        prior: Prior::judged(4.0),
        on_server: Some(session::dies_at_startup),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "forced-command-only",
        stage: Stage::Session,
        title: "your key allows one command only",
        what: "The key's line in authorized_keys (command=, restrict) or ForceCommand admits one \
            command and nothing else, as for Git and backups. That is by design.",
        looks: "The login is accepted, then \"PTY allocation request failed\" or a greeting, and \
            the connection closes.",
        server_looks: "\"Accepted\" is in the log, and sshd -T -C user=… shows forcecommand, \
            or the key's line in authorized_keys begins with command= or restrict.",
        confirm: Commands::everywhere(&[
            "grep -nE 'command=|restrict|no-pty' ~{user}/.ssh/authorized_keys",
            "sshd -T -C user={user},host={from},addr={from} | grep -i forcecommand",
        ]),
        remedy: RemedyText {
            summary: "Use the key for what it is for, and log in with another one (KEY).",
            place: Where::Client,
            commands: Commands::everywhere(&[
                "ssh -o IdentitiesOnly=yes -i KEY -p {port} {user}@{host}",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not remove the restriction from that key: whoever holds it, perhaps an \
            unattended machine, would get a shell.",
        lasting: "It is meant so. Keep a key of its own for each purpose and name it in \
            ssh_config.",
        prior: Prior::judged(2.0),
        on_server: Some(session::forced_command),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "shell-prints-at-startup",
        stage: Stage::Session,
        title: "a start-up file prints text",
        what: "A start-up file of the shell (.bashrc, .profile) prints something or fails in \
            sessions without a terminal, and scp, sftp and rsync take that for protocol.",
        looks: "A login works; sftp says \"Received message too long\", rsync \"protocol version \
            mismatch -- is your shell clean?\".",
        server_looks: "\"Accepted\" and \"subsystem request for sftp\" are in the log, then \
            the client leaves; ssh HOST true prints something, and it should print nothing.",
        confirm: Commands::everywhere(&[
            "ssh -T -p {port} {user}@{host} /bin/true | od -c | head",
            "ssh -p {port} {user}@{host} 'head -n 20 ~/.bashrc'",
        ]),
        remedy: RemedyText {
            summary: "Make the file stop early in sessions that are not interactive, by this first \
                line.",
            place: Where::Server,
            commands: Commands::everywhere(&[
                "sed -i.before '1i case $- in *i*) ;; *) return;; esac' ~{user}/.bashrc",
            ]),
        },
        by_distribution: &[],
        avoid: "Do not send all output of the file to /dev/null: you would lose the errors that \
            explain it. Do not change the account's shell.",
        lasting: "Let start-up files print only when $- contains i, and run ssh HOST true \
            after each change.",
        prior: Prior::judged(2.5),
        on_server: Some(session::prints_at_startup),
        worlds: &[World::HEALTHY.login(Login::SessionFails).alone()],
    },
    Cause {
        id: "wrong-password",
        stage: Stage::Authentication,
        title: "the password is wrong",
        what: "The password that you type is not the one of this account on this server: another \
            account or server, Caps Lock, another keyboard layout, a change you did not hear of.",
        looks: "\"Permission denied, please try again.\" after each entry; the server's log says \
            \"Failed password\".",
        server_looks: "The log has \"Failed password for USER from ADDRESS\", and \
            pam_unix(sshd:auth): authentication failure before it.",
        confirm: Commands::everywhere(&[
            "journalctl -u {unit} -n 50 --no-pager | grep 'Failed password'",
            "passwd -S {user}",
        ])
        .or_without_systemd(&[
            "grep 'Failed password' /var/log/auth.log /var/log/messages",
            "passwd -S {user}",
        ]),
        remedy: RemedyText {
            summary: "On the console, set a new password for the account, or better put your key \
                there.",
            place: Where::Server,
            commands: Commands::everywhere(&["passwd {user}"]),
        },
        by_distribution: &[],
        avoid: "Do not guess: a few failures bring a ban or lock the account. Do not send the \
            password by mail to have it checked.",
        lasting: "Use a key, and let a password manager type what remains.",
        prior: Prior::judged(19.0),
        on_server: Some(logged::wrong_password),
        worlds: &[World::HEALTHY.login(Login::Refused).alone()],
    },
];
