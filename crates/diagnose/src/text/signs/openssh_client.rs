//! OpenSSH's `ssh` up to the host key (ssh.c, readconf.c, sshconnect.c, kex.c, packet.c, 7.0 to 10.x).

use sshdoctor_case::{Outcome, Stage};

use crate::outside::reading::{Exchange, FirstBytes, HostKey, Names};
use crate::text::sign::{Ending, Meaning, Phase, SUMMARY, SYMPTOM, Shows, Sign, stop};

const fn stopped_at_client(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Client, Outcome::ClientError, causes))
}

const fn unverified(shows: HostKey, causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(
        stop(Stage::HostKey, Outcome::HostKeyMismatch, causes).shows(Shows::HostKey(shows)),
    )
}

const fn not_ssh() -> Meaning {
    Meaning::Stops(
        stop(Stage::Banner, Outcome::NotSsh, &[])
            .shows(Shows::FirstBytes(FirstBytes::OtherProtocol)),
    )
}

const fn garbled() -> Meaning {
    Meaning::Stops(
        stop(
            Stage::KeyExchange,
            Outcome::ClosedEarly,
            &["packets-corrupted"],
        )
        .shows(Shows::Exchange(Exchange::Broke)),
    )
}

const NO_COMMON: Meaning = Meaning::Stops(
    stop(Stage::KeyExchange, Outcome::NoCommonAlgorithm, &[])
        .shows(Shows::Exchange(Exchange::NoCommon)),
);

#[rustfmt::skip]
pub(super) const SIGNS: &[Sign] = &[
    // Its own configuration.
    Sign::client("Bad owner or permissions on ", stopped_at_client(&["client-config-invalid"])),
    Sign::client("Can't open user config file ", stopped_at_client(&["client-config-invalid"])),
    Sign::client("hostname contains invalid characters", stopped_at_client(&["destination-invalid"])),
    Sign::client("remote username contains invalid characters", stopped_at_client(&["destination-invalid"])),
    Sign::client("No user exists for uid ", stopped_at_client(&["client-user-unknown"])),
    Sign::client("You don't exist, go away!", stopped_at_client(&["client-user-unknown"])),
    Sign::client("inconsistent options: ProxyCommand+ProxyJump", stopped_at_client(&["client-config-invalid"])),
    Sign::client("Cannot specify -J with ProxyCommand", stopped_at_client(&["client-config-invalid"])),
    Sign::client("Only a single -J option", stopped_at_client(&["client-config-invalid"])),
    Sign::client("Invalid -J argument", stopped_at_client(&["client-config-invalid"])),
    Sign::client("jumphost loop via ", stopped_at_client(&["client-config-invalid"])),
    Sign::client("Bad stdio forwarding specification ", stopped_at_client(&["client-config-invalid"])),
    Sign::client("Bad port '", stopped_at_client(&["client-config-invalid"])),
    Sign::client("ControlPath too long", stopped_at_client(&["control-path-too-long"])),
    Sign::client("too long for Unix domain socket", stopped_at_client(&["control-path-too-long"])).within(),
    Sign::client("Control socket connect(", Meaning::Hints(&["stale-control-socket"])),
    Sign::client("mux_client_request_session: session request failed", Meaning::Stops(stop(Stage::Session, Outcome::SessionFailed, &["stale-control-socket"]))),
    Sign::client("mux_client_request_session: ", stopped_at_client(&["stale-control-socket"])),
    Sign::client("mux_client_hello_exchange: ", Meaning::Hints(&["stale-control-socket"])),
    Sign::client("Master refused session request", stopped_at_client(&["stale-control-socket"])),
    Sign::client("ControlSocket ", Meaning::Noise).with(&["already exists, disabling multiplexing"]),
    Sign::client("bind: ", Meaning::Hints(&["client-bind-address-missing"])).with(&["assign requested address", "Address not available"]),
    Sign::client("bind ", Meaning::Hints(&["client-bind-address-missing"])).with(&["assign requested address", "Address not available"]),
    Sign::client("getaddrinfo: ", Meaning::Hints(&["client-bind-address-missing"])),
    Sign::client("getifaddrs: ", Meaning::Hints(&["client-bind-address-missing"])),
    Sign::client("line 0: ", Meaning::Configuration).within(),
    Sign::client("Bad configuration option: ", Meaning::Configuration).within(),
    Sign::client("bad configuration options", Meaning::Configuration).within(),
    Sign::client("no argument after keyword", Meaning::Configuration).within(),
    Sign::client("missing argument", Meaning::Configuration).within(),
    Sign::client("Missing argument", Meaning::Configuration).within(),
    Sign::client("garbage at end of line", Meaning::Configuration).within(),
    Sign::client("extra arguments at end of line", Meaning::Configuration).within(),
    Sign::client("Bad SSH2 ", Meaning::Configuration).within(),
    Sign::client("Bad key types '", Meaning::Configuration).within(),
    Sign::client("Bad yes/no argument", Meaning::Configuration).within(),
    Sign::client("unsupported option \"", Meaning::Configuration).within(),
    Sign::client("invalid quotes", Meaning::Configuration).within(),
    Sign::client("integer value", Meaning::Configuration).within(),
    Sign::client("Badly formatted port number", Meaning::Configuration).within(),
    Sign::client("Bad Match condition", Meaning::Configuration).within(),
    Sign::client("Too many recursive configuration includes", stopped_at_client(&["client-config-invalid"])),
    Sign::client("OpenSSL version mismatch. Built against", Meaning::Stops(stop(Stage::Listener, Outcome::Refused, &["sshd-library-mismatch"]))),

    Sign::client("debug1: auto-mux: Trying existing master", Meaning::Hints(&["stale-control-socket"])),

    // Names.
    Sign::client("ssh: Could not resolve hostname ", Meaning::NotResolved),
    Sign::client("Could not resolve hostname ", Meaning::NotResolved),
    Sign::client("ssh: Could not resolve host \"", Meaning::Stops(stop(Stage::Name, Outcome::NameNotFound, &[]).shows(Shows::Names(Names::NotFound)))),

    // Connecting.
    Sign::client("OpenSSH_", Meaning::Version).with(&["SSL"]),
    Sign::client("debug1: Connecting to ", Meaning::Begins),
    Sign::client("debug1: Executing proxy command: ", Meaning::Begins),
    Sign::client("debug1: Connection established.", Meaning::Reached(Phase::Connected)),
    Sign::client("debug1: connect to address ", Meaning::AddressFailed),
    Sign::client("ssh: connect to host ", Meaning::ConnectFailed),
    Sign::client("ssh: connect to address ", Meaning::ConnectFailed),
    Sign::client("socket: ", stopped_at_client(&["process-limit", "client-firewall-blocks"])).with(&["Too many open files", "Operation not permitted"]),

    // A jump host or command in between.
    Sign::client("open failed: connect failed: ", Meaning::ForwardFailed).within(),
    Sign::client("open failed: administratively prohibited", Meaning::Stops(stop(Stage::Route, Outcome::ClosedEarly, &["forwarding-forbidden"]))).within(),
    Sign::client("open failed: unknown channel type", Meaning::Stops(stop(Stage::Route, Outcome::ClosedEarly, &["forwarding-forbidden", "jump-host-broken"]))).within(),
    Sign::client("open failed: resource shortage", Meaning::Stops(stop(Stage::Route, Outcome::ClosedEarly, &["jump-host-broken"]))).within(),
    Sign::client("stdio forwarding failed", Meaning::Noise),
    Sign::client("proxy dialer did not pass back a connection", Meaning::Stops(stop(Stage::Route, Outcome::ClosedEarly, &["jump-host-broken"]))),
    Sign::client("Connection closed by UNKNOWN port 65535", Meaning::ThroughBroken),
    Sign::client("Connection reset by UNKNOWN port 65535", Meaning::ThroughBroken),
    Sign::client("Connection to UNKNOWN port 65535 ", Meaning::ThroughBroken),
    Sign::client("exec: ", Meaning::Hints(&["jump-host-broken"])).with(&["not found", "No such file"]),

    // The identification string.
    Sign::client("debug1: Local version string ", Meaning::Reached(Phase::Connected)),
    Sign::client("debug1: Remote protocol version ", Meaning::Reached(Phase::Identified)),
    Sign::client("ssh_exchange_identification: Connection closed by remote host", Meaning::Ended(Ending::Closed)),
    Sign::client("kex_exchange_identification: Connection closed by remote host", Meaning::Ended(Ending::Closed)),
    Sign::client("ssh_exchange_identification: read: ", Meaning::Ended(Ending::Reset)),
    Sign::client("kex_exchange_identification: read: ", Meaning::Ended(Ending::Reset)),
    Sign::client("kex_exchange_identification: write: ", Meaning::Ended(Ending::Reset)),
    Sign::client("Connection timed out during banner exchange", Meaning::Stops(stop(Stage::Banner, Outcome::Silent, &[]).shows(Shows::FirstBytes(FirstBytes::Silence)))),
    Sign::client("Connection closed by ", Meaning::Ended(Ending::Closed)).with(&[" port "]),
    Sign::client("Connection reset by ", Meaning::Ended(Ending::Reset)).with(&[" port "]),
    Sign::client("Bad remote protocol version identification", not_ssh()),
    Sign::client("kex_exchange_identification: banner line", not_ssh()),
    Sign::client("kex_exchange_identification: No SSH version received", not_ssh()),
    Sign::client("ssh_exchange_identification: No SSH version received", not_ssh()),
    Sign::client("banner exchange: Connection to ", not_ssh()).with(&["invalid format"]),
    Sign::client("exchange_identification: banner line 0: HTTP/", not_ssh()).within(),
    Sign::client("exchange_identification: HTTP/", not_ssh()).within(),
    Sign::client("exchange_identification: banner line 0: Not allowed at this time", Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, &[]).shows(Shows::FirstBytes(FirstBytes::Penalty)))).within(),
    Sign::client("exchange_identification: Not allowed at this time", Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, &[]).shows(Shows::FirstBytes(FirstBytes::Penalty)))).within(),
    Sign::client("exchange_identification: banner line 0: Exceeded MaxStartups", Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, &[]).shows(Shows::FirstBytes(FirstBytes::TooManyStartups)))).within(),
    Sign::client("exchange_identification: Exceeded MaxStartups", Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, &[]).shows(Shows::FirstBytes(FirstBytes::TooManyStartups)))).within(),
    Sign::client("Protocol major versions differ: ", Meaning::Stops(stop(Stage::Banner, Outcome::NotSsh, &["protocol-1-only"]).shows(Shows::FirstBytes(FirstBytes::SshOne)))),
    Sign::client("could not read protocol version", Meaning::Stops(stop(Stage::Banner, Outcome::NotSsh, &["protocol-1-only"]).shows(Shows::FirstBytes(FirstBytes::SshOne)))).within(),

    // The key exchange.
    Sign::client("debug1: SSH2_MSG_KEXINIT received", Meaning::Reached(Phase::Negotiating)),
    Sign::client("debug1: expecting SSH2_MSG_KEX_", Meaning::Reached(Phase::AwaitingReply)),
    Sign::client("Unable to negotiate with ", NO_COMMON),
    Sign::client("no matching ", NO_COMMON).with(&["found. Their offer", "found: client"]),
    Sign::client("Unable to negotiate a key exchange method", NO_COMMON),
    Sign::client("no hostkey alg", NO_COMMON),
    Sign::client("Bad server host key: Invalid key length", Meaning::Stops(stop(Stage::KeyExchange, Outcome::NoCommonAlgorithm, &["host-key-too-short"]))),
    Sign::client("Server host key ", NO_COMMON).with(&["not in HostKeyAlgorithms"]),
    Sign::client("Bad packet length ", garbled()),
    Sign::client("padding error: ", garbled()),
    Sign::client("Corrupted MAC on input", garbled()),
    Sign::client("ssh_dispatch_run_fatal: Connection to ", Meaning::Stops(stop(Stage::KeyExchange, Outcome::ClosedEarly, &[]).shows(Shows::Exchange(Exchange::Broke)).weight(SYMPTOM))),
    Sign::client("message authentication code incorrect", garbled()).within(),
    Sign::client("Invalid key length", Meaning::Stops(stop(Stage::KeyExchange, Outcome::NoCommonAlgorithm, &["host-key-too-short"]).weight(SYMPTOM + 5))).within(),
    Sign::client("error in libcrypto", Meaning::Hints(&["crypto-policy-changed", "client-key-unusable"])).within(),
    Sign::client("debug1: SSH2_MSG_NEWKEYS received", Meaning::Reached(Phase::Encrypted)),
    Sign::client("** WARNING: connection is not using a post-quantum", Meaning::Noise),

    // The host key.
    Sign::client("Host key verification failed.", unverified_summary()),
    Sign::client("WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!", unverified(HostKey::Changed, &[])).within(),
    Sign::client("WARNING: POSSIBLE DNS SPOOFING DETECTED!", Meaning::Hints(&["dns-wrong-address"])).within(),
    Sign::client("WARNING: REVOKED HOST KEY DETECTED!", unverified(HostKey::Revoked, &["host-key-revoked"])).within(),
    Sign::client("revoked by file ", unverified(HostKey::Revoked, &["host-key-revoked"])).within(),
    Sign::client("Error checking host key ", unverified(HostKey::Revoked, &["host-key-revoked"])),
    Sign::client("host key is known for ", unverified(HostKey::UnknownAndStrict, &["strict-known-hosts"])).within().with(&["strict checking"]),
    Sign::client("has changed and you have requested strict checking", unverified(HostKey::Changed, &[])).within(),
    Sign::client("Certificate invalid: ", unverified(HostKey::Changed, &["certificate-invalid", "clock-wrong"])).with(&["expired", "not yet valid", "listed principal", "host certificate"]),
    Sign::client("The authenticity of host '", Meaning::Reached(Phase::AwaitingReply)),
    Sign::client("KnownHostsCommand", unverified(HostKey::UnknownAndStrict, &["strict-known-hosts"])).with(&["failed"]),
    Sign::client("Offending ", Meaning::Noise).with(&[" key in ", " key for IP in "]),
    Sign::client("Failed to add the ", Meaning::Noise).with(&["known hosts"]),
    Sign::client("Warning: Permanently added ", Meaning::Reached(Phase::AwaitingReply)),
];

/// The last line of every refusal of a key: what stands before it says which.
const fn unverified_summary() -> Meaning {
    Meaning::Stops(
        stop(
            Stage::HostKey,
            Outcome::HostKeyMismatch,
            &["strict-known-hosts"],
        )
        .weight(SUMMARY),
    )
}
