//! Files of private keys, as far as they lie open: the kind, whether a passphrase protects them, and the public half that the
//! format of OpenSSH holds in clear (OpenSSH, `PROTOCOL.key`). The private part is neither decoded nor kept.

use base64ct::{Base64, Decoder};
use ssh_key::public::KeyData;
use ssh_key::{HashAlg, PublicKey};

const OPENSSH_BEGIN: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
const OPENSSH_END: &[u8] = b"-----END OPENSSH PRIVATE KEY-----";
const MAGIC: &[u8] = b"openssh-key-v1\0";
/// The longest public half there is, of an RSA key with 16384 bits, and what stands before it.
const MOST_PUBLIC: usize = 4096;

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicHalf {
    pub(super) key_type: String,
    pub(super) bits: Option<u32>,
    /// `SHA256:…`
    pub(super) fingerprint: String,
}

impl PublicHalf {
    fn of(key: &PublicKey) -> Self {
        let bits = match key.key_data() {
            KeyData::Rsa(rsa) => Some(rsa.key_size()),
            KeyData::Ed25519(_) | KeyData::SkEd25519(_) => Some(256),
            KeyData::Ecdsa(_) | KeyData::SkEcdsaSha2NistP256(_) => match key.algorithm().as_str() {
                "ecdsa-sha2-nistp384" => Some(384),
                "ecdsa-sha2-nistp521" => Some(521),
                _ => Some(256),
            },
            _ => None,
        };
        Self {
            key_type: key.algorithm().as_str().to_owned(),
            bits,
            fingerprint: key.fingerprint(HashAlg::Sha256).to_string(),
        }
    }
}

/// What a file that should hold a private key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PrivateFile {
    /// A key in the format of OpenSSH.
    OpenSsh {
        /// Absent for a type that is not known here.
        public: Option<PublicHalf>,
        encrypted: bool,
    },
    /// A key in one of the older formats, which do not hold the public half apart.
    Pem { encrypted: bool },
    /// A public key.
    Public(PublicHalf),
    /// Nothing that sshd could read.
    Damaged(&'static str),
}

/// A line of a public key file.
pub(super) fn public_line(text: &[u8]) -> Option<PublicHalf> {
    let text = std::str::from_utf8(text).ok()?;
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let mut words = line.split_ascii_whitespace();
    // The rest of the line is a comment.
    let key = format!("{} {}", words.next()?, words.next()?);
    PublicKey::from_openssh(&key)
        .ok()
        .map(|key| PublicHalf::of(&key))
}

/// Reads what lies open of a private key file.
pub(super) fn private_file(text: &[u8]) -> PrivateFile {
    let Some(begin) = memchr::memmem::find(text, b"-----BEGIN ") else {
        return public_line(text).map_or(
            PrivateFile::Damaged("not a private key"),
            PrivateFile::Public,
        );
    };
    let text = &text[begin..];
    if let Some(body) = text.strip_prefix(OPENSSH_BEGIN) {
        let Some(end) = memchr::memmem::find(body, OPENSSH_END) else {
            return PrivateFile::Damaged("cut off: its last line is missing");
        };
        return open_ssh(&body[..end]).unwrap_or(PrivateFile::Damaged(
            "damaged: not a private key that sshd could read",
        ));
    }
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if !first.trim_ascii_end().ends_with(b" PRIVATE KEY-----")
        && !first.starts_with(b"-----BEGIN PRIVATE KEY-----")
    {
        return PrivateFile::Damaged("not a private key");
    }
    if memchr::memmem::find(text, b"-----END ").is_none() {
        return PrivateFile::Damaged("cut off: its last line is missing");
    }
    let has = |part: &[u8]| memchr::memmem::find(text, part).is_some();
    PrivateFile::Pem {
        encrypted: has(b"-----BEGIN ENCRYPTED ") || has(b"ENCRYPTED\n") || has(b"ENCRYPTED\r\n"),
    }
}

fn open_ssh(body: &[u8]) -> Option<PrivateFile> {
    let letters: Vec<u8> = body
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let padding = letters
        .iter()
        .rev()
        .take_while(|byte| **byte == b'=')
        .count();
    if !letters.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    if !letters[..letters.len() - padding].iter().all(is_letter) {
        return None;
    }
    let whole = letters.len() / 4 * 3 - padding;
    let mut head = vec![0; whole.min(MOST_PUBLIC)];
    Decoder::<Base64>::new(&letters)
        .ok()?
        .decode(&mut head)
        .ok()?;
    let mut rest = head.strip_prefix(MAGIC)?;
    let cipher = field(&mut rest)?;
    let _derivation = field(&mut rest)?;
    let _its_options = field(&mut rest)?;
    let (count, after) = rest.split_first_chunk::<4>()?;
    if u32::from_be_bytes(*count) != 1 {
        return None;
    }
    rest = after;
    let public = field(&mut rest)?;
    let encrypted = cipher != b"none";
    let (length, after) = rest.split_first_chunk::<4>()?;
    let begin = head.len() - after.len();
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    // Some ciphers have a tag behind the private part.
    let behind = whole.checked_sub(begin.checked_add(length)?)?;
    if length == 0 || (!encrypted && (behind != 0 || !length.is_multiple_of(8))) {
        return None;
    }
    Some(PrivateFile::OpenSsh {
        public: PublicKey::from_bytes(public)
            .ok()
            .map(|key| PublicHalf::of(&key)),
        encrypted,
    })
}

/// A string of RFC 4251, section 5.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (field, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(field)
}
