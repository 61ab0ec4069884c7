//! Expressions: what a rule computes (`libnftables-json(5)`, "EXPRESSIONS").

use super::converter::Converter;
use super::data_type::DataType;
use super::fields;
use super::json::Json;
use crate::model::{
    BitOperation, Condition, Expression, Family, FibQuestion, FibResult, Field, Range, Ranges,
    SetReference,
};

/// An expression, and how its values are written.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) expression: Expression,
    pub(super) data_type: DataType,
    /// What the kernel checks before, though the listing does not show it.
    pub(super) implied: Option<Condition>,
}

impl Typed {
    pub(super) const fn new(expression: Expression, data_type: DataType) -> Self {
        Self {
            expression,
            data_type,
            implied: None,
        }
    }
}

/// `field` has this value.
pub(super) fn equals(field: Field, value: u128) -> Condition {
    Condition::In {
        value: Expression::Field(field),
        ranges: Ranges::exactly(value),
        negated: false,
    }
}

/// Packets of this network protocol only.
pub(super) fn of_family(family: Family) -> Condition {
    equals(
        Field::NetworkProtocol,
        if family == Family::Ip6 { 10 } else { 2 },
    )
}

impl Converter<'_> {
    /// One expression.
    pub(super) fn expression(&mut self, json: &Json<'_>) -> Typed {
        let Some((kind, body)) = json.sole() else {
            return self.unknown("a constant where something is computed", DataType::Unknown);
        };
        match kind {
            "payload" => self.payload(body),
            "meta" => self.meta(body),
            "ct" => self.conntrack(body),
            "fib" => self.fib(body),
            "&" | "|" | "^" | "<<" | ">>" => self.bits(kind, body),
            "map" => self.map(body),
            "elem" => self.expression(body.get("val")),
            "tcp option" => self.tcp_option(body),
            "numgen" => unpredictable(body, "a number counted or drawn for each packet"),
            "jhash" | "symhash" => unpredictable(body, "depends on a hash of the packet"),
            "exthdr" | "ip option" => extension_header(body),
            "sctp chunk" | "dccp option" => {
                Typed::new(Expression::Field(Field::OtherTransport), DataType::Unknown)
            }
            "rt" => untold("depends on the route", route_type(body)),
            "socket" => untold("depends on the host's sockets", socket_type(body)),
            "osf" => untold("depends on the sender's operating system", DataType::Text),
            "ipsec" => untold("depends on IPsec", DataType::Integer(32)),
            other => {
                let reason = format!("expression `{other}`");
                self.unknown(&reason, DataType::Unknown)
            }
        }
    }

    /// The components of a key, one for a plain expression.
    pub(super) fn key(&mut self, json: &Json<'_>) -> Vec<Typed> {
        match json.sole() {
            Some(("concat", parts)) => parts
                .items()
                .iter()
                .map(|part| self.expression(part))
                .collect(),
            Some(("elem", element)) => self.key(element.get("val")),
            _ => vec![self.expression(json)],
        }
    }

    /// A value of this type: a constant, a range to choose from, or an expression.
    pub(super) fn value(&mut self, json: &Json<'_>, data_type: DataType) -> Expression {
        if let Some(value) = data_type.constant(json) {
            return Expression::Constant(value);
        }
        if let Some(range) = data_type.range(json) {
            return Expression::Unpredictable {
                range,
                reason: "chosen from a range".into(),
            };
        }
        self.expression(json).expression
    }

    fn unknown(&mut self, what: &str, data_type: DataType) -> Typed {
        let reason = self.not_understood(what);
        Typed::new(Expression::NotUnderstood { reason }, data_type)
    }

    fn payload(&mut self, body: &Json<'_>) -> Typed {
        if let (Some(base), Some(offset), Some(length)) = (
            body.get("base").text(),
            body.get("offset").unsigned(),
            body.get("len").unsigned(),
        ) {
            let offset = u32::try_from(offset).unwrap_or(u32::MAX);
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            return match fields::raw_payload(self.family(), base, offset, length) {
                Some((field, data_type)) => Typed::new(Expression::Field(field), data_type),
                None => untold("looks at bytes that are not known", DataType::Raw(length)),
            };
        }
        let protocol = body.get("protocol").text().unwrap_or_default();
        let name = body.get("field").text().unwrap_or_default();
        if protocol == "arp" {
            return Typed {
                implied: Some(Condition::Constant(false)),
                ..untold("only ARP has it", DataType::Unknown)
            };
        }
        let mut typed = match fields::payload(protocol, name) {
            Some((field, data_type)) => Typed::new(Expression::Field(field), data_type),
            None => {
                let what = format!("header field `{protocol} {name}`");
                let mut typed = self.unknown(&what, DataType::Unknown);
                typed.implied = fields::transport_of(protocol)
                    .map(|number| equals(Field::TransportProtocol, number));
                typed
            }
        };
        // nft puts `meta iiftype ether` in front and does not print it.
        if matches!(protocol, "ether" | "vlan")
            && matches!(self.family(), Family::Ip | Family::Ip6 | Family::Inet)
        {
            typed.implied = Some(equals(Field::InputInterfaceType, 1));
        }
        typed
    }

    fn meta(&mut self, body: &Json<'_>) -> Typed {
        let key = body.get("key").text().unwrap_or_default();
        if let Some((field, data_type)) = fields::meta(key) {
            return Typed::new(Expression::Field(field), data_type);
        }
        if let Some((data_type, reason)) = fields::untold_meta(key) {
            return untold(reason, data_type);
        }
        let what = format!("`meta {key}`");
        self.unknown(&what, DataType::Unknown)
    }

    fn conntrack(&mut self, body: &Json<'_>) -> Typed {
        let key = body.get("key").text().unwrap_or_default();
        let direction = body.get("dir").text();
        if let Some((field, data_type)) = fields::conntrack(key, direction, self.family()) {
            return Typed::new(Expression::Field(field), data_type);
        }
        match key {
            "bytes" | "packets" | "avgpkt" => untold(
                "depends on how much the connection has carried",
                DataType::Integer(64),
            ),
            "id" => untold("a number that conntrack gives", DataType::Integer(32)),
            "count" => untold("depends on other connections", DataType::Integer(32)),
            "zone" => untold(
                "depends on the zone of one direction",
                DataType::Integer(16),
            ),
            _ => {
                let what = format!("`ct {key}`");
                self.unknown(&what, DataType::Unknown)
            }
        }
    }

    fn fib(&mut self, body: &Json<'_>) -> Typed {
        let flags = body.get("flags");
        let (result, data_type) = match body.get("result").text() {
            Some("oif") => (FibResult::Interface, DataType::InterfaceIndex),
            Some("oifname") => (FibResult::Interface, DataType::InterfaceName),
            Some("type") => (FibResult::AddressType, DataType::AddressType),
            Some("check") => (FibResult::Exists, DataType::Boolean),
            _ => return self.unknown("a routing question", DataType::Unknown),
        };
        let of_source = flags.has_word("saddr");
        if of_source == flags.has_word("daddr") {
            return self.unknown("a routing question", DataType::Unknown);
        }
        let question = FibQuestion {
            of_source,
            with_mark: flags.has_word("mark"),
            with_input_interface: flags.has_word("iif"),
            with_output_interface: flags.has_word("oif"),
            result,
        };
        Typed::new(Expression::Fib(question), data_type)
    }

    /// `{"&": [expression, constant]}`; newer versions print chains of one operator as one list.
    fn bits(&mut self, operator: &str, body: &Json<'_>) -> Typed {
        let operation = match operator {
            "&" => BitOperation::And,
            "|" => BitOperation::Or,
            "^" => BitOperation::Xor,
            "<<" => BitOperation::ShiftLeft,
            _ => BitOperation::ShiftRight,
        };
        let Some((first, operands)) = body.items().split_first() else {
            return self.unknown("bits of nothing", DataType::Unknown);
        };
        let mut typed = self.expression(first);
        for operand in operands {
            let number = match operation {
                BitOperation::ShiftLeft | BitOperation::ShiftRight => {
                    DataType::Integer(8).constant(operand)
                }
                _ => typed.data_type.constant(operand),
            };
            let Some(number) = number else {
                let data_type = typed.data_type;
                return self.unknown("bits combined with something computed", data_type);
            };
            typed.expression = Expression::Bits {
                value: Box::new(typed.expression),
                operation,
                operand: number,
                width: typed.data_type.width(),
            };
        }
        typed
    }

    fn map(&mut self, body: &Json<'_>) -> Typed {
        let (key, map, data) = self.map_parts(body);
        let Some(data_type) = data.first().copied() else {
            return self.unknown("a map of something else", DataType::Unknown);
        };
        Typed::new(
            Expression::Map {
                key,
                map,
                component: 0,
            },
            data_type,
        )
    }

    /// Key, map and types of its data, none where they are not known.
    pub(super) fn map_parts(
        &mut self,
        body: &Json<'_>,
    ) -> (Box<[Expression]>, SetReference, Box<[DataType]>) {
        let key = self.key(body.get("key"));
        let types: Box<[DataType]> = key.iter().map(|part| part.data_type).collect();
        let id = self.map_reference(body.get("data"), &types);
        let data = self.data_types(id);
        let key = key.into_iter().map(|part| part.expression).collect();
        (key, SetReference::InTable(id), data)
    }

    fn tcp_option(&mut self, body: &Json<'_>) -> Typed {
        let reason = "depends on a TCP option";
        let name = body.get("name").text();
        let kind = match (name, body.get("base").unsigned()) {
            (Some(name), _) => fields::tcp_option_kind(name),
            (None, Some(base)) => u8::try_from(base).ok(),
            (None, None) => None,
        };
        let mut typed = match (name, kind, body.get("field").text()) {
            (Some(_), Some(kind), None) => Typed::new(
                Expression::Field(Field::TcpOptionPresent(kind)),
                DataType::Boolean,
            ),
            (Some("maxseg"), Some(_), Some("size")) => Typed::new(
                Expression::Field(Field::TcpMaximumSegmentSize),
                DataType::Integer(16),
            ),
            (None, Some(kind), _) => match body.get("offset").unsigned() {
                // The same is printed for the first byte's value and for the option being there: the constant tells.
                Some(0) => Typed::new(
                    Expression::Field(Field::TcpOptionPresent(kind)),
                    DataType::Boolean,
                ),
                _ => untold(reason, DataType::Integer(128)),
            },
            _ => untold(reason, DataType::Integer(128)),
        };
        typed.implied = Some(self.only_tcp_of_some_family());
        typed
    }
}

/// An expression whose value cannot be known, though it is understood.
pub(super) fn untold(reason: &str, data_type: DataType) -> Typed {
    Typed::new(
        Expression::NotUnderstood {
            reason: reason.into(),
        },
        data_type,
    )
}

fn unpredictable(body: &Json<'_>, reason: &str) -> Typed {
    let offset = u128::from(body.get("offset").unsigned().unwrap_or_default());
    let modulus = u128::from(body.get("mod").unsigned().unwrap_or_default());
    let range = match modulus {
        0 => Range::new(0, u128::from(u32::MAX)),
        modulus => Range::new(offset, offset + modulus - 1),
    };
    let expression = Expression::Unpredictable {
        range,
        reason: reason.into(),
    };
    Typed::new(expression, DataType::Integer(32))
}

pub(super) fn route_type(body: &Json<'_>) -> DataType {
    match (body.get("key").text(), body.get("family").text()) {
        (Some("classid"), _) => DataType::Realm,
        (Some("nexthop"), Some("ip6")) => DataType::Ip6,
        (Some("nexthop"), _) => DataType::Ip4,
        (Some("ipsec"), _) => DataType::Boolean,
        _ => DataType::Integer(16),
    }
}

pub(super) fn socket_type(body: &Json<'_>) -> DataType {
    match body.get("key").text() {
        Some("mark") => DataType::Mark,
        _ => DataType::Integer(64),
    }
}

pub(super) fn extension_header(body: &Json<'_>) -> Typed {
    let data_type = match body.find("field") {
        None => DataType::Boolean,
        Some(field) if field.text() == Some("nexthdr") => DataType::Protocol,
        Some(_) => DataType::Integer(128),
    };
    untold("depends on extension headers", data_type)
}
