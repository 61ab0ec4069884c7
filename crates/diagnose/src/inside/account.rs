//! The last two stages, as far as a server shows them: which account, which ways to log in, which session.

use sshdoctor_case::{Outcome, PasswordState, Sight, Stage, StageState};

use super::{
    Server,
    walk::{Step, unseen},
};

/// The account may log in, and by what.
pub(super) fn authentication(server: &Server<'_>) -> Step {
    let stage = Stage::Authentication;
    if server.listeners.is_some() && server.nothing_listens() {
        return step(stage, StageState::NotReached, String::new());
    }
    let Some(account) = server.account else {
        return unseen(server, stage, Sight::Account);
    };
    let name = &account.fact.name;
    if !account.fact.exists {
        return step(
            stage,
            StageState::Stopped,
            format!("there is no account {name}"),
        )
        .with(account.id, Outcome::LoginRefused);
    }
    let keys = usable_keys(server);
    let ways = [
        (keys > 0 && server.setting("pubkeyauthentication") != Some("no"))
            .then(|| format!("{keys} keys may log in")),
        (server.setting("passwordauthentication") == Some("yes"))
            .then(|| "passwords are accepted".to_owned()),
    ];
    let ways: Vec<String> = ways.into_iter().flatten().collect();
    let words = if ways.is_empty() {
        format!("account {name}: neither keys nor passwords are known to be accepted")
    } else {
        format!("account {name}: {}", ways.join(", "))
    };
    let state = if ways.is_empty() {
        StageState::Unknown
    } else {
        StageState::Passed
    };
    step(stage, state, words).with(account.id, Outcome::Open)
}

/// Whether the account can log in with a password; nothing when that is not known.
pub(super) fn passwords_work(server: &Server<'_>) -> Option<bool> {
    let asked = ["passwordauthentication", "kbdinteractiveauthentication"]
        .into_iter()
        .any(|keyword| server.setting(keyword) != Some("no"));
    if !asked {
        return Some(false);
    }
    let account = server.account?;
    match account.fact.password? {
        PasswordState::Set => Some(true),
        PasswordState::Locked | PasswordState::None => Some(false),
        PasswordState::Empty => Some(server.setting("permitemptypasswords") == Some("yes")),
    }
}

/// Keys that nothing on the server refuses.
pub(super) fn usable_keys(server: &Server<'_>) -> usize {
    server
        .key_files
        .iter()
        .filter(|file| file.fact.account_may_read != Some(false))
        .flat_map(|file| &file.fact.keys)
        .filter(|key| {
            key.problem.is_none()
                && key.from_allows != Some(false)
                && key.expired != Some(true)
                && key.type_refused != Some(true)
        })
        .count()
}

/// The shell and the home directory.
pub(super) fn session(server: &Server<'_>) -> Step {
    let stage = Stage::Session;
    if server.listeners.is_some() && server.nothing_listens() {
        return step(stage, StageState::NotReached, String::new());
    }
    let Some(account) = server.account else {
        return unseen(server, stage, Sight::Account);
    };
    match &account.fact.shell {
        Some(shell) if shell.refuses => step(
            stage,
            StageState::Stopped,
            format!("the shell is {}", shell.path),
        )
        .with(account.id, Outcome::SessionFailed),
        Some(shell) if shell.exists == Some(true) => step(
            stage,
            StageState::Passed,
            format!("the shell is {}", shell.path),
        )
        .with(account.id, Outcome::Open),
        _ => step(stage, StageState::Unknown, String::new()),
    }
}

fn step(stage: Stage, state: StageState, summary: String) -> Step {
    Step {
        stage,
        state,
        summary,
        evidence: Vec::new(),
        outcome: Outcome::Open,
    }
}

impl Step {
    fn with(mut self, id: &str, outcome: Outcome) -> Self {
        self.evidence.push(id.to_owned());
        self.outcome = outcome;
        self
    }
}
