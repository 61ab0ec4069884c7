//! SSH_MSG_KEXINIT: the algorithms one side offers (RFC 4253, section 7.1).

use crate::fields::{Fields, Truncated, put_string};
use crate::messages::KEXINIT;

/// The most names kept of one list.
pub const MAX_NAMES: usize = 512;
/// The longest name, in bytes. RFC 4251 allows 64.
pub const MAX_NAME_LENGTH: usize = 256;

/// Why a payload is not a KEXINIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KexInitError {
    /// Another message number.
    #[error("not a KEXINIT message")]
    OtherMessage,
    /// The payload ends too early.
    #[error(transparent)]
    Truncated(#[from] Truncated),
    /// More than [`MAX_NAMES`] names in a list.
    #[error("more than {MAX_NAMES} names in a list")]
    TooManyNames,
    /// A name of more than [`MAX_NAME_LENGTH`] bytes.
    #[error("an algorithm name of more than {MAX_NAME_LENGTH} bytes")]
    NameTooLong,
}

/// What one side offers, in its order of preference.
///
/// Names are kept as received, except that a byte outside ASCII, which no name may have, becomes a question mark: such
/// a name equals no algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct KexInit {
    /// 16 random bytes.
    pub cookie: [u8; 16],
    /// Key exchange methods, with the markers `ext-info-*` and `kex-strict-*` that are sent among them.
    pub kex: Vec<String>,
    /// Host key algorithms.
    pub host_key: Vec<String>,
    /// Ciphers, client to server.
    pub ciphers_client_to_server: Vec<String>,
    /// Ciphers, server to client.
    pub ciphers_server_to_client: Vec<String>,
    /// MACs, client to server.
    pub macs_client_to_server: Vec<String>,
    /// MACs, server to client.
    pub macs_server_to_client: Vec<String>,
    /// Compression methods, client to server.
    pub compression_client_to_server: Vec<String>,
    /// Compression methods, server to client.
    pub compression_server_to_client: Vec<String>,
    /// Languages, client to server.
    pub languages_client_to_server: Vec<String>,
    /// Languages, server to client.
    pub languages_server_to_client: Vec<String>,
    /// A guessed key exchange packet follows.
    pub first_kex_packet_follows: bool,
}

impl KexInit {
    /// Reads a payload that starts with the message number.
    ///
    /// # Errors
    /// When it is another message, too short, or beyond the bounds.
    pub fn parse(payload: &[u8]) -> Result<Self, KexInitError> {
        let mut fields = Fields::new(payload);
        if fields.byte()? != KEXINIT {
            return Err(KexInitError::OtherMessage);
        }
        let parsed = Self {
            cookie: fields.cookie()?,
            kex: name_list(&mut fields)?,
            host_key: name_list(&mut fields)?,
            ciphers_client_to_server: name_list(&mut fields)?,
            ciphers_server_to_client: name_list(&mut fields)?,
            macs_client_to_server: name_list(&mut fields)?,
            macs_server_to_client: name_list(&mut fields)?,
            compression_client_to_server: name_list(&mut fields)?,
            compression_server_to_client: name_list(&mut fields)?,
            languages_client_to_server: name_list(&mut fields)?,
            languages_server_to_client: name_list(&mut fields)?,
            first_kex_packet_follows: fields.byte()? != 0,
        };
        // OpenSSH insists that the reserved word is there and ignores what it holds.
        fields.uint32()?;
        Ok(parsed)
    }

    /// The payload of this message, with its number.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = vec![KEXINIT];
        payload.extend_from_slice(&self.cookie);
        for list in [
            &self.kex,
            &self.host_key,
            &self.ciphers_client_to_server,
            &self.ciphers_server_to_client,
            &self.macs_client_to_server,
            &self.macs_server_to_client,
            &self.compression_client_to_server,
            &self.compression_server_to_client,
            &self.languages_client_to_server,
            &self.languages_server_to_client,
        ] {
            put_string(&mut payload, list.join(",").as_bytes());
        }
        payload.push(u8::from(self.first_kex_packet_follows));
        payload.extend_from_slice(&[0; 4]);
        payload
    }
}

fn ascii(byte: u8) -> char {
    if byte.is_ascii() {
        char::from(byte)
    } else {
        '?'
    }
}

fn name_list(fields: &mut Fields<'_>) -> Result<Vec<String>, KexInitError> {
    let text = fields.string()?;
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for name in text.split(|&byte| byte == b',') {
        if names.len() == MAX_NAMES {
            return Err(KexInitError::TooManyNames);
        }
        if name.len() > MAX_NAME_LENGTH {
            return Err(KexInitError::NameTooLong);
        }
        names.push(name.iter().map(|&byte| ascii(byte)).collect());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_lists_are_bounded() {
        let many = KexInit {
            kex: vec![String::new(); MAX_NAMES + 1],
            ..KexInit::default()
        };
        assert_eq!(
            KexInit::parse(&many.encode()),
            Err(KexInitError::TooManyNames)
        );
        let long = KexInit {
            host_key: vec!["x".repeat(MAX_NAME_LENGTH + 1)],
            ..KexInit::default()
        };
        assert_eq!(
            KexInit::parse(&long.encode()),
            Err(KexInitError::NameTooLong)
        );
    }

    #[test]
    fn bytes_that_no_name_has_do_not_make_it_longer() {
        let mut payload = KexInit {
            kex: vec!["x".repeat(MAX_NAME_LENGTH)],
            ..KexInit::default()
        }
        .encode();
        payload
            .iter_mut()
            .filter(|byte| **byte == b'x')
            .for_each(|byte| *byte = 0xff);
        let read = KexInit::parse(&payload).unwrap();
        assert_eq!(read.kex, ["?".repeat(MAX_NAME_LENGTH)]);
        assert_eq!(KexInit::parse(&read.encode()), Ok(read));
    }

    #[test]
    fn a_cut_message_is_told_from_another_one() {
        let whole = KexInit::default().encode();
        for length in 0..whole.len() {
            assert_eq!(
                KexInit::parse(&whole[..length]),
                Err(KexInitError::Truncated(Truncated))
            );
        }
        assert_eq!(KexInit::parse(&[21]), Err(KexInitError::OtherMessage));
    }
}
