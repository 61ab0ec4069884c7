//! Rich rules, read back from the rules they make.

use super::super::values::{ports, single};
use super::super::words::{Action, Words};
use super::service;
use crate::evaluate::Version;
use crate::model::{IcmpError, Rate, RateKind, RejectWith};

/// A rich rule as `firewalld.richlanguage(5)` has it, and whether no other rich rule makes the same kernel rule.
pub(super) fn rich_rule(words: &Words) -> Option<(String, bool)> {
    let mut text = "rule".to_owned();
    if words.source.is_some() || words.destination.is_some() || words.names_version {
        let family = match words.version {
            Version::V4 => "ipv4",
            Version::V6 => "ipv6",
        };
        text.push_str(&format!(" family=\"{family}\""));
    }
    if let Some(source) = words.source_text() {
        text.push_str(&format!(" source address=\"{source}\""));
    }
    if let Some(destination) = words.destination_text() {
        text.push_str(&format!(" destination address=\"{destination}\""));
    }
    let mut exact = words.rate.is_none() && words.input_interface.is_none();
    if let Some(asked) = &words.ports {
        let protocol = words.protocol_text()?;
        text.push_str(&format!(
            " port port=\"{}\" protocol=\"{protocol}\"",
            ports(asked, '-')
        ));
        exact &= single(asked).and_then(service).is_none();
    }
    if let Some(asked) = &words.source_ports {
        let protocol = words.protocol_text()?;
        text.push_str(&format!(
            " source-port port=\"{}\" protocol=\"{protocol}\"",
            ports(asked, '-')
        ));
    }
    let (action, is_only_spelling) = action_of(words.action)?;
    text.push_str(&action);
    exact &= is_only_spelling;
    if let Some(rate) = &words.rate {
        text.push_str(&limit(rate)?);
    }
    Some((text, exact))
}

/// The action of a rich rule, and whether no other spelling makes the same.
fn action_of(action: Action) -> Option<(String, bool)> {
    let with = match action {
        Action::Accept => return Some((" accept".to_owned(), true)),
        Action::Drop => return Some((" drop".to_owned(), true)),
        Action::Reject(with) => with,
        _ => return None,
    };
    let kind = match with {
        RejectWith::TcpReset => "tcp-reset",
        RejectWith::Icmp(error) => match error {
            // Also what `reject` without a type does.
            IcmpError::PortUnreachable
            | IcmpError::PortUnreachable6
            | IcmpError::AnyPortUnreachable => return Some((" reject".to_owned(), false)),
            IcmpError::NetUnreachable => "icmp-net-unreachable",
            IcmpError::HostUnreachable => "icmp-host-unreachable",
            IcmpError::ProtocolUnreachable => "icmp-proto-unreachable",
            IcmpError::NetProhibited => "icmp-net-prohibited",
            IcmpError::HostProhibited => "icmp-host-prohibited",
            IcmpError::AdminProhibited => "icmp-admin-prohibited",
            IcmpError::NoRoute6 => "icmp6-no-route",
            IcmpError::AdminProhibited6 => "icmp6-adm-prohibited",
            IcmpError::AddressUnreachable6 => "icmp6-addr-unreachable",
            _ => return Some((" reject".to_owned(), false)),
        },
    };
    Some((
        format!(" reject type=\"{kind}\""),
        matches!(with, RejectWith::TcpReset),
    ))
}

fn limit(rate: &Rate) -> Option<String> {
    let unit = match rate.seconds {
        1 => 's',
        60 => 'm',
        3600 => 'h',
        86400 => 'd',
        _ => return None,
    };
    (rate.kind == RateKind::Limit && !rate.when_exceeded)
        .then(|| format!(" limit value=\"{}/{unit}\"", rate.amount))
}
