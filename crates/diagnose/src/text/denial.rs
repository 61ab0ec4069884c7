//! What "Permission denied" may mean: the server keeps the reason to itself, and the lines before it narrow it down.

use sshdoctor_case::Stage;

use super::attempt::Attempt;
use super::weigh::{BEST_FIT, ranked};
use crate::catalogue;

/// How much less everything else fits where a line before the denial names a reason.
const DESPITE_HINT: f64 = 0.01;

/// Causes, each with how well it fits.
pub(super) fn causes(attempt: &Attempt) -> Vec<(&'static str, f64)> {
    // What was hinted at before the login is behind it.
    let hinted: Vec<&'static str> = attempt
        .hinted()
        .into_iter()
        .filter(|hint| {
            catalogue::find(hint).is_some_and(|cause| cause.stage >= Stage::Authentication)
        })
        .collect();
    let by_itself = ranked(&without_hints(attempt));
    if hinted.is_empty() {
        return by_itself;
    }
    let mut causes: Vec<(&'static str, f64)> =
        hinted.iter().map(|hint| (*hint, BEST_FIT)).collect();
    for (cause, fit) in by_itself {
        if !hinted.contains(&cause) {
            causes.push((cause, fit * DESPITE_HINT));
        }
    }
    causes
}

/// What the methods that are left, and what was tried of them, allow; best first.
fn without_hints(attempt: &Attempt) -> Vec<&'static str> {
    let methods = attempt.methods.as_deref().unwrap_or_default();
    let asks_for_password = methods
        .split(',')
        .any(|method| matches!(method.trim(), "password" | "keyboard-interactive"));
    let is_root = attempt.user.as_deref() == Some("root");
    if attempt.passwords_refused > 0 {
        return if is_root {
            // By default root comes in with a key only, whatever the password.
            vec!["root-login-disabled", "user-not-allowed", "wrong-password"]
        } else {
            vec![
                "wrong-password",
                "wrong-user",
                "user-not-allowed",
                "account-locked-by-faillock",
            ]
        };
    }
    if attempt.key_accepted {
        return vec![
            "client-key-unusable",
            "agent-refuses",
            "second-factor-missing",
        ];
    }
    let mut causes = Vec::new();
    if !attempt.key_offered && !asks_for_password && !methods.is_empty() {
        causes.push("password-login-disabled");
    }
    causes.push("key-not-authorized");
    if !attempt.key_offered && asks_for_password {
        causes.push("wrong-password");
    }
    causes.push("wrong-user");
    if is_root {
        causes.push("root-login-disabled");
    }
    if !attempt.key_offered {
        causes.push("client-key-unusable");
    }
    causes.extend(["home-permissions", "user-not-allowed"]);
    causes
}
