//! Which questions are worth asking next.

use std::net::{IpAddr, SocketAddr};

use sshdoctor_case::{
    Approach, Case, ConnectOutcome, Depth, Fact, KexOutcome, PortRole, Question, RememberedPort,
    RouteOutcome,
};

use super::aim::{self, Aim};
use super::attempt::{Attempt, Progress, attempts};
use super::belief::Belief;
use super::evidence;
use super::focus::Fates;
use super::likelihood::FollowUp;
use super::reading::{Connect, Exchange, Reading, ResetTtl};

/// A port below 1024 that IANA's registry leaves unassigned: whatever answers there answers for the machine, not for a service.
pub(crate) const CONTROL_PORT: u16 = 28;

/// Where sshd customarily listens besides 22, commonest first.
const CUSTOMARY_SSH_PORTS: [u16; 9] = [2222, 22022, 2200, 222, 2022, 22222, 8022, 10022, 22];

/// Services that many hosts offer: they show that the host is up, and how its own answers look.
const CUSTOMARY_SERVICES: [u16; 2] = [443, 80];

/// Most ports tried besides the target's and the control port.
const MOST_OTHER_PORTS: usize = 12;

/// Addresses for which more than the target's port is examined.
const EXAMINED_ADDRESSES: usize = 2;

/// After this long without an answer, in milliseconds, the target counts as silent for choosing questions.
pub(crate) const SILENT_SO_FAR_MS: f64 = 260.0;

/// After this long without a key exchange reply, in milliseconds, small segments are worth a try.
pub(crate) const HUNG_SO_FAR_MS: f64 = 1500.0;

/// A question that is wanted, with how long to wait for it and why.
pub(crate) struct Wanted {
    pub(crate) question: Question,
    pub(crate) deadline_ms: u32,
    pub(crate) reason: String,
    /// 0 for the first time, 1 for the same question once more.
    pub(crate) repetition: u8,
}

impl Wanted {
    fn new(question: Question, deadline_ms: u32, reason: impl Into<String>) -> Self {
        Self {
            question,
            deadline_ms,
            reason: reason.into(),
            repetition: 0,
        }
    }

    fn once_more(self) -> Self {
        Self {
            repetition: 1,
            ..self
        }
    }
}

/// What is under way and when it began, as far as planning must know.
pub(crate) struct Progressing {
    /// Milliseconds since the start.
    pub(crate) now_ms: f64,
    /// Connections to the target's port that are under way and may complete.
    pub(crate) target_under_way: u32,
    /// When each target address was asked, in milliseconds since the start.
    pub(crate) target_asked: Vec<(SocketAddr, f64)>,
}

/// Everything worth asking now, whether or not it was asked before; the inquiry drops repetitions.
pub(crate) fn wanted(case: &Case, under_way: &Progressing) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    before_the_network(case, &mut wanted);
    if aim::client_problem(case).is_some() {
        return Vec::new();
    }
    if let Some(command) = aim::proxy_command(case) {
        wanted.push(Wanted::new(
            Question::ProxyCommand {
                command: command.to_owned(),
            },
            4500,
            "your ProxyCommand has said nothing yet",
        ));
        return wanted;
    }
    let Some(aim) = aim::aim(case) else {
        return wanted;
    };
    names(case, &aim, &mut wanted);
    if aim.addresses.is_empty() {
        return wanted;
    }
    targets(case, &aim, under_way, &mut wanted);
    surroundings(case, &aim, &mut wanted);
    follow_ups(case, &aim, under_way, &mut wanted);
    beyond(case, &aim, under_way, &mut wanted);
    wanted
}

fn before_the_network(case: &Case, wanted: &mut Vec<Wanted>) {
    wanted.push(Wanted::new(
        Question::ClientConfig,
        3000,
        "ssh -G is still reading your configuration; a Match exec command may be slow",
    ));
    // Most destinations are plain names: asking for the address now saves the time that ssh -G takes.
    if aim::config(case).is_none() {
        resolve(&case.destination.host, wanted);
    }
    for jump in aim::jumps(case) {
        wanted.push(Wanted::new(
            Question::JumpConfig { jump: jump.clone() },
            3000,
            "ssh -G is still reading the configuration of the jump host",
        ));
    }
}

/// Always both families: the one that the person ruled out is worth a comparison.
fn resolve(name: &str, wanted: &mut Vec<Wanted>) {
    wanted.push(Wanted::new(
        Question::Resolve {
            name: name.to_owned(),
            family: None,
        },
        2500,
        format!("no answer yet from the name servers for {name}"),
    ));
}

fn names(case: &Case, aim: &Aim, wanted: &mut Vec<Wanted>) {
    if let Some(config) = aim::config(case) {
        let mut names = vec![aim.host.clone()];
        if aim.jump.is_none() {
            names.extend(config.host_key_alias.clone());
            names.push(case.destination.host.clone());
        }
        names.extend(aim.addresses.iter().map(IpAddr::to_string));
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        if !aim.addresses.is_empty() {
            wanted.push(Wanted::new(
                Question::KnownHosts {
                    names,
                    port: aim.port,
                    files: config.known_hosts_files.clone(),
                },
                2500,
                "trying ports against the hashed entries of known_hosts",
            ));
        }
    }
    if aim.host.parse::<IpAddr>().is_ok() {
        return;
    }
    resolve(&aim.host, wanted);
    wanted.push(Wanted::new(
        Question::HostsFile {
            name: aim.host.clone(),
        },
        1000,
        "reading the hosts file",
    ));
    wanted.push(Wanted::new(
        Question::NameServers {
            name: aim.host.clone(),
        },
        3000,
        format!("asking each name server for {}", aim.host),
    ));
}

/// The target's port at every address, as far as the budget of completed connections allows.
fn targets(case: &Case, aim: &Aim, under_way: &Progressing, wanted: &mut Vec<Wanted>) {
    let mut free = budget_left(case, aim, under_way);
    for address in aim.addresses.iter().chain(&aim.other_family) {
        let to = aim.socket(*address);
        let asked = under_way.target_asked.iter().any(|(asked, _)| *asked == to);
        if !asked && free == 0 {
            break;
        }
        if !asked {
            free -= 1;
        }
        wanted.push(Wanted::new(
            Question::Approach {
                approach: target(to, None),
            },
            4500,
            format!(
                "no answer yet from {address} port {}; a lost packet is sent again after 1 and 3 seconds",
                aim.port
            ),
        ));
    }
}

/// Connections that may still complete without exceeding the budget.
fn budget_left(case: &Case, aim: &Aim, under_way: &Progressing) -> u32 {
    case.settings
        .connection_budget
        .saturating_sub(completed_connections(case, aim))
        .saturating_sub(under_way.target_under_way)
}

/// Completed connections to the target's port so far.
pub(crate) fn completed_connections(case: &Case, aim: &Aim) -> u32 {
    let completed = case
        .observations
        .iter()
        .filter(|o| match &o.fact {
            Fact::TcpConnect {
                to,
                outcome: ConnectOutcome::Connected,
                ..
            } => {
                to.port() == aim.port
                    && (aim.addresses.contains(&to.ip()) || aim.other_family.contains(&to.ip()))
            }
            Fact::Login { .. } | Fact::OwnKeyExchange { .. } => true,
            _ => false,
        })
        .count();
    u32::try_from(completed).unwrap_or(u32::MAX)
}

fn target(to: SocketAddr, segment_size: Option<u16>) -> Approach {
    Approach {
        to,
        role: PortRole::Target,
        depth: Depth::HostKey,
        segment_size,
    }
}

/// What surrounds the target: routes, the control port, echo, other ports.
fn surroundings(case: &Case, aim: &Aim, wanted: &mut Vec<Wanted>) {
    for address in &aim.addresses {
        wanted.push(Wanted::new(
            Question::Route { to: *address },
            1000,
            "reading the routing table",
        ));
        if aim::is_this_machine(case, *address) {
            wanted.push(Wanted::new(
                Question::LocalServices,
                2000,
                "listing what listens on this machine",
            ));
        }
    }
    let fates = Fates::of(case, aim);
    for address in aim.addresses.iter().take(EXAMINED_ADDRESSES) {
        let control = SocketAddr::new(*address, CONTROL_PORT);
        let answered = fates.each.iter().find(|(tried, _)| tried == address);
        if answered.is_some_and(|(_, attempt)| attempt.progress() >= Progress::Accepted) {
            continue;
        }
        wanted.push(Wanted::new(
            Question::Approach {
                approach: Approach {
                    to: control,
                    role: PortRole::Control,
                    depth: Depth::Connect,
                    segment_size: None,
                },
            },
            4000,
            "comparing with a port that nothing uses",
        ));
        wanted.push(Wanted::new(
            Question::Echo { to: *address },
            2500,
            format!("waiting for an echo reply from {address}"),
        ));
        for (port, role) in other_ports(case, aim) {
            let depth = if CUSTOMARY_SERVICES.contains(&port) {
                Depth::Connect
            } else {
                Depth::Banner
            };
            wanted.push(Wanted::new(
                Question::Approach {
                    approach: Approach {
                        to: SocketAddr::new(*address, port),
                        role,
                        depth,
                        segment_size: None,
                    },
                },
                3500,
                "trying ports where sshd may have moved",
            ));
        }
        if !address.is_loopback() {
            wanted.push(Wanted::new(
                Question::AnswerTtl { to: control },
                1500,
                "comparing how far answers have travelled",
            ));
        }
    }
}

/// Remembered ports first, then customary ones, a dozen in all.
fn other_ports(case: &Case, aim: &Aim) -> Vec<(u16, PortRole)> {
    let mut ports: Vec<(u16, PortRole)> = Vec::new();
    let mut add = |port: u16, role: PortRole| {
        let known = ports.iter().any(|(other, _)| *other == port);
        if port != aim.port && port != CONTROL_PORT && !known {
            ports.push((port, role));
        }
    };
    for remembered in remembered_ports(case).take(MOST_OTHER_PORTS / 2) {
        add(remembered.port, PortRole::Remembered);
    }
    let reserved = CUSTOMARY_SERVICES.len();
    for port in CUSTOMARY_SSH_PORTS {
        add(port, PortRole::Customary);
    }
    ports.truncate(MOST_OTHER_PORTS - reserved);
    for port in CUSTOMARY_SERVICES {
        if port != aim.port && !ports.iter().any(|(other, _)| *other == port) {
            ports.push((port, PortRole::Customary));
        }
    }
    ports
}

/// Ports that local memory names for the host.
pub(crate) fn remembered_ports(case: &Case) -> impl Iterator<Item = &RememberedPort> {
    case.observations.iter().flat_map(|o| match &o.fact {
        Fact::KnownHosts { other_ports, .. } => other_ports.as_slice(),
        Fact::ClientConfig { config } => config.other_ports.as_slice(),
        _ => &[],
    })
}

/// Questions that only some first answers make worth asking.
fn follow_ups(case: &Case, aim: &Aim, under_way: &Progressing, wanted: &mut Vec<Wanted>) {
    let silent = silent_so_far(case, aim, under_way);
    let fates = Fates::of(case, aim);
    let focus = fates.focus().map(|(address, _)| *address).or(silent);
    let Some(address) = focus else { return };
    let to = aim.socket(address);
    let mut readings = evidence::readings(case, Some(aim), Some(address));
    if !readings
        .iter()
        .any(|s| matches!(s.reading, Reading::Target(_)))
        && silent.is_some()
    {
        readings.push(evidence::sourced(
            Reading::Target(Connect::SilentSoFar),
            &[],
        ));
    }
    let tried = attempts(case, to);
    let hung = hung_so_far(&tried, case, under_way);
    if hung
        && !readings
            .iter()
            .any(|s| matches!(s.reading, Reading::Exchange(_)))
    {
        readings.push(evidence::sourced(Reading::Exchange(Exchange::Hung), &[]));
    }
    let belief = Belief::new(readings, evidence::setting(case, Some(aim), Some(address)));
    let worth =
        |question: FollowUp| belief.expected_information(question, |_| true) >= cost(question);
    if tried.first().is_some_and(was_reset)
        && let Some(expected) = reference_ttl(case, address)
        && worth(FollowUp::ResetTtl)
    {
        wanted.push(Wanted::new(
            Question::TtlEquals { to, expected },
            700,
            "checking that the reset came from the host itself",
        ));
    }
    if let Some(expected) = refuted_ttl(case, to) {
        wanted.push(Wanted::new(
            Question::TtlEquals {
                to: SocketAddr::new(address, CONTROL_PORT),
                expected,
            },
            700,
            "checking the comparison",
        ));
    }
    let unlike_host = belief
        .readings()
        .iter()
        .any(|s| s.reading == Reading::ResetTtl(ResetTtl::UnlikeHost));
    let suspicious = answered_before_the_network(case, address, &tried);
    let quiet = unlike_host
        || tried.is_empty()
        || tried.iter().any(|a| a.progress() == Progress::NotAnswered);
    let trace = suspicious || (quiet && worth(FollowUp::Trace));
    if trace && !aim::is_this_machine(case, address) {
        wanted.push(Wanted::new(
            Question::Trace { to, max_ttl: 24 },
            3000,
            format!("tracing how far packets to port {} get", aim.port),
        ));
    }
    let free = budget_left(case, aim, under_way) > 0;
    if free && hung && worth(FollowUp::SmallSegments) {
        wanted.push(Wanted::new(
            Question::Approach {
                approach: target(to, Some(SMALL_SEGMENT)),
            },
            3000,
            "repeating the key exchange with small packets",
        ));
    }
    let plain = tried.iter().filter(|a| !a.small_segments).count();
    let ended = tried.first().is_some_and(|attempt| {
        attempt.progress() == Progress::Accepted && attempt.banner.is_some()
    });
    if free && plain == 1 && ended && worth(FollowUp::Again) {
        let repetition = Wanted::new(
            Question::Approach {
                approach: target(to, None),
            },
            3000,
            "trying once more, in case it was a passing limit",
        );
        wanted.push(repetition.once_more());
    }
}

/// Smaller than every path MTU in use (RFC 8200 guarantees 1280 for IPv6).
const SMALL_SEGMENT: u16 = 1100;

/// What a question must teach, in nats, to be worth its packets and connections.
fn cost(question: FollowUp) -> f64 {
    match question {
        FollowUp::ResetTtl => 0.004,
        FollowUp::Trace => 0.02,
        FollowUp::Again => 0.03,
        FollowUp::SmallSegments => 0.05,
    }
}

/// A reset within a millisecond from beyond a router: either the server is very near, or this machine's own packet filter
/// made it. A trace tells.
fn answered_before_the_network(case: &Case, address: IpAddr, tried: &[Attempt<'_>]) -> bool {
    let routed = matches!(
        aim::route(case, address),
        Some((
            RouteOutcome::Via {
                gateway: Some(_),
                ..
            },
            _
        ))
    );
    routed
        && tried
            .first()
            .is_some_and(|attempt| was_reset(attempt) && attempt.connect_ms < 1.0)
}

fn was_reset(attempt: &Attempt<'_>) -> bool {
    matches!(attempt.connect, Some(ConnectOutcome::Refused { .. }))
}

/// The time to live to expect: that of the control port's answer, or of an echo reply.
fn reference_ttl(case: &Case, address: IpAddr) -> Option<u8> {
    let control = case.observations.iter().find_map(|o| match &o.fact {
        Fact::AnswerTtl { to, ttl: Some(ttl) } if to.ip() == address => Some(*ttl),
        _ => None,
    });
    control.or_else(|| {
        case.observations.iter().find_map(|o| match &o.fact {
            Fact::Echo {
                to,
                outcome: sshdoctor_case::EchoOutcome::Reply { ttl: Some(ttl) },
            } if *to == address => Some(*ttl),
            _ => None,
        })
    })
}

/// A time to live that the target's reset did not have.
fn refuted_ttl(case: &Case, target: SocketAddr) -> Option<u8> {
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::TtlEquals {
            to,
            expected,
            equal: Some(false),
        } if *to == target => Some(*expected),
        _ => None,
    })
}

/// The first address whose target port has been silent for a while.
fn silent_so_far(case: &Case, aim: &Aim, under_way: &Progressing) -> Option<IpAddr> {
    under_way
        .target_asked
        .iter()
        .find(|(to, asked)| {
            under_way.now_ms - asked >= SILENT_SO_FAR_MS && attempts(case, *to).is_empty()
        })
        .map(|(to, _)| to.ip())
        .filter(|address| aim.addresses.contains(address))
}

fn hung_so_far(tried: &[Attempt<'_>], case: &Case, under_way: &Progressing) -> bool {
    let Some(attempt) = tried.first() else {
        return false;
    };
    if attempt.progress() != Progress::Identified {
        return false;
    }
    if attempt.exchange.is_some() {
        return matches!(attempt.exchange, Some(KexOutcome::Hung { .. }));
    }
    case.observations
        .iter()
        .find(|o| Some(o.id.as_str()) == attempt.ids[1])
        .is_some_and(|o| under_way.now_ms - (o.at_ms + o.elapsed_ms) >= HUNG_SO_FAR_MS)
}

/// Beyond the machine aimed at: other vantage points, the next links of a chain, a login.
fn beyond(case: &Case, aim: &Aim, under_way: &Progressing, wanted: &mut Vec<Wanted>) {
    let Some(config) = aim::config(case) else {
        return;
    };
    for jump in &case.settings.via {
        wanted.push(Wanted::new(
            via(jump, &config.host_name, config.port),
            8000,
            format!("asking {jump} to look as well"),
        ));
    }
    let fates = Fates::of(case, aim);
    let open = fates
        .decisive()
        .filter(|(_, attempt)| attempt.progress() == Progress::Open);
    let Some((address, _)) = open else {
        return;
    };
    if aim.jump.is_some() {
        links(case, &mut *wanted);
        return;
    }
    if larger_packets(case) && !case.settings.login && budget_left(case, aim, under_way) > 0 {
        wanted.push(Wanted::new(
            Question::OwnKeyExchange { to: *address },
            2600,
            "your own ssh exchanges keys, with larger packets than this probe",
        ));
    }
    if case.settings.login {
        wanted.push(Wanted::new(
            Question::Login,
            9000,
            "your own ssh is logging in",
        ));
    }
}

/// The person's `ssh` would agree on a post-quantum method that this probe lacks: its packets exceed a kilobyte, and a path
/// with an MTU hole lets only smaller ones through.
fn larger_packets(case: &Case) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::KeyExchange {
            role: PortRole::Target,
            outcome: KexOutcome::Completed { method },
            server_offer: Some(server),
            client_offer: Some(client),
            ..
        } => client
            .kex
            .iter()
            .find(|own| server.kex.contains(own))
            .is_some_and(|agreed| agreed != method && is_post_quantum(agreed.as_str())),
        _ => false,
    })
}

fn is_post_quantum(method: &str) -> bool {
    method.starts_with("sntrup") || method.starts_with("mlkem")
}

/// The links after the first jump host, each asked through those before it.
fn links(case: &Case, wanted: &mut Vec<Wanted>) {
    let jumps = aim::jumps(case);
    for (index, _) in jumps.iter().enumerate() {
        let through = jumps[..=index].join(",");
        let Some((host, port)) = next_link(case, index) else {
            return;
        };
        wanted.push(Wanted::new(
            via(&through, &host, port),
            8000,
            format!("asking {through} for {host} port {port}"),
        ));
        if !link_works(case, &through) {
            return;
        }
    }
    if case.settings.login {
        wanted.push(Wanted::new(
            Question::Login,
            9000,
            "your own ssh is logging in",
        ));
    }
}

/// Host and port that the jump host at `index` has to reach.
fn next_link(case: &Case, index: usize) -> Option<(String, u16)> {
    let jumps = aim::jumps(case);
    let Some(next) = jumps.get(index + 1) else {
        let config = aim::config(case)?;
        return Some((config.host_name.clone(), config.port));
    };
    case.observations.iter().find_map(|o| match &o.fact {
        Fact::JumpConfig { jump, config } if jump == next => {
            Some((config.host_name.clone(), config.port))
        }
        _ => None,
    })
}

fn link_works(case: &Case, through: &str) -> bool {
    case.observations.iter().any(|o| match &o.fact {
        Fact::Via { jump, outcome, .. } => {
            jump == through && matches!(outcome, sshdoctor_case::ViaOutcome::Answered { .. })
        }
        _ => false,
    })
}

fn via(jump: &str, host: &str, port: u16) -> Question {
    Question::Via {
        jump: jump.to_owned(),
        host: host.to_owned(),
        port,
    }
}
