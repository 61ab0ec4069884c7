//! Statements that test.

use super::super::data_type::DataType;
use super::super::json::Json;
use super::Writer;

impl Writer {
    pub(super) fn statement(&mut self, json: &Json<'_>) {
        match json.sole() {
            Some((kind, body)) => self.named_statement(kind, body),
            None => self.verbatim(json),
        }
    }

    pub(super) fn named_statement(&mut self, kind: &str, body: &Json<'_>) {
        match kind {
            "match" => self.matching(body),
            "jump" | "goto" => {
                self.add(&format!("{kind} "));
                self.verbatim(body.find("target").unwrap_or(body));
            }
            "counter" | "limit" | "quota" | "synproxy" if is_object(body) => {
                self.object(kind, body)
            }
            "counter" => {
                self.add("counter");
                if let (Some(packets), Some(bytes)) =
                    (body.get("packets").number(), body.get("bytes").number())
                {
                    self.add(&format!(" packets {packets} bytes {bytes}"));
                }
            }
            "limit" => self.limit(body),
            "quota" => self.quota(body),
            "ct count" => {
                self.add("ct count ");
                self.over(body);
                self.verbatim(body.get("val"));
            }
            "vmap" => self.mapping("vmap", body),
            _ => self.action(kind, body),
        }
    }

    fn matching(&mut self, body: &Json<'_>) {
        let operator = body.get("op").text().unwrap_or("==");
        let (left, right) = (body.get("left"), body.get("right"));
        let types = self.types(left);
        let bits = types
            .first()
            .is_some_and(|data_type| data_type.is_bitmask());
        if bits
            && matches!(operator, "==" | "!=")
            && let Some(("&", operands)) = left.sole()
            && let [value, mask] = operands.items()
            && (mask != right || matches!(mask, Json::List(_)))
        {
            self.expression(value);
            self.add(if operator == "!=" { " != " } else { " " });
            self.constants(right, &types);
            self.add(" / ");
            return self.constants(mask, &types);
        }
        self.expression(left);
        let computed = matches!(left.sole(), Some(("&" | "|" | "^" | "<<" | ">>", _)));
        let single = matches!(right, Json::Text(text) if !text.starts_with('@'))
            || matches!(right, Json::Number(_));
        match operator {
            "in" => self.add(" "),
            "==" if computed || bits && single => self.add(" == "),
            "==" => self.add(" "),
            other => self.add(&format!(" {other} ")),
        }
        self.constants(right, &types);
    }

    /// `limit name "x"`, also by a map.
    fn object(&mut self, kind: &str, body: &Json<'_>) {
        self.add(&format!("{kind} name "));
        match body.sole() {
            Some(("map", map)) => self.mapping_to("map", map, DataType::Text),
            _ => self.quoted(body.text().unwrap_or_default()),
        }
    }

    fn over(&mut self, body: &Json<'_>) {
        if body.get("inv").is_true() {
            self.add("over ");
        }
    }

    fn limit(&mut self, body: &Json<'_>) {
        self.add("limit rate ");
        self.over(body);
        self.verbatim(body.get("rate"));
        let unit = body.get("rate_unit").text();
        if let Some(unit) = unit {
            self.add(&format!(" {unit}"));
        }
        self.add(&format!("/{}", body.get("per").text().unwrap_or("?")));
        let burst = body.get("burst").number().unwrap_or_default();
        // Five packets go without saying.
        if burst > 0 && (unit.is_some() || burst != 5) {
            let unit = body.get("burst_unit").text().unwrap_or("packets");
            self.add(&format!(" burst {burst} {unit}"));
        }
    }

    fn quota(&mut self, body: &Json<'_>) {
        self.add("quota ");
        self.over(body);
        for (amount, unit, before) in [("val", "val_unit", ""), ("used", "used_unit", " used ")] {
            if let Some(amount) = body.find(amount) {
                self.add(before);
                self.verbatim(amount);
                self.add(&format!(" {}", body.get(unit).text().unwrap_or("bytes")));
            }
        }
    }
}

fn is_object(body: &Json<'_>) -> bool {
    body.text().is_some() || body.find("map").is_some()
}
