//! What a rule computes: fields of headers, what is noted beside the packet, and what is made of them.

use super::reading::{Reading, Strange, Understood, Value, members, number, object, text};
use super::token::Kind;
use crate::nftables::fields;
use crate::nftables::json::Json;

/// Keys of `meta` that may stand alone (`parser_bison.y`, `meta_key_unqualified`).
const META_ALONE: [&str; 22] = [
    "mark",
    "iif",
    "iifname",
    "iiftype",
    "oif",
    "oifname",
    "oiftype",
    "skuid",
    "skgid",
    "nftrace",
    "rtclassid",
    "ibrname",
    "obrname",
    "pkttype",
    "cpu",
    "iifgroup",
    "oifgroup",
    "cgroup",
    "ipsec",
    "time",
    "day",
    "hour",
];
/// Headers with named fields.
const HEADERS: [&str; 21] = [
    "ether", "vlan", "arp", "ip", "ip6", "icmp", "icmpv6", "igmp", "tcp", "udp", "udplite", "sctp",
    "dccp", "th", "esp", "ah", "comp", "gre", "gretap", "vxlan", "geneve",
];
/// Operators on bits, those that bind least first, each with its word.
const OPERATORS: [&[(&str, &str)]; 4] = [
    &[("|", "or")],
    &[("^", "xor")],
    &[("&", "and")],
    &[("<<", "lshift"), (">>", "rshift")],
];

impl Reading<'_> {
    /// The left side of a comparison, or the key of a map: one or several expressions.
    pub(super) fn key(&mut self) -> Understood<Value> {
        let first = self.operation(0)?;
        if !self.is_sign(".") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_sign(".") {
            parts.push(self.operation(0)?);
        }
        Ok(object("concat", Json::List(parts)))
    }

    /// What is assigned: a constant, something computed, or what a map holds for it.
    pub(super) fn value(&mut self) -> Understood<Value> {
        if !self.computes() {
            return self.right_side();
        }
        let key = self.key()?;
        if !self.take_word("map") {
            return Ok(key);
        }
        let data = self.map_data()?;
        Ok(object("map", members([("key", key), ("data", data)])))
    }

    /// A map by its name, or written here.
    pub(super) fn map_data(&mut self) -> Understood<Value> {
        if self.is_sign("{") {
            return Ok(object("set", self.elements()?));
        }
        self.set_name()
    }

    /// Whether an expression comes next, and no constant: names of protocols are both.
    pub(super) fn computes(&self) -> bool {
        let (word, next) = (self.word(), self.second_word());
        match word {
            "meta" | "ct" | "numgen" | "jhash" | "symhash" | "fib" | "rt" | "socket" | "osf"
            | "ipsec" | "exthdr" => true,
            "tcp" | "ip" if next == "option" => true,
            _ if HEADERS.contains(&word) => fields::payload(word, next).is_some(),
            _ if is_raw(word) => true,
            _ => META_ALONE.contains(&word),
        }
    }

    /// Operators of one rank and those that bind more.
    fn operation(&mut self, rank: usize) -> Understood<Value> {
        let Some(operators) = OPERATORS.get(rank) else {
            return self.deeper(Self::primary);
        };
        let mut left = self.operation(rank + 1)?;
        while let Some(operator) = self.operator(operators) {
            let right = if self.computes() {
                self.operation(rank + 1)?
            } else {
                self.operand()?
            };
            left = object(operator, Json::List(vec![left, right]));
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&'static str, &str)]) -> Option<&'static str> {
        let (sign, _) = operators
            .iter()
            .find(|(sign, word)| self.is_sign(sign) || self.word() == *word)?;
        self.advance();
        Some(sign)
    }

    /// The constant after an operator. What is joined with `|` there is in parentheses.
    fn operand(&mut self) -> Understood<Value> {
        match self.peek() {
            Kind::Sign("(") => self.constants(),
            Kind::Number(value) => {
                self.advance();
                Ok(number(*value))
            }
            Kind::Word(word) if !word.starts_with('@') => {
                self.advance();
                let mut list = vec![text(word)];
                while self.take_sign(",") {
                    list.push(text(self.any_word()?));
                }
                Ok(match <[Value; 1]>::try_from(list) {
                    Ok([only]) => only,
                    Err(list) => Json::List(list),
                })
            }
            _ => Err(Strange),
        }
    }

    fn primary(&mut self) -> Understood<Value> {
        if self.take_sign("(") {
            let inner = self.operation(0)?;
            self.sign(")")?;
            return Ok(inner);
        }
        let word = self.any_word()?;
        match word {
            "meta" => Ok(object("meta", object("key", text(self.any_word()?)))),
            "ct" => self.conntrack(),
            "fib" => self.fib(),
            "numgen" => self.numgen(),
            "jhash" => self.jhash(),
            "symhash" => {
                let hash = self.modulus()?;
                Ok(object("symhash", members(hash)))
            }
            "socket" => self.socket(),
            "osf" => self.osf(),
            "ipsec" => self.ipsec(),
            "rt" => self.route_or_header(),
            "exthdr" => {
                let name = self.any_word()?;
                self.extension(name)
            }
            "hbh" | "frag" | "dst" | "mh" => self.extension(word),
            "tcp" if self.take_word("option") => self.tcp_option(),
            "ip" if self.take_word("option") => self.named_option("ip option"),
            "sctp" if self.take_word("chunk") => self.named_option("sctp chunk"),
            "dccp" if self.take_word("option") => self.named_option("dccp option"),
            _ if is_raw(word) => self.raw(word),
            _ if HEADERS.contains(&word) => self.field(word),
            _ if META_ALONE.contains(&word) => Ok(object("meta", object("key", text(word)))),
            _ => Err(Strange),
        }
    }

    fn field(&mut self, header: &str) -> Understood<Value> {
        let mut name = self.any_word()?.to_owned();
        let of_address = header == "arp" && matches!(&*name, "saddr" | "daddr");
        if of_address && matches!(self.word(), "ip" | "ether") {
            name = format!("{name} {}", self.any_word()?);
        }
        Ok(object(
            "payload",
            members([("protocol", text(header)), ("field", text(&name))]),
        ))
    }

    /// `@th,16,16`.
    fn raw(&mut self, base: &str) -> Understood<Value> {
        let base = text(base.trim_start_matches('@'));
        self.sign(",")?;
        let offset = number(self.number()?);
        self.sign(",")?;
        let length = number(self.number()?);
        Ok(object(
            "payload",
            members([("base", base), ("offset", offset), ("len", length)]),
        ))
    }

    fn conntrack(&mut self) -> Understood<Value> {
        let direction = match self.word() {
            "original" => Some("original"),
            "reply" => Some("reply"),
            _ => None,
        };
        if direction.is_some() {
            self.advance();
        }
        let mut key = self.any_word()?.to_owned();
        if direction.is_some() && matches!(&*key, "ip" | "ip6") {
            key = format!("{key} {}", self.any_word()?);
        }
        // `ct original protocol` is listed without its direction.
        let direction = direction.filter(|_| !matches!(&*key, "protocol" | "l3proto"));
        let direction = direction.map(|direction| ("dir", text(direction)));
        let body = std::iter::once(("key", text(&key))).chain(direction);
        Ok(object("ct", members(body)))
    }

    /// `fib saddr . iif oif`.
    fn fib(&mut self) -> Understood<Value> {
        let mut flags = vec![text(self.any_word()?)];
        while self.take_sign(".") {
            flags.push(text(self.any_word()?));
        }
        let result = text(self.any_word()?);
        Ok(object(
            "fib",
            members([("result", result), ("flags", Json::List(flags))]),
        ))
    }

    fn numgen(&mut self) -> Understood<Value> {
        let mode = text(self.any_word()?);
        let mut body = vec![("mode", mode)];
        body.extend(self.modulus()?);
        if body.iter().all(|(name, _)| *name != "offset") {
            body.push(("offset", number(0)));
        }
        Ok(object("numgen", members(body)))
    }

    fn jhash(&mut self) -> Understood<Value> {
        let expression = self.deeper(Self::key)?;
        let mut body = self.modulus()?;
        body.push(("expr", expression));
        Ok(object("jhash", members(body)))
    }

    fn modulus(&mut self) -> Understood<Vec<(&'static str, Value)>> {
        if !self.take_word("mod") {
            return Err(Strange);
        }
        let mut body = vec![("mod", number(self.number()?))];
        for name in ["seed", "offset"] {
            if self.take_word(name) {
                body.push((name, number(self.number()?)));
            }
        }
        Ok(body)
    }

    fn socket(&mut self) -> Understood<Value> {
        let mut body = vec![("key", text(self.any_word()?))];
        if self.take_word("level") {
            body.push(("level", number(self.number()?)));
        }
        Ok(object("socket", members(body)))
    }

    fn osf(&mut self) -> Understood<Value> {
        let mut body = Vec::new();
        if self.take_word("ttl") {
            body.push(("ttl", text(self.any_word()?)));
        }
        body.insert(0, ("key", text(self.any_word()?)));
        Ok(object("osf", members(body)))
    }

    fn ipsec(&mut self) -> Understood<Value> {
        let direction = text(self.any_word()?);
        let mut layer = 0;
        if self.take_word("spnum") {
            layer = self.number()?;
        }
        let family = match self.word() {
            "ip" | "ip6" => Some(("family", text(self.any_word()?))),
            _ => None,
        };
        let key = text(self.any_word()?);
        let body = [("key", key), ("dir", direction), ("spnum", number(layer))];
        Ok(object("ipsec", members(body.into_iter().chain(family))))
    }

    /// `rt` is the route, or the routing header of IPv6.
    fn route_or_header(&mut self) -> Understood<Value> {
        match self.word() {
            "ip" | "ip6" => {
                let family = text(self.any_word()?);
                let key = text(self.any_word()?);
                Ok(object("rt", members([("key", key), ("family", family)])))
            }
            "classid" | "nexthop" | "mtu" | "ipsec" => {
                Ok(object("rt", object("key", text(self.any_word()?))))
            }
            _ => self.extension("rt"),
        }
    }

    fn extension(&mut self, name: &str) -> Understood<Value> {
        let mut body = vec![("name", text(name))];
        if !matches!(self.word(), "exists" | "missing") {
            body.push(("field", text(self.any_word()?)));
        }
        Ok(object("exthdr", members(body)))
    }

    fn named_option(&mut self, kind: &'static str) -> Understood<Value> {
        let mut body = vec![("name", text(self.any_word()?))];
        if !matches!(self.word(), "exists" | "missing" | "") {
            body.push(("field", text(self.any_word()?)));
        }
        Ok(object(kind, members(body)))
    }

    fn tcp_option(&mut self) -> Understood<Value> {
        let plain = |base, offset, length| {
            let parts = [("base", base), ("offset", offset), ("len", length)];
            object(
                "tcp option",
                members(parts.map(|(name, value)| (name, number(value)))),
            )
        };
        if let Kind::Number(kind) = *self.peek() {
            self.advance();
            return Ok(plain(kind, 0, 8));
        }
        if let Some(kind) = self.word().strip_prefix('@') {
            let kind = kind.parse().map_err(|_| Strange)?;
            self.advance();
            self.sign(",")?;
            let offset = self.number()?;
            self.sign(",")?;
            return Ok(plain(kind, offset, self.number()?));
        }
        self.named_option("tcp option")
    }
}

/// A raw part of a header: link layer, network, transport or what is inside.
fn is_raw(word: &str) -> bool {
    matches!(word, "@ll" | "@nh" | "@th" | "@ih")
}
