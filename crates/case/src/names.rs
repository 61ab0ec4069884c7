//! What a name resolved to, and who said so.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum NameSource {
    /// The system's resolver, as `ssh` uses it (`getent ahosts`, or the address itself when none is needed).
    System,
    /// The hosts file.
    HostsFile {
        /// Line of the first match, from 1.
        line: Option<u32>,
    },
    /// One configured name server, asked directly.
    NameServer {
        /// Its address.
        server: IpAddr,
    },
}

/// One address of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AddressRecord {
    /// The address.
    pub address: IpAddr,
    /// Seconds the record may still be cached; only name servers say.
    pub ttl_seconds: Option<u32>,
}

/// What the source answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum NameAnswer {
    /// At least one address, in the order in which `ssh` would try them.
    Addresses {
        /// The addresses.
        addresses: Vec<AddressRecord>,
        /// The canonical name, when it differs.
        canonical_name: Option<Received>,
    },
    /// The name does not exist (`EAI_NONAME`, NXDOMAIN), or the hosts file does not list it.
    NotFound,
    /// The name exists without an address of the wanted family.
    NoAddress,
    /// The resolver could not tell now (`EAI_AGAIN`, SERVFAIL, REFUSED).
    TemporaryFailure {
        /// The response code or message.
        reason: Received,
    },
    /// No answer before the deadline.
    Silent,
    /// The source could not be asked: no tool, no file, no server configured.
    NotAsked {
        /// Why.
        reason: Received,
    },
}
