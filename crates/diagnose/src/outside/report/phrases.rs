//! Readings in a few words.

use super::Findings;
use crate::outside::planning::CONTROL_PORT;
use crate::outside::reading::{
    Again, Connect, Echo, Elsewhere, Exchange, FirstBytes, HostKey, Local, Names, OtherAddresses,
    Reading, ResetTtl, Route, Sender, SmallSegments, Sourced, TraceEnd, Via,
};

/// The most telling of the readings that speak for a cause.
pub(super) fn because(findings: &Findings<'_>, speaking: &[&Sourced]) -> String {
    speaking
        .iter()
        .max_by_key(|sourced| weight(&sourced.reading))
        .map(|sourced| phrase(findings, &sourced.reading))
        .unwrap_or_default()
}

/// How telling a reading is when several speak for the same cause: comparisons before plain symptoms.
pub(super) fn weight(reading: &Reading) -> u8 {
    match reading {
        Reading::Named(_) | Reading::Fits(_) | Reading::Login { .. } | Reading::Local(_) => 9,
        Reading::Via(_) => 8,
        Reading::SmallSegments(_)
        | Reading::Elsewhere(Elsewhere::RememberedPort | Elsewhere::CustomaryPort) => 8,
        Reading::HostKey(_) | Reading::OtherAddresses(_) => 7,
        Reading::ResetTtl(_) | Reading::Trace(_) => 6,
        Reading::Target(Connect::Reset) => 2,
        Reading::Target(_) | Reading::Errno(..) => 5,
        Reading::FirstBytes(_) | Reading::Exchange(_) => 5,
        Reading::Names(Names::Agree) => 0,
        Reading::Names(_) => 7,
        Reading::Route(Route::Ordinary) => 0,
        Reading::Route(_) => 5,
        Reading::Again(_) => 4,
        Reading::Control(_) => 3,
        Reading::Echo(_) => 2,
        Reading::Elsewhere(_) => 1,
        Reading::HostNameReplaced(_) | Reading::ClientFine => 0,
    }
}

/// A reading in a few words.
pub(super) fn phrase(findings: &Findings<'_>, reading: &Reading) -> String {
    let port = findings.port;
    match reading {
        Reading::Named(_) => named(findings),
        Reading::ClientFine => "your configuration lets it through".into(),
        Reading::Names(names) => self::names(*names).into(),
        Reading::HostNameReplaced(true) => "HostName in ssh_config replaces the name".into(),
        Reading::HostNameReplaced(false) => "the name is used as typed".into(),
        Reading::Route(route) => self::route(*route).into(),
        Reading::Target(connect) => self::connect(*connect, &format!("port {port}")),
        Reading::Control(connect) => {
            self::connect(*connect, &format!("unused port {CONTROL_PORT}"))
        }
        Reading::Echo(Echo::Reply) => "the host answers echo".into(),
        Reading::Echo(Echo::Silent) => "the host does not answer echo".into(),
        Reading::Echo(Echo::Unreachable) => "echo is answered with unreachable".into(),
        Reading::ResetTtl(ResetTtl::AsHost) => "the host itself sent the reset (TTL)".into(),
        Reading::ResetTtl(ResetTtl::AsControl) => {
            format!("the reset comes from as far as that of port {CONTROL_PORT}")
        }
        Reading::ResetTtl(ResetTtl::UnlikeHost) => {
            "the reset did not come from the host (TTL)".into()
        }
        Reading::Trace(end) => trace(*end).into(),
        Reading::Elsewhere(found) => elsewhere(findings, *found),
        Reading::FirstBytes(bytes) => first_bytes(*bytes).into(),
        Reading::Exchange(exchange) => self::exchange(*exchange).into(),
        Reading::SmallSegments(SmallSegments::Passes) => {
            "with small packets the key exchange passes".into()
        }
        Reading::SmallSegments(SmallSegments::HangsToo) => "it hangs with small packets too".into(),
        Reading::HostKey(key) => host_key(*key).into(),
        Reading::OtherAddresses(others) => other_addresses(*others).into(),
        Reading::Via(via) => self::via(findings, *via),
        Reading::Again(Again::Same) => "a second attempt met the same".into(),
        Reading::Again(Again::Better) => "a second attempt came farther".into(),
        Reading::Again(Again::Otherwise) => "a second attempt failed in another way".into(),
        Reading::Login { .. } => login(findings),
        Reading::Local(local) => self::local(*local).into(),
        Reading::Errno(..) | Reading::Fits(_) => "the words of ssh say so".into(),
    }
}

fn named(findings: &Findings<'_>) -> String {
    use sshdoctor_case::{Fact, ProxyOutcome, ViaOutcome};
    findings
        .case
        .observations
        .iter()
        .find_map(|o| match &o.fact {
            Fact::ClientProblem { problem } => Some(format!("ssh says: {}", problem.message)),
            Fact::ProxyCommand { outcome, .. } => match outcome {
                ProxyOutcome::NotFound { message } => Some(format!("the shell says: {message}")),
                ProxyOutcome::Exited { message, .. } => {
                    Some(format!("the ProxyCommand ended: {message}"))
                }
                ProxyOutcome::Silent => Some("the ProxyCommand passed nothing".into()),
                ProxyOutcome::Answered { .. } => None,
            },
            Fact::Via { outcome, jump, .. } => match outcome {
                ViaOutcome::ForwardingForbidden => Some(format!("{jump} forbids forwarding")),
                ViaOutcome::CouldNotLogIn { message } | ViaOutcome::Other { message } => {
                    Some(format!("{jump}: {message}"))
                }
                _ => None,
            },
            _ => None,
        })
        .unwrap_or_default()
}

fn names(names: Names) -> &'static str {
    match names {
        Names::Agree => "every source agrees on the address",
        Names::HostsFileOnly => "only the hosts file knows the name",
        Names::HostsFileDiffers => "the hosts file says otherwise than the name servers",
        Names::ConfigDiffers => "ssh_config leads elsewhere than the name itself",
        Names::Disagree => "name servers disagree about the address",
        Names::Split => "one name server knows the name, another does not",
        Names::NotFound => "the name does not exist",
        Names::NoAddressOfFamily => "the name has no address of the wanted family",
        Names::ServersDown => "no name server answers",
    }
}

fn route(route: Route) -> &'static str {
    match route {
        Route::Ordinary => "this machine has a route",
        Route::Virtual => "the route leads into a virtual interface",
        Route::None => "this machine has no route to that address",
        Route::Denied => "a route on this machine denies that address",
    }
}

fn sender(sender: Sender) -> &'static str {
    match sender {
        Sender::Host => "the host itself",
        Sender::Router => "a router on the way",
        Sender::Client => "this machine itself",
    }
}

fn connect(connect: Connect, port: &str) -> String {
    match connect {
        Connect::Connected => format!("{port} accepts"),
        Connect::Reset => format!("{port} answers with a reset"),
        Connect::Refused => format!("{port} refuses"),
        Connect::PortUnreachable(who) => {
            format!(
                "{port}: {} answers \"port unreachable\" by ICMP",
                sender(who)
            )
        }
        Connect::Prohibited(who) => {
            format!("{port}: {} answers \"prohibited\" by ICMP", sender(who))
        }
        Connect::HostUnreachable(who) => {
            format!("{port}: {} answers \"host unreachable\"", sender(who))
        }
        Connect::NetUnreachable(who) => {
            format!("{port}: {} answers \"network unreachable\"", sender(who))
        }
        Connect::TimeExceeded => {
            "a router answers that the packet went round until its time ran out".into()
        }
        Connect::OtherIcmp => format!("{port} is answered with an ICMP error"),
        Connect::Silent => format!("{port} stays silent, retransmissions too"),
        Connect::SilentSoFar => format!("{port} gave no answer in time"),
        Connect::NoLocalRoute => "this machine has no route to that address".into(),
        Connect::NoNeighbour => "nobody answers for that address on the local network".into(),
        Connect::LocallyForbidden => "this machine itself forbids the connection".into(),
        Connect::OtherLocal => "this machine could not send".into(),
    }
}

fn trace(end: TraceEnd) -> &'static str {
    match end {
        TraceEnd::Nowhere => "no router answers for packets to that port",
        TraceEnd::OwnFilter => "packets to that port do not leave this machine",
        TraceEnd::LastRouter => "packets get as far as the last router before the host",
        TraceEnd::EarlierRouter => "packets are lost before the last router",
        TraceEnd::SomeRouter => "packets pass at least one router",
        TraceEnd::Unreachable => "a router says that the host is unreachable",
        TraceEnd::Loop => "routers pass the packet in a circle",
        TraceEnd::Answered => "packets get to where they are answered",
        TraceEnd::OwnReset => "the reset came although the packet could not leave this machine",
    }
}

fn elsewhere(findings: &Findings<'_>, found: Elsewhere) -> String {
    let port = findings.sshd_on_other_port();
    match (found, port) {
        (Elsewhere::RememberedPort, Some(port)) => {
            format!("an sshd answers on port {port}, which your files name for it")
        }
        (Elsewhere::CustomaryPort, Some(port)) => format!("an sshd answers on port {port}"),
        (Elsewhere::NotFound | Elsewhere::RememberedPort | Elsewhere::CustomaryPort, _) => {
            "no sshd on the other ports that were tried".into()
        }
        (Elsewhere::Unanswered, _) => "the other ports that were tried stay silent".into(),
    }
}

fn first_bytes(bytes: FirstBytes) -> &'static str {
    match bytes {
        FirstBytes::Ssh => "an SSH banner came",
        FirstBytes::SshOne => "the banner offers SSH protocol 1 only",
        FirstBytes::OtherProtocol => "the first bytes are not SSH",
        FirstBytes::Silence => "no banner came",
        FirstBytes::Trickle => "bytes trickle in without a banner",
        FirstBytes::Close => "it closed before a banner",
        FirstBytes::Reset => "it reset before a banner",
        FirstBytes::TooManyStartups => "it said \"Exceeded MaxStartups\"",
        FirstBytes::Penalty => "it said \"Not allowed at this time\"",
    }
}

fn exchange(exchange: Exchange) -> &'static str {
    match exchange {
        Exchange::Completed => "the key exchange passes",
        Exchange::Hung => "the key exchange gets no reply",
        Exchange::NoCommon => "both sides' offers have nothing in common",
        Exchange::Broke => "the key exchange was broken off",
        Exchange::ProbeLacks => "this probe lacks the algorithms; your ssh may have them",
    }
}

fn host_key(key: HostKey) -> &'static str {
    match key {
        HostKey::Match => "the host key is the one in known_hosts",
        HostKey::Unknown => "known_hosts has no key for it",
        HostKey::UnknownButKnownElsewhere => "known_hosts has this key under another name",
        HostKey::UnknownAndStrict => "the key is not in known_hosts, and unknown keys are refused",
        HostKey::Changed => "the host key is not the one in known_hosts",
        HostKey::ChangedAndKnownElsewhere => "known_hosts has this key under another name",
        HostKey::Revoked => "known_hosts marks the key as revoked",
    }
}

fn other_addresses(others: OtherAddresses) -> &'static str {
    match others {
        OtherAddresses::SameFamilyWorks => "another address of the host lets SSH in",
        OtherAddresses::OtherFamilyWorks => "the other address family lets SSH in",
        OtherAddresses::FailAlike => "the host's other address fails alike",
        OtherAddresses::FailOtherwise => "the host's other address fails in another way",
    }
}

fn via(findings: &Findings<'_>, via: Via) -> String {
    let jump = findings
        .case
        .settings
        .via
        .first()
        .map_or("the other host", String::as_str);
    match via {
        Via::Works => format!("from {jump} SSH answers"),
        Via::Refused => format!("{jump} is refused too"),
        Via::Silent => format!("{jump} gets no answer either"),
        Via::Unreachable => format!("{jump} cannot reach it either"),
        Via::ClosedOrMute => format!("{jump} gets no banner either"),
    }
}

fn login(findings: &Findings<'_>) -> String {
    findings
        .case
        .observations
        .iter()
        .find_map(|o| match &o.fact {
            sshdoctor_case::Fact::Login { outcome } => outcome
                .lines
                .first()
                .map(|line| format!("ssh says: {line}")),
            _ => None,
        })
        .unwrap_or_else(|| "your own ssh did not get in".into())
}

fn local(local: Local) -> &'static str {
    match local {
        Local::SshdListens => "sshd listens there",
        Local::SshdFrozen => "sshd listens there, and its process is stopped",
        Local::QueueFull => "the queue of waiting connections is full",
        Local::OtherListens => "another program listens there",
        Local::LoopbackOnly => "sshd listens on loopback only",
        Local::OtherPort => "sshd listens on another port",
        Local::OtherAddress => "sshd listens on another address",
        Local::RunsWithoutListening => "sshd runs and listens nowhere",
        Local::NotRunning => "sshd is installed here and does not run",
        Local::NotInstalled => "no sshd is installed here",
    }
}
