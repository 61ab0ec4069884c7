//! Constants, each in the way of its data type.

use super::super::data_type::DataType;
use super::super::json::Json;
use super::super::names;
use super::Writer;

impl Writer {
    /// A constant, range, prefix or list of constants; `types` has one entry for each component of a concatenation.
    pub(super) fn constants(&mut self, json: &Json<'_>, types: &[DataType]) {
        let first = types.first().copied().unwrap_or(DataType::Unknown);
        match json.sole() {
            Some(("set", elements)) => self.braced(elements, |writer, element| {
                writer.constants(element, types);
            }),
            Some(("concat", parts)) => {
                for (index, part) in parts.items().iter().enumerate() {
                    if index > 0 {
                        self.add(" . ");
                    }
                    let data_type = types.get(index).copied().unwrap_or(DataType::Unknown);
                    self.constants(part, &[data_type]);
                }
            }
            Some(("range", ends)) => self.joined(ends.items(), "-", |writer, end| {
                writer.bound(end, first);
            }),
            Some(("prefix", prefix)) => {
                self.constant(prefix.get("addr"), first);
                self.add("/");
                self.verbatim(prefix.get("len"));
            }
            Some(("|", bits)) => self.joined(bits.items(), " | ", |writer, bit| {
                writer.constant(bit, first);
            }),
            Some(("elem", element)) => {
                self.constants(element.get("val"), types);
                self.attributes(element);
            }
            Some(_) => self.expression(json),
            None => match json {
                Json::List(items) => self.joined(items, ",", |writer, item| {
                    writer.constant(item, first);
                }),
                _ => self.constant(json, first),
            },
        }
    }

    /// `{ a, b }`.
    pub(super) fn braced(&mut self, elements: &Json<'_>, write: impl Fn(&mut Self, &Json<'_>)) {
        self.add("{ ");
        self.joined(elements.items(), ", ", write);
        self.add(" }");
    }

    /// What follows an element of a set.
    pub(super) fn attributes(&mut self, element: &Json<'_>) {
        for name in ["limit", "quota", "ct count", "counter"] {
            if let Some(body) = element.find(name) {
                self.add(" ");
                self.named_statement(name, body);
            }
        }
        for name in ["timeout", "expires"] {
            if let Some(seconds) = element.get(name).number() {
                self.add(&format!(" {name} {}", duration(seconds)));
            }
        }
        if let Some(comment) = element.get("comment").text() {
            self.add(" comment ");
            self.quoted(comment);
        }
    }

    pub(super) fn constant(&mut self, json: &Json<'_>, data_type: DataType) {
        match json {
            Json::Number(number) => self.number(*number, data_type),
            Json::Text(text) if text.starts_with('@') || text == "*" => self.add(text),
            Json::Text(text) => self.word(text, data_type),
            Json::Boolean(value) => self.add(if *value { "exists" } else { "missing" }),
            Json::Object(_) => self.expression(json),
            _ => self.verbatim(json),
        }
    }

    /// An end of a range: always a number.
    fn bound(&mut self, json: &Json<'_>, data_type: DataType) {
        let named = json
            .text()
            .and_then(|text| names::value(data_type, text))
            .and_then(|value| i128::try_from(value).ok());
        match (named, json) {
            (Some(number), _) => self.number(number, data_type),
            (None, Json::Number(seconds)) if data_type == DataType::Seconds => {
                self.add(&format!("{seconds}s"));
            }
            _ => self.constant(json, data_type),
        }
    }

    /// A name. Those that users define are quoted.
    fn word(&mut self, text: &str, data_type: DataType) {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        match data_type {
            DataType::InterfaceIndex | DataType::Realm if is_number => self.add(text),
            DataType::InterfaceName
            | DataType::InterfaceIndex
            | DataType::Text
            | DataType::Day
            | DataType::Hour
            | DataType::Moment
            | DataType::ConntrackLabel
            | DataType::DeviceGroup
            | DataType::Mark
            | DataType::Realm
            | DataType::User
            | DataType::Group => self.quoted(text),
            _ => self.add(text),
        }
    }

    fn number(&mut self, number: i128, data_type: DataType) {
        self.add(&match data_type {
            DataType::Mark => format!("0x{number:08x}"),
            DataType::Dscp => format!("0x{number:02x}"),
            DataType::EtherType => format!("0x{number:04x}"),
            DataType::ConntrackState
            | DataType::ConntrackStatus
            | DataType::ConntrackEvent
            | DataType::TcpFlags
            | DataType::Ecn
            | DataType::Raw(_) => format!("0x{number:x}"),
            DataType::Seconds => duration(number),
            _ => number.to_string(),
        });
    }
}

/// `1d2h3m4s`, without what is zero.
fn duration(seconds: i128) -> String {
    let mut text = String::new();
    let mut rest = seconds;
    for (unit, length) in [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)] {
        if rest >= length {
            text.push_str(&format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}
