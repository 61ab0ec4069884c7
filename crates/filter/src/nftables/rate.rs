//! Limits, quotas and counts of connections.

use super::converter::Converter;
use super::json::Json;
use crate::model::{Condition, Rate, RateKind};

impl Converter<'_> {
    pub(super) fn limit(&mut self, body: &Json<'_>) {
        self.named_or(body, "limit", limit);
    }

    pub(super) fn quota(&mut self, body: &Json<'_>) {
        self.named_or(body, "quota", quota);
    }

    /// A limit of its own, one of the table by name, or one by a map.
    fn named_or(&mut self, body: &Json<'_>, kind: &str, own: fn(&Json<'_>) -> Option<Rate>) {
        if body.find("map").is_some() {
            self.object_of_map(body.get("map"));
            return self.undecidable(&format!("which {kind} counts depends on a map"));
        }
        if let Some(name) = body.text() {
            return match self.table.rate(kind, name) {
                Some(rate) => {
                    let rate = rate.clone();
                    self.condition(Condition::Rate(rate));
                }
                None => self.undecidable(&format!("the {kind} `{name}` is not in the listing")),
            };
        }
        match own(body) {
            Some(rate) => self.condition(Condition::Rate(rate)),
            None => self.strange_rate(kind),
        }
    }

    pub(super) fn connection_count(&mut self, body: &Json<'_>) {
        match connection_count(body) {
            Some(rate) => self.condition(Condition::Rate(rate)),
            None => self.strange_rate("ct count"),
        }
    }

    fn strange_rate(&mut self, kind: &str) {
        let reason = self.not_understood(kind);
        self.condition(Condition::Undecidable { reason });
    }

    /// What a statement attached to a set's element asks; `None` where it asks nothing.
    pub(super) fn attached(&mut self, json: &Json<'_>) -> Option<Condition> {
        let (kind, body) = json.sole()?;
        let rate = match kind {
            "counter" | "last" => return None,
            "limit" => limit(body),
            "quota" => quota(body),
            "ct count" => connection_count(body),
            _ => None,
        };
        Some(match rate {
            Some(rate) => Condition::Rate(rate),
            None => {
                let reason = self.not_understood(kind);
                Condition::Undecidable { reason }
            }
        })
    }
}

/// Whether an element with these members, or a set with this statement, counts against a limit.
pub(super) fn is_limited(json: &Json<'_>) -> bool {
    ["limit", "quota", "ct count"]
        .iter()
        .any(|kind| json.find(kind).is_some())
}

/// `limit`, as a statement or a named object.
pub(super) fn limit(body: &Json<'_>) -> Option<Rate> {
    let rate_unit = unit(body.get("rate_unit"))?;
    let burst_unit = unit(body.get("burst_unit"))?;
    let seconds = match body.get("per").text()? {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86400,
        "week" => 604_800,
        _ => return None,
    };
    Some(Rate {
        kind: RateKind::Limit,
        amount: body.get("rate").unsigned()?.saturating_mul(rate_unit),
        seconds,
        // Five packets are what nft asks of the kernel where nothing is said.
        burst: body.get("burst").unsigned().map_or(
            if body.get("rate_unit").is_null() {
                5
            } else {
                0
            },
            |burst| burst.saturating_mul(burst_unit),
        ),
        when_exceeded: body.get("inv").is_true(),
        list: None,
    })
}

/// `quota`, as a statement (`val`) or a named object (`bytes`).
pub(super) fn quota(body: &Json<'_>) -> Option<Rate> {
    let amount = match body.get("bytes").unsigned() {
        Some(bytes) => bytes,
        None => body
            .get("val")
            .unsigned()?
            .saturating_mul(unit(body.get("val_unit"))?),
    };
    Some(Rate {
        kind: RateKind::Quota,
        amount,
        seconds: 0,
        burst: 0,
        when_exceeded: body.get("inv").is_true(),
        list: None,
    })
}

fn connection_count(body: &Json<'_>) -> Option<Rate> {
    Some(Rate {
        kind: RateKind::Connlimit,
        amount: body.get("val").unsigned()?,
        seconds: 0,
        burst: 0,
        when_exceeded: body.get("inv").is_true(),
        list: None,
    })
}

fn unit(json: &Json<'_>) -> Option<u64> {
    Some(match json.text() {
        None | Some("packets" | "bytes") => 1,
        Some("kbytes") => 1024,
        Some("mbytes") => 1024 * 1024,
        Some(_) => return None,
    })
}
