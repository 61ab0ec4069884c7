//! What "Permission denied" may mean: the server keeps the reason to itself, and the lines before it narrow it down.

use sshdoctor_case::Stage;

use super::attempt::Attempt;
use crate::catalogue;

/// Causes, best first.
pub(super) fn causes(attempt: &Attempt) -> Vec<&'static str> {
    let methods = attempt.methods.as_deref().unwrap_or_default();
    let asks_for_password = methods
        .split(',')
        .any(|method| matches!(method.trim(), "password" | "keyboard-interactive"));
    let is_root = attempt.user.as_deref() == Some("root");
    let mut causes: Vec<&'static str> = Vec::new();
    for hint in attempt.hinted() {
        // What was hinted at before the login is behind it.
        if catalogue::find(hint).is_some_and(|cause| cause.stage >= Stage::Authentication) {
            add(&mut causes, hint);
        }
    }
    if attempt.passwords_refused > 0 {
        if is_root {
            add(&mut causes, "root-login-disabled");
        }
        add(&mut causes, "wrong-password");
        for cause in [
            "wrong-user",
            "user-not-allowed",
            "account-locked-by-faillock",
        ] {
            add(&mut causes, cause);
        }
        return causes;
    }
    if attempt.key_accepted && causes.is_empty() {
        return vec![
            "client-key-unusable",
            "agent-refuses",
            "second-factor-missing",
        ];
    }
    if attempt.key_offered {
        add(&mut causes, "key-not-authorized");
        add(&mut causes, "wrong-user");
        if is_root {
            add(&mut causes, "root-login-disabled");
        }
        add(&mut causes, "home-permissions");
        add(&mut causes, "user-not-allowed");
        return causes;
    }
    if !asks_for_password && !methods.is_empty() {
        add(&mut causes, "password-login-disabled");
    }
    add(&mut causes, "key-not-authorized");
    if asks_for_password {
        add(&mut causes, "wrong-password");
    }
    add(&mut causes, "wrong-user");
    if is_root {
        add(&mut causes, "root-login-disabled");
    }
    add(&mut causes, "client-key-unusable");
    add(&mut causes, "home-permissions");
    causes
}

fn add(causes: &mut Vec<&'static str>, cause: &'static str) {
    if !causes.contains(&cause) {
        causes.push(cause);
    }
}
