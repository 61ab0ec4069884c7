//! Each kind of evidence, taken apart.

use crate::{
    AddressRecord, BannerOutcome, ConnectOutcome, EchoOutcome, Fact, Hop, HopAnswer,
    HostKeyVerdict, IcmpError, KexOutcome, ListeningSocket, LocalServices, LoginOutcome,
    NameAnswer, NameSource, ProxyOutcome, RouteOutcome, ViaOutcome,
};

use super::{as_received, pseudonyms::Pseudonyms};

impl Pseudonyms {
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of evidence")]
    pub(super) fn fact(&mut self, fact: Fact) -> Fact {
        match fact {
            Fact::ClientConfig { config } => Fact::ClientConfig {
                config: Box::new(self.config(*config)),
            },
            Fact::JumpConfig { jump, config } => Fact::JumpConfig {
                jump: self.jump(&jump),
                config: Box::new(self.config(*config)),
            },
            Fact::ClientProblem { problem } => Fact::ClientProblem {
                problem: self.problem(problem),
            },
            Fact::KnownHosts {
                keys,
                other_ports,
                problems,
            } => Fact::KnownHosts {
                keys: self.keys(keys),
                other_ports: self.ports(other_ports),
                problems: self.texts(&problems),
            },
            Fact::Name {
                name,
                origin,
                answer,
            } => Fact::Name {
                name: self.host(&name),
                origin: self.name_source(origin),
                answer: self.name_answer(answer),
            },
            Fact::LocalServices { services } => Fact::LocalServices {
                services: self.services(services),
            },
            Fact::RuleSet { read } => Fact::RuleSet {
                read: self.rule_set(read),
            },
            Fact::PacketFilterRule { rule } => Fact::PacketFilterRule {
                rule: Box::new(self.filter_rule(*rule)),
            },
            server @ (Fact::OperatingSystem { .. }
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
            | Fact::TextLine { .. }
            | Fact::NotSeen { .. }) => self.server_fact(server),
            Fact::NotObserved { question, reason } => Fact::NotObserved {
                question: Box::new(self.question(*question)),
                reason: self.received(&reason),
            },
            Fact::OwnKeyExchange { outcome } => Fact::OwnKeyExchange {
                outcome: self.key_exchange(outcome),
            },
            Fact::Login { outcome } => Fact::Login {
                outcome: self.login(outcome),
            },
            Fact::ProxyCommand { command, outcome } => Fact::ProxyCommand {
                command: self.command(&command),
                outcome: self.proxy(outcome),
            },
            Fact::Via {
                jump,
                host,
                port,
                outcome,
            } => Fact::Via {
                jump: self.jump(&jump),
                host: self.host(&host),
                port,
                outcome: self.via(outcome),
            },
            Fact::Route { to, outcome } => Fact::Route {
                to: self.address(to),
                outcome: self.route(outcome),
            },
            Fact::TcpConnect {
                to,
                role,
                from,
                outcome,
            } => Fact::TcpConnect {
                to: self.socket_address(to),
                role,
                from: from.map(|address| self.address(address)),
                outcome: self.connect(outcome),
            },
            Fact::AnswerTtl { to, ttl } => Fact::AnswerTtl {
                to: self.socket_address(to),
                ttl,
            },
            Fact::TtlEquals {
                to,
                expected,
                equal,
            } => Fact::TtlEquals {
                to: self.socket_address(to),
                expected,
                equal,
            },
            Fact::Echo { to, outcome } => Fact::Echo {
                to: self.address(to),
                outcome: self.echo(outcome),
            },
            Fact::Trace {
                to,
                hops,
                local_drops,
            } => Fact::Trace {
                to: self.socket_address(to),
                hops: hops.into_iter().map(|hop| self.hop(hop)).collect(),
                local_drops,
            },
            Fact::Banner {
                to,
                role,
                outcome,
                preceding,
            } => Fact::Banner {
                to: self.socket_address(to),
                role,
                outcome: self.banner(outcome),
                preceding: self.texts(&preceding),
            },
            Fact::KeyExchange {
                to,
                role,
                outcome,
                server_offer,
                client_offer,
                segment_size,
            } => Fact::KeyExchange {
                to: self.socket_address(to),
                role,
                outcome: self.key_exchange(outcome),
                server_offer,
                client_offer,
                segment_size,
            },
            Fact::HostKey {
                to,
                role,
                key_type,
                fingerprint,
                verdict,
                also_known_as,
            } => Fact::HostKey {
                to: self.socket_address(to),
                role,
                key_type,
                fingerprint: self.fingerprint(&fingerprint),
                verdict: self.verdict(verdict),
                also_known_as: also_known_as
                    .iter()
                    .map(|name| as_received(&self.place(name.as_str())))
                    .collect(),
            },
        }
    }

    fn name_source(&mut self, source: NameSource) -> NameSource {
        match source {
            NameSource::NameServer { server } => NameSource::NameServer {
                server: self.address(server),
            },
            NameSource::System => NameSource::System,
            NameSource::HostsFile { line } => NameSource::HostsFile { line },
        }
    }

    fn name_answer(&mut self, answer: NameAnswer) -> NameAnswer {
        match answer {
            NameAnswer::Addresses {
                addresses,
                canonical_name,
            } => NameAnswer::Addresses {
                addresses: addresses
                    .into_iter()
                    .map(
                        |AddressRecord {
                             address,
                             ttl_seconds,
                         }| AddressRecord {
                            address: self.address(address),
                            ttl_seconds,
                        },
                    )
                    .collect(),
                canonical_name: canonical_name.map(|name| as_received(&self.host(name.as_str()))),
            },
            NameAnswer::TemporaryFailure { reason } => NameAnswer::TemporaryFailure {
                reason: self.received(&reason),
            },
            NameAnswer::NotAsked { reason } => NameAnswer::NotAsked {
                reason: self.received(&reason),
            },
            same @ (NameAnswer::NotFound | NameAnswer::NoAddress | NameAnswer::Silent) => same,
        }
    }

    fn services(&mut self, services: LocalServices) -> LocalServices {
        let LocalServices {
            listening,
            sshd_processes,
            sshd_binary,
        } = services;
        LocalServices {
            listening: listening
                .into_iter()
                .map(|socket| {
                    let ListeningSocket {
                        address,
                        process,
                        pid,
                        accept_queue,
                        backlog,
                    } = socket;
                    ListeningSocket {
                        address: self.socket_address(address),
                        process,
                        pid,
                        accept_queue,
                        backlog,
                    }
                })
                .collect(),
            sshd_processes,
            sshd_binary,
        }
    }

    fn login(&mut self, outcome: LoginOutcome) -> LoginOutcome {
        let LoginOutcome {
            exit_status,
            authenticated,
            session_opened,
            methods,
            causes,
            lines,
        } = outcome;
        LoginOutcome {
            exit_status,
            authenticated,
            session_opened,
            methods,
            causes,
            lines: self.texts(&lines),
        }
    }

    fn proxy(&mut self, outcome: ProxyOutcome) -> ProxyOutcome {
        match outcome {
            ProxyOutcome::Answered { first_line } => ProxyOutcome::Answered {
                first_line: self.received(&first_line),
            },
            ProxyOutcome::NotFound { message } => ProxyOutcome::NotFound {
                message: self.received(&message),
            },
            ProxyOutcome::Exited { status, message } => ProxyOutcome::Exited {
                status,
                message: self.received(&message),
            },
            ProxyOutcome::Silent => ProxyOutcome::Silent,
        }
    }

    fn via(&mut self, outcome: ViaOutcome) -> ViaOutcome {
        match outcome {
            ViaOutcome::Answered { first_line } => ViaOutcome::Answered {
                first_line: self.received(&first_line),
            },
            ViaOutcome::Unreachable { message } => ViaOutcome::Unreachable {
                message: self.received(&message),
            },
            ViaOutcome::CouldNotLogIn { message } => ViaOutcome::CouldNotLogIn {
                message: self.received(&message),
            },
            ViaOutcome::Other { message } => ViaOutcome::Other {
                message: self.received(&message),
            },
            same @ (ViaOutcome::ConnectedSilent
            | ViaOutcome::ConnectedClosed
            | ViaOutcome::Refused
            | ViaOutcome::TimedOut
            | ViaOutcome::NameNotFound
            | ViaOutcome::ForwardingForbidden) => same,
        }
    }

    fn route(&mut self, outcome: RouteOutcome) -> RouteOutcome {
        match outcome {
            RouteOutcome::Via {
                interface,
                source,
                gateway,
                local,
                mtu,
            } => RouteOutcome::Via {
                interface: self.interface(&interface),
                source: source.map(|address| self.address(address)),
                gateway: gateway.map(|address| self.address(address)),
                local,
                mtu,
            },
            same @ (RouteOutcome::Unreachable { .. }
            | RouteOutcome::Blackhole
            | RouteOutcome::Prohibit) => same,
        }
    }

    fn connect(&mut self, outcome: ConnectOutcome) -> ConnectOutcome {
        match outcome {
            ConnectOutcome::Icmp { error } => ConnectOutcome::Icmp {
                error: self.icmp(error),
            },
            same @ (ConnectOutcome::Connected
            | ConnectOutcome::Refused { .. }
            | ConnectOutcome::Silent
            | ConnectOutcome::Local { .. }) => same,
        }
    }

    fn echo(&mut self, outcome: EchoOutcome) -> EchoOutcome {
        match outcome {
            EchoOutcome::Icmp { error } => EchoOutcome::Icmp {
                error: self.icmp(error),
            },
            same @ (EchoOutcome::Reply { .. }
            | EchoOutcome::Silent
            | EchoOutcome::NotPermitted
            | EchoOutcome::Local { .. }) => same,
        }
    }

    fn key_exchange(&mut self, outcome: KexOutcome) -> KexOutcome {
        match outcome {
            KexOutcome::Failed { message } => KexOutcome::Failed {
                message: self.received(&message),
            },
            same @ (KexOutcome::Completed { .. }
            | KexOutcome::Hung { .. }
            | KexOutcome::Closed
            | KexOutcome::Reset
            | KexOutcome::NoCommon { .. }
            | KexOutcome::ProbeLacks { .. }) => same,
        }
    }

    fn icmp(&mut self, error: IcmpError) -> IcmpError {
        let IcmpError {
            v6,
            kind,
            code,
            sender,
        } = error;
        IcmpError {
            v6,
            kind,
            code,
            sender: sender.map(|address| self.address(address)),
        }
    }

    fn hop(&mut self, hop: Hop) -> Hop {
        let Hop { ttl, answer } = hop;
        let answer = match answer {
            HopAnswer::TimeExceeded { sender } => HopAnswer::TimeExceeded {
                sender: self.address(sender),
            },
            HopAnswer::Icmp { error } => HopAnswer::Icmp {
                error: self.icmp(error),
            },
            same @ (HopAnswer::Connected
            | HopAnswer::Reset
            | HopAnswer::Silent
            | HopAnswer::Local { .. }) => same,
        };
        Hop { ttl, answer }
    }

    fn banner(&mut self, outcome: BannerOutcome) -> BannerOutcome {
        match outcome {
            BannerOutcome::Identified {
                protocol,
                software,
                comments,
            } => BannerOutcome::Identified {
                protocol,
                software,
                comments: comments.map(|text| self.received(&text)),
            },
            BannerOutcome::NotSsh { first_bytes } => BannerOutcome::NotSsh {
                first_bytes: self.received(&first_bytes),
            },
            same @ (BannerOutcome::Silent
            | BannerOutcome::Closed
            | BannerOutcome::Reset
            | BannerOutcome::TooMuch
            | BannerOutcome::Trickle) => same,
        }
    }

    fn verdict(&mut self, verdict: HostKeyVerdict) -> HostKeyVerdict {
        match verdict {
            HostKeyVerdict::Match { entry } => HostKeyVerdict::Match {
                entry: self.key(entry),
            },
            HostKeyVerdict::Unknown => HostKeyVerdict::Unknown,
            HostKeyVerdict::OtherTypeOnly { known } => HostKeyVerdict::OtherTypeOnly {
                known: self.keys(known),
            },
            HostKeyVerdict::Mismatch { known } => HostKeyVerdict::Mismatch {
                known: self.keys(known),
            },
            HostKeyVerdict::Revoked { entry } => HostKeyVerdict::Revoked {
                entry: self.key(entry),
            },
        }
    }
}
