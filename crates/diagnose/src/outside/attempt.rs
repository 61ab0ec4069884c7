//! The attempts on the target's port, put together from single observations.

use std::net::SocketAddr;

use sshdoctor_case::{
    BannerOutcome, Case, ConnectOutcome, Fact, HostKeyVerdict, KexOutcome, Observation, PortRole,
    Received,
};
use sshdoctor_wire::icmp::is_refusal;

/// One connection to the target's port, as far as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempt<'a> {
    pub(crate) connect: Option<&'a ConnectOutcome>,
    /// How long the connect took or was waited for, in milliseconds.
    pub(crate) connect_ms: f64,
    pub(crate) banner: Option<&'a BannerOutcome>,
    pub(crate) preceding: &'a [Received],
    pub(crate) exchange: Option<&'a KexOutcome>,
    pub(crate) host_key: Option<&'a HostKeyVerdict>,
    pub(crate) small_segments: bool,
    /// Ids of its observations: connect, banner, exchange, host key.
    pub(crate) ids: [Option<&'a str>; 4],
}

/// How far an attempt came; later is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    /// The local kernel had no way.
    NotSent,
    /// No answer, or an unreachable of the network.
    NotAnswered,
    /// Refused.
    Refused,
    /// Accepted, without an SSH identification.
    Accepted,
    /// Identified, without a host key.
    Identified,
    /// The host key was shown and is not the remembered one.
    KeyRejected,
    /// The host key was shown and fits, or nothing was remembered.
    Open,
}

impl Attempt<'_> {
    /// How far it came.
    pub(crate) fn progress(&self) -> Progress {
        match self.connect {
            None | Some(ConnectOutcome::Local { .. }) => Progress::NotSent,
            Some(ConnectOutcome::Silent) => Progress::NotAnswered,
            Some(ConnectOutcome::Icmp { error })
                if !is_refusal(error.v6, error.kind, error.code) =>
            {
                Progress::NotAnswered
            }
            Some(ConnectOutcome::Icmp { .. } | ConnectOutcome::Refused { .. }) => Progress::Refused,
            Some(ConnectOutcome::Connected) => self.progress_when_connected(),
        }
    }

    fn progress_when_connected(&self) -> Progress {
        match (self.banner, self.exchange, self.host_key) {
            (_, _, Some(HostKeyVerdict::Mismatch { .. } | HostKeyVerdict::Revoked { .. })) => {
                Progress::KeyRejected
            }
            (_, _, Some(_))
            | (_, Some(KexOutcome::Completed { .. } | KexOutcome::ProbeLacks { .. }), None) => {
                Progress::Open
            }
            (Some(BannerOutcome::Identified { protocol, .. }), _, _)
                if is_protocol_2(protocol.as_str()) =>
            {
                Progress::Identified
            }
            _ => Progress::Accepted,
        }
    }

    /// Its ids that are known.
    pub(crate) fn evidence(&self) -> Vec<String> {
        self.ids
            .iter()
            .flatten()
            .map(|id| (*id).to_owned())
            .collect()
    }
}

/// Protocol versions that an SSH 2 client accepts (RFC 4253, section 5.1).
pub(crate) fn is_protocol_2(protocol: &str) -> bool {
    protocol == "2.0" || protocol == "1.99"
}

/// Every attempt on one socket, in the order in which they began.
pub(crate) fn attempts(case: &Case, to: SocketAddr) -> Vec<Attempt<'_>> {
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    for observation in &case.observations {
        take(&mut attempts, observation, to);
    }
    attempts
}

fn take<'a>(attempts: &mut Vec<Attempt<'a>>, observation: &'a Observation, wanted: SocketAddr) {
    let id = Some(observation.id.as_str());
    match &observation.fact {
        Fact::TcpConnect {
            to,
            role: PortRole::Target,
            outcome,
            ..
        } if *to == wanted => attempts.push(Attempt {
            connect: Some(outcome),
            connect_ms: observation.elapsed_ms,
            ids: [id, None, None, None],
            ..Attempt::default()
        }),
        Fact::Banner {
            to,
            role: PortRole::Target,
            outcome,
            preceding,
        } if *to == wanted => {
            if let Some(attempt) = attempts.iter_mut().rev().find(|a| a.banner.is_none()) {
                attempt.banner = Some(outcome);
                attempt.preceding = preceding;
                attempt.ids[1] = id;
            }
        }
        Fact::KeyExchange {
            to,
            role: PortRole::Target,
            outcome,
            segment_size,
            ..
        } if *to == wanted => {
            let open = |a: &&mut Attempt<'_>| a.exchange.is_none() && a.banner.is_some();
            // A second attempt with small segments runs while the first still hangs.
            let attempt = match segment_size {
                Some(_) => attempts.iter_mut().rev().find(open),
                None => attempts.iter_mut().find(open),
            };
            if let Some(attempt) = attempt {
                attempt.exchange = Some(outcome);
                attempt.small_segments = segment_size.is_some();
                attempt.ids[2] = id;
            }
        }
        Fact::HostKey {
            to,
            role: PortRole::Target,
            verdict,
            ..
        } if *to == wanted => {
            if let Some(attempt) = attempts
                .iter_mut()
                .rev()
                .find(|a| a.host_key.is_none() && a.banner.is_some())
            {
                attempt.host_key = Some(verdict);
                attempt.ids[3] = id;
            }
        }
        _ => {}
    }
}
