//! One question to the kernel over netlink (`netlink(7)`) and its answers. Nothing is sent to any network and nothing is changed.

use std::fmt::Debug;
use std::io;
use std::time::{Duration, Instant};

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkBuffer, NetlinkDeserializable,
    NetlinkHeader, NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::ReceiveTimeout;
use nix::sys::time::TimeVal;

/// How often a listing is asked for again that changed while it was made.
const TRIES: usize = 5;
/// Bytes of objects that are taken in a bounded time.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The one object that is asked for.
///
/// # Errors
/// The error the kernel answers with, as its `errno(3)` number, or that of the socket.
pub(crate) fn ask<M>(protocol: isize, question: M) -> io::Result<M>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug,
{
    ask_until(protocol, question, None)
}

/// The same, and no longer than until then.
///
/// # Errors
/// As [`ask`], and `TimedOut`.
pub(crate) fn ask_until<M>(protocol: isize, question: M, end: Option<Instant>) -> io::Result<M>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug,
{
    let mut answers = Answers::until(end);
    let socket = open(protocol)?;
    send(&socket, question, NLM_F_REQUEST)?;
    answers.receive(&socket)?;
    let answer = answers.objects.pop();
    answer.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// All objects of a kind, as they were at one moment.
///
/// # Errors
/// The error the kernel answers with, as its `errno(3)` number, or that of the socket; `Interrupted` when they keep changing.
pub(crate) fn list<M>(protocol: isize, question: &M) -> io::Result<Vec<M>>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug + Clone,
{
    list_until(protocol, question, None)
}

/// The same, and no longer than until then; what is too large for that is not listed.
///
/// # Errors
/// As [`list`], and `TimedOut`, `FileTooLarge`.
pub(crate) fn list_until<M>(
    protocol: isize,
    question: &M,
    end: Option<Instant>,
) -> io::Result<Vec<M>>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug + Clone,
{
    dump(protocol, question, end, false)
}

/// Only those objects that are like the question, where the kernel can choose (`NETLINK_GET_STRICT_CHK`, `netlink(7)`).
///
/// # Errors
/// As [`list_until`].
pub(crate) fn list_alike_until<M>(
    protocol: isize,
    question: &M,
    end: Option<Instant>,
) -> io::Result<Vec<M>>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug + Clone,
{
    dump(protocol, question, end, true)
}

fn dump<M>(protocol: isize, question: &M, end: Option<Instant>, alike: bool) -> io::Result<Vec<M>>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug + Clone,
{
    for _ in 0..TRIES {
        let mut answers = Answers::until(end);
        let socket = open(protocol)?;
        if alike {
            socket.set_netlink_get_strict_chk(true)?;
        }
        send(&socket, question.clone(), NLM_F_REQUEST | NLM_F_DUMP)?;
        while !answers.ended {
            answers.receive(&socket)?;
        }
        if !answers.changed_meanwhile {
            return Ok(answers.objects);
        }
    }
    Err(io::ErrorKind::Interrupted.into())
}

fn open(protocol: isize) -> io::Result<Socket> {
    let mut socket = Socket::new(protocol)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

fn send<M: NetlinkSerializable>(socket: &Socket, question: M, flags: u16) -> io::Result<()> {
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(question));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    Ok(())
}

struct Answers<M> {
    objects: Vec<M>,
    ended: bool,
    changed_meanwhile: bool,
    /// When to give up.
    end: Option<Instant>,
    bytes: usize,
}

impl<M> Answers<M> {
    const fn until(end: Option<Instant>) -> Self {
        Self {
            objects: Vec::new(),
            ended: false,
            changed_meanwhile: false,
            end,
            bytes: 0,
        }
    }

    /// Makes the next reading of the socket end in time.
    fn bound(&self, socket: &Socket) -> io::Result<()> {
        let Some(end) = self.end else {
            return Ok(());
        };
        if self.bytes > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let left = end.saturating_duration_since(Instant::now());
        // No time at all would mean any time (socket(7), SO_RCVTIMEO).
        if left < Duration::from_micros(1) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let micros = i64::try_from(left.as_micros()).unwrap_or(i64::MAX);
        let time = TimeVal::new(micros / 1_000_000, micros % 1_000_000);
        Ok(setsockopt(socket, ReceiveTimeout, &time)?)
    }
}

impl<M: NetlinkDeserializable> Answers<M> {
    /// Reads the messages of one datagram.
    fn receive(&mut self, socket: &Socket) -> io::Result<()> {
        self.bound(socket)?;
        let (datagram, _) = socket.recv_from_full()?;
        self.bytes += datagram.len();
        let mut left = datagram.as_slice();
        while !left.is_empty() {
            let length = NetlinkBuffer::new_checked(left)
                .map_err(io::Error::other)?
                .length();
            let message = NetlinkMessage::<M>::deserialize(left).map_err(io::Error::other)?;
            self.changed_meanwhile |= message.header.flags & NLM_F_DUMP_INTR != 0;
            match message.payload {
                // A listing that fails half way says so in the message that ends it.
                NetlinkPayload::Done(done) if done.code < 0 => {
                    return Err(io::Error::from_raw_os_error(-done.code));
                }
                NetlinkPayload::Done(_) => self.ended = true,
                NetlinkPayload::Error(error) if error.code.is_some() => return Err(error.to_io()),
                NetlinkPayload::Error(_) => self.ended = true,
                NetlinkPayload::Overrun(_) => return Err(io::ErrorKind::Interrupted.into()),
                NetlinkPayload::InnerMessage(object) => self.objects.push(object),
                _ => {}
            }
            let aligned = (length as usize).next_multiple_of(4);
            left = left.get(aligned..).unwrap_or_default();
        }
        Ok(())
    }
}
