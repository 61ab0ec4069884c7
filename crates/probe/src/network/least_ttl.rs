//! A least time to live for what a socket hears, which the kernel grants everyone.

use std::io;

use nix::libc;
use nix::sys::socket::setsockopt;
use nix::{setsockopt_impl, sockopt_impl};
use socket2::{Domain, Socket};

sockopt_impl!(
    LeastTtl,
    SetOnly,
    libc::IPPROTO_IP,
    libc::IP_MINTTL,
    libc::c_int
);

sockopt_impl!(
    LeastHopLimit,
    SetOnly,
    libc::IPPROTO_IPV6,
    libc::IPV6_MINHOPCOUNT,
    libc::c_int
);

/// Makes the socket deaf to segments that arrive with less than `least` (`IP_MINTTL`, `IPV6_MINHOPCOUNT`; RFC 5082, section 3),
/// already while it connects. 0: hears all.
///
/// # Errors
/// What `setsockopt(2)` gives, on kernels before 2.6.34 (IPv6: 4.17) for instance.
pub(super) fn set(socket: &Socket, domain: Domain, least: u8) -> io::Result<()> {
    let least = libc::c_int::from(least);
    if domain == Domain::IPV6 {
        setsockopt(socket, LeastHopLimit, &least)?;
    } else {
        setsockopt(socket, LeastTtl, &least)?;
    }
    Ok(())
}
