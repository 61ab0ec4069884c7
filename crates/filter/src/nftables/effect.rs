//! Statements that change something: sets, the packet, marks; and rejections.

use super::converter::Converter;
use super::data_type::DataType;
use super::expression::{equals, of_family};
use super::fields;
use super::json::Json;
use crate::model::{
    Assignment, Expression, Family, Field, IcmpError, RejectWith, SetReference, SetUpdate,
    Statement, Target,
};

impl Converter<'_> {
    /// `add @set { … }`, `update`, `delete`; the same for maps.
    pub(super) fn set_update(&mut self, kind: &str, body: &Json<'_>) {
        let name = body.get(kind).text().or(body.get("set").text());
        let Some(name) = name.map(|name| name.strip_prefix('@').unwrap_or(name)) else {
            return self.strange("a change to a set without a name");
        };
        let delete = match body.get("op").text() {
            Some("add" | "update") => false,
            Some("delete") => true,
            _ => return self.strange("a change to a set"),
        };
        self.update(name, body.get("elem"), delete, body.get("stmt"));
    }

    /// `meter name { key statement }`: a set that only this rule fills.
    pub(super) fn meter(&mut self, body: &Json<'_>) {
        let name = body.get("name").text().unwrap_or("?");
        self.update(name, body.get("key"), false, body.get("stmt"));
    }

    fn update(&mut self, name: &str, key: &Json<'_>, delete: bool, statements: &Json<'_>) {
        let parts = self.key(key);
        self.push_implied(&parts);
        for part in &parts {
            self.note_shown(&part.expression, false);
        }
        let attached = statements
            .items()
            .iter()
            .filter_map(|statement| self.attached(statement))
            .collect();
        let id = self.table.set_id(name);
        if let Some(set) = self.table.set(id) {
            set.dynamic = true;
        }
        self.statements.push(Statement::UpdateSet(SetUpdate {
            set: SetReference::InTable(id),
            key: parts.into_iter().map(|part| part.expression).collect(),
            delete,
            attached,
        }));
    }

    /// `… set …`.
    pub(super) fn mangle(&mut self, body: &Json<'_>) {
        let key = body.get("key");
        let Some((target, data_type)) = self.mangled(key) else {
            return self.strange("a change to something");
        };
        let value = if target == Target::Unread {
            Expression::Unpredictable {
                range: crate::model::Range::ANY,
                reason: "nothing here looks at it".into(),
            }
        } else {
            self.value(body.get("value"), data_type)
        };
        self.statements.push(Statement::Assign(Assignment {
            target,
            value,
            keep_mask: 0,
        }));
    }

    fn mangled(&mut self, key: &Json<'_>) -> Option<(Target, DataType)> {
        match key.sole()? {
            ("meta", body) => Some(match body.get("key").text()? {
                "mark" => (Target::Mark, DataType::Mark),
                "priority" | "nftrace" | "secmark" | "broute" => {
                    (Target::Unread, DataType::Unknown)
                }
                other => {
                    let (field, data_type) = fields::meta(other)?;
                    (Target::Field(field), data_type)
                }
            }),
            ("ct", body) => Some(match body.get("key").text()? {
                "mark" => (Target::ConntrackMark, DataType::Mark),
                "event" | "secmark" | "helper" => (Target::Unread, DataType::Unknown),
                other => {
                    let (field, data_type) = fields::conntrack(other, None, self.family())?;
                    (Target::Field(field), data_type)
                }
            }),
            ("payload", body) => {
                let name = body.get("protocol").text()?;
                let (field, data_type) = fields::payload(name, body.get("field").text()?)?;
                // Tests that nft puts in front of a change and does not print.
                if let Some(family) = fields::family_of(field) {
                    self.condition(of_family(family));
                }
                if let Some(number) = fields::transport_of(name) {
                    self.condition(equals(Field::TransportProtocol, number));
                }
                Some((Target::Field(field), data_type))
            }
            ("tcp option" | "exthdr" | "ip option", _) => Some((Target::Unread, DataType::Unknown)),
            _ => None,
        }
    }

    /// `reject`, by default with what `nft(8)`, "REJECT STATEMENT", says of the family.
    pub(super) fn reject(&mut self, body: &Json<'_>) {
        let two_families = !matches!(self.family(), Family::Ip | Family::Ip6);
        if two_families && body.get("type").text().is_none() {
            // Printed where nft lost track of the family (1.0.6, after a raw test of the link-layer header).
            return self.strange("the kind of this `reject`");
        }
        let code = body.get("expr");
        let kind = body.get("type").text().unwrap_or(match self.family() {
            Family::Ip => "icmp",
            _ => "icmpv6",
        });
        let with = match kind {
            "tcp reset" => {
                self.tcp_reset();
                Some(RejectWith::TcpReset)
            }
            "icmp" => icmp_error(DataType::IcmpCode, code, 3, icmp4).map(RejectWith::Icmp),
            "icmpv6" => icmp_error(DataType::Icmp6Code, code, 4, icmp6).map(RejectWith::Icmp),
            "icmpx" => icmpx(code).map(RejectWith::Icmp),
            _ => None,
        };
        let Some(with) = with else {
            return self.strange("a way to reject");
        };
        // nft takes the test of the network protocol away: the kind of error implies it.
        if two_families {
            match kind {
                "icmp" => self.condition(of_family(Family::Ip)),
                "icmpv6" => self.condition(of_family(Family::Ip6)),
                _ => {}
            }
        }
        self.statements.push(Statement::Reject(with));
    }

    fn tcp_reset(&mut self) {
        if let Some(condition) = self.lost_family() {
            self.condition(condition);
        }
        if let Some(condition) = self.lost_tcp() {
            self.condition(condition);
        }
    }
}

fn icmp_error(
    data_type: DataType,
    code: &Json<'_>,
    default: u128,
    error: fn(u128) -> Option<IcmpError>,
) -> Option<IcmpError> {
    let code = if code.is_null() {
        default
    } else {
        data_type.constant(code)?
    };
    error(code)
}

const fn icmp4(code: u128) -> Option<IcmpError> {
    Some(match code {
        0 => IcmpError::NetUnreachable,
        1 => IcmpError::HostUnreachable,
        2 => IcmpError::ProtocolUnreachable,
        3 => IcmpError::PortUnreachable,
        9 => IcmpError::NetProhibited,
        10 => IcmpError::HostProhibited,
        13 => IcmpError::AdminProhibited,
        _ => return None,
    })
}

const fn icmp6(code: u128) -> Option<IcmpError> {
    Some(match code {
        0 => IcmpError::NoRoute6,
        1 => IcmpError::AdminProhibited6,
        3 => IcmpError::AddressUnreachable6,
        4 => IcmpError::PortUnreachable6,
        5 => IcmpError::PolicyFail6,
        6 => IcmpError::RejectRoute6,
        _ => return None,
    })
}

/// `NFT_REJECT_ICMPX_*` (`linux/netfilter/nf_tables.h`).
fn icmpx(code: &Json<'_>) -> Option<IcmpError> {
    Some(match (code.text(), code.number()) {
        (Some("no-route"), _) | (_, Some(0)) => IcmpError::AnyNoRoute,
        (Some("port-unreachable"), _) | (_, Some(1)) => IcmpError::AnyPortUnreachable,
        (Some("host-unreachable"), _) | (_, Some(2)) => IcmpError::AnyHostUnreachable,
        (Some("admin-prohibited"), _) | (_, Some(3)) => IcmpError::AnyAdminProhibited,
        _ if code.is_null() => IcmpError::AnyPortUnreachable,
        _ => return None,
    })
}
