//! Clear-text binary packets (RFC 4253, section 6): no cipher, no MAC, no compression.

/// The longest packet that OpenSSH accepts, in bytes without the length field. RFC 4253 asks for at least 35,000.
pub const MAX_PACKET_LENGTH: usize = 256 * 1024;

/// A packet is at least padding length, payload of one byte and four bytes of padding.
const MIN_PACKET_LENGTH: usize = 5;
const LENGTH_FIELD: usize = 4;
const BLOCK: usize = 8;
const MIN_PADDING: usize = 4;

/// Why a byte stream is not a sequence of clear-text packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The length field is below 5 or above [`MAX_PACKET_LENGTH`].
    #[error("bad packet length {0}")]
    Length(u32),
    /// The packet is not a whole number of 8-byte blocks.
    #[error("packet length {0} is not a whole number of blocks")]
    Alignment(u32),
    /// Fewer than 4 bytes of padding, or more than the packet holds.
    #[error("bad padding length {padding} in a packet of {length} bytes")]
    Padding {
        /// The padding length.
        padding: u8,
        /// The packet length.
        length: u32,
    },
}

/// A packet of which some bytes are still missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partial {
    /// Bytes that arrived, length field included.
    pub received: usize,
    /// Bytes the whole packet has, length field included; absent while its length has not arrived.
    pub expected: Option<usize>,
}

/// Cuts a byte stream into payloads.
///
/// Memory is bounded by [`MAX_PACKET_LENGTH`] plus what is fed between two calls of [`Self::next_payload`].
#[derive(Debug, Clone, Default)]
pub struct PacketReader {
    buffer: Vec<u8>,
    start: usize,
    failed: Option<PacketError>,
}

impl PacketReader {
    /// An empty reader.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds received bytes. Ignored once the stream has failed.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole payload, or `None` while bytes are missing.
    ///
    /// # Errors
    /// When the bytes cannot be a clear-text packet. The stream is lost then, and every later call says the same.
    pub fn next_payload(&mut self) -> Result<Option<Vec<u8>>, PacketError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match self.cut() {
            Ok(payload) => Ok(payload),
            Err(error) => {
                self.failed = Some(error);
                self.buffer = Vec::new();
                self.start = 0;
                Err(error)
            }
        }
    }

    /// What has arrived of a packet that is not whole yet.
    #[must_use]
    pub fn partial(&self) -> Option<Partial> {
        let waiting = &self.buffer[self.start..];
        (!waiting.is_empty()).then(|| Partial {
            received: waiting.len(),
            expected: waiting
                .first_chunk::<LENGTH_FIELD>()
                .and_then(|field| usize::try_from(u32::from_be_bytes(*field)).ok())
                .and_then(|length| length.checked_add(LENGTH_FIELD)),
        })
    }

    fn cut(&mut self) -> Result<Option<Vec<u8>>, PacketError> {
        let waiting = &self.buffer[self.start..];
        let Some((field, rest)) = waiting.split_first_chunk::<LENGTH_FIELD>() else {
            return Ok(None);
        };
        let declared = u32::from_be_bytes(*field);
        let length = usize::try_from(declared)
            .ok()
            .filter(|length| (MIN_PACKET_LENGTH..=MAX_PACKET_LENGTH).contains(length))
            .ok_or(PacketError::Length(declared))?;
        if !(length + LENGTH_FIELD).is_multiple_of(BLOCK) {
            return Err(PacketError::Alignment(declared));
        }
        let Some((&padding, body)) = rest.get(..length).and_then(<[u8]>::split_first) else {
            return Ok(None);
        };
        let payload = usize::from(padding);
        let kept = body
            .len()
            .checked_sub(payload)
            .filter(|_| payload >= MIN_PADDING)
            .ok_or(PacketError::Padding {
                padding,
                length: declared,
            })?;
        let payload = body[..kept].to_vec();
        self.start += LENGTH_FIELD + length;
        Ok(Some(payload))
    }
}

/// Wraps a payload in a packet with the least padding allowed, filled with zeros.
#[must_use]
pub fn encode(payload: &[u8]) -> Vec<u8> {
    let unpadded = LENGTH_FIELD + 1 + payload.len();
    let mut padding = BLOCK - unpadded % BLOCK;
    if padding < MIN_PADDING {
        padding += BLOCK;
    }
    let length = u32::try_from(1 + payload.len() + padding).unwrap_or(u32::MAX);
    let mut packet = Vec::with_capacity(unpadded + padding);
    packet.extend_from_slice(&length.to_be_bytes());
    packet.push(u8::try_from(padding).unwrap_or(u8::MAX));
    packet.extend_from_slice(payload);
    packet.resize(unpadded + padding, 0);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_openssh_rejects_is_rejected_as_soon_as_it_arrives() {
        for (field, error) in [
            ([0, 0, 0, 4], PacketError::Length(4)),
            ([0x53, 0x53, 0x48, 0x2d], PacketError::Length(0x5353_482d)),
            ([0, 0, 0, 13], PacketError::Alignment(13)),
        ] {
            let mut reader = PacketReader::new();
            reader.feed(&field);
            assert_eq!(reader.next_payload(), Err(error));
            reader.feed(&encode(b"late"));
            assert_eq!(
                reader.next_payload(),
                Err(error),
                "a lost stream stays lost"
            );
        }
    }

    #[test]
    fn padding_must_fit_the_packet_and_be_at_least_four() {
        for padding in [3, 12, 255] {
            let mut reader = PacketReader::new();
            reader.feed(&[0, 0, 0, 12, padding, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
            assert_eq!(
                reader.next_payload(),
                Err(PacketError::Padding {
                    padding,
                    length: 12
                })
            );
        }
    }

    #[test]
    fn what_is_missing_is_known() {
        let packet = encode(&[7; 100]);
        let mut reader = PacketReader::new();
        assert_eq!(reader.partial(), None);
        reader.feed(&packet[..3]);
        assert_eq!(
            reader.partial(),
            Some(Partial {
                received: 3,
                expected: None
            })
        );
        reader.feed(&packet[3..50]);
        assert_eq!(reader.next_payload(), Ok(None));
        assert_eq!(
            reader.partial(),
            Some(Partial {
                received: 50,
                expected: Some(packet.len())
            })
        );
        reader.feed(&packet[50..]);
        assert_eq!(reader.next_payload(), Ok(Some(vec![7; 100])));
        assert_eq!(reader.partial(), None);
    }
}
