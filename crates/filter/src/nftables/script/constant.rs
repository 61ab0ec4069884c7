//! Constants, what a comparison has on its right side, and the elements of sets.

use std::net::IpAddr;

use super::reading::{Reading, Strange, Understood, Value, members, number, object, text};
use super::token::Kind;
use crate::nftables::duration::seconds_of;
use crate::nftables::json::Json;

/// Words that begin a statement, and are never constants unless they are quoted.
const RESERVED: [&str; 18] = [
    "accept",
    "drop",
    "continue",
    "return",
    "jump",
    "goto",
    "queue",
    "reject",
    "log",
    "counter",
    "limit",
    "quota",
    "comment",
    "masquerade",
    "vmap",
    "map",
    "notrack",
    "set",
];

impl Reading<'_> {
    /// The right side of a comparison.
    pub(super) fn right_side(&mut self) -> Understood<Value> {
        if self.is_sign("{") {
            return Ok(object("set", self.elements()?));
        }
        let first = self.constants()?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut list = vec![first];
        while self.take_sign(",") {
            list.push(self.constants()?);
        }
        Ok(Json::List(list))
    }

    /// A constant of one or several components.
    pub(super) fn constants(&mut self) -> Understood<Value> {
        let first = self.interval()?;
        if !self.is_sign(".") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_sign(".") {
            parts.push(self.interval()?);
        }
        Ok(object("concat", Json::List(parts)))
    }

    /// A constant, a range or a prefix.
    fn interval(&mut self) -> Understood<Value> {
        let low = self.bits()?;
        if self.take_sign("-") {
            let high = self.bits()?;
            return Ok(object("range", Json::List(vec![low, high])));
        }
        let place = self.place();
        if self.take_sign("/") {
            if let Kind::Number(length) = *self.peek() {
                self.advance();
                return Ok(prefix(&low, length));
            }
            // A mask of flags follows, for who reads the comparison.
            self.back_to(place);
        }
        Ok(low)
    }

    /// A constant, or several joined bit by bit.
    fn bits(&mut self) -> Understood<Value> {
        let first = self.constant()?;
        if !self.is_sign("|") {
            return Ok(first);
        }
        let mut bits = vec![first];
        while self.take_sign("|") {
            match self.constant()? {
                Json::List(more) => bits.extend(more),
                bit => bits.push(bit),
            }
        }
        Ok(Json::List(bits))
    }

    fn constant(&mut self) -> Understood<Value> {
        let value = match self.peek() {
            Kind::Word(word) => match &**word {
                word if RESERVED.contains(&word) => return Err(Strange),
                "exists" => Json::Boolean(true),
                "missing" => Json::Boolean(false),
                _ if word.starts_with('@') => return self.set_name(),
                word => text(word),
            },
            Kind::Quoted(quoted) => text(quoted),
            Kind::Number(value) => number(*value),
            Kind::Sign("*") => text("*"),
            Kind::Sign("(") => {
                self.advance();
                let inner = self.deeper(Self::bits)?;
                self.sign(")")?;
                return Ok(inner);
            }
            _ => return Err(Strange),
        };
        self.advance();
        Ok(value)
    }

    /// `@name`.
    pub(super) fn set_name(&mut self) -> Understood<Value> {
        match self.any_word()? {
            name if name.len() > 1 && name.starts_with('@') => Ok(text(name)),
            _ => Err(Strange),
        }
    }

    /// `{ element, … }`, as a list.
    pub(super) fn elements(&mut self) -> Understood<Value> {
        let mut elements = Vec::new();
        self.elements_into(&mut elements)?;
        Ok(Json::List(elements))
    }

    fn elements_into(&mut self, elements: &mut Vec<Value>) -> Understood<()> {
        self.sign("{")?;
        loop {
            self.skip_ends();
            if self.take_sign("}") {
                return Ok(());
            }
            if self.is_sign("{") {
                // A definition that is a set itself.
                self.deeper(|reading| reading.elements_into(elements))?;
            } else {
                let element = self.element()?;
                elements.push(element);
            }
            self.skip_ends();
            if !self.take_sign(",") {
                self.sign("}")?;
                return Ok(());
            }
        }
    }

    /// A key with what is noted of it, and what a map holds for it.
    fn element(&mut self) -> Understood<Value> {
        let plain = self.constants()?;
        let attributes = self.attributes()?;
        let key = if attributes.is_empty() {
            plain
        } else {
            let value = std::iter::once(("val", plain)).chain(attributes);
            object("elem", members(value))
        };
        self.skip_ends_before(":");
        if !self.take_sign(":") {
            return Ok(key);
        }
        self.skip_ends();
        let value = match self.verdict()? {
            Some(verdict) => verdict,
            None => self.constants()?,
        };
        let trailing = self.attributes()?;
        let key = match key {
            key if trailing.is_empty() => key,
            Json::Object(_) => return Err(Strange),
            plain => object(
                "elem",
                members(std::iter::once(("val", plain)).chain(trailing)),
            ),
        };
        Ok(Json::List(vec![key, value]))
    }

    /// A line may end before a colon.
    fn skip_ends_before(&mut self, sign: &str) {
        let place = self.place();
        self.skip_ends();
        if !self.is_sign(sign) {
            self.back_to(place);
        }
    }

    /// What follows an element of a set.
    pub(super) fn attributes(&mut self) -> Understood<Vec<(&'static str, Value)>> {
        let mut attributes = Vec::new();
        loop {
            let attribute = match self.word() {
                "comment" => {
                    self.advance();
                    ("comment", text(self.name()?))
                }
                "timeout" => {
                    self.advance();
                    ("timeout", number(self.seconds()?))
                }
                "expires" => {
                    self.advance();
                    ("expires", number(self.seconds()?))
                }
                "counter" | "limit" | "quota" | "last" => self.counting()?,
                "ct" if self.second_word() == "count" => self.counting()?,
                _ => return Ok(attributes),
            };
            attributes.push(attribute);
        }
    }

    /// A duration, in seconds: a number, or parts with units as in `1h30m`.
    pub(super) fn seconds(&mut self) -> Understood<u64> {
        match self.peek() {
            Kind::Number(seconds) => {
                self.advance();
                Ok(*seconds)
            }
            Kind::Word(duration) | Kind::Quoted(duration) => {
                self.advance();
                seconds_of(duration).ok_or(Strange)
            }
            _ => Err(Strange),
        }
    }

    /// A verdict, if one comes next.
    pub(super) fn verdict(&mut self) -> Understood<Option<Value>> {
        let name = match self.word() {
            "accept" => "accept",
            "drop" => "drop",
            "continue" => "continue",
            "return" => "return",
            "jump" => "jump",
            "goto" => "goto",
            _ => return Ok(None),
        };
        self.advance();
        let body = if matches!(name, "jump" | "goto") {
            object("target", text(self.name()?))
        } else {
            Json::Null
        };
        Ok(Some(object(name, body)))
    }
}

/// The network itself: nft takes any address of it.
fn prefix(address: &Value, length: u64) -> Value {
    let network = || {
        let address: IpAddr = address.text()?.parse().ok()?;
        let length = u8::try_from(length).ok()?;
        Some(ipnet::IpNet::new(address, length).ok()?.network())
    };
    let address = network().map_or_else(|| address.clone(), |network| text(&network.to_string()));
    object(
        "prefix",
        members([("addr", address), ("len", number(length))]),
    )
}
