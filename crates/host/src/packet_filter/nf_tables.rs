//! What nftables' own interface in the kernel says (`linux/netfilter/nf_tables.h`): that there is nothing, whether something was
//! changed, and the devices that `nft -j` leaves out.

use std::collections::HashMap;
use std::io;

use netlink_packet_core::{
    DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, NlasIterator,
};
use netlink_sys::protocols::NETLINK_NETFILTER;
use sshdoctor_filter::model::{Devices, Family, RuleSet};

use crate::netlink::{ask, list};

const NFNL_SUBSYS_NFTABLES: u16 = 10;
pub(super) const NFT_MSG_GETTABLE: u16 = 1;
pub(super) const NFT_MSG_GETCHAIN: u16 = 4;
const NFT_MSG_GETGEN: u16 = 16;
const NFTA_GEN_ID: u16 = 1;
pub(super) const NFTA_CHAIN_TABLE: u16 = 1;
pub(super) const NFTA_CHAIN_NAME: u16 = 3;
const NFTA_CHAIN_HOOK: u16 = 4;
const NFTA_HOOK_DEV: u16 = 3;
const NFTA_HOOK_DEVS: u16 = 4;
const NFTA_DEVICE_NAME: u16 = 1;

/// Number that changes with every change of the rules.
///
/// # Errors
/// As [`crate::netlink::ask`].
pub(crate) fn generation() -> io::Result<u32> {
    let answer = ask(NETLINK_NETFILTER, Message::question(NFT_MSG_GETGEN))?;
    attribute(&answer.attributes, NFTA_GEN_ID)
        .and_then(|value| value.try_into().ok())
        .map(u32::from_be_bytes)
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// How many tables there are.
///
/// # Errors
/// As [`crate::netlink::list`].
pub(crate) fn number_of_tables() -> io::Result<usize> {
    list(NETLINK_NETFILTER, &Message::question(NFT_MSG_GETTABLE)).map(|tables| tables.len())
}

/// Names the devices of chains whose devices the listing left out. What cannot be found out stays unknown.
pub(crate) fn name_devices(rule_set: &mut RuleSet) {
    let unknown = |rule_set: &RuleSet| {
        let mut chains = rule_set.tables.iter().flat_map(|table| &table.chains);
        chains.any(|chain| {
            let base = chain.base.as_ref();
            base.is_some_and(|base| base.devices == Devices::Unknown)
        })
    };
    if !unknown(rule_set) {
        return;
    }
    let Ok(chains) = list(NETLINK_NETFILTER, &Message::question(NFT_MSG_GETCHAIN)) else {
        return;
    };
    let devices: HashMap<_, _> = chains
        .iter()
        .filter_map(|chain| {
            let table = text(attribute(&chain.attributes, NFTA_CHAIN_TABLE)?)?;
            let name = text(attribute(&chain.attributes, NFTA_CHAIN_NAME)?)?;
            let hook = attribute(&chain.attributes, NFTA_CHAIN_HOOK)?;
            Some(((chain.family, table, name), devices_of(hook)?))
        })
        .collect();
    for table in &mut rule_set.tables {
        let family = number(table.family);
        for chain in &mut table.chains {
            let Some(base) = &mut chain.base else {
                continue;
            };
            if base.devices != Devices::Unknown {
                continue;
            }
            if let Some(named) = devices.get(&(family, &*table.name, &*chain.name)) {
                base.devices = Devices::Named(named.clone());
            }
        }
    }
}

/// The devices of a hook; `None` when one of them is not a plain name (since Linux 6.16 it may be the beginning of one).
fn devices_of(hook: &[u8]) -> Option<Box<[Box<str>]>> {
    if let Some(list) = attribute(hook, NFTA_HOOK_DEVS) {
        return NlasIterator::new(list)
            .map(|device| {
                let device = device.ok()?;
                let is_name = device.kind() == NFTA_DEVICE_NAME;
                text(device.value()).filter(|_| is_name).map(Into::into)
            })
            .collect();
    }
    let device = text(attribute(hook, NFTA_HOOK_DEV)?)?;
    Some([device.into()].into())
}

/// `NFPROTO_*` (`linux/netfilter.h`).
pub(super) const fn number(family: Family) -> u8 {
    match family {
        Family::Inet => 1,
        Family::Ip => 2,
        Family::Arp => 3,
        Family::Netdev => 5,
        Family::Bridge => 7,
        Family::Ip6 => 10,
    }
}

/// The value of the first attribute of this kind.
pub(super) fn attribute(attributes: &[u8], kind: u16) -> Option<&[u8]> {
    let mut attributes = NlasIterator::new(attributes);
    attributes.find_map(|found| {
        let found = found.ok()?;
        // The iterator's own `value` borrows from it; its inner slice lives as long as the message.
        (found.kind() == kind).then(|| {
            let length = usize::from(found.length());
            found.into_inner().get(4..length)
        })?
    })
}

/// A text that ends with a zero.
pub(super) fn text(value: &[u8]) -> Option<&str> {
    let end = value.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(value.get(..end)?).ok()
}

/// A message of nftables: `struct nfgenmsg`, then attributes.
#[derive(Debug, Clone)]
pub(super) struct Message {
    kind: u16,
    pub(super) family: u8,
    pub(super) attributes: Vec<u8>,
}

impl Message {
    /// About all families.
    pub(super) const fn question(kind: u16) -> Self {
        Self {
            kind: NFNL_SUBSYS_NFTABLES << 8 | kind,
            family: 0,
            attributes: Vec::new(),
        }
    }

    /// About this family.
    pub(super) const fn of(mut self, family: Family) -> Self {
        self.family = number(family);
        self
    }

    /// With one more attribute; one that is too long makes a question that the kernel refuses.
    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.attributes.extend(length.to_ne_bytes());
        self.attributes.extend(kind.to_ne_bytes());
        self.attributes.extend(value);
        let padded = self.attributes.len().next_multiple_of(4);
        self.attributes.resize(padded, 0);
        self
    }

    /// With a text and the zero that ends it.
    pub(super) fn with_text(self, kind: u16, text: &str) -> Self {
        let value: Vec<u8> = text.bytes().chain([0]).collect();
        self.with(kind, &value)
    }
}

impl NetlinkSerializable for Message {
    fn message_type(&self) -> u16 {
        self.kind
    }

    fn buffer_len(&self) -> usize {
        4 + self.attributes.len()
    }

    fn serialize(&self, buffer: &mut [u8]) {
        let bytes = [self.family, 0, 0, 0].into_iter();
        let bytes = bytes.chain(self.attributes.iter().copied());
        for (to, from) in buffer.iter_mut().zip(bytes) {
            *to = from;
        }
    }
}

impl NetlinkDeserializable for Message {
    type Error = DecodeError;

    fn deserialize(header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        match payload {
            [family, _, _, _, attributes @ ..] => Ok(Self {
                kind: header.message_type,
                family: *family,
                attributes: attributes.to_vec(),
            }),
            _ => Err("a message of nftables without its header".into()),
        }
    }
}
