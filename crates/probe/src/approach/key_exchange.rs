//! From the identification strings to the server's proof that it holds its host key. Nothing is ever authenticated.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use russh::{
    Preferred, SshId,
    client::{self, Config},
    keys::PublicKeyOrCertificate,
};
use sshdoctor_case::{AlgorithmOffer, KexOutcome, Received};
use sshdoctor_wire::{
    KexInit, Message,
    messages::{Disconnect, disconnect_reason},
    negotiate, packet,
};
use tokio::{
    io::{AsyncWriteExt, duplex},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::{timeout, timeout_at},
};

use super::{
    banner::Opening,
    preferences,
    pump::{self, Watch},
};

/// Our identification string (RFC 4253, section 4.2), without its line end.
pub(super) const IDENTIFICATION: &str = concat!("SSH-2.0-sshdoctor_", env!("CARGO_PKG_VERSION"));

/// Bytes that may wait between the connection and the library.
const BUFFER: usize = 64 * 1024;

/// The longest server identification string that the library takes, in bytes.
const MAX_LINE: usize = 250;

/// SSH_DISCONNECT_BY_APPLICATION (RFC 4253, section 11.1).
const BY_APPLICATION: u32 = 11;

/// How long a farewell may take; it fits into any socket buffer.
const FAREWELL: Duration = Duration::from_millis(20);

/// The key the server proved to hold.
pub(super) struct Presented {
    /// The type as sent, for example `ssh-ed25519` or `ssh-ed25519-cert-v01@openssh.com`.
    pub(super) key_type: String,
    /// The key or certificate in the SSH wire format.
    pub(super) blob: Vec<u8>,
}

/// How the exchange ended.
pub(super) struct Ended {
    /// What happened; an error says why this probe could not find out.
    pub(super) outcome: Result<KexOutcome, String>,
    /// The server's KEXINIT, once it came.
    pub(super) server_offer: Option<AlgorithmOffer>,
    /// The key, when the server proved to hold it.
    pub(super) host_key: Option<Presented>,
}

/// Why the pumping ended.
pub(super) enum End {
    /// The library verified the server's signature.
    HostKey(Result<Presented, russh::keys::ssh_key::Error>),
    /// The library gave up.
    Library(russh::Error),
    /// The library broke off.
    Panicked,
    /// The server said DISCONNECT.
    Disconnect(Disconnect),
    /// What the server sent is no SSH.
    Malformed(String),
    /// No algorithm in common, by the person's offer or by ours.
    NoCommon(KexOutcome),
    Closed,
    Reset,
    Deadline,
}

/// Hands the verified key out and stops there.
struct Catcher(Option<oneshot::Sender<Result<Presented, russh::keys::ssh_key::Error>>>);

impl client::Handler for Catcher {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        if let Some(sender) = self.0.take() {
            // The receiver is gone only when the deadline has passed.
            let _ = sender.send(present(key));
        }
        Ok(false)
    }
}

/// Ends the library's task with the exchange.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs the exchange up to the host key, then takes leave with SSH_MSG_DISCONNECT.
pub(super) async fn run(
    stream: &mut TcpStream,
    opening: Opening,
    preferred: Preferred,
    person: Option<&AlgorithmOffer>,
    deadline: Instant,
) -> Ended {
    if let Some(reason) = unfit(&opening.line) {
        return Ended {
            outcome: Err(reason),
            server_offer: None,
            host_key: None,
        };
    }
    // Identification string and KEXINIT must not wait for each other's acknowledgement.
    let _ = stream.set_nodelay(true);
    let person = person.map(preferences::person_kexinit);
    let kexinit_size = person.as_ref().map_or(0, kexinit_size_of);
    let watch = Mutex::new(Watch::new(person, preferences::as_kexinit(&preferred)));
    let end = exchange(stream, opening, preferred, &watch, kexinit_size, deadline).await;
    let watch = watch.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !matches!(end, End::Closed | End::Reset | End::Disconnect(_)) {
        take_leave(stream).await;
    }
    conclude(end, watch)
}

/// Why the library cannot talk to a server of this name although OpenSSH can.
fn unfit(line: &[u8]) -> Option<String> {
    if std::str::from_utf8(line).is_err() || line.len() > MAX_LINE {
        return Some(
            "the identification string is one that this probe's SSH library does not take".into(),
        );
    }
    let known = line.starts_with(b"SSH-2.0-") || line.starts_with(b"SSH-1.99-");
    (!known)
        .then(|| "the protocol version is one that this probe's SSH library does not take".into())
}

/// Bytes of the KEXINIT packet of the person's `ssh`.
fn kexinit_size_of(person: &KexInit) -> usize {
    packet::encode(&person.encode()).len()
}

async fn exchange(
    stream: &mut TcpStream,
    opening: Opening,
    preferred: Preferred,
    watch: &Mutex<Watch>,
    kexinit_size: usize,
    deadline: Instant,
) -> End {
    let (near, far) = duplex(BUFFER);
    let (sender, receiver) = oneshot::channel();
    let config = Config {
        client_id: SshId::Standard(Cow::Borrowed(IDENTIFICATION)),
        preferred,
        ..Config::default()
    };
    let mut library = AbortOnDrop(tokio::spawn(async move {
        client::connect_stream(Arc::new(config), far, Catcher(Some(sender)))
            .await
            .map(drop)
    }));
    let (mut from_server, mut to_server) = stream.split();
    let (mut from_library, mut to_library) = tokio::io::split(near);
    let pumping = async {
        tokio::select! {
            biased;
            Ok(key) = receiver => End::HostKey(key),
            end = pump::server_to_library(&mut from_server, &mut to_library, &opening, watch) => end,
            end = pump::library_to_server(&mut from_library, &mut to_server, opening.already_spoke, kexinit_size) => end,
            ended = &mut library.0 => match ended {
                Ok(Ok(())) => End::Closed,
                Ok(Err(error)) => End::Library(error),
                Err(_) => End::Panicked,
            },
        }
    };
    timeout_at(deadline.into(), pumping)
        .await
        .unwrap_or(End::Deadline)
}

/// Says why the connection ends, so that the server logs a disconnect and not a broken connection. Until NEWKEYS, which
/// is never sent, everything is in the clear.
async fn take_leave(stream: &mut TcpStream) {
    let farewell = Disconnect {
        reason: BY_APPLICATION,
        description: b"sshdoctor has seen enough".to_vec(),
    };
    let goodbye = async {
        let _ = stream.write_all(&packet::encode(&farewell.encode())).await;
        let _ = stream.shutdown().await;
    };
    let _ = timeout(FAREWELL, goodbye).await;
    // Unread bytes would turn the close into a reset, which can overtake the farewell.
    let mut rest = [0; 4096];
    while matches!(stream.try_read(&mut rest), Ok(1..)) {}
}

fn conclude(end: End, watch: Watch) -> Ended {
    let server_offer = watch.server.as_ref().map(preferences::as_offer);
    let mut host_key = None;
    let outcome = match end {
        End::HostKey(key) => {
            let method = watch
                .server
                .as_ref()
                .and_then(|server| negotiate(&watch.ours, server).ok())
                .map_or_else(String::new, |chosen| chosen.kex);
            match key {
                Ok(presented) => {
                    host_key = Some(presented);
                    Ok(KexOutcome::Completed {
                        method: Received::from_text(&method),
                    })
                }
                Err(error) => Err(format!("the host key could not be encoded: {error}")),
            }
        }
        End::NoCommon(outcome) => Ok(outcome),
        End::Closed | End::Library(russh::Error::HUP | russh::Error::Disconnect) => {
            Ok(KexOutcome::Closed)
        }
        End::Reset => Ok(KexOutcome::Reset),
        End::Deadline => Ok(KexOutcome::Hung {
            waiting_for: if watch.server.is_some() {
                "KEX_REPLY"
            } else {
                "KEXINIT"
            }
            .into(),
        }),
        End::Disconnect(said) => Ok(KexOutcome::Failed {
            message: disconnect_in_words(&said),
        }),
        End::Malformed(message) => Ok(KexOutcome::Failed {
            message: Received::from_text(&message),
        }),
        End::Library(error) => Ok(KexOutcome::Failed {
            message: Received::from_text(&error.to_string()),
        }),
        End::Panicked => Err("this probe's SSH library broke off".into()),
    };
    Ended {
        outcome,
        server_offer,
        host_key,
    }
}

fn disconnect_in_words(said: &Disconnect) -> Received {
    let code = disconnect_reason(said.reason).unwrap_or("unknown reason");
    let mut message = format!("disconnect {} ({code}): ", said.reason).into_bytes();
    message.extend_from_slice(&said.description);
    Received::from_bytes(&message)
}

fn present(key: &PublicKeyOrCertificate) -> Result<Presented, russh::keys::ssh_key::Error> {
    match key {
        PublicKeyOrCertificate::PublicKey { key, .. } => Ok(Presented {
            key_type: preferences::key_type_of(&key.algorithm()).to_owned(),
            blob: key.to_bytes()?,
        }),
        PublicKeyOrCertificate::Certificate(certificate) => Ok(Presented {
            key_type: certificate.algorithm().to_certificate_type(),
            blob: certificate.to_bytes()?,
        }),
    }
}

/// What a KEXINIT of the server decides at once.
pub(super) fn decide(person: Option<&KexInit>, ours: &KexInit, server: &KexInit) -> Option<End> {
    if let Some(Err(none)) = person.map(|person| negotiate(person, server)) {
        let what = none.list.words().into();
        return Some(End::NoCommon(KexOutcome::NoCommon { what }));
    }
    let none = negotiate(ours, server).err()?;
    let what = none.list.words().into();
    Some(End::NoCommon(KexOutcome::ProbeLacks { what }))
}

/// What one message of the server means for the exchange.
pub(super) fn note(payload: &[u8], watch: &mut Watch) -> Option<End> {
    match Message::parse(payload) {
        Ok(Message::KexInit(server)) => {
            let decided = decide(watch.person.as_ref(), &watch.ours, &server);
            watch.server = Some(*server);
            decided
        }
        Ok(Message::Disconnect(said)) => Some(End::Disconnect(said)),
        Ok(_) => None,
        Err(error) => Some(End::Malformed(error.to_string())),
    }
}
