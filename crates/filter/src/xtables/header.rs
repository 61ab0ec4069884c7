//! Options of iptables itself (`iptables(8)`, "PARAMETERS"), which the kernel looks at before any match.

use crate::evaluate::Version;
use crate::model::{Condition, Expression, Field, Range, Ranges, interface_name, interface_prefix};

use super::conditions::equals;
use super::options::Context;
use super::values::{address_condition, protocol};

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    /// `-s`.
    Source,
    /// `-d`.
    Destination,
    /// `-i`.
    Input,
    /// `-o`.
    Output,
    /// `-p`.
    Protocol,
    /// `-f`.
    Fragment,
}

/// What it asks of a packet; nothing when it holds for all (`net/ipv4/netfilter/ip_tables.c`, `ip6_tables.c`).
pub(super) fn condition(
    header: Header,
    value: &str,
    negated: bool,
    context: &Context<'_>,
) -> Result<Option<Condition>, String> {
    let address = |v4, v6| {
        let field = match context.version {
            Version::V4 => v4,
            Version::V6 => v6,
        };
        address_condition(field, value, context.version, negated).map(Some)
    };
    match header {
        Header::Source => address(Field::Ip4Source, Field::Ip6Source),
        Header::Destination => address(Field::Ip4Destination, Field::Ip6Destination),
        Header::Input => Ok(interface(Field::InputInterface, value, negated)),
        Header::Output => Ok(interface(Field::OutputInterface, value, negated)),
        Header::Protocol => match protocol(value) {
            Ok(Some(number)) => Ok(Some(equals(
                Field::TransportProtocol,
                number.into(),
                negated,
            ))),
            Ok(None) if negated => Ok(Some(Condition::Constant(false))),
            Ok(None) => Ok(None),
            Err(unclear) => Err(unclear),
        },
        // A TCP SYN is no later fragment.
        Header::Fragment => Ok(Some(Condition::Constant(negated))),
    }
}

/// `eth0`, or `eth+` for all that begin so; `+` is any, even none.
fn interface(field: Field, name: &str, negated: bool) -> Option<Condition> {
    let range = match name.strip_suffix('+') {
        Some("") if negated => return Some(Condition::Constant(false)),
        Some("") => return None,
        Some(stem) => interface_prefix(stem),
        None => Range::exactly(interface_name(name)),
    };
    Some(Condition::In {
        value: Expression::Field(field),
        ranges: Ranges::one(range),
        negated,
    })
}
