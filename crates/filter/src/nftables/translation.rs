//! dnat, snat, redirect and masquerade.

use std::net::IpAddr;

use super::converter::Converter;
use super::data_type::DataType;
use super::json::Json;
use crate::model::{Expression, Family, Range, Statement, Translation, TranslationKind};

/// Where a translation leads, and through which ports.
#[derive(Default)]
struct Aim {
    address: Option<Expression>,
    port: Option<Expression>,
    port_range: Option<Range>,
    network: Option<(IpAddr, u8)>,
}

impl Converter<'_> {
    pub(super) fn translate(&mut self, kind: &str, body: &Json<'_>) {
        let kind = match kind {
            "dnat" => TranslationKind::Dnat,
            "snat" => TranslationKind::Snat,
            "redirect" => TranslationKind::Redirect,
            _ => TranslationKind::Masquerade,
        };
        let family = body.get("family").text().and_then(Family::from_word);
        let mut aim = Aim::default();
        if let Some(address) = body.find("addr") {
            let of_addresses = match family.unwrap_or(self.family()) {
                Family::Ip6 => DataType::Ip6,
                _ => DataType::Ip4,
            };
            self.aim_at(address, of_addresses, &mut aim);
        }
        if let Some(port) = body.find("port") {
            self.aim_at_port(port, &mut aim);
        }
        self.statements.push(Statement::Translate(Translation {
            kind,
            address: aim.address,
            family,
            port: aim.port,
            port_range: aim.port_range,
            network: aim.network,
        }));
    }

    fn aim_at(&mut self, address: &Json<'_>, data_type: DataType, aim: &mut Aim) {
        match address.sole() {
            Some(("prefix", prefix)) => {
                aim.network = network(prefix);
                if aim.network.is_none() {
                    let reason = self.not_understood("a network to translate to");
                    aim.address = Some(Expression::NotUnderstood { reason });
                }
            }
            Some(("concat", parts)) => {
                let mut parts = parts.items().iter();
                if let Some(part) = parts.next() {
                    self.aim_at(part, data_type, aim);
                }
                if let Some(part) = parts.next() {
                    self.aim_at_port(part, aim);
                }
            }
            Some(("map", map)) => {
                let (key, map, data) = self.map_parts(map);
                // A map to addresses and ports sets both: component by component.
                if data.len() > 1 {
                    aim.port = Some(Expression::Map {
                        key: key.clone(),
                        map: map.clone(),
                        component: 1,
                    });
                }
                aim.address = Some(Expression::Map {
                    key,
                    map,
                    component: 0,
                });
            }
            _ => aim.address = Some(self.value(address, data_type)),
        }
    }

    fn aim_at_port(&mut self, port: &Json<'_>, aim: &mut Aim) {
        if let Some(("range", _)) = port.sole()
            && let Some(range) = DataType::Port.range(port)
        {
            aim.port_range = Some(range);
            return;
        }
        aim.port = Some(self.value(port, DataType::Port));
    }
}

fn network(prefix: &Json<'_>) -> Option<(IpAddr, u8)> {
    let address: IpAddr = prefix.get("addr").text()?.parse().ok()?;
    let length = u8::try_from(prefix.get("len").number()?).ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    (length <= longest).then_some((address, length))
}
