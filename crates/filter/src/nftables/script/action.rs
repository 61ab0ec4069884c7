//! Statements that do something.

use super::reading::{Reading, Strange, Understood, Value, members, number, object, text};
use super::token::Kind;
use crate::model::Family;
use crate::nftables::json::Json;

impl Reading<'_> {
    pub(super) fn action(&mut self) -> Understood<Value> {
        let word = self.any_word()?;
        match word {
            "log" => self.log(),
            "reject" => self.reject(),
            "notrack" => Ok(object("notrack", Json::Null)),
            "masquerade" => self.translate("masquerade"),
            "snat" => self.translate("snat"),
            "dnat" => self.translate("dnat"),
            "redirect" => self.translate("redirect"),
            "queue" => self.queue(),
            "dup" => self.duplicate(),
            "fwd" => self.forward(),
            "tproxy" => self.tproxy(),
            "synproxy" => self.synproxy(),
            "flow" => self.flow(),
            "add" | "update" | "delete" => self.set_update(word),
            "set" => self.set_update_with_name_last(),
            "meter" => self.meter(),
            "xt" => self.xtables(),
            "reset" => {
                let option = self.key()?;
                Ok(object("reset", option))
            }
            _ => Err(Strange),
        }
    }

    fn log(&mut self) -> Understood<Value> {
        let mut body = Vec::new();
        loop {
            match self.word() {
                "prefix" => {
                    self.advance();
                    body.push(("prefix", text(self.name()?)));
                }
                "level" => {
                    self.advance();
                    body.push(("level", text(self.name()?)));
                }
                "group" => self.log_number("group", &mut body)?,
                "snaplen" => self.log_number("snaplen", &mut body)?,
                "queue-threshold" => self.log_number("queue-threshold", &mut body)?,
                "flags" => {
                    self.advance();
                    let mut flags = self.any_word()?.to_owned();
                    if matches!(&*flags, "tcp" | "ip") {
                        flags = format!("{flags} {}", self.any_word()?);
                        while self.take_sign(",") {
                            self.any_word()?;
                        }
                    }
                    body.push(("flags", text(&flags)));
                }
                _ if body.is_empty() => return Ok(object("log", Json::Null)),
                _ => return Ok(object("log", members(body))),
            }
        }
    }

    fn log_number(
        &mut self,
        name: &'static str,
        body: &mut Vec<(&'static str, Value)>,
    ) -> Understood<()> {
        self.advance();
        body.push((name, number(self.number()?)));
        Ok(())
    }

    /// Without a kind it is an unreachable port, of whichever family the packet is (`nft(8)`, "REJECT STATEMENT").
    fn reject(&mut self) -> Understood<Value> {
        let usual = match self.family {
            Family::Ip => "icmp",
            Family::Ip6 => "icmpv6",
            _ => "icmpx",
        };
        let unreachable = text("port-unreachable");
        if !self.take_word("with") {
            let body = [("type", text(usual)), ("expr", unreachable)];
            return Ok(object("reject", members(body)));
        }
        let kind = self.any_word()?;
        if kind == "tcp" {
            return match self.any_word()? {
                "reset" => Ok(object("reject", object("type", text("tcp reset")))),
                _ => Err(Strange),
            };
        }
        if !matches!(kind, "icmp" | "icmpv6" | "icmpx") {
            return Err(Strange);
        }
        self.take_word("type");
        let code = match self.peek() {
            Kind::Number(_) => number(self.number()?),
            _ => text(self.any_word()?),
        };
        let body = [("type", text(kind)), ("expr", code)];
        Ok(object("reject", members(body)))
    }

    fn family_word(&mut self) -> Option<(&'static str, Value)> {
        let family = ["ip", "ip6"]
            .into_iter()
            .find(|family| self.word() == *family)?;
        self.advance();
        Some(("family", text(family)))
    }

    fn translate(&mut self, kind: &'static str) -> Understood<Value> {
        let mut body = Vec::new();
        // `dnat ip saddr map …` is no family.
        if matches!(self.second_word(), "to" | "prefix" | "addr" | "interval") {
            body.extend(self.family_word());
        }
        while let word @ ("prefix" | "interval" | "addr") = self.word() {
            self.advance();
            if word == "prefix" {
                body.push(("type_flags", text("prefix")));
            }
            if word == "addr" {
                self.sign(".")?;
                self.take_word("port");
            }
        }
        if self.take_word("to") {
            self.aim(&mut body)?;
        } else if !body.is_empty() || matches!(kind, "snat" | "dnat") {
            return Err(Strange);
        }
        let mut flags = Vec::new();
        while is_flag(self.word()) {
            flags.push(text(self.any_word()?));
            self.take_sign(",");
        }
        if !flags.is_empty() {
            body.push(("flags", Json::List(flags)));
        }
        Ok(object(kind, some(body)))
    }

    /// An address, a port, or both.
    fn aim(&mut self, body: &mut Vec<(&'static str, Value)>) -> Understood<()> {
        if !self.is_sign(":") {
            let mut address = self.address()?;
            if self.take_sign("-") {
                address = object("range", Json::List(vec![address, self.address()?]));
            }
            body.push(("addr", address));
        }
        if self.take_sign(":") {
            body.push(("port", self.value()?));
        }
        Ok(())
    }

    /// An address, in brackets where a port follows.
    fn address(&mut self) -> Understood<Value> {
        if self.take_sign("[") {
            let address = text(self.any_word()?);
            self.sign("]")?;
            return Ok(address);
        }
        self.value()
    }

    fn queue(&mut self) -> Understood<Value> {
        let mut body = Vec::new();
        loop {
            match self.word() {
                "num" | "to" => {
                    self.advance();
                    body.push(("num", self.value()?));
                }
                "flags" => {
                    self.advance();
                    let mut flags = vec![text(self.any_word()?)];
                    while self.take_sign(",") {
                        flags.push(text(self.any_word()?));
                    }
                    body.push(("flags", Json::List(flags)));
                }
                "bypass" | "fanout" => {
                    self.advance();
                    self.take_sign(",");
                }
                _ => return Ok(object("queue", some(body))),
            }
        }
    }

    fn duplicate(&mut self) -> Understood<Value> {
        let mut body = Vec::new();
        if self.take_word("to") {
            body.push(("addr", self.value()?));
        }
        if self.take_word("device") {
            body.push(("dev", self.value()?));
        }
        Ok(object("dup", some(body)))
    }

    fn forward(&mut self) -> Understood<Value> {
        let mut body: Vec<_> = self.family_word().into_iter().collect();
        if !self.take_word("to") {
            return Err(Strange);
        }
        let to = self.value()?;
        if self.take_word("device") {
            body.push(("addr", to));
            body.push(("dev", self.value()?));
        } else {
            body.push(("dev", to));
        }
        Ok(object("fwd", members(body)))
    }

    fn tproxy(&mut self) -> Understood<Value> {
        let mut body: Vec<_> = self.family_word().into_iter().collect();
        if !self.take_word("to") {
            return Err(Strange);
        }
        self.aim(&mut body)?;
        Ok(object("tproxy", members(body)))
    }

    fn synproxy(&mut self) -> Understood<Value> {
        if let Some(name) = self.named_object()? {
            return Ok(object("synproxy", name));
        }
        let mut body = Vec::new();
        let mut flags = Vec::new();
        loop {
            match self.word() {
                "mss" => self.log_number("mss", &mut body)?,
                "wscale" => self.log_number("wscale", &mut body)?,
                "timestamp" | "sack-perm" => flags.push(text(self.any_word()?)),
                _ => break,
            }
        }
        if !flags.is_empty() {
            body.push(("flags", Json::List(flags)));
        }
        Ok(object("synproxy", some(body)))
    }

    fn flow(&mut self) -> Understood<Value> {
        if !matches!(self.any_word()?, "add" | "offload") {
            return Err(Strange);
        }
        let table = self.set_name()?;
        let body = [("op", text("add")), ("flowtable", table)];
        Ok(object("flow", members(body)))
    }

    /// `add @set { key timeout 1m limit rate 5/minute : data }`.
    fn set_update(&mut self, operation: &str) -> Understood<Value> {
        let name = self.set_name()?;
        self.sign("{")?;
        self.skip_ends();
        let (element, statements) = self.dynamic_element()?;
        let mut kind = "set";
        let mut data = None;
        if self.take_sign(":") {
            kind = "map";
            data = Some(("data", self.value()?));
        }
        self.skip_ends();
        self.sign("}")?;
        let mut body = vec![("op", text(operation)), ("elem", element)];
        body.extend(data);
        body.push((kind, name));
        if !statements.is_empty() {
            body.push(("stmt", Json::List(statements)));
        }
        Ok(object(kind, members(body)))
    }

    /// `set add key @set`, as it was written once.
    fn set_update_with_name_last(&mut self) -> Understood<Value> {
        let operation = self.any_word()?;
        if !matches!(operation, "add" | "update" | "delete") {
            return Err(Strange);
        }
        let (element, statements) = self.dynamic_element()?;
        let name = self.set_name()?;
        let mut body = vec![("op", text(operation)), ("elem", element), ("set", name)];
        if !statements.is_empty() {
            body.push(("stmt", Json::List(statements)));
        }
        Ok(object("set", members(body)))
    }

    /// A key that a rule puts into a set, and the statements that go with it.
    fn dynamic_element(&mut self) -> Understood<(Value, Vec<Value>)> {
        let key = self.key()?;
        let mut statements = Vec::new();
        let mut kept = vec![("val", key)];
        for (name, value) in self.attributes()? {
            if matches!(name, "timeout" | "expires" | "comment") {
                kept.push((name, value));
            } else {
                statements.push(object(name, value));
            }
        }
        let element = match <[_; 1]>::try_from(kept) {
            Ok([(_, key)]) => key,
            Err(kept) => object("elem", members(kept)),
        };
        Ok((element, statements))
    }

    fn meter(&mut self) -> Understood<Value> {
        let name = text(self.any_word()?);
        let mut size = None;
        if self.take_word("size") {
            size = Some(("size", number(self.number()?)));
        }
        self.sign("{")?;
        self.skip_ends();
        let (key, statements) = self.dynamic_element()?;
        self.skip_ends();
        self.sign("}")?;
        let statement = <[Value; 1]>::try_from(statements).map_err(|_| Strange)?;
        let [statement] = statement;
        let body = [("key", key), ("stmt", statement), ("name", name)];
        Ok(object("meter", members(body.into_iter().chain(size))))
    }

    /// Of an extension of iptables a listing has the name only, and nft does not load it.
    fn xtables(&mut self) -> Understood<Value> {
        let kind = text(self.any_word()?);
        let name = text(self.name()?);
        Ok(object("xt", members([("type", kind), ("name", name)])))
    }
}

fn is_flag(word: &str) -> bool {
    matches!(word, "random" | "fully-random" | "persistent")
}

fn some(body: Vec<(&'static str, Value)>) -> Value {
    if body.is_empty() {
        Json::Null
    } else {
        members(body)
    }
}
