//! What observations come to: the small alphabet in which worlds predict.

pub(crate) use super::world::FirstBytes;
use crate::text::{Errno, Platform};

/// Who sent an ICMP error, seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sender {
    /// The target's own address.
    Host,
    /// Some other machine.
    Router,
    /// The client itself.
    Client,
}

/// How an attempt to connect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Connect {
    /// Accepted.
    Connected,
    /// Reset.
    Reset,
    /// Refused, seen through another host that does not say how.
    Refused,
    /// ICMP port unreachable (or protocol unreachable).
    PortUnreachable(Sender),
    /// ICMP prohibited, by administrator or by policy.
    Prohibited(Sender),
    /// ICMP host unreachable.
    HostUnreachable(Sender),
    /// ICMP network unreachable or no route.
    NetUnreachable(Sender),
    /// ICMP time exceeded.
    TimeExceeded,
    /// Another ICMP error.
    OtherIcmp,
    /// No answer although SYNs were retransmitted.
    Silent,
    /// No answer yet, before any retransmission could be answered.
    SilentSoFar,
    /// The local kernel has no route.
    NoLocalRoute,
    /// No neighbour answered ARP or neighbour discovery.
    NoNeighbour,
    /// The local kernel forbids it.
    LocallyForbidden,
    /// Another local error.
    OtherLocal,
}

/// How an echo ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Echo {
    /// Answered.
    Reply,
    /// Not answered.
    Silent,
    /// An ICMP error of a router.
    Unreachable,
}

/// The time to live of a reset against the host's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ResetTtl {
    /// Equal to that of a packet which only the host itself can have sent (echo reply, SYN-ACK).
    AsHost,
    /// Equal to that of the control port's reset; whoever resets this port resets that one.
    AsControl,
    /// Different from the host's own.
    UnlikeHost,
}

/// Where a trace to the target's port ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum TraceEnd {
    /// No router answered at all.
    Nowhere,
    /// Nothing left this machine: its own packet filter drops.
    OwnFilter,
    /// At the last router before the host.
    LastRouter,
    /// At a router farther from the host.
    EarlierRouter,
    /// At some router; how far the host is stays unknown.
    SomeRouter,
    /// A router said unreachable.
    Unreachable,
    /// Round and round.
    Loop,
    /// At the host itself, or at whatever answers in its name.
    Answered,
    /// A reset already came for a SYN that could not leave this machine.
    OwnReset,
}

/// What ports other than the target's showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Elsewhere {
    /// An sshd identified itself on a port that local memory names for this host.
    RememberedPort,
    /// An sshd identified itself on a customary port.
    CustomaryPort,
    /// Every port that was tried answered, none with SSH.
    NotFound,
    /// The ports that were tried stayed silent.
    Unanswered,
}

/// How the key exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Exchange {
    /// Completed.
    Completed,
    /// Hung.
    Hung,
    /// No algorithm in common.
    NoCommon,
    /// Closed, reset or garbled.
    Broke,
    /// This probe lacks the algorithms, so nothing is known.
    ProbeLacks,
}

/// The same with small segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum SmallSegments {
    /// Passed where the normal size hung.
    Passes,
    /// Hung too.
    HangsToo,
}

/// The host key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum HostKey {
    /// As known_hosts has it.
    Match,
    /// Nothing known.
    Unknown,
    /// Nothing known, but known_hosts has this key under another name.
    UnknownButKnownElsewhere,
    /// Another key than known.
    Changed,
    /// Another key than known, and known_hosts has it under another name.
    ChangedAndKnownElsewhere,
    /// Nothing known, and the client is told to accept nothing unknown.
    UnknownAndStrict,
    /// Revoked.
    Revoked,
}

/// What the host's other addresses do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum OtherAddresses {
    /// Another address of the same family lets SSH in.
    SameFamilyWorks,
    /// Only addresses of the other family let SSH in.
    OtherFamilyWorks,
    /// Another address fails alike.
    FailAlike,
    /// Another address fails in another way.
    FailOtherwise,
}

/// The target seen from another host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Via {
    /// SSH answers there.
    Works,
    /// Refused there too.
    Refused,
    /// Silent there too.
    Silent,
    /// Unreachable from there.
    Unreachable,
    /// Connected, then closed or silent.
    ClosedOrMute,
}

/// A later attempt on the same port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Again {
    /// The same fate.
    Same,
    /// It worked, or came further.
    Better,
    /// Another failure.
    Otherwise,
}

/// What the sources of names said, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Names {
    /// No name was needed, or all agree.
    Agree,
    /// Only the hosts file knows it.
    HostsFileOnly,
    /// The hosts file says otherwise than the name servers.
    HostsFileDiffers,
    /// `HostName` in ssh_config leads elsewhere than the name that was typed.
    ConfigDiffers,
    /// Name servers, or the system's cache, disagree about the address.
    Disagree,
    /// One name server knows it, another says it does not exist.
    Split,
    /// It does not exist.
    NotFound,
    /// It exists without the wanted family.
    NoAddressOfFamily,
    /// Nobody could tell.
    ServersDown,
}

/// The kernel's route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Route {
    /// By an ordinary interface.
    Ordinary,
    /// By a tunnel, container bridge or VPN interface.
    Virtual,
    /// There is none.
    None,
    /// Blackhole, prohibit or unreachable on purpose.
    Denied,
}

/// What this machine shows when it is the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Local {
    /// sshd listens on the address and port.
    SshdListens,
    /// sshd listens there and is stopped or in uninterruptible sleep.
    SshdFrozen,
    /// sshd listens there with a full accept queue.
    QueueFull,
    /// Another program listens there.
    OtherListens,
    /// sshd listens on loopback only.
    LoopbackOnly,
    /// sshd listens on another port.
    OtherPort,
    /// sshd listens on another address or family.
    OtherAddress,
    /// sshd runs and listens nowhere.
    RunsWithoutListening,
    /// sshd is installed and does not run.
    NotRunning,
    /// No sshd is installed.
    NotInstalled,
}

/// Everything that bears on the causes, for the address in question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// A message that names its cause: the catalogue id.
    Named(String),
    /// The client's configuration lets the connection through.
    ClientFine,
    /// The names.
    Names(Names),
    /// `HostName` in ssh_config replaces what was typed.
    HostNameReplaced(bool),
    /// The route.
    Route(Route),
    /// The target's port.
    Target(Connect),
    /// The control port.
    Control(Connect),
    /// The echo.
    Echo(Echo),
    /// The reset's time to live.
    ResetTtl(ResetTtl),
    /// The trace.
    Trace(TraceEnd),
    /// Other ports.
    Elsewhere(Elsewhere),
    /// The first bytes.
    FirstBytes(FirstBytes),
    /// The key exchange.
    Exchange(Exchange),
    /// The key exchange with small segments.
    SmallSegments(SmallSegments),
    /// The host key.
    HostKey(HostKey),
    /// Other addresses.
    OtherAddresses(OtherAddresses),
    /// Another vantage point.
    Via(Via),
    /// A later attempt.
    Again(Again),
    /// The login: ids its messages fit, and whether it authenticated and opened a session.
    Login {
        /// Ids, best first.
        fits: Vec<String>,
        /// Authentication passed.
        authenticated: bool,
        /// The session opened.
        session_opened: bool,
    },
    /// This machine.
    Local(Local),
    /// Why connect(2) failed, in the words of the client's system.
    Errno(Errno, Platform),
    /// A message that fits several causes, each with how well.
    Fits(Vec<(String, f64)>),
}

/// A reading with the evidence behind it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sourced {
    /// The reading.
    pub(crate) reading: Reading,
    /// Ids of the observations.
    pub(crate) evidence: Vec<String>,
}
