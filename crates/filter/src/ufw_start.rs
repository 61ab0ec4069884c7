//! The rules that `ufw-init start` would load from ufw's settings and files (`ufw-framework(8)`, `ufw-init-functions`).

use crate::model::{RuleSet, SourceKind};
use crate::xtables::Fragments;
use crate::{Interest, ReadError};

/// What ufw itself makes, without a file.
const MADE_BY: &str = "ufw-init";
/// Chains of each of the three hooks, in the order in which `ufw-init` has them called.
const PRIMARY: [&str; 6] = [
    "before-logging",
    "before",
    "after",
    "after-logging",
    "reject",
    "track",
];
/// The built-in chains and ufw's words for them.
const HOOKS: [(&str, &str); 3] = [
    ("INPUT", "input"),
    ("OUTPUT", "output"),
    ("FORWARD", "forward"),
];

/// A file of ufw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesFile {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub text: Vec<u8>,
}

/// A default policy, and the line where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultPolicy {
    /// `ACCEPT`, `DROP` or `REJECT`.
    pub policy: String,
    /// Line, from 1.
    pub line: u32,
}

/// What ufw starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The file of the defaults, `/etc/default/ufw`.
    pub defaults: String,
    /// `DEFAULT_INPUT_POLICY`, `DEFAULT_OUTPUT_POLICY`, `DEFAULT_FORWARD_POLICY`.
    pub policies: [DefaultPolicy; 3],
    /// Its files for one family: `before.rules`, `after.rules`, `user.rules`. None where ufw leaves IPv6 alone
    /// (`IPV6=no`), so that everything but loopback is dropped.
    pub files: Option<[RulesFile; 3]>,
}

/// The three default policies of `/etc/default/ufw`; nothing where one is missing or is none.
#[must_use]
pub fn policies(defaults: &str) -> Option<[DefaultPolicy; 3]> {
    let policy = |name: &str| {
        let (value, line) = setting(defaults, name)?;
        matches!(value, "ACCEPT" | "DROP" | "REJECT").then(|| DefaultPolicy {
            policy: value.to_owned(),
            line,
        })
    };
    Some([
        policy("DEFAULT_INPUT_POLICY")?,
        policy("DEFAULT_OUTPUT_POLICY")?,
        policy("DEFAULT_FORWARD_POLICY")?,
    ])
}

/// The value of a setting as the shell reads it, and its line; the last one counts.
#[must_use]
pub fn setting<'t>(text: &'t str, name: &str) -> Option<(&'t str, u32)> {
    text.lines()
        .zip(1..)
        .filter_map(|(line, number)| {
            let value = line.trim().strip_prefix(name)?.strip_prefix('=')?;
            let value = value.split(" #").next().unwrap_or_default().trim();
            Some((value.trim_matches(['"', '\'']), number))
        })
        .last()
}

/// Adds the tables of one family to `into`.
///
/// # Errors
/// When a file is none that iptables-restore takes, or is too long.
pub fn read(
    start: &Start,
    kind: SourceKind,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    let mut loaded = Fragments::default();
    let Some(files) = &start.files else {
        loaded.make(
            MADE_BY,
            ":INPUT DROP\n:FORWARD DROP\n:OUTPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A OUTPUT -o lo -j ACCEPT\n",
        )?;
        return loaded.read(kind, interest, into);
    };
    let six = match kind {
        SourceKind::Ip6tablesNft | SourceKind::Ip6tablesLegacy => "6",
        _ => "",
    };
    loaded.make(MADE_BY, &frame(six, &start.policies))?;
    let [before, after, user] = files;
    for file in [before, after, user] {
        loaded.load(&file.name, &file.text)?;
    }
    loaded.make(MADE_BY, &hooked_users(six))?;
    let mut policies = String::new();
    for ((chain, _), default) in HOOKS.iter().zip(&start.policies) {
        let policy = match &*default.policy {
            "REJECT" => "DROP",
            other => other,
        };
        policies.push_str(&format!(":{chain} {policy}\n"));
    }
    loaded.make(MADE_BY, &policies)?;
    for ((chain, _), default) in HOOKS.iter().zip(&start.policies) {
        loaded.place_policy(chain, &start.defaults, Some(default.line));
    }
    loaded.read(kind, interest, into)
}

/// The chains that are there before any file is loaded.
fn frame(six: &str, policies: &[DefaultPolicy; 3]) -> String {
    let mut text = String::new();
    for (_, hook) in HOOKS {
        for chain in PRIMARY {
            text.push_str(&format!(":ufw{six}-{chain}-{hook} -\n"));
        }
    }
    for (built_in, hook) in HOOKS {
        for chain in PRIMARY {
            text.push_str(&format!("-A {built_in} -j ufw{six}-{chain}-{hook}\n"));
        }
    }
    for ((_, hook), default) in HOOKS.iter().zip(policies) {
        match &*default.policy {
            "REJECT" => text.push_str(&format!("-A ufw{six}-reject-{hook} -j REJECT\n")),
            "ACCEPT" => {
                for protocol in ["tcp", "udp"] {
                    text.push_str(&format!(
                        "-A ufw{six}-track-{hook} -p {protocol} -m conntrack --ctstate NEW -j ACCEPT\n"
                    ));
                }
            }
            _ => {}
        }
    }
    for kind in ["deny", "allow"] {
        text.push_str(&format!(":ufw{six}-logging-{kind} -\n"));
    }
    for ((_, hook), default) in HOOKS.iter().zip(policies) {
        text.push_str(&format!(
            ":ufw{six}-skip-to-policy-{hook} -\n-A ufw{six}-skip-to-policy-{hook} -j {}\n",
            default.policy
        ));
    }
    for (_, hook) in HOOKS {
        text.push_str(&format!(
            ":ufw{six}-user-{hook} -\n:ufw{six}-user-logging-{hook} -\n"
        ));
    }
    text.push_str(&format!(
        ":ufw{six}-user-limit -\n:ufw{six}-user-limit-accept -\n"
    ));
    text
}

/// The person's own rules are called last.
fn hooked_users(six: &str) -> String {
    HOOKS
        .iter()
        .map(|(_, hook)| format!("-A ufw{six}-before-{hook} -j ufw{six}-user-{hook}\n"))
        .collect()
}
