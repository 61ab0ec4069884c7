//! Expressions.

use super::super::data_type::DataType;
use super::super::expression::{extension_header, route_type, socket_type};
use super::super::fields;
use super::super::json::Json;
use super::Writer;
use crate::model::Family;

impl Writer {
    pub(super) fn expression(&mut self, json: &Json<'_>) {
        let Some((kind, body)) = json.sole() else {
            return self.constant(json, DataType::Unknown);
        };
        let text = |name: &str| body.get(name).text().unwrap_or("?");
        match kind {
            "payload" => self.payload(body),
            "meta" => match text("key") {
                key @ ("iif" | "oif" | "iifname" | "oifname" | "iifgroup" | "oifgroup") => {
                    self.add(key);
                }
                key => self.add(&format!("meta {key}")),
            },
            "ct" => self.conntrack(body),
            "fib" => {
                self.add("fib ");
                self.joined(body.get("flags").items(), " . ", Self::verbatim);
                self.add(&format!(" {}", text("result")));
            }
            "&" | "|" | "^" | "<<" | ">>" => self.bits(kind, body),
            "map" | "vmap" => self.mapping(kind, body),
            "concat" => self.joined(body.items(), " . ", Self::expression),
            "elem" => {
                self.expression(body.get("val"));
                self.attributes(body);
            }
            "tcp option" => self.tcp_option(body),
            "exthdr" if body.find("field").is_none() => {
                self.add(&format!("exthdr {}", text("name")));
            }
            "exthdr" => self.add(&format!("{} {}", text("name"), text("field"))),
            "ip option" | "sctp chunk" => {
                self.add(&format!("{kind} {}", text("name")));
                self.member(body, "field", " ");
            }
            "numgen" => {
                self.add(&format!("numgen {}", text("mode")));
                self.modulus(body);
            }
            "jhash" => {
                self.add("jhash ");
                self.expression(body.get("expr"));
                self.modulus(body);
            }
            "symhash" => {
                self.add("symhash");
                self.modulus(body);
            }
            "rt" | "socket" | "osf" | "ipsec" => self.other(kind, body),
            "range" | "prefix" | "set" => self.constants(json, &[DataType::Unknown]),
            _ => self.verbatim(json),
        }
    }

    /// ` name value`, where the member is there.
    fn member(&mut self, body: &Json<'_>, name: &str, before: &str) {
        if let Some(value) = body.find(name) {
            self.add(before);
            self.verbatim(value);
        }
    }

    fn payload(&mut self, body: &Json<'_>) {
        if let Some(base) = body.get("base").text() {
            self.add(&format!("@{base}"));
            self.member(body, "offset", ",");
            self.member(body, "len", ",");
            return;
        }
        self.verbatim(body.get("protocol"));
        self.member(body, "field", " ");
    }

    fn conntrack(&mut self, body: &Json<'_>) {
        self.add("ct ");
        if let Some(direction) = body.get("dir").text() {
            self.add(&format!("{direction} "));
        }
        let key = body.get("key").text().unwrap_or("?");
        if matches!(key, "saddr" | "daddr") && matches!(self.family, Family::Ip | Family::Ip6) {
            self.add(&format!("{} ", self.family.word()));
        }
        self.add(key);
    }

    fn bits(&mut self, operator: &str, body: &Json<'_>) {
        for (index, operand) in body.items().iter().enumerate() {
            if index > 0 {
                self.add(&format!(" {operator} "));
            }
            let nested = match operand.sole() {
                Some((inner, _)) => precedence(inner) > precedence(operator),
                None => false,
            };
            if nested {
                self.add("(");
            }
            if index == 0 {
                self.expression(operand);
            } else {
                let data_type = match operator {
                    "<<" | ">>" => DataType::Integer(8),
                    _ => body
                        .items()
                        .first()
                        .map_or(DataType::Unknown, |first| self.data_type(first)),
                };
                self.constants(operand, &[data_type]);
            }
            if nested {
                self.add(")");
            }
        }
    }

    /// `key map { … }`.
    pub(super) fn mapping(&mut self, kind: &str, body: &Json<'_>) {
        self.mapping_to(kind, body, DataType::Unknown);
    }

    /// The same for values of this type.
    pub(super) fn mapping_to(&mut self, kind: &str, body: &Json<'_>, data_type: DataType) {
        let key = body.get("key");
        self.expression(key);
        self.add(&format!(" {kind} "));
        let types = self.types(key);
        match body.get("data").sole() {
            Some(("set", elements)) => self.braced(elements, |writer, element| match element {
                Json::List(pair) if pair.len() == 2 => {
                    writer.constants(&pair[0], &types);
                    writer.add(" : ");
                    match pair[1].sole() {
                        Some((word, body)) if kind == "vmap" => writer.named_statement(word, body),
                        _ if pair[1]
                            .text()
                            .is_some_and(|text| data_type == DataType::Text && text != "*") =>
                        {
                            writer.quoted(pair[1].text().unwrap_or_default());
                        }
                        _ => writer.constants(&pair[1], &[data_type]),
                    }
                }
                other => writer.verbatim(other),
            }),
            _ => self.verbatim(body.get("data")),
        }
    }

    fn tcp_option(&mut self, body: &Json<'_>) {
        self.add("tcp option ");
        match body.get("base").number() {
            Some(kind) if body.get("offset").number() == Some(0) => self.add(&kind.to_string()),
            Some(kind) => {
                self.add(&format!("@{kind}"));
                self.member(body, "offset", ",");
                self.member(body, "len", ",");
            }
            None => {
                self.verbatim(body.get("name"));
                self.member(body, "field", " ");
            }
        }
    }

    fn modulus(&mut self, body: &Json<'_>) {
        self.member(body, "mod", " mod ");
        if let Some(seed) = body.get("seed").number() {
            self.add(&format!(" seed 0x{seed:x}"));
        }
        if body
            .get("offset")
            .number()
            .is_some_and(|offset| offset != 0)
        {
            self.member(body, "offset", " offset ");
        }
    }

    fn other(&mut self, kind: &str, body: &Json<'_>) {
        self.add(kind);
        match kind {
            "osf" => {
                self.member(body, "ttl", " ttl ");
                self.member(body, "key", " ");
            }
            "ipsec" => {
                self.member(body, "dir", " ");
                if body.get("spnum").number().is_some_and(|number| number != 0) {
                    self.member(body, "spnum", " spnum ");
                }
                self.member(body, "family", " ");
                self.member(body, "key", " ");
            }
            _ => {
                self.member(body, "family", " ");
                self.member(body, "key", " ");
            }
        }
    }

    /// How values of each component of a key are written.
    pub(super) fn types(&self, key: &Json<'_>) -> Vec<DataType> {
        match key.sole() {
            Some(("concat", parts)) => parts
                .items()
                .iter()
                .map(|part| self.data_type(part))
                .collect(),
            _ => vec![self.data_type(key)],
        }
    }

    /// How values of an expression are written.
    pub(super) fn data_type(&self, json: &Json<'_>) -> DataType {
        let Some((kind, body)) = json.sole() else {
            return DataType::Unknown;
        };
        let text = |name: &str| body.get(name).text().unwrap_or_default();
        match kind {
            "payload" if body.find("base").is_some() => DataType::Raw(128),
            "payload" => fields::payload(text("protocol"), text("field"))
                .map_or(DataType::Unknown, |(_, data_type)| data_type),
            "meta" => fields::meta(text("key"))
                .map(|(_, data_type)| data_type)
                .or_else(|| fields::untold_meta(text("key")).map(|(data_type, _)| data_type))
                .unwrap_or(DataType::Unknown),
            "ct" if text("key") == "event" => DataType::ConntrackEvent,
            "ct" => fields::conntrack(text("key"), body.get("dir").text(), self.family)
                .map_or(DataType::Unknown, |(_, data_type)| data_type),
            "fib" => match text("result") {
                "oif" => DataType::InterfaceIndex,
                "oifname" => DataType::InterfaceName,
                "type" => DataType::AddressType,
                _ => DataType::Boolean,
            },
            "&" | "|" | "^" | "<<" | ">>" => body
                .items()
                .first()
                .map_or(DataType::Unknown, |first| self.data_type(first)),
            "elem" => self.data_type(body.get("val")),
            "rt" => route_type(body),
            "socket" => socket_type(body),
            "osf" => DataType::Text,
            "exthdr" | "ip option" => extension_header(body).data_type,
            _ => DataType::Unknown,
        }
    }
}

/// What binds tighter has less (`nft(8)`; C's order).
fn precedence(operator: &str) -> u8 {
    match operator {
        "<<" | ">>" => 1,
        "&" => 2,
        "^" => 3,
        "|" => 4,
        _ => 0,
    }
}
