//! Clients that are not OpenSSH: PuTTY and plink, dropbear, libssh, libssh2, paramiko, JSch, Go's x/crypto/ssh.

use sshdoctor_case::{Outcome, Stage};

use crate::outside::reading::{Exchange, FirstBytes, HostKey, Names};
use crate::text::sign::{Ending, Meaning, Phase, SUMMARY, SYMPTOM, Shows, Sign, Stop, stop};

const fn refused(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, causes))
}

const CHANGED: Stop =
    stop(Stage::HostKey, Outcome::HostKeyMismatch, &[]).shows(Shows::HostKey(HostKey::Changed));

const CHANGED_KEY: Meaning = Meaning::Stops(CHANGED);

const UNKNOWN_KEY: Meaning = Meaning::Stops(
    stop(
        Stage::HostKey,
        Outcome::HostKeyMismatch,
        &["strict-known-hosts"],
    )
    .shows(Shows::HostKey(HostKey::UnknownAndStrict)),
);

const NO_COMMON: Meaning = Meaning::Stops(
    stop(Stage::KeyExchange, Outcome::NoCommonAlgorithm, &[])
        .shows(Shows::Exchange(Exchange::NoCommon)),
);

const NOT_SSH: Meaning = Meaning::Stops(
    stop(Stage::Banner, Outcome::NotSsh, &[]).shows(Shows::FirstBytes(FirstBytes::OtherProtocol)),
);

const CLOSED_AT_BANNER: Meaning = Meaning::Stops(
    stop(Stage::Banner, Outcome::ClosedEarly, &[])
        .shows(Shows::FirstBytes(FirstBytes::Close))
        .weight(SYMPTOM),
);

const SILENT_AT_BANNER: Meaning = Meaning::Stops(
    stop(Stage::Banner, Outcome::Silent, &[])
        .shows(Shows::FirstBytes(FirstBytes::Silence))
        .weight(SYMPTOM),
);

const NO_SUCH_NAME: Meaning = Meaning::Stops(
    stop(Stage::Name, Outcome::NameNotFound, &[]).shows(Shows::Names(Names::NotFound)),
);

const DENIED: Meaning = Meaning::Denied;

#[rustfmt::skip]
pub(super) const SIGNS: &[Sign] = &[
    // PuTTY, plink, pscp, psftp.
    Sign::client("FATAL ERROR: Network error: ", Meaning::ConnectFailed),
    Sign::client("FATAL ERROR: ", Meaning::ConnectFailed).with(&["Connection refused", "Connection timed out", "No route to host", "Network is unreachable", "Host is down"]),
    Sign::client("FATAL ERROR: Connection reset by peer", Meaning::Ended(Ending::Reset)),
    Sign::client("does not correspond to any supported algorithm", NO_COMMON).within(),
    Sign::client("Unable to open connection:\nName or service not known", NO_SUCH_NAME),
    Sign::client("Unable to open connection:\r\nName or service not known", NO_SUCH_NAME),
    Sign::client("Unable to open connection:\nHost does not exist", NO_SUCH_NAME),
    Sign::client("Unable to open connection:\r\nHost does not exist", NO_SUCH_NAME),
    Sign::client("FATAL ERROR: Host does not exist", NO_SUCH_NAME),
    Sign::client("FATAL ERROR: Couldn't agree a ", NO_COMMON),
    Sign::client("FATAL ERROR: Couldn't agree on host key algorithm", NO_COMMON),
    Sign::client("FATAL ERROR: No supported authentication methods available", DENIED),
    Sign::client("FATAL ERROR: Disconnected: No supported authentication methods available", DENIED),
    Sign::client("FATAL ERROR: Configured password was not accepted", refused(&["wrong-password"])),
    Sign::client("FATAL ERROR: Remote side unexpectedly closed network connection", Meaning::Ended(Ending::Closed)),
    Sign::client("FATAL ERROR: Server unexpectedly closed network connection", Meaning::Ended(Ending::Closed)),
    Sign::client("FATAL ERROR: Host key not in manually configured list", CHANGED_KEY),
    Sign::client("FATAL ERROR: Cannot confirm a host key in batch mode", Meaning::Stops(stop(Stage::HostKey, Outcome::HostKeyMismatch, &["strict-known-hosts"]).shows(Shows::HostKey(HostKey::UnknownAndStrict)).weight(SYMPTOM))),
    Sign::client("The host key is not cached for this server", Meaning::Reached(Phase::AwaitingReply)),
    Sign::client("The server's host key is not cached", Meaning::Reached(Phase::AwaitingReply)),
    Sign::client("The host key does not match the one PuTTY has cached", CHANGED_KEY),
    Sign::client("The server's host key does not match the one PuTTY has", CHANGED_KEY),
    Sign::client("WARNING - POTENTIAL SECURITY BREACH!", CHANGED_KEY),
    Sign::client("Server refused our key", Meaning::Hints(&["key-not-authorized"])),
    Sign::client("Access denied", Meaning::PasswordRefused),
    Sign::client("Unable to use key file ", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Couldn't load private key ", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("Unable to open connection", Meaning::Noise),
    Sign::client("Connecting to ", Meaning::Begins).with(&[" port "]),
    Sign::client("Looking up host \"", Meaning::Begins),

    // dropbear's dbclient.
    Sign::client("dbclient: Connection to ", Meaning::Noise).with(&["exited: Disconnect received"]),
    Sign::client("exited: Connect failed: ", Meaning::ConnectFailed).within(),
    Sign::client("exited: Error resolving '", Meaning::NotResolved).within(),
    Sign::client("exited: Connect failed: Error resolving '", Meaning::NotResolved).within(),
    Sign::client("host key mismatch for ", CHANGED_KEY).within(),
    Sign::client("exited: Remote closed the connection", Meaning::Ended(Ending::Closed)).within(),
    Sign::client("exited: No auth methods could be used", DENIED).within(),
    Sign::client("exited: Host key mismatch for ", CHANGED_KEY).within(),
    Sign::client("exited: Didn't validate host key", UNKNOWN_KEY).within(),
    Sign::client("exited: No matching algo ", NO_COMMON).within(),
    Sign::client("exited: Timeout", SILENT_AT_BANNER).within(),
    Sign::client("exited: Bad remote protocol", NOT_SSH).within(),
    Sign::client("exited: Incompatible remote version", NOT_SSH).within(),
    Sign::client("exited: Error reading remote version", CLOSED_AT_BANNER).within(),
    Sign::client("ssh: Warning: failed creating", Meaning::Noise),

    // dropbear's server.
    Sign::server("Bad password attempt for '", refused(&["wrong-password"])),
    Sign::server("Login attempt for nonexistent user", refused(&["wrong-user"])),
    Sign::server("Login attempt with wrong user ", refused(&["wrong-user"])),
    Sign::server("User '", refused(&["login-shell-invalid"])).with(&["has invalid shell"]),
    Sign::server("root login rejected", refused(&["root-login-disabled"])).within(),
    Sign::server("Password auth succeeded for '", Meaning::ServerWorks),
    Sign::server("Pubkey auth succeeded for '", Meaning::ServerWorks),
    Sign::server("must be owned by user or root, and not writable by", refused(&["home-permissions"])).within(),
    Sign::server("Failed listening on '", Meaning::Stops(stop(Stage::Listener, Outcome::Refused, &["port-taken-by-other-service", "port-answered-by-other-sshd"]))).with(&["Address already in use", "Address in use"]),
    Sign::server("Exit before auth from ", refused_low(&["key-not-authorized", "wrong-password"])),
    Sign::server("Max auth tries reached", refused(&["too-many-keys-offered", "wrong-password"])).within(),

    Sign::server("No matching algo ", NO_COMMON).within(),

    // libssh.
    Sign::client("does not match the one in known_hosts", CHANGED_KEY).within(),
    Sign::client("failed to authenticate using publickey authentication", refused(&["key-not-authorized", "wrong-user"])).within(),
    Sign::client("Failed to connect to '", Meaning::ConnectFailed).within().with(&[":22': ", ":2222': "]),
    Sign::client("Failed to resolve hostname ", NO_SUCH_NAME),
    Sign::client("kex error : no match for method ", NO_COMMON).within(),
    Sign::client("Access denied for 'none'. Authentication that can continue:", Meaning::Reached(Phase::Authenticating)).within(),
    Sign::client("Access denied for '", DENIED).within().with(&["Authentication that can continue"]),

    // libssh2, by itself, in curl and in git.
    Sign::client("Failure establishing ssh session", Meaning::Stops(stop(Stage::KeyExchange, Outcome::ClosedEarly, &[]).shows(Shows::Exchange(Exchange::Broke)).weight(SUMMARY))).within(),
    Sign::client("Failure establishing ssh session: -1, Unable to exchange encryption keys", Meaning::Stops(stop(Stage::KeyExchange, Outcome::ClosedEarly, &[]).shows(Shows::Exchange(Exchange::Broke)).weight(SYMPTOM + 5))).within(),
    Sign::client("Failed getting banner", CLOSED_AT_BANNER).within(),
    Sign::client("Unable to exchange encryption keys", NO_COMMON).within(),
    Sign::client("Username/PublicKey combination invalid", Meaning::Hints(&["key-not-authorized"])).within(),
    Sign::client("Failed to authenticate SSH session", refused_low(&["key-not-authorized", "wrong-password", "wrong-user"])).within(),
    Sign::client("SSH public key authentication failed", Meaning::Hints(&["key-not-authorized"])).within(),
    Sign::client("Authentication failure", refused_low(&["key-not-authorized", "wrong-password", "wrong-user"])).with(&["ssh", "SSH"]),
    Sign::client("curl: (67) Login denied", refused(&["key-not-authorized", "wrong-password", "wrong-user"])),
    Sign::client("SSL peer certificate or SSH remote key was not OK", Meaning::Stops(CHANGED.weight(SUMMARY))).within().in_context(),
    Sign::client("* Did not find host ", UNKNOWN_KEY).with(&["known_hosts"]),
    Sign::client("* SSH host check: 1", CHANGED_KEY),
    Sign::client("Login failed: Login incorrect", refused(&["wrong-password", "wrong-user"])).within().in_context(),
    Sign::client("Authentication failed (username/password)", refused(&["wrong-password", "wrong-user"])).within(),

    // paramiko, Fabric, Ansible's paramiko.
    Sign::client("NoValidConnectionsError: ", Meaning::ConnectFailed).within().with(&["Unable to connect to port"]),
    Sign::client("/paramiko/", Meaning::Context).within(),
    Sign::client("/asyncssh/", Meaning::Context).within(),
    Sign::client("sftp://", Meaning::Context).within(),
    Sign::client("scp://", Meaning::Context).within(),
    Sign::client("TimeoutError: ", Meaning::ConnectFailed).in_context(),
    Sign::client("socket.timeout: timed out", Meaning::ConnectFailed).in_context(),
    Sign::client("ConnectionRefusedError: ", Meaning::ConnectFailed).in_context(),
    Sign::client("OSError: [Errno 113] ", Meaning::ConnectFailed).in_context(),
    Sign::client("OSError: [Errno 101] ", Meaning::ConnectFailed).in_context(),
    Sign::client("socket.gaierror: ", Meaning::NotResolved).in_context(),
    Sign::client("raise socket.timeout()", Meaning::Stops(stop(Stage::Banner, Outcome::Silent, &[]).shows(Shows::FirstBytes(FirstBytes::Silence)).weight(SYMPTOM + 6))).within().in_context(),
    Sign::client("Error reading SSH protocol banner", Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, &[]).shows(Shows::FirstBytes(FirstBytes::Close)).weight(SYMPTOM + 5))).within(),
    Sign::client("EOFError", Meaning::Stops(stop(Stage::KeyExchange, Outcome::ClosedEarly, &[]).shows(Shows::Exchange(Exchange::Broke)).weight(SUMMARY))).in_context(),
    Sign::client("asyncssh.misc.HostKeyNotVerifiable: ", CHANGED_KEY),
    Sign::client("asyncssh.misc.PermissionDenied: ", refused(&["key-not-authorized", "wrong-password", "wrong-user"])),
    Sign::client("asyncssh.misc.KeyExchangeFailed: ", NO_COMMON),
    Sign::client("asyncssh.misc.ConnectionLost: ", CLOSED_AT_BANNER),
    Sign::client("paramiko.ssh_exception.AuthenticationException: ", refused(&["wrong-password", "key-not-authorized", "wrong-user"])),
    Sign::client("paramiko.ssh_exception.BadAuthenticationType: ", refused(&["password-login-disabled", "key-not-authorized"])),
    Sign::client("paramiko.ssh_exception.BadHostKeyException: ", CHANGED_KEY),
    Sign::client("paramiko.ssh_exception.PasswordRequiredException: ", refused(&["client-key-unusable"])),
    Sign::client("paramiko.ssh_exception.IncompatiblePeer: ", NO_COMMON),
    Sign::client("paramiko.ssh_exception.SSHException: Incompatible ssh peer", NO_COMMON),
    Sign::client("paramiko.ssh_exception.SSHException: Incompatible ssh server", NO_COMMON),
    Sign::client("paramiko.ssh_exception.SSHException: not a valid ", Meaning::Hints(&["client-key-unusable"])),
    Sign::client("paramiko.ssh_exception.SSHException: No existing session", refused(&["too-many-keys-offered", "key-not-authorized"])),
    Sign::client("paramiko.ssh_exception.SSHException: No authentication methods available", refused(&["password-login-disabled", "key-not-authorized"])),
    Sign::client("paramiko.ssh_exception.SSHException: Server '", UNKNOWN_KEY).with(&["not found in known_hosts"]),
    Sign::client("paramiko.ssh_exception.SSHException: Key object may not be", Meaning::Hints(&["client-key-unusable"])),

    // JSch.
    Sign::client("com.jcraft.jsch.JSchException: Auth fail", refused(&["key-not-authorized", "wrong-password", "wrong-user"])).within(),
    Sign::client("com.jcraft.jsch.JSchException: Auth cancel", refused(&["password-login-disabled", "key-not-authorized", "wrong-password"])).within(),
    Sign::client("com.jcraft.jsch.JSchException: Algorithm negotiation fail", NO_COMMON).within(),
    Sign::client("JSchAlgoNegoFailException: Algorithm negotiation fail", NO_COMMON).within(),
    Sign::client("com.jcraft.jsch.JSchException: UnknownHostKey: ", UNKNOWN_KEY).within(),
    Sign::client("com.jcraft.jsch.JSchException: reject HostKey: ", UNKNOWN_KEY).within(),
    Sign::client("com.jcraft.jsch.JSchException: HostKey has been changed", CHANGED_KEY).within(),
    Sign::client("com.jcraft.jsch.JSchException: java.net.UnknownHostException: ", NO_SUCH_NAME).within(),
    Sign::client("com.jcraft.jsch.JSchException: java.net.ConnectException: ", Meaning::ConnectFailed).within(),
    Sign::client("com.jcraft.jsch.JSchException: java.net.NoRouteToHostException: ", Meaning::ConnectFailed).within(),
    Sign::client("com.jcraft.jsch.JSchException: ", Meaning::ConnectFailed).within().with(&["timeout: socket is not established"]),

    // ssh2 for Node.js.
    Sign::client("All configured authentication methods failed", refused(&["key-not-authorized", "wrong-password", "wrong-user"])).within(),
    Sign::client("Timed out while waiting for handshake", SILENT_AT_BANNER).within(),
    Sign::client("Error: connect E", Meaning::ConnectFailed).within().with(&[":22", ":2222"]),
    Sign::client("com.jcraft.jsch.JSchException: connection is closed by foreign host", CLOSED_AT_BANNER).within(),
    Sign::client("com.jcraft.jsch.JSchException: Session.connect: java.net.SocketException: Connection reset", CLOSED_AT_BANNER).within(),
    Sign::client("com.jcraft.jsch.JSchException: Session.connect: java.io.IOException: End of IO Stream Read", CLOSED_AT_BANNER).within(),
    Sign::client("com.jcraft.jsch.JSchException: invalid privatekey", Meaning::Hints(&["client-key-unusable"])).within(),

    // Go's x/crypto/ssh, as in Terraform, Packer and Gitea.
    Sign::client("ssh: handshake failed: ssh: unable to authenticate", refused(&["key-not-authorized", "wrong-user", "wrong-password"])).within(),
    Sign::client("ssh: unable to authenticate, attempted methods", refused(&["key-not-authorized", "wrong-user", "wrong-password"])).within(),
    Sign::client("ssh: handshake failed: EOF", CLOSED_AT_BANNER).within(),
    Sign::client("ssh: handshake failed: read tcp ", CLOSED_AT_BANNER).within(),
    Sign::client("ssh: handshake failed: knownhosts: key mismatch", CHANGED_KEY).within(),
    Sign::client("ssh: handshake failed: knownhosts: key is unknown", UNKNOWN_KEY).within(),
    Sign::client("ssh: handshake failed: ssh: no common algorithm", NO_COMMON).within(),
    Sign::client("ssh: no common algorithm for ", NO_COMMON).within(),
    Sign::client("ssh: handshake failed: ssh: overflow reading version string", NOT_SSH).within(),
    Sign::client("ssh: handshake failed: ssh: invalid packet length", NOT_SSH).within(),
    Sign::client("ssh: this private key is passphrase protected", Meaning::Hints(&["client-key-unusable"])).within(),
    Sign::client("ssh: no key found", Meaning::Hints(&["client-key-unusable"])).within(),
    Sign::client("dial tcp: lookup ", Meaning::NotResolved).within().with(&["no such host", "server misbehaving", "i/o timeout"]),
    Sign::client("dial tcp ", Meaning::ConnectFailed).within().with(&[":22: ", ":2222: "]),
];

const fn refused_low(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Authentication, Outcome::LoginRefused, causes).weight(SUMMARY))
}
