//! What kind of number a value is, and how nft writes it.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::duration::seconds_of;
use super::json::Json;
use super::names;
use crate::model::{Component, Range, interface_name, interface_prefix};

/// Data types of nft (`nft(8)`, "DATA TYPES"), as far as they are written in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataType {
    Ip4,
    Ip6,
    Ether,
    Port,
    Protocol,
    EtherType,
    NetworkProtocol,
    Mark,
    InterfaceName,
    /// An index, printed as the name of the interface.
    InterfaceIndex,
    HardwareType,
    PacketType,
    ConntrackState,
    ConntrackStatus,
    ConntrackDirection,
    /// Values are numbers of bits.
    ConntrackLabel,
    ConntrackEvent,
    TcpFlags,
    Dscp,
    Ecn,
    IcmpType,
    Icmp6Type,
    IcmpCode,
    Icmp6Code,
    AddressType,
    User,
    Group,
    DeviceGroup,
    Realm,
    TrafficClass,
    Seconds,
    Day,
    Hour,
    Moment,
    Boolean,
    /// A text that is compared as a whole.
    Text,
    /// A number of so many bits.
    Integer(u32),
    /// The same, of a payload without a name: written in hexadecimal.
    Raw(u32),
    /// Not known.
    Unknown,
}

impl DataType {
    /// The type of nft's name, as sets declare it.
    pub(super) fn of_name(name: &str) -> Self {
        match name {
            "ipv4_addr" => Self::Ip4,
            "ipv6_addr" => Self::Ip6,
            "ether_addr" => Self::Ether,
            "inet_service" => Self::Port,
            "inet_proto" => Self::Protocol,
            "ether_type" => Self::EtherType,
            "nf_proto" => Self::NetworkProtocol,
            "mark" => Self::Mark,
            "ifname" => Self::InterfaceName,
            "iface_index" => Self::InterfaceIndex,
            "iface_type" => Self::HardwareType,
            "pkt_type" => Self::PacketType,
            "ct_state" => Self::ConntrackState,
            "ct_status" => Self::ConntrackStatus,
            "ct_dir" => Self::ConntrackDirection,
            "ct_label" => Self::ConntrackLabel,
            "tcp_flag" => Self::TcpFlags,
            "dscp" => Self::Dscp,
            "ecn" => Self::Ecn,
            "icmp_type" => Self::IcmpType,
            "icmpv6_type" => Self::Icmp6Type,
            "icmp_code" => Self::IcmpCode,
            "icmpv6_code" => Self::Icmp6Code,
            "fib_addrtype" => Self::AddressType,
            "uid" => Self::User,
            "gid" => Self::Group,
            "devgroup" => Self::DeviceGroup,
            "realm" => Self::Realm,
            "classid" => Self::TrafficClass,
            "time" => Self::Seconds,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "boolean" => Self::Boolean,
            "string" => Self::Text,
            // The declaration does not tell the width.
            "integer" => Self::Integer(128),
            _ => Self::Unknown,
        }
    }

    /// Width in bits, as values of the model count.
    pub(super) const fn width(self) -> u32 {
        match self {
            Self::Boolean => 1,
            Self::Ecn => 2,
            Self::Dscp => 6,
            Self::Protocol
            | Self::NetworkProtocol
            | Self::PacketType
            | Self::ConntrackDirection
            | Self::TcpFlags
            | Self::IcmpType
            | Self::Icmp6Type
            | Self::IcmpCode
            | Self::Icmp6Code
            | Self::Day => 8,
            Self::Port | Self::EtherType | Self::HardwareType => 16,
            Self::Ip4
            | Self::Mark
            | Self::ConntrackState
            | Self::ConntrackStatus
            | Self::ConntrackEvent
            | Self::AddressType
            | Self::User
            | Self::Group
            | Self::DeviceGroup
            | Self::Realm
            | Self::TrafficClass
            | Self::Seconds
            | Self::Hour => 32,
            Self::Ether => 48,
            Self::Moment => 64,
            Self::Ip6
            | Self::InterfaceName
            | Self::InterfaceIndex
            | Self::ConntrackLabel
            | Self::Text
            | Self::Unknown => 128,
            Self::Integer(bits) | Self::Raw(bits) => bits,
        }
    }

    /// What a set has as this component.
    pub(super) const fn component(self) -> Component {
        match self {
            Self::Ip4 => Component::Ip4Address,
            Self::Ip6 => Component::Ip6Address,
            Self::Port => Component::Port,
            Self::Protocol => Component::Protocol,
            Self::Ether => Component::EtherAddress,
            Self::Mark => Component::Mark,
            Self::InterfaceName | Self::InterfaceIndex => Component::Interface,
            other => Component::Other(other.width()),
        }
    }

    /// Types whose values are sets of bits: nft compares them bit by bit where no operator is written.
    pub(super) const fn is_bitmask(self) -> bool {
        matches!(
            self,
            Self::ConntrackState | Self::ConntrackStatus | Self::ConntrackLabel | Self::TcpFlags
        )
    }

    /// All bits of a value.
    pub(super) const fn all_bits(self) -> u128 {
        let width = self.width();
        if width >= 128 {
            u128::MAX
        } else {
            (1 << width) - 1
        }
    }

    /// A constant as a number.
    pub(super) fn constant(self, json: &Json<'_>) -> Option<u128> {
        let value = match json {
            Json::Number(number) => self.of_number(u128::try_from(*number).ok()?)?,
            Json::Boolean(value) => u128::from(*value),
            Json::Text(text) => self.of_text(text)?,
            Json::List(items) => return self.any_bits(items),
            Json::Object(_) => match json.sole()? {
                ("|", operands) => return self.any_bits(operands.items()),
                _ => return None,
            },
            Json::Null | Json::OddNumber => return None,
        };
        (value <= self.all_bits()).then_some(value)
    }

    /// Several constants of a bitmask as one.
    fn any_bits(self, items: &[Json<'_>]) -> Option<u128> {
        items
            .iter()
            .try_fold(0, |bits, item| Some(bits | self.constant(item)?))
    }

    fn of_number(self, number: u128) -> Option<u128> {
        match self {
            Self::ConntrackLabel => 1u128.checked_shl(u32::try_from(number).ok()?),
            Self::InterfaceName | Self::Text | Self::Unknown | Self::Moment | Self::Hour => None,
            Self::InterfaceIndex => (number == 0).then_some(0),
            _ => Some(number),
        }
    }

    fn of_text(self, text: &str) -> Option<u128> {
        match self {
            Self::Ip4 => text.parse::<Ipv4Addr>().ok().map(|ip| u32::from(ip).into()),
            Self::Ip6 => text.parse::<Ipv6Addr>().ok().map(u128::from),
            Self::Ether => ether_address(text),
            Self::InterfaceName | Self::Text => match stem(text) {
                Some(_) => None,
                None => Some(interface_name(&text.replace("\\*", "*"))),
            },
            // An index without an interface is printed as a number.
            Self::InterfaceIndex if text == "0" => Some(0),
            Self::InterfaceIndex if text.bytes().all(|byte| byte.is_ascii_digit()) => None,
            Self::InterfaceIndex => Some(interface_name(text)),
            Self::TrafficClass => traffic_class(text),
            Self::Unknown | Self::Moment | Self::Hour => None,
            Self::Seconds => number(text).or_else(|| seconds_of(text).map(u128::from)),
            _ => names::value(self, text).or_else(|| number(text)),
        }
    }

    /// A constant, prefix or range as a range.
    pub(super) fn range(self, json: &Json<'_>) -> Option<Range> {
        match json {
            // The element of a set that stands for all others; a literal star is written `\\*`.
            Json::Text(text) if text == "*" => Some(Range::ANY),
            Json::Text(text) if self == Self::InterfaceName => {
                if let Some(stem) = stem(text) {
                    return Some(interface_prefix(stem));
                }
                self.constant(json).map(Range::exactly)
            }
            Json::Object(_) => match json.sole()? {
                ("range", ends) => {
                    let [low, high] = ends.items() else {
                        return None;
                    };
                    let (low, high) = (self.constant(low)?, self.constant(high)?);
                    (low <= high).then(|| Range::new(low, high))
                }
                ("prefix", _) if self == Self::Integer(128) => None,
                ("prefix", prefix) => {
                    let value = self.constant(prefix.get("addr"))?;
                    let length = u32::try_from(prefix.get("len").number()?).ok()?;
                    if length > self.width() {
                        return None;
                    }
                    // nft also writes `mark & 0x80000000 == 0x10` so, which no value fulfils.
                    let range = Range::prefix(value, length, self.width());
                    (range.low == value).then_some(range)
                }
                ("elem", element) => self.range(element.get("val")),
                _ => self.constant(json).map(Range::exactly),
            },
            _ => self.constant(json).map(Range::exactly),
        }
    }
}

/// The part before the star of a name that ends with one; a literal star is written `\*`.
fn stem(text: &str) -> Option<&str> {
    text.strip_suffix('*')
        .filter(|stem| !stem.ends_with('\\') && !stem.is_empty())
}

fn number(text: &str) -> Option<u128> {
    match text.strip_prefix("0x") {
        Some(digits) => u128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn ether_address(text: &str) -> Option<u128> {
    let mut bytes = 0;
    let value = text.split(':').try_fold(0u128, |value, byte| {
        bytes += 1;
        Some(value << 8 | u128::from(u8::from_str_radix(byte, 16).ok()?))
    })?;
    (bytes == 6).then_some(value)
}

/// `major:minor`, in hexadecimal, or one of its two words.
fn traffic_class(text: &str) -> Option<u128> {
    match text {
        "none" => return Some(0),
        "root" => return Some(0xffff_ffff),
        _ => {}
    }
    let (major, minor) = text.split_once(':')?;
    let part = |digits: &str| match digits {
        "" => Some(0),
        digits => u128::from_str_radix(digits, 16).ok(),
    };
    Some(part(major)? << 16 | part(minor)?)
}
