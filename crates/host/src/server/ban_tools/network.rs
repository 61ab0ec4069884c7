//! Addresses and networks as tools that ban write them.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether an address or network holds a client; absent where the text is neither.
pub(super) fn covers(text: &str, from: IpAddr) -> Option<bool> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical() == from.to_canonical());
    }
    let network: IpNet = text.parse().ok()?;
    Some(network.contains(&from.to_canonical()))
}
