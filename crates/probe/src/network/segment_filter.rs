//! Filters that decide which arriving segments our own socket hears (`SO_ATTACH_FILTER`, `socket(7)`).
//!
//! Each is a classic BPF program: load one byte, test it, accept or drop. Most kernels let everyone attach one; some refuse
//! ordinary users.

use std::sync::OnceLock;

use nix::libc;
use socket2::{Domain, SockFilter, Socket, Type};

/// Whether the kernel lets this process attach filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filters {
    /// It does.
    Allowed,
    /// It does not.
    Refused,
}

impl Filters {
    /// Found out once per process, with a filter that accepts everything.
    pub(super) fn here() -> Self {
        static HERE: OnceLock<Filters> = OnceLock::new();
        *HERE.get_or_init(|| {
            let accept_all = [SockFilter::new(
                code(libc::BPF_RET | libc::BPF_K),
                0,
                0,
                u32::MAX,
            )];
            let is_attached = [Domain::IPV4, Domain::IPV6].into_iter().any(|domain| {
                Socket::new(domain, Type::STREAM, None)
                    .is_ok_and(|socket| socket.attach_filter(&accept_all).is_ok())
            });
            if is_attached {
                Self::Allowed
            } else {
                Self::Refused
            }
        })
    }
}

/// A test of one byte, and whether passing it accepts the segment.
#[derive(Debug, Clone, Copy)]
struct ByteTest {
    offset: u32,
    jump: u32,
    operand: u8,
    accept_if_true: bool,
}

/// Which segments a socket hears, by their time to live (IPv6: hop limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    /// Only those in which a bit of the mask is set.
    Set(u8),
    /// Only those in which no bit of the mask is set.
    Clear(u8),
    /// Only those with this value.
    Equal(u8),
    /// Only those with another value.
    Other(u8),
}

impl Hears {
    /// The program for a socket of the family.
    pub(super) fn filter(self, is_ipv6: bool) -> [SockFilter; 4] {
        // RFC 791, section 3.1; RFC 8200, section 3.
        let offset_in_ip_header = if is_ipv6 { 7 } else { 8 };
        let (jump, operand, accept_if_true) = match self {
            Self::Set(mask) => (libc::BPF_JSET, mask, true),
            Self::Clear(mask) => (libc::BPF_JSET, mask, false),
            Self::Equal(value) => (libc::BPF_JEQ, value, true),
            Self::Other(value) => (libc::BPF_JEQ, value, false),
        };
        program(ByteTest {
            offset: libc::SKF_NET_OFF.cast_unsigned() + offset_in_ip_header,
            jump,
            operand,
            accept_if_true,
        })
    }
}

/// Drops every SYN-ACK, so that the handshake never completes; resets are heard.
pub(super) fn without_syn() -> [SockFilter; 4] {
    const SYN: u8 = 0x02;
    program(ByteTest {
        // A TCP socket's filter sees the segment from the TCP header on; the flags are its byte 13 (RFC 9293, section 3.1).
        offset: 13,
        jump: libc::BPF_JSET,
        operand: SYN,
        accept_if_true: false,
    })
}

fn program(test: ByteTest) -> [SockFilter; 4] {
    const DROP: u32 = 0;
    const ACCEPT: u32 = u32::MAX;
    let (if_true, if_false) = if test.accept_if_true {
        (ACCEPT, DROP)
    } else {
        (DROP, ACCEPT)
    };
    let statement =
        |instruction: u32, operand: u32| SockFilter::new(code(instruction), 0, 0, operand);
    [
        statement(libc::BPF_LD | libc::BPF_B | libc::BPF_ABS, test.offset),
        SockFilter::new(
            code(libc::BPF_JMP | test.jump | libc::BPF_K),
            0,
            1,
            u32::from(test.operand),
        ),
        statement(libc::BPF_RET | libc::BPF_K, if_true),
        statement(libc::BPF_RET | libc::BPF_K, if_false),
    ]
}

/// Instruction codes of classic BPF have 16 bits.
const fn code(instruction: u32) -> u16 {
    (instruction & 0xffff) as u16
}
