//! Writes a rule of the listing as `nft list ruleset` does, on one line.

mod action;
mod constant;
mod expression;
mod statement;

use super::json::Json;
use crate::model::Family;

/// A rule of a table of this family. What is not known is written as the listing has it.
pub(super) fn rule(family: Family, rule: &Json<'_>) -> String {
    let mut writer = Writer {
        family,
        text: String::new(),
    };
    for statement in rule.get("expr").items() {
        if !writer.text.is_empty() {
            writer.text.push(' ');
        }
        writer.statement(statement);
    }
    if let Some(comment) = rule.get("comment").text() {
        writer.add(" comment ");
        writer.quoted(comment);
    }
    writer.text
}

/// The text so far.
struct Writer {
    family: Family,
    text: String,
}

impl Writer {
    fn add(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
    }

    /// What has no form here, as the listing has it.
    fn verbatim(&mut self, json: &Json<'_>) {
        match json {
            Json::Null => self.add("null"),
            Json::Boolean(value) => self.add(if *value { "1" } else { "0" }),
            Json::Number(number) => self.add(&number.to_string()),
            Json::OddNumber => self.add("?"),
            Json::Text(text) => self.add(text),
            Json::List(items) => self.joined(items, " ", Self::verbatim),
            Json::Object(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        self.text.push(' ');
                    }
                    self.add(name);
                    if !value.is_null() {
                        self.text.push(' ');
                        self.verbatim(value);
                    }
                }
            }
        }
    }

    fn joined(&mut self, items: &[Json<'_>], between: &str, write: impl Fn(&mut Self, &Json<'_>)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.add(between);
            }
            write(self, item);
        }
    }
}
