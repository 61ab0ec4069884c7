//! ufw (`ufw(8)`, `ufw-framework(8)`): chains of the framework, and rules as `ufw show added` words them.

use super::ToolKind;
use super::callers::Callers;
use super::quote::command;
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use super::values::ports;
use super::words::{Action, Words};
use crate::model::{Hook, Policy, Rule};

pub(super) static SIGNS: Signs = Signs {
    chains: &[Name::Begins("ufw-"), Name::Begins("ufw6-")],
    comments: &[Name::Holds("dapp_"), Name::Holds("sapp_")],
    sets_policies: true,
    setting,
    ..Signs::of("ufw", "ufw", ToolKind::Firewall)
};

fn setting(scene: &Scene<'_>) -> Setting {
    let Some(part) = part_of(&scene.chain.name) else {
        return default_policy(scene);
    };
    match part {
        "user-input" | "user-output" | "user-forward" => user_rule(scene),
        "user-limit" | "user-limit-accept" => limit(scene),
        "reject-input"
        | "reject-output"
        | "reject-forward"
        | "skip-to-policy-input"
        | "skip-to-policy-output"
        | "skip-to-policy-forward" => default_policy(scene),
        "not-local" => {
            Setting::named("ufw-not-local: the destination is none of this host's addresses")
                .kept(framework_file(scene, "before"))
        }
        _ if part.starts_with("before-") => framework(scene, "before"),
        _ if part.starts_with("after-") => framework(scene, "after"),
        _ => Setting::UNKNOWN,
    }
}

/// A chain's name without what it begins with in IPv4 and IPv6.
fn part_of(chain: &str) -> Option<&str> {
    chain
        .strip_prefix("ufw-")
        .or_else(|| chain.strip_prefix("ufw6-"))
}

/// Rules that stand in the files of the framework, not among those of the `ufw` command.
fn framework(scene: &Scene<'_>, file: &str) -> Setting {
    let file = framework_file(scene, file);
    let asked = scene.words();
    let words = if asked.only_invalid {
        format!("{file}: packets that belong to no connection")
    } else if asked.input_interface_text().as_deref() == Some("lo") {
        format!("{file}: accept on lo")
    } else {
        file.clone()
    };
    Setting::named(words).kept(file)
}

fn framework_file(scene: &Scene<'_>, file: &str) -> String {
    let six = if scene.is_version_6() { "6" } else { "" };
    format!("/etc/ufw/{file}{six}.rules")
}

/// `Default: deny (incoming)` of `ufw status verbose`.
fn default_policy(scene: &Scene<'_>) -> Setting {
    let (direction, variable) = match scene.hook {
        Hook::Output => ("outgoing", "DEFAULT_OUTPUT_POLICY"),
        Hook::Forward => ("routed", "DEFAULT_FORWARD_POLICY"),
        _ => ("incoming", "DEFAULT_INPUT_POLICY"),
    };
    let action = match (scene.rule.is_some(), scene.words().action, scene.policy()) {
        (true, Action::Reject(_), _) => "reject",
        (true, Action::Drop, _) | (false, _, Some(Policy::Drop)) => "deny",
        (true, Action::Accept, _) | (false, _, Some(Policy::Accept)) => "allow",
        _ => return Setting::UNKNOWN,
    };
    let exception = if scene.hook == Hook::Input {
        allow(scene)
    } else {
        None
    };
    Setting::named(format!("default {action} ({direction})"))
        .changed_by(exception)
        .kept(format!(
            "{variable} in /etc/default/ufw, at boot while ENABLED=yes in /etc/ufw/ufw.conf"
        ))
}

/// The narrowest exception from a default.
fn allow(scene: &Scene<'_>) -> Option<String> {
    let port = scene.question.port.to_string();
    match scene.source() {
        Some(source) => command([
            "ufw",
            "allow",
            "from",
            &source.to_string(),
            "to",
            "any",
            "port",
            &port,
            "proto",
            "tcp",
        ]),
        None => command(["ufw", "allow", &format!("{port}/tcp")]),
    }
}

fn user_rule(scene: &Scene<'_>) -> Setting {
    let Some(rule) = scene.rule else {
        return Setting::UNKNOWN;
    };
    let Some(said) = say(scene, rule) else {
        return Setting::UNKNOWN.kept(user_file(scene));
    };
    let change = command(
        ["ufw"]
            .into_iter()
            .chain(said.route.then_some("route"))
            .chain(["delete"])
            .chain(said.words.iter().map(String::as_str)),
    );
    let setting = Setting::named(said.text())
        .changed_by(change.filter(|_| said.is_certain))
        .kept(user_file(scene));
    if !said.is_certain {
        return setting
            .remarked("it may be the same without its protocol: the rule behind it was not read");
    }
    if said.may_be_a_ban {
        setting.remarked(
            "fail2ban's ufw action writes such rules too: \"ufw status\" then shows its comment",
        )
    } else {
        setting
    }
}

fn user_file(scene: &Scene<'_>) -> String {
    let six = if scene.is_version_6() { "6" } else { "" };
    format!("/etc/ufw/user{six}.rules, at boot while ENABLED=yes in /etc/ufw/ufw.conf")
}

/// Which limit sent the packet to the chain that all of them share.
fn limit(scene: &Scene<'_>) -> Setting {
    let callers = Callers::of(scene.table);
    let mut limits = callers
        .to(scene.place.chain)
        .iter()
        .filter(|caller| Words::of(caller.rule, scene.table).may_meet(scene.question));
    let (Some(caller), None) = (limits.next(), limits.next()) else {
        return Setting::named("limit").kept(user_file(scene));
    };
    let Some(mut said) = say(scene, caller.rule) else {
        return Setting::named("limit").kept(user_file(scene));
    };
    "limit".clone_into(&mut said.words[0]);
    let text = said.text();
    // The same rule with another action takes the place of the old one (`ufw(8)`).
    "allow".clone_into(&mut said.words[0]);
    let change = command(
        ["ufw"]
            .into_iter()
            .chain(said.words.iter().map(String::as_str)),
    );
    Setting::named(text)
        .changed_by(change.filter(|_| said.is_certain))
        .kept(user_file(scene))
        .remarked("6 connections within 30 seconds are too many for it")
}

/// A rule in ufw's words.
struct Said {
    route: bool,
    /// Action first.
    words: Vec<String>,
    /// Otherwise the setting may be the same without its protocol.
    is_certain: bool,
    may_be_a_ban: bool,
}

impl Said {
    fn text(&self) -> String {
        let route = if self.route { "route " } else { "" };
        format!("{route}{}", self.words.join(" "))
    }
}

/// Words a user rule as `ufw show added` does.
fn say(scene: &Scene<'_>, rule: &Rule) -> Option<Said> {
    let asked = Words::of(rule, scene.table);
    if !asked.is_sayable() {
        return None;
    }
    let mut words = vec![
        match asked.action {
            Action::Accept => "allow",
            Action::Drop => "deny",
            Action::Reject(_) => "reject",
            Action::Call(_) => "limit",
            Action::Other => return None,
        }
        .to_owned(),
    ];
    let output = scene.chain.name.ends_with("-output");
    let route = scene.chain.name.ends_with("-forward");
    if output {
        words.push("out".to_owned());
    }
    for (interface, direction) in [
        (asked.input_interface_text(), "in"),
        (asked.output_interface_text(), "out"),
    ] {
        if let Some(interface) = interface {
            if !(output && direction == "out") {
                words.push(direction.to_owned());
            }
            words.extend(["on".to_owned(), interface]);
        }
    }
    words.extend(log_word(scene, &asked).map(str::to_owned));
    let twin = twin(scene, rule, &asked);
    let protocol = asked.protocol_text().filter(|_| twin != Twin::Seen);
    let (to_app, from_app) = applications(rule.comment.as_deref().unwrap_or_default());
    let of_application = to_app.is_some() || from_app.is_some();
    let is_simple = asked.source.is_none()
        && asked.destination.is_none()
        && asked.source_ports.is_none()
        && from_app.is_none()
        && (route || asked.input_interface.is_none() && asked.output_interface.is_none());
    if let (true, Some(name)) = (is_simple, &to_app) {
        words.push(name.clone());
    } else if let (true, Some(to_ports)) = (is_simple, &asked.ports) {
        let to_ports = ports(to_ports, ':');
        words.push(protocol.map_or_else(
            || to_ports.clone(),
            |protocol| format!("{to_ports}/{protocol}"),
        ));
    } else {
        words.extend(full_form(&asked, protocol, to_app, from_app));
    }
    let may_be_a_ban = matches!(asked.action, Action::Drop | Action::Reject(_))
        && asked
            .source_text()
            .is_some_and(|source| !source.contains('/'))
        && asked.ports.is_none();
    Some(Said {
        route,
        words,
        is_certain: twin != Twin::Unseen || of_application,
        may_be_a_ban,
    })
}

/// `from … to … port … proto …`.
fn full_form(
    asked: &Words,
    protocol: Option<&str>,
    to_app: Option<String>,
    from_app: Option<String>,
) -> Vec<String> {
    let mut words = Vec::new();
    let source = asked.source_text();
    let has_source = source.is_some() || asked.source_ports.is_some() || from_app.is_some();
    if has_source {
        words.extend([
            "from".to_owned(),
            source.unwrap_or_else(|| "any".to_owned()),
        ]);
    }
    let of_application = to_app.is_some() || from_app.is_some();
    words.extend(end_words(asked.source_ports.as_ref(), from_app));
    let to = end_words(asked.ports.as_ref(), to_app);
    let destination = asked.destination_text();
    if destination.is_some() || !to.is_empty() || !has_source {
        words.extend([
            "to".to_owned(),
            destination.unwrap_or_else(|| "any".to_owned()),
        ]);
        words.extend(to);
    }
    if let (Some(protocol), false) = (protocol, of_application) {
        words.extend(["proto".to_owned(), protocol.to_owned()]);
    }
    words
}

/// `port 22`, or `app OpenSSH`.
fn end_words(asked: Option<&crate::model::Ranges>, application: Option<String>) -> Vec<String> {
    match (application, asked) {
        (Some(name), _) => vec!["app".to_owned(), name],
        (None, Some(asked)) => vec!["port".to_owned(), ports(asked, ':')],
        (None, None) => Vec::new(),
    }
}

/// Application profiles, which ufw keeps in a comment: `'dapp_OpenSSH,sapp_Other%20Name'`.
fn applications(comment: &str) -> (Option<String>, Option<String>) {
    let profile = |sign: &str| {
        let (_, rest) = comment.split_once(sign)?;
        let end = rest.find([',', '\'', '\\', '"']).unwrap_or(rest.len());
        let name = rest.get(..end)?.replace("%20", " ");
        (!name.is_empty()).then_some(name)
    };
    (profile("dapp_"), profile("sapp_"))
}

/// Whether a rule is one of two that ufw made of one setting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twin {
    Seen,
    None,
    /// What follows was not kept when the rules were read.
    Unseen,
}

/// A rule for ports of any protocol is two in the kernel, the one for TCP right before the one for UDP.
fn twin(scene: &Scene<'_>, rule: &Rule, asked: &Words) -> Twin {
    if asked.ports.is_none() && asked.source_ports.is_none() {
        return Twin::None;
    }
    let is_twin = |other: &Rule| {
        let words = Words::of(other, scene.table);
        let same = Words {
            protocol: asked.protocol.clone(),
            ..words.clone()
        };
        words.protocol_text() == Some("udp") && words.action == asked.action && same.asks_as(asked)
    };
    if scene.chain.rules.iter().any(is_twin) {
        return Twin::Seen;
    }
    let next = rule.place.number.saturating_add(1);
    let follows = |other: &Rule| other.place.number == next;
    if rule.place.number >= scene.chain.rules_read || scene.chain.rules.iter().any(follows) {
        Twin::None
    } else {
        Twin::Unseen
    }
}

/// `log` or `log-all`: the rule before jumps to the logging chain with the same question.
fn log_word(scene: &Scene<'_>, asked: &Words) -> Option<&'static str> {
    let logs = |chain: &crate::model::Chain| {
        part_of(&chain.name).is_some_and(|part| part.starts_with("user-logging-"))
    };
    let logging = scene.chain.rules.iter().find_map(|rule| {
        let words = Words::of(rule, scene.table);
        let Action::Call(target) = words.action else {
            return None;
        };
        let target = scene.table.chains.get(target as usize)?;
        (logs(target) && words.asks_as(asked)).then_some(target)
    })?;
    let only_new = logging
        .rules
        .iter()
        .map(|rule| Words::of(rule, scene.table))
        .find(|words| words.asks_as(asked))
        .is_some_and(|words| words.only_new);
    Some(if only_new { "log" } else { "log-all" })
}
