//! Whether what the client meets is what the server would do.

use sshdoctor_case::{Outcome, Report, Stage, StageState};

/// How the two ends fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Both say that the way in is open.
    Open,
    /// The client meets what the server does.
    Same,
    /// The client is stopped before it meets anything of the server, which shows what it would do with its packets.
    BeforeServer,
    /// The client is stopped, and the server shows nothing that does it; the server does not see everything up to there.
    Unexplained,
    /// The client came further than the server lets anybody.
    Further,
}

/// Compares the two.
pub(super) fn of(client: &Report, server: &Report) -> Agreement {
    if client.outcome == Outcome::Open {
        return match server.outcome {
            Outcome::Open => Agreement::Open,
            // The client did not try to log in, so it cannot have met this.
            Outcome::LoginRefused | Outcome::SessionFailed if !logged_in(client) => Agreement::Same,
            _ => Agreement::Further,
        };
    }
    if server.outcome != Outcome::Open && alike(client.outcome, server.outcome) {
        return Agreement::Same;
    }
    let met = depth(client.outcome);
    if server.outcome != Outcome::Open && met > depth(server.outcome) {
        return Agreement::Further;
    }
    // Whatever happens before a packet is sent is the client's alone.
    if met <= Depth::Name || lets_packets_in(server) && met <= Depth::Socket {
        return Agreement::BeforeServer;
    }
    Agreement::Unexplained
}

/// How far a connection comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    Name,
    Way,
    Socket,
    Banner,
    KeyExchange,
    HostKey,
    Authentication,
    Session,
    Inside,
}

const fn depth(outcome: Outcome) -> Depth {
    match outcome {
        Outcome::ClientError | Outcome::NameNotFound => Depth::Name,
        Outcome::Unreachable | Outcome::TimedOut => Depth::Way,
        Outcome::Refused => Depth::Socket,
        Outcome::Reset | Outcome::ClosedEarly | Outcome::Silent | Outcome::NotSsh => Depth::Banner,
        Outcome::NoCommonAlgorithm | Outcome::KeyExchangeHung => Depth::KeyExchange,
        Outcome::HostKeyMismatch => Depth::HostKey,
        Outcome::LoginRefused => Depth::Authentication,
        Outcome::SessionFailed => Depth::Session,
        // How far it came is not known, so that nothing contradicts it.
        Outcome::Unknown => Depth::Way,
        Outcome::Open => Depth::Inside,
    }
}

/// Two names for what may be one event, seen from two ends: an ICMP error may be lost, and a listener that dies closes or resets.
fn alike(client: Outcome, server: Outcome) -> bool {
    use Outcome::{ClosedEarly, Refused, Reset, Silent, TimedOut, Unreachable};
    client == server
        || matches!(
            (client, server),
            (TimedOut, Unreachable)
                | (Unreachable, TimedOut | Refused)
                | (Reset | ClosedEarly | Silent, Reset | ClosedEarly | Silent)
                | (Reset, Refused)
        )
}

/// The server shows that the client's packet would be taken, or answered otherwise than the client met it.
fn lets_packets_in(server: &Report) -> bool {
    let state = |stage| {
        let finding = server.finding(stage);
        finding.map_or(StageState::Unknown, |finding| finding.state)
    };
    let passes = |stage| state(stage) == StageState::Passed;
    let listens = matches!(
        state(Stage::Listener),
        StageState::Passed | StageState::Stopped
    );
    passes(Stage::Route) && passes(Stage::HostFirewall) && listens
}

/// A login was tried.
fn logged_in(client: &Report) -> bool {
    client
        .evidence
        .iter()
        .any(|seen| matches!(seen.fact, sshdoctor_case::Fact::Login { .. }))
}
