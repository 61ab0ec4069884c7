//! Which algorithms two offers lead to (RFC 4253, section 7.1), as OpenSSH chooses.

use std::fmt;

use crate::KexInit;

/// OpenSSH compares with this many names of the server's list and ignores the rest.
const SERVER_NAMES_COMPARED: usize = 40;

/// Ciphers that authenticate by themselves, so that no MAC is chosen.
const AUTHENTICATED_CIPHERS: [&str; 8] = [
    "chacha20-poly1305@openssh.com",
    "chacha20-poly1305",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-gcm",
    "aes256-gcm",
    "AEAD_AES_128_GCM",
    "AEAD_AES_256_GCM",
];

/// One of the lists that must have a name in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// Key exchange methods.
    KeyExchange,
    /// Host key algorithms.
    HostKey,
    /// Ciphers.
    Cipher,
    /// MACs.
    Mac,
    /// Compression methods.
    Compression,
}

impl List {
    /// OpenSSH's words for it, as in `no matching … found`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::KeyExchange => "key exchange method",
            Self::HostKey => "host key type",
            Self::Cipher => "cipher",
            Self::Mac => "MAC",
            Self::Compression => "compression method",
        }
    }
}

impl fmt::Display for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.words())
    }
}

/// The direction of a cipher, MAC or compression method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client.
    ClientToServer,
    /// From the server.
    ServerToClient,
}

/// No name in common: the connection ends here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no matching {list} found")]
pub struct NoCommon {
    /// In which list.
    pub list: List,
    /// In which direction, where there are two.
    pub direction: Option<Direction>,
    /// What the client offers.
    pub client: Vec<String>,
    /// What the server offers.
    pub server: Vec<String>,
}

/// What protects one direction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Protection {
    /// Cipher.
    pub cipher: String,
    /// MAC; absent where the cipher authenticates by itself.
    pub mac: Option<String>,
    /// Compression method.
    pub compression: String,
}

/// The choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Negotiated {
    /// Key exchange method.
    pub kex: String,
    /// Host key algorithm.
    pub host_key: String,
    /// From the client.
    pub client_to_server: Protection,
    /// From the server.
    pub server_to_client: Protection,
}

/// Chooses: in each list the client's first name that the server has too.
///
/// # Errors
/// The first list without one, in the order in which OpenSSH's client looks.
pub fn negotiate(client: &KexInit, server: &KexInit) -> Result<Negotiated, NoCommon> {
    let kex = choose(List::KeyExchange, None, &client.kex, &server.kex)?;
    let host_key = choose(List::HostKey, None, &client.host_key, &server.host_key)?;
    // OpenSSH's client looks at what it will receive first.
    let server_to_client = protection(
        Direction::ServerToClient,
        [
            (
                &client.ciphers_server_to_client,
                &server.ciphers_server_to_client,
            ),
            (&client.macs_server_to_client, &server.macs_server_to_client),
            (
                &client.compression_server_to_client,
                &server.compression_server_to_client,
            ),
        ],
    )?;
    let client_to_server = protection(
        Direction::ClientToServer,
        [
            (
                &client.ciphers_client_to_server,
                &server.ciphers_client_to_server,
            ),
            (&client.macs_client_to_server, &server.macs_client_to_server),
            (
                &client.compression_client_to_server,
                &server.compression_client_to_server,
            ),
        ],
    )?;
    Ok(Negotiated {
        kex,
        host_key,
        client_to_server,
        server_to_client,
    })
}

fn protection(
    direction: Direction,
    [ciphers, macs, compression]: [(&Vec<String>, &Vec<String>); 3],
) -> Result<Protection, NoCommon> {
    let direction = Some(direction);
    let cipher = choose(List::Cipher, direction, ciphers.0, ciphers.1)?;
    let mac = if AUTHENTICATED_CIPHERS.contains(&cipher.as_str()) {
        None
    } else {
        Some(choose(List::Mac, direction, macs.0, macs.1)?)
    };
    let compression = choose(List::Compression, direction, compression.0, compression.1)?;
    Ok(Protection {
        cipher,
        mac,
        compression,
    })
}

fn choose(
    list: List,
    direction: Option<Direction>,
    client: &[String],
    server: &[String],
) -> Result<String, NoCommon> {
    // An empty name ends a list for OpenSSH.
    let offered = |names: &'_ [String]| {
        names
            .iter()
            .position(String::is_empty)
            .unwrap_or(names.len())
    };
    let compared = &server[..offered(server).min(SERVER_NAMES_COMPARED)];
    client[..offered(client)]
        .iter()
        .filter(|name| list != List::KeyExchange || !is_marker(name))
        .find(|name| compared.contains(name))
        .cloned()
        .ok_or_else(|| NoCommon {
            list,
            direction,
            client: client.to_vec(),
            server: server.to_vec(),
        })
}

/// Whether a name among the key exchange methods is a signal and not a method (RFC 8308; OpenSSH's `PROTOCOL`, 1.10).
#[must_use]
pub fn is_marker(name: &str) -> bool {
    matches!(name, "ext-info-c" | "ext-info-s") || name.starts_with("kex-strict-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    fn offer(kex: &str, host_key: &str, cipher: &str, mac: &str) -> KexInit {
        KexInit {
            kex: names(kex),
            host_key: names(host_key),
            ciphers_client_to_server: names(cipher),
            ciphers_server_to_client: names(cipher),
            macs_client_to_server: names(mac),
            macs_server_to_client: names(mac),
            compression_client_to_server: names("none,zlib@openssh.com"),
            compression_server_to_client: names("none,zlib@openssh.com"),
            ..KexInit::default()
        }
    }

    #[test]
    fn the_clients_order_decides() {
        let client = offer(
            "curve25519-sha256,ecdh-sha2-nistp256",
            "ssh-ed25519,rsa-sha2-512",
            "aes256-ctr,aes128-ctr",
            "hmac-sha2-512,hmac-sha2-256",
        );
        let server = offer(
            "ecdh-sha2-nistp256,curve25519-sha256",
            "rsa-sha2-512",
            "aes128-ctr,aes256-ctr",
            "hmac-sha2-256",
        );
        let chosen = negotiate(&client, &server).unwrap();
        assert_eq!(chosen.kex, "curve25519-sha256");
        assert_eq!(chosen.host_key, "rsa-sha2-512");
        assert_eq!(
            chosen.client_to_server,
            Protection {
                cipher: "aes256-ctr".into(),
                mac: Some("hmac-sha2-256".into()),
                compression: "none".into()
            }
        );
    }

    #[test]
    fn a_cipher_that_authenticates_needs_no_common_mac() {
        let client = offer("k", "h", "chacha20-poly1305@openssh.com", "hmac-sha2-512");
        let server = offer("k", "h", "chacha20-poly1305@openssh.com", "hmac-sha1");
        assert_eq!(
            negotiate(&client, &server).unwrap().server_to_client.mac,
            None
        );
        let client = offer("k", "h", "aes128-ctr", "hmac-sha2-512");
        let server = offer("k", "h", "aes128-ctr", "hmac-sha1");
        let error = negotiate(&client, &server).unwrap_err();
        assert_eq!(error.to_string(), "no matching MAC found");
        assert_eq!(error.direction, Some(Direction::ServerToClient));
        assert_eq!(error.server, ["hmac-sha1"]);
    }

    #[test]
    fn markers_are_never_a_method_in_common() {
        let client = offer(
            "a,ext-info-c,kex-strict-c-v00@openssh.com",
            "h",
            "aes128-ctr",
            "m",
        );
        let server = offer(
            "b,ext-info-c,kex-strict-c-v00@openssh.com",
            "h",
            "aes128-ctr",
            "m",
        );
        let error = negotiate(&client, &server).unwrap_err();
        assert_eq!(error.list.words(), "key exchange method");
    }

    #[test]
    fn openssh_sees_only_forty_names_of_the_server_and_stops_at_an_empty_one() {
        let many: Vec<String> = (0..41).map(|number| format!("k{number}")).collect();
        let server = offer(&many.join(","), "h", "aes128-gcm@openssh.com", "m");
        let with = |kex| offer(kex, "h", "aes128-gcm@openssh.com", "m");
        assert_eq!(negotiate(&with("k39"), &server).unwrap().kex, "k39");
        assert!(negotiate(&with("k40"), &server).is_err());
        assert!(negotiate(&with("x,,k1"), &server).is_err());
    }
}
