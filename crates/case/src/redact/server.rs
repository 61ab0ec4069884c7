//! What a server shows of itself.
//!
//! These facts hold many texts of few kinds, so they are gone through as JSON: every text is looked at, whichever field it is in.

use serde_json::Value;

use crate::{Fact, Obstacle, Received, ServerQuestion, Sight};

use super::pseudonyms::Pseudonyms;

/// Fields that hold the name of an account or group.
const ACCOUNT_FIELDS: [&str; 1] = ["groups"];
/// Fields that hold `SHA256:` and the sum of a key.
const FINGERPRINT_FIELDS: [&str; 1] = ["fingerprint"];
/// Fields that hold a path below a home directory or beside one.
const PATH_FIELDS: [&str; 2] = ["home", "home_path"];

impl Pseudonyms {
    pub(super) fn server_question(&mut self, question: ServerQuestion) -> ServerQuestion {
        let ServerQuestion {
            from,
            to,
            port,
            user,
            root,
            cloud,
        } = question;
        ServerQuestion {
            from: from.map(|address| self.address(address)),
            to: to.map(|address| self.address(address)),
            port,
            user: user.map(|name| self.user(&name)),
            root: root.map(|path| self.path(&path)),
            cloud,
        }
    }

    /// A fact of a server, taken apart text by text.
    pub(super) fn server_fact(&mut self, fact: Fact) -> Fact {
        match &fact {
            Fact::Account { account } => {
                self.user(account.name.as_str());
            }
            Fact::OperatingSystem { system } => {
                self.host(system.host_name.as_str());
            }
            Fact::Interfaces { interfaces } => {
                for interface in interfaces {
                    self.interface(interface.name.as_str());
                }
            }
            _ => {}
        }
        let taken_apart = serde_json::to_value(&fact)
            .map(|value| self.value("", value))
            .and_then(serde_json::from_value);
        taken_apart.unwrap_or_else(|_| Fact::NotSeen {
            sight: Sight::System,
            obstacle: Obstacle::Failed,
            reason: Received::from_text("a fact that could not be made fit to be shown"),
        })
    }

    fn value(&mut self, field: &str, value: Value) -> Value {
        match value {
            // The name of the variant, not a text of the server.
            Value::String(kind) if field == "kind" && !kind.contains(' ') => Value::String(kind),
            Value::String(text) => Value::String(self.server_text(field, &text)),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.value(field, item));
                Value::Array(items.collect())
            }
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| {
                        let value = self.value(&name, value);
                        (name, value)
                    })
                    .collect(),
            ),
            other => other,
        }
    }

    fn server_text(&mut self, field: &str, text: &str) -> String {
        if ACCOUNT_FIELDS.contains(&field) {
            self.user(text)
        } else if FINGERPRINT_FIELDS.contains(&field) {
            self.fingerprint(text)
        } else if PATH_FIELDS.contains(&field) {
            self.path(text)
        } else if let Some(known) = self.known_interface(text) {
            known.to_owned()
        } else {
            self.rule_text(text)
        }
    }
}
