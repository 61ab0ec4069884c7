//! What was seen.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AlgorithmOffer, BannerOutcome, ClientConfig, ConfigProblem, ConnectOutcome, EchoOutcome,
    FilterRule, Hop, HostKeyVerdict, KexOutcome, KnownKey, LocalServices, LoginOutcome, NameAnswer,
    NameSource, PortRole, ProxyOutcome, Received, RememberedPort, RouteOutcome, RuleSetSource,
    ViaOutcome,
};

/// From where something was seen: `client`, `server`, or the name of a jump host.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Vantage(pub String);

impl Vantage {
    /// The machine the person types `ssh` on.
    #[must_use]
    pub fn client() -> Self {
        Self("client".into())
    }

    /// The server itself.
    #[must_use]
    pub fn server() -> Self {
        Self("server".into())
    }
}

/// One thing seen, with when and from where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// `e1`, `e2`, … in the order of arrival; given by the case.
    #[serde(default)]
    pub id: String,
    /// From where.
    pub vantage: Vantage,
    /// Milliseconds from the start of the inquiry to the start of this observation.
    pub at_ms: f64,
    /// Milliseconds it took.
    pub elapsed_ms: f64,
    /// What was seen.
    pub fact: Fact,
}

/// A typed fact. The name of the variant is the stable `kind` of the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Fact {
    /// The client configuration was resolved.
    ClientConfig {
        /// The result.
        config: Box<ClientConfig>,
    },
    /// The client configuration of a jump host was resolved.
    JumpConfig {
        /// The jump host, as given.
        jump: String,
        /// The result.
        config: Box<ClientConfig>,
    },
    /// The client configuration stops the connection before anything is sent.
    ClientProblem {
        /// What is wrong.
        problem: ConfigProblem,
    },
    /// What known_hosts holds for the destination.
    KnownHosts {
        /// Keys for the host and port.
        keys: Vec<KnownKey>,
        /// Other ports of the same host.
        other_ports: Vec<RememberedPort>,
        /// Files and lines that could not be read, with the reason.
        problems: Vec<Received>,
    },
    /// One source's answer for a name.
    Name {
        /// The name.
        name: String,
        /// Who answered.
        origin: NameSource,
        /// What it answered.
        answer: NameAnswer,
    },
    /// The kernel's route.
    Route {
        /// The destination.
        to: IpAddr,
        /// What the kernel said.
        outcome: RouteOutcome,
    },
    /// An attempt to connect.
    TcpConnect {
        /// Where to.
        to: SocketAddr,
        /// Why this port.
        role: PortRole,
        /// The local address used, where known.
        from: Option<IpAddr>,
        /// How it ended.
        outcome: ConnectOutcome,
    },
    /// Time to live with which the answer of a port arrived.
    AnswerTtl {
        /// Where to.
        to: SocketAddr,
        /// The value as it arrived; absent when it could not be read.
        ttl: Option<u8>,
    },
    /// Whether a port's answer arrived with the expected time to live.
    TtlEquals {
        /// Where to.
        to: SocketAddr,
        /// What was expected.
        expected: u8,
        /// The answer; absent when nothing arrived at all.
        equal: Option<bool>,
    },
    /// An ICMP echo.
    Echo {
        /// The host.
        to: IpAddr,
        /// How it ended.
        outcome: EchoOutcome,
    },
    /// A TCP trace.
    Trace {
        /// Where to.
        to: SocketAddr,
        /// One entry per time to live, ascending.
        hops: Vec<Hop>,
        /// `TcpExt TCPRetransFail` rose meanwhile: the local packet filter drops what is sent (kernel counter).
        local_drops: bool,
    },
    /// The identification string, or its absence.
    Banner {
        /// Where.
        to: SocketAddr,
        /// Why this port.
        role: PortRole,
        /// What came.
        outcome: BannerOutcome,
        /// Lines before it, at most 8 are kept.
        preceding: Vec<Received>,
    },
    /// The key exchange.
    KeyExchange {
        /// Where.
        to: SocketAddr,
        /// Why this port.
        role: PortRole,
        /// How it ended.
        outcome: KexOutcome,
        /// What the server offers, once its KEXINIT came.
        server_offer: Option<AlgorithmOffer>,
        /// What the person's `ssh` would offer, where known.
        client_offer: Option<AlgorithmOffer>,
        /// `TCP_MAXSEG` that was set.
        segment_size: Option<u16>,
    },
    /// The server's host key.
    HostKey {
        /// Where.
        to: SocketAddr,
        /// Why this port.
        role: PortRole,
        /// Key type, for example `ssh-ed25519`.
        key_type: Received,
        /// `SHA256:…`
        fingerprint: String,
        /// Against known_hosts.
        verdict: HostKeyVerdict,
        /// Other names under which known_hosts holds this very key, at most 8; `(hashed)` for hashed ones.
        also_known_as: Vec<Received>,
    },
    /// The target as another host sees it.
    Via {
        /// The jump host, as given.
        jump: String,
        /// The target as that host was asked.
        host: String,
        /// The port.
        port: u16,
        /// What it saw.
        outcome: ViaOutcome,
    },
    /// The person's ProxyCommand.
    ProxyCommand {
        /// As run.
        command: String,
        /// How it ended.
        outcome: ProxyOutcome,
    },
    /// The key exchange of the person's own `ssh`.
    OwnKeyExchange {
        /// How it ended.
        outcome: KexOutcome,
    },
    /// The person's own `ssh -v`.
    Login {
        /// How far it came.
        outcome: LoginOutcome,
    },
    /// Listeners and sshd of this machine.
    LocalServices {
        /// What was found.
        services: LocalServices,
    },
    /// Rules of the packet filter were read, or could not be.
    RuleSet {
        /// Where from, and what came of it.
        #[serde(flatten)]
        read: RuleSetSource,
    },
    /// The rule of the packet filter that decides.
    PacketFilterRule {
        /// The rule.
        #[serde(flatten)]
        rule: Box<FilterRule>,
    },
    /// A question could not be answered.
    NotObserved {
        /// What was asked.
        question: Box<crate::Question>,
        /// Why there is no answer.
        reason: Received,
    },
}
