//! Statements that do something.

use super::super::data_type::DataType;
use super::super::json::Json;
use super::Writer;
use crate::model::Family;

impl Writer {
    pub(super) fn action(&mut self, kind: &str, body: &Json<'_>) {
        match kind {
            "reject" => self.reject(body),
            "log" => self.log(body),
            "mangle" => {
                let key = body.get("key");
                self.expression(key);
                self.add(" set ");
                let data_type = self.data_type(key);
                self.value(body.get("value"), data_type);
            }
            "set" | "map" => self.set_update(kind, body),
            "meter" => self.meter(body),
            "dnat" | "snat" | "redirect" | "masquerade" => self.translate(kind, body),
            "tproxy" => {
                self.add("tproxy");
                self.family_word(body);
                self.add(" to");
                self.address_and_port(body);
            }
            "queue" => self.queue(body),
            "synproxy" => self.synproxy(body),
            "dup" => self.dup(body),
            "fwd" => self.forward(body),
            "ct helper" | "ct timeout" | "ct expectation" => {
                self.add(&format!("{kind} set "));
                self.quoted(body.text().unwrap_or_default());
            }
            "secmark" => {
                self.add("meta secmark set ");
                self.quoted(body.text().unwrap_or_default());
            }
            "flow" => {
                self.add("flow add ");
                self.verbatim(body.get("flowtable"));
            }
            "reset" => {
                self.add("reset ");
                self.expression(body);
            }
            "xt" => {
                let text = |name: &str| body.get(name).text().unwrap_or("?");
                self.add(&format!("xt {} \"{}\"", text("type"), text("name")));
            }
            _ => {
                self.add(kind);
                if !body.is_null() {
                    self.add(" ");
                    self.verbatim(body);
                }
            }
        }
    }

    /// A value that is assigned.
    fn value(&mut self, json: &Json<'_>, data_type: DataType) {
        match json.sole() {
            Some(("map", map)) => self.mapping_to("map", map, data_type),
            _ => self.constants(json, &[data_type]),
        }
    }

    fn reject(&mut self, body: &Json<'_>) {
        self.add("reject");
        let kind = match body.get("type").text() {
            None => return,
            Some("tcp reset") => return self.add(" with tcp reset"),
            Some(kind) => kind,
        };
        let code = body.get("expr");
        let usual = match self.family {
            Family::Ip => kind == "icmp",
            Family::Ip6 => kind == "icmpv6",
            _ => kind == "icmpx",
        };
        if usual && code.text() == Some("port-unreachable") {
            return;
        }
        self.add(&format!(" with {kind} "));
        self.verbatim(code);
    }

    fn log(&mut self, body: &Json<'_>) {
        self.add("log");
        if let Some(prefix) = body.get("prefix").text() {
            self.add(" prefix ");
            self.quoted(prefix);
        }
        for name in ["group", "snaplen", "queue-threshold", "level"] {
            if let Some(value) = body.find(name) {
                self.add(&format!(" {name} "));
                self.verbatim(value);
            }
        }
        let flags = body.get("flags");
        let mut tcp = Vec::new();
        for (word, short) in [("tcp sequence", "sequence"), ("tcp options", "options")] {
            if flags.has_word(word) {
                tcp.push(short);
            }
        }
        if !tcp.is_empty() {
            self.add(&format!(" flags tcp {}", tcp.join(",")));
        }
        for word in ["ip options", "skuid", "ether", "all"] {
            if flags.has_word(word) {
                self.add(&format!(" flags {word}"));
            }
        }
    }

    fn set_update(&mut self, kind: &str, body: &Json<'_>) {
        let text = |name: &str| body.get(name).text().unwrap_or("?");
        self.add(&format!("{} {} {{ ", text("op"), text(kind)));
        self.expression(body.get("elem"));
        for statement in body.get("stmt").items() {
            self.add(" ");
            self.statement(statement);
        }
        if let Some(data) = body.find("data") {
            self.add(" : ");
            self.constants(data, &[DataType::Unknown]);
        }
        self.add(" }");
    }

    fn meter(&mut self, body: &Json<'_>) {
        self.add(&format!("meter {}", body.get("name").text().unwrap_or("?")));
        if let Some(size) = body.get("size").number() {
            self.add(&format!(" size {size}"));
        }
        self.add(" { ");
        self.expression(body.get("key"));
        self.add(" ");
        self.statement(body.get("stmt"));
        self.add(" }");
    }

    fn family_word(&mut self, body: &Json<'_>) {
        if let Some(family) = body.get("family").text() {
            self.add(&format!(" {family}"));
        }
    }

    fn translate(&mut self, kind: &str, body: &Json<'_>) {
        self.add(kind);
        if body.find("addr").is_some() || body.find("port").is_some() {
            self.family_word(body);
            if body.get("type_flags").has_word("prefix") {
                self.add(" prefix");
            }
            self.add(" to");
            self.address_and_port(body);
        }
        let flags: Vec<&str> = ["random", "fully-random", "persistent"]
            .into_iter()
            .filter(|flag| body.get("flags").has_word(flag))
            .collect();
        if !flags.is_empty() {
            self.add(&format!(" {}", flags.join(",")));
        }
    }

    /// ` 192.0.2.1:22`, ` [2001:db8::1]:22`, ` :22`.
    fn address_and_port(&mut self, body: &Json<'_>) {
        let port = body.find("port");
        self.add(" ");
        if let Some(address) = body.find("addr") {
            let bracketed = |address: &Json<'_>| match address.text() {
                Some(text) if port.is_some() && text.contains(':') => Some(format!("[{text}]")),
                _ => None,
            };
            match (bracketed(address), address.sole()) {
                (Some(text), _) => self.add(&text),
                (None, Some(("range", ends))) => {
                    self.joined(ends.items(), "-", |writer, end| match bracketed(end) {
                        Some(text) => writer.add(&text),
                        None => writer.verbatim(end),
                    })
                }
                _ => self.value(address, DataType::Unknown),
            }
        }
        if let Some(port) = port {
            self.add(":");
            self.value(port, DataType::Port);
        }
    }

    fn queue(&mut self, body: &Json<'_>) {
        self.add("queue");
        let flags: Vec<&str> = ["bypass", "fanout"]
            .into_iter()
            .filter(|flag| body.get("flags").has_word(flag))
            .collect();
        if !flags.is_empty() {
            self.add(&format!(" flags {}", flags.join(",")));
        }
        self.add(" to ");
        match body.find("num") {
            Some(number) => self.constants(number, &[DataType::Integer(16)]),
            None => self.add("0"),
        }
    }

    fn synproxy(&mut self, body: &Json<'_>) {
        self.add("synproxy");
        for name in ["mss", "wscale"] {
            if let Some(value) = body.get(name).number() {
                self.add(&format!(" {name} {value}"));
            }
        }
        for flag in ["timestamp", "sack-perm"] {
            if body.get("flags").has_word(flag) {
                self.add(&format!(" {flag}"));
            }
        }
    }

    fn dup(&mut self, body: &Json<'_>) {
        self.add("dup");
        if let Some(address) = body.find("addr") {
            self.add(" to ");
            let to_device = matches!(self.family, Family::Netdev);
            self.constants(
                address,
                &[if to_device {
                    DataType::InterfaceIndex
                } else {
                    DataType::Unknown
                }],
            );
            if let Some(device) = body.find("dev") {
                self.add(" device ");
                self.constants(device, &[DataType::InterfaceIndex]);
            }
        }
    }

    fn forward(&mut self, body: &Json<'_>) {
        self.add("fwd");
        if let Some(address) = body.find("addr") {
            self.family_word(body);
            self.add(" to ");
            self.constants(address, &[DataType::Unknown]);
            self.add(" device ");
        } else {
            self.add(" to ");
        }
        self.constants(body.get("dev"), &[DataType::InterfaceIndex]);
    }
}
