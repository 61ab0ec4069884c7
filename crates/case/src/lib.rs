//! One SSH lockout as a document.
//!
//! A [`Case`] is everything known of one lockout: where the person wanted to go, and every [`Observation`] made
//! since. A [`Report`] is what follows from it. Both are plain data that can be saved, sent and read again;
//! nothing here opens a socket, reads a file or looks at a clock.

mod case;
mod cause_page;
mod destination;
mod local;
mod names;
mod network;
mod observation;
mod packet_filter;
mod question;
mod received;
mod redact;
mod report;
mod server;
mod ssh;
mod stage;

pub use case::{CASE_SCHEMA, Case, CaseError, JoinError, MAX_CASE_BYTES, Settings};
pub use cause_page::{CAUSE_SCHEMA, CAUSES_SCHEMA, CausePage, CausePages, DistributionRemedy};
pub use destination::{Destination, DestinationError, Forced, SshOptions};
pub use local::{ListeningSocket, LocalServices, SshdProcess};
pub use names::{AddressRecord, NameAnswer, NameSource};
pub use network::{
    ConnectOutcome, EchoOutcome, Hop, HopAnswer, IcmpError, LocalError, PortRole, Refusal,
    RouteOutcome,
};
pub use observation::{Fact, Observation, Vantage};
pub use packet_filter::{
    AddressFamily, FamilyAnswer, FilterRule, FirewallReport, NeighbouringRule, PacketAnswer,
    PacketEnding, PacketQuestion, PacketTranslation, PacketVerdict, RateTurn, RuleContext,
    RuleCounters, RuleInsertion, RuleOwner, RuleOwnerKind, RuleSetSource, SetEntry, TokenBucket,
    TrailStep, UndecidedPart, WithoutRule,
};
pub use question::{Approach, Ask, Depth, Question};
pub use received::{Received, escape};
pub use report::{
    BothEnds, Candidate, Contradiction, Evidence, Later, NextStep, Outcome, Quotation,
    REPORT_SCHEMA, Remedy, Report, RuledOut, StageFinding, StageState, TargetSummary, Where,
};
pub use server::{
    Account, AppArmor, AuthorizedKey, AuthorizedKeysFile, Ban, BanTool, Boot, BootState,
    CgroupProcesses, CheckedPath, Chroot, Clock, CloudMetadata, ConfigFile, ConfigLine,
    ConfigReading, ConfiguredInterface, Connection, Conntrack, Container, CryptoPolicy,
    FileContext, FileKind, FileSystem, FileSystemEntry, HostInterface, HostKeyFile, InitKind,
    InitSystem, InterfaceAddress, Jail, Job, KeyOption, KeySource, LinkState, ListenSetting,
    Listener, Log, LogLine, LogSource, LoginShell, MatchCondition, Memory, NetworkSettings,
    NewInstance, Nologin, Obstacle, OperatingSystem, OtherNamespace, Owner, PamRule, PamService,
    PasswordState, Pressure, ProcessLimits, Resources, SavedRules, Selinux, SelinuxMode,
    ServerQuestion, Sight, SocketUnit, SshdBinary, SshdCheck, SshdConfig, SshdDirectory,
    SshdInstance, SshdStart, SubsystemProgram, TcpWrappers, Unit, UnitFailure, WrapperRule,
};
pub use ssh::{
    AlgorithmOffer, BannerOutcome, ClientConfig, ConfigProblem, ConfigSource, HostKeyVerdict,
    KexOutcome, KnownKey, LoginOutcome, ProxyOutcome, RememberedPort, RememberedWhere, ViaOutcome,
};
pub use stage::Stage;
