//! Connecting to a port, with all that the kernel can tell of a failure.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sshdoctor_case::ConnectOutcome;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::handshake::{Handshake, Hearing};

/// How a connection is to be made; the default is as any program makes one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ConnectOptions {
    /// `TCP_MAXSEG` in bytes (`tcp(7)`; the kernel takes 88 to 32767), to get through a path with an MTU hole.
    pub(crate) segment_size: Option<u16>,
    /// Source address, as `ssh -b`.
    pub(crate) bind_address: Option<IpAddr>,
    /// Name of the interface, as `ssh -B`.
    pub(crate) bind_interface: Option<String>,
    /// Time to live or hop limit of what is sent, from 1.
    pub(crate) ttl: Option<u8>,
}

/// How an attempt to connect ended.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// How it ended.
    pub(crate) outcome: ConnectOutcome,
    /// The local address used, where the kernel had chosen one.
    pub(crate) from: Option<IpAddr>,
    /// The connection; present exactly when the outcome is [`ConnectOutcome::Connected`].
    pub(crate) stream: Option<TcpStream>,
    /// A reset came straight after the handshake: the stream gives what had arrived before it, and then the end of file.
    pub(crate) reset: bool,
}

/// Connects to `to` and waits at most `deadline`. Dropping the future closes the socket.
pub(crate) async fn connect(
    to: SocketAddr,
    options: &ConnectOptions,
    deadline: Duration,
) -> Attempt {
    let until = Instant::now() + deadline;
    let mut handshake = match Handshake::begin(to, options, Hearing::All) {
        Ok(handshake) => handshake,
        Err(not_begun) => {
            let error = not_begun.into();
            return Attempt::without_stream(ConnectOutcome::Local { error }, None);
        }
    };
    let outcome = handshake.end(until).await;
    let (from, reset) = (handshake.from(), handshake.was_reset());
    if outcome != ConnectOutcome::Connected {
        return Attempt::without_stream(outcome, from);
    }
    Attempt {
        outcome,
        from,
        stream: Some(handshake.into_stream()),
        reset,
    }
}

impl Attempt {
    const fn without_stream(outcome: ConnectOutcome, from: Option<IpAddr>) -> Self {
        Self {
            outcome,
            from,
            stream: None,
            reset: false,
        }
    }
}
