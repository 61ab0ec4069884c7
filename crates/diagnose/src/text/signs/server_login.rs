//! OpenSSH's `sshd` with a client (auth.c, auth2.c, auth2-pubkey.c, session.c, monitor.c, 7.0 to 10.x) and PAM's modules.

use sshdoctor_case::{Outcome, Stage};

use crate::text::sign::{Meaning, PROOF, REASON, SUMMARY, SYMPTOM, Sign, stop};

const fn refused(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, causes).weight(PROOF))
}

const fn refused_somehow(causes: &'static [&'static str], weight: u8) -> Meaning {
    Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, causes).weight(weight))
}

const fn fails(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, causes).weight(PROOF))
}

const fn broken_at_start(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, causes).weight(PROOF))
}

/// Nothing says why: the key is not there, or something that sshd says at a higher LogLevel only.
const LEFT_WITHOUT_LOGIN: Meaning = refused_somehow(
    &["key-not-authorized", "home-permissions", "wrong-password"],
    SUMMARY,
);

#[rustfmt::skip]
pub(super) const SIGNS: &[Sign] = &[
    // Somebody is there.
    Sign::server("Connection from ", Meaning::Begins).with(&[" port "]),
    Sign::server("Did not receive identification string from ", Meaning::Noise),
    Sign::server("Bad protocol version identification ", Meaning::Noise),
    Sign::server("Timeout before authentication for ", Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, &["overloaded", "mtu-black-hole", "key-lookup-down"]).weight(SYMPTOM))),
    Sign::server("fatal: chroot(\"", broken_at_start(&["privsep-dir-missing"])),
    Sign::server("fatal: chdir(\"/", broken_at_start(&["privsep-dir-missing"])),
    Sign::server("fatal: ssh_sandbox_child", broken_at_start(&["sshd-upgraded-not-restarted"])),
    Sign::server("error: session process ", broken_at_start(&["sshd-library-mismatch", "sshd-upgraded-not-restarted"])).with(&["killed by signal", "terminated abnormally"]),

    // The account.
    Sign::server("Invalid user ", refused(&["wrong-user"])).with(&[" from "]),
    Sign::server("Illegal user ", refused(&["wrong-user"])).with(&[" from "]),
    Sign::server("input_userauth_request: invalid user ", refused_somehow(&["wrong-user", "user-not-allowed"], SYMPTOM)),
    Sign::server("not allowed because not listed in AllowUsers", refused(&["user-not-allowed"])).within(),
    Sign::server("not allowed because listed in DenyUsers", refused(&["user-not-allowed"])).within(),
    Sign::server("not allowed because not in any group", refused(&["user-not-allowed"])).within(),
    Sign::server("not allowed because a group is listed in DenyGroups", refused(&["user-not-allowed"])).within(),
    Sign::server("groups are listed in AllowGroups", refused(&["user-not-allowed"])).within(),
    Sign::server("not allowed because account is locked", refused(&["account-locked-or-expired"])).within(),
    Sign::server("not allowed because shell ", refused(&["login-shell-invalid"])).within(),
    Sign::server("nologin exists", refused(&["logins-disabled-during-boot"])).within(),
    Sign::server("ROOT LOGIN REFUSED FROM ", refused(&["root-login-disabled"])),
    Sign::server("has expired", refused(&["account-locked-or-expired"])).within().with(&["(password aged", "(root forced"]),
    Sign::server("Account ", refused(&["account-locked-or-expired"])).with(&[" has expired"]),

    // Keys and passwords.
    Sign::server("Authentication refused: bad ownership or modes for ", refused(&["home-permissions"])),
    Sign::server("Authentication refused: realpath ", refused(&["home-unavailable", "home-permissions"])),
    Sign::server("Authentication refused: ", refused(&["home-permissions"])).with(&["is not a regular file"]),
    Sign::server("Could not open user '", refused(&["home-permissions", "selinux-file-context", "home-unavailable"])).with(&["Permission denied"]),
    Sign::server("Could not open authorized keys", refused(&["home-permissions", "selinux-file-context", "home-unavailable"])).with(&["Permission denied"]),
    Sign::server("signature algorithm ", refused(&["key-type-refused"])).within().with(&["not in PubkeyAccepted"]),
    Sign::server("key type ", refused(&["key-type-refused"])).within().with(&["not in PubkeyAccepted"]),
    Sign::server("unsupported public key algorithm: ", refused(&["key-type-refused"])).within(),
    Sign::server("refusing ", refused(&["key-type-refused"])).with(&["key: Invalid key length"]),
    Sign::server("Authentication tried for ", refused(&["key-not-authorized"])).within(),
    Sign::server("Authentication key ", refused(&["key-not-authorized"])).with(&[" revoked by file"]),
    Sign::server("Refusing certificate ID ", refused(&["certificate-invalid", "clock-wrong"])),
    Sign::server("Certificate does not contain an authorized principal", refused(&["certificate-invalid"])).within(),
    Sign::server("entry expired", refused(&["key-not-authorized", "clock-wrong"])).within(),
    Sign::server("Failed password for invalid user ", refused(&["wrong-user"])),
    Sign::server("Failed publickey for invalid user ", refused(&["wrong-user"])),
    Sign::server("Failed none for invalid user ", refused_somehow(&["wrong-user", "user-not-allowed"], SYMPTOM)),
    Sign::server("Failed keyboard-interactive/pam for invalid user ", refused(&["wrong-user"])),
    Sign::server("Failed password for ", refused_somehow(&["wrong-password"], REASON)),
    Sign::server("Failed keyboard-interactive", refused_somehow(&["wrong-password", "second-factor-missing"], REASON)),
    Sign::server("Failed publickey for ", refused_somehow(&["key-not-authorized"], SYMPTOM)),
    Sign::server("Partial publickey for ", refused_somehow(&["second-factor-missing"], SYMPTOM)),
    Sign::server("Partial password for ", refused_somehow(&["second-factor-missing"], SYMPTOM)),
    Sign::server("maximum authentication attempts exceeded for ", refused_somehow(&["too-many-keys-offered"], REASON + 5)),
    Sign::server("no authentication methods enabled [preauth]", refused(&["auth-methods-unsatisfiable"])).within(),
    Sign::server("No AuthenticationMethods left after eliminating disabled", refused(&["auth-methods-unsatisfiable"])),
    Sign::server("AuthorizedKeysCommand ", refused(&["key-lookup-down"])).with(&["failed, status", "returned status"]),
    Sign::server("Unsafe AuthorizedKeysCommand", refused(&["key-lookup-down"])),
    Sign::server("administratively prohibited connection for ", refused(&["connection-refused-by-config"])),

    // How a client left.
    Sign::server("Connection closed by authenticating user ", LEFT_WITHOUT_LOGIN),
    Sign::server("Connection reset by authenticating user ", LEFT_WITHOUT_LOGIN),
    Sign::server("Disconnected from authenticating user ", LEFT_WITHOUT_LOGIN),
    Sign::server("Disconnecting authenticating user ", refused_somehow(&["too-many-keys-offered"], SYMPTOM)).with(&["Too many authentication failures"]),
    Sign::server("Connection closed by invalid user ", refused_somehow(&["wrong-user", "user-not-allowed"], SYMPTOM)),
    Sign::server("Connection reset by invalid user ", refused_somehow(&["wrong-user", "user-not-allowed"], SYMPTOM)),
    Sign::server("Disconnected from invalid user ", refused_somehow(&["wrong-user", "user-not-allowed"], SYMPTOM)),
    Sign::server("Disconnected from user ", Meaning::Noise),

    // PAM.
    Sign::server("Invalid verification code for ", refused(&["second-factor-missing", "clock-wrong"])).within(),
    Sign::server("Access denied for user ", refused_somehow(&["pam-denies", "account-locked-or-expired", "logins-disabled-during-boot"], REASON + 5)).with(&["by PAM account configuration"]),
    Sign::server("PAM unable to dlopen(", refused(&["pam-denies"])).within(),
    Sign::server("PAM adding faulty module: ", refused(&["pam-denies"])).within(),
    Sign::server("PAM bad jump in stack", refused(&["pam-denies"])).within(),
    Sign::server("PAM: initialisation failed", refused(&["pam-denies"])).within(),
    Sign::server("PAM: User account has expired", refused(&["account-locked-or-expired"])).within(),
    Sign::server("PAM: Authentication failure for ", refused_somehow(&["wrong-password"], SYMPTOM)).within(),
    Sign::server("PAM: Module is unknown", refused(&["pam-denies"])).within(),
    Sign::server("PAM: Permission denied for ", refused(&["pam-denies"])).within(),
    Sign::server("pam_open_session(): ", fails(&["session-dies-after-login"])).within(),
    Sign::server("pam_access(sshd:", refused(&["pam-denies"])).with(&["access denied"]),
    Sign::server("pam_listfile(sshd:", refused(&["pam-denies"])).with(&["Refused"]),
    Sign::server("pam_faillock(sshd:", refused(&["account-locked-by-faillock"])).with(&["temporarily locked", "Consecutive login failures"]),
    Sign::server("pam_tally2(sshd:", refused(&["account-locked-by-faillock"])),
    Sign::server("pam_nologin(sshd:", refused(&["logins-disabled-during-boot"])),
    Sign::server("pam_unix(sshd:account): account ", refused(&["account-locked-or-expired"])).with(&["has expired"]),
    Sign::server("pam_unix(sshd:account): expired password for user ", refused(&["account-locked-or-expired"])),
    Sign::server("pam_unix(sshd:account): password for user ", refused_somehow(&["account-locked-or-expired"], SYMPTOM)).with(&["expired"]),
    Sign::server("pam_unix(sshd:auth): authentication failure", refused_somehow(&["wrong-password"], SUMMARY + 5)),
    Sign::server("pam_unix(sshd:auth): check pass; user unknown", refused_somehow(&["wrong-user"], SYMPTOM)),
    Sign::server("pam_sss(sshd:", refused_somehow(&["key-lookup-down", "wrong-password"], SYMPTOM)).with(&["authentication failure", "received for user", "Request to sssd failed"]),
    Sign::server("pam_limits(sshd:session): ", fails(&["session-dies-after-login", "process-limit"])).with(&["Could not set limit"]),
    Sign::server("pam_unix(sshd:session): session opened for user ", Meaning::ServerWorks),
    Sign::server("pam_unix(sshd:session): session closed for user ", Meaning::Noise),

    // The session.
    Sign::server("Accepted ", Meaning::ServerWorks).with(&[" for "]),
    Sign::server("bad ownership or modes for chroot directory", fails(&["chroot-ownership"])).within(),
    Sign::server("chroot path ", fails(&["chroot-ownership"])).within().with(&["does not exist", "No such file", "is not an absolute"]),
    Sign::server("fatal: chroot(\"/", fails(&["chroot-ownership"])).with(&["[postauth]"]),
    Sign::server("subsystem request for ", fails(&["subsystem-missing"])).with(&["failed"]),
    Sign::server("subsystem: cannot stat ", fails(&["subsystem-missing"])).within(),
    Sign::server("subsystem not found", fails(&["subsystem-missing"])).within(),
    Sign::server("error: no more sessions", fails(&["stale-control-socket"])),
    Sign::server("openpty: ", fails(&["pty-unavailable"])),
    Sign::server("session_pty_req: session ", fails(&["pty-unavailable"])).with(&["alloc failed"]),
    Sign::server("Failed to set uids", fails(&["process-limit"])).within(),
    Sign::server("refusing non-sftp session", fails(&["sftp-only-account"])).within(),
    Sign::server("Timeout, client not responding from ", fails(&["idle-connection-dropped"])),
    Sign::server("refused local port forward: originator ", Meaning::Stops(stop(Stage::Route, Outcome::ClosedEarly, &["forwarding-forbidden"]).weight(PROOF))),
    Sign::server("but the request was denied", Meaning::Stops(stop(Stage::Route, Outcome::ClosedEarly, &["forwarding-forbidden"]).weight(PROOF))).within(),
    Sign::server("User child is on pid ", Meaning::ServerWorks),
    Sign::server("Starting session: ", Meaning::ServerWorks),

    // Others that keep a client out.
    Sign::server("fail2ban.actions", Meaning::Stops(stop(Stage::HostFirewall, Outcome::Refused, &["fail2ban-ban"]).weight(REASON))).within().with(&["] Ban "]),
    Sign::server("[UFW BLOCK] ", Meaning::Stops(stop(Stage::HostFirewall, Outcome::TimedOut, &["host-firewall-drops", "ufw-enabled-without-ssh"]).weight(SYMPTOM))).within().with(&["DPT=22 "]),
    Sign::server("nf_conntrack: table full, dropping packet", Meaning::Stops(stop(Stage::HostFirewall, Outcome::TimedOut, &["conntrack-full"]).weight(REASON))).within(),
    Sign::server("Killed process ", Meaning::Stops(stop(Stage::Listener, Outcome::Refused, &["out-of-memory"]).weight(REASON))).within().with(&["(sshd"]),
];
