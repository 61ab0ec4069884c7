//! The account, and what lets a person in to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// State of the password in `shadow(5)`. Nothing of the password itself is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordState {
    /// There is one.
    Set,
    /// There is none, and none is needed.
    Empty,
    /// It begins with `!` followed by a hash: `passwd -l`.
    Locked,
    /// `*`, `!` or `!!` alone: there never was one.
    None,
}

/// What the shell of an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoginShell {
    /// Its path, `/bin/sh` where the account names none.
    pub path: Received,
    /// It exists and is a file.
    pub exists: Option<bool>,
    /// It may be executed.
    pub executable: Option<bool>,
    /// `/etc/shells` lists it.
    pub listed: Option<bool>,
    /// It is one that lets nobody in: `nologin`, `false`.
    pub refuses: bool,
}

/// A file that closes the system for logins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Nologin {
    /// `/run/nologin` or `/etc/nologin`.
    pub path: Received,
    /// What it says.
    pub text: Received,
}

/// What a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// Something else.
    Other,
    /// There is nothing.
    Absent,
    /// It could not be looked at.
    Unseen,
}

/// One step of a path that sshd checks when StrictModes is on (`safe_path`, `misc.c`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedPath {
    /// The path.
    pub path: Received,
    /// What it is.
    pub kind: FileKind,
    /// Its owner.
    pub uid: Option<u32>,
    /// Its group.
    pub gid: Option<u32>,
    /// Permission bits.
    pub mode: Option<u32>,
    /// Its group is the account's private one and has no other member, so that sshd of Debian lets it be writable.
    pub private_group: Option<bool>,
    /// An access control list beyond the mode is set on it.
    pub access_list: Option<bool>,
}

/// The account that the client wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Its name.
    pub name: Received,
    /// It exists (`getpwnam`).
    pub exists: bool,
    /// A source of accounts did not answer, so that `exists` may be wrong: its name and why.
    pub lookup_problem: Option<Received>,
    /// It is not in `/etc/passwd` but comes from elsewhere: `sss`, `ldap`, `winbind`, …
    pub from: Option<Received>,
    /// User id.
    pub uid: Option<u32>,
    /// Group id of its own group.
    pub gid: Option<u32>,
    /// Names of its groups.
    pub groups: Vec<Received>,
    /// Its home directory.
    pub home: Option<Received>,
    /// Its shell.
    pub shell: Option<LoginShell>,
    /// Its password, where that could be read.
    pub password: Option<PasswordState>,
    /// What stands for the password begins with `!`: sshd without PAM then lets nobody in, not even with a key
    /// (`LOCKED_PASSWD_PREFIX`, `platform_locked_account`).
    pub locked_without_pam: Option<bool>,
    /// Days from 1970-01-01 at which the account expires.
    pub expires_day: Option<i64>,
    /// The password has expired and has to be changed at the next login.
    pub password_expired: Option<bool>,
    /// The password expired so long ago that the account is closed.
    pub inactive: Option<bool>,
    /// Files that close the system for logins of anybody but root.
    pub nologin: Vec<Nologin>,
    /// The home directory and every directory above it, from `/` on.
    pub home_path: Vec<CheckedPath>,
    /// The home directory is a mount point or on one that is not mounted now, or does not answer.
    pub home_problem: Option<Received>,
    /// Failed logins that `pam_faillock` counts, and how many close the account.
    pub faillock: Option<(u32, u32)>,
    /// When `pam_faillock` opens the account again, in milliseconds since the epoch; absent when it does not by itself.
    pub faillock_until_ms: Option<i64>,
    /// Shell start-up files that print without a terminal, with the line; only those that could be told for sure.
    pub startup_output: Vec<(Received, u32)>,
    /// A shell start-up file that ends the shell, with the line.
    pub startup_ends: Option<(Received, u32)>,
}

/// An option in front of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyOption {
    /// Its name in small letters.
    pub name: Received,
    /// Its value, unquoted.
    pub value: Option<Received>,
}

/// One key that may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorizedKey {
    /// Line, from 1.
    pub line: u32,
    /// Type of the key.
    pub key_type: Received,
    /// Bits of an RSA key.
    pub bits: Option<u32>,
    /// `SHA256:…`
    pub fingerprint: Option<String>,
    /// The options.
    pub options: Vec<KeyOption>,
    /// `from=` lets this client in; absent where there is none or the client is not known.
    pub from_allows: Option<bool>,
    /// `expiry-time=` is past.
    pub expired: Option<bool>,
    /// `PubkeyAcceptedAlgorithms` has no algorithm for this type.
    pub type_refused: Option<bool>,
    /// Why the line cannot be used.
    pub problem: Option<Received>,
}

/// A file of keys that sshd would look into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuthorizedKeysFile {
    /// Its path, tokens expanded.
    pub path: Received,
    /// The file and every directory above it, as far as sshd checks them.
    pub checked: Vec<CheckedPath>,
    /// It exists and was read.
    pub readable: Option<bool>,
    /// The account itself may read it, by the modes of the file and of every directory from `/` on; sshd reads it as that account.
    pub account_may_read: Option<bool>,
    /// What is wrong with the file as a whole: not wholly read, encoded in UTF-16, beginning with a byte order mark, a private key.
    pub problem: Option<Received>,
    /// Its keys, at most 256.
    pub keys: Vec<AuthorizedKey>,
    /// Lines that are no keys, each with why; nothing of the line itself.
    pub bad_lines: Vec<(u32, Received)>,
}

/// What beside files of keys decides whether a key or certificate logs in: a program that is asked, authorities, names, revoked keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySource {
    /// The setting in small letters: `authorizedkeyscommand`, `authorizedprincipalscommand`, `trustedusercakeys`,
    /// `authorizedprincipalsfile`, `revokedkeys`.
    pub setting: Received,
    /// The program or file, tokens expanded.
    pub path: Received,
    /// It, and every directory above it, as far as sshd checks them: of a program every one up to `/`, all of root's.
    pub checked: Vec<CheckedPath>,
    /// The account that a program is run as.
    pub runs_as: Option<Received>,
    /// `SHA256:…` of the keys of authorities, at most 64.
    pub fingerprints: Vec<String>,
    /// Why it cannot be used. Of `revokedkeys` that means that sshd takes no key at all.
    pub problem: Option<Received>,
}

/// One line of a PAM stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PamRule {
    /// Its file.
    pub file: Received,
    /// Line, from 1.
    pub line: u32,
    /// `auth`, `account`, `password` or `session`.
    pub kind: Received,
    /// `required`, `[success=1 default=ignore]`, …
    pub control: Received,
    /// The module.
    pub module: Received,
    /// Its arguments.
    pub arguments: Vec<Received>,
    /// The module exists.
    pub module_exists: Option<bool>,
    /// It refuses this account for sure, or everybody since its module is missing, and why: `pam_nologin`, `pam_access`, `pam_listfile`, `pam_deny`, …
    pub refuses: Option<Received>,
}

/// The PAM stack of sshd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PamService {
    /// `sshd`.
    pub service: Received,
    /// Its file exists; `other` is used otherwise.
    pub exists: bool,
    /// Its rules, with those of included files in their place.
    pub rules: Vec<PamRule>,
    /// Files that are included and do not exist, with the line that names them.
    pub missing: Vec<(Received, Received, u32)>,
}
