//! The time to live with which a port's answer arrives.

use std::net::SocketAddr;
use std::time::Duration;

pub(crate) async fn answer_ttl(_to: SocketAddr, _deadline: Duration) -> Option<u8> {
    None
}

pub(crate) async fn ttl_equals(
    _to: SocketAddr,
    _expected: u8,
    _deadline: Duration,
) -> Option<bool> {
    None
}
