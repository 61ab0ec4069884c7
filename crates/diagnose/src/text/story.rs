//! The state machine: from messages to attempts, of which the last decides.

use std::collections::VecDeque;

use sshdoctor_case::{Outcome, Stage};

use super::{
    attempt::{Attempt, Decision, Told},
    ending,
    errno::{Errno, Resolution},
    message::{self, Message},
    sign::{Ending, Meaning, PROOF, Phase, SUMMARY, SYMPTOM, Shows, Side, Sign},
    speaker::Speaker,
};

/// Attempts in a server's log that are open at the same time.
const MOST_OPEN: usize = 64;

/// Earlier attempts that are remembered.
const MOST_EARLIER: usize = 16;

/// Key of what a server says of itself, not of a client.
const SERVICE: u64 = 0;

/// How an earlier attempt ended.
#[derive(Debug, Clone)]
pub(super) struct Earlier {
    /// The last of its lines.
    pub(super) line: u64,
    /// Absent where it worked.
    pub(super) stage: Option<Stage>,
    /// The decisive words.
    pub(super) words: String,
}

/// Everything that a text has told so far.
#[derive(Debug)]
pub(super) struct Story {
    /// What the client tells of the attempt that is under way.
    pub(super) client: Attempt,
    /// What servers tell, the one that spoke last at the end.
    pub(super) servers: VecDeque<Attempt>,
    /// Attempts of the client before it.
    pub(super) earlier: VecDeque<Earlier>,
    /// How many these were.
    pub(super) attempts: u64,
    /// Lines that were understood.
    pub(super) understood: u64,
    /// Who speaks.
    pub(super) speaker: Speaker,
    /// A line shows that the text is about SSH.
    pub(super) is_about_ssh: bool,
    /// Messages with their places not filled in: the text is a program, not what it said.
    pub(super) formats: u64,
    /// Where logs name no process: the client of the server that spoke last, and how many there were.
    unnumbered: u64,
    unnumbered_peer: Option<(String, u16)>,
}

impl Story {
    pub(super) const fn new() -> Self {
        Self {
            client: Attempt::new(Side::Client, SERVICE),
            servers: VecDeque::new(),
            earlier: VecDeque::new(),
            attempts: 0,
            understood: 0,
            speaker: Speaker::unknown(),
            is_about_ssh: false,
            formats: 0,
            unnumbered: 1,
            unnumbered_peer: None,
        }
    }

    /// Takes a message. Says whether it settles the whole line.
    pub(super) fn take(&mut self, message: &Message<'_>) -> bool {
        if matches!(message.sign.meaning, Meaning::Context) {
            self.is_about_ssh = true;
            return false;
        }
        let Some(side) = self.side(message) else {
            return false;
        };
        let settled = match side {
            Side::Client => self.of_client(message),
            Side::Server => self.of_server(message),
        };
        self.understood += 1;
        settled
    }

    fn of_client(&mut self, message: &Message<'_>) -> bool {
        if self.begins_anew(message) {
            self.next_attempt();
        }
        self.client.last_line = message.number;
        let attempt = &mut self.client;
        match message.sign.meaning {
            Meaning::Version => self.speaker.version(message.rest()),
            Meaning::Begins => begin(attempt, message),
            Meaning::Reached(phase) => reach(attempt, phase, message),
            Meaning::AddressFailed => {
                let failed = message::failed_connect(message.rest());
                attempt.reach(Phase::Connecting, message.quoted());
                attempt.port = attempt.port.or(failed.port);
                if let Some(address) = failed.host {
                    attempt.address_failed(address, failed.errno, message.quoted());
                }
            }
            Meaning::ConnectFailed => connect_failed(attempt, message),
            Meaning::ForwardFailed => forward_failed(attempt, message),
            Meaning::NotResolved => not_resolved(attempt, message),
            Meaning::Ended(how) => return ended(attempt, how, message),
            Meaning::Stops(stop) => {
                attempt.decide(Decision {
                    stage: stop.stage,
                    outcome: stop.outcome,
                    told: Told::Sign(stop.shows, stop.causes.to_vec()),
                    weight: stop.weight,
                    line: message.quoted(),
                });
                attempt.over |= stop.stage <= Stage::HostKey;
                // A line that only sums up may hold the reason as well.
                return stop.weight > SYMPTOM;
            }
            Meaning::Configuration => configuration(attempt, message, "client-config-invalid"),
            Meaning::Denied => denied(attempt, message),
            Meaning::Hints(causes) => attempt.hint(causes, &message.quoted()),
            Meaning::PasswordRefused => {
                attempt.reach(Phase::Authenticating, message.quoted());
                attempt.passwords_refused += 1;
                attempt.decide(denial(message, SUMMARY));
            }
            Meaning::KeyOffered => {
                attempt.reach(Phase::Authenticating, message.quoted());
                attempt.key_offered = true;
            }
            Meaning::KeyAccepted => attempt.key_accepted = true,
            Meaning::Succeeds(phase) => succeed(attempt, phase, message),
            Meaning::ThroughBroken => through_broken(attempt, message),
            Meaning::Command => attempt.command = true,
            Meaning::ExitStatus => exit_status(attempt, message),
            Meaning::CopyEnded => copy_ended(attempt),
            Meaning::ServerWorks
            | Meaning::Noise
            | Meaning::Context
            | Meaning::Dropped
            | Meaning::BindFailed => {}
        }
        true
    }

    /// The message cannot belong to the attempt that is under way.
    fn begins_anew(&self, message: &Message<'_>) -> bool {
        let attempt = &self.client;
        let stopped = attempt
            .decision
            .as_ref()
            .is_some_and(|d| d.weight >= SUMMARY);
        match message.sign.meaning {
            Meaning::Version => {
                let inner = attempt.proxied && !attempt.through_jump && !attempt.over;
                !inner && (stopped || attempt.works || attempt.phase > Phase::Connecting)
            }
            Meaning::Begins => stopped || (attempt.works && !attempt.proxied),
            // curl says at the end once more what failed.
            Meaning::ConnectFailed if message.sign.words.starts_with("curl: (") => attempt.works,
            Meaning::ConnectFailed | Meaning::NotResolved => stopped || attempt.works,
            Meaning::Denied => attempt.over && stopped,
            Meaning::Stops(stop) => {
                attempt.over && stopped && stop.weight > SYMPTOM && {
                    // Two lines of one refusal of a host key, or of one configuration.
                    attempt
                        .decision
                        .as_ref()
                        .is_some_and(|d| d.stage != stop.stage)
                }
            }
            Meaning::Succeeds(_) | Meaning::KeyOffered | Meaning::Reached(_) => {
                attempt.over && stopped && message.sign.words.starts_with("Last login")
            }
            _ => false,
        }
    }

    fn next_attempt(&mut self) {
        let done = std::mem::replace(&mut self.client, Attempt::new(Side::Client, SERVICE));
        if done.is_blank() {
            return;
        }
        self.attempts += 1;
        remember(&mut self.earlier, &done);
    }

    fn of_server(&mut self, message: &Message<'_>) -> bool {
        let meaning = message.sign.meaning;
        if matches!(meaning, Meaning::Noise | Meaning::Version) {
            return true;
        }
        let peer = message::peer(&message.text);
        let key = if is_of_the_service(message.sign) {
            SERVICE
        } else {
            self.key(message, peer.as_ref())
        };
        let attempt = self.server(key);
        attempt.last_line = message.number;
        if let Some((address, _)) = peer
            && key != SERVICE
        {
            attempt.from = Some(address);
        }
        if attempt.user.is_none() {
            attempt.user = user(&message.text);
        }
        let mut settled = true;
        match meaning {
            Meaning::Dropped => {
                attempt.decision = None;
                attempt.decide(dropped(message));
            }
            Meaning::BindFailed => {
                attempt.works = false;
                attempt.decide(bind_failed(message));
            }
            Meaning::Stops(_) if message.sign.words == "Certificate invalid: " => {
                attempt.decide(Decision {
                    stage: Stage::Authentication,
                    outcome: Outcome::LoginRefused,
                    told: Told::Sign(Shows::Nothing, vec!["certificate-invalid", "clock-wrong"]),
                    weight: PROOF,
                    line: message.quoted(),
                });
            }
            Meaning::Stops(stop) if !happens_to_clients_only(message) => {
                attempt.works = false;
                settled = stop.weight > SYMPTOM;
                attempt.decide(Decision {
                    stage: stop.stage,
                    outcome: stop.outcome,
                    told: Told::Sign(stop.shows, stop.causes.to_vec()),
                    weight: stop.weight,
                    line: message.quoted(),
                });
            }
            Meaning::Configuration => configuration(attempt, message, "config-invalid"),
            Meaning::Denied => attempt.decide(denial(message, SUMMARY)),
            Meaning::Hints(causes) => attempt.hint(causes, &message.quoted()),
            Meaning::ServerWorks => works(attempt, message),
            Meaning::Ended(Ending::Closed | Ending::Reset)
                if message.text.contains("[preauth]") && attempt.decision.is_none() =>
            {
                attempt.decide(Decision {
                    stage: Stage::Authentication,
                    outcome: Outcome::LoginRefused,
                    told: Told::Sign(
                        Shows::Nothing,
                        vec!["strict-known-hosts", "key-not-authorized"],
                    ),
                    weight: SUMMARY - 10,
                    line: message.quoted(),
                });
            }
            _ => {}
        }
        settled
    }

    /// Which attempt of a server's log a message belongs to. Without the number of a process, whoever comes next is another one.
    fn key(&mut self, message: &Message<'_>, peer: Option<&(String, u16)>) -> u64 {
        if let Some(process) = super::wrapping::process(message.prefix).filter(|p| *p != SERVICE) {
            return process;
        }
        if let Some(peer) = peer {
            if self
                .unnumbered_peer
                .as_ref()
                .is_some_and(|known| known != peer)
            {
                self.unnumbered += 1;
            }
            self.unnumbered_peer = Some(peer.clone());
        }
        self.unnumbered | 1 << 63
    }

    /// The attempt with this key, moved to the end.
    fn server(&mut self, key: u64) -> &mut Attempt {
        match self.servers.iter().rposition(|attempt| attempt.key == key) {
            Some(index) if index + 1 == self.servers.len() => {}
            Some(index) => {
                if let Some(attempt) = self.servers.remove(index) {
                    self.servers.push_back(attempt);
                }
            }
            None => {
                if self.servers.len() >= MOST_OPEN {
                    let oldest =
                        usize::from(self.servers.front().is_some_and(|a| a.key == SERVICE));
                    self.servers.remove(oldest);
                }
                self.servers.push_back(Attempt::new(Side::Server, key));
            }
        }
        let last = self.servers.len() - 1;
        &mut self.servers[last]
    }

    /// Whose line it is. A text that began as a server's log goes on as one.
    fn side(&self, message: &Message<'_>) -> Option<Side> {
        let of_both = matches!(message.sign.meaning, Meaning::Ended(_))
            || matches!(message.sign.meaning, Meaning::Stops(stop) if stop.stage == Stage::KeyExchange);
        side(
            message,
            of_both && self.client.is_blank() && !self.servers.is_empty(),
        )
    }

    /// The text ends here.
    pub(super) fn end(&mut self) {
        ending::conclude(&mut self.client);
        if self.client.is_blank() && self.attempts > 0 {
            return;
        }
        if !self.client.is_blank() {
            self.attempts += 1;
        }
    }

    /// Somebody got in, or a server listens.
    pub(super) fn something_works(&self) -> bool {
        self.client.works || self.servers.iter().any(|server| server.works)
    }

    /// The text is a program, or its source.
    pub(super) const fn is_a_program(&self) -> bool {
        self.formats >= 3
    }

    /// What the server says of itself.
    pub(super) fn service(&self) -> Option<&Attempt> {
        self.servers.iter().find(|attempt| attempt.key == SERVICE)
    }

    /// The client of a server's log that spoke last.
    pub(super) fn last_visitor(&self) -> Option<&Attempt> {
        self.servers.iter().rfind(|attempt| {
            attempt.key != SERVICE && (attempt.decision.is_some() || attempt.works)
        })
    }
}

fn remember(earlier: &mut VecDeque<Earlier>, done: &Attempt) {
    if earlier.len() >= MOST_EARLIER {
        earlier.pop_front();
    }
    earlier.push_back(Earlier {
        line: done
            .decision
            .as_ref()
            .map_or(done.last_line, |d| d.line.number),
        stage: done.decision.as_ref().map(|d| d.stage),
        words: done
            .decision
            .as_ref()
            .map(|d| d.line.text().as_str().to_owned())
            .unwrap_or_default(),
    });
}

/// Whose line it is: some words belong to both sides, and what stands around them tells. Nothing for what cannot be.
fn side(message: &Message<'_>, in_servers_log: bool) -> Option<Side> {
    let contains = |words: &[u8]| memchr::memmem::find(message.prefix, words).is_some();
    let by_sshd = contains(b"sshd[") || contains(b"sshd-session[") || contains(b"sshd-auth[");
    let before_login = message.text.ends_with("[preauth]") || message.text.ends_with("[postauth]");
    if matches!(message.sign.meaning, Meaning::Configuration) {
        let whole = String::from_utf8_lossy(message.line);
        return if whole.contains("sshd_config") {
            Some(Side::Server)
        } else if ["ssh_config", ".ssh/", "command-line", "line 0:"]
            .iter()
            .any(|file| whole.contains(file))
        {
            Some(Side::Client)
        } else {
            None
        };
    }
    if message.sign.side == Side::Client
        && may_be_both(message.sign)
        && (by_sshd || before_login || in_servers_log)
    {
        return Some(Side::Server);
    }
    Some(message.sign.side)
}

/// Words of a client that a server's log quotes, or that mean something else there.
fn happens_to_clients_only(message: &Message<'_>) -> bool {
    message.sign.side == Side::Client
        && matches!(message.sign.meaning, Meaning::Stops(stop) if matches!(stop.stage, Stage::HostKey | Stage::Client | Stage::Name))
}

/// The account that a message of sshd speaks of.
fn user(text: &str) -> Option<String> {
    let word = |rest: &str| message::name(rest.split(' ').next().unwrap_or_default());
    for before in [
        "authenticating user ",
        "invalid user ",
        "Invalid user ",
        "for user ",
        "User ",
    ] {
        if let Some((_, rest)) = text.split_once(before) {
            return word(rest);
        }
    }
    let (_, rest) = text.split_once(" for ")?;
    rest.contains(" from ").then(|| word(rest)).flatten()
}

/// Why sshd could not bind (sshd.c, `listen_on_addrs`).
fn bind_failed(message: &Message<'_>) -> Decision {
    let error = message
        .text
        .split_once(" failed: ")
        .map_or("", |(_, error)| error);
    let causes = match Errno::of(error) {
        Errno::AddressNotAvailable => {
            vec!["bound-to-stale-address", "listen-address-not-ready-at-boot"]
        }
        Errno::AccessDenied | Errno::NotPermitted => {
            vec!["selinux-port-unlabelled", "apparmor-denies"]
        }
        _ => vec![
            "port-taken-by-other-service",
            "port-answered-by-other-sshd",
            "sshd-orphans",
            "socket-and-service-clash",
        ],
    };
    Decision {
        stage: Stage::Listener,
        outcome: Outcome::Refused,
        told: Told::Sign(Shows::Nothing, causes),
        weight: PROOF,
        line: message.quoted(),
    }
}

/// What was met before was met by the command or jump host in between.
fn through_broken(attempt: &mut Attempt, message: &Message<'_>) {
    let broken = Told::Sign(Shows::Nothing, vec!["jump-host-broken"]);
    match &mut attempt.decision {
        Some(decision)
            if matches!(decision.told, Told::Connect(_) | Told::Name(_))
                && !attempt.through_jump =>
        {
            decision.stage = Stage::Route;
            decision.told = broken;
        }
        _ => attempt.decide(Decision {
            stage: Stage::Route,
            outcome: Outcome::ClosedEarly,
            told: broken,
            weight: SUMMARY + 6,
            line: message.quoted(),
        }),
    }
    attempt.over = true;
}

/// A shell that ends at once with an error was none.
fn exit_status(attempt: &mut Attempt, message: &Message<'_>) {
    let status = message.rest().trim();
    if status == "0" {
        succeed(attempt, Phase::InSession, message);
        return;
    }
    if (attempt.brief && !attempt.command) || status == "254" {
        attempt.decide(Decision {
            stage: Stage::Session,
            outcome: Outcome::SessionFailed,
            told: Told::Sign(
                Shows::Nothing,
                vec![
                    "session-dies-after-login",
                    "login-shell-invalid",
                    "pam-denies",
                ],
            ),
            weight: SUMMARY,
            line: message.quoted(),
        });
        attempt.works = false;
    }
}

/// A copy that loses its connection at its beginning was not idle.
fn copy_ended(attempt: &mut Attempt) {
    if let Some(decision) = &mut attempt.decision
        && let Told::Sign(_, causes) = &mut decision.told
        && causes.first() == Some(&"idle-connection-dropped")
    {
        *causes = vec![
            "session-dies-after-login",
            "chroot-ownership",
            "subsystem-missing",
        ];
    }
}

/// Why sshd takes no connection at all, or none from that address (sshd.c, srclimit.c).
fn dropped(message: &Message<'_>) -> Decision {
    let lower = message.text.to_lowercase();
    let causes = if lower.contains("maxstartups") {
        vec!["max-startups"]
    } else {
        vec!["per-source-penalty"]
    };
    Decision {
        stage: Stage::Banner,
        outcome: Outcome::ClosedEarly,
        told: Told::Sign(Shows::Nothing, causes),
        weight: PROOF,
        line: message.quoted(),
    }
}

fn begin(attempt: &mut Attempt, message: &Message<'_>) {
    if message.sign.words.contains("proxy command") {
        attempt.proxied = true;
        attempt.reach(Phase::Connecting, message.quoted());
        return;
    }
    // debug1: Connecting to web1 [203.0.113.9] port 22.
    let rest = message.rest();
    if let Some((host, after)) = rest.split_once(" port ") {
        let host = host.split([' ', '[']).next().unwrap_or_default();
        if !attempt.proxied || attempt.host.is_none() {
            attempt.host = message::name(host).or(attempt.host.take());
        }
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        attempt.port = digits.parse().ok().or(attempt.port);
    }
    attempt.reach(Phase::Connecting, message.quoted());
}

fn reach(attempt: &mut Attempt, phase: Phase, message: &Message<'_>) {
    let rest = message.rest();
    match message.sign.words {
        "debug1: Authenticating to " => {
            // debug1: Authenticating to web1:22 as 'me'
            if let Some((host, port)) = rest.split(" as ").next().and_then(|at| at.rsplit_once(':'))
            {
                attempt.host = message::name(host).or(attempt.host.take());
                attempt.port = port.parse().ok().or(attempt.port);
            }
            attempt.user = message::between(rest, " as '", "'").and_then(message::name);
        }
        "debug1: Authentications that can continue: " => attempt.methods = Some(rest.to_owned()),
        "'s password:" => {
            let before = String::from_utf8_lossy(message.prefix);
            let account = before.rsplit(' ').next().unwrap_or_default();
            attempt.prompts += 1;
            if let Some((user, host)) = account.rsplit_once('@') {
                attempt.user = message::name(user);
                attempt.host = message::name(host).or(attempt.host.take());
            }
        }
        _ => {}
    }
    attempt.reach(phase, message.quoted());
}

fn connect_failed(attempt: &mut Attempt, message: &Message<'_>) {
    let failed = message::failed_connect(message.rest());
    attempt.host = failed.host.or(attempt.host.take());
    attempt.port = failed.port.or(attempt.port);
    attempt.over = true;
    let (stage, outcome) = ending::of_connect(failed.errno);
    attempt.decide(Decision {
        stage,
        outcome,
        told: Told::Connect(failed.errno),
        weight: if failed.errno == Errno::NotConnected {
            SUMMARY + 5
        } else {
            SYMPTOM
        },
        line: message.quoted(),
    });
}

/// The jump host works; what it met is what a client there would meet.
fn forward_failed(attempt: &mut Attempt, message: &Message<'_>) {
    attempt.through_jump = true;
    let resolution = Resolution::of(message.rest());
    if resolution != Resolution::Unknown {
        attempt.decide(Decision {
            stage: Stage::Name,
            outcome: Outcome::NameNotFound,
            told: Told::Name(resolution),
            weight: SYMPTOM + 5,
            line: message.quoted(),
        });
        return;
    }
    let errno = Errno::of(message.rest());
    let (stage, outcome) = ending::of_connect(errno);
    attempt.decide(Decision {
        stage,
        outcome,
        told: Told::Connect(errno),
        weight: SYMPTOM + 5,
        line: message.quoted(),
    });
}

fn not_resolved(attempt: &mut Attempt, message: &Message<'_>) {
    let rest = message.rest();
    let (host, error) = rest
        .split_once("' port ")
        .or_else(|| rest.split_once(": "))
        .unwrap_or((rest, ""));
    attempt.host = message::name(host).or(attempt.host.take());
    attempt.over = true;
    let is_empty = host.trim().is_empty();
    attempt.decide(Decision {
        stage: if is_empty { Stage::Client } else { Stage::Name },
        outcome: if is_empty {
            Outcome::ClientError
        } else {
            Outcome::NameNotFound
        },
        told: if is_empty {
            Told::Sign(Shows::Nothing, vec!["destination-invalid"])
        } else {
            Told::Name(Resolution::of(error))
        },
        weight: SYMPTOM,
        line: message.quoted(),
    });
}

fn configuration(attempt: &mut Attempt, message: &Message<'_>, cause: &'static str) {
    let (stage, outcome) = match attempt.side {
        Side::Client => (Stage::Client, Outcome::ClientError),
        Side::Server => (Stage::Listener, Outcome::Refused),
    };
    let summary = message.sign.words == "bad configuration options";
    attempt.works = false;
    attempt.over = attempt.side == Side::Client && summary;
    attempt.decide(Decision {
        stage,
        outcome,
        told: Told::Sign(Shows::Nothing, vec![cause]),
        weight: if summary { SYMPTOM } else { PROOF },
        line: message.quoted(),
    });
}

fn denial(message: &Message<'_>, weight: u8) -> Decision {
    Decision {
        stage: Stage::Authentication,
        outcome: Outcome::LoginRefused,
        told: Told::Denial,
        weight,
        line: message.quoted(),
    }
}

fn denied(attempt: &mut Attempt, message: &Message<'_>) {
    attempt.reach(Phase::Authenticating, message.quoted());
    attempt.methods = message::between(&message.text, "(", ")")
        .or_else(|| message::between(&message.text, "server sent: ", ")"))
        .map(ToOwned::to_owned)
        .or(attempt.methods.take());
    // me@web1: Permission denied (publickey).
    let before = String::from_utf8_lossy(message.prefix);
    let account = before
        .trim_end()
        .trim_end_matches(':')
        .rsplit([' ', '"'])
        .next()
        .unwrap_or_default();
    if let Some((user, host)) = account.rsplit_once('@') {
        attempt.user = message::name(user).or(attempt.user.take());
        if attempt.host.is_none() {
            attempt.host = message::name(host);
        }
    }
    attempt.over = true;
    attempt.decide(denial(message, SUMMARY + 10));
}

fn succeed(attempt: &mut Attempt, phase: Phase, message: &Message<'_>) {
    if attempt.proxied && !attempt.through_jump && phase == Phase::Authenticated {
        attempt.pass_jump(message.quoted());
        return;
    }
    if attempt.through_jump && attempt.decision.is_some() {
        return;
    }
    attempt.reach(phase, message.quoted());
    if message.sign.words.starts_with("Transferred") {
        attempt.brief = message.rest().contains(" in 0.");
    }
    attempt.works = true;
    // What was refused before the login worked is of no account.
    if attempt
        .decision
        .as_ref()
        .is_some_and(|d| d.stage <= Stage::Authentication && d.weight <= SUMMARY + 10)
    {
        attempt.decision = None;
    }
}

/// The end of a connection. Its line may hold the reason besides, so that it is not settled.
fn ended(attempt: &mut Attempt, how: Ending, message: &Message<'_>) -> bool {
    let text = &message.text;
    if text.contains("disconnected by user") || text.contains("Bye Bye") {
        return true;
    }
    if message.sign.words == "Connection to " && how == Ending::Closed {
        let cut = text.contains("by remote host");
        if cut {
            attempt.works = false;
            attempt.decide(ending::cut(message, attempt.phase));
        } else if attempt.phase >= Phase::Authenticated && attempt.decision.is_none() {
            attempt.works = true;
        }
        return true;
    }
    let needs_port = message.sign.words.starts_with("Connection ")
        || message.sign.words.starts_with("Disconnect");
    if needs_port && message::peer(text).is_none() {
        return false;
    }
    if attempt.host.is_none()
        && let Some((address, port)) = message::peer(text)
        && address != "UNKNOWN"
    {
        attempt.host = Some(address);
        attempt.port = Some(port);
    }
    attempt.decide(ending::of_phase(attempt.phase, how, message));
    attempt.works = false;
    false
}

/// A server that listens, or lets someone in, has what kept it from that behind it.
fn works(attempt: &mut Attempt, message: &Message<'_>) {
    let listening = message.sign.words == "Server listening on ";
    let bound_elsewhere = listening
        && attempt.decision.as_ref().is_some_and(|d| {
            let address = message.rest().split(' ').next().unwrap_or_default();
            d.line.contains("Bind to port") && !d.line.contains(&format!(" on {address} failed"))
        });
    if bound_elsewhere
        || attempt
            .decision
            .as_ref()
            .is_some_and(|d| d.stage == Stage::Session)
    {
        return;
    }
    attempt.decision = None;
    attempt.works = true;
}

/// What a server says of itself, not of one of its clients.
pub(super) fn is_of_the_service(sign: &Sign) -> bool {
    match sign.meaning {
        Meaning::Stops(stop) => stop.stage <= Stage::Banner,
        Meaning::Hints(causes) => causes.iter().any(|cause| cause.starts_with("host-key")),
        Meaning::Configuration | Meaning::Dropped | Meaning::BindFailed => true,
        Meaning::ServerWorks => {
            sign.words.starts_with("Server listening") || sign.words.starts_with("Started ")
        }
        _ => false,
    }
}

/// A client's words that a server's log has as well.
pub(super) fn may_be_both(sign: &Sign) -> bool {
    match sign.meaning {
        Meaning::Ended(_) | Meaning::Denied => true,
        Meaning::Stops(stop) => stop.stage >= Stage::KeyExchange || stop.stage == Stage::Listener,
        _ => false,
    }
}
