//! A public key: what it is, and what of the configuration refuses it.

use base64ct::{Base64, Encoding};
use ssh_key::PublicKey;
use ssh_key::public::KeyData;
use sshdoctor_case::SshdConfig;

use super::from::matches;

/// Longest key that is read, in base64; sshd refuses RSA keys beyond 16384 bits.
const LONGEST: usize = 32 * 1024;

/// What a key is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) bits: Option<u32>,
    pub(super) fingerprint: Option<String>,
    pub(super) problem: Option<String>,
}

/// Describes a key of the given type in base64.
pub(super) fn describe(key_type: &str, blob: &str) -> Described {
    let broken = |why: &str| Described {
        problem: Some(why.to_owned()),
        ..Described::default()
    };
    if blob.len() > LONGEST {
        return broken("longer than any key");
    }
    let Ok(bytes) = Base64::decode_vec(blob) else {
        return broken("the key is damaged: not base64, or cut");
    };
    let Ok(key) = PublicKey::from_bytes(&bytes) else {
        return broken("the key is damaged");
    };
    let own_type = key.key_data().algorithm();
    if !key_type.contains("-cert-") && own_type.as_str() != key_type {
        return broken("the key is of another type than the line says");
    }
    Described {
        bits: match key.key_data() {
            KeyData::Rsa(rsa) => rsa.n().as_positive_bytes().map(bits_of),
            _ => None,
        },
        fingerprint: Some(key.fingerprint(ssh_key::HashAlg::Sha256).to_string()),
        problem: None,
    }
}

fn bits_of(number: &[u8]) -> u32 {
    let leading = number.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(number.len().saturating_mul(8))
        .unwrap_or(u32::MAX)
        .saturating_sub(leading)
}

/// Whether no algorithm for keys of this type is accepted; absent where the list is not wholly known.
pub(super) fn is_refused(key_type: &str, config: &SshdConfig) -> Option<bool> {
    let list = ["pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"]
        .iter()
        .find_map(|keyword| config.value(keyword))?;
    // Relative to a default that differs from version to version.
    if list.starts_with(['+', '-', '^']) {
        return None;
    }
    let own = [key_type];
    let algorithms: &[&str] = match key_type {
        "ssh-rsa" => &["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
        "sk-ecdsa-sha2-nistp256@openssh.com" => &[
            "sk-ecdsa-sha2-nistp256@openssh.com",
            "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
        ],
        _ => &own,
    };
    let accepted = algorithms.iter().any(|algorithm| accepts(list, algorithm));
    // A list that was too long to be kept whole may go on with it.
    (accepted || !list.ends_with('…')).then_some(!accepted)
}

/// A list of patterns (`match_pattern_list`).
fn accepts(list: &str, algorithm: &str) -> bool {
    let mut accepted = false;
    for pattern in list.split(',').map(str::trim) {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(algorithm, negated) => return false,
            Some(_) => {}
            None => accepted |= matches(algorithm, pattern),
        }
    }
    accepted
}
