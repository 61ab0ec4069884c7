//! What the output of `ssh -v` says of a login.

use sshdoctor_case::{LoginOutcome, Received};

use crate::child::Finished;

/// The most decisive lines that are kept.
const MAX_LINES: usize = 8;

/// Words that decide by themselves, wherever they stand, and the cause they stand for. In the order of the connection;
/// causes are listed in this order.
const DECISIVE: &[(&str, &str)] = &[
    ("REVOKED HOST KEY DETECTED", "host-key-revoked"),
    ("revoked by file", "host-key-revoked"),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "host-key-changed"),
    (
        "and you have requested strict checking",
        "strict-known-hosts",
    ),
    ("Certificate invalid: ", "certificate-invalid"),
    ("no matching ", "no-common-algorithm"),
    (
        "Bad server host key: Invalid key length",
        "host-key-too-short",
    ),
    ("Corrupted MAC on input", "packets-corrupted"),
    ("message authentication code incorrect", "packets-corrupted"),
    ("Bad packet length", "packets-corrupted"),
    ("Too many authentication failures", "too-many-keys-offered"),
    ("UNPROTECTED PRIVATE KEY FILE", "client-key-unusable"),
    ("contents do not match public", "client-key-unusable"),
    ("agent refused operation", "agent-refuses"),
    ("Agent admitted failure to sign", "agent-refuses"),
    ("no mutual signature", "key-type-refused"),
    ("with partial success", "second-factor-missing"),
    ("System is booting up", "logins-disabled-during-boot"),
    (
        "Unprivileged users are not permitted to log in",
        "logins-disabled-during-boot",
    ),
    ("Your account has expired", "account-locked-or-expired"),
    ("Your password has expired", "account-locked-or-expired"),
    ("password change required", "account-locked-or-expired"),
    (
        "This account is currently not available",
        "login-shell-invalid",
    ),
    (
        "This service allows sftp connections only",
        "sftp-only-account",
    ),
    ("PTY allocation request failed", "pty-unavailable"),
    ("subsystem request failed", "subsystem-missing"),
    ("Resource temporarily unavailable", "process-limit"),
    ("Cannot allocate memory", "out-of-memory"),
    ("No space left on device", "disk-full"),
];

/// Causes that are only worth naming when the login failed.
const IF_FAILED: &[(&str, &str)] = &[
    (" not accessible: ", "client-key-unusable"),
    ("Load key ", "client-key-unusable"),
    ("shell request failed", "session-dies-after-login"),
    ("exec request failed", "session-dies-after-login"),
    ("Could not chdir to home directory", "home-unavailable"),
];

/// Reads a finished run.
pub(super) fn read(finished: &Finished) -> LoginOutcome {
    let stderr = String::from_utf8_lossy(&finished.stderr);
    let stdout = String::from_utf8_lossy(&finished.stdout);
    let status = finished.status.and_then(|status| status.code());
    read_text(&stderr, &stdout, status)
}

fn read_text(stderr: &str, stdout: &str, exit_status: Option<i32>) -> LoginOutcome {
    let lines: Vec<&str> = stderr
        .lines()
        .chain(stdout.lines())
        .map(str::trim)
        .collect();
    let has = |words: &str| lines.iter().any(|line| line.contains(words));
    let authenticated = lines.iter().any(|line| {
        let line = line.strip_prefix("debug1: ").unwrap_or(line);
        line.starts_with("Authenticated to ")
    });
    let mut reading = Reading::default();
    reading.take_all(&lines, DECISIVE);
    let command_ran = authenticated && has("rtype exit-status");
    let failed = exit_status != Some(0);
    if failed {
        reading.take_all(&lines, IF_FAILED);
        if authenticated {
            reading.session_that_died(&lines, command_ran);
        } else {
            reading.refused(&lines, exit_status.is_some());
        }
    }
    let shell_refused = reading
        .causes
        .iter()
        .any(|cause| matches!(cause.as_str(), "login-shell-invalid" | "sftp-only-account"));
    LoginOutcome {
        exit_status,
        authenticated,
        session_opened: command_ran && (!failed || said_something(&lines)) && !shell_refused,
        methods: methods(&lines),
        causes: reading.causes,
        lines: reading.lines,
    }
}

/// Something that ran at the far end printed a line of its own: forced commands such as those of code hosts greet, and end
/// with an error because there is no shell to be had.
fn said_something(lines: &[&str]) -> bool {
    let own_words = [
        "debug",
        "OpenSSH_",
        "Authenticated to ",
        "Transferred: ",
        "Bytes per second: ",
        "Warning: ",
    ];
    lines
        .iter()
        .any(|line| !line.is_empty() && !own_words.iter().any(|words| line.starts_with(words)))
}

/// What the server offered at first.
fn methods(lines: &[&str]) -> Vec<Received> {
    let marker = "Authentications that can continue: ";
    let offered = lines
        .iter()
        .find_map(|line| Some(line.split_once(marker)?.1));
    offered.map_or_else(Vec::new, |list| {
        list.split(',').map(Received::from_text).collect()
    })
}

#[derive(Default)]
struct Reading {
    causes: Vec<String>,
    lines: Vec<Received>,
}

impl Reading {
    fn take_all(&mut self, lines: &[&str], table: &[(&str, &str)]) {
        for (words, cause) in table {
            if let Some(line) = lines.iter().find(|line| line.contains(words)) {
                self.add(cause, line);
            }
        }
    }

    fn add(&mut self, cause: &str, line: &str) {
        if !self.causes.iter().any(|known| known == cause) {
            self.causes.push(cause.to_owned());
        }
        let line = Received::from_text(line);
        if !self.lines.contains(&line) && self.lines.len() < MAX_LINES {
            self.lines.push(line);
        }
    }

    /// The login succeeded, the session did not.
    fn session_that_died(&mut self, lines: &[&str], command_ran: bool) {
        let closed = [
            "Connection closed by ",
            "Connection reset by ",
            "closed by remote host",
        ];
        let line = lines
            .iter()
            .find(|line| closed.iter().any(|words| line.contains(words)));
        if !self.causes.is_empty() {
            return;
        }
        if command_ran && !said_something(lines) {
            // `true` was asked for, and whatever ran instead failed: a shell that is none, or a forced command.
            for cause in [
                "session-dies-after-login",
                "login-shell-invalid",
                "forced-command-only",
            ] {
                self.add(
                    cause,
                    "the shell ended at once with an error and ran no command",
                );
            }
        } else if let Some(line) = line {
            self.add("session-dies-after-login", line);
        }
    }

    /// The login did not succeed.
    fn refused(&mut self, lines: &[&str], ended: bool) {
        let find = |words: &str| lines.iter().find(|line| line.contains(words)).copied();
        if let Some(denied) = find("Permission denied (") {
            let line = Received::from_text(denied);
            if !self.lines.contains(&line) {
                self.lines.push(line);
            }
            if self.causes.is_empty() {
                for cause in candidates(lines, denied) {
                    self.add(cause, denied);
                }
            }
            return;
        }
        let service_accepted = find("SSH2_MSG_SERVICE_ACCEPT received").is_some();
        let closed = find("Connection closed by ").or(find("Connection reset by "));
        if let Some(line) = closed
            && service_accepted
            && self.causes.is_empty()
        {
            self.add("pam-denies", line);
            self.add("connection-refused-by-config", line);
            return;
        }
        let last_debug = lines.iter().rfind(|line| line.starts_with("debug1: "));
        if let Some(line) = last_debug
            && !ended
            && line.contains("expecting SSH2_MSG_KEX_")
        {
            self.add("mtu-black-hole", line);
        }
    }
}

/// What `Permission denied (METHODS)` may mean, most frequent first. The server keeps the reason to itself.
fn candidates(lines: &[&str], denied: &str) -> Vec<&'static str> {
    let has = |words: &str| lines.iter().any(|line| line.contains(words));
    let methods = denied
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(methods, _)| methods);
    let asks_for_password = methods
        .split(',')
        .any(|method| matches!(method, "password" | "keyboard-interactive"));
    let offered = has("Offering public key: ");
    // Accepted, yet not used: a passphrase that batch mode cannot ask for. Nothing is known to be wrong.
    if has("Server accepts key: ") || (asks_for_password && !offered) {
        return Vec::new();
    }
    let mut causes = Vec::new();
    if !offered {
        causes.push("password-login-disabled");
    }
    causes.extend(["key-not-authorized", "wrong-user"]);
    if has(" as 'root'") {
        causes.push("root-login-disabled");
    }
    causes.extend(["home-permissions", "user-not-allowed"]);
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes(stderr: &str, exit_status: Option<i32>) -> Vec<String> {
        read_text(stderr, "", exit_status).causes
    }

    #[test]
    fn a_login_that_works_has_no_cause() {
        let stderr = "debug1: Authentications that can continue: publickey,password\r\n\
            debug1: Offering public key: /k ED25519 SHA256:x\r\ndebug1: Server accepts key: /k\r\n\
            Authenticated to web1 ([192.0.2.1]:22) using \"publickey\".\r\n\
            debug1: client_input_channel_req: channel 0 rtype exit-status reply 0\r\ndebug1: Exit status 0\r\n";
        let outcome = read_text(stderr, "", Some(0));
        assert!(outcome.authenticated && outcome.session_opened);
        assert!(outcome.causes.is_empty() && outcome.lines.is_empty());
        assert_eq!(outcome.methods.len(), 2);
    }

    #[test]
    fn refusals_name_their_causes_best_first() {
        let denied = "debug1: Authenticating to web1:22 as 'root'\n\
            debug1: Offering public key: /k ED25519 SHA256:x\nroot@web1: Permission denied (publickey).\n";
        assert_eq!(
            causes(denied, Some(255)),
            [
                "key-not-authorized",
                "wrong-user",
                "root-login-disabled",
                "home-permissions",
                "user-not-allowed"
            ]
        );
        assert_eq!(
            causes("me@w: Permission denied (publickey).\n", Some(255))[0],
            "password-login-disabled"
        );
        assert!(causes("me@w: Permission denied (publickey,password).\n", Some(255)).is_empty());
        let many =
            "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures\n";
        assert_eq!(causes(many, Some(255)), ["too-many-keys-offered"]);
        let agent = "sign_and_send_pubkey: signing failed for ED25519 \"me\" from agent: agent refused operation\n\
            me@w: Permission denied (publickey).\n";
        assert_eq!(causes(agent, Some(255)), ["agent-refuses"]);
        let hung = "debug1: SSH2_MSG_KEXINIT received\ndebug1: expecting SSH2_MSG_KEX_ECDH_REPLY\n";
        assert_eq!(causes(hung, None), ["mtu-black-hole"]);
    }

    #[test]
    fn sessions_that_end_at_once_are_told_apart() {
        let authenticated = "Authenticated to w ([192.0.2.1]:22) using \"publickey\".\n";
        let ran = "debug1: client_input_channel_req: channel 0 rtype exit-status reply 0\n";
        let outcome = read_text(
            &format!("{authenticated}{ran}"),
            "This account is currently not available.\n",
            Some(1),
        );
        assert!(!outcome.session_opened);
        assert_eq!(outcome.causes, ["login-shell-invalid"]);
        let dropped = format!("{authenticated}Connection to w closed by remote host.\n");
        assert_eq!(causes(&dropped, Some(255)), ["session-dies-after-login"]);
        let forced = read_text(&format!("{authenticated}{ran}"), "Hi there\n", Some(1));
        assert!(forced.session_opened && forced.causes.is_empty());
        let mute = read_text(&format!("{authenticated}{ran}"), "", Some(1));
        assert!(!mute.session_opened);
        assert_eq!(mute.causes[0], "session-dies-after-login");
    }
}
