//! The statements of a rule.

use std::borrow::Cow;

use super::reading::{Reading, Strange, Understood, Value, members, number, object, text};
use super::token::Kind;
use crate::nftables::json::Json;

/// One rule.
pub(super) struct ReadRule {
    pub(super) statements: Vec<Value>,
    pub(super) comment: Option<Box<str>>,
}

/// Comparisons by their sign and by their word.
const COMPARISONS: [(&str, &str); 7] = [
    ("==", "eq"),
    ("!=", "ne"),
    ("<=", "le"),
    (">=", "ge"),
    ("<", "lt"),
    (">", "gt"),
    ("!", "not"),
];

impl Reading<'_> {
    /// Everything up to the end of the statement. What is not understood is kept as it is written, with all that follows it.
    pub(super) fn rule(&mut self) -> ReadRule {
        let mut rule = ReadRule {
            statements: Vec::new(),
            comment: None,
        };
        while !self.ends() {
            let place = self.place();
            if self.take_word("comment")
                && let Ok(comment) = self.name()
            {
                rule.comment = Some(comment.into());
                continue;
            }
            self.back_to(place);
            match self.statement() {
                Ok(mut statements) => rule.statements.append(&mut statements),
                Err(Strange) => {
                    self.back_to(place);
                    let rest = self.rest_of_statement();
                    let strange = Json::Object(vec![(Cow::Owned(rest), Json::Null)]);
                    rule.statements.push(strange);
                    // A brace that nothing opened, or nothing at all.
                    if self.place() == place {
                        self.advance();
                    }
                    break;
                }
            }
        }
        rule
    }

    /// One statement. Always consumes something or fails.
    pub(super) fn statement(&mut self) -> Understood<Vec<Value>> {
        if let Some(verdict) = self.verdict()? {
            return Ok(vec![verdict]);
        }
        let statement = match self.word() {
            "counter" | "limit" | "quota" | "last" => {
                let (name, body) = self.counting()?;
                object(name, body)
            }
            "ct" if self.second_word() == "count" => {
                let (name, body) = self.counting()?;
                object(name, body)
            }
            "log" | "reject" | "notrack" | "masquerade" | "snat" | "dnat" | "redirect"
            | "queue" | "dup" | "fwd" | "tproxy" | "synproxy" | "flow" | "add" | "update"
            | "delete" | "set" | "meter" | "xt" | "reset" => self.action()?,
            _ => self.comparison()?,
        };
        Ok(vec![statement])
    }

    /// A comparison, a verdict map, or a change, which begin alike.
    fn comparison(&mut self) -> Understood<Value> {
        let left = self.key()?;
        if self.take_word("vmap") {
            let data = self.map_data()?;
            return Ok(object("vmap", members([("key", left), ("data", data)])));
        }
        if self.take_word("set") {
            return self.change(left);
        }
        let operator = COMPARISONS
            .iter()
            .find(|(sign, word)| self.is_sign(sign) || self.word() == *word)
            .map(|(sign, _)| *sign);
        if operator.is_some() {
            self.advance();
        } else if self.ends() {
            return Err(Strange);
        }
        let right = self.right_side()?;
        if self.take_sign("/") {
            let mask = self.right_side()?;
            let left = object("&", Json::List(vec![left, mask]));
            return Ok(matching(operator.unwrap_or("=="), left, right));
        }
        if let Some(operator) = operator {
            return Ok(matching(operator, left, right));
        }
        let only = sole_element(&right).filter(|_| is_bitmask(&left));
        Ok(match only {
            Some(only) if is_flags(&left) => of_one_set(left, only.clone()),
            Some(only) => matching("in", left, only.clone()),
            None if is_bitmask(&left) && is_bits(&right) => matching("in", left, right),
            None => matching("==", left, right),
        })
    }

    /// `… set …`.
    fn change(&mut self, key: Value) -> Understood<Value> {
        let of_conntrack = key.get("ct").get("key").text();
        let object_kind = match (of_conntrack, key.get("meta").get("key").text()) {
            (Some("helper"), _) => Some("ct helper"),
            (Some("timeout"), _) => Some("ct timeout"),
            (Some("expectation"), _) => Some("ct expectation"),
            (_, Some("secmark")) => Some("secmark"),
            _ => None,
        };
        if let Some(kind) = object_kind
            && let Kind::Quoted(name) = self.peek()
        {
            self.advance();
            return Ok(object(kind, text(name)));
        }
        let value = self.value()?;
        Ok(object("mangle", members([("key", key), ("value", value)])))
    }

    /// Statements that count, which elements of sets may have as well.
    pub(super) fn counting(&mut self) -> Understood<(&'static str, Value)> {
        let word = self.any_word()?;
        Ok(match word {
            "counter" => ("counter", self.counter()?),
            "limit" => {
                let body = match self.named_object()? {
                    Some(name) => name,
                    None => self.limit()?,
                };
                ("limit", body)
            }
            "quota" => {
                let body = match self.named_object()? {
                    Some(name) => name,
                    None => members(self.quota("val")?),
                };
                ("quota", body)
            }
            "last" => {
                if self.take_word("used") {
                    self.any_word()?;
                }
                ("last", Json::Null)
            }
            "ct" => {
                self.advance();
                let over = self.over();
                let mut body = vec![("val", number(self.number()?))];
                body.extend(over);
                ("ct count", members(body))
            }
            _ => return Err(Strange),
        })
    }

    fn counter(&mut self) -> Understood<Value> {
        if let Some(name) = self.named_object()? {
            return Ok(name);
        }
        if !self.take_word("packets") {
            return Ok(Json::Null);
        }
        let packets = number(self.number()?);
        if !self.take_word("bytes") {
            return Err(Strange);
        }
        let bytes = number(self.number()?);
        Ok(members([("packets", packets), ("bytes", bytes)]))
    }

    /// `name "object"`, or the object that a map has for a key.
    pub(super) fn named_object(&mut self) -> Understood<Option<Value>> {
        if !self.take_word("name") {
            return Ok(None);
        }
        if self.computes() {
            return Ok(Some(self.value()?));
        }
        Ok(Some(text(self.name()?)))
    }

    /// `over` or `until`.
    fn over(&mut self) -> Option<(&'static str, Value)> {
        let over = self.take_word("over");
        if !over {
            self.take_word("until");
        }
        over.then_some(("inv", Json::Boolean(true)))
    }

    /// `rate over 5/minute burst 10 packets`.
    pub(super) fn limit(&mut self) -> Understood<Value> {
        if !self.take_word("rate") {
            return Err(Strange);
        }
        let over = self.over();
        let mut body = vec![("rate", number(self.number()?))];
        // The scanner takes `kbytes/second` for one word.
        let (unit, per) = match self.word().split_once('/') {
            Some((unit, per)) => {
                self.advance();
                (Some(unit_of(unit).ok_or(Strange)?), per)
            }
            None => {
                let unit = self.unit();
                self.sign("/")?;
                (unit, self.any_word()?)
            }
        };
        body.push(("per", text(per)));
        if self.take_word("burst") {
            body.push(("burst", number(self.number()?)));
            match self.unit() {
                Some(burst) => body.push(("burst_unit", text(burst))),
                None => {
                    self.take_word("packets");
                }
            }
        }
        body.extend(over);
        body.extend(unit.map(|unit| ("rate_unit", text(unit))));
        Ok(members(body))
    }

    /// `over 25 mbytes used 5 bytes`; `amount` names the member that holds the number.
    pub(super) fn quota(&mut self, amount: &'static str) -> Understood<Vec<(&'static str, Value)>> {
        let over = self.over();
        let mut body = vec![(amount, number(self.number()?))];
        let unit = self.unit().ok_or(Strange)?;
        body.push(("val_unit", text(unit)));
        body.extend(over);
        if self.take_word("used") {
            self.number()?;
            self.unit().ok_or(Strange)?;
        }
        Ok(body)
    }

    fn unit(&mut self) -> Option<&'static str> {
        let unit = unit_of(self.word())?;
        self.advance();
        Some(unit)
    }
}

fn unit_of(word: &str) -> Option<&'static str> {
    ["bytes", "kbytes", "mbytes"]
        .into_iter()
        .find(|unit| word == *unit)
}

fn matching(operator: &str, left: Value, right: Value) -> Value {
    object(
        "match",
        members([("op", text(operator)), ("left", left), ("right", right)]),
    )
}

/// The element of a set that has just one, which nft takes out of it.
fn sole_element(right: &Value) -> Option<&Value> {
    match right.find("set")?.items() {
        [only] if is_bits(only) => Some(only),
        _ => None,
    }
}

/// A set of one value of flags: nft 1.0 asks for any of its bits, 1.1 for all of them and no other (measured with 1.0.6 and 1.1.3).
fn of_one_set(left: Value, only: Value) -> Value {
    object(
        "match",
        members([
            ("op", text("in")),
            ("left", left),
            ("right", only),
            ("exact", Json::Text("perhaps".into())),
        ]),
    )
}

fn is_flags(left: &Value) -> bool {
    let payload = left.get("payload");
    payload.get("protocol").text() == Some("tcp") && payload.get("field").text() == Some("flags")
}

/// Fields whose values are sets of bits: without an operator any of them suffices (`nft(8)`, "BITMASK TYPE").
fn is_bitmask(left: &Value) -> bool {
    let of_conntrack = left.get("ct").get("key").text();
    matches!(of_conntrack, Some("state" | "status" | "label"))
        || is_flags(left)
        || left
            .find("&")
            .and_then(|operands| operands.items().first())
            .is_some_and(is_bitmask)
}

fn is_bits(right: &Value) -> bool {
    match right {
        Json::Text(text) => !text.starts_with('@'),
        Json::Number(_) | Json::List(_) => true,
        _ => false,
    }
}
