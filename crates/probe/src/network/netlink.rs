//! One question to the kernel over netlink (`netlink(7)`) and its answers.

use std::fmt::Debug;
use std::io;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader, NetlinkMessage,
    NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};

/// Whether one object is asked for, or all of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The first answer is the only one.
    One,
    /// Answers follow until the kernel says that it is done.
    All,
}

/// Sends `question` over the netlink `protocol` and collects the answers. The kernel answers at once; nothing is waited for.
///
/// # Errors
/// The error the kernel answers with, as its `errno(3)` number, or that of the socket.
pub(super) fn ask<M>(protocol: isize, question: M, wanted: Wanted) -> io::Result<Vec<M>>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug,
{
    let mut socket = Socket::new(protocol)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut header = NetlinkHeader::default();
    header.flags = match wanted {
        Wanted::One => NLM_F_REQUEST,
        Wanted::All => NLM_F_REQUEST | NLM_F_DUMP,
    };
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(question));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;

    let mut answers = Vec::new();
    loop {
        let (received, _) = socket.recv_from_full()?;
        let is_last = read_messages(&received, &mut answers)?;
        if is_last || wanted == Wanted::One {
            return Ok(answers);
        }
    }
}

/// Reads every message of one datagram; true when it ended the answer.
fn read_messages<M>(mut bytes: &[u8], answers: &mut Vec<M>) -> io::Result<bool>
where
    M: NetlinkSerializable + NetlinkDeserializable + Debug,
{
    while !bytes.is_empty() {
        let message = NetlinkMessage::<M>::deserialize(bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        match message.payload {
            NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::Error(error) if error.code.is_some() => return Err(error.to_io()),
            NetlinkPayload::Error(_) => return Ok(true),
            NetlinkPayload::InnerMessage(answer) => answers.push(answer),
            _ => {}
        }
        // Messages are aligned to four bytes within a datagram.
        let length = (message.header.length as usize).next_multiple_of(4);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    Ok(false)
}
