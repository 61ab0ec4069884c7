//! What a client's `connect()` returns.

use std::fmt;

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

/// What came of one SYN, as the client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Outcome {
    /// A SYN-ACK came.
    Connected,
    /// Nothing came that ends the attempt: after its retransmissions it times out.
    Silent,
    /// `connect()` fails with this error.
    Failed(i32),
}

impl Outcome {
    /// The outcome for an error of `connect()`.
    #[must_use]
    pub fn of_error(error: Errno) -> Self {
        if error == Errno::ETIMEDOUT {
            Self::Silent
        } else {
            Self::Failed(error as i32)
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => formatter.write_str("connected"),
            Self::Silent => formatter.write_str("silent"),
            Self::Failed(error) => write!(formatter, "{:?}", Errno::from_raw(*error)),
        }
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_string()
    }
}

/// Every error that an answer to a SYN can become (Linux `icmp_err_convert`, `tab_unreach`).
const ERRORS: [Errno; 10] = [
    Errno::ECONNREFUSED,
    Errno::EHOSTUNREACH,
    Errno::ENETUNREACH,
    Errno::EACCES,
    Errno::ENOPROTOOPT,
    Errno::EPROTO,
    Errno::EPERM,
    Errno::EMSGSIZE,
    Errno::ECONNRESET,
    Errno::ECONNABORTED,
];

impl TryFrom<String> for Outcome {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "connected" => Ok(Self::Connected),
            "silent" => Ok(Self::Silent),
            other => ERRORS
                .into_iter()
                .find(|error| format!("{error:?}") == other)
                .map(Self::of_error)
                .ok_or_else(|| format!("{other} is no outcome")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        let all = ERRORS.into_iter().map(Outcome::of_error);
        for outcome in all.chain([Outcome::Connected, Outcome::Silent]) {
            assert_eq!(Outcome::try_from(outcome.to_string()), Ok(outcome));
        }
        assert!(Outcome::try_from("EBOGUS".to_owned()).is_err());
    }
}
