//! Messages that may pass before encryption starts (RFC 4253, sections 7.1 and 11).

use crate::fields::{Fields, Truncated, put_string};
use crate::kexinit::{KexInit, KexInitError};

/// SSH_MSG_DISCONNECT.
pub const DISCONNECT: u8 = 1;
/// SSH_MSG_IGNORE.
pub const IGNORE: u8 = 2;
/// SSH_MSG_UNIMPLEMENTED.
pub const UNIMPLEMENTED: u8 = 3;
/// SSH_MSG_DEBUG.
pub const DEBUG: u8 = 4;
/// SSH_MSG_EXT_INFO (RFC 8308).
pub const EXT_INFO: u8 = 7;
/// SSH_MSG_KEXINIT.
pub const KEXINIT: u8 = 20;
/// SSH_MSG_NEWKEYS.
pub const NEWKEYS: u8 = 21;

/// The most bytes of a peer's text that are kept.
const MAX_TEXT: usize = 1024;

/// Why a payload is not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The payload has no byte at all.
    #[error("empty packet")]
    Empty,
    /// The payload is shorter than its own fields say.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// The KEXINIT is malformed.
    #[error("bad KEXINIT: {0}")]
    KexInit(#[from] KexInitError),
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// The peer ends the connection and says why.
    Disconnect(Disconnect),
    /// To be ignored.
    Ignore,
    /// The peer did not know a message of ours.
    Unimplemented {
        /// Its sequence number.
        sequence: u32,
    },
    /// A text for whoever debugs.
    Debug {
        /// The peer wants it shown.
        always_display: bool,
        /// The text, unescaped, at most 1 KiB.
        text: Vec<u8>,
    },
    /// The peer's algorithms.
    KexInit(Box<KexInit>),
    /// Anything else.
    Other {
        /// The message number.
        number: u8,
    },
}

/// SSH_MSG_DISCONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    /// The reason code; see [`disconnect_reason`].
    pub reason: u32,
    /// The peer's words, unescaped, at most 1 KiB.
    pub description: Vec<u8>,
}

impl Message {
    /// Reads the payload of a packet.
    ///
    /// # Errors
    /// When the payload is empty, cut short, or a malformed KEXINIT.
    pub fn parse(payload: &[u8]) -> Result<Self, MessageError> {
        let mut fields = Fields::new(payload);
        let number = fields.byte().map_err(|_| MessageError::Empty)?;
        Ok(match number {
            DISCONNECT => Self::Disconnect(Disconnect {
                reason: fields.uint32()?,
                description: bounded(fields.string()?),
            }),
            IGNORE => Self::Ignore,
            UNIMPLEMENTED => Self::Unimplemented {
                sequence: fields.uint32()?,
            },
            DEBUG => Self::Debug {
                always_display: fields.byte()? != 0,
                text: bounded(fields.string()?),
            },
            KEXINIT => Self::KexInit(Box::new(KexInit::parse(payload)?)),
            number => Self::Other { number },
        })
    }
}

impl Disconnect {
    /// The payload of this message, with an empty language tag.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = vec![DISCONNECT];
        payload.extend_from_slice(&self.reason.to_be_bytes());
        put_string(&mut payload, &self.description);
        put_string(&mut payload, b"");
        payload
    }
}

fn bounded(text: &[u8]) -> Vec<u8> {
    text[..text.len().min(MAX_TEXT)].to_vec()
}

/// A disconnect reason in plain words (RFC 4253, section 11.1).
#[must_use]
pub fn disconnect_reason(code: u32) -> Option<&'static str> {
    Some(match code {
        1 => "host not allowed to connect",
        2 => "protocol error",
        3 => "key exchange failed",
        4 => "reserved",
        5 => "MAC error",
        6 => "compression error",
        7 => "service not available",
        8 => "protocol version not supported",
        9 => "host key not verifiable",
        10 => "connection lost",
        11 => "by application",
        12 => "too many connections",
        13 => "authentication cancelled by user",
        14 => "no more authentication methods available",
        15 => "illegal user name",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnect_keeps_reason_and_words() {
        let said = Disconnect {
            reason: 12,
            description: b"Too many authentication failures".to_vec(),
        };
        assert_eq!(
            Message::parse(&said.encode()),
            Ok(Message::Disconnect(said))
        );
        assert_eq!(disconnect_reason(12), Some("too many connections"));
        assert_eq!(disconnect_reason(0), None);
    }

    #[test]
    fn the_language_tag_that_some_servers_leave_out_is_not_missed() {
        let mut payload = vec![DISCONNECT, 0, 0, 0, 2];
        put_string(&mut payload, b"no");
        assert_eq!(
            Message::parse(&payload),
            Ok(Message::Disconnect(Disconnect {
                reason: 2,
                description: b"no".to_vec()
            }))
        );
    }

    #[test]
    fn small_messages_and_short_ones() {
        assert_eq!(Message::parse(&[]), Err(MessageError::Empty));
        assert_eq!(Message::parse(&[IGNORE]), Ok(Message::Ignore));
        assert_eq!(
            Message::parse(&[UNIMPLEMENTED, 0, 0, 0, 9]),
            Ok(Message::Unimplemented { sequence: 9 })
        );
        assert_eq!(
            Message::parse(&[DEBUG, 1, 0, 0, 0, 2, b'h', b'i', 0, 0, 0, 0]),
            Ok(Message::Debug {
                always_display: true,
                text: b"hi".to_vec()
            })
        );
        assert_eq!(
            Message::parse(&[DEBUG, 1, 0xff, 0xff, 0xff, 0xff]),
            Err(MessageError::Truncated(Truncated))
        );
        assert_eq!(
            Message::parse(&[NEWKEYS]),
            Ok(Message::Other { number: NEWKEYS })
        );
    }
}
