//! OpenSSH's `sshd` before it has a client: configuration, start, listening sockets (servconf.c, sshd.c, srclimit.c, 7.0 to 10.x), and
//! what systemd says of it.

use sshdoctor_case::{Outcome, Stage};

use crate::text::sign::{Meaning, PROOF, REASON, SUMMARY, SYMPTOM, Sign, stop};

const fn down(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Listener, Outcome::Refused, causes).weight(PROOF))
}

/// Less than the reason that stands in a line nearby.
const fn down_somehow(causes: &'static [&'static str], weight: u8) -> Meaning {
    Meaning::Stops(stop(Stage::Listener, Outcome::Refused, causes).weight(weight))
}

const fn dropped(causes: &'static [&'static str]) -> Meaning {
    Meaning::Stops(stop(Stage::Banner, Outcome::ClosedEarly, causes).weight(PROOF))
}

#[rustfmt::skip]
pub(super) const SIGNS: &[Sign] = &[
    // The configuration; the common wordings stand with the client's.
    Sign::server("is not allowed within a Match block", down(&["config-invalid"])).within(),
    Sign::server("Unsupported Match attribute ", down(&["config-invalid"])),
    Sign::server("One or more attributes required for Match", down(&["config-invalid"])),
    Sign::server("Missing Match criteria for ", down(&["config-invalid"])),
    Sign::server("already defined", Meaning::Configuration).within(),
    Sign::server("Deprecated option ", Meaning::Noise).within(),
    Sign::server("Unsupported option ", Meaning::Noise).within(),
    Sign::server("in configuration but '", Meaning::Noise).within(),
    Sign::server("bad addr or host: ", down(&["config-invalid"])),
    Sign::server("AuthenticationMethods cannot be satisfied by enabled", down(&["auth-methods-unsatisfiable"])),
    Sign::server("Disabled method \"", down_somehow(&["auth-methods-unsatisfiable"], SYMPTOM)),
    Sign::server("Unknown authentication method \"", down(&["auth-methods-unsatisfiable"])),
    Sign::server("AuthorizedKeysCommand set without ", down(&["config-invalid"])),
    Sign::server("AuthorizedPrincipalsCommand set without ", down(&["config-invalid"])),
    Sign::server("/etc/ssh/sshd_config: No such file or directory", down(&["config-invalid"])),
    Sign::server("/etc/ssh/sshd_config: Permission denied", Meaning::Noise),
    Sign::server("Configuration file is too large", down(&["config-invalid"])),

    // The start.
    Sign::server("Bind to port ", Meaning::BindFailed).with(&[" failed: "]),
    Sign::server("for '/etc/ssh/ssh_host_", Meaning::Hints(&["host-key-permissions"])).within().with(&["are too open"]),
    Sign::server("Cannot bind any address", down_somehow(&["port-taken-by-other-service", "listen-address-not-ready-at-boot"], SYMPTOM)),
    Sign::server("listen on [", down_somehow(&["port-taken-by-other-service"], REASON)),
    Sign::server("Server listening on ", Meaning::ServerWorks),
    Sign::server("Missing privilege separation directory: ", down(&["privsep-dir-missing"])),
    Sign::server("must be owned by root and not group or world-writable", down(&["ssh-directory-ownership"])).within(),
    Sign::server("Privilege separation user ", down(&["privsep-user-missing"])).with(&["does not exist"]),
    Sign::server("Unable to load host key", Meaning::Hints(&["host-keys-missing"])),
    Sign::server("Could not load host key", Meaning::Hints(&["host-keys-missing"])),
    Sign::server("no hostkeys available -- exiting", down(&["host-keys-missing", "host-key-permissions"])).within(),
    Sign::server("sshd requires execution with an absolute path", down_somehow(&["sshd-stopped"], SYMPTOM)),
    Sign::server("sshd-session does not exist or is not executable", down(&["sshd-helper-missing"])).within(),
    Sign::server("sshd-auth does not exist or is not executable", down(&["sshd-helper-missing"])).within(),
    Sign::server("-R not supported here", dropped(&["sshd-upgraded-not-restarted"])),
    Sign::server("rexec version mismatch", dropped(&["sshd-upgraded-not-restarted"])).within(),
    Sign::server("rexec of ", dropped(&["sshd-helper-missing", "sshd-upgraded-not-restarted"])).with(&["failed"]),
    Sign::server("fatal: recv_rexec_state: ", dropped(&["sshd-upgraded-not-restarted"])),
    Sign::server("send_rexec_state: ssh_msg_send failed", dropped(&["sshd-upgraded-not-restarted", "sshd-helper-missing"])).within(),
    Sign::server("Received signal ", down_somehow(&["sshd-stopped"], SUMMARY)).with(&["terminating"]),
    Sign::server("RESTART FAILED: ", down(&["sshd-stopped"])),
    Sign::server("error while loading shared libraries: ", down_somehow(&["sshd-library-mismatch"], REASON)).within(),

    // systemd.
    Sign::server("ssh.service: Main process exited, code=exited, status=255", down_somehow(&["config-invalid", "sshd-restart-loop", "port-taken-by-other-service"], SUMMARY)),
    Sign::server("sshd.service: Main process exited, code=exited, status=255", down_somehow(&["config-invalid", "sshd-restart-loop", "port-taken-by-other-service"], SUMMARY)),
    Sign::server("ssh.service: Control process exited, code=exited, status=255", down_somehow(&["config-invalid", "privsep-dir-missing"], SUMMARY)),
    Sign::server("sshd.service: Control process exited, code=exited, status=255", down_somehow(&["config-invalid", "privsep-dir-missing"], SUMMARY)),
    Sign::server("ssh.service: Control process exited, code=exited, status=1", down_somehow(&["host-keys-missing", "config-invalid"], SUMMARY)),
    Sign::server("ExecStartPre=/usr/sbin/sshd -t (code=exited, status=255", down_somehow(&["config-invalid", "privsep-dir-missing"], SUMMARY + 5)).within(),
    Sign::server("ExecStartPre=/usr/sbin/sshd -t (code=exited, status=1", down_somehow(&["host-keys-missing", "config-invalid"], SUMMARY + 5)).within(),
    Sign::server("ssh.service: Start request repeated too quickly", down_somehow(&["sshd-restart-loop", "config-invalid"], SUMMARY)),
    Sign::server("sshd.service: Start request repeated too quickly", down_somehow(&["sshd-restart-loop", "config-invalid"], SUMMARY)),
    Sign::server("ssh.service: A process of this unit has been killed by the OOM killer", down(&["out-of-memory"])),
    Sign::server("sshd.service: A process of this unit has been killed by the OOM killer", down(&["out-of-memory"])),
    Sign::server("start operation timed out", down_somehow(&["sshd-orphans"], SYMPTOM)).within(),
    Sign::server("Unit ssh.service not found", down_somehow(&["sshd-not-installed"], REASON)).within(),
    Sign::server("Unit sshd.service not found", down_somehow(&["sshd-not-installed"], REASON)).within(),
    Sign::server("Unit ssh.service could not be found", down_somehow(&["sshd-not-installed"], REASON)).within(),
    Sign::server("Unit sshd.service could not be found", down_somehow(&["sshd-not-installed"], REASON)).within(),
    Sign::server("Unit ssh.service is masked", down(&["sshd-masked"])).within(),
    Sign::server("Unit sshd.service is masked", down(&["sshd-masked"])).within(),
    Sign::server("sshd_not_to_be_run", down(&["sshd-masked"])).within(),
    Sign::server("ssh.socket: Failed to create listening socket", down(&["socket-and-service-clash", "port-taken-by-other-service"])).with(&["Address already in use"]),
    Sign::server("sshd.socket: Failed to create listening socket", down(&["socket-and-service-clash", "port-taken-by-other-service"])).with(&["Address already in use"]),
    Sign::server("Socket service ssh.service already active, refusing", down(&["socket-and-service-clash"])).within(),
    Sign::server("ssh.socket: Trigger limit hit", down(&["socket-unit-trigger-limit"])),
    Sign::server("sshd.socket: Trigger limit hit", down(&["socket-unit-trigger-limit"])),
    Sign::server("ssh.socket: Failed with result 'trigger-limit-hit'", down(&["socket-unit-trigger-limit"])),
    Sign::server("Socket unit configuration has changed while unit has been running", down(&["socket-unit-changed-while-running"])).within(),
    Sign::server("Failed to start ssh.service", down_somehow(&["config-invalid", "sshd-restart-loop"], SUMMARY)).within(),
    Sign::server("Failed to start sshd.service", down_somehow(&["config-invalid", "sshd-restart-loop"], SUMMARY)).within(),
    Sign::server("Failed to start OpenBSD Secure Shell server", down_somehow(&["config-invalid", "sshd-restart-loop"], SUMMARY)).within(),
    Sign::server("Failed to start OpenSSH server daemon", down_somehow(&["config-invalid", "sshd-restart-loop"], SUMMARY)).within(),
    Sign::server("Stopped ssh.service", down_somehow(&["sshd-stopped"], SUMMARY - 5)).within(),
    Sign::server("Stopped sshd.service", down_somehow(&["sshd-stopped"], SUMMARY - 5)).within(),
    Sign::server("Started ssh.service", Meaning::ServerWorks).within(),
    Sign::server("Started sshd.service", Meaning::ServerWorks).within(),

    // Connections that sshd does not take.
    Sign::server("drop connection #", Meaning::Dropped),
    Sign::server("beginning MaxStartups throttling", dropped(&["max-startups"])),
    Sign::server("exited MaxStartups throttling", Meaning::Noise),
    Sign::server("Maxstartups logging rate-limited", dropped(&["max-startups"])),
    Sign::server("PerSourcePenalties logging rate-limited", dropped(&["per-source-penalty"])),
    Sign::server("srclimit_penalise: ", Meaning::Hints(&["per-source-penalty"])),
    Sign::server("refused connect from ", dropped(&["tcp-wrappers-deny"])),
    Sign::server("fork: ", dropped(&["process-limit", "out-of-memory"])).with(&["Resource temporarily", "Cannot allocate"]),
    Sign::server("error: accept: ", dropped(&["process-limit"])),
    Sign::server("error: fork of unprivileged child failed", dropped(&["process-limit"])),
    Sign::server("error: reexec socketpair: ", dropped(&["process-limit"])),
];
