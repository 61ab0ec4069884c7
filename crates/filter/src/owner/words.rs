//! What a rule asks and does, taken apart for the words of a tool.

use super::scene::DEEPEST;
use super::values::{addresses, interface, single};
use crate::evaluate::{Question, Version, address_value};
use crate::model::{
    BitOperation, Condition, Contents, Expression, Field, Range, Ranges, Rate, RejectWith, Rule,
    Statement, Table, Verdict, conntrack_state, conntrack_status, interface_name, protocol,
};

/// A rule, part by part. A part that is `None` is not asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) version: Version,
    /// Asks for that version of IP in so many words.
    pub(super) names_version: bool,
    pub(super) input_interface: Option<Ranges>,
    pub(super) output_interface: Option<Ranges>,
    pub(super) source: Option<Ranges>,
    pub(super) destination: Option<Ranges>,
    pub(super) protocol: Option<Ranges>,
    pub(super) source_ports: Option<Ranges>,
    pub(super) ports: Option<Ranges>,
    /// Asks for new connections.
    pub(super) only_new: bool,
    /// Asks for packets that belong to no connection and begin none.
    pub(super) only_invalid: bool,
    /// Asks for connections whose destination was changed.
    pub(super) only_translated: bool,
    /// Counts.
    pub(super) rate: Option<Rate>,
    /// Nothing but the parts above is asked.
    pub(super) complete: bool,
    pub(super) action: Action,
}

/// What a rule does in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Action {
    Accept,
    Drop,
    Reject(RejectWith),
    /// Jumps or goes to the chain of this index.
    Call(u32),
    #[default]
    Other,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            version: Version::V4,
            names_version: false,
            input_interface: None,
            output_interface: None,
            source: None,
            destination: None,
            protocol: None,
            source_ports: None,
            ports: None,
            only_new: false,
            only_invalid: false,
            only_translated: false,
            rate: None,
            complete: true,
            action: Action::Other,
        }
    }
}

impl Words {
    /// Takes a rule apart.
    pub(super) fn of(rule: &Rule, table: &Table) -> Self {
        let mut words = Self::default();
        if table.family == crate::model::Family::Ip6 {
            words.version = Version::V6;
        }
        for statement in &rule.statements {
            match statement {
                Statement::Condition(condition) => words.ask(condition, table, DEEPEST),
                Statement::Verdict(verdict) => {
                    words.action = match verdict {
                        Verdict::Accept => Action::Accept,
                        Verdict::Drop => Action::Drop,
                        Verdict::Jump(chain) | Verdict::Goto(chain) => Action::Call(*chain),
                        _ => Action::Other,
                    };
                }
                Statement::Reject(with) => words.action = Action::Reject(*with),
                Statement::Remark(_) => {}
                _ => words.complete = false,
            }
        }
        words
    }

    fn ask(&mut self, condition: &Condition, table: &Table, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else {
            self.complete = false;
            return;
        };
        match condition {
            Condition::In {
                value,
                ranges,
                negated: false,
            } => self.ask_for(value, ranges),
            Condition::In {
                value:
                    Expression::Bits {
                        value,
                        operation: BitOperation::And,
                        operand,
                        ..
                    },
                ranges,
                negated: true,
            } if *ranges == Ranges::exactly(0) => self.ask_for_any_of(value, *operand),
            Condition::All(inner) => {
                for condition in inner {
                    self.ask(condition, table, depth);
                }
            }
            Condition::Any(inner) if inner.len() == 1 => {
                for condition in inner {
                    self.ask(condition, table, depth);
                }
            }
            Condition::Lookup {
                key,
                set,
                negated: false,
                ..
            } => match (&**key, anonymous_ranges(table, set)) {
                ([value], Some(ranges)) => self.ask_for(value, &ranges),
                _ => self.complete = false,
            },
            Condition::Rate(rate) => self.rate = Some(rate.clone()),
            Condition::Constant(true) => {}
            _ => self.complete = false,
        }
    }

    fn ask_for(&mut self, value: &Expression, ranges: &Ranges) {
        let place = match value {
            Expression::Field(field) => match field {
                Field::Ip4Source => self.in_version(Version::V4, |words| &mut words.source),
                Field::Ip6Source => self.in_version(Version::V6, |words| &mut words.source),
                Field::Ip4Destination => {
                    self.in_version(Version::V4, |words| &mut words.destination)
                }
                Field::Ip6Destination => {
                    self.in_version(Version::V6, |words| &mut words.destination)
                }
                Field::TransportProtocol => &mut self.protocol,
                Field::TcpSourcePort | Field::TransportSourcePort | Field::UdpSourcePort => {
                    self.note_protocol(*field);
                    &mut self.source_ports
                }
                Field::TcpDestinationPort
                | Field::TransportDestinationPort
                | Field::UdpDestinationPort => {
                    self.note_protocol(*field);
                    &mut self.ports
                }
                Field::InputInterface => &mut self.input_interface,
                Field::OutputInterface => &mut self.output_interface,
                Field::NetworkProtocol | Field::EtherType => return self.ask_for_version(ranges),
                Field::ConntrackState => return self.ask_for_state(ranges),
                _ => {
                    self.complete = false;
                    return;
                }
            },
            _ => {
                self.complete = false;
                return;
            }
        };
        match place {
            None => *place = Some(ranges.clone()),
            Some(known) if known == ranges => {}
            Some(_) => self.complete = false,
        }
    }

    fn ask_for_version(&mut self, ranges: &Ranges) {
        self.version = match single(ranges) {
            Some(2 | 0x0800) => Version::V4,
            Some(10 | 0x86dd) => Version::V6,
            _ => {
                self.complete = false;
                return;
            }
        };
        self.names_version = true;
    }

    fn in_version(
        &mut self,
        version: Version,
        place: impl FnOnce(&mut Self) -> &mut Option<Ranges>,
    ) -> &mut Option<Ranges> {
        self.version = version;
        place(self)
    }

    /// A port of TCP says the protocol too.
    fn note_protocol(&mut self, field: Field) {
        let number = match field {
            Field::TcpSourcePort | Field::TcpDestinationPort => protocol::TCP,
            Field::UdpSourcePort | Field::UdpDestinationPort => protocol::UDP,
            _ => return,
        };
        self.protocol.get_or_insert_with(|| Ranges::exactly(number));
    }

    fn ask_for_state(&mut self, ranges: &Ranges) {
        if *ranges == Ranges::exactly(conntrack_state::NEW) {
            self.only_new = true;
        } else if *ranges == Ranges::exactly(conntrack_state::INVALID) {
            self.only_invalid = true;
        } else {
            self.complete = false;
        }
    }

    /// Any of some bits of a connection's state or status.
    fn ask_for_any_of(&mut self, value: &Expression, bits: u128) {
        match value {
            Expression::Field(Field::ConntrackState) => {
                self.ask_for_state(&Ranges::exactly(bits));
            }
            Expression::Field(Field::ConntrackStatus)
                if bits == conntrack_status::DESTINATION_NAT =>
            {
                self.only_translated = true;
            }
            _ => self.complete = false,
        }
    }

    /// The source as an address or a network; `None` when it is any, or more than one of them.
    pub(super) fn source_text(&self) -> Option<String> {
        addresses(self.version, self.source.as_ref()?)
    }

    pub(super) fn destination_text(&self) -> Option<String> {
        addresses(self.version, self.destination.as_ref()?)
    }

    /// The protocol's name, when it is one.
    pub(super) fn protocol_text(&self) -> Option<&'static str> {
        match single(self.protocol.as_ref()?)? {
            protocol::TCP => Some("tcp"),
            protocol::UDP => Some("udp"),
            50 => Some("esp"),
            51 => Some("ah"),
            47 => Some("gre"),
            132 => Some("sctp"),
            _ => None,
        }
    }

    /// Whether every part that is asked about can be put in words.
    pub(super) fn is_sayable(&self) -> bool {
        let said = |part: &Option<Ranges>, text: bool| part.is_none() || text;
        self.complete
            && said(&self.source, self.source_text().is_some())
            && said(&self.destination, self.destination_text().is_some())
            && said(&self.protocol, self.protocol_text().is_some())
            && said(&self.input_interface, self.input_interface_text().is_some())
            && said(
                &self.output_interface,
                self.output_interface_text().is_some(),
            )
    }

    pub(super) fn input_interface_text(&self) -> Option<String> {
        interface(self.input_interface.as_ref()?)
    }

    pub(super) fn output_interface_text(&self) -> Option<String> {
        interface(self.output_interface.as_ref()?)
    }

    /// Whether some packet of the question may meet the rule, as far as the parts tell.
    pub(super) fn may_meet(&self, question: &Question) -> bool {
        let port_fits = meets(
            self.ports.as_ref(),
            Some(Range::exactly(question.port.into())),
        );
        let protocol_fits = meets(self.protocol.as_ref(), Some(Range::exactly(protocol::TCP)));
        let interface_fits = meets(
            self.input_interface.as_ref(),
            question
                .interface
                .as_deref()
                .map(|name| Range::exactly(interface_name(name))),
        );
        port_fits && protocol_fits && interface_fits && self.addresses_meet(question)
    }

    fn addresses_meet(&self, question: &Question) -> bool {
        let has_version = self.names_version || self.source.is_some() || self.destination.is_some();
        if has_version && self.version != question.version {
            return false;
        }
        let from = question.from.map(|network| {
            Range::new(
                address_value(network.network()),
                address_value(network.broadcast()),
            )
        });
        let to = question.to.map(|to| Range::exactly(address_value(to)));
        meets(self.source.as_ref(), from) && meets(self.destination.as_ref(), to)
    }

    /// Whether it is asked nothing.
    pub(super) const fn is_unconditional(&self) -> bool {
        self.complete
            && self.input_interface.is_none()
            && self.output_interface.is_none()
            && self.source.is_none()
            && self.destination.is_none()
            && self.protocol.is_none()
            && self.source_ports.is_none()
            && self.ports.is_none()
            && self.rate.is_none()
            && !self.only_new
            && !self.only_invalid
            && !self.only_translated
    }

    /// Whether both ask the same, whatever they do.
    pub(super) fn asks_as(&self, other: &Self) -> bool {
        let plain = |words: &Self| Self {
            action: Action::Other,
            rate: None,
            only_new: false,
            ..words.clone()
        };
        plain(self) == plain(other)
    }
}

fn meets(asked: Option<&Ranges>, known: Option<Range>) -> bool {
    match (asked, known) {
        (Some(asked), Some(known)) => asked.meets(known),
        _ => true,
    }
}

/// The elements of an anonymous set of single values.
fn anonymous_ranges(table: &Table, set: &crate::model::SetReference) -> Option<Ranges> {
    let crate::model::SetReference::InTable(index) = set else {
        return None;
    };
    let set = table.sets.get(*index as usize)?;
    let Contents::Elements {
        elements,
        not_understood: 0,
        kept_for: None,
        ..
    } = &set.contents
    else {
        return None;
    };
    if set.name.is_some() || set.components.len() != 1 {
        return None;
    }
    Some(Ranges::new(
        elements
            .as_slice()
            .iter()
            .filter_map(|element| element.key.first().copied()),
    ))
}
