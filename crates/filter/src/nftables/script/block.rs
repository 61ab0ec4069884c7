//! Blocks in braces: tables, chains, sets, limits.

use super::command::Script;
use super::contents::{Rule, Table};
use super::reading::{Strange, Understood, Value, members, number, object, text};
use super::token::Kind;
use crate::model::{Family, Hook, priority};
use crate::nftables::json::Json;

impl Script<'_> {
    /// `inet filter { … }`.
    pub(super) fn table(&mut self) -> Understood<()> {
        let family = self.family();
        let name = self.reading.name()?.to_owned();
        self.contents.table(family, &name);
        if !self.reading.take_sign("{") {
            return Ok(());
        }
        self.each(|script| script.part_of_table(family, &name).map(|()| Part::Closed))
    }

    /// Reads what stands in a block, up to its end. Each part of it ends with its line or a semicolon, unless it says otherwise.
    fn each(&mut self, mut read: impl FnMut(&mut Self) -> Understood<Part>) -> Understood<()> {
        loop {
            self.reading.skip_ends();
            if self.reading.take_sign("}") {
                return Ok(());
            }
            if self.reading.is_over() {
                return Err(Strange);
            }
            let place = self.reading.place();
            let part = read(self);
            let ends = part == Ok(Part::Open) || *self.reading.peek() == Kind::End;
            if part.is_err() || !ends {
                self.skip_odd(place);
            } else if self.reading.place() == place {
                return Err(Strange);
            }
        }
    }

    fn part_of_table(&mut self, family: Family, table: &str) -> Understood<()> {
        match self.reading.any_word()? {
            "chain" => {
                let name = self.reading.name()?.to_owned();
                self.chain(family, table, &name)
            }
            "set" => {
                let name = self.reading.name()?.to_owned();
                self.set(family, table, &name, false)
            }
            "map" => {
                let name = self.reading.name()?.to_owned();
                self.set(family, table, &name, true)
            }
            "limit" => {
                let name = self.reading.name()?.to_owned();
                self.rate(family, table, &name, "limit")
            }
            "quota" => {
                let name = self.reading.name()?.to_owned();
                self.rate(family, table, &name, "quota")
            }
            "counter" | "ct" | "secmark" | "synproxy" | "flowtable" => {
                self.skip_block();
                Ok(())
            }
            "comment" => self.reading.name().map(drop),
            "flags" => self.table_flags(family, table),
            _ => Err(Strange),
        }
    }

    /// Skips what decides nothing.
    fn skip_block(&mut self) {
        self.reading.rest_of_statement();
    }

    fn table_flags(&mut self, family: Family, table: &str) -> Understood<()> {
        loop {
            match self.reading.any_word()? {
                "dormant" => self.contents.table(family, table).dormant = true,
                "owner" | "persist" => {}
                _ => return Err(Strange),
            }
            if !self.reading.take_sign(",") {
                return Ok(());
            }
        }
    }

    /// A chain, with its rules where it has a block.
    pub(super) fn chain(&mut self, family: Family, table: &str, name: &str) -> Understood<()> {
        let (file, line) = self.here();
        let known = self.contents.table(family, table);
        Self::has_room(known)?;
        known.chain(name, file, line);
        if !self.reading.take_sign("{") {
            return Ok(());
        }
        self.each(|script| {
            script
                .part_of_chain(family, table, name)
                .map(|()| Part::Closed)
        })
    }

    fn part_of_chain(&mut self, family: Family, table: &str, name: &str) -> Understood<()> {
        let (file, line) = self.here();
        match (self.reading.word(), self.reading.second_word()) {
            ("type", "filter" | "nat" | "route") => {
                let base = self.base_chain(family)?;
                let chain = self.contents.table(family, table).chain(name, file, line);
                (chain.file, chain.line) = (file, line);
                for (member, value) in base {
                    set_member(&mut chain.base, member, value);
                }
                Ok(())
            }
            ("policy", word @ ("accept" | "drop")) => {
                self.reading.advance();
                self.reading.advance();
                let chain = self.contents.table(family, table).chain(name, file, line);
                (chain.file, chain.line) = (file, line);
                set_member(&mut chain.base, "policy", text(word));
                Ok(())
            }
            ("comment", _) => {
                self.reading.advance();
                self.reading.name().map(drop)
            }
            ("flags", "offload") => {
                self.reading.advance();
                self.reading.advance();
                Ok(())
            }
            _ => {
                self.reading.family = family;
                let read = self.reading.rule();
                let chain = self.contents.table(family, table).chain(name, file, line);
                chain.rules.push(Rule { read, file, line });
                Ok(())
            }
        }
    }

    /// `type filter hook input priority filter - 10`.
    fn base_chain(&mut self, family: Family) -> Understood<Vec<(&'static str, Value)>> {
        self.reading.advance();
        let mut base = vec![("type", text(self.reading.any_word()?))];
        if !self.reading.take_word("hook") {
            return Err(Strange);
        }
        let hook = self.reading.any_word()?;
        Hook::from_word(hook).ok_or(Strange)?;
        base.push(("hook", text(hook)));
        if self.reading.take_word("device") {
            base.push(("dev", text(self.reading.name()?)));
        } else if self.reading.take_word("devices") {
            self.reading.sign("=")?;
            base.push(("dev", self.reading.elements()?));
        }
        if !self.reading.take_word("priority") {
            return Err(Strange);
        }
        let priority = self.priority(family)?;
        base.push(("prio", Json::Number(priority.into())));
        Ok(base)
    }

    /// A number, a name, or a name and a number.
    fn priority(&mut self, family: Family) -> Understood<i64> {
        let mut priority = match self.reading.peek() {
            Kind::Word(name) | Kind::Quoted(name) => {
                let named = i64::from(named_priority(family, name).ok_or(Strange)?);
                self.reading.advance();
                named
            }
            _ => 0,
        };
        let negative = self.reading.take_sign("-");
        if !negative {
            self.reading.take_sign("+");
        }
        if let Kind::Number(_) = self.reading.peek() {
            let number = i64::try_from(self.reading.number()?).map_err(|_| Strange)?;
            let number = if negative { -number } else { number };
            priority = priority.checked_add(number).ok_or(Strange)?;
        }
        Ok(priority)
    }

    /// A set or map, with its block.
    pub(super) fn set(
        &mut self,
        family: Family,
        table: &str,
        name: &str,
        is_map: bool,
    ) -> Understood<()> {
        self.reading.family = family;
        let known = self.contents.table(family, table);
        Self::has_room(known)?;
        known.set(name, is_map).is_map |= is_map;
        if !self.reading.take_sign("{") {
            return Ok(());
        }
        self.each(|script| {
            let place = script.reading.place();
            let part = script.part_of_set();
            let set = script.contents.table(family, table).set(name, is_map);
            match part {
                Ok(PartOfSet::Elements(elements)) => {
                    set.elements.extend_from_slice(elements.items());
                    return Ok(Part::Open);
                }
                Ok(PartOfSet::Head(head)) => set.head.extend(head),
                Err(Strange) => {
                    set.unreadable = true;
                    script.skip_odd(place);
                }
            }
            Ok(Part::Closed)
        })
    }

    fn part_of_set(&mut self) -> Understood<PartOfSet> {
        let reading = &mut self.reading;
        let head = match reading.word() {
            "elements" => {
                reading.advance();
                reading.sign("=")?;
                reading.skip_ends();
                return Ok(PartOfSet::Elements(reading.elements()?));
            }
            "type" | "typeof" => return self.types().map(PartOfSet::Head),
            "flags" => {
                reading.advance();
                let mut flags = vec![text(reading.any_word()?)];
                while reading.take_sign(",") {
                    flags.push(text(reading.any_word()?));
                }
                ("flags", Json::List(flags))
            }
            "timeout" => {
                reading.advance();
                ("timeout", number(reading.seconds()?))
            }
            "gc-interval" => {
                reading.advance();
                ("gc-interval", number(reading.seconds()?))
            }
            "size" => {
                reading.advance();
                ("size", number(reading.number()?))
            }
            "comment" => {
                reading.advance();
                ("comment", text(reading.name()?))
            }
            "policy" => {
                reading.advance();
                ("policy", text(reading.any_word()?))
            }
            "auto-merge" => {
                reading.advance();
                ("auto-merge", Json::Boolean(true))
            }
            _ => {
                let (name, body) = reading.counting()?;
                ("stmt", Json::List(vec![object(name, body)]))
            }
        };
        Ok(PartOfSet::Head(vec![head]))
    }

    /// `type ipv4_addr . inet_service : verdict`, `typeof ip saddr : ct mark`.
    fn types(&mut self) -> Understood<Vec<(&'static str, Value)>> {
        let of_expressions = self.reading.any_word()? == "typeof";
        let key = self.data_type(of_expressions)?;
        let mut head = vec![("type", key)];
        if self.reading.take_sign(":") {
            self.reading.take_word("interval");
            head.push(("map", self.data_type(of_expressions)?));
        }
        Ok(head)
    }

    fn data_type(&mut self, of_expressions: bool) -> Understood<Value> {
        if of_expressions && self.reading.computes() {
            return Ok(object("typeof", self.reading.key()?));
        }
        let mut names = vec![self.reading.any_word()?];
        while self.reading.take_sign(".") {
            names.push(self.reading.any_word()?);
        }
        Ok(text(&names.join(" . ")))
    }

    /// A limit or quota with a name.
    pub(super) fn rate(
        &mut self,
        family: Family,
        table: &str,
        name: &str,
        kind: &'static str,
    ) -> Understood<()> {
        let mut rate = None;
        self.reading.sign("{")?;
        self.each(|script| {
            if script.reading.take_word("comment") {
                return script.reading.name().map(|_| Part::Open);
            }
            rate = Some(match kind {
                "limit" => script.reading.limit()?,
                _ => members(script.reading.quota("val")?),
            });
            Ok(Part::Open)
        })?;
        let Some(Json::Object(found)) = rate else {
            return Err(Strange);
        };
        let mut body = vec![("name", text(name))];
        body.extend(
            found
                .into_iter()
                .filter_map(|(member, value)| match member {
                    std::borrow::Cow::Borrowed(member) => Some((member, value)),
                    std::borrow::Cow::Owned(_) => None,
                }),
        );
        let known: &mut Table = self.contents.table(family, table);
        Self::has_room(known)?;
        known.rates.push((kind, body));
        Ok(())
    }
}

/// How a part of a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// With its line or a semicolon.
    Closed,
    /// As it likes.
    Open,
}

enum PartOfSet {
    Elements(Value),
    Head(Vec<(&'static str, Value)>),
}

fn set_member(all: &mut Vec<(&'static str, Value)>, member: &'static str, value: Value) {
    all.retain(|(known, _)| *known != member);
    all.push((member, value));
}

/// `nft(8)`, "Standard priority names, family and hook compatibility matrix", and those of bridges.
fn named_priority(family: Family, name: &str) -> Option<i32> {
    if family == Family::Bridge {
        return Some(match name {
            "dstnat" => -300,
            "filter" => -200,
            "out" => 100,
            "srcnat" => 300,
            _ => return None,
        });
    }
    Some(match name {
        "raw" => priority::RAW,
        "mangle" => priority::MANGLE,
        "dstnat" => priority::NAT_DESTINATION,
        "filter" => priority::FILTER,
        "security" => priority::SECURITY,
        "srcnat" => priority::NAT_SOURCE,
        _ => return None,
    })
}
