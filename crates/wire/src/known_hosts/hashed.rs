use base64ct::{Base64, Encoding};
use sha1::block_api::compress;

pub(crate) const DIGEST: usize = 20;
pub(crate) const BLOCK: usize = 64;
/// The most bytes of a message that fit one block together with the padding of SHA-1.
pub(crate) const SINGLE_BLOCK: usize = BLOCK - 9;

pub(crate) type State = [u32; 5];
pub(crate) type Block = [u8; BLOCK];

const INITIAL: State = [
    0x6745_2301,
    0xefcd_ab89,
    0x98ba_dcfe,
    0x1032_5476,
    0xc3d2_e1f0,
];

/// A name of which only `HMAC-SHA1(salt, name)` is kept (`|1|salt|hash`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HashedName {
    /// The key of the HMAC.
    pub salt: [u8; DIGEST],
    /// Its result.
    pub hash: [u8; DIGEST],
}

impl HashedName {
    /// Reads `|1|salt|hash`. Only the spelling that OpenSSH writes can ever match, so no other one is taken.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (salt, hash) = std::str::from_utf8(text)
            .ok()?
            .strip_prefix("|1|")?
            .split_once('|')?;
        let digest = |text: &str| {
            let mut digest = [0; DIGEST];
            (Base64::decode(text, &mut digest).ok()?.len() == DIGEST).then_some(digest)
        };
        Some(Self {
            salt: digest(salt)?,
            hash: digest(hash)?,
        })
    }

    /// Hashes a name under a salt.
    #[must_use]
    pub fn new(salt: [u8; DIGEST], lookup_name: &str) -> Self {
        Self {
            salt,
            hash: KeyedHmac::new(&salt).digest(lookup_name.as_bytes()),
        }
    }

    /// Whether this is the hash of a name as [`super::lookup_name`] writes it.
    pub(crate) fn is_of(&self, lookup_name: &[u8]) -> bool {
        KeyedHmac::new(&self.salt).digest(lookup_name) == self.hash
    }
}

/// HMAC-SHA1 (RFC 2104) after its key: what remains is one compression for the rest of the message, if it fits a
/// block, and one for the outer hash.
#[derive(Clone, Copy)]
pub(crate) struct KeyedHmac {
    pub(crate) inner: State,
    pub(crate) outer: State,
}

impl KeyedHmac {
    pub(crate) fn new(key: &[u8; DIGEST]) -> Self {
        let keyed = |fill: u8| {
            let mut block = [fill; BLOCK];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            let mut state = INITIAL;
            compress(&mut state, &[block]);
            state
        };
        Self {
            inner: keyed(0x36),
            outer: keyed(0x5c),
        }
    }

    pub(crate) fn digest(&self, message: &[u8]) -> [u8; DIGEST] {
        let mut inner = self.inner;
        for block in last_blocks(message) {
            compress(&mut inner, &[block]);
        }
        let mut outer = self.outer;
        for block in last_blocks(&state_bytes(&inner)) {
            compress(&mut outer, &[block]);
        }
        state_bytes(&outer)
    }
}

/// The message behind the key block, padded as SHA-1 asks.
pub(crate) fn last_blocks(message: &[u8]) -> impl Iterator<Item = Block> {
    let bits = u64::try_from(BLOCK + message.len())
        .unwrap_or(u64::MAX)
        .wrapping_mul(8);
    let mut padded = message.to_vec();
    padded.push(0x80);
    while padded.len() % BLOCK != BLOCK - 8 {
        padded.push(0);
    }
    padded.extend_from_slice(&bits.to_be_bytes());
    (0..padded.len() / BLOCK).map(move |index| {
        let mut block = [0; BLOCK];
        block.copy_from_slice(&padded[index * BLOCK..(index + 1) * BLOCK]);
        block
    })
}

pub(crate) fn state_bytes(state: &State) -> [u8; DIGEST] {
    let mut bytes = [0; DIGEST];
    for (chunk, word) in bytes.chunks_exact_mut(4).zip(state) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

pub(crate) fn bytes_state(bytes: &[u8; DIGEST]) -> State {
    let mut state = [0; 5];
    for (word, chunk) in state.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = big_endian(chunk);
    }
    state
}

/// The word of up to four bytes, the first one highest.
pub(crate) fn big_endian(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |word, &byte| word << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use hmac::{KeyInit, Mac};

    use super::*;

    #[test]
    fn it_is_hmac_sha1_for_messages_of_any_length() {
        for length in 0..300_u16 {
            let salt: [u8; DIGEST] = std::array::from_fn(|index| {
                u8::try_from((index * 31 + usize::from(length)) % 256).unwrap()
            });
            let message: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
            let mut reference = hmac::Hmac::<sha1::Sha1>::new_from_slice(&salt).unwrap();
            reference.update(&message);
            assert_eq!(
                KeyedHmac::new(&salt).digest(&message)[..],
                reference.finalize().into_bytes()[..],
                "{length}"
            );
        }
    }

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let good = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=";
        let parsed = HashedName::parse(good.as_bytes()).unwrap();
        assert!(parsed.is_of(b"192.168.1.61"));
        assert_eq!(HashedName::new(parsed.salt, "192.168.1.61"), parsed);
        for bad in [
            "|2|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=",
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y|3988QV0VE8wmZL7suNrYQLITLCg=",
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Z=|3988QV0VE8wmZL7suNrYQLITLCg=",
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=",
            "|1|F1E1|3988QV0VE8wmZL7suNrYQLITLCg=",
            "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=,web1",
        ] {
            assert_eq!(HashedName::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
