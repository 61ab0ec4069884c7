//! OpenSSH's `ssh` from the login on (sshconnect2.c, authfile.c, clientloop.c, session.c, mux.c, 7.0 to 10.x), and what the far end
//! prints into a session.

use sshdoctor_case::{Outcome, Stage};

use crate::text::sign::{Ending, Meaning, Phase, SUMMARY, SYMPTOM, Sign, stop};

const fn refused(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, causes))
}

const fn fails(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, causes))
}

/// An end that is one only when nothing says more.
const fn dies(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, causes).weight(SYMPTOM))
}

const DIED_IDLE: Meaning = dies(&["idle-connection-dropped", "dscp-dropped"]);

#[rustfmt::skip]
pub(super) const SIGNS: &[Sign] = &[
    // The login.
    Sign::client("debug1: SSH2_MSG_SERVICE_ACCEPT received", Meaning::Reached(Phase::Authenticating)),
    Sign::client("debug1: Authentications that can continue: ", Meaning::Reached(Phase::Authenticating)),
    Sign::client("debug1: Next authentication method: ", Meaning::Reached(Phase::Authenticating)),
    Sign::client("debug1: Authenticating to ", Meaning::Reached(Phase::Identified)),
    Sign::client("debug1: Offering public key: ", Meaning::KeyOffered),
    Sign::client("debug1: Offering RSA public key: ", Meaning::KeyOffered),
    Sign::client("debug1: Offering ED25519 public key: ", Meaning::KeyOffered),
    Sign::client("debug1: Server accepts key: ", Meaning::KeyAccepted),
    Sign::client("debug1: Server accepts key", Meaning::KeyAccepted),
    Sign::client("debug1: No more authentication methods to try.", Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, &[]).weight(SUMMARY))),
    Sign::client("'s password:", Meaning::Reached(Phase::Authenticating)).within(),
    Sign::client("Permission denied (", Meaning::Denied),
    Sign::client("Permission denied, please try again.", Meaning::PasswordRefused),
    Sign::client("Too many authentication failures", refused(&["too-many-keys-offered"])).within(),
    Sign::client("No supported authentication methods available", Meaning::Denied).within(),
    Sign::client("no authentication methods enabled", refused(&["auth-methods-unsatisfiable"])).within(),
    Sign::client("no such identity: ", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Warning: Identity file ", Meaning::Hints(&["client-key-unusable"])).with(&["not accessible"]),
    Sign::client("WARNING: UNPROTECTED PRIVATE KEY FILE!", Meaning::Hints(&["client-key-unusable"])).within(),
    Sign::client("This private key will be ignored.", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Bad permissions. Try removing permissions", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Load key \"", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Load key ", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Error loading key \"", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("contents do not match public", Meaning::Hints(&["client-key-unusable"])).within(),
    Sign::client("sign_and_send_pubkey: no mutual signature", Meaning::Hints(&["key-type-refused"])),
    Sign::client("debug1: send_pubkey_test: no mutual signature", Meaning::Hints(&["key-type-refused"])),
    Sign::client("sign_and_send_pubkey: signing failed", Meaning::Hints(&["agent-refuses"])),
    Sign::client("agent refused operation", Meaning::Hints(&["agent-refuses"])).within(),
    Sign::client("Agent admitted failure to sign using the key", Meaning::Hints(&["agent-refuses"])),
    Sign::client("corresponding algorithm not", Meaning::Hints(&["key-type-refused"])).within(),
    Sign::client("corresponding algo not in PubkeyAccepted", Meaning::Hints(&["key-type-refused"])).within(),
    Sign::client("Authenticated using \"", Meaning::Hints(&["second-factor-missing"])).with(&["partial success"]),
    Sign::client("Authenticated with partial success", Meaning::Hints(&["second-factor-missing"])),
    Sign::client("ssh_askpass: exec(", Meaning::Hints(&["wrong-password"])),
    Sign::client("Your account has expired", refused(&["account-locked-or-expired"])).within(),
    Sign::client("Authenticated to ", Meaning::Succeeds(Phase::Authenticated)),
    Sign::client("debug1: Authentication succeeded (", Meaning::Succeeds(Phase::Authenticated)),
    Sign::client("Received disconnect from ", Meaning::Ended(Ending::Closed)),
    Sign::client("Disconnected from ", Meaning::Noise),
    Sign::client("Disconnecting ", Meaning::Ended(Ending::Closed)).with(&[" port "]),

    // The session.
    Sign::client("debug1: Entering interactive session.", Meaning::Succeeds(Phase::InSession)),
    Sign::client("Transferred: sent ", Meaning::Succeeds(Phase::InSession)),
    Sign::client("debug1: Exit status ", Meaning::ExitStatus),
    Sign::client("debug1: Sending command: ", Meaning::Command),
    Sign::client("Verification code:", Meaning::Hints(&["second-factor-missing", "clock-wrong"])).within(),
    Sign::client("The account is locked due to ", Meaning::Hints(&["account-locked-by-faillock"])).within(),
    Sign::client("Last login: ", Meaning::Succeeds(Phase::InSession)),
    Sign::client("Connection to ", Meaning::Ended(Ending::Closed)).with(&[" closed", " timed out"]),
    Sign::client("client_loop: send disconnect: ", DIED_IDLE),
    Sign::client("packet_write_wait: Connection to ", DIED_IDLE),
    Sign::client("Read from remote host ", DIED_IDLE),
    Sign::client("Write failed: Broken pipe", DIED_IDLE),
    Sign::client("Timeout, server ", DIED_IDLE).with(&["not responding"]),
    Sign::client("PTY allocation request failed on channel", Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, &["pty-unavailable", "forced-command-only"]).weight(SUMMARY))),
    Sign::client("shell request failed on channel", dies(&["forced-command-only", "session-dies-after-login", "process-limit", "pty-unavailable"])),
    Sign::client("exec request failed on channel", dies(&["session-dies-after-login", "process-limit"])),
    Sign::client("subsystem request failed on channel", fails(&["subsystem-missing"])),
    Sign::client("This account is currently not available", fails(&["login-shell-invalid"])),
    Sign::client("This service allows sftp connections only", fails(&["sftp-only-account"])),
    Sign::client("System is booting up", refused(&["logins-disabled-during-boot"])).within(),
    Sign::client("System is going down", refused(&["logins-disabled-during-boot"])).within(),
    Sign::client("Unprivileged users are not permitted to log in", refused(&["logins-disabled-during-boot"])).within(),
    Sign::client("Could not chdir to home directory ", Meaning::Hints(&["home-unavailable"])),
    Sign::client("WARNING: Your password has expired", fails(&["account-locked-or-expired"])),
    Sign::client("You must change your password now and login again", fails(&["account-locked-or-expired"])),
    Sign::client("Password change required but no TTY available", fails(&["account-locked-or-expired"])),
    Sign::client("Received message too long ", fails(&["shell-prints-at-startup"])),
    Sign::client("Ensure the remote shell produces no output for non-interactive sessions", fails(&["shell-prints-at-startup"])),
    Sign::client("protocol version mismatch -- is your shell clean?", fails(&["shell-prints-at-startup"])),
    Sign::client("remote port forwarding failed for listen ", Meaning::Noise).within(),
    Sign::client("Could not request local forwarding", Meaning::Noise),
    Sign::client("debug1: Remote: Forced command", Meaning::Hints(&["forced-command-only"])),
];
