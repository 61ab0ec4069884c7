//! Commands of a script (`nft(8)`): what they make and take away.

use super::contents::{Contents, Oddity, Table};
use super::reading::{Reading, Strange, Understood};
use super::token::{Kind, Token};
use crate::model::Family;

/// Tables, chains and sets at most: more are not looked up one by one.
const MOST_NAMES: usize = 20_000;

/// A script on its way into its contents.
pub(super) struct Script<'t> {
    pub(super) reading: Reading<'t>,
    pub(super) contents: Contents,
}

impl<'t> Script<'t> {
    /// Reads all commands. What is not understood is noted, and the next command is read.
    pub(super) fn contents_of(tokens: &'t [Token]) -> Contents {
        let mut script = Self {
            reading: Reading::of(tokens),
            contents: Contents::default(),
        };
        loop {
            script.reading.skip_ends();
            if script.reading.is_over() {
                return script.contents;
            }
            if script.contents.tables.len() > MOST_NAMES {
                script.odd("so many tables".to_owned());
                return script.contents;
            }
            let place = script.reading.place();
            let is_read = script.command().is_ok();
            let ends = script.reading.is_over() || *script.reading.peek() == Kind::End;
            if !(is_read && ends) {
                script.skip_odd(place);
            }
        }
    }

    /// Notes a statement that is not understood, from its beginning, and skips it.
    pub(super) fn skip_odd(&mut self, beginning: usize) {
        self.reading.back_to(beginning);
        let (file, line) = self.here();
        let what = self.reading.rest_of_statement();
        if self.reading.place() == beginning {
            // A bracket that nothing opened.
            self.reading.advance();
        }
        self.note(Oddity { file, line, what });
    }

    fn odd(&mut self, what: String) {
        let (file, line) = self.here();
        self.note(Oddity { file, line, what });
    }

    fn note(&mut self, oddity: Oddity) {
        const MOST: usize = 16;
        if self.contents.oddities.len() < MOST {
            self.contents.oddities.push(oddity);
        }
    }

    /// File and line of the next token.
    pub(super) fn here(&self) -> (u32, u32) {
        self.reading
            .token()
            .map_or((0, 1), |token| (token.file, token.line))
    }

    /// Whether a table has room for one more name.
    pub(super) fn has_room(table: &Table) -> Understood<()> {
        if table.chains.len() + table.sets.len() + table.rates.len() > MOST_NAMES {
            return Err(Strange);
        }
        Ok(())
    }

    fn command(&mut self) -> Understood<()> {
        let place = self.reading.place();
        match self.reading.word() {
            "flush" => self.flush(),
            "delete" | "destroy" => self.delete(),
            "insert" => {
                self.reading.advance();
                self.reading.take_word("rule");
                self.rule(true)
            }
            "add" | "create" => {
                self.reading.advance();
                self.addition()
            }
            // Printed, not changed.
            "list" | "describe" => {
                self.reading.rest_of_statement();
                Ok(())
            }
            _ => {
                self.reading.back_to(place);
                self.addition()
            }
        }
    }

    fn addition(&mut self) -> Understood<()> {
        match self.reading.word() {
            "table" => {
                self.reading.advance();
                self.table()
            }
            "chain" => {
                self.reading.advance();
                let (family, table, chain) = self.object_name()?;
                self.contents.known_table(family, &table)?;
                self.chain(family, &table, &chain)
            }
            "set" | "map" => {
                let is_map = self.reading.any_word()? == "map";
                let (family, table, set) = self.object_name()?;
                self.contents.known_table(family, &table)?;
                self.set(family, &table, &set, is_map)
            }
            "element" => {
                self.reading.advance();
                self.add_elements()
            }
            "rule" => {
                self.reading.advance();
                self.rule(false)
            }
            "limit" => {
                self.reading.advance();
                let (family, table, name) = self.object_name()?;
                self.contents.known_table(family, &table)?;
                self.rate(family, &table, &name, "limit")
            }
            "quota" => {
                self.reading.advance();
                let (family, table, name) = self.object_name()?;
                self.contents.known_table(family, &table)?;
                self.rate(family, &table, &name, "quota")
            }
            "counter" | "flowtable" | "secmark" | "synproxy" | "ct" => {
                self.reading.rest_of_statement();
                Ok(())
            }
            // The word `rule` may be left out.
            "ip" | "ip6" | "inet" | "arp" | "bridge" | "netdev" => self.rule(false),
            _ => Err(Strange),
        }
    }

    /// A family, where one is written; `ip` otherwise.
    pub(super) fn family(&mut self) -> Family {
        match Family::from_word(self.reading.word()) {
            Some(family) => {
                self.reading.advance();
                family
            }
            None => Family::Ip,
        }
    }

    /// Family, table and the name of something in it.
    fn object_name(&mut self) -> Understood<(Family, String, String)> {
        let family = self.family();
        let table = self.reading.name()?.to_owned();
        let name = self.reading.name()?.to_owned();
        Ok((family, table, name))
    }

    fn flush(&mut self) -> Understood<()> {
        self.reading.advance();
        match self.reading.any_word()? {
            "ruleset" => {
                let family = Family::from_word(self.reading.word());
                if family.is_some() {
                    self.reading.advance();
                }
                self.contents.flush(family);
            }
            "table" => {
                let family = self.family();
                let name = self.reading.name()?.to_owned();
                let table = self.contents.known_table(family, &name)?;
                table
                    .chains
                    .iter_mut()
                    .for_each(|chain| chain.rules.clear());
            }
            "chain" => {
                let (family, table, name) = self.object_name()?;
                let table = self.contents.known_table(family, &table)?;
                table.known_chain(&name)?.rules.clear();
            }
            "set" | "map" => {
                let (family, table, name) = self.object_name()?;
                let table = self.contents.known_table(family, &table)?;
                table.known_set(&name)?.elements.clear();
            }
            _ => return Err(Strange),
        }
        Ok(())
    }

    /// `destroy` is content with what is not there, `delete` is not.
    fn delete(&mut self) -> Understood<()> {
        let needs_it = self.reading.any_word()? == "delete";
        match self.reading.any_word()? {
            "table" => {
                let family = self.family();
                if matches!(self.reading.word(), "handle") {
                    return Err(Strange);
                }
                let name = self.reading.name()?.to_owned();
                if needs_it {
                    self.contents.known_table(family, &name)?;
                }
                self.contents.delete(family, &name);
            }
            "chain" => {
                let (family, table, name) = self.object_name()?;
                let table = self.contents.known_table(family, &table)?;
                if needs_it {
                    table.known_chain(&name)?;
                }
                table.chains.retain(|chain| *chain.name != *name);
            }
            "element" => {
                let (family, table, name) = self.object_name()?;
                self.reading.elements()?;
                let table = self.contents.known_table(family, &table)?;
                table.known_set(&name)?.unreadable = true;
            }
            // What rules or others use cannot be deleted: these matter to none.
            "set" | "map" | "counter" | "limit" | "quota" | "flowtable" => {
                self.object_name()?;
            }
            _ => return Err(Strange),
        }
        Ok(())
    }

    /// A rule of one line. One that stands at a place among others is not understood.
    fn rule(&mut self, first: bool) -> Understood<()> {
        let (family, table, chain) = self.object_name()?;
        if matches!(self.reading.word(), "handle" | "position" | "index") {
            return Err(Strange);
        }
        let (file, line) = self.here();
        self.reading.family = family;
        let read = self.reading.rule();
        let table = self.contents.known_table(family, &table)?;
        let chain = table.known_chain(&chain)?;
        let rule = super::contents::Rule { read, file, line };
        if first {
            chain.rules.insert(0, rule);
        } else {
            chain.rules.push(rule);
        }
        Ok(())
    }

    fn add_elements(&mut self) -> Understood<()> {
        let (family, table, name) = self.object_name()?;
        let elements = self.reading.elements()?;
        let table = self.contents.known_table(family, &table)?;
        let set = table.known_set(&name)?;
        set.elements.extend_from_slice(elements.items());
        Ok(())
    }
}
