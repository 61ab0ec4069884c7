//! One file of keys.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sshdoctor_case::{
    AuthorizedKey, AuthorizedKeysFile, Fact, KeyOption, Obstacle, Received, Sight, SshdConfig,
};

use super::super::account::databases::{Databases, Entry};
use super::super::account::{obstacle, path_check};
use super::super::{Host, not_seen};
use super::{expiry, from, key, line};
use crate::root::{Contents, USUAL_MOST};

/// How many keys of a file are kept.
const MOST_KEYS: usize = 256;
/// How many lines that are no keys are kept.
const MOST_BAD: usize = 32;
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads files of keys for one account.
pub(super) struct Reader<'a> {
    pub(super) host: &'a Host,
    pub(super) databases: &'a Databases,
    pub(super) entry: &'a Entry,
    pub(super) config: Option<&'a SshdConfig>,
}

/// What decides about a key beside the key itself.
struct Login<'a> {
    from: Option<IpAddr>,
    now: Timestamp,
    zone: TimeZone,
    config: Option<&'a SshdConfig>,
}

impl Reader<'_> {
    /// Looks into one file.
    pub(super) fn look(&self, path: &Path) -> Vec<Fact> {
        let root = &self.host.root;
        let mut file = AuthorizedKeysFile {
            path: Received::from_bytes(path.as_os_str().as_bytes()),
            checked: path_check::up_to_home(root, self.databases, self.entry, path),
            readable: None,
            account_may_read: None,
            problem: None,
            keys: Vec::new(),
            bad_lines: Vec::new(),
        };
        let mut facts = Vec::new();
        match root.read(path, USUAL_MOST) {
            Ok(contents) => {
                file.readable = Some(true);
                file.account_may_read =
                    path_check::may_read(root, self.databases, self.entry, path);
                self.fill(&contents, &mut file);
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                file.readable = Some(false);
                if path
                    .as_os_str()
                    .as_bytes()
                    .iter()
                    .any(|byte| b"*?[".contains(byte))
                {
                    // Newer versions of sshd take it for a pattern of names, older ones for a name.
                    let why = format!("{}: files of a pattern are not looked for", file.path);
                    facts.push(not_seen(Sight::AuthorizedKeys, Obstacle::Failed, why));
                }
            }
            Err(error) => {
                let why = format!("{}: {error}", file.path);
                facts.push(not_seen(
                    Sight::AuthorizedKeys,
                    obstacle(error.kind()),
                    &why,
                ));
                file.problem = Some(Received::from_text(&error.to_string()));
            }
        }
        let file = Box::new(file);
        facts.insert(0, Fact::AuthorizedKeys { file });
        facts
    }

    fn fill(&self, contents: &Contents, file: &mut AuthorizedKeysFile) {
        let login = Login {
            from: self.host.question.from,
            now: Timestamp::now(),
            zone: expiry::zone(&self.host.root),
            config: self.config,
        };
        file.problem = problem(contents).map(Received::from_text);
        let mut in_private_key = false;
        for (number, bytes) in contents.lines() {
            let bytes = bytes.trim_ascii();
            if bytes.is_empty() || bytes.starts_with(b"#") {
                continue;
            }
            let text = String::from_utf8_lossy(bytes);
            let marked = text.starts_with("-----") || text.starts_with("PuTTY-User-Key-File-");
            if marked || in_private_key {
                in_private_key = !(marked && text.contains("END "));
                if marked {
                    push_bad(file, number, "a key in a format that is not for this file");
                }
                continue;
            }
            match line::read(&text) {
                Ok(_) if file.keys.len() >= MOST_KEYS => {
                    let why = format!("not read beyond {MOST_KEYS} keys");
                    file.problem = Some(Received::from_text(&why));
                    break;
                }
                Ok(line) => file.keys.push(login.judge(number, &line)),
                Err(why) => push_bad(file, number, &why),
            }
        }
    }
}

fn push_bad(file: &mut AuthorizedKeysFile, number: u32, why: &str) {
    if file.bad_lines.len() < MOST_BAD {
        file.bad_lines.push((number, Received::from_text(why)));
    }
}

/// What is wrong with a file as a whole.
fn problem(contents: &Contents) -> Option<&'static str> {
    let bytes = &contents.bytes;
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|part| part == needle);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        Some("it is in UTF-16, which sshd does not read")
    } else if bytes.starts_with(UTF8_MARK) {
        Some("it begins with a byte order mark, which spoils its first line")
    } else if has(b"PRIVATE KEY-----") || bytes.starts_with(b"PuTTY-User-Key-File-") {
        Some("a private key is in it")
    } else if contents.cut {
        Some("it is larger than 1 MiB and was not read to its end")
    } else {
        None
    }
}

impl Login<'_> {
    fn judge(&self, number: u32, line: &line::Line<'_>) -> AuthorizedKey {
        let described = key::describe(line.key_type, line.blob);
        let value = |name: &str| {
            let found = line.options.iter().find(|(own, _)| own == name);
            found.and_then(|(_, value)| value.as_deref())
        };
        let flag = |name: &str| line.options.iter().any(|(own, _)| own == name);
        let (expired, expiry_problem) = self.expired(line);
        let short = described.bits.and_then(|bits| self.too_short(bits));
        AuthorizedKey {
            line: number,
            key_type: Received::from_text(line.key_type),
            bits: described.bits,
            fingerprint: described.fingerprint,
            options: line
                .options
                .iter()
                .map(|(name, value)| KeyOption {
                    name: Received::from_text(name),
                    value: value.as_deref().map(Received::from_text),
                })
                .collect(),
            from_allows: value("from")
                .zip(self.from)
                .and_then(|(list, from)| from::allows(list, from, self.names_are_looked_up())),
            expired,
            // Of an authority the keys that it signs count, whose type is not known here.
            type_refused: (!flag("cert-authority"))
                .then(|| key::is_refused(line.key_type, self.config?))
                .flatten(),
            problem: line
                .options_problem
                .clone()
                .or(described.problem)
                .or(expiry_problem)
                .or(short)
                .map(|problem| Received::from_text(&problem)),
        }
    }

    fn names_are_looked_up(&self) -> bool {
        let setting = self.config.and_then(|config| config.value("usedns"));
        setting.is_some_and(|setting| setting.eq_ignore_ascii_case("yes"))
    }

    /// Whether the earliest of the times is past, and what is wrong with one of them.
    fn expired(&self, line: &line::Line<'_>) -> (Option<bool>, Option<String>) {
        let mut times = Vec::new();
        for (name, value) in &line.options {
            if name != "expiry-time" {
                continue;
            }
            match expiry::moment(value.as_deref().unwrap_or_default(), &self.zone) {
                Some(moment) => times.push(moment),
                None => return (None, Some("expiry-time= is no time".to_owned())),
            }
        }
        let earliest = times.into_iter().min();
        (earliest.map(|earliest| earliest < self.now), None)
    }

    fn too_short(&self, bits: u32) -> Option<String> {
        let least: u32 = self.config?.value("requiredrsasize")?.parse().ok()?;
        (bits < least).then(|| format!("{bits} bits, and RequiredRSASize is {least}"))
    }
}
