//! The account, its home and its keys.

use sshdoctor_case::{
    AuthorizedKey, AuthorizedKeysFile, CheckedPath, FileKind, Obstacle, Outcome, Quotation,
    Received, Sight,
};

use super::{config, quote, sentence::begun};
use crate::inside::{
    Proof, Seen, Server,
    account::{passwords_work, usable_keys},
};

/// There is no such account.
pub(crate) fn wrong_user(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    if account.fact.exists || account.fact.lookup_problem.is_some() {
        return None;
    }
    let name = &account.fact.name;
    Some(
        Proof::stops(
            Outcome::LoginRefused,
            format!("There is no account {name} on this server."),
        )
        .link(format!("no account is named {name}"))
        .by(account.id)
        .explaining(&[
            "user-not-allowed",
            "key-not-authorized",
            "password-login-disabled",
        ]),
    )
}

/// What tells accounts or keys does not answer.
pub(crate) fn lookup_down(server: &Server<'_>) -> Option<Proof> {
    source_fails(server).or_else(|| accounts_fail(server))
}

/// A program that is asked for keys cannot be used, or failed.
fn source_fails(server: &Server<'_>) -> Option<Proof> {
    if usable_keys(server) > 0 {
        return None;
    }
    let sources = server.key_sources?;
    let source = sources
        .fact
        .iter()
        .find(|source| source.setting.as_str() == "authorizedkeyscommand")?;
    let failed = server.logged(&["AuthorizedKeysCommand", "Unsafe AuthorizedKeysCommand"]);
    let words = match (&source.problem, failed) {
        (Some(problem), _) => format!("{}: {problem}", source.path),
        (None, Some((_, line))) => line.message.to_string(),
        (None, None) => return None,
    };
    let proof = Proof::stops(
        Outcome::LoginRefused,
        format!("sshd gets no keys from {}: {words}.", source.path),
    )
    .link(words)
    .by(sources.id)
    .explaining(&["key-not-authorized"]);
    Some(match failed {
        Some((log, line)) => proof.by(log).quoting(quote::log_line(line)),
        None => proof,
    })
}

fn accounts_fail(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let problem = account.fact.lookup_problem.as_ref()?;
    if account.fact.exists {
        return None;
    }
    let words = format!("accounts could not be looked up: {problem}");
    Some(
        Proof::stops(
            Outcome::LoginRefused,
            format!("Nobody knows the account {}: {problem}.", account.fact.name),
        )
        .link(words)
        .by(account.id),
    )
}

/// The account expired, or is closed for those without PAM.
pub(crate) fn locked_or_expired(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let fact = account.fact;
    let name = &fact.name;
    let today = server.now_ms.div_euclid(86_400_000);
    let without_pam = server.setting("usepam") == Some("no");
    let (words, command) = if fact.expires_day.is_some_and(|day| day >= 0 && today >= day) {
        (
            format!("the account {name} has expired"),
            format!("chage -E -1 {name}"),
        )
    } else if fact.inactive == Some(true) {
        (
            format!("the password of {name} expired so long ago that the account is closed"),
            format!("chage -I -1 {name}; passwd {name}"),
        )
    } else if without_pam && fact.locked_without_pam == Some(true) {
        (
            format!("the account {name} is locked, and without PAM sshd then lets nobody in"),
            format!("usermod -p '*' {name}"),
        )
    } else if fact.password_expired == Some(true) {
        (
            format!("the password of {name} has expired and has to be changed at the login"),
            format!("passwd {name}; chage -l {name}"),
        )
    } else {
        return None;
    };
    Some(
        Proof::stops(Outcome::LoginRefused, format!("{}.", begun(&words)))
            .link(words)
            .by(account.id)
            .explaining(&["user-not-allowed"])
            .mended_by(command),
    )
}

/// sshd refuses keys, since others may write to them.
pub(crate) fn home_permissions(server: &Server<'_>) -> Option<Proof> {
    if server.setting("strictmodes") == Some("no") || server.key_files.is_empty() {
        return None;
    }
    let owner = server.account?.fact.uid?;
    // Any file of keys that is usable lets the client in.
    let mut first: Option<(Seen<'_, AuthorizedKeysFile>, &CheckedPath)> = None;
    for file in &server.key_files {
        if file.fact.readable != Some(true) {
            continue;
        }
        let bad = file
            .fact
            .checked
            .iter()
            .find(|path| too_open(path, owner))?;
        first = first.or(Some((*file, bad)));
    }
    let (file, path) = first?;
    let words = match (path.uid, path.mode) {
        (Some(uid), _) if uid != owner && uid != 0 => {
            format!("{} belongs to user {uid}", path.path)
        }
        (_, Some(mode)) => format!("{} can be written by others (mode {mode:04o})", path.path),
        _ => format!("{} has the wrong owner or mode", path.path),
    };
    let mend = match path.uid {
        Some(uid) if uid != owner && uid != 0 => format!(
            "chown {} {}",
            server.question.user.as_deref().unwrap_or("USER"),
            path.path
        ),
        _ => format!("chmod go-w {}", path.path),
    };
    Some(
        Proof::stops(
            Outcome::LoginRefused,
            format!("sshd refuses the keys in {}: {words}.", file.fact.path),
        )
        .link(format!("sshd does not read {}", file.fact.path))
        .link(words)
        .by(file.id)
        .explaining(&["key-not-authorized"])
        .mended_by(mend),
    )
}

/// `safe_path` of sshd: owned by root or the account, and written by nobody else (`misc.c`); Debian's lets a private group write.
fn too_open(path: &CheckedPath, owner: u32) -> bool {
    let foreign = path.uid.is_some_and(|uid| uid != 0 && uid != owner);
    let mode = path.mode.unwrap_or_default();
    let group = mode & 0o020 != 0 && path.private_group != Some(true);
    foreign || group || mode & 0o002 != 0
}

/// As many keys of a file as are looked at: beyond them there may be others.
const MOST_KEYS_SEEN: usize = 256;

/// What `RequiredRSASize` refuses is refused for the kind of key.
const TOO_SHORT: &str = "RequiredRSASize";

/// No key of the account can be used by this client.
pub(crate) fn key_not_authorized(server: &Server<'_>) -> Option<Proof> {
    if server.key_files.is_empty() || usable_keys(server) > 0 {
        return super::access::public_keys_off(server);
    }
    let all_seen = server
        .key_files
        .iter()
        .all(|file| file.fact.keys.len() < MOST_KEYS_SEEN)
        && !matches!(
            server.hidden(Sight::AuthorizedKeys),
            Some((Obstacle::Privilege, _))
        );
    if !all_seen || server.account.is_some_and(|account| !account.fact.exists) {
        return None;
    }
    let passwords = passwords_work(server) != Some(false) && !super::logged::login_failed(server);
    if super::access::has_other_keys(server) {
        return None;
    }
    let refused = server.key_files.iter().find_map(|file| {
        let key = file.fact.keys.first()?;
        Some((file, key))
    });
    let unreadable = server
        .key_files
        .iter()
        .find(|file| file.fact.account_may_read == Some(false) && file.fact.readable == Some(true));
    let bad = server
        .key_files
        .iter()
        .find(|file| file.fact.problem.is_some() || !file.fact.bad_lines.is_empty());
    let (words, id, quotation) = if let Some(file) = unreadable {
        (
            format!("{} cannot be read by the account itself", file.fact.path),
            file.id,
            None,
        )
    } else if let Some((file, key)) = refused {
        let why = why_refused(key)?;
        (
            format!("{} line {}: {why}", file.fact.path, key.line),
            file.id,
            Some(key_line(file.fact, key, &why)),
        )
    } else if let Some(file) = bad {
        let what = match (&file.fact.problem, file.fact.bad_lines.first()) {
            (Some(problem), _) => problem.to_string(),
            (None, Some((line, why))) => format!("line {line}: {why}"),
            (None, None) => return None,
        };
        (format!("{}: {what}", file.fact.path), file.id, None)
    } else {
        if passwords {
            return None;
        }
        let paths: Vec<&str> = server
            .key_files
            .iter()
            .map(|file| file.fact.path.as_str())
            .collect();
        (
            format!("there is no key in {}", paths.join(" or ")),
            server.key_files[0].id,
            None,
        )
    };
    let user = server.question.user.as_deref().unwrap_or("the account");
    let answer = format!("No key lets this client in as {user}: {words}.");
    let proof = Proof::stops(Outcome::LoginRefused, answer)
        .link(words)
        .by(id);
    Some(match quotation {
        Some(quotation) => proof.quoting(quotation),
        None => proof,
    })
}

/// Why a key does not let the client in.
fn why_refused(key: &AuthorizedKey) -> Option<String> {
    if let Some(problem) = &key.problem {
        return (!problem.as_str().contains(TOO_SHORT)).then(|| problem.to_string());
    }
    if key.from_allows == Some(false) {
        return Some("its from= does not name this client".to_owned());
    }
    if key.expired == Some(true) {
        return Some("its expiry-time= is past".to_owned());
    }
    None
}

fn key_line(file: &AuthorizedKeysFile, key: &AuthorizedKey, why: &str) -> Quotation {
    let options: Vec<String> = key
        .options
        .iter()
        .map(|option| match &option.value {
            Some(value) => format!("{}=\"{value}\"", option.name),
            None => option.name.to_string(),
        })
        .collect();
    let lead = if options.is_empty() {
        String::new()
    } else {
        options.join(",") + " "
    };
    let text = format!(
        "{lead}{} {}",
        key.key_type,
        key.fingerprint.as_deref().unwrap_or("...")
    );
    let word = if why.contains("from=") {
        "from="
    } else if why.contains("expiry-time=") {
        "expiry-time="
    } else {
        key.key_type.as_str()
    };
    Quotation {
        source: file.path.to_string(),
        line: Some(key.line),
        mark: quote::mark(&text, word),
        text,
        label: why.to_owned(),
    }
}

/// sshd takes no key of the types that the account has.
pub(crate) fn key_type_refused(server: &Server<'_>) -> Option<Proof> {
    if usable_keys(server) > 0 {
        return None;
    }
    let (file, key) = server.key_files.iter().find_map(|file| {
        let key = file.fact.keys.iter().find(|key| {
            let too_short = key
                .problem
                .as_ref()
                .is_some_and(|problem| problem.as_str().contains(TOO_SHORT));
            (key.type_refused == Some(true) || too_short) && why_refused(key).is_none()
        })?;
        Some((file, key))
    })?;
    let (words, keyword) = match &key.problem {
        Some(problem) => (problem.to_string(), "requiredrsasize"),
        None => (
            format!("sshd takes no key of type {}", key.key_type),
            "pubkeyacceptedalgorithms",
        ),
    };
    let proof = Proof::stops(
        Outcome::LoginRefused,
        format!(
            "The key in {} is of a type that sshd refuses: {}{}.",
            file.fact.path,
            key.key_type,
            config::at(server, keyword)
        ),
    )
    .link(format!(
        "{} line {}: {}",
        file.fact.path, key.line, key.key_type
    ))
    .link(words)
    .by(file.id)
    .explaining(&["key-not-authorized"]);
    Some(config::quoting_setting(
        server,
        proof,
        keyword,
        "refuses it",
    ))
}

/// The home directory is not there.
pub(crate) fn home_unavailable(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let home = account.fact.home.as_ref()?;
    let absent = account
        .fact
        .home_path
        .last()
        .is_some_and(|path| matches!(path.kind, FileKind::Absent | FileKind::File));
    let words = match (&account.fact.home_problem, absent) {
        (Some(problem), _) => format!("the home directory {home}: {problem}"),
        (None, true) => format!("the home directory {home} is not there"),
        (None, false) => return None,
    };
    if !account.fact.exists {
        return None;
    }
    let keys_elsewhere = usable_keys(server) > 0;
    let passwords = passwords_work(server) != Some(false) && !super::logged::login_failed(server);
    let proof = if keys_elsewhere || passwords {
        Proof::note(format!("{}.", begun(&words)))
    } else {
        Proof::stops(
            Outcome::LoginRefused,
            format!("No key can be read: {words}."),
        )
        .explaining(&["key-not-authorized", "password-login-disabled"])
    };
    Some(proof.link(words).by(account.id))
}

/// The shell of the account lets nobody in, or is not there.
fn unusable_shell(server: &Server<'_>) -> Option<Proof> {
    let account = server.account?;
    let shell = account.fact.shell.as_ref()?;
    let name = &account.fact.name;
    let (words, outcome) = if shell.refuses {
        (
            format!(
                "the shell of {name} is {}, which lets nobody in",
                shell.path
            ),
            Outcome::SessionFailed,
        )
    } else if shell.exists == Some(false) {
        (
            format!("the shell of {name}, {}, does not exist", shell.path),
            Outcome::LoginRefused,
        )
    } else if shell.executable == Some(false) {
        (
            format!("the shell of {name}, {}, cannot be executed", shell.path),
            Outcome::LoginRefused,
        )
    } else {
        return None;
    };
    Some(
        Proof::stops(outcome, format!("{}.", begun(&words)))
            .link(words)
            .by(account.id)
            .mended_by(format!("chsh -s /bin/bash {name}")),
    )
}

/// No shell can be started for the account.
pub(crate) fn shell_invalid(server: &Server<'_>) -> Option<Proof> {
    unusable_shell(server).or_else(|| super::session::shell_outside_chroot(server))
}

/// PAM refuses the account.
pub(crate) fn pam_denies(server: &Server<'_>) -> Option<Proof> {
    let pam = server.pam?;
    if server.setting("usepam") == Some("no") {
        return None;
    }
    let (words, quotation) = if !pam.fact.exists {
        (format!("there is no /etc/pam.d/{}", pam.fact.service), None)
    } else if let Some(rule) = pam.fact.rules.iter().find(|rule| rule.refuses.is_some()) {
        let why = rule.refuses.as_ref().map_or("", Received::as_str);
        (
            format!("{} line {}: {why}", rule.file, rule.line),
            Some((rule, why.to_owned())),
        )
    } else if let Some((missing, file, line)) = pam.fact.missing.first() {
        (
            format!("{file} line {line} includes {missing}, which does not exist"),
            None,
        )
    } else {
        let rule = pam.fact.rules.iter().find(|rule| {
            rule.module_exists == Some(false)
                && matches!(rule.control.as_str(), "required" | "requisite")
        })?;
        (
            format!(
                "{} line {} wants {}, which does not exist",
                rule.file, rule.line, rule.module
            ),
            Some((rule, "does not exist".to_owned())),
        )
    };
    let user = server.question.user.as_deref().unwrap_or("anybody");
    let proof = Proof::stops(
        Outcome::LoginRefused,
        format!("PAM does not let {user} in: {words}."),
    )
    .link(words)
    .by(pam.id);
    Some(match quotation {
        Some((rule, label)) => {
            let arguments: Vec<&str> = rule.arguments.iter().map(Received::as_str).collect();
            let text = format!(
                "{} {} {} {}",
                rule.kind,
                rule.control,
                rule.module,
                arguments.join(" ")
            );
            proof.quoting(Quotation {
                source: rule.file.to_string(),
                line: Some(rule.line),
                mark: quote::mark(&text, rule.module.as_str()),
                text: text.trim_end().to_owned(),
                label,
            })
        }
        None => proof,
    })
}
