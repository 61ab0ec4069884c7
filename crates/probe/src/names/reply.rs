//! What a name server's message means.

use std::net::IpAddr;

use hickory_proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{Name, RData, RecordType},
};
use sshdoctor_case::{AddressRecord, NameAnswer, Received};

/// The most addresses kept of one answer.
const MAX_ADDRESSES: usize = 64;

/// What a message from a name server means for a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyReading {
    /// Not an answer to this question.
    NotOurs,
    /// Cut off; to be asked again over TCP.
    Truncated,
    /// The records for the name, aliases followed; empty when it has none of this type.
    Records {
        /// The addresses.
        addresses: Vec<AddressRecord>,
        /// The name at the end of the aliases, when it is another.
        canonical_name: Option<String>,
    },
    /// NXDOMAIN.
    NoSuchName,
    /// Another response code.
    Failed(String),
}

/// Reads a message as the answer to the question `name`, `kind` with this `id`.
#[must_use]
pub fn read_reply(bytes: &[u8], id: u16, name: &Name, kind: RecordType) -> ReplyReading {
    let Ok(message) = Message::from_vec(bytes) else {
        return ReplyReading::NotOurs;
    };
    let answers_us = message.metadata.id == id
        && message.metadata.message_type == MessageType::Response
        && matches!(message.queries.as_slice(), [query] if query.name() == name && query.query_type() == kind);
    if !answers_us {
        return ReplyReading::NotOurs;
    }
    if message.metadata.truncation {
        return ReplyReading::Truncated;
    }
    match message.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return ReplyReading::NoSuchName,
        code => return ReplyReading::Failed(code_in_words(code)),
    }
    let mut owner = name.clone();
    // Aliases usually come in order; the bound also ends a loop of them.
    for _ in 0..message.answers.len() {
        let next = message
            .answers
            .iter()
            .find_map(|record| match &record.data {
                RData::CNAME(target) if record.name == owner => Some(target.0.clone()),
                _ => None,
            });
        match next {
            Some(target) => owner = target,
            None => break,
        }
    }
    let addresses = message
        .answers
        .iter()
        .filter(|record| record.name == owner)
        .filter_map(|record| {
            let address = match &record.data {
                RData::A(address) => IpAddr::V4(address.0),
                RData::AAAA(address) => IpAddr::V6(address.0),
                _ => return None,
            };
            Some(AddressRecord {
                address,
                ttl_seconds: Some(record.ttl),
            })
        })
        .take(MAX_ADDRESSES)
        .collect();
    let canonical_name = (owner != *name).then(|| owner.to_ascii());
    ReplyReading::Records {
        addresses,
        canonical_name,
    }
}

fn code_in_words(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".into(),
        ResponseCode::Refused => "REFUSED".into(),
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        other => other.to_string(),
    }
}

/// One answer out of the answers to both kinds of question.
pub(super) fn put_together(readings: impl Iterator<Item = ReplyReading>) -> NameAnswer {
    let mut found = Vec::new();
    let mut alias = None;
    let mut failure = None;
    let mut exists = false;
    for reading in readings {
        match reading {
            ReplyReading::Records {
                addresses,
                canonical_name,
            } => {
                exists = true;
                found.extend(addresses);
                alias = alias.or(canonical_name);
            }
            ReplyReading::Failed(reason) => failure = Some(reason),
            ReplyReading::NoSuchName | ReplyReading::NotOurs | ReplyReading::Truncated => {}
        }
    }
    if !found.is_empty() {
        return NameAnswer::Addresses {
            addresses: found,
            canonical_name: alias.map(|name| Received::from_text(name.trim_end_matches('.'))),
        };
    }
    match failure {
        Some(reason) => NameAnswer::TemporaryFailure {
            reason: Received::from_text(&reason),
        },
        None if exists => NameAnswer::NoAddress,
        None => NameAnswer::NotFound,
    }
}
