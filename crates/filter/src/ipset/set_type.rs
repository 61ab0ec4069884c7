//! Types of ipsets and the options that change what an element means (`ipset(8)`, "SET TYPES").

use crate::evaluate::Version;
use crate::model::Component;
use crate::xtables::{address, network};

/// One dimension of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// Single addresses.
    Address,
    /// Networks: the longest prefix that holds an address decides.
    Network,
    /// A protocol and a port.
    Port,
    /// A port alone.
    BarePort,
    /// A link-layer address.
    Ether,
    /// An interface.
    Interface,
    /// A mark of the packet.
    Mark,
}

/// A type with its options.
#[derive(Debug, Clone)]
pub(super) struct SetType {
    /// What elements are made of.
    pub(super) dimensions: Vec<Dimension>,
    /// The components of a key.
    pub(super) components: Box<[Component]>,
    /// IPv4 or IPv6, where there are addresses.
    pub(super) version: Version,
    /// Addresses are compared by so many leading bits.
    pub(super) address_bits: Option<u32>,
    /// Marks are compared by so many leading bits.
    pub(super) mark_bits: u32,
    /// `list:set`.
    pub(super) is_list: bool,
    /// Elements go away by themselves.
    pub(super) with_timeout: bool,
    /// Why its elements cannot be understood.
    pub(super) unreadable: Option<Box<str>>,
}

impl SetType {
    /// The type of this name, given these options.
    pub(super) fn of(name: &str, options: &[&str]) -> Self {
        let version = match value(options, "family") {
            Some("inet6") => Version::V6,
            _ => Version::V4,
        };
        let mut set_type = Self {
            version,
            is_list: matches!(name, "list:set" | "setlist"),
            with_timeout: value(options, "timeout").is_some(),
            ..Self::not_listed()
        };
        set_type.unreadable = None;
        if set_type.is_list {
            return set_type;
        }
        match dimensions(name) {
            Some(dimensions) => set_type.dimensions = dimensions,
            None => set_type.unreadable = Some(format!("its type {name} is not known").into()),
        }
        set_type.components = set_type
            .dimensions
            .iter()
            .flat_map(|dimension| components(*dimension, version))
            .copied()
            .collect();
        if let Err(reason) = set_type.compare_by(options) {
            set_type.unreadable = Some(reason.into());
        }
        set_type
    }

    /// Of a set that elements were added to, and that was not listed itself.
    pub(super) fn not_listed() -> Self {
        Self {
            dimensions: Vec::new(),
            components: Box::new([]),
            version: Version::V4,
            address_bits: None,
            mark_bits: 32,
            is_list: false,
            with_timeout: false,
            unreadable: Some("its type was not listed".into()),
        }
    }

    fn compare_by(&mut self, options: &[&str]) -> Result<(), &'static str> {
        if let Some(bits) = value(options, "netmask") {
            let bits = bits.parse().map_err(|_| "its netmask is not understood")?;
            self.address_bits = Some(bits);
        }
        if let Some(mask) = value(options, "bitmask") {
            let text = format!("{mask}/{mask}");
            let understood = address(mask, self.version).is_ok();
            match network(&text, self.version) {
                Ok((_, length)) if understood => self.address_bits = Some(length.into()),
                _ => return Err("it compares addresses under a mask with holes"),
            }
        }
        if let Some(mask) = value(options, "markmask") {
            let digits = mask.trim_start_matches("0x");
            let mask = u32::from_str_radix(digits, 16).unwrap_or(0);
            if mask.leading_ones() != mask.count_ones() {
                return Err("it compares only some bits of the mark");
            }
            self.mark_bits = mask.leading_ones();
        }
        Ok(())
    }
}

/// The value after an option.
fn value<'line>(options: &[&'line str], name: &str) -> Option<&'line str> {
    let position = options.iter().position(|option| *option == name)?;
    options.get(position + 1).copied()
}

const fn components(dimension: Dimension, version: Version) -> &'static [Component] {
    match (dimension, version) {
        (Dimension::Address | Dimension::Network, Version::V4) => &[Component::Ip4Address],
        (Dimension::Address | Dimension::Network, Version::V6) => &[Component::Ip6Address],
        (Dimension::Port, _) => &[Component::Protocol, Component::Port],
        (Dimension::BarePort, _) => &[Component::Port],
        (Dimension::Ether, _) => &[Component::EtherAddress],
        (Dimension::Interface, _) => &[Component::Interface],
        (Dimension::Mark, _) => &[Component::Mark],
    }
}

/// The names of old versions are those of `ipset(8)` of version 4.
fn dimensions(name: &str) -> Option<Vec<Dimension>> {
    let name = match name {
        "iphash" => "hash:ip",
        "nethash" => "hash:net",
        "ipporthash" => "hash:ip,port",
        "ipportiphash" => "hash:ip,port,ip",
        "ipportnethash" => "hash:ip,port,net",
        "ipmap" => "bitmap:ip",
        "macipmap" => "bitmap:ip,mac",
        "portmap" => "bitmap:port",
        other => other,
    };
    let (method, dimensions) = name.split_once(':')?;
    if !matches!(method, "hash" | "bitmap") {
        return None;
    }
    dimensions
        .split(',')
        .map(|dimension| {
            Some(match (dimension, method) {
                ("ip", _) => Dimension::Address,
                ("net", "hash") => Dimension::Network,
                ("port", "hash") => Dimension::Port,
                ("port", _) => Dimension::BarePort,
                ("mac", _) => Dimension::Ether,
                ("iface", "hash") => Dimension::Interface,
                ("mark", "hash") => Dimension::Mark,
                _ => return None,
            })
        })
        .collect()
}
