//! What the probe offers: everything its library has, in the order that the person's `ssh` would use.

use std::borrow::Cow;

use russh::{
    Preferred, cipher, compression, kex,
    keys::{Algorithm, EcdsaCurve, HashAlg},
    mac,
};
use sshdoctor_case::{AlgorithmOffer, Received};
use sshdoctor_wire::{KexInit, KnownHosts, known_hosts::Marker};

use super::host_key::LookUp;

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::DH_G14_SHA256,
    kex::DH_G15_SHA512,
    kex::DH_G17_SHA512,
    kex::DH_G14_SHA1,
    kex::DH_GEX_SHA1,
    kex::DH_G1_SHA1,
];

const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_CTR,
    cipher::AES_192_CTR,
    cipher::AES_256_CTR,
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    cipher::AES_128_CBC,
    cipher::AES_192_CBC,
    cipher::AES_256_CBC,
];

const MACS: &[mac::Name] = &[
    mac::HMAC_SHA256_ETM,
    mac::HMAC_SHA512_ETM,
    mac::HMAC_SHA1_ETM,
    mac::HMAC_SHA256,
    mac::HMAC_SHA512,
    mac::HMAC_SHA1,
];

const HOST_KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
    Algorithm::Rsa { hash: None },
];

/// The offer of the probe.
///
/// Types for which known_hosts holds a key come first, as `order_hostkeyalgs` (sshconnect2.c) has it, so that the server
/// shows the key that `ssh` would compare. Certificates are asked for only where known_hosts trusts an authority.
pub(super) fn preferred(
    person: Option<&AlgorithmOffer>,
    known: &KnownHosts,
    look_up: &LookUp,
) -> Preferred {
    let mut key_order: Vec<Algorithm> = HOST_KEYS.to_vec();
    if let Some(person) = person {
        by_preference(&mut key_order, &person.host_key, |key| key.to_string());
    }
    let mut known_types = Vec::new();
    let mut authority = false;
    for name in &look_up.names {
        for entry in known.matching(name, look_up.port) {
            match entry.marker {
                None => known_types.push(entry.key_type.as_str()),
                Some(Marker::CertAuthority) => authority = true,
                Some(Marker::Revoked) => {}
            }
        }
    }
    // A stable sort: known types keep their order among themselves.
    key_order.sort_by_key(|key| !known_types.contains(&key_type_of(key)));
    let certificates = if authority {
        key_order.clone()
    } else {
        Vec::new()
    };
    let mut kex_order = KEX.to_vec();
    if let Some(person) = person {
        by_preference(&mut kex_order, &person.kex, |name| name.as_ref().to_owned());
        if prefers_post_quantum(person) {
            // A stable sort: only this one moves. Its packets are as large as those of sntrup761, which the library
            // lacks, so that a path which loses large packets shows.
            kex_order.sort_by_key(|name| *name != kex::MLKEM768X25519_SHA256);
        }
    }
    Preferred {
        kex: Cow::Owned(kex_order),
        key: Cow::Owned(key_order),
        host_key_certificates: Cow::Owned(certificates),
        cipher: Cow::Borrowed(CIPHERS),
        mac: Cow::Borrowed(MACS),
        compression: Cow::Borrowed(&[compression::NONE]),
    }
}

/// Whether the person's `ssh` would rather exchange keys by a method with packets of more than a kilobyte.
fn prefers_post_quantum(person: &AlgorithmOffer) -> bool {
    person.kex.first().is_some_and(|first| {
        first.as_str().starts_with("sntrup") || first.as_str().starts_with("mlkem")
    })
}

/// Sorts `names` by their place in the person's list; what is not in it goes last.
fn by_preference<T>(names: &mut [T], person: &[Received], text: impl Fn(&T) -> String) {
    names.sort_by_key(|name| {
        let text = text(name);
        person
            .iter()
            .position(|wanted| wanted.as_str() == text)
            .unwrap_or(usize::MAX)
    });
}

/// The key type of a signature algorithm, as known_hosts names it.
pub(super) fn key_type_of(algorithm: &Algorithm) -> &str {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa",
        other => other.as_str(),
    }
}

/// The offer in the form that is compared with the server's. Markers for extensions are no methods and left out.
pub(super) fn as_kexinit(preferred: &Preferred) -> KexInit {
    let ciphers = names(&preferred.cipher);
    let macs = names(&preferred.mac);
    let compression = names(&preferred.compression);
    let mut host_key: Vec<String> = preferred
        .host_key_certificates
        .iter()
        .map(Algorithm::to_certificate_type)
        .collect();
    host_key.extend(preferred.key.iter().map(ToString::to_string));
    KexInit {
        kex: names(&preferred.kex),
        host_key,
        ciphers_client_to_server: ciphers.clone(),
        ciphers_server_to_client: ciphers,
        macs_client_to_server: macs.clone(),
        macs_server_to_client: macs,
        compression_client_to_server: compression.clone(),
        compression_server_to_client: compression,
        ..KexInit::default()
    }
}

/// What the person's `ssh` would offer, in the form that is compared with the server's.
pub(super) fn person_kexinit(offer: &AlgorithmOffer) -> KexInit {
    let list = |names: &[Received]| -> Vec<String> {
        names.iter().map(|name| name.as_str().to_owned()).collect()
    };
    KexInit {
        kex: list(&offer.kex),
        host_key: list(&offer.host_key),
        ciphers_client_to_server: list(&offer.ciphers),
        ciphers_server_to_client: list(&offer.ciphers),
        macs_client_to_server: list(&offer.macs),
        macs_server_to_client: list(&offer.macs),
        compression_client_to_server: list(&offer.compression),
        compression_server_to_client: list(&offer.compression),
        ..KexInit::default()
    }
}

/// The server's KEXINIT as evidence.
pub(super) fn as_offer(server: &KexInit) -> AlgorithmOffer {
    let list = |names: &[String]| -> Vec<Received> {
        names.iter().map(|name| Received::from_text(name)).collect()
    };
    AlgorithmOffer {
        kex: list(&server.kex),
        host_key: list(&server.host_key),
        ciphers: list(&server.ciphers_client_to_server),
        macs: list(&server.macs_client_to_server),
        compression: list(&server.compression_client_to_server),
    }
}

fn names<T: AsRef<str>>(list: &[T]) -> Vec<String> {
    list.iter().map(|name| name.as_ref().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDeG2IL+ao7Wf0drItoUls2pBv5mfRrLO5+tCQQ9HFyHWLlEwxYF3mSUoe75oUcqhgVJneIlLq/tzAnimIGHm4Q63iqBrVGEGhK3RjG4zLf5j+sqlkDTe91l+hn4E1gq2Xuc75Oq5W+dwD+5g+fAykrWFXNLMezY0ZrYxciTCU5Uw==";

    fn order(known_hosts: &str, person: Option<&AlgorithmOffer>) -> Vec<String> {
        let known = KnownHosts::parse(known_hosts.as_bytes());
        let look_up = LookUp {
            names: vec!["web1".into()],
            port: 22,
            files: Vec::new(),
        };
        as_kexinit(&preferred(person, &known, &look_up)).host_key
    }

    #[test]
    fn known_types_come_first_then_the_order_of_the_person() {
        let person = AlgorithmOffer {
            host_key: ["ecdsa-sha2-nistp256", "rsa-sha2-256", "ssh-ed25519"]
                .map(Received::from_text)
                .to_vec(),
            ..AlgorithmOffer::default()
        };
        assert_eq!(order("", Some(&person))[0], "ecdsa-sha2-nistp256");
        assert_eq!(order("", None)[0], "ssh-ed25519");
        let known = order(&format!("web1 {RSA}\n"), Some(&person));
        assert!(known[0].starts_with("rsa-sha2-"), "{known:?}");
    }
}
