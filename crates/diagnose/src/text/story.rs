//! The state machine: from messages to attempts, of which the last decides.

use std::collections::VecDeque;

use sshdoctor_case::{Outcome, Stage};

use super::{
    attempt::{Attempt, Decision, Told},
    client_lines, ending,
    message::{self, Message},
    server_lines,
    sign::{Ending, Meaning, PROOF, Phase, SUMMARY, SYMPTOM, Shows, Side},
    speaker::Speaker,
};

/// Attempts in a server's log that are open at the same time.
const MOST_OPEN: usize = 64;

/// Earlier attempts that are remembered.
const MOST_EARLIER: usize = 16;

/// Lines that two processes of one login are apart at most.
const SAME_LOGIN: u64 = 6;

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
            Meaning::Begins => client_lines::begin(attempt, message),
            Meaning::Reached(phase) => client_lines::reach(attempt, phase, message),
            Meaning::AddressFailed => {
                let failed = message::failed_connect(message.rest());
                attempt.reach(Phase::Connecting, message.quoted());
                attempt.port = attempt.port.or(failed.port);
                if let Some(address) = failed.host {
                    attempt.address_failed(address, failed.errno, message.quoted());
                }
            }
            Meaning::ConnectFailed => client_lines::connect_failed(attempt, message),
            Meaning::ForwardFailed => client_lines::forward_failed(attempt, message),
            Meaning::NotResolved => client_lines::not_resolved(attempt, message),
            Meaning::Ended(how) => return client_lines::ended(attempt, how, message),
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
            Meaning::Configuration => {
                client_lines::configuration(attempt, message, "client-config-invalid")
            }
            Meaning::Denied => client_lines::denied(attempt, message),
            Meaning::Hints(causes) => attempt.hint(causes, &message.quoted()),
            Meaning::PasswordRefused => {
                attempt.phase = attempt.phase.max(Phase::Authenticating);
                attempt.passwords_refused += 1;
                attempt.decide(client_lines::denial(message, SUMMARY));
            }
            Meaning::KeyOffered => {
                attempt.reach(Phase::Authenticating, message.quoted());
                attempt.key_offered = true;
            }
            Meaning::KeyAccepted => attempt.key_accepted = true,
            Meaning::Succeeds(phase) => client_lines::succeed(attempt, phase, message),
            Meaning::ThroughBroken => client_lines::through_broken(attempt, message),
            Meaning::Command => attempt.command = true,
            Meaning::ExitStatus => client_lines::exit_status(attempt, message),
            Meaning::CopyEnded => client_lines::copy_ended(attempt),
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
        let key = if server_lines::is_of_the_service(message.sign) {
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
            attempt.user = server_lines::user(&message.text);
        }
        let mut settled = true;
        match meaning {
            Meaning::Dropped => {
                attempt.decision = None;
                attempt.decide(server_lines::dropped(message));
            }
            Meaning::BindFailed => {
                attempt.works = false;
                attempt.decide(server_lines::bind_failed(message));
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
            Meaning::Stops(stop) if !server_lines::happens_to_clients_only(message) => {
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
            Meaning::Configuration => {
                client_lines::configuration(attempt, message, "config-invalid")
            }
            Meaning::Denied => attempt.decide(client_lines::denial(message, SUMMARY)),
            Meaning::Hints(causes) => attempt.hint(causes, &message.quoted()),
            Meaning::ServerWorks => server_lines::works(attempt, message),
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
        server_lines::side(
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

    /// The client of a server's log that spoke last. A module of PAM may run in a process of its own: what it says of the same login
    /// counts for more than how sshd sums it up.
    pub(super) fn last_visitor(&self) -> Option<&Attempt> {
        let weight = |attempt: &Attempt| attempt.decision.as_ref().map_or(0, |d| d.weight);
        let visitors = || {
            self.servers.iter().rev().filter(|attempt| {
                attempt.key != SERVICE && (attempt.decision.is_some() || attempt.works)
            })
        };
        let last = visitors().next()?;
        let says_why = |attempt: &&Attempt| {
            weight(attempt) >= PROOF
                && attempt.last_line + SAME_LOGIN >= last.last_line
                && (attempt.user.is_none() || attempt.user == last.user)
        };
        if last.works || weight(last) > SYMPTOM {
            return Some(last);
        }
        visitors().find(says_why).or(Some(last))
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
