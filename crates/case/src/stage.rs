//! The stages every connection meets, in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One stage of a connection, in the order in which a connection meets them.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The client's own configuration, before anything is sent.
    Client,
    /// From the name to addresses.
    Name,
    /// From the client to the machine at the address.
    Route,
    /// A packet filter between the two machines.
    NetworkFirewall,
    /// The packet filter of the server itself.
    HostFirewall,
    /// The socket that accepts, or does not.
    Listener,
    /// The identification string (RFC 4253, section 4.2).
    Banner,
    /// KEXINIT up to the server's reply (RFC 4253, sections 7 and 8).
    KeyExchange,
    /// The server's key against what the client remembers.
    HostKey,
    /// User authentication (RFC 4252).
    Authentication,
    /// The session channel (RFC 4254).
    Session,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 11] = [
        Self::Client,
        Self::Name,
        Self::Route,
        Self::NetworkFirewall,
        Self::HostFirewall,
        Self::Listener,
        Self::Banner,
        Self::KeyExchange,
        Self::HostKey,
        Self::Authentication,
        Self::Session,
    ];

    /// The name used in JSON, for example `key-exchange`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Name => "name",
            Self::Route => "route",
            Self::NetworkFirewall => "network-firewall",
            Self::HostFirewall => "host-firewall",
            Self::Listener => "listener",
            Self::Banner => "banner",
            Self::KeyExchange => "key-exchange",
            Self::HostKey => "host-key",
            Self::Authentication => "authentication",
            Self::Session => "session",
        }
    }
}
