//! Where the person wants to go, exactly as they typed it after `ssh`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// `-4` or `-6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Forced {
    /// `-4`
    Ipv4,
    /// `-6`
    Ipv6,
}

/// The options of `ssh` that matter for reaching the host, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SshOptions {
    /// `-p`
    pub port: Option<u16>,
    /// `-l`
    pub login_name: Option<String>,
    /// `-i`, repeated
    pub identity_files: Vec<String>,
    /// `-F`
    pub config_file: Option<String>,
    /// `-J`
    pub jump: Option<String>,
    /// `-o`, repeated
    pub options: Vec<String>,
    /// `-4` or `-6`
    pub family: Option<Forced>,
    /// `-b`
    pub bind_address: Option<String>,
    /// `-B`
    pub bind_interface: Option<String>,
}

/// A destination as `ssh` takes it: `host`, `user@host`, an alias, or `ssh://[user@]host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    /// As typed.
    pub given: String,
    /// Host part, with the brackets of an IPv6 literal removed.
    pub host: String,
    /// User part.
    pub user: Option<String>,
    /// Port of an `ssh://` URL.
    pub port: Option<u16>,
}

/// Why a destination cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DestinationError {
    /// Nothing was given.
    #[error("the destination is empty: give a host, for example web1 or user@web1")]
    Empty,
    /// There is nothing after the `@`.
    #[error("the destination {given:?} has no host after the @")]
    NoHost {
        /// As typed, escaped.
        given: String,
    },
    /// Characters that no host name has.
    #[error(
        "the host name {host:?} contains {character:?}, which no host name has: check quotes and variables in what you typed"
    )]
    BadCharacter {
        /// The host part, escaped.
        host: String,
        /// The first offending character.
        character: char,
    },
    /// The port of the URL is not one.
    #[error("the port {port:?} in {given:?} is not a number from 1 to 65535")]
    BadPort {
        /// As typed, escaped.
        given: String,
        /// The port as typed.
        port: String,
    },
    /// Longer than a DNS name may be.
    #[error("the host name has {length} characters; a name has at most 255")]
    TooLong {
        /// Characters given.
        length: usize,
    },
}

impl Destination {
    /// Reads a destination as `ssh(1)` does: the user ends at the last `@`.
    ///
    /// # Errors
    /// When it is empty, its host has characters that OpenSSH rejects (`valid_hostname`, ssh.c since 9.6), or the port of a URL
    /// is out of range.
    pub fn parse(given: &str) -> Result<Self, DestinationError> {
        if given.is_empty() {
            return Err(DestinationError::Empty);
        }
        let (rest, is_url) = match given.strip_prefix("ssh://") {
            Some(rest) => (rest.strip_suffix('/').unwrap_or(rest), true),
            None => (given, false),
        };
        let (user, host_part) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, rest),
        };
        let (host, port) = if is_url {
            split_url_port(given, host_part)?
        } else {
            (host_part, None)
        };
        let host = host
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(host);
        check_host(given, host)?;
        Ok(Self {
            given: given.to_owned(),
            host: host.to_owned(),
            user: user.filter(|user| !user.is_empty()),
            port,
        })
    }
}

fn split_url_port<'a>(
    given: &str,
    host: &'a str,
) -> Result<(&'a str, Option<u16>), DestinationError> {
    let after_bracket = host.rfind(']').map_or(0, |end| end + 1);
    let Some(colon) = host[after_bracket..].rfind(':') else {
        return Ok((host, None));
    };
    let (name, port) = (
        &host[..after_bracket + colon],
        &host[after_bracket + colon + 1..],
    );
    match port.parse::<u16>() {
        Ok(number) if number > 0 => Ok((name, Some(number))),
        _ => Err(DestinationError::BadPort {
            given: crate::escape(given),
            port: crate::escape(port),
        }),
    }
}

fn check_host(given: &str, host: &str) -> Result<(), DestinationError> {
    if host.is_empty() {
        return Err(DestinationError::NoHost {
            given: crate::escape(given),
        });
    }
    if host.len() > 255 {
        return Err(DestinationError::TooLong { length: host.len() });
    }
    let bad = |c: char| c.is_control() || c.is_whitespace() || "'`\"$\\;&<>|(){}".contains(c);
    let leading_dash = host.starts_with('-').then_some('-');
    match leading_dash.or_else(|| host.chars().find(|c| bad(*c))) {
        Some(character) => Err(DestinationError::BadCharacter {
            host: crate::escape(host),
            character,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_read_as_ssh_reads_them() {
        let parsed = |given: &str| {
            let d = Destination::parse(given).unwrap();
            (d.user.unwrap_or_default(), d.host, d.port)
        };
        assert_eq!(parsed("web1"), (String::new(), "web1".into(), None));
        assert_eq!(
            parsed("me@corp@web1"),
            ("me@corp".into(), "web1".into(), None)
        );
        assert_eq!(
            parsed("ssh://me@web1:2222/"),
            ("me".into(), "web1".into(), Some(2222))
        );
        assert_eq!(
            parsed("ssh://[2001:db8::1]:22"),
            (String::new(), "2001:db8::1".into(), Some(22))
        );
        assert_eq!(
            parsed("2001:db8::1"),
            (String::new(), "2001:db8::1".into(), None)
        );
    }

    #[test]
    fn what_is_no_destination_is_refused_with_the_reason() {
        for bad in [
            "",
            "me@",
            "we b",
            "$HOST",
            "web1\n",
            "ssh://web1:0",
            "ssh://web1:99999",
            "-oProxyCommand=x",
        ] {
            assert!(Destination::parse(bad).is_err(), "{bad:?}");
        }
    }
}
