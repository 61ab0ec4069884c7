//! What a message holds beside its words: hosts, ports, users, addresses.

use sshdoctor_case::Received;

use super::errno::Errno;
use super::sign::Sign;

/// Longest host, user or address that is taken from a text.
const LONGEST_NAME: usize = 255;

/// A line of the text, as it is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quoted {
    /// Its number, from 1.
    pub(super) number: u64,
    /// As it stands there; [`Self::text`] makes it fit to be shown.
    raw: Vec<u8>,
}

impl Quoted {
    /// For a report.
    pub(super) fn text(&self) -> Received {
        Received::from_bytes(&self.raw)
    }

    /// It holds these words.
    pub(super) fn contains(&self, words: &str) -> bool {
        memchr::memmem::find(&self.raw, words.as_bytes()).is_some()
    }
}

/// A message with its wrappings taken off.
#[derive(Debug)]
pub(super) struct Message<'t> {
    /// What it is.
    pub(super) sign: &'static Sign,
    /// From the sign's words to the end.
    pub(super) text: String,
    /// What stands before the words.
    pub(super) prefix: &'t [u8],
    /// The whole line.
    pub(super) line: &'t [u8],
    /// The line's number, from 1.
    pub(super) number: u64,
}

impl Message<'_> {
    /// What follows the sign's words.
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.sign.words.len()..).unwrap_or_default()
    }

    /// What stands before the sign's words, without what colours it.
    pub(super) fn before(&self) -> String {
        String::from_utf8_lossy(&super::wrapping::without_escapes(self.prefix)).into_owned()
    }

    /// The line for a report.
    pub(super) fn quoted(&self) -> Quoted {
        let plain = super::wrapping::without_escapes(self.line);
        let text = plain.trim_ascii();
        // Of a long line the part around the words is worth more than its beginning.
        let text = if text.len() > Received::MAX_BYTES {
            &self.text.as_bytes()[..self.text.len().min(Received::MAX_BYTES)]
        } else {
            text
        };
        Quoted {
            number: self.number,
            raw: text.to_vec(),
        }
    }
}

/// Host, port and error of a failed connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FailedConnect {
    pub(super) host: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) errno: Errno,
}

/// `HOST port N: ERROR`, or what other programs make of it.
pub(super) fn failed_connect(rest: &str) -> FailedConnect {
    if let Some((host, after)) = rest.split_once(" port ")
        && let Some((port, error)) = after.split_once(": ")
        && let Ok(port) = port.trim().parse()
    {
        return FailedConnect {
            host: name(host),
            port: Some(port),
            errno: Errno::of(error),
        };
    }
    // HOST (ADDRESS) port N (tcp) failed: ERROR, as nc and curl have it.
    if let Some((before, error)) = rest.rsplit_once(" failed: ")
        && let Some((host, port)) = before.split_once(" port ")
    {
        let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
        return FailedConnect {
            host: name(host.split(' ').next().unwrap_or_default()),
            port: digits.parse().ok(),
            errno: Errno::of(error),
        };
    }
    // HOST/22: ERROR, as bash has it of /dev/tcp.
    if let Some((place, error)) = rest.split_once(": ")
        && let Some((host, port)) = place.split_once('/')
        && let Ok(port) = port.parse()
    {
        return FailedConnect {
            host: name(host),
            port: Some(port),
            errno: Errno::of(error),
        };
    }
    FailedConnect {
        host: go_address(rest).map(|(host, _)| host),
        port: go_address(rest).map(|(_, port)| port),
        errno: anywhere(rest),
    }
}

/// `203.0.113.5:22: connect: connection refused`.
fn go_address(rest: &str) -> Option<(String, u16)> {
    let (address, _) = rest.split_once(": ")?;
    let address = address.trim_matches('\'');
    let address = address.rsplit("->").next().unwrap_or(address);
    let (host, port) = address.rsplit_once(':')?;
    Some((name(host.trim_matches(['[', ']']))?, port.parse().ok()?))
}

/// The error's words wherever they stand; Go and Java write them in their own way.
pub(super) fn anywhere(rest: &str) -> Errno {
    let lower = rest.to_lowercase();
    let found = [
        ("connection refused", Errno::Refused),
        ("econnrefused", Errno::Refused),
        ("etimedout", Errno::TimedOut),
        ("ehostunreach", Errno::HostUnreachable),
        ("enetunreach", Errno::NetworkUnreachable),
        ("econnreset", Errno::Reset),
        ("timed out", Errno::TimedOut),
        ("i/o timeout", Errno::TimedOut),
        ("timeout", Errno::TimedOut),
        ("no route to host", Errno::HostUnreachable),
        ("network is unreachable", Errno::NetworkUnreachable),
        ("host is down", Errno::HostDown),
        ("permission denied", Errno::AccessDenied),
        ("operation not permitted", Errno::NotPermitted),
        ("connection reset", Errno::Reset),
        ("software caused connection abort", Errno::BadlyMapped),
        ("couldn't connect to server", Errno::NotConnected),
        ("could not connect to server", Errno::NotConnected),
        ("unable to connect to port", Errno::NotConnected),
        ("connect call failed", Errno::Refused),
    ];
    found
        .into_iter()
        .find(|(words, _)| lower.contains(words))
        .map_or(Errno::Unknown, |(_, errno)| errno)
}

/// A host, user or address that is fit to be shown in a command: nothing that a shell would take for its own.
pub(super) fn name(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['\'', '"', '[', ']']);
    let is_fit = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%' | '@');
    (!text.is_empty()
        && text.len() <= LONGEST_NAME
        && !text.starts_with('-')
        && text.chars().all(is_fit))
    .then(|| text.to_owned())
}

/// What stands between `before` and `after`.
pub(super) fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(inner, _)| inner)
}

/// The address and port of `… ADDRESS port N`.
pub(super) fn peer(text: &str) -> Option<(String, u16)> {
    let (before, after) = text.split_once(" port ")?;
    let address = before.rsplit(' ').next()?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    Some((name(address)?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_connection_is_read_in_several_dialects() {
        for (rest, host, port, errno) in [
            (
                "web1 port 22: Connection refused",
                Some("web1"),
                Some(22),
                Errno::Refused,
            ),
            (
                "2001:db8::1 port 2222: Keine Route zum Zielrechner",
                Some("2001:db8::1"),
                Some(2222),
                Errno::HostUnreachable,
            ),
            (
                "203.0.113.5:22: connect: connection refused",
                Some("203.0.113.5"),
                Some(22),
                Errno::Refused,
            ),
            (
                "203.0.113.5:22: i/o timeout",
                Some("203.0.113.5"),
                Some(22),
                Errno::TimedOut,
            ),
            ("Connection timed out", None, None, Errno::TimedOut),
            ("", None, None, Errno::Unknown),
            (
                "$(reboot) port 22: Connection refused",
                None,
                Some(22),
                Errno::Refused,
            ),
        ] {
            let read = failed_connect(rest);
            assert_eq!(read.host.as_deref(), host, "{rest}");
            assert_eq!((read.port, read.errno), (port, errno), "{rest}");
        }
    }

    #[test]
    fn nothing_that_a_shell_would_run_is_taken_for_a_name() {
        for hostile in [
            "`id`",
            "$(id)",
            "a;b",
            "-oProxyCommand=x",
            "a b",
            "",
            "a\u{1b}[2J",
        ] {
            assert_eq!(name(hostile), None, "{hostile}");
        }
        assert_eq!(name("[web1.example.net]"), Some("web1.example.net".into()));
    }
}
