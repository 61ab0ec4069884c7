//! Rules that refuse one account for sure, as far as their modules can be followed without running them.

use std::collections::HashMap;
use std::net::IpAddr;

use super::super::Host;
use super::super::account::databases::{Databases, Entry};
use super::super::account::{nologin, shell};
use super::stack::{Rule, Stack};
use super::{access, succeed_if};
use crate::root::Root;

/// Who logs in, as PAM sees it.
pub(super) struct Login<'a> {
    pub(super) root: &'a Root,
    pub(super) entry: Entry,
    /// Names of its groups; absent where not all are known.
    pub(super) groups: Vec<String>,
    pub(super) groups_are_complete: bool,
    pub(super) from: Option<IpAddr>,
    pub(super) service: &'a str,
}

impl<'a> Login<'a> {
    pub(super) fn new(
        host: &'a Host,
        databases: &Databases,
        entry: Entry,
        service: &'a str,
    ) -> Self {
        let groups = databases.groups_of(&entry);
        Self {
            root: &host.root,
            groups: groups
                .map(|group| String::from_utf8_lossy(&group.name).into_owned())
                .collect(),
            groups_are_complete: databases.groups_are_complete(),
            from: host.question.from,
            service,
            entry,
        }
    }

    pub(super) fn name(&self) -> &str {
        std::str::from_utf8(&self.entry.name).unwrap_or_default()
    }

    /// Whether the account is in a group; absent where its groups are not all known.
    pub(super) fn is_in(&self, group: &str) -> Option<bool> {
        let known = self.groups.iter().any(|own| own == group);
        (known || self.groups_are_complete).then_some(known)
    }
}

/// A refusal: the answer that the module gives, and why.
struct Refusal {
    answer: &'static str,
    why: String,
}

impl Refusal {
    const fn new(answer: &'static str, why: String) -> Self {
        Self { answer, why }
    }
}

/// Why each rule refuses, by its place in the stack. Without a login, only those that refuse everybody for want of their module.
pub(super) fn of_stack(
    stack: &Stack,
    modules_exist: &[Option<bool>],
    login: Option<&Login<'_>>,
) -> HashMap<usize, String> {
    let mut refusals = HashMap::new();
    for kind in ["auth", "account", "session"] {
        let of_kind = stack
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.kind == kind);
        // Rules that a jump may pass over, and whether the stack may have ended before.
        let (mut passed_over, mut may_have_ended) = (0_usize, false);
        for (index, rule) in of_kind {
            let certain = passed_over == 0 && !may_have_ended;
            passed_over = passed_over.saturating_sub(1);
            if certain
                && let Some(refusal) = match modules_exist.get(index) {
                    Some(Some(false)) => Some(without_module(rule)),
                    _ => login.and_then(|login| refusal(rule, login)),
                }
                && stops(&rule.control, refusal.answer)
            {
                refusals.insert(index, refusal.why);
            }
            passed_over = passed_over.max(jump(&rule.control));
            may_have_ended |= may_end(&rule.control);
        }
    }
    refusals
}

/// Whether an answer of the module makes the whole stack fail (`pam.conf(5)`).
fn stops(control: &str, answer: &str) -> bool {
    match control.to_ascii_lowercase().as_str() {
        "required" | "requisite" => true,
        bracketed => {
            let own = actions(bracketed).find(|(name, _)| *name == answer);
            let action = own.or_else(|| actions(bracketed).find(|(name, _)| *name == "default"));
            matches!(action, Some((_, "bad" | "die")))
        }
    }
}

fn actions(control: &str) -> impl Iterator<Item = (&str, &str)> {
    let inside = control.trim_start_matches('[').trim_end_matches(']');
    inside
        .split_whitespace()
        .filter_map(|action| action.split_once('='))
}

/// How many rules an answer may pass over.
fn jump(control: &str) -> usize {
    actions(control)
        .filter_map(|(_, action)| action.parse().ok())
        .max()
        .unwrap_or_default()
}

/// Whether the stack may end with success here. An expired password, which has to be changed first, is left out.
fn may_end(control: &str) -> bool {
    control.eq_ignore_ascii_case("sufficient")
        || actions(control).any(|(answer, action)| answer != "new_authtok_reqd" && action == "done")
}

fn refusal(rule: &Rule, login: &Login<'_>) -> Option<Refusal> {
    match rule.module_name() {
        "pam_deny.so" => Some(Refusal::new(
            denied_answer(rule),
            "pam_deny refuses everybody".to_owned(),
        )),
        "pam_nologin.so" => closed(rule, login),
        "pam_shells.so" => unlisted_shell(login),
        "pam_listfile.so" => listed(rule, login),
        "pam_access.so" => access::refuses(rule, login).map(|why| Refusal::new("perm_denied", why)),
        "pam_succeed_if.so" => {
            succeed_if::refuses(rule, login).map(|why| Refusal::new("auth_err", why))
        }
        _ => None,
    }
}

/// libpam puts a module in the place of the missing one that always fails.
fn without_module(rule: &Rule) -> Refusal {
    let module = rule.module_name();
    Refusal::new("module_unknown", format!("{module} is not installed"))
}

/// What `pam_deny(8)` answers.
fn denied_answer(rule: &Rule) -> &'static str {
    match rule.kind {
        "session" => "session_err",
        _ => "auth_err",
    }
}

fn closed(rule: &Rule, login: &Login<'_>) -> Option<Refusal> {
    if login.entry.uid == 0 {
        return None;
    }
    let path = match rule.argument("file") {
        Some(own) => login.root.exists(own).then(|| own.to_owned()),
        None => nologin(login.root)
            .first()
            .map(|file| file.path.as_str().to_owned()),
    };
    path.map(|path| Refusal::new("auth_err", format!("{path} is there")))
}

fn unlisted_shell(login: &Login<'_>) -> Option<Refusal> {
    let own = login.entry.shell.as_slice();
    let own: &[u8] = if own.is_empty() { b"/bin/sh" } else { own };
    (shell::listed(login.root, own) == Some(false)).then(|| {
        let shown = String::from_utf8_lossy(own);
        Refusal::new("auth_err", format!("/etc/shells does not list {shown}"))
    })
}

/// `pam_listfile(8)` by account, group, shell or address.
fn listed(rule: &Rule, login: &Login<'_>) -> Option<Refusal> {
    let (file, deny) = (rule.argument("file")?, rule.argument("sense")? == "deny");
    if rule.argument("apply").is_some() {
        return None;
    }
    let Ok(contents) = login.root.read(file, 1024 * 1024) else {
        let fails = rule.argument("onerr") == Some("fail");
        return fails.then(|| Refusal::new("service_err", format!("{file} cannot be read")));
    };
    if contents.cut {
        return None;
    }
    let lines: Vec<String> = contents
        .lines()
        .map(|(_, line)| String::from_utf8_lossy(line.trim_ascii()).into_owned())
        .collect();
    let holds = |wanted: &str| lines.iter().any(|line| line == wanted);
    let (what, found) = match rule.argument("item")? {
        "user" => (login.name().to_owned(), holds(login.name())),
        "group" if login.groups_are_complete => (
            format!("a group of {}", login.name()),
            login.groups.iter().any(|group| holds(group)),
        ),
        "shell" => {
            let shell = String::from_utf8_lossy(&login.entry.shell).into_owned();
            (shell.clone(), holds(&shell))
        }
        "rhost" => {
            let from = login.from?.to_string();
            (from.clone(), holds(&from))
        }
        _ => return None,
    };
    (found == deny).then(|| {
        let why = if deny {
            format!("{file} lists {what}")
        } else {
            format!("{file} does not list {what}")
        };
        Refusal::new("auth_err", why)
    })
}
