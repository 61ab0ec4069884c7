//! The PAM stack of sshd.

mod access;
mod modules;
mod refusal;
pub(super) mod stack;
mod succeed_if;

use sshdoctor_case::{Fact, Obstacle, PamRule, PamService, Received, Sight, SshdConfig};

use super::account::databases::Databases;
use super::account::lookup;
use super::{Host, not_seen};
pub(super) use modules::library_directories;
use refusal::Login;

/// Name of the service where the configuration names none (`PAMServiceName`, OpenSSH 9.8).
const USUAL_SERVICE: &str = "sshd";

pub(super) fn look(host: &Host, config: Option<&SshdConfig>) -> Vec<Fact> {
    let used = config.and_then(|config| config.value("usepam"));
    if used.is_some_and(|used| !used.eq_ignore_ascii_case("yes")) {
        return Vec::new();
    }
    let service = config.and_then(|config| config.value("pamservicename"));
    let service = service.unwrap_or(USUAL_SERVICE);
    if service.contains('/') {
        let why = "PAMServiceName with a slash";
        return vec![not_seen(Sight::Pam, Obstacle::Failed, why)];
    }
    let stack = stack::read(&host.root, service);
    let mut facts: Vec<Fact> = stack
        .unread
        .iter()
        .map(|why| not_seen(Sight::Pam, Obstacle::Failed, why))
        .collect();
    if stack.rules.is_empty() && !stack.exists && stack.missing.is_empty() {
        // A system without PAM, or one that keeps it in a single file.
        let why = format!("/etc/pam.d/{service}: no such file, and no /etc/pam.d/other");
        return vec![not_seen(Sight::Pam, Obstacle::Absent, why)];
    }
    let databases = Databases::read(&host.root);
    let login = host.question.user.as_deref().and_then(|name| {
        let found = lookup::find(host, &databases, name, host.patience / 2);
        let entry = found.entry?;
        Some(Login::new(host, &databases, entry, service))
    });
    let directories = library_directories(&host.root);
    let exists: Vec<Option<bool>> = stack
        .rules
        .iter()
        .map(|rule| modules::exists(&host.root, &directories, &rule.module))
        .collect();
    let refusals = refusal::of_stack(&stack, &exists, login.as_ref());
    let rule = |(index, rule): (usize, &stack::Rule)| PamRule {
        file: Received::from_text(&rule.file),
        line: rule.line,
        kind: Received::from_text(rule.kind),
        control: Received::from_text(&rule.control),
        module: Received::from_text(&rule.module),
        arguments: rule
            .arguments
            .iter()
            .map(|argument| Received::from_text(argument))
            .collect(),
        module_exists: exists.get(index).copied().flatten(),
        refuses: refusals.get(&index).map(|why| Received::from_text(why)),
    };
    let pam = PamService {
        service: Received::from_text(service),
        exists: stack.exists,
        rules: stack.rules.iter().enumerate().map(rule).collect(),
        missing: stack
            .missing
            .iter()
            .map(|missing| {
                let (wanted, by) = (&missing.wanted, &missing.by);
                let shown = |text: &String| Received::from_text(text);
                (shown(wanted), shown(by), missing.line)
            })
            .collect(),
    };
    facts.push(Fact::Pam { pam: Box::new(pam) });
    facts
}

#[cfg(test)]
pub(super) mod tests;
