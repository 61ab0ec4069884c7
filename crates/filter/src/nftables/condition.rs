//! `match` statements: what must hold for a rule to go on.

use super::converter::Converter;
use super::data_type::DataType;
use super::expression::Typed;
use super::json::Json;
use crate::model::{
    BitOperation, Condition, Expression, FibQuestion, FibResult, Range, Ranges, SetReference,
};
use crate::restore::UNREAD_VALUE;

impl Converter<'_> {
    /// `{"op": …, "left": …, "right": …}`.
    pub(super) fn matching(&mut self, body: &Json<'_>) {
        let operator = body.get("op").text().unwrap_or("==");
        let right = body.get("right");
        let parts = self.key(body.get("left"));
        self.push_implied(&parts);
        let equal = operator == "==" && matches!(right, Json::Text(_) | Json::Number(_));
        for part in &parts {
            self.note_shown(&part.expression, equal && parts.len() == 1);
        }
        if let Some(name) = right.text().and_then(|text| text.strip_prefix('@')) {
            return self.named_lookup(parts, operator, name);
        }
        let condition = match <[Typed; 1]>::try_from(parts) {
            Ok([left]) if body.get("exact").text() == Some("perhaps") => {
                self.perhaps_exact(left, right)
            }
            Ok([left]) => self.comparison(left, operator, right),
            Err(parts) => self.anonymous_lookup(parts, operator, right),
        };
        self.condition(condition);
    }

    fn named_lookup(&mut self, parts: Vec<Typed>, operator: &str, name: &str) {
        let negated = operator == "!=";
        if !negated && !matches!(operator, "==" | "in") {
            return self.strange(&format!("operator `{operator}` with a set"));
        }
        let id = self.table.set_id(name);
        self.condition(Condition::Lookup {
            key: parts.into_iter().map(|part| part.expression).collect(),
            set: SetReference::InTable(id),
            negated,
            absent_is_no_element: false,
        });
        if !negated && self.table.set_type(id).is_some_and(|known| known.limited) {
            self.undecidable("each element of the set has a limit of its own");
        }
    }

    fn anonymous_lookup(
        &mut self,
        parts: Vec<Typed>,
        operator: &str,
        right: &Json<'_>,
    ) -> Condition {
        let negated = operator == "!=";
        if !negated && !matches!(operator, "==" | "in") {
            return self.strange_condition(&format!("operator `{operator}` with several values"));
        }
        let types: Box<[DataType]> = parts.iter().map(|part| part.data_type).collect();
        let elements = match right.sole() {
            Some(("set", elements)) => elements.items(),
            _ => std::slice::from_ref(right),
        };
        let id = self.anonymous_set(elements, &types);
        Condition::Lookup {
            key: parts.into_iter().map(|part| part.expression).collect(),
            set: SetReference::InTable(id),
            negated,
            absent_is_no_element: false,
        }
    }

    fn comparison(&mut self, left: Typed, operator: &str, right: &Json<'_>) -> Condition {
        if let Expression::NotUnderstood { reason } = left.expression {
            return Condition::Undecidable { reason };
        }
        let left = asked_for_existence(left, right);
        match operator {
            "in" | "!" if is_bits(right) && left.data_type.is_bitmask() => {
                self.bit_test(left, operator == "!", right)
            }
            "==" | "in" => self.membership(left, right, false),
            "!=" => self.membership(left, right, true),
            "<" | ">" | "<=" | ">=" => self.order(left, operator, right),
            _ => self.strange_condition(&format!("operator `{operator}`")),
        }
    }

    /// A bitmask without an operator: any of the bits is set (or, with `!`, none).
    fn bit_test(&mut self, left: Typed, none: bool, right: &Json<'_>) -> Condition {
        let Some(mask) = left.data_type.constant(right) else {
            return self.strange_condition("a name among bits");
        };
        Condition::In {
            value: Expression::Bits {
                width: left.data_type.width(),
                value: Box::new(left.expression),
                operation: BitOperation::And,
                operand: mask,
            },
            ranges: Ranges::exactly(0),
            negated: !none,
        }
    }

    /// By some versions of nft any of these bits, by others just these.
    fn perhaps_exact(&mut self, left: Typed, right: &Json<'_>) -> Condition {
        let any_of_them = self.comparison(left.clone(), "in", right);
        let just_these = self.comparison(left, "==", right);
        let undecided = Condition::Undecidable {
            reason: "depends on the version of nft".into(),
        };
        Condition::All(Box::new([
            any_of_them,
            Condition::Any(Box::new([just_these, undecided])),
        ]))
    }

    fn membership(&mut self, left: Typed, right: &Json<'_>, negated: bool) -> Condition {
        let elements = match right.sole() {
            Some(("set", elements)) => elements.items(),
            Some(("range", _)) => {
                self.holds_range = true;
                std::slice::from_ref(right)
            }
            _ => std::slice::from_ref(right),
        };
        let ranges: Option<Vec<Range>> = elements
            .iter()
            .map(|element| left.data_type.range(element))
            .collect();
        match ranges {
            Some(ranges) => Condition::In {
                value: left.expression,
                ranges: Ranges::new(ranges),
                negated,
            },
            None => self.strange_condition(UNREAD_VALUE),
        }
    }

    fn order(&mut self, left: Typed, operator: &str, right: &Json<'_>) -> Condition {
        let Some(value) = left.data_type.constant(right) else {
            return self.strange_condition(UNREAD_VALUE);
        };
        let highest = left.data_type.all_bits();
        let range = match operator {
            "<" => value.checked_sub(1).map(|high| Range::new(0, high)),
            "<=" => Some(Range::new(0, value)),
            ">" => (value < highest).then(|| Range::new(value + 1, highest)),
            _ => Some(Range::new(value, highest)),
        };
        Condition::In {
            value: left.expression,
            ranges: Ranges::new(range),
            negated: false,
        }
    }

    fn strange_condition(&mut self, what: &str) -> Condition {
        let reason = self.not_understood(what);
        Condition::Undecidable { reason }
    }
}

/// A value, or several in a list: what an implied test of bits is written with.
fn is_bits(right: &Json<'_>) -> bool {
    match right {
        Json::Text(_) | Json::Number(_) | Json::List(_) => true,
        Json::Object(_) => matches!(right.sole(), Some(("|", _))),
        _ => false,
    }
}

/// `fib … oif exists` and `missing` are printed as the interface being true or false.
fn asked_for_existence(left: Typed, right: &Json<'_>) -> Typed {
    match (&left.expression, right) {
        (Expression::Fib(question), Json::Boolean(_))
            if question.result == FibResult::Interface =>
        {
            Typed::new(
                Expression::Fib(FibQuestion {
                    result: FibResult::Exists,
                    ..*question
                }),
                DataType::Boolean,
            )
        }
        _ => left,
    }
}
