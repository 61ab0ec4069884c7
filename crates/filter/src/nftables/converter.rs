//! Turns one rule of the listing into statements.

use super::data_type::DataType;
use super::expression::{Typed, equals, of_family};
use super::joined::doubt_joined_comparisons;
use super::json::Json;
use super::table::{Data, TableReader};
use crate::model::{Condition, Counters, Expression, Family, Field, Statement, protocol};
use crate::restore::{UNTOLD_FAMILY, UNTOLD_SWITCH, UNTOLD_TCP};

/// One rule on its way into the model.
pub(super) struct Converter<'t> {
    pub(super) table: &'t mut TableReader,
    pub(super) statements: Vec<Statement>,
    /// Counters of the first counter statement.
    pub(super) counters: Option<Counters>,
    /// A part was not understood.
    pub(super) odd: bool,
    /// A range is printed, which may be two comparisons in truth.
    pub(super) holds_range: bool,
    /// What stands before in the rule ties it to one network protocol, and the listing shows it.
    family_shown: bool,
    /// The same for TCP.
    tcp_shown: bool,
}

impl<'t> Converter<'t> {
    pub(super) fn new(table: &'t mut TableReader) -> Self {
        let family = table.table.family;
        let mut statements = Vec::new();
        if table.may_be_dormant {
            statements.push(Statement::Condition(Condition::Undecidable {
                reason: UNTOLD_SWITCH.into(),
            }));
        }
        Self {
            table,
            statements,
            counters: None,
            odd: false,
            holds_range: false,
            family_shown: matches!(family, Family::Ip | Family::Ip6),
            tcp_shown: false,
        }
    }

    pub(super) const fn family(&self) -> Family {
        self.table.table.family
    }

    /// Notes that something was not understood; gives the reason to keep.
    pub(super) fn not_understood(&mut self, what: &str) -> Box<str> {
        self.odd = true;
        format!("not understood: {what}").into()
    }

    /// All statements of a rule.
    pub(super) fn rule(&mut self, expressions: &Json<'_>) {
        for statement in expressions.items() {
            self.statement(statement);
        }
        self.statements = doubt_joined_comparisons(std::mem::take(&mut self.statements));
    }

    fn statement(&mut self, json: &Json<'_>) {
        let Some((kind, body)) = json.sole() else {
            return self.strange("a statement without a name");
        };
        match kind {
            "match" => self.matching(body),
            "counter" | "last" => self.counter(kind, body),
            "log" | "dup" | "flow" | "ct helper" | "ct timeout" | "ct expectation" | "secmark"
            | "reset" | "tunnel" => self.object_or_remark(kind, body),
            "limit" => self.limit(body),
            "quota" => self.quota(body),
            "ct count" => self.connection_count(body),
            "vmap" => self.verdict_map(body),
            "reject" => self.reject(body),
            "mangle" => self.mangle(body),
            "notrack" => self.statements.push(Statement::NoTrack),
            "set" | "map" => self.set_update(kind, body),
            "meter" => self.meter(body),
            "dnat" | "snat" | "redirect" | "masquerade" => self.translate(kind, body),
            "queue" | "tproxy" | "synproxy" | "fwd" => self.hand_over(kind, body),
            "xt" => self.xtables(body),
            "break" => self.condition(Condition::Constant(false)),
            _ => match self.table.verdict(kind, body) {
                Some(verdict) => self.statements.push(Statement::Verdict(verdict)),
                None => self.strange(&format!("statement `{kind}`")),
            },
        }
    }

    /// Keeps a statement as not understood.
    pub(super) fn strange(&mut self, what: &str) {
        let reason = self.not_understood(what);
        self.statements.push(Statement::NotUnderstood { reason });
    }

    pub(super) fn condition(&mut self, condition: Condition) {
        self.statements.push(Statement::Condition(condition));
    }

    pub(super) fn undecidable(&mut self, reason: &str) {
        self.condition(Condition::Undecidable {
            reason: reason.into(),
        });
    }

    fn counter(&mut self, kind: &str, body: &Json<'_>) {
        if let (Some(packets), Some(bytes)) =
            (body.get("packets").unsigned(), body.get("bytes").unsigned())
        {
            self.counters.get_or_insert(Counters { packets, bytes });
            return self.statements.push(Statement::Remark(kind.into()));
        }
        self.object_or_remark(kind, body);
    }

    /// A statement without influence; by a map of objects it holds only where the map has the key.
    fn object_or_remark(&mut self, kind: &str, body: &Json<'_>) {
        if body.find("map").is_some() {
            self.object_of_map(body.get("map"));
        }
        self.statements.push(Statement::Remark(kind.into()));
    }

    /// The kernel looks an object up in a map; where there is none the rule ends.
    pub(super) fn object_of_map(&mut self, body: &Json<'_>) {
        let (key, set, _) = self.map_parts(body);
        self.condition(Condition::Lookup {
            key,
            set,
            negated: false,
            absent_is_no_element: false,
        });
    }

    fn verdict_map(&mut self, body: &Json<'_>) {
        let parts = self.key(body.get("key"));
        self.push_implied(&parts);
        let types: Box<[DataType]> = parts.iter().map(|part| part.data_type).collect();
        let id = self.map_reference(body.get("data"), &types);
        if self.table.set_type(id).is_some_and(|known| known.limited) {
            self.undecidable("each element of the map has a limit of its own");
        }
        self.statements.push(Statement::VerdictMap {
            key: parts.into_iter().map(|part| part.expression).collect(),
            map: crate::model::SetReference::InTable(id),
        });
    }

    /// What the kernel checks before it looks at these.
    pub(super) fn push_implied(&mut self, parts: &[Typed]) {
        for part in parts {
            if let Some(condition) = &part.implied {
                self.condition(condition.clone());
            }
        }
    }

    fn hand_over(&mut self, kind: &str, body: &Json<'_>) {
        if kind == "tproxy"
            && let Some(family) = body.get("family").text().and_then(Family::from_word)
            && !matches!(self.family(), Family::Ip | Family::Ip6)
        {
            self.condition(of_family(family));
        }
        if kind == "synproxy" && body.find("map").is_some() {
            self.object_of_map(body.get("map"));
        }
        let to = match body.get("num").number() {
            Some(number) => format!("{kind} {number}").into(),
            None => kind.into(),
        };
        self.statements.push(Statement::HandOver { to });
    }

    /// Listings do not show the arguments of iptables' matches and targets.
    fn xtables(&mut self, body: &Json<'_>) {
        self.table.table.holds_xt = true;
        let name: Box<str> = body.get("name").text().unwrap_or("?").into();
        let statement = match body.get("type").text() {
            Some("match") => {
                self.not_understood(&format!("iptables match `{name}`"));
                Statement::XtablesMatch(name)
            }
            _ => {
                self.not_understood(&format!("iptables target `{name}`"));
                Statement::XtablesTarget(name)
            }
        };
        self.statements.push(statement);
    }

    /// Remembers what a match shows about the packets that get past it.
    pub(super) fn note_shown(&mut self, value: &Expression, equal: bool) {
        match value {
            Expression::Field(Field::NetworkProtocol | Field::EtherType) => {
                self.family_shown |= equal;
            }
            Expression::Field(Field::EtherHeaderType) => self.family_shown |= equal,
            Expression::Field(Field::TransportProtocol) => self.tcp_shown |= equal,
            Expression::Field(Field::Ip4Protocol | Field::Ip6NextHeader) => {
                self.family_shown = true;
                self.tcp_shown |= equal;
            }
            Expression::Field(
                Field::TcpSourcePort | Field::TcpDestinationPort | Field::TcpFlags,
            ) => self.tcp_shown = true,
            Expression::Field(field) => {
                self.family_shown |= super::fields::family_of(*field).is_some();
            }
            Expression::Bits { value, .. } => self.note_shown(value, false),
            _ => {}
        }
    }

    /// nft takes away a test of the network protocol in front of `reject with tcp reset`, and a test of
    /// `ip protocol` in front of a TCP option, and does not print them any more (measured with 1.0.6; the sources of
    /// later versions do the same: `netlink_delinearize.c`, `stmt_reject_postprocess`; `payload.c`,
    /// `exthdr_dependency_kill`). Only what still stands in the rule shows that nothing is missing.
    pub(super) fn lost_family(&self) -> Option<Condition> {
        (!self.family_shown && !self.table.loaded).then(|| Condition::Undecidable {
            reason: UNTOLD_FAMILY.into(),
        })
    }

    /// The test for TCP in front of these is taken away too, where there was one.
    pub(super) fn lost_tcp(&self) -> Option<Condition> {
        let only_tcp = equals(Field::TransportProtocol, protocol::TCP);
        (!self.tcp_shown).then(|| {
            if self.table.loaded {
                // What nft puts in front.
                return only_tcp;
            }
            Condition::Any(Box::new([
                only_tcp,
                Condition::Undecidable {
                    reason: UNTOLD_TCP.into(),
                },
            ]))
        })
    }

    /// What a match on a TCP option may check before.
    pub(super) fn only_tcp_of_some_family(&self) -> Condition {
        let conditions: Vec<Condition> = self
            .lost_family()
            .into_iter()
            .chain(self.lost_tcp())
            .collect();
        Condition::All(conditions.into())
    }

    /// Types of a map's data; none where they are not known.
    pub(super) fn data_types(&self, id: u32) -> Box<[DataType]> {
        match self.table.set_type(id).map(|known| &known.data) {
            Some(Data::Values(types)) => types.clone(),
            _ => Box::default(),
        }
    }
}
