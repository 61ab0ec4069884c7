//! What the options after a rule do (`hosts_options(5)`).

/// What becomes of a client whose rule matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// What the file is for.
    None,
    Allow,
    /// Denied, served by something else, or a mistake in the options: that denies as well.
    Refuse,
    /// A command decides, or it depends on an account.
    Unknown,
}

/// Facilities and levels of the library's own list, which lacks `authpriv` and `syslog`.
const FACILITIES: [&str; 9] = [
    "kern", "user", "mail", "daemon", "auth", "lpr", "news", "uucp", "cron",
];
const LEVELS: [&str; 8] = [
    "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug",
];

/// Goes through the options up to the one that ends it.
pub(super) fn effect(options: &str) -> Effect {
    let mut fields = fields(options).into_iter().peekable();
    let mut unknown = false;
    while let Some(field) = fields.next() {
        let is_last = fields.peek().is_none();
        match option(&field, is_last) {
            Effect::None => {}
            Effect::Unknown => unknown = true,
            end if unknown => {
                // Whatever the command says, the client is refused.
                return match end {
                    Effect::Refuse => Effect::Refuse,
                    _ => Effect::Unknown,
                };
            }
            end => return end,
        }
    }
    if unknown {
        Effect::Unknown
    } else {
        Effect::None
    }
}

/// Separated by colons, of which one after a backslash is a part of the text.
fn fields(options: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = options;
    while !rest.is_empty() {
        let mut field = String::new();
        let mut characters = rest.char_indices().peekable();
        let mut end = rest.len();
        while let Some((place, character)) = characters.next() {
            match character {
                ':' => {
                    end = place + 1;
                    break;
                }
                '\\' if characters.next_if(|(_, next)| *next == ':').is_some() => field.push(':'),
                other => field.push(other),
            }
        }
        fields.push(field);
        rest = rest.get(end..).unwrap_or_default();
    }
    fields
}

fn option(field: &str, is_last: bool) -> Effect {
    const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
    let field = field.trim_matches(BLANK);
    let (name, value) = match field.find(|c| BLANK.contains(&c) || c == '=') {
        Some(end) => {
            let (name, value) = field.split_at(end);
            let value = value.trim_start_matches(|c| BLANK.contains(&c) || c == '=');
            (name, Some(value).filter(|value| !value.is_empty()))
        }
        None => (field, None),
    };
    let valid = |is_valid: bool| {
        if is_valid {
            Effect::None
        } else {
            Effect::Refuse
        }
    };
    match (name.to_ascii_lowercase().as_str(), value) {
        ("allow", None) if is_last => Effect::Allow,
        ("keepalive" | "nice" | "rfc931", None) => Effect::None,
        ("aclexec" | "user" | "group", Some(_)) => Effect::Unknown,
        ("spawn" | "setenv" | "banners", Some(_)) => Effect::None,
        ("severity", Some(value)) => valid(is_severity(value)),
        ("umask", Some(value)) => {
            let mask = u32::from_str_radix(value, 8);
            valid(mask.is_ok_and(|mask| mask <= 0o777))
        }
        ("nice", Some(value)) => valid(value.parse::<i32>().is_ok()),
        ("linger", Some(value)) => valid(value.parse::<i32>().is_ok_and(|number| number >= 0)),
        ("rfc931", Some(value)) => valid(value.parse::<i32>().is_ok_and(|number| number > 0)),
        // `deny`, `twist`, which serves the client by something else, and every mistake.
        _ => Effect::Refuse,
    }
}

fn is_severity(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let (facility, level) = match value.split_once('.') {
        Some((facility, level)) => (Some(facility), level),
        None => (None, value.as_str()),
    };
    let is_local = |name: &str| {
        let number = name.strip_prefix("local");
        number.is_some_and(|number| number.len() == 1 && ("0"..="7").contains(&number))
    };
    facility.is_none_or(|name| FACILITIES.contains(&name) || is_local(name))
        && LEVELS.contains(&level)
}
