//! What was seen.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Account, AlgorithmOffer, AppArmor, AuthorizedKeysFile, BanTool, BannerOutcome, Boot,
    ClientConfig, Clock, CloudMetadata, ConfigProblem, ConnectOutcome, Connection, CryptoPolicy,
    EchoOutcome, FilterRule, Hop, HostInterface, HostKeyFile, HostKeyVerdict, InitSystem,
    KexOutcome, KeySource, KnownKey, Listener, LocalServices, Log, LoginOutcome, NameAnswer,
    NameSource, NetworkSettings, Obstacle, OperatingSystem, OtherNamespace, PacketAnswer,
    PacketQuestion, PamService, PortRole, ProxyOutcome, Received, RememberedPort, Resources,
    RouteOutcome, RuleSetSource, Selinux, Sight, SshdBinary, SshdCheck, SshdConfig, SshdDirectory,
    SshdInstance, TcpWrappers, Unit, ViaOutcome,
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
    /// The distribution and the kernel of the server.
    OperatingSystem {
        /// What was found.
        system: Box<OperatingSystem>,
    },
    /// The server's init system.
    InitSystem {
        /// What was found.
        init: Box<InitSystem>,
    },
    /// A unit or service of SSH on the server, or one that it stands on.
    Unit {
        /// What was found.
        unit: Box<Unit>,
    },
    /// What the server's next boot would do.
    Boot {
        /// What was found.
        boot: Box<Boot>,
    },
    /// The sshd program on the server's disk.
    SshdProgram {
        /// What was found.
        program: Box<SshdBinary>,
    },
    /// sshd's own check of its configuration.
    SshdCheck {
        /// What it said.
        check: Box<SshdCheck>,
    },
    /// The configuration of sshd on disk.
    SshdConfig {
        /// What was read.
        config: Box<SshdConfig>,
    },
    /// Running sshd processes of the server.
    SshdProcesses {
        /// Every one that listens or should, at most 64.
        processes: Vec<SshdInstance>,
    },
    /// The directory and account of privilege separation.
    SshdDirectory {
        /// What was found.
        directory: Box<SshdDirectory>,
    },
    /// The server's host keys, as configured.
    HostKeyFiles {
        /// Each of them.
        keys: Vec<HostKeyFile>,
    },
    /// What listens on the server.
    Listeners {
        /// In this network namespace: every TCP socket in LISTEN, at most 1024.
        listeners: Vec<Listener>,
        /// In others, on the port in question.
        elsewhere: Vec<OtherNamespace>,
    },
    /// Connections to the SSH port.
    Connections {
        /// Each of them, at most 256.
        connections: Vec<Connection>,
    },
    /// The server's interfaces.
    Interfaces {
        /// Each of them.
        interfaces: Vec<HostInterface>,
    },
    /// Settings and state of the server's network.
    NetworkSettings {
        /// What was found.
        settings: Box<NetworkSettings>,
    },
    /// What the server's packet filter does with the client's packet.
    PacketFilter {
        /// What was asked.
        packet: PacketQuestion,
        /// In one sentence.
        summary: String,
        /// What becomes of the packet.
        answer: Box<PacketAnswer>,
    },
    /// What tcp wrappers do with the client.
    TcpWrappers {
        /// What was found.
        wrappers: Box<TcpWrappers>,
    },
    /// A tool that bans.
    BanTool {
        /// What was found.
        ban_tool: Box<BanTool>,
    },
    /// The last lines of a log.
    Log {
        /// The lines.
        log: Box<Log>,
    },
    /// Disk, memory and processes of the server.
    Resources {
        /// What was found.
        resources: Box<Resources>,
    },
    /// The server's clock.
    Clock {
        /// What was found.
        clock: Clock,
    },
    /// The account that the client wants.
    Account {
        /// What was found.
        account: Box<Account>,
    },
    /// A file with keys that may log in.
    AuthorizedKeys {
        /// What was found.
        file: Box<AuthorizedKeysFile>,
    },
    /// What beside files of keys decides about a key or certificate.
    KeySources {
        /// Each that is configured.
        sources: Vec<KeySource>,
    },
    /// The PAM stack of sshd.
    Pam {
        /// What was found.
        pam: Box<PamService>,
    },
    /// SELinux.
    Selinux {
        /// What was found.
        selinux: Box<Selinux>,
    },
    /// AppArmor.
    #[serde(rename = "apparmor")]
    AppArmor {
        /// What was found.
        apparmor: AppArmor,
    },
    /// The crypto policy.
    CryptoPolicy {
        /// What was found.
        policy: CryptoPolicy,
    },
    /// What the provider says of this machine.
    CloudMetadata {
        /// What was found.
        cloud: CloudMetadata,
    },
    /// A line of a text that a person had, from `ssh`, `sshd` or what writes their logs.
    TextLine {
        /// The file, or what else it was read from.
        source: String,
        /// Its number, from 1.
        line: u64,
        /// As it stands there.
        text: Received,
    },
    /// Something of the server could not be seen, or not all of it.
    NotSeen {
        /// What.
        sight: Sight,
        /// What stood in the way.
        obstacle: Obstacle,
        /// In words: the tool or file, and what it said.
        reason: Received,
    },
    /// A question could not be answered.
    NotObserved {
        /// What was asked.
        question: Box<crate::Question>,
        /// Why there is no answer.
        reason: Received,
    },
}
