//! One line of an `authorized_keys` file (`auth_check_authkey_line`, `sshauthopt_parse` of OpenSSH).

/// A line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) options: Vec<(String, Option<String>)>,
    /// Why sshd refuses the options, and with them the line.
    pub(super) options_problem: Option<String>,
    pub(super) key_type: &'a str,
    pub(super) blob: &'a str,
}

/// How many options of a line are kept.
const MOST_OPTIONS: usize = 64;

const FLAGS: [&str; 9] = [
    "restrict",
    "cert-authority",
    "port-forwarding",
    "agent-forwarding",
    "x11-forwarding",
    "touch-required",
    "verify-required",
    "pty",
    "user-rc",
];
/// Flags that cannot be negated.
const ABSOLUTE: [&str; 2] = ["restrict", "cert-authority"];
const WITH_VALUE: [&str; 8] = [
    "command",
    "principals",
    "from",
    "expiry-time",
    "environment",
    "permitopen",
    "permitlisten",
    "tunnel",
];
/// Options with a value that may be given once.
const ONCE: [&str; 4] = ["command", "principals", "from", "tunnel"];

/// Takes a line apart; the text is neither blank nor a comment.
///
/// # Errors
/// Why there is no key in it.
pub(super) fn read(text: &str) -> Result<Line<'_>, String> {
    if let Some((key_type, blob)) = key(text) {
        return Ok(Line {
            options: Vec::new(),
            options_problem: None,
            key_type,
            blob,
        });
    }
    let end = end_of_options(text).ok_or("a quotation mark is not closed")?;
    let (written, rest) = text.split_at(end);
    let (key_type, blob) = key(rest.trim_start_matches([' ', '\t']))
        .ok_or_else(|| no_key(written, rest).to_owned())?;
    let (options, options_problem) = options(written);
    Ok(Line {
        options,
        options_problem,
        key_type,
        blob,
    })
}

fn no_key(first: &str, rest: &str) -> &'static str {
    if first.starts_with("AAAA") {
        "the type of the key is missing before it"
    } else if is_key_type(first) && rest.trim().is_empty() {
        "the key itself is missing: broken over two lines?"
    } else {
        "no key of a type that sshd knows"
    }
}

/// Type and key at the beginning of a text.
fn key(text: &str) -> Option<(&str, &str)> {
    let (key_type, rest) = text.split_once([' ', '\t'])?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let blob = rest.split([' ', '\t', '\r']).next()?;
    (is_key_type(key_type) && !blob.is_empty()).then_some((key_type, blob))
}

fn is_key_type(word: &str) -> bool {
    let plain = matches!(
        word,
        "ssh-ed25519"
            | "ssh-rsa"
            | "ssh-dss"
            | "ssh-xmss@openssh.com"
            | "sk-ssh-ed25519@openssh.com"
            | "sk-ecdsa-sha2-nistp256@openssh.com"
            | "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
            | "ecdsa-sha2-nistp256"
            | "ecdsa-sha2-nistp384"
            | "ecdsa-sha2-nistp521"
    );
    plain || (word.ends_with("-cert-v01@openssh.com") && word.len() < 64)
}

/// The first blank outside quotation marks (`sshkey_advance_past_options`).
fn end_of_options(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut quoted) = (0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' if !quoted => return Some(at),
            b'\\' if bytes.get(at + 1) == Some(&b'"') => at += 1,
            b'"' => quoted = !quoted,
            _ => {}
        }
        at += 1;
    }
    (!quoted).then_some(bytes.len())
}

type Options = Vec<(String, Option<String>)>;

fn options(written: &str) -> (Options, Option<String>) {
    let mut options: Options = Vec::new();
    let mut rest = written;
    loop {
        let end = rest.find([',', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let name = name.to_ascii_lowercase();
        let (value, after) = match after.strip_prefix('=') {
            Some(quoted) => match unquoted(quoted) {
                Some((value, after)) => (Some(value), after),
                None => return (options, Some(format!("{name}= without a quoted value"))),
            },
            None => (None, after),
        };
        if let Some(problem) = problem(&options, &name, value.as_deref()) {
            return (options, Some(problem));
        }
        options.push((name, value));
        rest = match after.strip_prefix(',') {
            _ if after.is_empty() => return (options, None),
            // A comma at their end does no harm.
            Some("") => return (options, None),
            Some(more) if options.len() < MOST_OPTIONS => more,
            _ => return (options, Some("unknown option".to_owned())),
        };
    }
}

/// A value in quotation marks, with `\"` for one inside, and what follows (`opt_dequote`).
fn unquoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut characters = inside.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &inside[at + 1..])),
            '\\' if characters.peek().is_some_and(|(_, next)| *next == '"') => {
                characters.next();
                value.push('"');
            }
            other => value.push(other),
        }
    }
    None
}

fn problem(before: &Options, name: &str, value: Option<&str>) -> Option<String> {
    let known = match value {
        Some(_) => WITH_VALUE.contains(&name),
        None => {
            let positive = name.strip_prefix("no-").unwrap_or(name);
            FLAGS.contains(&positive) && (positive == name || !ABSOLUTE.contains(&positive))
        }
    };
    if !known {
        return Some(format!("unknown option {name}"));
    }
    if let Some(value) = value
        && !is_valid(name, value)
    {
        return Some(format!("{name}= has a value that sshd does not take"));
    }
    let again = before.iter().any(|(own, _)| own == name);
    (ONCE.contains(&name) && again).then(|| format!("{name}= is given twice"))
}

/// Of the values that sshd checks when it reads the line.
fn is_valid(name: &str, value: &str) -> bool {
    match name {
        "environment" => value.split_once('=').is_some_and(|(variable, _)| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            !variable.is_empty() && variable.bytes().all(allowed)
        }),
        "permitlisten" if !value.contains(':') => is_port(value),
        "permitopen" | "permitlisten" => {
            let port = match value.strip_prefix('[') {
                Some(bracketed) => bracketed.split_once("]:").map(|(_, port)| port),
                None => value.split_once(':').map(|(_, port)| port),
            };
            port.is_some_and(is_port)
        }
        "tunnel" => {
            value.eq_ignore_ascii_case("any") || value.parse::<i32>().is_ok_and(|unit| unit >= 0)
        }
        _ => true,
    }
}

fn is_port(text: &str) -> bool {
    // Of a service's name it is not known whether this system knows it.
    let named = || text.bytes().all(|byte| byte.is_ascii_alphabetic()) && !text.is_empty();
    text == "*" || text.parse::<u16>().is_ok_and(|port| port > 0) || named()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3Nz";

    #[test]
    fn options_are_taken_apart_as_sshd_does() {
        let text = format!(
            r#"no-pty,FROM="192.0.2.0/24,*.example.net",command="echo \"a, b\" c",cert-authority {KEY} comment"#
        );
        let line = read(&text).unwrap();
        let named = |name: &str| {
            let found = line.options.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.as_deref())
        };
        assert_eq!(named("from"), Some(Some("192.0.2.0/24,*.example.net")));
        assert_eq!(named("command"), Some(Some(r#"echo "a, b" c"#)));
        assert_eq!(named("no-pty"), Some(None));
        assert_eq!(line.options_problem, None);
        assert_eq!((line.key_type, line.blob), ("ssh-ed25519", "AAAAC3Nz"));
    }

    #[test]
    fn lines_that_sshd_refuses_are_refused_with_the_reason() {
        for (options, problem) in [
            ("no-such-thing", "unknown option no-such-thing"),
            ("no-restrict", "unknown option no-restrict"),
            ("from=192.0.2.7", "from= without a quoted value"),
            (r#"from="a",from="b""#, "from= is given twice"),
            (r#"command="x"y"#, "unknown option"),
        ] {
            let text = format!("{options} {KEY}");
            let line = read(&text).unwrap();
            assert_eq!(line.options_problem.as_deref(), Some(problem), "{options}");
        }
        for (text, why) in [
            ("AAAAC3Nz me", "the type of the key is missing before it"),
            (
                "ssh-ed25519",
                "the key itself is missing: broken over two lines?",
            ),
            (
                "\u{feff}ssh-ed25519 AAAA",
                "no key of a type that sshd knows",
            ),
            (
                "command=\"x ssh-ed25519 AAAA",
                "a quotation mark is not closed",
            ),
            ("\"", "a quotation mark is not closed"),
            ("\\", "no key of a type that sshd knows"),
        ] {
            assert_eq!(read(text), Err(why.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_the_reader_fall(
            text in r#"([ -~\t\r"\\,=é\u{feff}]|from|="|",|restrict|ssh-ed25519 |AAAA){0,40}"#,
            list in "[!*?./,:0-9a-f]{0,60}",
        ) {
            if let Ok(line) = read(&text) {
                prop_assert!(is_key_type(line.key_type) && text.contains(line.blob));
                prop_assert!(line.options.len() <= MOST_OPTIONS);
            }
            let from = "192.0.2.7".parse().unwrap();
            let strict = super::super::from::allows(&list, from, false);
            prop_assert!(strict.is_some());
        }
    }
}
