//! The objects of a listing, in their order.

use std::io::Read;

use super::converter::Converter;
use super::document::Document;
use super::json::Json;
use super::rate;
use super::sets::SetBuilder;
use super::table::{SetType, TableReader};
use super::text;
use crate::assemble::is_written_by_iptables;
use crate::model::{
    BaseChain, ChainType, Contents, Devices, Family, Hook, Place, Policy, Problem, Rule, RuleSet,
    Source, SourceKind, Statement,
};
use crate::restore::loosened;
use crate::{Interest, ReadError};

/// What was read so far.
pub(super) struct Listing<'i> {
    interest: &'i Interest,
    source: u32,
    tables: Vec<TableReader>,
    /// The table of the last object.
    current: usize,
    rules: u64,
    not_understood: u64,
    problems: Vec<Problem>,
    kind: SourceKind,
    /// It is to be loaded as it stands, so that nothing was left out of it.
    loaded: bool,
}

/// Where a chain or rule of a script stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct At {
    pub(super) line: Option<u32>,
    /// Its source, where that is not its table's.
    pub(super) source: Option<u32>,
}

impl<'i> Listing<'i> {
    pub(super) const fn new(source: u32, interest: &'i Interest) -> Self {
        Self {
            interest,
            source,
            tables: Vec::new(),
            current: 0,
            rules: 0,
            not_understood: 0,
            problems: Vec::new(),
            kind: SourceKind::NftJson,
            loaded: false,
        }
    }

    /// What a script makes, whose own file is this source; `loaded` where nothing was left out of it.
    pub(super) const fn of_script(source: u32, interest: &'i Interest, loaded: bool) -> Self {
        let mut listing = Self::new(source, interest);
        listing.kind = SourceKind::NftScript;
        listing.loaded = loaded;
        listing
    }

    /// Adds all of it to `into`, with the files that were included as sources of their own.
    pub(super) fn finish_script(self, files: &[String], into: &mut RuleSet) {
        let Some((name, included)) = files.split_first() else {
            return;
        };
        self.finish(name, into);
        into.sources.extend(included.iter().map(|name| Source {
            name: name.clone(),
            kind: SourceKind::NftScript,
            rules: 0,
            not_understood: 0,
        }));
    }

    /// Adds all of it to `into`.
    pub(super) fn finish(mut self, name: &str, into: &mut RuleSet) {
        let lost = self.tables.iter().any(|reader| {
            reader.table.chains.iter().enumerate().any(|(id, chain)| {
                !reader.is_declared(u32::try_from(id).unwrap_or(u32::MAX)) && chain.rules_read > 0
            })
        });
        if lost {
            self.problem("rules of a chain that is not in the listing", true);
        }
        into.sources.push(Source {
            name: name.to_owned(),
            kind: self.kind,
            rules: self.rules,
            not_understood: self.not_understood,
        });
        let tracked = self.tables.iter().filter(|reader| reader.tracks);
        into.tracked_families
            .extend(tracked.map(|reader| reader.table.family));
        into.tables
            .extend(self.tables.into_iter().map(TableReader::finish));
        into.problems.append(&mut self.problems);
    }

    /// One entry of the list.
    pub(super) fn object<R: Read>(
        &mut self,
        document: &mut Document<'_, R>,
    ) -> Result<(), ReadError> {
        if document.peek()? != Some(b'{') {
            self.problem("an entry that is no object", true);
            return document.skip();
        }
        document.expect(b'{')?;
        if document.take(b'}')? {
            return Ok(());
        }
        loop {
            let kind = document.member()?;
            self.entry(&kind, document)?;
            if !document.another(b'}')? {
                return Ok(());
            }
        }
    }

    fn entry<R: Read>(
        &mut self,
        kind: &str,
        document: &mut Document<'_, R>,
    ) -> Result<(), ReadError> {
        match kind {
            "set" | "map" | "meter" => return self.set(document),
            "table" => document.value(|json| self.table(&json))?,
            "chain" => document.value(|json| self.chain(&json, At::default()))?,
            "rule" => document.value(|json| self.rule(&json, At::default()))?,
            "limit" | "quota" => document.value(|json| self.rate(kind, &json))?,
            "metainfo" | "flowtable" | "counter" | "ct helper" | "ct timeout"
            | "ct expectation" | "secmark" | "synproxy" | "tunnel" => return document.skip(),
            other => {
                let message = format!("`{}` is not understood", other.escape_default());
                self.problem(&message, false);
                return document.skip();
            }
        }
        Ok(())
    }

    fn problem(&mut self, message: &str, hides_chains: bool) {
        const MOST: usize = 16;
        if self.problems.len() < MOST
            || hides_chains && !self.problems.iter().any(|p| p.hides_chains)
        {
            self.problems.push(Problem {
                kind: self.kind,
                message: message.to_owned(),
                hides_chains,
            });
        }
    }

    /// The table that an object belongs to; `None` where it does not say.
    fn table_of(&mut self, family: Option<&str>, name: Option<&str>) -> Option<&mut TableReader> {
        let family = Family::from_word(family?)?;
        let name = name?;
        let is_it =
            |reader: &TableReader| reader.table.family == family && *reader.table.name == *name;
        if !self.tables.get(self.current).is_some_and(is_it) {
            self.current = match self.tables.iter().position(is_it) {
                Some(index) => index,
                None => {
                    let mut reader = TableReader::new(self.source, family, name);
                    reader.loaded = self.loaded;
                    self.tables.push(reader);
                    self.tables.len() - 1
                }
            };
        }
        self.tables.get_mut(self.current)
    }

    pub(super) fn table(&mut self, json: &Json<'_>) {
        let flags = json.get("flags");
        let Some(reader) = self.table_of(json.get("family").text(), json.get("name").text()) else {
            return self.problem("a table without family or name", true);
        };
        reader.table.dormant = flags.has_word("dormant");
        // nft 1.0.6 prints a single flag from memory that it has freed: any word may stand there.
        reader.may_be_dormant = !reader.table.dormant
            && flags
                .items()
                .iter()
                .any(|flag| !matches!(flag.text(), Some("owner" | "persist")));
    }

    pub(super) fn chain(&mut self, json: &Json<'_>, at: At) {
        let base = json.find("hook").map(|hook| base_chain(hook, json));
        let table = self.table_of(json.get("family").text(), json.get("table").text());
        let declared = table.and_then(|reader| {
            let may_be_dormant = reader.may_be_dormant;
            let chain = reader.declare_chain(json.get("name").text()?)?;
            chain.handle = json.get("handle").unsigned();
            (chain.line, chain.source) = (at.line, at.source);
            chain.base = base;
            if let Some(base) = chain.base.as_mut().filter(|_| may_be_dormant) {
                base.policy = match base.policy {
                    Policy::Accept => Policy::Accept,
                    Policy::Drop | Policy::Unknown => Policy::Unknown,
                };
            }
            Some(())
        });
        if declared.is_none() {
            self.problem("a chain without family, table or name", true);
        }
    }

    pub(super) fn rule(&mut self, json: &Json<'_>, at: At) {
        self.rules += 1;
        let interest = self.interest;
        let Some((reader, chain)) = self
            .table_of(json.get("family").text(), json.get("table").text())
            .and_then(|reader| {
                let chain = reader.chain_id(json.get("chain").text()?);
                Some((reader, chain))
            })
        else {
            self.not_understood += 1;
            return self.problem("a rule without family, table or chain", true);
        };
        let sets_before = reader.table.sets.len();
        let mut converter = Converter::new(reader);
        match json.get("expr") {
            expressions @ (Json::List(_) | Json::Null) => converter.rule(expressions),
            _ => converter.strange("a rule's statements"),
        }
        let (odd, holds_range) = (converter.odd, converter.holds_range);
        let counters = converter.counters;
        let statements = converter.statements;
        let kept = interest.keeps_rule(&statements)
            || holds_range && interest.keeps_rule(&loosened(&statements));
        if !kept {
            reader.drop_sets_since(sets_before);
        }
        reader.tracks |= statements.iter().any(Statement::needs_conntrack);
        reader.table.rules_without_text += u64::from(odd && is_written_by_iptables(&statements));
        let family = reader.table.family;
        if let Some(chain) = reader.chain(chain) {
            chain.rules_read = chain.rules_read.saturating_add(1);
            if kept {
                // Most chains of a listing with many have one or two.
                if chain.rules.len() == chain.rules.capacity() {
                    chain.rules.reserve_exact(chain.rules.len().max(1));
                }
                chain.rules.push(Rule {
                    statements: statements.into(),
                    place: Place {
                        number: chain.rules_read,
                        handle: json.get("handle").unsigned(),
                        line: at.line,
                        source: at.source,
                    },
                    text: text::rule(family, json).into(),
                    comment: json.get("comment").text().map(Into::into),
                    counters,
                });
            }
        }
        self.not_understood += u64::from(odd);
    }

    pub(super) fn rate(&mut self, kind: &str, json: &Json<'_>) {
        let rate = match kind {
            "limit" => rate::limit(json),
            _ => rate::quota(json),
        };
        let name = json.get("name").text();
        let table = self.table_of(json.get("family").text(), json.get("table").text());
        if let (Some(reader), Some(name), Some(rate)) = (table, name, rate) {
            reader.declare_rate(kind, name, rate);
        }
    }

    /// A named set, map or meter. Its elements come last and are never held together.
    fn set<R: Read>(&mut self, document: &mut Document<'_, R>) -> Result<(), ReadError> {
        if document.peek()? != Some(b'{') {
            self.problem("a set that is no object", false);
            return document.skip();
        }
        document.expect(b'{')?;
        let mut head = SetHead::default();
        let mut contents = None;
        if !document.take(b'}')? {
            loop {
                let member = document.member()?;
                if member == "elem" {
                    contents = self.elements(&head, document)?;
                } else {
                    document.value(|json| head.note(&member, &json))?;
                }
                if !document.another(b'}')? {
                    break;
                }
            }
        }
        self.declare_set(head, contents);
        Ok(())
    }

    fn elements<R: Read>(
        &mut self,
        head: &SetHead,
        document: &mut Document<'_, R>,
    ) -> Result<Option<SetBuilder>, ReadError> {
        let interest = self.interest;
        let table = self.table_of(head.family.as_deref(), head.table.as_deref());
        let (Some(reader), Some(set_type)) = (table, &head.set_type) else {
            document.skip()?;
            return Ok(None);
        };
        if document.peek()? != Some(b'[') {
            document.skip()?;
            return Ok(None);
        }
        document.expect(b'[')?;
        let mut builder = SetBuilder::new(set_type.clone());
        if document.take(b']')? {
            return Ok(Some(builder));
        }
        loop {
            document.value(|json| builder.push(&json, reader))?;
            builder.thin_out(interest);
            if !document.another(b']')? {
                return Ok(Some(builder));
            }
        }
    }

    /// A named set or map of a script; no elements where they are not known.
    pub(super) fn whole_set(&mut self, declaration: &Json<'_>, elements: Option<&[Json<'_>]>) {
        let mut head = SetHead::default();
        if let Json::Object(members) = declaration {
            for (member, json) in members {
                head.note(member, json);
            }
        }
        head.has_elements = elements.is_none();
        let interest = self.interest;
        let table = self.table_of(head.family.as_deref(), head.table.as_deref());
        let builder = match (table, &head.set_type, elements) {
            (Some(reader), Some(set_type), Some(elements)) => {
                let mut builder = SetBuilder::new(set_type.clone());
                for element in elements {
                    builder.push(element, reader);
                    builder.thin_out(interest);
                }
                Some(builder)
            }
            _ => None,
        };
        self.declare_set(head, builder);
    }

    fn declare_set(&mut self, head: SetHead, builder: Option<SetBuilder>) {
        let interest = self.interest;
        let limited = head.limited;
        let table = self.table_of(head.family.as_deref(), head.table.as_deref());
        let (Some(reader), Some(name)) = (table, head.name.as_deref()) else {
            return self.problem("a set without family, table or name", false);
        };
        let id = reader.set_id(name);
        let (contents, mut set_type) = match (builder, head.set_type, head.has_elements) {
            (Some(builder), _, _) => builder.finish(interest),
            (None, Some(set_type), false) => SetBuilder::new(set_type).finish(interest),
            (None, set_type, _) => (
                Contents::Unreadable {
                    reason: "its type or its elements are not understood".into(),
                },
                set_type.unwrap_or_default(),
            ),
        };
        set_type.limited |= limited;
        if let Some(set) = reader.set(id) {
            set.handle = head.handle;
            set.components = super::fields::components(&set_type.key);
            set.dynamic |= head.dynamic;
            set.contents = contents;
            set.comment = head.comment;
        }
        if let Some(known) = reader.set_types.get_mut(id as usize) {
            *known = set_type;
        }
    }
}

/// What a set's declaration says before its elements.
#[derive(Default)]
struct SetHead {
    family: Option<String>,
    table: Option<String>,
    name: Option<String>,
    handle: Option<u64>,
    comment: Option<Box<str>>,
    set_type: Option<SetType>,
    dynamic: bool,
    limited: bool,
    has_elements: bool,
}

impl SetHead {
    fn note(&mut self, member: &str, json: &Json<'_>) {
        let text = || json.text().map(ToOwned::to_owned);
        match member {
            "family" => self.family = text(),
            "table" => self.table = text(),
            "name" => self.name = text(),
            "handle" => self.handle = json.unsigned(),
            "comment" => self.comment = json.text().map(Into::into),
            "type" => {
                self.set_type.get_or_insert_default().key =
                    self.types(json, |converter| converter.declared_types(json))
            }
            "map" => {
                self.set_type.get_or_insert_default().data =
                    self.types(json, |converter| converter.declared_data(json));
            }
            "flags" => self.dynamic |= json.has_word("dynamic") || json.has_word("timeout"),
            "timeout" => self.dynamic = true,
            "stmt" => self.limited |= json.items().iter().any(rate::is_limited),
            _ => {}
        }
    }

    /// Types may be written as expressions, which depend on the family.
    fn types<T>(&self, _: &Json<'_>, read: impl FnOnce(&mut Converter<'_>) -> T) -> T {
        let family = self
            .family
            .as_deref()
            .and_then(Family::from_word)
            .unwrap_or(Family::Inet);
        let mut scratch = TableReader::new(0, family, "");
        read(&mut Converter::new(&mut scratch))
    }
}

fn base_chain(hook: &Json<'_>, json: &Json<'_>) -> BaseChain {
    let hook = hook.text().and_then(Hook::from_word);
    let devices = match hook {
        Some(Hook::Ingress | Hook::Egress) => devices(json.get("dev")),
        Some(_) => Devices::All,
        None => Devices::Unknown,
    };
    BaseChain {
        hook,
        chain_type: match json.get("type").text() {
            Some("nat") => ChainType::Nat,
            Some("route") => ChainType::Route,
            _ => ChainType::Filter,
        },
        priority: json
            .get("prio")
            .number()
            .and_then(|priority| i32::try_from(priority).ok())
            .unwrap_or_default(),
        policy: match json.get("policy").text() {
            Some("accept") => Policy::Accept,
            Some("drop") => Policy::Drop,
            _ => Policy::Unknown,
        },
        devices,
        counters: None,
    }
}

/// Names with a star are patterns, which name no device here.
fn devices(json: &Json<'_>) -> Devices {
    let names: Option<Vec<Box<str>>> = json
        .items()
        .iter()
        .map(|name| {
            name.text()
                .filter(|name| !name.ends_with('*'))
                .map(Into::into)
        })
        .collect();
    match names {
        Some(names) if !names.is_empty() => Devices::Named(names.into()),
        _ => Devices::Unknown,
    }
}
