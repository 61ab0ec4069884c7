//! What became of the client, in the words of each end.

use sshdoctor_case::Outcome;

/// What the client met.
pub(super) const fn client_met(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "the client got through",
        Outcome::NameNotFound => "the client found no address",
        Outcome::ClientError => "the client sent nothing",
        Outcome::Unreachable => "the client was told that the server cannot be reached",
        Outcome::TimedOut => "the client got no answer",
        Outcome::Refused => "the client was refused",
        Outcome::Reset => "the client's connection was reset",
        Outcome::ClosedEarly => "the client's connection was closed before any greeting",
        Outcome::Silent => "the client was connected and not greeted",
        Outcome::NotSsh => "something that is not SSH answered the client",
        Outcome::NoCommonAlgorithm => "the client was greeted and found no common algorithm",
        Outcome::KeyExchangeHung => "the client's key exchange hung",
        Outcome::HostKeyMismatch => "the client was shown a host key that it does not trust",
        Outcome::LoginRefused => "the client's login was refused",
        Outcome::SessionFailed => "the client logged in and its session ended",
        Outcome::Unknown => "what the client met is not known",
    }
}

/// What the server would do.
pub(super) const fn server_does(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "nothing keeps the client out",
        Outcome::NameNotFound | Outcome::ClientError => "the client would send nothing",
        Outcome::Unreachable => "the client is told that the server cannot be reached",
        Outcome::TimedOut => "the client gets no answer",
        Outcome::Refused => "the client is refused",
        Outcome::Reset => "the client's connection is reset",
        Outcome::ClosedEarly => "the client's connection is closed before any greeting",
        Outcome::Silent => "the client is not greeted",
        Outcome::NotSsh => "something that is not SSH answers the client",
        Outcome::NoCommonAlgorithm => "the client finds no common algorithm",
        Outcome::KeyExchangeHung => "the client's key exchange hangs",
        Outcome::HostKeyMismatch => "the client is shown another host key",
        Outcome::LoginRefused => "the client's login is refused",
        Outcome::SessionFailed => "the client's session ends at once",
        Outcome::Unknown => "what the client meets is not known",
    }
}
