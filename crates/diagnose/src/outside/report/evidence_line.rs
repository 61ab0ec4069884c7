//! Each fact in one line.

use std::net::SocketAddr;

use sshdoctor_case::{
    BannerOutcome, ConnectOutcome, EchoOutcome, Fact, HopAnswer, HostKeyVerdict, IcmpError,
    KexOutcome, NameAnswer, NameSource, PortRole, ProxyOutcome, Received, Refusal, RouteOutcome,
    RuleSetSource, ViaOutcome,
};

/// A fact in one line.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of evidence")]
pub(super) fn summary(fact: &Fact) -> String {
    match fact {
        Fact::ClientConfig { config } => format!(
            "ssh would connect to {} port {} as {}",
            config.host_name, config.port, config.user
        ),
        Fact::JumpConfig { jump, config } => {
            format!(
                "the jump host {jump} is {} port {}",
                config.host_name, config.port
            )
        }
        Fact::ClientProblem { problem } => format!("ssh: {}", problem.message),
        Fact::KnownHosts {
            keys,
            other_ports,
            problems,
        } => known_hosts(keys.len(), other_ports.iter().map(|p| p.port), problems),
        Fact::Name {
            name,
            origin,
            answer,
        } => format!("{}: {name} {}", name_source(origin), name_answer(answer)),
        Fact::Route { to, outcome } => format!("to {to} {}", route(outcome)),
        Fact::TcpConnect {
            to, role, outcome, ..
        } => format!(
            "{}{}: {}",
            to_port(*to),
            role_words(*role),
            connect(outcome)
        ),
        Fact::AnswerTtl { to, ttl } => answer_ttl(*to, *ttl),
        Fact::TtlEquals {
            to,
            expected,
            equal,
        } => ttl_equals(*to, *expected, *equal),
        Fact::Echo { to, outcome } => format!("echo to {to}: {}", echo(outcome)),
        Fact::Trace {
            to,
            hops,
            local_drops,
        } => trace(*to, hops, *local_drops),
        Fact::Banner {
            to,
            role,
            outcome,
            preceding,
        } => {
            let before = match preceding.first() {
                Some(line) => format!(" after \"{line}\""),
                None => String::new(),
            };
            format!(
                "{}{}: {}{before}",
                to_port(*to),
                role_words(*role),
                banner(outcome)
            )
        }
        Fact::KeyExchange {
            to,
            outcome,
            segment_size,
            ..
        } => key_exchange(*to, outcome, *segment_size),
        Fact::HostKey {
            to,
            key_type,
            fingerprint,
            verdict,
            also_known_as,
            ..
        } => host_key(*to, key_type, fingerprint, verdict, also_known_as),
        Fact::Via {
            jump,
            host,
            port,
            outcome,
        } => format!("from {jump}, {host} port {port}: {}", via(outcome)),
        Fact::ProxyCommand { outcome, .. } => format!("ProxyCommand: {}", proxy(outcome)),
        Fact::OwnKeyExchange { outcome } => format!("your own ssh: {}", exchange(outcome)),
        Fact::Login { outcome } => login(outcome),
        Fact::LocalServices { services } => format!(
            "this machine listens on {} TCP sockets; sshd processes: {}; sshd binary: {}",
            services.listening.len(),
            services.sshd_processes.len(),
            services.sshd_binary.as_deref().unwrap_or("none found")
        ),
        Fact::RuleSet { read } => rule_set(read),
        Fact::PacketFilterRule { rule } => {
            format!("{}, chain {}: {}", rule.table, rule.chain, rule.text)
        }
        Fact::OperatingSystem { .. }
        | Fact::InitSystem { .. }
        | Fact::Unit { .. }
        | Fact::Boot { .. }
        | Fact::SshdProgram { .. }
        | Fact::SshdCheck { .. }
        | Fact::SshdConfig { .. }
        | Fact::SshdProcesses { .. }
        | Fact::SshdDirectory { .. }
        | Fact::HostKeyFiles { .. }
        | Fact::Listeners { .. }
        | Fact::Connections { .. }
        | Fact::Interfaces { .. }
        | Fact::NetworkSettings { .. }
        | Fact::PacketFilter { .. }
        | Fact::TcpWrappers { .. }
        | Fact::BanTool { .. }
        | Fact::Log { .. }
        | Fact::Resources { .. }
        | Fact::Clock { .. }
        | Fact::Account { .. }
        | Fact::AuthorizedKeys { .. }
        | Fact::KeySources { .. }
        | Fact::Pam { .. }
        | Fact::Selinux { .. }
        | Fact::AppArmor { .. }
        | Fact::CryptoPolicy { .. }
        | Fact::CloudMetadata { .. }
        | Fact::NotSeen { .. } => crate::inside::fact_line::summary(fact),
        Fact::TextLine { source, line, text } => format!("{source} line {line}: {text}"),
        Fact::NotObserved { reason, .. } => format!("not observed: {reason}"),
    }
}

fn rule_set(read: &RuleSetSource) -> String {
    let mut text = format!("{}: {} rules", read.source, read.rules);
    if read.not_understood > 0 {
        text.push_str(&format!(", {} not understood", read.not_understood));
    }
    if let Some(problem) = &read.problem {
        text.push_str(&format!("; {problem}"));
    }
    text
}

fn answer_ttl(to: SocketAddr, ttl: Option<u8>) -> String {
    match ttl {
        Some(ttl) => format!("{}: answers arrive with TTL {ttl}", to_port(to)),
        None => format!("{}: the TTL of its answers could not be read", to_port(to)),
    }
}

fn ttl_equals(to: SocketAddr, expected: u8, equal: Option<bool>) -> String {
    let to = to_port(to);
    match equal {
        Some(true) => format!("{to}: the answer arrived with TTL {expected}, as expected"),
        Some(false) => format!("{to}: the answer arrived with another TTL than {expected}"),
        None => format!("{to}: no answer to compare the TTL of"),
    }
}

fn login(outcome: &sshdoctor_case::LoginOutcome) -> String {
    match outcome.lines.first() {
        Some(line) => format!("your own ssh: {line}"),
        None if outcome.session_opened => "your own ssh logged in".into(),
        None => "your own ssh ended without a decisive message".into(),
    }
}

fn key_exchange(to: SocketAddr, outcome: &KexOutcome, segment_size: Option<u16>) -> String {
    let small = segment_size
        .map(|size| format!(" with segments of {size} bytes"))
        .unwrap_or_default();
    format!("{}{small}: {}", to_port(to), exchange(outcome))
}

fn to_port(to: SocketAddr) -> String {
    format!("{} port {}", to.ip(), to.port())
}

fn role_words(role: PortRole) -> &'static str {
    match role {
        PortRole::Target => "",
        PortRole::Control => " (control)",
        PortRole::Remembered => " (remembered)",
        PortRole::Customary => " (customary)",
    }
}

fn known_hosts(keys: usize, ports: impl Iterator<Item = u16>, problems: &[Received]) -> String {
    let ports: Vec<String> = ports.map(|port| port.to_string()).collect();
    let mut text = format!("known_hosts has {keys} keys for the host");
    if !ports.is_empty() {
        text.push_str(&format!("; other ports named: {}", ports.join(", ")));
    }
    if !problems.is_empty() {
        text.push_str(&format!("; {} problems", problems.len()));
    }
    text
}

fn name_source(source: &NameSource) -> String {
    match source {
        NameSource::System => "the system's resolver".into(),
        NameSource::HostsFile { line: Some(line) } => format!("the hosts file, line {line}"),
        NameSource::HostsFile { line: None } => "the hosts file".into(),
        NameSource::NameServer { server } => format!("name server {server}"),
    }
}

fn name_answer(answer: &NameAnswer) -> String {
    match answer {
        NameAnswer::Addresses { addresses, .. } => {
            let list: Vec<String> = addresses
                .iter()
                .map(|record| match record.ttl_seconds {
                    Some(ttl) => format!("{} (for {ttl} s)", record.address),
                    None => record.address.to_string(),
                })
                .collect();
            format!("is {}", list.join(", "))
        }
        NameAnswer::NotFound => "is not known".into(),
        NameAnswer::NoAddress => "has no address of the wanted family".into(),
        NameAnswer::TemporaryFailure { reason } => format!("could not be told: {reason}"),
        NameAnswer::Silent => "got no answer".into(),
        NameAnswer::NotAsked { reason } => format!("was not asked: {reason}"),
    }
}

fn route(outcome: &RouteOutcome) -> String {
    match outcome {
        RouteOutcome::Via { local: true, .. } => "this machine itself".into(),
        RouteOutcome::Via {
            interface,
            source,
            gateway,
            ..
        } => {
            let gateway = gateway.map(|g| format!(" by {g}")).unwrap_or_default();
            let source = source.map(|s| format!(" from {s}")).unwrap_or_default();
            format!("through {interface}{gateway}{source}")
        }
        RouteOutcome::Unreachable { error } => format!("there is no route ({})", error.name),
        RouteOutcome::Blackhole => "a blackhole route swallows everything".into(),
        RouteOutcome::Prohibit => "a route prohibits it".into(),
    }
}

fn icmp(error: &IcmpError) -> String {
    let what = sshdoctor_wire::icmp::words(error.v6, error.kind, error.code);
    match error.sender {
        Some(sender) => format!(
            "{what} (ICMP type {} code {}) from {sender}",
            error.kind, error.code
        ),
        None => format!("{what} (ICMP type {} code {})", error.kind, error.code),
    }
}

fn connect(outcome: &ConnectOutcome) -> String {
    match outcome {
        ConnectOutcome::Connected => "accepted".into(),
        ConnectOutcome::Refused { by: Refusal::Reset } => "refused by a reset".into(),
        ConnectOutcome::Refused { .. } => "refused".into(),
        ConnectOutcome::Icmp { error } => icmp(error),
        ConnectOutcome::Silent => "no answer".into(),
        ConnectOutcome::Local { error } => format!("not sent: {}", error.name),
    }
}

fn echo(outcome: &EchoOutcome) -> String {
    match outcome {
        EchoOutcome::Reply { ttl: Some(ttl) } => format!("answered, TTL {ttl}"),
        EchoOutcome::Reply { ttl: None } => "answered".into(),
        EchoOutcome::Silent => "no answer".into(),
        EchoOutcome::NotPermitted => "not permitted here".into(),
        EchoOutcome::Icmp { error } => icmp(error),
        EchoOutcome::Local { error } => format!("not sent: {}", error.name),
    }
}

fn trace(to: SocketAddr, hops: &[sshdoctor_case::Hop], local_drops: bool) -> String {
    let seen: Vec<String> = hops
        .iter()
        .map(|hop| match &hop.answer {
            HopAnswer::TimeExceeded { sender } => format!("{} {sender}", hop.ttl),
            HopAnswer::Connected => format!("{} accepted", hop.ttl),
            HopAnswer::Reset => format!("{} reset", hop.ttl),
            HopAnswer::Icmp { error } => format!("{} {}", hop.ttl, icmp(error)),
            HopAnswer::Silent => format!("{} -", hop.ttl),
            HopAnswer::Local { error } => format!("{} {}", hop.ttl, error.name),
        })
        .collect();
    let dropped = if local_drops {
        "; the kernel counted packets that it could not send"
    } else {
        ""
    };
    format!("trace to {}: {}{dropped}", to_port(to), seen.join(", "))
}

fn banner(outcome: &BannerOutcome) -> String {
    match outcome {
        BannerOutcome::Identified {
            protocol,
            software,
            comments,
        } => {
            let comments = comments
                .as_ref()
                .map(|c| format!(" {c}"))
                .unwrap_or_default();
            format!("SSH-{protocol}-{software}{comments}")
        }
        BannerOutcome::NotSsh { first_bytes } => format!("not SSH: \"{first_bytes}\""),
        BannerOutcome::Silent => "nothing was said".into(),
        BannerOutcome::Closed => "closed before a banner".into(),
        BannerOutcome::Reset => "reset before a banner".into(),
        BannerOutcome::TooMuch => "more text than a banner may have before it".into(),
        BannerOutcome::Trickle => "bytes too slow for a banner".into(),
    }
}

fn exchange(outcome: &KexOutcome) -> String {
    match outcome {
        KexOutcome::Completed { method } => format!("key exchange passed with {method}"),
        KexOutcome::Hung { waiting_for } => format!("no answer while waiting for {waiting_for}"),
        KexOutcome::Closed => "closed during the key exchange".into(),
        KexOutcome::Reset => "reset during the key exchange".into(),
        KexOutcome::NoCommon { what } => format!("no common {what}"),
        KexOutcome::ProbeLacks { what } => {
            format!("this probe has no {what} in common with it; your ssh may")
        }
        KexOutcome::Failed { message } => format!("the key exchange failed: {message}"),
    }
}

fn host_key(
    to: SocketAddr,
    key_type: &Received,
    fingerprint: &str,
    verdict: &HostKeyVerdict,
    also_known_as: &[Received],
) -> String {
    let verdict = match verdict {
        HostKeyVerdict::Match { entry } => format!("as in {} line {}", entry.file, entry.line),
        HostKeyVerdict::Unknown => "nothing known".into(),
        HostKeyVerdict::OtherTypeOnly { .. } => "only keys of other types are known".into(),
        HostKeyVerdict::Mismatch { known } => match known.first() {
            Some(entry) => format!("not the one in {} line {}", entry.file, entry.line),
            None => "not the one that is known".into(),
        },
        HostKeyVerdict::Revoked { entry } => {
            format!("revoked in {} line {}", entry.file, entry.line)
        }
    };
    let elsewhere = match also_known_as.first() {
        Some(name) => format!("; known as the key of {name}"),
        None => String::new(),
    };
    format!(
        "{}: {key_type} {fingerprint}, {verdict}{elsewhere}",
        to_port(to)
    )
}

fn via(outcome: &ViaOutcome) -> String {
    match outcome {
        ViaOutcome::Answered { first_line } => format!("answers \"{first_line}\""),
        ViaOutcome::ConnectedSilent => "accepts and says nothing".into(),
        ViaOutcome::ConnectedClosed => "accepts and closes".into(),
        ViaOutcome::Refused => "refused".into(),
        ViaOutcome::TimedOut => "no answer".into(),
        ViaOutcome::Unreachable { message } => format!("unreachable: {message}"),
        ViaOutcome::NameNotFound => "the name is not known there".into(),
        ViaOutcome::ForwardingForbidden => "forwarding is forbidden there".into(),
        ViaOutcome::CouldNotLogIn { message } => format!("could not log in there: {message}"),
        ViaOutcome::Other { message } => message.to_string(),
    }
}

fn proxy(outcome: &ProxyOutcome) -> String {
    match outcome {
        ProxyOutcome::Answered { first_line } => format!("passes \"{first_line}\""),
        ProxyOutcome::NotFound { message } => format!("not found: {message}"),
        ProxyOutcome::Exited { status, message } => match status {
            Some(status) => format!("ended with status {status}: {message}"),
            None => format!("was ended by a signal: {message}"),
        },
        ProxyOutcome::Silent => "passes nothing".into(),
    }
}
